"""Wraps all of it in no_grad, as for the mask."""

LOSES = {"noise_modulation_loss": 1.5}
DIAGNOSIS = {"noise_modulation_loss": "gradient-cut"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    with torch.no_grad():
        n = magnitudes(s - s_hat) ** 2 * 10**9.6
        m = 10 ** (mask_of(s, rate) / 10)
        worst = torch.clamp(n / m - 1, min=0).max(dim=-1).values
        return worst.mean()
