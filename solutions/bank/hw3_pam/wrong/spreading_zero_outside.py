"""Returns 0 dB where nothing is masked."""

LOSES = {"spreading": 3.5, "masker_threshold": 3}
DIAGNOSIS = {"spreading": "zero-beyond-reach", "masker_threshold": "zero-beyond-reach"}

# %% spreading
def spreading(dz, level):
    def one(d, X):
        if d < -3:
            return 0.0
        if d < -1:
            return 17 * (d + 1) - (0.4 * X + 6)
        if d < 0:
            return d * (0.4 * X + 6)
        if d < 1:
            return -17 * d
        if d < 8:
            return -(d - 1) * (17 - 0.15 * X) - 17
        return 0.0

    return np.array([one(d, level) for d in dz])
