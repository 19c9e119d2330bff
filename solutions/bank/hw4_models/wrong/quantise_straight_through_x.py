"""Lets the gradient pass as if x had not been touched."""

LOSES = {"quantise": 2}
DIAGNOSIS = {"quantise": "identity-through"}

# %% quantise
def quantise(x, centroids, alpha):
    p = soft_assignment(x, centroids, alpha)
    index = torch.argmin(torch.abs(x.unsqueeze(-1) - centroids), dim=-1)
    nearest, average = centroids[index], torch.matmul(p, centroids)
    with torch.no_grad():
        step = nearest - x
    return x + step
