"""Keeps the sum in whole numbers."""

LOSES = {"overlap_add": 3.5}
DIAGNOSIS = {"overlap_add": "whole-numbers"}

# %% overlap_add
def overlap_add(frames, hop):
    N, T = frames.shape
    x = np.zeros((T - 1) * hop + N, dtype=int)
    for t in range(T):
        for n in range(N):
            x[t * hop + n] = x[t * hop + n] + frames[n, t]
    return x
