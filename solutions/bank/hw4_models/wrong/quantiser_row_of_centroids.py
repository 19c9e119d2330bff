"""Gives the sharpness a dimension."""

LOSES = {"learnt_quantiser": 2, "codec": 2}

# %% learnt_quantiser
def learnt_quantiser(bins):
    return Quantiser(bins)


class Quantiser(nn.Module):
    def __init__(self, bins):
        super().__init__()
        self.centroids = nn.Parameter(torch.linspace(-1.0, 1.0, bins))
        self.log_alpha = nn.Parameter(torch.tensor([3.0]))

    def forward(self, x):
        a = torch.exp(self.log_alpha)
        return quantise(x, self.centroids, a), soft_assignment(x, self.centroids, a)
