"""Normalises over the values."""

LOSES = {"soft_assignment": 2.5, "quantise": 2, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"soft_assignment": "over-the-values", "quantise": "over-the-values", "learnt_quantiser": "over-the-values", "codec": "over-the-values"}

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    gap = torch.abs(x.unsqueeze(-1) - centroids)
    return torch.softmax(gap * -alpha, dim=0)
