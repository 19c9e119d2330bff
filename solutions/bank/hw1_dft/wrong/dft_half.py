"""Stops at the highest frequency that is worth knowing."""

LOSES = {"dft": 4.5}
DIAGNOSIS = {"dft": "only-half-the-bins"}

# %% dft
def dft(x):
    N = len(x)
    X_r, X_i = [], []
    for f in range(N // 2 + 1):
        angle = 2 * np.pi * f * np.arange(N) / N
        X_r.append(np.dot(x, np.cos(angle)))
        X_i.append(np.dot(x, np.sin(angle)))
    return np.array(X_r), np.array(X_i)
