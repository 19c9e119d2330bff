"""Adds along the rows."""

LOSES = {"global_threshold": 2}
DIAGNOSIS = {"global_threshold": "wrong-axis"}

# %% global_threshold
def global_threshold(LT, quiet):
    per_masker = (10 ** (0.1 * LT)).sum(axis=-1)
    return 10 * np.log10(per_masker)
