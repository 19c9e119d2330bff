"""Takes absolute errors."""

LOSES = {"priority_loss": 2}
DIAGNOSIS = {"priority_loss": "absolute-error"}

# %% priority_loss
def priority_loss(s, s_hat, rate):
    X, Y = magnitudes(s), magnitudes(s_hat)
    p = 20 * X.clamp(min=1e-12).log10() + 96
    w = priority_weights(p, mask_of(s, rate))
    per_frame = torch.sum(w * torch.abs(X - Y), dim=-1)
    return per_frame.mean()
