"""The fast Fourier transform by hand: halves as long as there are halves."""

# %% dft
def fast(x):
    N = len(x)
    if N % 2:
        f = np.arange(N)
        return np.exp(-2j * np.pi * np.outer(f, f) / N) @ x
    even, odd = fast(x[::2]), fast(x[1::2])
    twist = np.exp(-2j * np.pi * np.arange(N // 2) / N) * odd
    return np.concatenate([even + twist, even - twist])


def dft(x):
    X = fast(np.asarray(x, dtype=complex))
    return X.real, -X.imag

# %% idft
def idft(X_r, X_i):
    # The inverse is the transform of the conjugate, conjugated.
    return fast(X_r + 1j * X_i).real / len(X_r)

# %% stft
def stft(x, frame, hop):
    columns = []
    start = 0
    while start + frame <= len(x):
        X_r, X_i = dft(x[start : start + frame] * hann(frame))
        columns.append((X_r - 1j * X_i)[: frame // 2 + 1])
        start += hop
    return np.array(columns).T
