"""Leaves 2 pi out of the angle."""

LOSES = {"dft_matrix": 3.5, "dft": 4.5, "idft": 3.5, "stft": 6}
DIAGNOSIS = {
    "dft_matrix": "missing-two-pi",
    "dft": "missing-two-pi",
    "idft": "missing-two-pi",
    "stft": "missing-two-pi",
}

# %% dft_matrix
def dft_matrix(n):
    t = np.linspace(0, 1, n, endpoint=False)
    C = np.array([np.cos(f * t) for f in range(n)])
    S = np.array([np.sin(f * t) for f in range(n)])
    return C, S
