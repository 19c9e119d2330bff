"""Keeps the tables of the standard: offsets, zones, pieces."""

# %% threshold_in_quiet
def threshold_in_quiet(hz):
    with np.errstate(divide="ignore"):
        k = hz * 1e-3
        quiet = 3.64 * np.float_power(k, -0.8) + np.float_power(k / 10**0.75, 4)
        quiet = quiet - 6.5 * np.exp(-((k - 3.3) ** 2) * 0.6)
    return np.clip(quiet, None, 68)

# %% tonal_maskers
ZONES = ((3, 62, (2,)), (63, 126, (2, 3)), (127, 250, (2, 3, 4, 5, 6)))


def tonal_maskers(X):
    lines = []
    for first, last, js in ZONES:
        for k in range(first, last + 1):
            if X[k - 1] < X[k] and X[k + 1] <= X[k]:
                rows = [X[k] - X[k + s * j] for j in js for s in (1, -1)]
                if min(rows) >= 7:
                    lines.append(k)
    P = np.power(10, np.asarray(X) / 10)
    X_tm = [10 * np.log10(P[k - 1] + P[k] + P[k + 1]) for k in lines]
    return lines, X_tm

# %% spreading
def spreading(dz, level):
    vf = np.zeros(len(dz)) - np.inf
    for low, high, piece in (
        (-3, -1, lambda d: 17 * (d + 1) - (0.4 * level + 6)),
        (-1, 0, lambda d: (0.4 * level + 6) * d),
        (0, 1, lambda d: -17 * d),
        (1, 8, lambda d: -(d - 1) * (17 - 0.15 * level) - 17),
    ):
        here = (low <= dz) & (dz < high)
        vf[here] = piece(dz[here])
    return vf

# %% priority_loss
def priority_loss(s, s_hat, rate):
    x = magnitudes(s)
    p = 10 * torch.log10((x**2).clamp(min=1e-24)) + 96
    w = priority_weights(p, mask_of(s, rate))
    return torch.mean(torch.sum(w * torch.pow(magnitudes(s_hat) - x, 2), dim=-1))
