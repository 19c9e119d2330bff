"""All in float32, as one would for a neural network."""

# %% expected_ild
def expected_ild(source, left, right):
    s, l, r = (np.array(p, dtype=np.float32) for p in (source, left, right))
    return np.float32(20) * np.log10(np.linalg.norm(s - l) / np.linalg.norm(s - r))

# %% ild
def ild(X_left, X_right):
    # Relative to the loudest bin first: the squares inside abs would underflow.
    top = max(np.abs(X_left).max(), np.abs(X_right).max()) or 1.0
    L = np.abs(X_left / top).astype(np.float32) + np.float32(1e-6)
    R = np.abs(X_right / top).astype(np.float32) + np.float32(1e-6)
    return np.float32(20) * (np.log10(R) - np.log10(L))

# %% e_step
def e_step(x, pi, mu, var):
    x, pi, mu, var = (np.float32(value) for value in (x, pi, mu, var))
    a = np.log(pi / np.sqrt(var)) - (x[:, None] - mu) ** 2 / (2 * var)
    a = np.exp(a - a.max(axis=1)[:, None])
    return a / a.sum(axis=1)[:, None]

# %% m_step
def m_step(x, R, w, floor):
    x, R, w = (np.float32(value) for value in (x, R, w))
    N = w @ R
    mu = (w * x) @ R / N
    var = np.sum(w[:, None] * R * (x[:, None] - mu) ** 2, axis=0) / N
    return N / N.sum(), mu, np.maximum(var, np.float32(floor))

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    Q, U = np.float32(Q), np.float32(unary)
    K, bins, frames = Q.shape
    P = np.zeros((K, bins + 2, frames + 2), dtype=np.float32)
    P[:, 1:-1, 1:-1] = Q
    a = U + np.float32(beta) * (P[:, 2:] + P[:, :-2])[:, :, 1:-1]
    a += np.float32(beta) * (P[:, :, 2:] + P[:, :, :-2])[:, 1:-1]
    a = np.exp(a - a.max(axis=0))
    return (Q + a / a.sum(axis=0)) / 2
