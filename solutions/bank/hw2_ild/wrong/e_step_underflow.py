"""Right on paper: densities first, logarithms never."""

LOSES = {"e_step": 1}
DIAGNOSIS = {"e_step": "underflow"}

# %% e_step
def e_step(x, pi, mu, var):
    columns = [
        p * np.exp(-((x - m) ** 2) / (2 * v)) / np.sqrt(2 * np.pi * v)
        for p, m, v in zip(pi, mu, var)
    ]
    total = sum(columns)
    return np.stack([column / total for column in columns], axis=1)
