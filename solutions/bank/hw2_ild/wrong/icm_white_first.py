"""Begins with the squares whose sum is odd."""

LOSES = {"icm_sweep": 3}
DIAGNOSIS = {"icm_sweep": "white-first"}

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    y = labels.copy()
    bins, frames = y.shape
    for odd in (1, 0):
        for i in range(bins):
            for j in range(frames):
                if (i + j) % 2 == odd:
                    liked = unary[:, i, j].copy()
                    for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                        if 0 <= a < bins and 0 <= b < frames:
                            liked[y[a, b]] += beta
                    y[i, j] = liked.argmax()
    return y
