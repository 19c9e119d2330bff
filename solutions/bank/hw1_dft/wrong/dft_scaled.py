"""Takes the mean where the formula has a sum."""

LOSES = {"dft": 4.5}
DIAGNOSIS = {"dft": "scaled-forward"}

# %% dft
def dft(x):
    C, S = dft_matrix(len(x))
    return (C * x).mean(axis=1), (S * x).mean(axis=1)
