"""Uses 20 for 10."""

LOSES = {"global_threshold": 1.5}
DIAGNOSIS = {"global_threshold": "amplitudes-added"}

# %% global_threshold
def global_threshold(LT, quiet):
    everything = np.vstack([quiet[None], LT])
    amplitudes = np.power(10.0, everything / 20)
    return 20 * np.log10(amplitudes.sum(axis=0))
