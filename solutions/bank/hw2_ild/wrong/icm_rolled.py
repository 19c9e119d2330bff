"""np.roll for the neighbours: the last bin meets the first."""

LOSES = {"icm_sweep": 3}
DIAGNOSIS = {"icm_sweep": "periodic-borders"}

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    y = labels.copy()
    i, j = np.indices(y.shape)
    for colour in (0, 1):
        scores = []
        for k in range(len(unary)):
            votes = sum(np.roll(y == k, s, a) * 1 for s in (1, -1) for a in (0, 1))
            scores.append(unary[k] + beta * votes)
        now = (i + j) % 2 == colour
        y[now] = np.argmax(scores, axis=0)[now]
    return y
