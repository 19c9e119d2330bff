"""Normalises the columns: over the samples instead of over the talkers."""

LOSES = {"e_step": 5}
DIAGNOSIS = {"e_step": "wrong-axis"}

# %% e_step
def e_step(x, pi, mu, var):
    p = np.zeros((len(x), len(pi)))
    for k in range(len(pi)):
        bell = np.exp(-0.5 * (x - mu[k]) ** 2 / var[k]) / np.sqrt(2 * np.pi * var[k])
        p[:, k] = pi[k] * bell
    return p / np.sum(p, axis=0)
