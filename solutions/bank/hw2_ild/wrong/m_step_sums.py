"""Returns N for pi."""

LOSES = {"m_step": 5}
DIAGNOSIS = {"m_step": "shares-not-normalised"}

# %% m_step
def m_step(x, R, w, floor):
    N = np.sum(R * w[:, None], axis=0)
    mu = np.sum(R * (w * x)[:, None], axis=0) / N
    d = x[:, None] - mu
    return N, mu, np.maximum(np.sum(R * w[:, None] * d * d, axis=0) / N, floor)
