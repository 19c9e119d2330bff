"""Turns the arctangents into degrees."""

LOSES = {"bark": 2}
DIAGNOSIS = {"bark": "degrees-for-radians"}

# %% bark
def bark(hz):
    def atan(x):
        return np.arctan(x) * 180 / np.pi

    return 13 * atan(0.00076 * hz) + 3.5 * atan(np.square(hz / 7500))
