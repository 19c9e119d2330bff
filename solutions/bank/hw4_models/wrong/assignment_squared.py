"""Squares the distance."""

LOSES = {"soft_assignment": 3, "quantise": 2, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"soft_assignment": "squared-distance", "quantise": "squared-distance", "learnt_quantiser": "squared-distance", "codec": "squared-distance"}

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    gap = torch.abs(x.unsqueeze(-1) - centroids)
    return torch.nn.functional.softmax(gap.square().mul(-alpha), dim=-1)
