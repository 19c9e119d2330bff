"""Adds the shares up."""

LOSES = {"entropy": 3}
DIAGNOSIS = {"entropy": "sum-for-mean"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    q = torch.sum(flat, dim=0)
    safe = torch.clamp(q, min=1e-12)
    return -torch.sum(q * torch.log2(safe))
