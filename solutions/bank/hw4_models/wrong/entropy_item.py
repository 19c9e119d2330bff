"""Hands out a Python number."""

LOSES = {"entropy": 1}
DIAGNOSIS = {"entropy": "gradient-cut"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    q = flat.mean(0).clamp(min=1e-12)
    H = torch.sum(q * -torch.log2(q))
    return H.item()
