"""No loop anywhere: broadcasting, einsum, index arithmetic."""

# %% dft_matrix
def dft_matrix(n):
    t = np.arange(n)
    turns = t[:, None] * t[None, :] / n
    return np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)

# %% dft
def dft(x):
    return tuple(np.einsum("kft,t->kf", np.stack(dft_matrix(x.size)), x))

# %% idft
def idft(X_r, X_i):
    waves = np.stack(dft_matrix(X_r.size))
    return np.einsum("kft,kf->t", waves, np.stack([X_r, X_i])) / X_r.size

# %% hann
def hann(n):
    return np.sin(np.pi * np.arange(n) / n) ** 2

# %% stft
def stft(x, frame, hop):
    cuts = np.lib.stride_tricks.sliding_window_view(x, frame)[::hop]
    C, S = dft_matrix(frame)
    bins = frame // 2 + 1
    return np.einsum("ft,t,kt->fk", (C - 1j * S)[:bins], hann(frame), cuts)

# %% overlap_add
def overlap_add(frames, hop):
    frame, T = frames.shape
    places = np.arange(frame)[:, None] + hop * np.arange(T)
    return np.bincount(places.ravel(), frames.ravel())

# %% frame_for_tones
frame_for_tones = int(np.ceil(3 * tones.rate / tones.apart))

# %% frame_for_clicks
frame_for_clicks = int(1.5 * clicks.apart * clicks.rate)
