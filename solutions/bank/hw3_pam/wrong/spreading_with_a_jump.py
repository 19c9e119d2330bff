"""Forgets the 17 dB at which the last piece begins."""

LOSES = {"spreading": 3.5, "masker_threshold": 3}
DIAGNOSIS = {"spreading": "step-at-one-bark", "masker_threshold": "step-at-one-bark"}

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
            return (1 - d) * (17 - 0.15 * X)
        return -np.inf

    return np.array([one(d, level) for d in dz])
