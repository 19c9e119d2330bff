"""Lists all the way, and lists are returned; the STFT as an array."""

# %% dft_matrix
from math import cos, pi, sin


def dft_matrix(n):
    C = [[cos(2 * pi * f * t / n) for t in range(n)] for f in range(n)]
    S = [[sin(2 * pi * f * t / n) for t in range(n)] for f in range(n)]
    return [C, S]

# %% dft
def dft(x):
    return [[sum(w * v for w, v in zip(row, x)) for row in M] for M in dft_matrix(len(x))]

# %% idft
def idft(X_r, X_i):
    N = len(X_r)
    C, S = dft_matrix(N)
    return [
        sum(C[f][n] * X_r[f] + S[f][n] * X_i[f] for f in range(N)) / N for n in range(N)
    ]

# %% hann
def hann(n):
    return [0.5 * (1 - cos(2 * pi * t / n)) for t in range(n)]

# %% stft
def stft(x, frame, hop):
    C, S = map(np.array, dft_matrix(frame))
    F = (C - 1j * S)[: frame // 2 + 1] * np.array(hann(frame))
    return np.column_stack(
        [F @ x[i : i + frame] for i in range(0, len(x) - frame + 1, hop)]
    )

# %% overlap_add
def overlap_add(frames, hop):
    frame, T = frames.shape
    length = (T - 1) * hop + frame
    return [
        float(sum(frames[i - t * hop, t] for t in range(T) if 0 <= i - t * hop < frame))
        for i in range(length)
    ]
