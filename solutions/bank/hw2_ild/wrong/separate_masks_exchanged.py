"""The label itself masks the left channel: so the first talker is what is not theirs."""

LOSES = {"separate": 4}
DIAGNOSIS = {"separate": "masks-exchanged"}

# %% separate
def separate(labels, X, frame, hop, length):
    masks = np.stack([labels, 1 - labels])
    Y = [mask * channel for mask, channel in zip(masks, X)]
    return np.stack([fourier.istft(y, frame, hop, length=length) for y in Y])
