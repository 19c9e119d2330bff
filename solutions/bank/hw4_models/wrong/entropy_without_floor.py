"""Takes the logarithm of 0."""

LOSES = {"entropy": 1}
DIAGNOSIS = {"entropy": "no-floor"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    q = flat.sum(dim=0) / len(flat)
    return torch.sum(q * torch.log2(1 / q))
