"""Forgets the minus."""

LOSES = {"entropy": 3}
DIAGNOSIS = {"entropy": "sign-lost"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    q = torch.mean(flat, 0)
    return torch.dot(q, q.clamp(min=1e-12).log2())
