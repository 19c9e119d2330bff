"""Takes the logarithm with numpy."""

LOSES = {"entropy": 1}
DIAGNOSIS = {"entropy": "gradient-cut"}

# %% entropy
def entropy(p):
    K = p.shape[-1]
    flat = p.reshape(-1, K)
    import numpy as np

    q = np.maximum(flat.detach().numpy().mean(0), 1e-12)
    return torch.tensor(np.sum(-q * np.log2(q)))
