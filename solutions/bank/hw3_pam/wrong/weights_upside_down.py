"""Divides the mask by the signal."""

LOSES = {"priority_weights": 2, "priority_loss": 2}
DIAGNOSIS = {"priority_weights": "upside-down", "priority_loss": "upside-down"}

# %% priority_weights
def priority_weights(p, m):
    over = 10 ** (0.1 * m) / 10 ** (0.1 * p)
    return torch.log10(over + 1)
