"""Whole arrays at once."""

# %% threshold_in_quiet
def threshold_in_quiet(hz):
    f = np.maximum(hz, 1e-9) / 1000
    T = 3.64 * f**-0.8 - 6.5 * np.exp(-0.6 * (f - 3.3) ** 2) + 1e-3 * f**4
    return np.where(T > 68, 68, T)

# %% psd
def psd(frame):
    N = len(frame)
    h = np.hanning(N + 1)[:N] * np.sqrt(8 / 3)
    P = np.abs(np.fft.rfft(h * frame) / N) ** 2
    return 10 * np.log10(np.where(P < 1e-20, 1e-20, P)) + FULL_SCALE_DB

# %% tonal_maskers
def tonal_maskers(X):
    k = np.arange(3, 251)
    reach = np.where(k < 63, 2, np.where(k < 127, 3, 6))
    tone = (X[k] > X[k - 1]) & (X[k] >= X[k + 1])
    for j in range(2, 7):
        high = np.minimum(X[k] - X[k - j], X[k] - X[np.minimum(k + j, 256)])
        tone &= (high >= 7) | (j > reach)
    lines = k[tone]
    power = 10 ** (X / 10)
    return lines, 10 * np.log10(power[lines - 1] + power[lines] + power[lines + 1])

# %% spreading
def spreading(dz, level):
    falls, rises = 0.4 * level + 6, 17 - 0.15 * level
    pieces = [17 * (dz + 1) - falls, falls * dz, -17 * dz, -(dz - 1) * rises - 17]
    places = [(dz >= a) & (dz < b) for a, b in ((-3, -1), (-1, 0), (0, 1), (1, 8))]
    return np.select(places, pieces, -np.inf)
