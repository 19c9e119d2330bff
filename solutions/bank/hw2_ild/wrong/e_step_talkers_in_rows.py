"""One talker a row."""

LOSES = {"e_step": 5}
DIAGNOSIS = {"e_step": "transposed"}

# %% e_step
def e_step(x, pi, mu, var):
    a = [np.log(p) - np.log(v) / 2 - (x - m) ** 2 / v / 2 for p, m, v in zip(pi, mu, var)]
    a = np.exp(a - np.max(a, axis=0))
    return a / a.sum(axis=0)
