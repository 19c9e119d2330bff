"""Windows the sound itself, which belongs to somebody else."""

LOSES = {"stft": 6}
DIAGNOSIS = {}

# %% stft
def stft(x, frame, hop):
    C, S = dft_matrix(frame)
    columns = []
    for start in range(0, len(x) - frame + 1, hop):
        cut = x[start : start + frame]
        cut *= hann(frame)
        columns.append((C @ cut - 1j * (S @ cut))[: frame // 2 + 1])
    return np.stack(columns, axis=1)
