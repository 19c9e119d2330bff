"""Detaches the wrong one."""

LOSES = {"quantise": 3, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"quantise": "detached-the-other-way", "learnt_quantiser": "soft-only", "codec": "soft-only"}

# %% quantise
def quantise(x, centroids, alpha):
    p = soft_assignment(x, centroids, alpha)
    index = torch.argmin(torch.abs(x.unsqueeze(-1) - centroids), dim=-1)
    nearest, average = centroids[index], torch.matmul(p, centroids)
    bracket = average - nearest
    return nearest + bracket.detach()
