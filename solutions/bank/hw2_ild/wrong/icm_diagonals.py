"""Counts the corners too."""

LOSES = {"icm_sweep": 3}
DIAGNOSIS = {"icm_sweep": "eight-neighbours"}

# %% icm_sweep
from scipy.ndimage import convolve


def icm_sweep(labels, unary, beta):
    ring = np.ones((3, 3))
    ring[1, 1] = 0
    y = labels.copy()
    i, j = np.indices(y.shape)
    for colour in (0, 1):
        votes = [
            convolve((y == k).astype(float), ring, mode="constant")
            for k in range(len(unary))
        ]
        best = (unary + beta * np.array(votes)).argmax(axis=0)
        y = np.where((i + j) % 2 == colour, best, y)
    return y
