"""Forgets that a distance has no sign."""

LOSES = {"soft_assignment": 3, "quantise": 2, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"soft_assignment": "signed-distance", "quantise": "nothing-detached", "learnt_quantiser": "signed-distance", "codec": "signed-distance"}

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    gap = x.unsqueeze(-1) - centroids
    return torch.softmax(gap * -alpha, -1)
