"""Adds and subtracts the average."""

LOSES = {"quantise": 2}
DIAGNOSIS = {"quantise": "nothing-detached"}

# %% quantise
def quantise(x, centroids, alpha):
    p = soft_assignment(x, centroids, alpha)
    index = torch.argmin(torch.abs(x.unsqueeze(-1) - centroids), dim=-1)
    nearest, average = centroids[index], torch.matmul(p, centroids)
    y = average - average + nearest
    return y
