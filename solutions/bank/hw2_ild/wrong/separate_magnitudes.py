"""Masks magnitudes and forgets the phase."""

LOSES = {"separate": 4}
DIAGNOSIS = {"separate": "phase-lost"}

# %% separate
def separate(labels, X, frame, hop, length):
    M = abs(X) + 0j
    M[0] *= labels == 0
    M[1] *= labels == 1
    return fourier.istft(M, frame, hop, length=length)
