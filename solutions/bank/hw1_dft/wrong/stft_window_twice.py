"""Multiplies the waves and the frames with the window."""

LOSES = {"stft": 6}
DIAGNOSIS = {"stft": "window-twice"}

# %% stft
def stft(x, frame, hop):
    C, S = dft_matrix(frame)
    C, S = C * hann(frame), S * hann(frame)
    T = 1 + (len(x) - frame) // hop
    X = np.zeros((frame // 2 + 1, T), complex)
    for t in range(T):
        piece = hann(frame) * x[t * hop : t * hop + frame]
        X[:, t] = (C @ piece - 1j * (S @ piece))[: frame // 2 + 1]
    return X
