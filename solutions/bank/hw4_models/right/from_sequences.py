"""Modules put together by functions."""

# %% soft_assignment
def soft_assignment(x, centroids, alpha):
    logits = torch.stack([-alpha * torch.abs(x - b) for b in centroids], dim=-1)
    return torch.exp(logits - torch.logsumexp(logits, dim=-1, keepdim=True))

# %% codec
class Codec(nn.Module):
    def __init__(self, rows, bins):
        super().__init__()
        self.encoder = nn.Conv1d(1, rows, 9, 2, 4)
        self.quantiser = learnt_quantiser(bins)
        self.decoder = sub_pixel(rows, 1, 2, 9)

    def forward(self, x):
        code, p = self.quantiser(self.encoder(x).tanh())
        return self.decoder(code), p


def codec(rows, bins):
    return Codec(rows, bins)
