"""Returns which centroid it is."""

LOSES = {"quantise": 3, "learnt_quantiser": 2, "codec": 2}
DIAGNOSIS = {"quantise": "index-for-centroid"}

# %% quantise
def quantise(x, centroids, alpha):
    p = soft_assignment(x, centroids, alpha)
    index = torch.argmin(torch.abs(x.unsqueeze(-1) - centroids), dim=-1)
    nearest, average = centroids[index], torch.matmul(p, centroids)
    return index
