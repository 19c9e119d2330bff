"""Gives tones the offset of noises."""

LOSES = {"masker_threshold": 3}
DIAGNOSIS = {"masker_threshold": "offsets-swapped"}

# %% masker_threshold
def masker_threshold(level, z_masker, z, kind):
    if kind == "tonal":
        av = -1.525 - 0.175 * z_masker - 0.5
    else:
        av = -1.525 - 0.275 * z_masker - 4.5
    return level + av + spreading(z - z_masker, level)
