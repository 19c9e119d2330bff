"""Counts the distance from the maskee to the masker."""

LOSES = {"spreading": 4, "masker_threshold": 3}
DIAGNOSIS = {"spreading": "mirrored", "masker_threshold": "mirrored"}

# %% spreading
def spreading(dz, level):
    d = -np.asarray(dz)
    out = np.full(d.shape, -np.inf)
    a, b = 0.4 * level + 6, 17 - 0.15 * level
    out[(d >= -3) & (d < -1)] = (17 * (d + 1) - a)[(d >= -3) & (d < -1)]
    out[(d >= -1) & (d < 0)] = (a * d)[(d >= -1) & (d < 0)]
    out[(d >= 0) & (d < 1)] = (-17 * d)[(d >= 0) & (d < 1)]
    out[(d >= 1) & (d < 8)] = (-(d - 1) * b - 17)[(d >= 1) & (d < 8)]
    return out
