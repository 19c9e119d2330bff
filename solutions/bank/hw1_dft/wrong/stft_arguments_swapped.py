"""Mixes up which is which, frame or hop."""

LOSES = {"stft": 6}
DIAGNOSIS = {"stft": "hop-and-frame-swapped"}

# %% stft
def stft(x, hop, frame):
    C, S = dft_matrix(frame)
    bins = frame // 2 + 1
    columns = []
    for start in range(0, len(x) - frame + 1, hop):
        cut = hann(frame) * x[start : start + frame]
        columns.append((C @ cut - 1j * S @ cut)[:bins])
    return np.stack(columns, axis=1)
