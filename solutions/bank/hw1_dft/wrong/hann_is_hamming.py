"""Mixes Hann up with Hamming."""

LOSES = {"hann": 3, "stft": 6}
DIAGNOSIS = {"hann": "hamming"}

# %% hann
def hann(n):
    return np.array([0.54 - 0.46 * np.cos(2 * np.pi * t / n) for t in range(n)])
