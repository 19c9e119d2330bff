"""Leaves out the sum below the line."""

LOSES = {"soft_assignment": 3, "quantise": 2, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"soft_assignment": "not-normalised", "quantise": "not-normalised", "learnt_quantiser": "not-normalised", "codec": "not-normalised"}

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    gap = torch.abs(x.unsqueeze(-1) - centroids)
    return torch.exp(gap * -alpha)
