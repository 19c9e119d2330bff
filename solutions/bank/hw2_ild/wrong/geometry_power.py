"""Takes 10 log, as for powers."""

LOSES = {"expected_ild": 2.5}
DIAGNOSIS = {"expected_ild": "power-decibels"}

# %% expected_ild
def expected_ild(source, left, right):
    d = [np.linalg.norm(np.subtract(source, m)) for m in (left, right)]
    return 10 * np.log10(d[0] / d[1])
