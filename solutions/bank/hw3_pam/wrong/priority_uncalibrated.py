"""Compares decibels re full scale with a mask in dB SPL."""

LOSES = {"priority_loss": 2}
DIAGNOSIS = {"priority_loss": "uncalibrated-signal"}

# %% priority_loss
def priority_loss(s, s_hat, rate):
    X, Y = magnitudes(s), magnitudes(s_hat)
    p = 20 * X.clamp(min=1e-12).log10()
    w = priority_weights(p, mask_of(s, rate))
    per_frame = torch.einsum("...f,...f->...", w, (X - Y) ** 2)
    return per_frame.mean()
