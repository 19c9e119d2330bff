"""Divides by how many frames overlap."""

LOSES = {"overlap_add": 3.5}
DIAGNOSIS = {"overlap_add": "averaged"}

# %% overlap_add
def overlap_add(frames, hop):
    N, T = frames.shape
    x = np.zeros(hop * (T - 1) + N)
    count = np.zeros(len(x))
    for t in range(T):
        x[t * hop : t * hop + N] += frames[:, t]
        count[t * hop : t * hop + N] += 1
    return x / count
