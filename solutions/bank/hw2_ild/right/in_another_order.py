"""Other ways round: mask after the whole, strided squares, one talker's odds."""

# %% ild
def ild(X_left, X_right):
    peak = np.abs([X_left, X_right]).max()
    if peak == 0:
        return np.zeros_like(X_left, dtype=float)
    # Both channels in units of the floor.
    return 20 * np.log10(1 + np.abs(X_right / peak) * 1e6) - 20 * np.log10(
        1 + np.abs(X_left / peak) * 1e6
    )

# %% separate
def separate(labels, X, frame, hop, length):
    Y = X.copy()
    Y[0][labels == 1] = 0
    Y[1][labels == 0] = 0
    return np.stack([fourier.istft(Z, frame, hop, length=length) for Z in Y])

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    y = np.pad(labels, 1, constant_values=-1)
    inner = y[1:-1, 1:-1]
    k = np.arange(len(unary)).reshape(-1, 1, 1)
    for starts in (((0, 0), (1, 1)), ((0, 1), (1, 0))):
        for i, j in starts:
            sides = y[:-2, 1:-1], y[2:, 1:-1], y[1:-1, :-2], y[1:-1, 2:]
            votes = sum((side[i::2, j::2] == k) for side in sides)
            inner[i::2, j::2] = np.argmax(unary[:, i::2, j::2] + beta * votes, axis=0)
    return inner

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    a = unary.copy()
    a[:, 1:] += beta * Q[:, :-1]
    a[:, :-1] += beta * Q[:, 1:]
    a[..., 1:] += beta * Q[..., :-1]
    a[..., :-1] += beta * Q[..., 1:]
    against = a[None] - a[:, None]  # (k, others, bins, frames)
    return Q / 2 + 0.5 / np.exp(against.clip(max=700)).sum(axis=1)
