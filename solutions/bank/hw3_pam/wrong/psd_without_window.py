"""Transforms the frame as it is cut."""

LOSES = {"psd": 3.5}
DIAGNOSIS = {"psd": "no-window"}

# %% psd
def psd(frame):
    power = np.abs(np.fft.rfft(frame, norm="forward")) ** 2
    return 10 * np.log10(np.maximum(1e-20, power)) + FULL_SCALE_DB
