"""Forgets that numpy's log is the natural one."""

LOSES = {"psd": 4}
DIAGNOSIS = {"psd": "natural-log"}

# %% psd
def psd(frame):
    N = frame.shape[0]
    n = np.arange(N)
    window = np.sqrt(8 / 3) * np.sin(np.pi * n / N) ** 2
    spectrum = np.fft.rfft(frame * window) / N
    power = (spectrum * spectrum.conj()).real
    decibels = 10 * np.log(power.clip(1e-20))
    return decibels + FULL_SCALE_DB
