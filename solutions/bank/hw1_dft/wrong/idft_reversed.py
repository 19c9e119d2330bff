"""Subtracts the sines, so that time runs backwards."""

LOSES = {"idft": 3.5}
DIAGNOSIS = {"idft": "sine-sign-flipped"}

# %% idft
def idft(X_r, X_i):
    N = X_r.shape[0]
    n = np.arange(N)
    W = np.exp(2j * np.pi * np.outer(n, n) / N)
    return (W @ (X_r + 1j * X_i)).real / N
