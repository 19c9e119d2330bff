"""Forgets w: each bin counts the same."""

LOSES = {"m_step": 5}
DIAGNOSIS = {"m_step": "weights-ignored"}

# %% m_step
def m_step(x, R, w, floor):
    N = R.sum(axis=0)
    mu = (R * x[:, None]).sum(axis=0) / N
    var = (R * (x[:, None] - mu) ** 2).sum(axis=0) / N
    return N / len(x), mu, np.maximum(var, floor)
