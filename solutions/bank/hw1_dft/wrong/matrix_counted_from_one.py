"""Counts frequencies and samples from one, as in other languages."""

LOSES = {"dft_matrix": 3.5, "dft": 4.5, "idft": 3.5, "stft": 6}
DIAGNOSIS = {
    "dft_matrix": "counted-from-one",
    "dft": "counted-from-one",
    "idft": "counted-from-one",
    "stft": "counted-from-one",
}

# %% dft_matrix
def dft_matrix(n):
    k = np.array(range(1, n + 1))
    W = np.outer(k, k) * (2 * np.pi / n)
    return np.cos(W), np.sin(W)
