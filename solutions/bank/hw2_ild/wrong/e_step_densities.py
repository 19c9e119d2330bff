"""Stops before the division."""

LOSES = {"e_step": 5}
DIAGNOSIS = {"e_step": "not-normalised"}

# %% e_step
def e_step(x, pi, mu, var):
    x = np.reshape(x, (-1, 1))
    bells = np.exp(-((x - mu) ** 2) / var / 2) / np.sqrt(2 * np.pi * var)
    return bells * pi
