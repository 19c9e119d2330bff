"""Forgets to multiply with the window."""

LOSES = {"stft": 6}
DIAGNOSIS = {"stft": "no-window"}

# %% stft
def stft(x, frame, hop):
    columns = []
    for start in range(0, len(x) - frame + 1, hop):
        X_r, X_i = dft(x[start : start + frame])
        columns.append(X_r[: frame // 2 + 1] - 1j * X_i[: frame // 2 + 1])
    return np.stack(columns, axis=1)
