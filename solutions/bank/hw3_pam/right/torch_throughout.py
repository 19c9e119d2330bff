"""Uses torch for the first half as well."""

# %% bark
def bark(hz):
    f = torch.as_tensor(hz, dtype=torch.float64)
    return 13 * torch.atan(0.00076 * f) + 3.5 * torch.atan((f / 7500) ** 2)

# %% psd
def psd(frame):
    x = torch.as_tensor(frame)
    h = (8 / 3) ** 0.5 * torch.hann_window(len(x), dtype=torch.float64)
    X = torch.fft.rfft(h * x, norm="forward")
    return 10 * torch.log10((X.abs() ** 2).clamp(min=1e-20)).numpy() + FULL_SCALE_DB

# %% spreading
def spreading(dz, level):
    d = torch.as_tensor(dz)
    inside = (d >= -3) & (d < 8)
    low = torch.where(d < -1, 17 * (d + 1) - 0.4 * level - 6, (0.4 * level + 6) * d)
    high = torch.where(d < 1, -17 * d, (1 - d) * (17 - 0.15 * level) - 17)
    found = torch.where(d < 0, low, high)
    return torch.where(inside, found, torch.full_like(found, -torch.inf)).numpy()

# %% masker_threshold
def masker_threshold(level, z_masker, z, kind):
    kinds = {"tonal": torch.tensor([-0.275, -6.025]), "noise": [-0.175, -2.025]}
    a, b = np.asarray(kinds[kind], dtype=float).round(3)
    return a * z_masker + b + (level + spreading(z - z_masker, level))

# %% global_threshold
def global_threshold(LT, quiet):
    ln = np.log(10) / 10
    everything = torch.cat([torch.as_tensor(LT), torch.as_tensor(quiet)[None]])
    return torch.logsumexp(everything * ln, dim=0) / ln

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    ratio = magnitudes(s - s_hat).square() / 10 ** (mask_of(s, rate) / 10 - 9.6)
    return torch.nn.functional.relu(torch.topk(ratio, 1).values - 1).mean()
