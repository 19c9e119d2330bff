"""Uses torch.log for log10."""

LOSES = {"priority_weights": 2, "priority_loss": 2}
DIAGNOSIS = {"priority_weights": "natural-log", "priority_loss": "natural-log"}

# %% priority_weights
def priority_weights(p, m):
    ratio = 10 ** (0.1 * p) / 10 ** (0.1 * m)
    return torch.log(ratio + 1)
