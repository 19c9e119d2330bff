"""Lets torch deal the channels out."""

# %% sub_pixel
class SubPixel(nn.Module):
    def __init__(self, inside, outside, stride, kernel):
        super().__init__()
        self.stride = stride
        self.convolution = nn.Conv1d(
            inside, outside * stride, kernel, padding=kernel // 2
        )

    def forward(self, x):
        y = self.convolution(x)
        return torch.stack([y[:, j :: self.stride] for j in range(self.stride)], -1).flatten(
            2
        )


sub_pixel = SubPixel

# %% learnt_quantiser
class Quantiser(nn.Module):
    def __init__(self, bins):
        super().__init__()
        self.register_parameter("centroids", nn.Parameter(torch.linspace(-1, 1, bins)))
        self.register_parameter("log_alpha", nn.Parameter(torch.tensor(3.0)))

    def forward(self, x):
        p = soft_assignment(x, self.centroids, torch.exp(self.log_alpha))
        soft = (p * self.centroids).sum(-1)
        hard = self.centroids[p.argmax(-1)]
        return soft + (hard - soft).detach(), p


learnt_quantiser = Quantiser
