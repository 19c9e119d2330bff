"""Masks the error with what came out."""

LOSES = {"noise_modulation_loss": 2.5}
DIAGNOSIS = {"noise_modulation_loss": "mask-of-the-estimate"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    n = magnitudes(s - s_hat) ** 2 * 10**9.6
    m = 10 ** (mask_of(s_hat, rate) / 10)
    over = n / m - 1
    worst = over.clamp(min=0).max(dim=-1).values
    return worst.mean()
