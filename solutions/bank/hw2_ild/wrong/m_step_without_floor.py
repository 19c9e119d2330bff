"""Lets a variance be as small as it likes."""

LOSES = {"m_step": 1.5}
DIAGNOSIS = {"m_step": "variance-not-floored"}

# %% m_step
def m_step(x, R, w, floor):
    N = w @ R
    mu = (w * x) @ R / N
    var = [np.sum(w * R[:, k] * (x - mu[k]) ** 2) / N[k] for k in range(len(N))]
    return N / N.sum(), mu, np.array(var)
