"""Forgets pi: all talkers are taken to talk as much."""

LOSES = {"e_step": 4}
DIAGNOSIS = {"e_step": "weights-ignored"}

# %% e_step
def e_step(x, pi, mu, var):
    a = -0.5 * np.log(var) - 0.5 * (x[:, None] - mu) ** 2 / var
    a = np.exp(a - a.max(axis=1, keepdims=True))
    return a / a.sum(axis=1, keepdims=True)
