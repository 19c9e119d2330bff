"""Takes the waves from exp(-j...), so the sine has numpy's sign."""

LOSES = {"dft_matrix": 3.5, "dft": 4, "idft": 3.5, "stft": 6}
DIAGNOSIS = {
    "dft_matrix": "sine-sign-flipped",
    "dft": "sine-sign-flipped",
    "idft": "sine-sign-flipped",
    "stft": "sine-sign-flipped",
}

# %% dft_matrix
def dft_matrix(n):
    k = np.arange(n).reshape(-1, 1)
    F = np.exp(-2j * np.pi * k * k.T / n)
    return F.real, F.imag
