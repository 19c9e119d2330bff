"""Asks for more than the line after it."""

LOSES = {"tonal_maskers": 2.5}
DIAGNOSIS = {"tonal_maskers": "plateau-lost"}

# %% tonal_maskers
def tonal_maskers(X):
    lines, levels = [], []
    for k in range(3, 251):
        if X[k] <= X[k - 1] or X[k] <= X[k + 1]:
            continue
        reach = 2 if k < 63 else 3 if k < 127 else 6
        if any(X[k] - X[k - j] < 7 or X[k] - X[k + j] < 7 for j in range(2, reach + 1)):
            continue
        lines.append(k)
        levels.append(10 * np.log10(10 ** (X[k - 1] / 10) + 10 ** (X[k] / 10) + 10 ** (X[k + 1] / 10)))
    return np.array(lines, dtype=int), np.array(levels, dtype=float)
