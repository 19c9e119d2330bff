"""Thinks that numpy's cosine takes degrees."""

LOSES = {"dft_matrix": 3.5, "dft": 4.5, "idft": 3.5, "stft": 6}
DIAGNOSIS = {
    "dft_matrix": "degrees-for-radians",
    "dft": "degrees-for-radians",
    "idft": "degrees-for-radians",
    "stft": "degrees-for-radians",
}

# %% dft_matrix
def dft_matrix(n):
    C, S = np.zeros((n, n)), np.zeros((n, n))
    for f in range(n):
        turn = 360 * f / n
        for t in range(n):
            C[f, t] = np.cos(turn * t)
            S[f, t] = np.sin(turn * t)
    return C, S
