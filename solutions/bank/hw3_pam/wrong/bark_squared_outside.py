"""Squares the arctangent instead of its argument."""

LOSES = {"bark": 2}
DIAGNOSIS = {"bark": "square-outside"}

# %% bark
def bark(hz):
    first = 13 * np.arctan(hz * 0.00076)
    second = np.arctan(hz / 7500)
    return first + 3.5 * second * second
