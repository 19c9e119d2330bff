"""One number after the other, with the math module."""

# %% threshold_in_quiet
import math


def threshold_in_quiet(hz):
    def one(f):
        if f == 0:
            return 68.0
        k = f / 1000
        dip = 6.5 * math.exp(-0.6 * (k - 3.3) ** 2)
        return min(3.64 * k**-0.8 - dip + 0.001 * k**4, 68.0)

    if np.ndim(hz) == 0:
        return one(hz)
    return [one(f) for f in hz]

# %% bark
def bark(hz):
    if np.ndim(hz) == 0:
        return 13 * math.atan(0.00076 * hz) + 3.5 * math.atan((hz / 7500) ** 2)
    return np.array([bark(float(f)) for f in hz])

# %% masker_threshold
def masker_threshold(level, z_masker, z, kind):
    a, b = (0.275, 6.025) if kind == "tonal" else (0.175, 2.025)
    fallen = spreading(np.array([place - z_masker for place in z]), level)
    return [level - a * z_masker - b + fall for fall in fallen]

# %% global_threshold
def global_threshold(LT, quiet):
    total = []
    for column, floor in zip(np.asarray(LT).T, quiet):
        power = 10 ** (floor / 10)
        for level in column:
            power += 10 ** (level / 10)
        total.append(10 * math.log10(power))
    return total

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    error = magnitudes(s - s_hat).reshape(-1, 257)
    mask = mask_of(s, rate).reshape(-1, 257)
    total = 0
    for e, m in zip(error, mask):
        n = e**2 * 10**9.6
        total = total + torch.relu(torch.max(n / 10 ** (m / 10)) - 1)
    return total / len(error)
