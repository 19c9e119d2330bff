"""Does not want to lose the last samples, and adds zeros."""

LOSES = {"stft": 3.5}
DIAGNOSIS = {"stft": "padded-at-the-end"}

# %% stft
def stft(x, frame, hop):
    T = 1 + int(np.ceil((len(x) - frame) / hop))
    longer = np.zeros((T - 1) * hop + frame)
    longer[: len(x)] = x
    C, S = dft_matrix(frame)
    F = (C - 1j * S)[: frame // 2 + 1]
    cuts = [longer[t * hop : t * hop + frame] * hann(frame) for t in range(T)]
    return F @ np.array(cuts).T
