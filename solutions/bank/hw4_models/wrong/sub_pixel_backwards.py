"""Deals them out from the last."""

LOSES = {"sub_pixel": 2, "codec": 2}
DIAGNOSIS = {"sub_pixel": "from-the-last"}

# %% sub_pixel
def sub_pixel(inside, outside, stride, kernel):
    return SubPixel(inside, outside, stride, kernel)


class SubPixel(nn.Module):
    def __init__(self, inside, outside, stride, kernel):
        super().__init__()
        self.outside, self.stride = outside, stride
        self.convolution = nn.Conv1d(inside, outside * stride, kernel, padding="same")

    def forward(self, x):
        y = self.convolution(x)
        time = y.shape[-1]
        y = y.view(len(y), self.outside, self.stride, time).flip(2)
        y = y.permute(0, 1, 3, 2)
        return y.reshape(len(y), self.outside, -1)
