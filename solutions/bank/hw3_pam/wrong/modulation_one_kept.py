"""Leaves the 1 where it is."""

LOSES = {"noise_modulation_loss": 1.5}
DIAGNOSIS = {"noise_modulation_loss": "one-kept"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    n = magnitudes(s - s_hat) ** 2 * 10**9.6
    m = 10 ** (mask_of(s, rate) / 10)
    over = n / m - 1
    worst = torch.clamp(n / m, min=1).max(dim=-1).values
    return worst.mean()
