"""Weights by a mask, and two losses that know it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit import psychoacoustics
from coursekit.homework.checks.calls import Args, Gradient, Tensors
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes, built_on
from coursekit.homework.hw3_pam.recordings import LOUDEST_SINE_DB, magnitudes
from coursekit.homework.own_data import RATE, Pair, Rng
from coursekit.psychoacoustics import FULL_SCALE_DB, mask_of


def _levels(rng: Rng) -> Args:
    p = np.array([60.0, 40.0, 20.0]) + float(rng.integers(-9, 10))
    return p, np.array([40.0, 40.0, 40.0])


def sounds(rng: Rng, shape: tuple[int, ...] = (2, 1), time: int = 1024) -> Pair:
    """Return sounds and versions with an error that is heard in places.

    Parameters
    ----------
    rng
        Draws them.
    shape
        Of the batch and the channels.
    time
        Samples in each.

    Returns
    -------
    s, s_hat
        float64 ``(*shape, time)`` each.
    """
    t = np.arange(time) / RATE
    hz = rng.uniform(300, 3000, (*shape, 3))
    s = 0.1 * np.sin(2 * np.pi * hz[..., None] * t).sum(-2)
    s += 0.003 * rng.standard_normal((*shape, time))
    burst = np.where(np.arange(time) < time // 2, 1e-5, 3e-3)
    return s, s + burst * rng.standard_normal((*shape, time))


def _sounds(rng: Rng) -> Args:
    return *sounds(rng), RATE


# --- weights and losses ---------------------------------------------------------------
#
# Wrong weights make a wrong loss: they are written once, and applied to both.


@lru_cache(maxsize=32)
def _mask_once(samples: bytes, shape: tuple[int, ...], rate: int) -> Tensor:
    """Return the mask of the same sounds, made only once for all misconceptions."""
    s = torch.frombuffer(bytearray(samples), dtype=torch.float64)
    return mask_of(s.reshape(shape), rate)


def _mask(s: Tensor, rate: int) -> Tensor:
    samples = s.detach().double().numpy().tobytes()
    return _mask_once(samples, tuple(s.shape), rate)


_WRONG_WEIGHTS: Mistakes = {
    "natural-log": (
        "with the natural logarithm: the slide has log10",
        lambda p, m: (10 ** ((p - m) / 10)).log1p(),
    ),
    "one-outside": (
        "with the 1 outside of the logarithm, where it makes masked lines weigh "
        "less than nothing",
        lambda p, m: (p - m) / 10 + 1,
    ),
    "one-lost": (
        "without the 1 inside the logarithm: masked lines weigh less than nothing",
        lambda p, m: (p - m) / 10,
    ),
    "amplitude-for-power": (
        "with 0.05 for 0.1: p and m are levels of powers",
        lambda p, m: psychoacoustics.priority_weights(p / 2, m / 2),
    ),
    "upside-down": (
        "with signal and mask swapped, so that what is masked weighs most",
        lambda p, m: psychoacoustics.priority_weights(m, p),
    ),
    "ratio-of-decibels": (
        "of the ratio of the decibels: turn them into powers first",
        lambda p, m: (p / m + 1).log10(),
    ),
}


def _spl(x: Tensor, offset: float = LOUDEST_SINE_DB) -> Tensor:
    return 20 * x.clamp(min=1e-12).log10() + offset


def _lines(s: Tensor, s_hat: Tensor) -> tuple[Tensor, Tensor]:
    return magnitudes(s), magnitudes(s_hat)


def _weighted(
    s: Tensor, s_hat: Tensor, w: Tensor, error: Callable[..., Tensor]
) -> Tensor:
    return (w * error(*_lines(s, s_hat))).sum(-1).mean()


def _square(x: Tensor, x_hat: Tensor) -> Tensor:
    return (x - x_hat) ** 2


def _right_weights(s: Tensor, rate: int) -> Tensor:
    p = _spl(magnitudes(s))
    return psychoacoustics.priority_weights(p, _mask(s, rate)).detach()


def _loss_with(weights: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    def loss(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
        w = weights(_spl(magnitudes(s)), _mask(s, rate)).detach()
        return _weighted(s, s_hat, w, _square)

    return loss


def _uncalibrated(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    p = _spl(magnitudes(s), 0.0)
    w = psychoacoustics.priority_weights(p, _mask(s, rate))
    return _weighted(s, s_hat, w, _square)


def _of_the_estimate(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    return _weighted(s, s_hat, _right_weights(s_hat, rate), _square)


def _cut(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def detached(*args: Any) -> Tensor:
        return loss(*args).detach()

    return detached


_WRONG_PRIORITIES: Mistakes = {
    "gradient-cut": (
        "the gradient is cut off: no .item(), .numpy(), .detach() or no_grad on the "
        "way from s_hat to the loss",
        _cut(psychoacoustics.priority_loss),
    ),
    "mean-over-lines": (
        "the mean was taken over the lines: add up their weighted errors, and take the "
        "mean over the frames",
        lambda s, t, rate: psychoacoustics.priority_loss(s, t, rate) / 257,
    ),
    "sum-over-frames": (
        "all frames were added up, so that the loss grows with the length: take their "
        "mean",
        lambda s, t, rate: (
            psychoacoustics.priority_loss(s, t, rate) * magnitudes(s)[..., 0].numel()
        ),
    ),
    "absolute-error": (
        "these are absolute errors: the slide squares them",
        lambda s, t, rate: _weighted(
            s, t, _right_weights(s, rate), lambda x, y: (x - y).abs()
        ),
    ),
    "weights-squared": (
        "the weights are squared with the error: they stand outside of the square",
        lambda s, t, rate: _weighted(s, t, _right_weights(s, rate) ** 2, _square),
    ),
    "weights-of-the-estimate": (
        "p and mask are those of s_hat: what matters is what s hides",
        _of_the_estimate,
    ),
    "uncalibrated-signal": (
        "the signal's level lacks the 96 dB that the mask has: both need the same "
        "calibration",
        _uncalibrated,
    ),
    "no-weights": (
        "the errors are not weighted",
        lambda s, t, rate: _square(*_lines(s, t)).sum(-1).mean(),
    ),
}


def _excess(
    s: Tensor, s_hat: Tensor, rate: int, offset: float = LOUDEST_SINE_DB
) -> Tensor:
    """Return n/m - 1 where it is above 0, (..., T, 257)."""
    n = magnitudes(s - s_hat) ** 2 * 10 ** (offset / 10)
    return (n / 10 ** (_mask(s, rate) / 10) - 1).relu()


def _decibel_ratio(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    n, m = _spl(magnitudes(s - s_hat)), _mask(s, rate)
    return (n / m - 1).relu().amax(-1).mean()


def _decibel_difference(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    n, m = _spl(magnitudes(s - s_hat)), _mask(s, rate)
    return (n - m).relu().amax(-1).mean()


def _amplitude_ratio(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    e = magnitudes(s - s_hat) * 10 ** (LOUDEST_SINE_DB / 20)
    return (e / 10 ** (_mask(s, rate) / 20) - 1).relu().amax(-1).mean()


def _error_of_magnitudes(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    x, x_hat = _lines(s, s_hat)
    n = (x - x_hat) ** 2 * 10 ** (LOUDEST_SINE_DB / 10)
    return (n / 10 ** (_mask(s, rate) / 10) - 1).relu().amax(-1).mean()


def _mask_of_the_estimate(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    n = magnitudes(s - s_hat) ** 2 * 10 ** (LOUDEST_SINE_DB / 10)
    return (n / 10 ** (_mask(s_hat, rate) / 10) - 1).relu().amax(-1).mean()


_WRONG_MODULATIONS: Mistakes = {
    "gradient-cut": (
        "the gradient is cut off: no .item(), .numpy(), .detach() or no_grad on the "
        "way from s_hat to the loss",
        _cut(psychoacoustics.noise_modulation_loss),
    ),
    "error-not-calibrated": (
        "the error lacks the 96 dB that the mask has, so that it is always inaudible: "
        "both need the same calibration",
        lambda s, t, rate: _excess(s, t, rate, 0.0).amax(-1).mean(),
    ),
    "calibrated-twice": (
        "the error was given FULL_SCALE_DB: in magnitudes() the loudest sine reads 1 "
        "already, so it is 96 dB",
        lambda s, t, rate: _excess(s, t, rate, FULL_SCALE_DB).amax(-1).mean(),
    ),
    "max-over-frames": (
        "the maximum runs over the frames: it is over the lines of each frame",
        lambda s, t, rate: _excess(s, t, rate).amax(-2).mean(),
    ),
    "max-of-all": (
        "this is the maximum of all frames: one for each frame, then their mean",
        lambda s, t, rate: _excess(s, t, rate).max(),
    ),
    "mean-for-max": (
        "this is the mean over the lines: the worst line counts",
        lambda s, t, rate: _excess(s, t, rate).mean(),
    ),
    "ratio-of-decibels": (
        "this is the ratio of two levels in decibels: n and m are powers",
        _decibel_ratio,
    ),
    "difference-of-decibels": (
        "this is a difference in decibels: the slide has the ratio of powers, less 1",
        _decibel_difference,
    ),
    "amplitude-for-power": (
        "this is the ratio of amplitudes: n and m are powers",
        _amplitude_ratio,
    ),
    "difference-of-magnitudes": (
        "n is the error of the magnitudes: take the spectrum of the error s - s_hat",
        _error_of_magnitudes,
    ),
    "mask-of-the-estimate": (
        "the mask is that of s_hat: a loud error would hide itself",
        _mask_of_the_estimate,
    ),
    "one-kept": (
        "the 1 was not taken off: an error at the mask costs nothing",
        lambda s, t, rate: (_excess(s, t, rate).amax(-1) + 1).mean(),
    ),
}


# --- exercises ------------------------------------------------------------------

PRIORITY_WEIGHTS = Exercise(
    "priority_weights", 2, "12_perceptual_loss", psychoacoustics.priority_weights,
    mode=Tensors(),
    visible=(
        CaseSpec(
            "above, at and below the mask", _levels, 1,
            "A line at the mask weighs log10(2), about 0.3.",
        ),
    ),
    mistakes=(built_on(_WRONG_WEIGHTS, "these are the weights {}"),),
)  # fmt: skip

PRIORITY_LOSS = Exercise(
    "priority_loss", 2, "12_perceptual_loss", psychoacoustics.priority_loss,
    mode=Tensors(),
    visible=(
        CaseSpec(
            "its value", _sounds, 0.5,
            "Sum over the lines, then the mean over all frames; w comes from s alone.",
            rtol=1e-6, atol=1e-16,
        ),
        CaseSpec(
            "its gradient", _sounds, 0.5,
            "No .item(), .numpy() or float() on the way from s_hat to the loss.",
            rtol=1e-5, atol=1e-13, mode=Gradient(of=1),
        ),
    ),
    mistakes=(
        _WRONG_PRIORITIES,
        built_on(_WRONG_WEIGHTS, "this is the loss {}", _loss_with),
    ),
    forbidden=("coursekit.psychoacoustics.losses.noise_to_mask",),
)  # fmt: skip

NOISE_MODULATION_LOSS = Exercise(
    "noise_modulation_loss", 3, "12_perceptual_loss",
    psychoacoustics.noise_modulation_loss,
    mode=Tensors(),
    visible=(
        CaseSpec(
            "its value", _sounds, 0.5,
            "Both in dB SPL, or both as powers, with the same 96 dB in them.",
        ),
        CaseSpec(
            "its gradient", _sounds, 0.5,
            "The maximum over the lines of each frame; "
            "the gradient is that of one line.",
            rtol=1e-6, mode=Gradient(of=1),
        ),
    ),
    mistakes=(_WRONG_MODULATIONS,),
    forbidden=(
        "coursekit.psychoacoustics.losses.log_noise_modulation_loss",
        "coursekit.psychoacoustics.audibility.nmr",
        "coursekit.psychoacoustics.audibility.nmr_bands",
    ),
)  # fmt: skip

EXERCISES = (PRIORITY_WEIGHTS, PRIORITY_LOSS, NOISE_MODULATION_LOSS)
