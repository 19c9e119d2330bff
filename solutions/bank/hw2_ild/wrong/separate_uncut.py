"""Ignores the length that is asked for."""

LOSES = {"separate": 4}
DIAGNOSIS = {"separate": "not-cut-to-length"}

# %% separate
def separate(labels, X, frame, hop, length):
    return np.stack([fourier.istft((labels == k) * X[k], frame, hop) for k in (0, 1)])
