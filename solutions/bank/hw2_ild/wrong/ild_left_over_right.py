"""Puts the left microphone above the line, as the deck's a does."""

LOSES = {"ild": 4.5}
DIAGNOSIS = {"ild": "left-over-right"}

# %% ild
def ild(X_left, X_right):
    L = np.abs(X_left)
    R = np.abs(X_right)
    eps = 1e-6 * np.max([L, R])
    if eps == 0:
        return np.zeros(L.shape)
    return 20 * np.log10((L + eps) / (R + eps))
