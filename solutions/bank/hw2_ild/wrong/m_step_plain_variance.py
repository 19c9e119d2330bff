"""Weights shares and means, and takes the variances without weights."""

LOSES = {"m_step": 5}
DIAGNOSIS = {"m_step": "weights-missing-in-the-variance"}

# %% m_step
def m_step(x, R, w, floor):
    N = R.T @ w
    mu = R.T @ (w * x) / N
    var = np.array([np.average((x - m) ** 2, weights=r) for m, r in zip(mu, R.T)])
    return N / N.sum(), mu, np.maximum(var, floor)
