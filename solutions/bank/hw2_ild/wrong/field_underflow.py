"""Takes np.exp of whatever comes."""

LOSES = {"mean_field_step": 0.5}
DIAGNOSIS = {"mean_field_step": "underflow"}

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    total = np.zeros(Q.shape)
    total[:, 1:, :] += Q[:, :-1, :]
    total[:, :-1, :] += Q[:, 1:, :]
    total[:, :, 1:] += Q[:, :, :-1]
    total[:, :, :-1] += Q[:, :, 1:]
    weight = np.exp(unary) * np.exp(beta * total)
    return 0.5 * Q + 0.5 * weight / weight.sum(axis=0)
