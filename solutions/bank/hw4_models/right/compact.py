"""As few lines as will do."""

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    return (-alpha * (x[..., None] - centroids).abs()).softmax(-1)

# %% quantise
def quantise(x, centroids, alpha):
    d = (x[..., None] - centroids).abs()
    soft = (d * -alpha).softmax(-1) @ centroids
    return soft + (centroids[d.argmin(-1)] - soft).detach()

# %% entropy
def entropy(p):
    q = p.flatten(0, -2).mean(0)
    return torch.special.entr(q).sum() / torch.log(torch.tensor(2.0, dtype=q.dtype))
