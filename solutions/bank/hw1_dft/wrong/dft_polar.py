"""Returns what one would plot: magnitude and phase."""

LOSES = {"dft": 4.5}
DIAGNOSIS = {"dft": "magnitude-and-phase"}

# %% dft
def dft(x):
    C, S = dft_matrix(len(x))
    X = C @ x + 1j * (S @ x)
    return abs(X), np.angle(X)
