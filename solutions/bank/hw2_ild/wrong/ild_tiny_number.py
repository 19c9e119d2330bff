"""A tiny number against the division by zero, the same for loud and quiet recordings."""

LOSES = {"ild": 2.5}
DIAGNOSIS = {"ild": "absolute-floor"}

# %% ild
def ild(X_left, X_right):
    tiny = 1e-6
    L = np.abs(X_left) + tiny
    R = np.abs(X_right) + tiny
    return 20 * np.log10(R / L)
