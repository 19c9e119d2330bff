"""np.log looks like the log of the formula."""

LOSES = {"expected_ild": 2.5}
DIAGNOSIS = {"expected_ild": "natural-log"}

# %% expected_ild
def expected_ild(source, left, right):
    source = np.array(source)
    ratio = np.linalg.norm(source - left) / np.linalg.norm(source - right)
    return 20 * np.log(ratio)
