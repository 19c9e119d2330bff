"""Takes 20 log10 of the power."""

LOSES = {"psd": 4}
DIAGNOSIS = {"psd": "twenty-of-a-power"}

# %% psd
def psd(frame):
    N = frame.shape[0]
    n = np.arange(N)
    window = np.sqrt(8 / 3) * np.sin(np.pi * n / N) ** 2
    spectrum = np.fft.rfft(frame * window) / N
    power = spectrum.real**2 + spectrum.imag**2
    return FULL_SCALE_DB + 20 * np.log10(np.clip(power, 1e-20, None))
