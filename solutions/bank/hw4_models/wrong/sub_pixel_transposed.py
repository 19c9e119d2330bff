"""Uses a transposed convolution under the same name."""

LOSES = {"sub_pixel": 2, "codec": 2}

# %% sub_pixel
def sub_pixel(inside, outside, stride, kernel):
    return SubPixel(inside, outside, stride, kernel)


class SubPixel(nn.Module):
    def __init__(self, inside, outside, stride, kernel):
        super().__init__()
        self.convolution = nn.ConvTranspose1d(inside, outside, kernel, stride)

    def forward(self, x):
        return self.convolution(x)
