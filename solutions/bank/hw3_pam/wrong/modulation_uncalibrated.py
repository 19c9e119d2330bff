"""Compares an error re full scale with a mask in dB SPL."""

LOSES = {"noise_modulation_loss": 2.5}
DIAGNOSIS = {"noise_modulation_loss": "error-not-calibrated"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    n = magnitudes(s - s_hat) ** 2
    m = 10 ** (mask_of(s, rate) / 10)
    over = n / m - 1
    worst = over.clamp(min=0).max(dim=-1).values
    return worst.mean()
