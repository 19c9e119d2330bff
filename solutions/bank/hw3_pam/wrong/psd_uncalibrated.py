"""Leaves decibels re full scale."""

LOSES = {"psd": 4}
DIAGNOSIS = {"psd": "not-calibrated"}

# %% psd
def psd(frame):
    N = frame.shape[0]
    n = np.arange(N)
    window = np.sqrt(8 / 3) * np.sin(np.pi * n / N) ** 2
    spectrum = np.fft.rfft(frame * window) / N
    power = np.abs(spectrum) ** 2
    power[power < 1e-20] = 1e-20
    return 10 * np.log10(power)
