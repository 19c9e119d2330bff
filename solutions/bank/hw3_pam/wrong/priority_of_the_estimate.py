"""Takes weights and mask from what came out."""

LOSES = {"priority_loss": 2}
DIAGNOSIS = {"priority_loss": "weights-of-the-estimate"}

# %% priority_loss
def priority_loss(s, s_hat, rate):
    X, Y = magnitudes(s), magnitudes(s_hat)
    with torch.no_grad():
        p = 20 * torch.log10(torch.clamp(Y, 1e-12)) + 96
        w = priority_weights(p, mask_of(s_hat, rate))
    frames = (w * (X - Y) ** 2).sum(-1)
    return frames.mean()
