"""Knows the DFT from numpy: real part and imaginary part."""

LOSES = {"dft": 4}
DIAGNOSIS = {"dft": "sine-sign-flipped"}

# %% dft
def dft(x):
    n = np.arange(len(x))
    X = [np.sum(x * np.exp(-2j * np.pi * f * n / len(x))) for f in n]
    return np.real(X), np.imag(X)
