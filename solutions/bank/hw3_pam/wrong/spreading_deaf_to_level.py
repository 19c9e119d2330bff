"""Forgets that loud maskers reach farther up."""

LOSES = {"spreading": 3.5, "masker_threshold": 3}
DIAGNOSIS = {"spreading": "same-slope-at-all-levels", "masker_threshold": "same-slope-at-all-levels"}

# %% spreading
def spreading(dz, level):
    def one(d, X):
        if d < -3:
            return -np.inf
        if d < -1:
            return 17 * (d + 1) - (0.4 * X + 6)
        if d < 0:
            return d * (0.4 * X + 6)
        if d < 1:
            return -17 * d
        if d < 8:
            return -17 - 17 * (d - 1)
        return -np.inf

    return np.array([one(d, level) for d in dz])
