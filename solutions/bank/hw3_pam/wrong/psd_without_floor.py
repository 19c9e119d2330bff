"""Lets the logarithm of nothing be minus infinity."""

LOSES = {"psd": 0.5}
DIAGNOSIS = {"psd": "no-floor"}

# %% psd
def psd(frame):
    N = frame.shape[0]
    n = np.arange(N)
    window = np.sqrt(8 / 3) * np.sin(np.pi * n / N) ** 2
    spectrum = np.fft.rfft(frame * window) / N
    with np.errstate(divide="ignore"):
        return 20 * np.log10(np.abs(spectrum)) + FULL_SCALE_DB
