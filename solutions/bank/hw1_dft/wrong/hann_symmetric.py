"""Takes the symmetric window, one sample too short a period."""

LOSES = {"hann": 3, "stft": 6}
DIAGNOSIS = {"hann": "symmetric-hann", "stft": "symmetric-hann"}

# %% hann
def hann(n):
    t = np.linspace(0, 1, n)
    return 0.5 - 0.5 * np.cos(2 * np.pi * t)
