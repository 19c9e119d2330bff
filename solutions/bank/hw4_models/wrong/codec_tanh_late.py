"""Puts the tanh behind the quantiser."""

LOSES = {"codec": 2}
DIAGNOSIS = {"codec": "tanh-after-the-quantiser"}

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
        code, p = self.quantiser(code)
        sound = self.decoder(torch.tanh(code))
        return sound, p
