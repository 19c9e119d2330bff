"""Leaves the formula as it is, up to 236 dB at the end of the spectrum."""

LOSES = {"threshold_in_quiet": 2}
DIAGNOSIS = {"threshold_in_quiet": "no-cap"}

# %% threshold_in_quiet
def threshold_in_quiet(hz):
    f = np.asarray(hz) / 1e3
    low = 3.64 * np.power(f, -0.8)
    dip = 6.5 * np.exp(-0.6 * np.square(f - 3.3))
    return low - dip + f**4 / 1000
