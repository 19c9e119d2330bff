"""Divides by alpha, as by a temperature."""

LOSES = {"soft_assignment": 3, "quantise": 2, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"soft_assignment": "alpha-divides", "quantise": "alpha-divides", "learnt_quantiser": "alpha-divides", "codec": "alpha-divides"}

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    gap = torch.abs(x.unsqueeze(-1) - centroids)
    return torch.softmax(gap / -alpha, dim=-1)
