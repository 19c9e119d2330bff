"""Takes the offset where it masks."""

LOSES = {"masker_threshold": 3}
DIAGNOSIS = {"masker_threshold": "offset-of-the-maskee"}

# %% masker_threshold
def masker_threshold(level, z_masker, z, kind):
    if kind == "tonal":
        av = -6.025 - 0.275 * z
    else:
        av = -2.025 - 0.175 * z
    vf = spreading(z - z_masker, level)
    return av + vf + level
