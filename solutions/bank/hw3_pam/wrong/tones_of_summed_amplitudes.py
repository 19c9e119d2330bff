"""Adds up amplitudes instead of powers."""

LOSES = {"tonal_maskers": 4.5}
DIAGNOSIS = {"tonal_maskers": "amplitudes-added"}

# %% tonal_maskers
def tonal_maskers(X):
    a = 10 ** (np.asarray(X) / 20)
    found = []
    for k in range(3, 251):
        j = np.arange(2, (2 if k < 63 else 3 if k < 127 else 6) + 1)
        peak = X[k] > X[k - 1] and X[k] >= X[k + 1]
        if peak and np.all(X[k] - X[k - j] >= 7) and np.all(X[k] - X[k + j] >= 7):
            found.append((k, 20 * np.log10(a[k - 1] + a[k] + a[k + 1])))
    lines = [k for k, _ in found]
    levels = [level for _, level in found]
    return np.array(lines, int), np.array(levels, float)
