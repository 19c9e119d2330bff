"""Powers and 10 log all the way: the same decibels; variances by moments."""

# %% expected_ild
import math


def expected_ild(source, left, right):
    return 10 * math.log10(math.dist(source, left) ** 2 / math.dist(source, right) ** 2)

# %% ild
def ild(X_left, X_right):
    L = np.sqrt(X_left.real**2 + X_left.imag**2)
    R = np.sqrt(X_right.real**2 + X_right.imag**2)
    eps = 1e-6 * np.maximum(L, R).max()
    if eps == 0.0:
        return 0.0 * L
    return 10 * np.log10((R + eps) ** 2) - 10 * np.log10((L + eps) ** 2)

# %% e_step
def e_step(x, pi, mu, var):
    # In powers of two, and the odds against each talker instead of a sum.
    a = np.log2(pi) - 0.5 * np.log2(var) - (x[:, None] - mu) ** 2 / var / np.log(4)
    with np.errstate(over="ignore"):
        odds = np.exp2(a[:, None, :] - a[:, :, None])  # (n, k, against)
    return 1 / odds.sum(axis=2)

# %% m_step
def m_step(x, R, w, floor):
    W = R * w[:, None]
    N = W.sum(0)
    first, second = x @ W / N, x**2 @ W / N
    return N / N.sum(), first, np.maximum(second - first**2, floor)
