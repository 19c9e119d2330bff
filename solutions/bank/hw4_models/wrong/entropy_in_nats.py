"""Uses torch.log."""

LOSES = {"entropy": 3}
DIAGNOSIS = {"entropy": "natural-log"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    q = flat.mean(0).clamp(min=1e-12)
    return torch.sum(q * -torch.log(q))
