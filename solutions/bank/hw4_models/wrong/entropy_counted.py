"""Counts the hard symbols."""

LOSES = {"entropy": 2}
DIAGNOSIS = {"entropy": "counted-symbols"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    symbols = torch.argmax(flat, dim=1)
    q = torch.stack([(symbols == k).double().mean() for k in range(K)])
    return torch.sum(q * -q.clamp(min=1e-12).log2())
