"""Averages entropies instead of probabilities."""

LOSES = {"entropy": 3}
DIAGNOSIS = {"entropy": "entropy-of-each-value"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    each = flat.clamp(min=1e-12)
    H = (each * -each.log2()).sum(1)
    return torch.mean(H)
