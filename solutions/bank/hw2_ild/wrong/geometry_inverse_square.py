"""The inverse square law, and then 20 log all the same."""

LOSES = {"expected_ild": 2.5}
DIAGNOSIS = {"expected_ild": "squared-distance"}

# %% expected_ild
def expected_ild(source, left, right):
    loud_left = 1 / np.sum(np.subtract(source, left) ** 2)
    loud_right = 1 / np.sum(np.subtract(source, right) ** 2)
    return 20 * np.log10(loud_right / loud_left)
