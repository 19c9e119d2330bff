"""Counts labels where opinions were asked for."""

LOSES = {"mean_field_step": 3.5}
DIAGNOSIS = {"mean_field_step": "hard-neighbours"}

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    y = np.pad(Q.argmax(axis=0), 1, constant_values=-1)
    near = np.array([y[2:, 1:-1], y[:-2, 1:-1], y[1:-1, 2:], y[1:-1, :-2]])
    votes = np.array([(near == k).sum(axis=0) for k in range(len(Q))])
    a = unary + beta * votes
    e = np.exp(a - a.max(axis=0, keepdims=True))
    return Q / 2 + e / e.sum(axis=0, keepdims=True) / 2
