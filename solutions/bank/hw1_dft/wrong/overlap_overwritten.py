"""Writes = for +=."""

LOSES = {"overlap_add": 3.5}
DIAGNOSIS = {"overlap_add": "overwritten"}

# %% overlap_add
def overlap_add(frames, hop):
    N, T = frames.shape
    x = np.zeros(hop * (T - 1) + N)
    for t in range(T):
        x[np.arange(N) + t * hop] = frames[:, t]
    return x
