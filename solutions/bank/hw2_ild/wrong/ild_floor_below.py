"""Guards only what stands below the line."""

LOSES = {"ild": 3}
DIAGNOSIS = {"ild": "floor-below-only"}

# %% ild
def ild(X_left, X_right):
    L, R = np.abs(X_left), np.abs(X_right)
    eps = 1e-6 * max(L.max(), R.max())
    return 20 * np.log10(R / (L + eps))
