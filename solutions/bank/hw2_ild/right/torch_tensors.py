"""Everything in torch, in double precision; tensors are returned."""

# %% expected_ild
import torch


def expected_ild(source, left, right):
    source, left, right = (torch.tensor(p, dtype=torch.float64) for p in (source, left, right))
    return 20 * torch.log10(torch.dist(source, left) / torch.dist(source, right))

# %% ild
def ild(X_left, X_right):
    L, R = torch.as_tensor(X_left).abs(), torch.as_tensor(X_right).abs()
    floor = 1e-6 * torch.maximum(L.max(), R.max())
    if floor == 0:
        return torch.zeros_like(L)
    return 20 * torch.log10((R + floor) / (L + floor))

# %% e_step
def e_step(x, pi, mu, var):
    x, pi, mu, var = map(torch.as_tensor, (x, pi, mu, var))
    hills = torch.distributions.Normal(mu, var.sqrt())
    return torch.softmax(pi.log() + hills.log_prob(x[:, None]), dim=1)

# %% m_step
def m_step(x, R, w, floor):
    x, R, w = map(torch.as_tensor, (x, R, w))
    W = w[:, None] * R
    N = W.sum(0)
    mu = (W * x[:, None]).sum(0) / N
    var = (W * (x[:, None] - mu).square()).sum(0) / N
    return N / N.sum(), mu, var.clamp(min=floor)

# %% separate
def separate(labels, X, frame, hop, length):
    labels, X = torch.as_tensor(labels), torch.as_tensor(X)
    mine = torch.stack([labels == 0, labels == 1]).to(X.dtype)
    return fourier.istft(mine * X, frame, hop, length=length)

# %% icm_sweep
CROSS = torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=torch.float64)


def cross(Q):
    return torch.nn.functional.conv2d(Q[:, None], CROSS[None, None], padding=1)[:, 0]


def icm_sweep(labels, unary, beta):
    y, U = torch.as_tensor(labels).long(), torch.as_tensor(unary)
    i, j = torch.meshgrid(*(torch.arange(n) for n in y.shape), indexing="ij")
    for colour in (0, 1):
        same = torch.nn.functional.one_hot(y, len(U)).permute(2, 0, 1).double()
        best = (U + beta * cross(same)).argmax(0)
        y = torch.where((i + j) % 2 == colour, best, y)
    return y

# %% mean_field_step
def mean_field_step(Q, unary, beta):
    Q, U = torch.as_tensor(Q), torch.as_tensor(unary)
    kernel = torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=torch.float64)
    heard = torch.nn.functional.conv2d(Q[:, None], kernel[None, None], padding=1)[:, 0]
    return torch.lerp(Q, torch.softmax(U + beta * heard, dim=0), 0.5)
