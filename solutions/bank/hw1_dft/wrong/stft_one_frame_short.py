"""Counts the hops instead of the frames."""

LOSES = {"stft": 6}
DIAGNOSIS = {"stft": "last-frame-missing"}

# %% stft
def stft(x, frame, hop):
    C, S = dft_matrix(frame)
    T = (len(x) - frame) // hop
    X = np.zeros((frame // 2 + 1, T), dtype=complex)
    for t in range(T):
        cut = hann(frame) * x[t * hop : t * hop + frame]
        X[:, t] = (C @ cut)[: len(X)] - 1j * (S @ cut)[: len(X)]
    return X
