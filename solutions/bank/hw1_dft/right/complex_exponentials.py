"""Euler's formula instead of sine and cosine, frames laid down from the end."""

# %% dft_matrix
def dft_matrix(n):
    W = np.exp(2j * np.pi / n) ** np.outer(range(n), range(n))
    return W.real.copy(), W.imag.copy()

# %% dft
def dft(x):
    N = len(x)
    n = np.arange(N)
    X = np.array([np.vdot(np.exp(-2j * np.pi * f * n / N), x) for f in range(N)])
    return X.real, X.imag

# %% idft
def idft(X_r, X_i):
    X = X_r - 1j * X_i
    N = len(X)
    return np.real([np.mean(X * np.exp(2j * np.pi * np.arange(N) * n / N)) for n in range(N)])

# %% hann
def hann(n):
    return np.hanning(n + 1)[:-1]

# %% stft
def stft(x, frame, hop):
    t = np.arange(frame)
    f = np.arange(frame // 2 + 1)
    waves = np.exp(-2j * np.pi * f[:, None] * t / frame) * hann(frame)
    T = (len(x) - frame + hop) // hop
    return waves @ np.stack([x[k * hop + t] for k in range(T)], axis=-1)

# %% overlap_add
def overlap_add(frames, hop):
    frame, T = frames.shape
    x = np.zeros((T - 1) * hop + frame)
    for t in reversed(range(T)):
        np.add.at(x, t * hop + np.arange(frame), frames[:, t])
    return x

# %% frame_for_tones
frame_for_tones = 6000

# %% frame_for_clicks
frame_for_clicks = 100
