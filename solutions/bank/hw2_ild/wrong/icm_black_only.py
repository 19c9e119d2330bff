"""Forgets the white squares."""

LOSES = {"icm_sweep": 3.5}
DIAGNOSIS = {"icm_sweep": "half-a-sweep"}

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    black = np.indices(labels.shape).sum(axis=0) % 2 == 0
    P = np.pad(labels, 1, constant_values=-1)
    near = np.stack([P[2:, 1:-1], P[:-2, 1:-1], P[1:-1, 2:], P[1:-1, :-2]])
    liked = [U + beta * (near == k).sum(axis=0) for k, U in enumerate(unary)]
    return np.where(black, np.argmax(liked, axis=0), labels)
