"""Takes the maximum over the frames."""

LOSES = {"noise_modulation_loss": 2.5}
DIAGNOSIS = {"noise_modulation_loss": "max-over-frames"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    n = magnitudes(s - s_hat) ** 2 * 10**9.6
    m = 10 ** (mask_of(s, rate) / 10)
    over = n / m - 1
    worst = over.clamp(min=0).max(dim=-2).values
    return worst.mean()
