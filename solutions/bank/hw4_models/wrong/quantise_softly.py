"""Leaves the average as it is."""

LOSES = {"quantise": 1, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"quantise": "soft-only", "learnt_quantiser": "soft-only", "codec": "soft-only"}

# %% quantise
def quantise(x, centroids, alpha):
    p = soft_assignment(x, centroids, alpha)
    index = torch.argmin(torch.abs(x.unsqueeze(-1) - centroids), dim=-1)
    nearest, average = centroids[index], torch.matmul(p, centroids)
    return average
