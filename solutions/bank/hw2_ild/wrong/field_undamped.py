"""Listens to the neighbours and forgets itself."""

LOSES = {"mean_field_step": 4}
DIAGNOSIS = {"mean_field_step": "not-damped"}

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    P = np.pad(Q, [(0, 0), (1, 1), (1, 1)])
    S = P[:, 2:, 1:-1] + P[:, :-2, 1:-1] + P[:, 1:-1, 2:] + P[:, 1:-1, :-2]
    e = np.exp(unary + beta * S - np.max(unary + beta * S, axis=0))
    return e / e.sum(axis=0)
