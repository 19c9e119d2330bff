"""Takes the rows for the frames."""

LOSES = {"overlap_add": 4}
DIAGNOSIS = {"overlap_add": "frames-along-rows"}

# %% overlap_add
def overlap_add(frames, hop):
    T, N = frames.shape
    x = np.zeros((T - 1) * hop + N)
    for t, row in enumerate(frames):
        x[t * hop : t * hop + N] += row
    return x
