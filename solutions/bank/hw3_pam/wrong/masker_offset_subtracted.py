"""Subtracts an offset that is negative already."""

LOSES = {"masker_threshold": 3}
DIAGNOSIS = {"masker_threshold": "offset-upside-down"}

# %% masker_threshold
def masker_threshold(level, z_masker, z, kind):
    slopes = {"tonal": (-6.025, -0.275), "noise": (-2.025, -0.175)}
    a, b = slopes[kind]
    below = a + b * z_masker
    return level - below + spreading(z - z_masker, level)
