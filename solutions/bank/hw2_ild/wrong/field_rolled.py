"""np.roll again: the first frame hears the last."""

LOSES = {"mean_field_step": 3.5}
DIAGNOSIS = {"mean_field_step": "periodic-borders"}

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    heard = sum(np.roll(Q, shift, axis) for shift in (-1, 1) for axis in (1, 2))
    a = unary + beta * heard
    e = np.exp(a - a.max(axis=0))
    return (Q + e / e.sum(axis=0)) * 0.5
