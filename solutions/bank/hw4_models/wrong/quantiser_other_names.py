"""Calls the parameters b and alpha."""

LOSES = {"learnt_quantiser": 2, "codec": 2}

# %% learnt_quantiser
def learnt_quantiser(bins):
    return Quantiser(bins)


class Quantiser(nn.Module):
    def __init__(self, bins):
        super().__init__()
        self.b = nn.Parameter(torch.linspace(-1.0, 1.0, bins))
        self.alpha = nn.Parameter(torch.tensor(20.0))

    def forward(self, x):
        return quantise(x, self.b, self.alpha), soft_assignment(x, self.b, self.alpha)
