"""Lets the last sample close the circle (linspace with its endpoint)."""

LOSES = {"dft_matrix": 3.5, "dft": 4.5, "idft": 3.5, "stft": 6}
DIAGNOSIS = {
    "dft_matrix": "n-minus-one",
    "dft": "n-minus-one",
    "idft": "n-minus-one",
    "stft": "n-minus-one",
}

# %% dft_matrix
def dft_matrix(n):
    turn = np.linspace(0, 2 * np.pi, n)
    waves = [(np.cos(f * turn), np.sin(f * turn)) for f in range(n)]
    C, S = zip(*waves)
    return np.array(C), np.array(S)
