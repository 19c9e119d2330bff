"""Sums written as loops, with nothing but the math module."""

# %% dft_matrix
import math


def dft_matrix(n):
    C = np.empty((n, n))
    S = np.empty((n, n))
    for f in range(n):
        for t in range(n):
            C[f, t] = math.cos(2 * math.pi * f * t / n)
            S[f, t] = math.sin(2 * math.pi * f * t / n)
    return C, S

# %% dft
def dft(x):
    N = len(x)
    X_r = np.zeros(N)
    X_i = np.zeros(N)
    for f in range(N):
        for n in range(N):
            X_r[f] += x[n] * math.cos(2 * math.pi * f * n / N)
            X_i[f] += x[n] * math.sin(2 * math.pi * f * n / N)
    return X_r, X_i

# %% idft
def idft(X_r, X_i):
    N = len(X_r)
    x = np.zeros(N)
    for n in range(N):
        for f in range(N):
            angle = 2 * math.pi * f * n / N
            x[n] += X_r[f] * math.cos(angle) + X_i[f] * math.sin(angle)
        x[n] /= N
    return x

# %% hann
def hann(n):
    w = np.zeros(n)
    for t in range(n):
        w[t] = (1 - math.cos(2 * math.pi * t / n)) / 2
    return w

# %% stft
def stft(x, frame, hop):
    C, S = dft_matrix(frame)
    w = hann(frame)
    T = 1 + (len(x) - frame) // hop
    X = np.zeros((frame // 2 + 1, T), dtype=complex)
    for t in range(T):
        cut = x[t * hop : t * hop + frame] * w
        for f in range(frame // 2 + 1):
            X[f, t] = complex(np.sum(C[f] * cut), -np.sum(S[f] * cut))
    return X

# %% overlap_add
def overlap_add(frames, hop):
    frame, T = frames.shape
    x = np.zeros((T - 1) * hop + frame)
    for t in range(T):
        for n in range(frame):
            x[t * hop + n] += frames[n, t]
    return x
