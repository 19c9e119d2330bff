"""Adds the 1 after the logarithm."""

LOSES = {"priority_weights": 2, "priority_loss": 2}
DIAGNOSIS = {"priority_weights": "one-outside", "priority_loss": "one-outside"}

# %% priority_weights
def priority_weights(p, m):
    signal, mask = 10 ** (p / 10), 10 ** (m / 10)
    return torch.log10(signal / mask) + 1
