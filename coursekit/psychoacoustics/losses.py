r"""Losses that a codec can be trained with: what the slides write, in torch.

Sounds are ``(..., time)``, full scale ±1, ``s`` what was to be coded and ``s_hat`` what
came out. Every loss returns one number, the mean over the batch, and has a gradient
with respect to `s_hat` everywhere, 0 at two silences. The mask and the weights come
from `s` alone and take no gradient; where the same `s` is met many times, make its
mask once with `mask_of` and hand it in.

Each loss sees something and is blind to something else. The time losses know nothing
of ears. The priority weights know the mask, but only that of the reference: where the
reference is masked the weight is nearly 0, *whatever* the error does there. Noise
modulation sees an error that sticks out of the mask anywhere, and nothing else. They
are meant to be added.

Taught in lectures 10 (time losses) and 12.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit.fourier import bin_frequencies, pad_ends, split_frames
from coursekit.psychoacoustics.batched import threshold_of_psd
from coursekit.psychoacoustics.hearing import (
    FULL_SCALE_DB,
    LOUDEST_SINE_SPL,
    Array,
    Numbers,
    line_power,
    to_db,
    to_power,
)

FRAME = 512
"""Samples in a frame of the losses, unless told otherwise: Layer I."""

MEL_BANDS = (8, 16, 32, 128)
"""Numbers of mel bands that `mel_loss` looks through, from coarse to fine."""

_LOUDEST = 10 ** ((FULL_SCALE_DB - LOUDEST_SINE_SPL) / 20)  # 1 / amplitude of its line
_TINY = 1e-12  # under roots and logarithms: far below anything audible


# --- time (lecture 10) ------------------------------------------------------------


def negative_snr(s: Tensor, s_hat: Tensor) -> Tensor:
    r"""Return the negative signal-to-noise ratio in dB: the slide's first loss.

    Parameters
    ----------
    s, s_hat
        ``(..., time)``.

    Returns
    -------
    loss
        :math:`-10 \log_{10} (\sum_t s_t^2 / \sum_t (s_t - \hat s_t)^2)`, mean over the
        batch; kept finite by 1e-12 beside both sums.

    Raises
    ------
    ValueError
        Where the two differ in shape.

    See Also
    --------
    time_loss

    Notes
    -----
    Slide "Perceptual Nature of Audio: objective metrics". Lecture 10.

    Examples
    --------
    >>> s = torch.ones(100)
    >>> round(negative_snr(s, 0.9 * s).item(), 3)
    -20.0
    """
    _same(s, s_hat)
    error = (s - s_hat).square().sum(-1) + _TINY
    return 10 * (error / (s.square().sum(-1) + _TINY)).log10().mean()


def squared_error(s: Tensor, s_hat: Tensor) -> Tensor:
    r"""Return the squared error :math:`\sum_t (s_t - \hat s_t)^2` of ``(..., time)``.

    The slide's second loss, mean over the batch.

    Lecture 10.

    See Also
    --------
    absolute_error

    Examples
    --------
    >>> squared_error(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])).item()
    4.0
    """
    _same(s, s_hat)
    return (s - s_hat).square().sum(-1).mean()


def absolute_error(s: Tensor, s_hat: Tensor) -> Tensor:
    r"""Return the absolute error :math:`\sum_t |s_t - \hat s_t|` of ``(..., time)``.

    The slide's third loss, mean over the batch.

    Lecture 10.

    See Also
    --------
    squared_error

    Examples
    --------
    >>> absolute_error(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])).item()
    2.0
    """
    _same(s, s_hat)
    return (s - s_hat).abs().sum(-1).mean()


def time_loss(s: Tensor, s_hat: Tensor) -> Tensor:
    """Return the mean squared error: L1 of the codec, the same for any length.

    `squared_error` per sample of sounds ``(..., time)``. Lectures 09 and 12.

    Examples
    --------
    >>> time_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])).item()
    2.0
    """
    _same(s, s_hat)
    return (s - s_hat).square().mean()


# --- mel --------------------------------------------------------------------------


def mel_loss(s: Tensor, s_hat: Tensor, rate: int, frame: int = FRAME) -> Tensor:
    """Return the distance of two mel spectra in bel, from coarse to fine: L2.

    Parameters
    ----------
    s, s_hat
        ``(..., time)``.
    rate
        In Hz.
    frame
        Samples in a frame; the hop is half of it.

    Returns
    -------
    loss
        The root mean square, over bands and frames, of the difference of
        ``log10`` power in 8, 16, 32 and 128 mel bands, averaged over the four.

    Raises
    ------
    ValueError
        Where the two differ in shape.

    Notes
    -----
    S. Kankanahalli, "End-to-end optimized speech coding with deep neural networks",
    ICASSP 2018. Lectures 09 and 12.

    Examples
    --------
    >>> s = torch.randn(4000, generator=torch.Generator().manual_seed(0)) / 10
    >>> round(mel_loss(s, s / 10, 16000).item(), 2)  # 20 dB are two bels
    2.0
    """
    _same(s, s_hat)
    P = line_power(torch.stack([frames_of(s, frame), frames_of(s_hat, frame)]))
    distances = [_log_distance(P @ _mel(n, rate, frame, P)) for n in MEL_BANDS]
    return torch.stack(distances).mean()


def _log_distance(bands: Tensor) -> Tensor:
    """Root mean square of the difference of two log spectra, stacked in axis 0."""
    a, b = (bands + _TINY).log10()
    return ((a - b).square().mean() + _TINY).sqrt()


def _mel(n: int, rate: int, frame: int, like: Tensor) -> Tensor:
    return torch.as_tensor(mel_triangles(n, rate, frame), dtype=like.dtype).to(like)


@lru_cache(maxsize=32)
def mel_triangles(n: int, rate: int, frame: int) -> Numbers:
    """Return triangles that sum line powers into mel bands, ``(K, bands)``.

    Lecture 12.

    Parameters
    ----------
    n
        Number of triangles from 0 Hz to half the rate, equally wide in mel,
        ``2595 log10(1 + f / 700)``, each 1 at its middle.
    rate, frame
        In Hz and samples.

    Returns
    -------
    triangles
        ``(frame // 2 + 1, bands)``. Narrow low triangles that fall between two lines
        would be silent for ever: they are left out, so that bands may be below n.

    Examples
    --------
    >>> [mel_triangles(n, 16000, 512).shape[1] for n in MEL_BANDS]
    [8, 16, 32, 127]
    """
    mel = np.linspace(0, np.log1p(rate / 2 / 700), n + 2)
    low, middle, high = (700 * np.expm1(mel[i : n + i]) for i in range(3))
    f = bin_frequencies(frame, rate)[:, None]
    rise, fall = (f - low) / (middle - low), (high - f) / (high - middle)
    triangles = np.maximum(np.minimum(rise, fall), 0)
    return triangles[:, triangles.any(0)]


# --- the psychoacoustic losses (lecture 12) -----------------------------------------


def frames_of(x: Array, frame: int = FRAME, hop: int | None = None) -> Array:
    """Cut sounds into the frames that the losses look at.

    Lecture 12.

    Parameters
    ----------
    x
        ``(..., time)``, numpy or torch.
    frame
        512 (Layer I) or 1024 (Layer II).
    hop
        In samples, half a frame by default.

    Returns
    -------
    frames
        ``(..., T, frame)``; zeros around the ends, so that every sample counts.

    Examples
    --------
    >>> frames_of(torch.zeros(2, 1, 1600)).shape
    torch.Size([2, 1, 8, 512])
    """
    hop = frame // 2 if hop is None else hop
    return split_frames(pad_ends(x, frame, hop), frame, hop).swapaxes(-1, -2)


def mask_of(s: Tensor, rate: int, frame: int = FRAME, hop: int | None = None) -> Tensor:
    """Return the masking threshold of sounds, ready to be handed to the losses.

    Lecture 12.

    Parameters
    ----------
    s
        ``(..., time)``: the reference, never the decoded sound.
    rate
        44100, 48000, 32000 or 16000 Hz.
    frame, hop
        512 or 1024 samples; the hop is half of it by default.

    Returns
    -------
    mask
        ``(..., T, K)`` in dB SPL, without a gradient. A batch of training excerpts
        may be cut out of it along the first axis.

    Examples
    --------
    >>> mask_of(torch.zeros(2, 1, 1600), 16000).shape
    torch.Size([2, 1, 8, 257])
    """
    with torch.no_grad():
        X = to_db(line_power(frames_of(s, frame, hop))) + FULL_SCALE_DB
        return threshold_of_psd(X, rate)


def priority_weights(psd: Any, mask: Any) -> Any:
    r"""Return how much each line matters: little where it is masked.

    Parameters
    ----------
    psd
        p, the calibrated power spectrum of the reference in dB SPL ``(...)``.
    mask
        m, its masking threshold in dB SPL; the two broadcast.

    Returns
    -------
    w
        ``(...)``, above 0: :math:`\log_{10}(10^{0.1 p} / 10^{0.1 m} + 1)`. About
        (p - m) / 10 for a line well above the mask, nearly 0 for one well below.

    Notes
    -----
    Slide "Perceptual Nature of Audio: psychoacoustic loss"; K. Zhen et al.,
    "Psychoacoustic calibration of loss functions for efficient end-to-end neural
    audio coding", IEEE SPL 2020. Lecture 12. The logarithm is to base 10, and signal
    and mask must carry the same calibration.

    Examples
    --------
    >>> priority_weights(np.array([60.0, 40.0, 20.0]), 40.0).round(3).tolist()
    [2.004, 0.301, 0.004]
    """
    ratio = to_power(psd - mask)
    if isinstance(ratio, torch.Tensor):
        return ratio.log1p() / float(np.log(10))
    return np.log1p(ratio) / np.log(10)


def priority_loss(
    s: Tensor,
    s_hat: Tensor,
    rate: int,
    frame: int = FRAME,
    hop: int | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Return the spectral error, weighted by how far each line is above the mask: L3.

    Parameters
    ----------
    s, s_hat
        ``(..., time)``.
    rate
        44100, 48000, 32000 or 16000 Hz.
    frame, hop
        512 or 1024 samples; the hop is half of it by default.
    mask
        ``(..., T, K)``, `mask_of` of the same `s`, `frame` and `hop`; None makes it.

    Returns
    -------
    loss
        :math:`\sum_f w_f (x_f - \hat x_f)^2`, mean over frames and batch. x is the
        magnitude of a line, as a share of the loudest sine's (1 at full scale); w are
        the `priority_weights` of `s`.

    Raises
    ------
    ValueError
        Where shapes differ, or PAM-1 has no such rate or frame.

    See Also
    --------
    noise_modulation_loss

    Notes
    -----
    Slide "Perceptual Nature of Audio: psychoacoustic loss". Lecture 12. The slide
    sums over the frames i too; the mean does not grow with the length. Magnitudes
    forget the phase: ``priority_loss(s, -s)`` is 0, so it wants a time loss beside it.

    Examples
    --------
    >>> t = torch.arange(1600) / 16000
    >>> s = 0.5 * torch.sin(2 * torch.pi * 1000 * t)
    >>> priority_loss(s, s, 16000).item()
    0.0
    >>> hiss = torch.randn(1600, generator=torch.Generator().manual_seed(0))
    >>> priority_loss(s, 0.9 * s, 16000) > priority_loss(s, s + 0.01 * hiss, 16000)
    tensor(True)
    """
    P, P_hat = _powers(s, s_hat, frame, hop)
    with torch.no_grad():
        p = to_db(P) + FULL_SCALE_DB
        m = threshold_of_psd(p, rate) if mask is None else _fitting(mask, p)
        w = priority_weights(p, m)
    return (w * (magnitude(P) - magnitude(P_hat)).square()).sum(-1).mean()


def magnitude(power: Tensor) -> Tensor:
    """Return magnitudes of line powers ``(..., K)``: 1 for the loudest sine.

    At silence the slope is 0.

    Lecture 12.

    Examples
    --------
    >>> round(magnitude(torch.tensor(1 / 6)).item(), 6)
    1.0
    """
    heard = power > _TINY**2
    return torch.where(heard, torch.where(heard, power, 1).sqrt(), 0) * _LOUDEST


def noise_to_mask(
    s: Tensor,
    s_hat: Tensor,
    rate: int,
    frame: int = FRAME,
    hop: int | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Return the ratio n_f / m_f of error power and mask power on every line.

    Lecture 12.

    Parameters
    ----------
    s, s_hat
        ``(..., time)``.
    rate
        44100, 48000, 32000 or 16000 Hz.
    frame, hop
        512 or 1024 samples; the hop is half of it by default.
    mask
        ``(..., T, K)``, `mask_of` of the same `s`, `frame` and `hop`; None makes it.

    Returns
    -------
    ratio
        ``(..., T, K)``, of powers: above 1 the error is audible. Error and mask went
        through the same calibration.

    Raises
    ------
    ValueError
        As `priority_loss`.

    Examples
    --------
    >>> s = torch.zeros(1600)
    >>> ratio = noise_to_mask(s, s, 16000)
    >>> ratio.shape, bool((ratio == 0).all())
    (torch.Size([8, 257]), True)
    """
    _same(s, s_hat)
    if mask is None:
        mask = mask_of(s, rate, frame, hop)
    N = line_power(frames_of(s - s_hat, frame, hop))
    return N * to_power(FULL_SCALE_DB - _fitting(mask, N))


def noise_modulation_loss(
    s: Tensor,
    s_hat: Tensor,
    rate: int,
    frame: int = FRAME,
    hop: int | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Return by how much the worst line of each frame breaks through the mask: L4.

    Parameters
    ----------
    s, s_hat
        ``(..., time)``.
    rate
        44100, 48000, 32000 or 16000 Hz.
    frame, hop
        512 or 1024 samples; the hop is half of it by default.
    mask
        ``(..., T, K)``, `mask_of` of the same `s`, `frame` and `hop`; None makes it.

    Returns
    -------
    loss
        :math:`\max_f \mathrm{ReLU}(n_f / m_f - 1)`, the maximum over the lines of a
        frame, mean over frames and batch. 0 where no error is audible.

    Raises
    ------
    ValueError
        As `priority_loss`.

    See Also
    --------
    priority_loss, log_noise_modulation_loss

    Notes
    -----
    Slide "Perceptual Nature of Audio: psychoacoustic loss". Lecture 12. A ratio of
    powers: white noise at 0 dB SNR gives some 100 000 and drowns every other loss; to
    train, take `log_noise_modulation_loss`. Step by step the highest line is pushed
    down until all are below the mask.

    Examples
    --------
    >>> s = torch.zeros(1600)
    >>> beep = torch.sin(2 * torch.pi * 3000 * torch.arange(1600) / 16000)
    >>> noise_modulation_loss(s, 3e-6 * beep, 16000).item()  # -14 dB SPL: unheard
    0.0
    >>> bool(noise_modulation_loss(s, 1e-4 * beep, 16000) > 10)
    True
    """
    ratio = noise_to_mask(s, s_hat, rate, frame, hop, mask)
    return torch.relu(ratio - 1).amax(-1).mean()


def log_noise_modulation_loss(
    s: Tensor,
    s_hat: Tensor,
    rate: int,
    frame: int = FRAME,
    hop: int | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Return ``log10(1 + L4)`` of each frame: noise modulation that can be trained.

    Lecture 12.

    Parameters
    ----------
    s, s_hat
        ``(..., time)``.
    rate
        44100, 48000, 32000 or 16000 Hz.
    frame, hop
        512 or 1024 samples; the hop is half of it by default.
    mask
        ``(..., T, K)``, `mask_of` of the same `s`, `frame` and `hop`; None makes it.

    Returns
    -------
    loss
        :math:`\log_{10}(1 + \max_f \mathrm{ReLU}(n_f/m_f - 1))`, mean over frames and
        batch. Where a line breaks through, that is its noise-to-mask ratio in bel.

    Raises
    ------
    ValueError
        As `priority_loss`.

    See Also
    --------
    noise_modulation_loss

    Examples
    --------
    >>> t = torch.arange(1600) / 16000
    >>> s, beep = torch.zeros(1600), torch.sin(2 * torch.pi * 3000 * t)
    >>> mask = torch.full((8, 257), 40.0)
    >>> loud = log_noise_modulation_loss(s, 0.1 * beep, 16000, mask=mask)
    >>> round(loud.item(), 1)  # 76 dB SPL against 40, less in the frames at the ends
    3.0
    """
    ratio = noise_to_mask(s, s_hat, rate, frame, hop, mask)
    return torch.relu(ratio - 1).amax(-1).log1p().mean() / float(np.log(10))


TERMS: tuple[str, ...] = (
    "time",
    "mel",
    "priority",
    "noise_modulation",
    "log_noise_modulation",
)
"""What a `PerceptualLoss` may be made of."""


class PerceptualLoss(torch.nn.Module):
    """A weighted sum of losses, ready for a training loop.

    Parameters
    ----------
    rate
        44100, 48000, 32000 or 16000 Hz.
    weights
        Names out of `TERMS` and how much each counts. Look at `parts` of an untrained
        codec first: the terms differ by powers of ten. What is left out costs no time.
    frame, hop
        512 or 1024 samples; the hop is half of it by default.

    Raises
    ------
    ValueError
        Where a name is unknown or a weight is negative.

    Notes
    -----
    Slide "Perceptual Nature of Audio: psychoacoustic loss". Lecture 12. The mask
    costs more than all the rest and depends on `s` alone: make the training set's once
    (`mask`), and cut a batch out of it.

    Examples
    --------
    >>> loss = PerceptualLoss(16000, {"time": 1e3, "priority": 1e3})
    >>> s = torch.randn(4, 1, 4096, generator=torch.Generator().manual_seed(0)) / 10
    >>> mask, batch = loss.mask(s), [0, 2]
    >>> value = loss(s[batch], 0.9 * s[batch], mask[batch])
    >>> value.ndim, sorted(loss.parts(s, 0.9 * s))
    (0, ['priority', 'time'])
    """

    def __init__(
        self,
        rate: int,
        weights: Mapping[str, float],
        frame: int = FRAME,
        hop: int | None = None,
    ) -> None:
        super().__init__()
        wrong = {k: v for k, v in weights.items() if k not in TERMS or not v >= 0}
        if wrong:
            raise ValueError(
                f"weights are numbers of 0 or more for {', '.join(TERMS)}, got {wrong}"
            )
        self.rate, self.frame, self.hop = rate, frame, hop
        self.weights = {name: v for name, v in weights.items() if v > 0}

    def mask(self, s: Tensor) -> Tensor:
        """Return `mask_of` the reference ``(..., time)``, framed as by this loss."""
        return mask_of(s, self.rate, self.frame, self.hop)

    def parts(
        self, s: Tensor, s_hat: Tensor, mask: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return each term by its name, unweighted, for sounds ``(..., time)``."""
        framing = self.rate, self.frame, self.hop
        if mask is None and self.weights.keys() - {"time", "mel"}:
            mask = self.mask(s)
        terms: dict[str, Callable[[], Tensor]] = {
            "time": lambda: time_loss(s, s_hat),
            "mel": lambda: mel_loss(s, s_hat, self.rate, self.frame),
            "priority": lambda: priority_loss(s, s_hat, *framing, mask),
            "noise_modulation": lambda: noise_modulation_loss(s, s_hat, *framing, mask),
            "log_noise_modulation": lambda: log_noise_modulation_loss(
                s, s_hat, *framing, mask
            ),
        }
        return {name: terms[name]() for name in self.weights}

    def forward(self, s: Tensor, s_hat: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the weighted sum of `parts`, ``()``."""
        parts = self.parts(s, s_hat, mask)
        weighted = [self.weights[name] * part for name, part in parts.items()]
        return torch.stack(weighted).sum() if weighted else s_hat.sum() * 0


def _powers(
    s: Tensor, s_hat: Tensor, frame: int, hop: int | None
) -> tuple[Tensor, Tensor]:
    """Return the line powers of both sounds, ``(..., T, K)``."""
    _same(s, s_hat)
    P, P_hat = (line_power(frames_of(x, frame, hop)) for x in (s, s_hat))
    return P, P_hat


def _same(s: Tensor, s_hat: Tensor) -> None:
    if s.shape != s_hat.shape:
        raise ValueError(
            f"s has the shape {tuple(s.shape)} but s_hat {tuple(s_hat.shape)}; "
            "cut both to one length first"
        )


def _fitting(mask: Tensor, X: Tensor) -> Tensor:
    if mask.shape != X.shape:
        raise ValueError(
            f"the mask has the shape {tuple(mask.shape)} but the spectra "
            f"{tuple(X.shape)}; make it with mask_of, from the same s, frame and hop"
        )
    return mask.detach()
