"""Passes all that is to be seen in the notebook, but counts an odd frame's bins wrong."""

LOSES = {"stft": 1}
DIAGNOSIS = {}

# %% stft
def stft(x, frame, hop):
    bins = 1 + round(frame / 2)
    columns = []
    for start in range(0, len(x) - frame + 1, hop):
        X_r, X_i = dft(hann(frame) * x[start : start + frame])
        columns.append(X_r[:bins] - 1j * X_i[:bins])
    return np.stack(columns, axis=1)
