"""Computes with x and y only, so that a room has no height."""

LOSES = {"expected_ild": 1}

# %% expected_ild
def expected_ild(source, left, right):
    to_left = np.hypot(source[0] - left[0], source[1] - left[1])
    to_right = np.hypot(source[0] - right[0], source[1] - right[1])
    return 20 * np.log10(to_left / to_right)
