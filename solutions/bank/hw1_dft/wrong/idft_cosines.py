"""Thinks that a real sound needs only the real transform."""

LOSES = {"idft": 3.5}
DIAGNOSIS = {"idft": "cosines-only"}

# %% idft
def idft(X_r, X_i):
    return dft_matrix(len(X_r))[0] @ X_r / len(X_r)
