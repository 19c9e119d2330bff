"""The deck's formula as it stands: silence divides by zero."""

LOSES = {"ild": 3}
DIAGNOSIS = {"ild": "no-floor"}

# %% ild
def ild(X_left, X_right):
    return 20 * np.log10(np.abs(X_right) / np.abs(X_left))
