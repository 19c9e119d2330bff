"""Goes through numpy on its way."""

LOSES = {"priority_loss": 1}
DIAGNOSIS = {"priority_loss": "gradient-cut"}

# %% priority_loss
def priority_loss(s, s_hat, rate):
    X, Y = magnitudes(s), magnitudes(s_hat)
    p = 20 * np.log10(np.maximum(X.detach().numpy(), 1e-12)) + 96
    w = priority_weights(torch.tensor(p), mask_of(s, rate)).numpy()
    error = (X.detach().numpy() - Y.detach().numpy()) ** 2
    return torch.tensor(np.mean(np.sum(w * error, axis=-1)))
