"""Wants the transform to keep the energy."""

LOSES = {"dft": 4.5}
DIAGNOSIS = {"dft": "orthonormal"}

# %% dft
def dft(x):
    C, S = dft_matrix(len(x))
    length = np.linalg.norm(np.ones(len(x)))
    return C @ (x / length), S @ (x / length)
