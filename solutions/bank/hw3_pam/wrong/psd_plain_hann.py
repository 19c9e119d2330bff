"""Uses the Hann window without the standard's factor."""

LOSES = {"psd": 3.5}
DIAGNOSIS = {"psd": "window-without-its-factor"}

# %% psd
def psd(frame):
    window = np.hanning(len(frame) + 1)[:-1]
    X = np.abs(np.fft.rfft(window * frame)) / len(frame)
    return 20 * np.log10(np.maximum(X, 1e-10)) + FULL_SCALE_DB
