"""All as asked, but for the recording in which nothing sounds."""

LOSES = {"ild": 0.5}
DIAGNOSIS = {"ild": "no-floor"}

# %% ild
def ild(X_left, X_right):
    L, R = np.abs(X_left), np.abs(X_right)
    eps = max(L.max(), R.max()) / 1e6
    return 20 * np.log10((R + eps) / (L + eps))
