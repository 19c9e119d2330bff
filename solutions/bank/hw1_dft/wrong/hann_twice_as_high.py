"""Forgets the half."""

LOSES = {"hann": 3, "stft": 6}
DIAGNOSIS = {"hann": "missing-half", "stft": "window-missing-half"}

# %% hann
def hann(n):
    return 1 - np.cos(np.arange(0, n) * 2 * np.pi / n)
