"""A natural logarithm under a formula in decibels."""

LOSES = {"ild": 4.5}
DIAGNOSIS = {"ild": "natural-log"}

# %% ild
def ild(X_left, X_right):
    magnitudes = np.abs(np.array([X_left, X_right]))
    eps = 1e-6 * magnitudes.max()
    if eps == 0:
        return magnitudes[0]
    return 20 * np.log((magnitudes[1] + eps) / (magnitudes[0] + eps))
