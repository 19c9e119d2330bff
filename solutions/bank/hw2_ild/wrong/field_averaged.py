"""The mean of the neighbours, where the sum was asked for."""

LOSES = {"mean_field_step": 3.5}
DIAGNOSIS = {"mean_field_step": "neighbours-averaged"}

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    K, bins, frames = Q.shape
    heard = np.zeros(Q.shape)
    for i in range(bins):
        for j in range(frames):
            near = [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
            near = [Q[:, a, b] for a, b in near if 0 <= a < bins and 0 <= b < frames]
            heard[:, i, j] = np.mean(near, axis=0)
    a = unary + beta * heard
    a = np.exp(a - a.max(axis=0))
    return (Q + a / a.sum(axis=0)) / 2
