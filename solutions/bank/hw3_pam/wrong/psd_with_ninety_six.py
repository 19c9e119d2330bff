"""Adds 96 dB for full scale and forgets what the window takes."""

LOSES = {"psd": 4}
DIAGNOSIS = {"psd": "calibrated-with-96"}

# %% psd
def psd(frame):
    N = frame.shape[0]
    n = np.arange(N)
    window = np.sqrt(8 / 3) * np.sin(np.pi * n / N) ** 2
    spectrum = np.fft.rfft(frame * window) / N
    level = 20 * np.log10(np.maximum(np.abs(spectrum), 1e-10))
    return level + 96.0
