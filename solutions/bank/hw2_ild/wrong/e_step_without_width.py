"""Leaves the factor before the exponential out: it cancels, or does it?"""

LOSES = {"e_step": 4}
DIAGNOSIS = {"e_step": "no-width"}

# %% e_step
def e_step(x, pi, mu, var):
    a = np.log(pi) - (x[:, np.newaxis] - mu) ** 2 / (2 * var)
    p = np.exp(a - np.max(a, axis=1, keepdims=True))
    return p / np.sum(p, axis=1, keepdims=True)
