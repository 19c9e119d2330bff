"""Hands out a Python number."""

LOSES = {"priority_loss": 1}
DIAGNOSIS = {"priority_loss": "gradient-cut"}

# %% priority_loss
def priority_loss(s, s_hat, rate):
    X, Y = magnitudes(s), magnitudes(s_hat)
    w = priority_weights(20 * torch.log10(X.clamp(min=1e-12)) + 96, mask_of(s, rate))
    total = torch.sum(w * (X - Y) ** 2) / X[..., 0].numel()
    return total.item()
