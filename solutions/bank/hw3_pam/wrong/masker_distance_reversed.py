"""Subtracts the wrong way round."""

LOSES = {"masker_threshold": 3}
DIAGNOSIS = {"masker_threshold": "mirrored"}

# %% masker_threshold
def masker_threshold(level, z_masker, z, kind):
    av = -6.025 - 0.275 * z_masker if kind == "tonal" else -2.025 - 0.175 * z_masker
    distance = z_masker - z
    return level + av + spreading(distance, level)
