"""Shifts every frame until its peak reads 96 dB."""

LOSES = {"psd": 4}
DIAGNOSIS = {"psd": "calibrated-frame-by-frame"}

# %% psd
def psd(frame):
    N = frame.shape[0]
    n = np.arange(N)
    window = np.sqrt(8 / 3) * np.sin(np.pi * n / N) ** 2
    spectrum = np.fft.rfft(frame * window) / N
    level = 10 * np.log10(np.maximum(np.abs(spectrum) ** 2, 1e-20))
    shift = 96 - np.max(level)
    return level + shift
