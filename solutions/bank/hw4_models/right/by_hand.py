"""Exponentials and sums, written out."""

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    score = -alpha * torch.abs(x.unsqueeze(-1) - centroids)
    weights = torch.exp(score - score.max(dim=-1, keepdim=True).values)
    return weights / weights.sum(dim=-1, keepdim=True)

# %% entropy
def entropy(p):
    K = p.shape[-1]
    bits = 0.0
    for k in range(K):
        q = p[..., k].mean()
        if q > 0:
            bits = bits - q * torch.log2(q)
    return bits

# %% sub_pixel
def sub_pixel(inside, outside, stride, kernel):
    return SubPixel(inside, outside, stride, kernel)


class SubPixel(nn.Module):
    def __init__(self, inside, outside, stride, kernel):
        super().__init__()
        self.outside, self.stride = outside, stride
        padding = (kernel - 1) // 2
        self.convolution = nn.Conv1d(inside, outside * stride, kernel, padding=padding)

    def forward(self, x):
        y = self.convolution(x)
        longer = y.new_zeros(len(y), self.outside, self.stride * y.shape[-1])
        for c in range(self.outside):
            for j in range(self.stride):
                longer[:, c, j :: self.stride] = y[:, c * self.stride + j]
        return longer
