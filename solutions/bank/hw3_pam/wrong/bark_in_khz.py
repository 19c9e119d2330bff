"""Divides by 1000, as for the threshold."""

LOSES = {"bark": 2}
DIAGNOSIS = {"bark": "khz-for-hz"}

# %% bark
def bark(hz):
    f = hz / 1000
    return 13 * np.arctan(0.00076 * f) + 3.5 * np.arctan((f / 7500) ** 2)
