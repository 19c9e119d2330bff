"""Masks the mean of both microphones, as one microphone would have it."""

LOSES = {"separate": 4}
DIAGNOSIS = {"separate": "from-the-sum"}

# %% separate
def separate(labels, X, frame, hop, length):
    mono = (X[0] + X[1]) / 2
    masks = labels == 0, labels == 1
    return np.stack([fourier.istft(m * mono, frame, hop, length=length) for m in masks])
