"""One table of the circle's points, read with a stride that wraps around."""

# %% dft_matrix
def circle(n):
    turn = 2 * np.pi * np.arange(n) / n
    return np.cos(turn), np.sin(turn)


def dft_matrix(n):
    index = np.outer(np.arange(n), np.arange(n)) % n
    c, s = circle(n)
    return c[index], s[index]

# %% hann
def hann(n):
    return 0.5 - 0.5 * circle(n)[0]

# %% stft
def stft(x, frame, hop):
    C, S = dft_matrix(frame)
    X = [x[a : a + frame] * hann(frame) for a in np.arange(0, len(x) - frame + 1, hop)]
    X = np.transpose(X)
    return (C @ X - 1j * (S @ X))[0 : frame // 2 + 1, :]

# %% overlap_add
def overlap_add(frames, hop):
    if frames.shape[1] == 1:
        return frames[:, 0].copy()
    rest = overlap_add(frames[:, 1:], hop)
    x = np.concatenate([np.zeros(hop), rest])
    x[: len(frames)] += frames[:, 0]
    return x
