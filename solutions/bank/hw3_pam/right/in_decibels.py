"""Stays in decibels as long as it can."""

# %% psd
def psd(frame):
    N = len(frame)
    h = np.sqrt(2 / 3) * (1 - np.cos(2 * np.pi * np.arange(N) / N))
    size = np.abs(np.fft.rfft(h * frame))
    return 20 * np.log10(np.maximum(size / N, 1e-10)) + FULL_SCALE_DB

# %% tonal_maskers
def tonal_maskers(X):
    ten = 10 / np.log(10)
    result = {}
    for k in range(3, 251):
        far = 6 if k >= 127 else 3 if k >= 63 else 2
        below, above = X[k - far : k - 1], X[k + 2 : k + far + 1]
        if X[k - 1] < X[k] >= X[k + 1] and max(below.max(), above.max()) <= X[k] - 7:
            result[k] = ten * np.logaddexp.reduce(X[k - 1 : k + 2] / ten)
    return list(result), list(result.values())

# %% global_threshold
def global_threshold(LT, quiet):
    ten = 10 / np.log(10)
    return ten * np.logaddexp.reduce(np.vstack([LT, quiet]) / ten, axis=0)

# %% priority_weights
def priority_weights(p, m):
    return torch.logaddexp((p - m) * np.log(10) / 10, torch.zeros_like(p)) / np.log(10)

# %% priority_loss
def priority_loss(s, s_hat, rate):
    x = magnitudes(s)
    p = 96 + 20 * torch.log10(torch.where(x > 1e-12, x, torch.full_like(x, 1e-12)))
    w = priority_weights(p, mask_of(s, rate))
    return torch.einsum("...f,...f->...", w, (x - magnitudes(s_hat)).square()).mean()

# %% noise_modulation_loss
def noise_modulation_loss(s, s_hat, rate):
    n = 20 * magnitudes(s - s_hat).clamp(min=1e-12).log10() + 96
    over = (n - mask_of(s, rate)).max(dim=-1).values
    return (10 ** (over / 10) - 1).clamp(min=0).mean()
