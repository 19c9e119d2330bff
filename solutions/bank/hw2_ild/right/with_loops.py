"""Sums and products written as loops, with nothing but the math module."""

# %% expected_ild
import math


def expected_ild(source, left, right):
    to_left = 0.0
    to_right = 0.0
    for s, l, r in zip(source, left, right):
        to_left += (s - l) ** 2
        to_right += (s - r) ** 2
    return 20 * math.log10(math.sqrt(to_left) / math.sqrt(to_right))

# %% ild
def ild(X_left, X_right):
    largest = 0.0
    for X in (X_left, X_right):
        for row in X:
            for value in row:
                largest = max(largest, abs(value))
    A = np.zeros(X_left.shape)
    if largest > 0:
        for i in range(A.shape[0]):
            for j in range(A.shape[1]):
                above = abs(X_right[i, j]) + 1e-6 * largest
                below = abs(X_left[i, j]) + 1e-6 * largest
                A[i, j] = 20 * math.log10(above / below)
    return A

# %% e_step
def e_step(x, pi, mu, var):
    R = np.zeros((len(x), len(pi)))
    for n in range(len(x)):
        logs = []
        for k in range(len(pi)):
            log_p = math.log(pi[k]) - 0.5 * math.log(2 * math.pi * var[k])
            logs.append(log_p - (x[n] - mu[k]) ** 2 / (2 * var[k]))
        total = sum(math.exp(a - max(logs)) for a in logs)
        for k in range(len(pi)):
            R[n, k] = math.exp(logs[k] - max(logs)) / total
    return R

# %% m_step
def m_step(x, R, w, floor):
    n, K = R.shape
    N, mu, var = np.zeros(K), np.zeros(K), np.zeros(K)
    for k in range(K):
        for i in range(n):
            N[k] += w[i] * R[i, k]
            mu[k] += w[i] * R[i, k] * x[i]
        mu[k] /= N[k]
        for i in range(n):
            var[k] += w[i] * R[i, k] * (x[i] - mu[k]) ** 2
        var[k] = max(var[k] / N[k], floor)
    return N / sum(N), mu, var

# %% separate
def separate(labels, X, frame, hop, length):
    talkers = np.zeros((2, length))
    for k in range(2):
        Y = np.zeros(X[k].shape, dtype=complex)
        for i in range(Y.shape[0]):
            for j in range(Y.shape[1]):
                if labels[i, j] == k:
                    Y[i, j] = X[k, i, j]
        talkers[k] = fourier.istft(Y, frame, hop, length=length)
    return talkers

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    K, bins, frames = unary.shape
    y = labels.copy()
    for colour in (0, 1):
        for i in range(bins):
            for j in range(frames):
                if (i + j) % 2 != colour:
                    continue
                best, most = 0, -math.inf
                for k in range(K):
                    liked = unary[k, i, j]
                    for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                        if 0 <= a < bins and 0 <= b < frames and y[a, b] == k:
                            liked += beta
                    if liked > most:
                        best, most = k, liked
                y[i, j] = best
    return y

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    K, bins, frames = Q.shape
    new = np.zeros(Q.shape)
    for i in range(bins):
        for j in range(frames):
            a = [unary[k, i, j] for k in range(K)]
            for i2, j2 in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                if 0 <= i2 < bins and 0 <= j2 < frames:
                    a = [a[k] + beta * Q[k, i2, j2] for k in range(K)]
            e = [math.exp(value - max(a)) for value in a]
            for k in range(K):
                new[k, i, j] = 0.5 * Q[k, i, j] + 0.5 * e[k] / sum(e)
    return new
