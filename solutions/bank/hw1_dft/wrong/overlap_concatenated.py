"""Puts the frames one after the other."""

LOSES = {"overlap_add": 3.5}
DIAGNOSIS = {"overlap_add": "concatenated"}

# %% overlap_add
def overlap_add(frames, hop):
    x = np.array([])
    for t in range(frames.shape[1]):
        x = np.append(x, frames[:, t])
    return x
