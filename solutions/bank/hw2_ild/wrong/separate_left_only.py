"""Forgets that there are two microphones."""

LOSES = {"separate": 3.5}
DIAGNOSIS = {"separate": "both-from-the-left"}

# %% separate
def separate(labels, X, frame, hop, length):
    Y = np.zeros(X.shape, dtype=complex)
    for k in range(2):
        Y[k][labels == k] = X[0][labels == k]
    return fourier.istft(Y, frame, hop, length=length)
