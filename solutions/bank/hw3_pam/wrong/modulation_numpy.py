"""Lets numpy find the maximum."""

LOSES = {"noise_modulation_loss": 1.5}
DIAGNOSIS = {"noise_modulation_loss": "gradient-cut"}

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    error = 20 * np.log10(np.maximum(magnitudes(s - s_hat), 1e-12)) + 96
    ratio = 10 ** ((error - mask_of(s, rate)) / 10)
    worst = np.max(np.maximum(np.asarray(ratio) - 1, 0), axis=-1)
    return torch.tensor(worst.mean())
