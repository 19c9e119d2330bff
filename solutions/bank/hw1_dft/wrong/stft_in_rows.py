"""Puts one spectrum in each row."""

LOSES = {"stft": 6}
DIAGNOSIS = {"stft": "frames-along-rows"}

# %% stft
def stft(x, frame, hop):
    C, S = dft_matrix(frame)
    spectra = []
    for start in range(0, len(x) - frame + 1, hop):
        cut = hann(frame) * x[start : start + frame]
        spectra.append((C @ cut - 1j * (S @ cut))[: frame // 2 + 1])
    return np.array(spectra)
