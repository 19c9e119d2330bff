"""Takes 10 log10 of the magnitude."""

LOSES = {"psd": 4}
DIAGNOSIS = {"psd": "amplitude-for-power"}

# %% psd
def psd(frame):
    N = frame.shape[0]
    n = np.arange(N)
    window = np.sqrt(8 / 3) * np.sin(np.pi * n / N) ** 2
    spectrum = np.fft.rfft(frame * window) / N
    size = np.clip(np.abs(spectrum), 1e-10, None)
    return 10 * np.log10(size) + FULL_SCALE_DB
