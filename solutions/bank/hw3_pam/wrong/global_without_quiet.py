"""Forgets the threshold in quiet."""

LOSES = {"global_threshold": 2}
DIAGNOSIS = {"global_threshold": "quiet-forgotten"}

# %% global_threshold
def global_threshold(LT, quiet):
    powers = np.zeros(len(quiet))
    for row in LT:
        powers += 10 ** (row / 10)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(powers)
