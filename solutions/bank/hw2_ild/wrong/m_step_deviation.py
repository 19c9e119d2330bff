"""Returns σ, in dB, rather than σ²."""

LOSES = {"m_step": 5}
DIAGNOSIS = {"m_step": "deviation-for-variance"}

# %% m_step
def m_step(x, R, w, floor):
    W = R * w[:, None]
    N = W.sum(axis=0)
    mu = W.T @ x / N
    var = np.maximum(np.sum(W * (x[:, None] - mu) ** 2, axis=0) / N, floor)
    return N / N.sum(), mu, var**0.5
