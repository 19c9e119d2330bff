"""Returns the spectrogram that one sees."""

LOSES = {"stft": 6}
DIAGNOSIS = {"stft": "magnitude-only"}

# %% stft
def stft(x, frame, hop):
    columns = []
    for start in range(0, len(x) - frame + 1, hop):
        X_r, X_i = dft(hann(frame) * x[start : start + frame])
        columns.append(np.sqrt(X_r**2 + X_i**2)[: frame // 2 + 1])
    return np.stack(columns, axis=1)
