"""Divides decibels by decibels."""

LOSES = {"noise_modulation_loss": 2.5}
DIAGNOSIS = {"noise_modulation_loss": "ratio-of-decibels"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    n = 20 * torch.log10(magnitudes(s - s_hat).clamp(min=1e-12)) + 96
    m = mask_of(s, rate)
    over = n / m - 1
    worst = over.clamp(min=0).max(dim=-1).values
    return worst.mean()
