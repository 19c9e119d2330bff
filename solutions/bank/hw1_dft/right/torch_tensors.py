"""Everything in torch, in double precision; tensors are returned."""

# %% dft_matrix
import torch


def dft_matrix(n):
    t = torch.arange(n, dtype=torch.float64)
    angle = 2 * torch.pi * torch.outer(t, t) / n
    return torch.cos(angle), torch.sin(angle)

# %% dft
def dft(x):
    x = torch.as_tensor(x)
    C, S = dft_matrix(len(x))
    return C @ x, S @ x

# %% idft
def idft(X_r, X_i):
    C, S = dft_matrix(len(X_r))
    return (C @ torch.as_tensor(X_r) + S @ torch.as_tensor(X_i)) / len(X_r)

# %% hann
def hann(n):
    return (1 - torch.cos(2 * torch.pi * torch.arange(n, dtype=torch.float64) / n)) / 2

# %% stft
def stft(x, frame, hop):
    frames = torch.as_tensor(np.array(x)).unfold(0, frame, hop)
    C, S = dft_matrix(frame)
    cuts = (frames * hann(frame)).T
    half = slice(0, frame // 2 + 1)
    return torch.complex(C[half] @ cuts, -(S[half] @ cuts))

# %% overlap_add
def overlap_add(frames, hop):
    frames = torch.as_tensor(frames)
    frame, T = frames.shape
    x = torch.zeros((T - 1) * hop + frame, dtype=frames.dtype)
    for t, column in enumerate(frames.T):
        x[t * hop : t * hop + frame] += column
    return x
