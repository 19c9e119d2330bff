"""Lists all the way, and lists are returned."""

# %% expected_ild
def expected_ild(source, left, right):
    def d(a, b):
        return sum((u - v) ** 2 for u, v in zip(a, b)) ** 0.5

    return 20 * np.log10(d(source, left)) - 20 * np.log10(d(source, right))

# %% ild
def ild(X_left, X_right):
    top = max(abs(value) for X in (X_left, X_right) for row in X for value in row)
    eps = 1e-6 * top if top else 1.0
    return [
        [20 * np.log10((abs(r) + eps) / (abs(l) + eps)) for l, r in zip(row_l, row_r)]
        for row_l, row_r in zip(X_left, X_right)
    ]

# %% e_step
def e_step(x, pi, mu, var):
    def row(value):
        logs = [np.log(p / np.sqrt(v)) - (value - m) ** 2 / (2 * v) for p, m, v in zip(pi, mu, var)]
        return [1 / sum(np.exp(np.minimum(b - a, 700)) for b in logs) for a in logs]

    return [row(value) for value in x]

# %% separate
def separate(labels, X, frame, hop, length):
    return [
        fourier.istft(X[k] * (labels == k), frame, hop)[:length]
        if (X.shape[2] - 1) * hop + 1 >= length
        else fourier.istft(X[k] * (labels == k), frame, hop, length=length)
        for k in (0, 1)
    ]

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    bins, frames = labels.shape
    y = {(i, j): int(labels[i, j]) for i in range(bins) for j in range(frames)}
    for colour in (0, 1):
        changed = {}
        for i, j in y:
            near = [y.get(p) for p in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1))]
            scores = [unary[k, i, j] + beta * near.count(k) for k in range(len(unary))]
            changed[i, j] = scores.index(max(scores)) if (i + j) % 2 == colour else y[i, j]
        y = changed
    return [[y[i, j] for j in range(frames)] for i in range(bins)]
