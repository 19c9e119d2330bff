"""Takes var for σ and squares it again."""

LOSES = {"e_step": 4}
DIAGNOSIS = {"e_step": "variance-for-deviation"}

# %% e_step
def e_step(x, pi, mu, var):
    a = np.log(pi / var) - ((x[:, None] - mu) / var) ** 2 / 2
    a -= a.max(axis=1)[:, None]
    return np.exp(a) / np.exp(a).sum(axis=1)[:, None]
