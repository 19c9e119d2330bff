"""Puts Hz into a formula that counts in kHz."""

LOSES = {"threshold_in_quiet": 2}
DIAGNOSIS = {"threshold_in_quiet": "hz-for-khz"}

# %% threshold_in_quiet
def threshold_in_quiet(hz):
    with np.errstate(all="ignore"):
        a = 3.64 / hz**0.8
        b = 6.5 * np.exp(-0.6 * (hz - 3.3) ** 2)
        total = a - b + 0.001 * hz**4
    return np.where(total > 68, 68.0, total)
