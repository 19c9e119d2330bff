"""Forgets the squares."""

LOSES = {"noise_modulation_loss": 2.5}
DIAGNOSIS = {"noise_modulation_loss": "amplitude-for-power"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    n = magnitudes(s - s_hat) * 10**4.8
    m = 10 ** (mask_of(s, rate) / 20)
    over = n / m - 1
    worst = over.clamp(min=0).max(dim=-1).values
    return worst.mean()
