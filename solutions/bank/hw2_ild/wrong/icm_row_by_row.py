"""Walks through the bins as one reads."""

LOSES = {"icm_sweep": 3}
DIAGNOSIS = {"icm_sweep": "one-by-one"}

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    y = np.pad(labels, 1, constant_values=-1)
    for i in range(1, y.shape[0] - 1):
        for j in range(1, y.shape[1] - 1):
            near = np.array([y[i - 1, j], y[i + 1, j], y[i, j - 1], y[i, j + 1]])
            votes = [np.count_nonzero(near == k) for k in range(len(unary))]
            y[i, j] = np.argmax(unary[:, i - 1, j - 1] + beta * np.array(votes))
    return y[1:-1, 1:-1]
