"""Turns levels into amplitudes."""

LOSES = {"priority_weights": 2, "priority_loss": 2}
DIAGNOSIS = {"priority_weights": "amplitude-for-power", "priority_loss": "amplitude-for-power"}

# %% priority_weights
def priority_weights(p, m):
    signal, mask = 10 ** (p / 20), 10 ** (m / 20)
    return torch.log10(1 + signal / mask)
