"""Takes the larger of 68 dB and the formula."""

LOSES = {"threshold_in_quiet": 3}
DIAGNOSIS = {"threshold_in_quiet": "floor-for-cap"}

# %% threshold_in_quiet
def threshold_in_quiet(hz):
    k = hz / 1000
    with np.errstate(divide="ignore"):
        T = 3.64 * k ** (-0.8) - 6.5 * np.exp(-0.6 * (k - 3.3) ** 2) + 1e-3 * k**4
    return np.maximum(68.0, T)
