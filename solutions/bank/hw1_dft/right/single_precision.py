"""All in float32, as one would for a neural network."""

# %% dft_matrix
def dft_matrix(n):
    f = np.arange(n, dtype=np.float32)
    angle = np.float32(2 * np.pi / n) * np.outer(f, f)
    return np.cos(angle), np.sin(angle)

# %% dft
def dft(x):
    C, S = dft_matrix(len(x))
    x = x.astype(np.float32)
    return C @ x, S @ x

# %% idft
def idft(X_r, X_i):
    C, S = dft_matrix(len(X_r))
    X_r, X_i = np.float32(X_r), np.float32(X_i)
    return (C @ X_r + S @ X_i) / np.float32(len(X_r))

# %% hann
def hann(n):
    t = np.arange(n, dtype=np.float32)
    return np.float32(0.5) - np.float32(0.5) * np.cos(np.float32(2 * np.pi / n) * t)

# %% stft
def stft(x, frame, hop):
    C, S = dft_matrix(frame)
    starts = range(0, len(x) - frame + 1, hop)
    cuts = np.stack([hann(frame) * np.float32(x[s : s + frame]) for s in starts], axis=1)
    X = np.empty((frame // 2 + 1, cuts.shape[1]), dtype=np.complex64)
    X.real = (C @ cuts)[: frame // 2 + 1]
    X.imag = -(S @ cuts)[: frame // 2 + 1]
    return X

# %% overlap_add
def overlap_add(frames, hop):
    frame, T = frames.shape
    x = np.zeros((T - 1) * hop + frame, dtype=np.float32)
    for t in range(T):
        x[t * hop :][:frame] += frames[:, t].astype(np.float32)
    return x
