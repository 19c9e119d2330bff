"""Answers in float32 where that is enough."""

# %% threshold_in_quiet
def threshold_in_quiet(hz):
    k = np.asarray(hz, np.float64) / 1000
    with np.errstate(divide="ignore"):
        T = 3.64 * k**-0.8 - 6.5 * np.exp(-0.6 * (k - 3.3) ** 2) + 1e-3 * k**4
    return np.minimum(T, 68).astype(np.float32)

# %% bark
def bark(hz):
    z = 13 * np.arctan(0.00076 * hz) + 3.5 * np.arctan(np.square(hz / 7500))
    return z.astype(np.float32)

# %% masker_threshold
def masker_threshold(level, z_masker, z, kind):
    offset = {"tonal": 0.275 * z_masker + 6.025, "noise": 0.175 * z_masker + 2.025}
    return (level + spreading(z - z_masker, level) - offset[kind]).astype("float32")

# %% priority_weights
def priority_weights(p, m):
    return torch.log10(1 + 10 ** ((p - m) / 10))
