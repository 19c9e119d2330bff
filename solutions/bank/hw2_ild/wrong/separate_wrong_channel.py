"""Takes each talker from the microphone on the other side."""

LOSES = {"separate": 4}
DIAGNOSIS = {"separate": "wrong-channel"}

# %% separate
def separate(labels, X, frame, hop, length):
    left, right = X
    first = fourier.istft(right * (labels == 0), frame, hop, length=length)
    second = fourier.istft(left * (labels == 1), frame, hop, length=length)
    return np.array([first, second])
