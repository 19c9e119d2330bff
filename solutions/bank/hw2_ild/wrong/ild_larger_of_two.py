"""Takes the larger of magnitude and floor instead of their sum."""

LOSES = {"ild": 0.5}

# %% ild
def ild(X_left, X_right):
    L, R = np.abs(X_left), np.abs(X_right)
    eps = 1e-6 * max(L.max(), R.max())
    if eps == 0:
        return np.zeros(L.shape)
    return 20 * np.log10(np.maximum(R, eps) / np.maximum(L, eps))
