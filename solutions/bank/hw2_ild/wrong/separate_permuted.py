"""The right sounds in the wrong order."""

LOSES = {"separate": 4}
DIAGNOSIS = {"separate": "talkers-exchanged"}

# %% separate
def separate(labels, X, frame, hop, length):
    sounds = []
    for k in (1, 0):
        Y = np.where(labels == k, X[k], 0)
        sounds.append(fourier.istft(Y, frame, hop, length=length))
    return np.array(sounds)
