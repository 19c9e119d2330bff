"""Right, but leaves zeros as an imaginary part."""

LOSES = {"idft": 4}
DIAGNOSIS = {"idft": "complex-result"}

# %% idft
def idft(X_r, X_i):
    N = len(X_r)
    n = np.arange(N)
    return np.exp(2j * np.pi * np.outer(n, n) / N) @ (X_r - 1j * X_i) / N
