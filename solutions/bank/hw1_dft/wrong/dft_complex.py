"""Packs both results into one complex array."""

LOSES = {"dft": 5}
DIAGNOSIS = {"dft": "one-complex-result"}

# %% dft
def dft(x):
    C, S = dft_matrix(len(x))
    return np.dot(C, x) - np.dot(S, x) * 1j
