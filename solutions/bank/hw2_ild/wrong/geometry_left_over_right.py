"""Thinks that what is farther away is louder: distance right above the line."""

LOSES = {"expected_ild": 2.5}
DIAGNOSIS = {"expected_ild": "left-over-right"}

# %% expected_ild
def expected_ild(source, left, right):
    d_left = np.sqrt(sum((np.array(source) - np.array(left)) ** 2))
    d_right = np.sqrt(sum((np.array(source) - np.array(right)) ** 2))
    return 20 * np.log10(d_right / d_left)
