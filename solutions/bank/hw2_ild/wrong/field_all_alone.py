"""Leaves the neighbours out."""

LOSES = {"mean_field_step": 3.5}
DIAGNOSIS = {"mean_field_step": "prior-ignored"}

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    e = np.exp(unary - unary.max(axis=0))
    return 0.5 * Q + 0.5 * e / e.sum(axis=0)
