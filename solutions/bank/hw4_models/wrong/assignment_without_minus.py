"""Forgets the minus."""

LOSES = {"soft_assignment": 3, "quantise": 2, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"soft_assignment": "minus-lost", "quantise": "minus-lost", "learnt_quantiser": "minus-lost", "codec": "minus-lost"}

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    gap = torch.abs(x.unsqueeze(-1) - centroids)
    weights = torch.exp(alpha * gap)
    return weights / weights.sum(dim=-1, keepdim=True)
