"""Einsum and one-hot vectors."""

# %% quantise
def quantise(x, centroids, alpha):
    p = soft_assignment(x, centroids, alpha)
    soft = torch.einsum("...k,k->...", p, centroids)
    best = torch.abs(x[..., None] - centroids).argmin(-1)
    one = nn.functional.one_hot(best, len(centroids)).to(p.dtype)
    with torch.no_grad():
        hard = torch.einsum("...k,k->...", one, centroids)
        step = hard - soft
    return soft + step

# %% entropy
def entropy(p):
    q = torch.einsum("...k->k", p) / (p.numel() // p.shape[-1])
    return torch.einsum("k,k->", q, -torch.log2(torch.where(q > 0, q, 1.0)))

# %% codec
def codec(rows, bins):
    return Codec(rows, bins)


class Codec(nn.Module):
    def __init__(self, rows, bins):
        super().__init__()
        self.encoder = nn.Conv1d(1, rows, kernel_size=9, stride=2, padding=4)
        self.quantiser = Quantiser(bins)
        self.decoder = SubPixel(rows, 1, 2, 9)

    def forward(self, x):
        code = self.encoder(x)
        y, p = self.quantiser(torch.tanh(code))
        return self.decoder(y), p
