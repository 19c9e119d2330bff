"""Adds the floor, as ε was added to the magnitudes."""

LOSES = {"m_step": 5}
DIAGNOSIS = {"m_step": "floor-added"}

# %% m_step
def m_step(x, R, w, floor):
    W = R * w[:, None]
    N = W.sum(axis=0)
    mu = x @ W / N
    var = floor + np.array([(x - m) ** 2 @ c for m, c in zip(mu, W.T)]) / N
    return N / N.sum(), mu, var
