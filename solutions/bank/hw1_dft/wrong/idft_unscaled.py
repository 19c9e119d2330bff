"""Forgets 1/N on the way back."""

LOSES = {"idft": 3.5}
DIAGNOSIS = {"idft": "missing-one-over-n"}

# %% idft
def idft(X_r, X_i):
    C, S = dft_matrix(len(X_r))
    x = np.zeros(len(X_r))
    for f in range(len(x)):
        x = x + X_r[f] * C[f] + X_i[f] * S[f]
    return x
