"""Ten for twenty: decibels of power, of amplitudes."""

LOSES = {"ild": 4.5}
DIAGNOSIS = {"ild": "power-decibels"}

# %% ild
def ild(X_left, X_right):
    eps = 1e-6 * max(abs(X_left).max(), abs(X_right).max())
    if not eps:
        return np.zeros(X_left.shape)
    return 10 * np.log10(abs(X_right) + eps) - 10 * np.log10(abs(X_left) + eps)
