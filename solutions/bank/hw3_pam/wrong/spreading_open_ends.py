"""Leaves out -3 Bark and takes in 8 Bark."""

LOSES = {"spreading": 1, "masker_threshold": 1}
DIAGNOSIS = {"spreading": "ends-swapped", "masker_threshold": "ends-swapped"}

# %% spreading
def spreading(dz, level):
    def one(d, X):
        if d <= -3:
            return -np.inf
        if d < -1:
            return 17 * (d + 1) - (0.4 * X + 6)
        if d < 0:
            return d * (0.4 * X + 6)
        if d < 1:
            return -17 * d
        if d <= 8:
            return -(d - 1) * (17 - 0.15 * X) - 17
        return -np.inf

    return np.array([one(d, level) for d in dz])
