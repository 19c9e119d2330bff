"""Lecture 12: what a loss that listens weighs, where it pushes, what it saves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from coursekit import psychoacoustics as pa
from coursekit.coding import Saving
from coursekit.plots import Picture
from coursekit.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    drawing,
    legend_above,
    subplots,
)

Real = np.ndarray[Any, np.dtype[np.float64]]
Loss = Callable[[Tensor, Tensor, int], Tensor]

LOSSES: dict[str, Loss] = {
    "time": lambda s, s_hat, rate: pa.time_loss(s, s_hat),
    "mel": pa.mel_loss,
    "L3": pa.priority_loss,
    "log10(1 + L4)": pa.log_noise_modulation_loss,
}
"""The four losses that a codec of this lecture is trained with, by name."""

PAPER_EXCESS = 0.234
"""Of the abstract of Zhen et al. (2020): the baseline spent so many bits more."""


def values_of(s: Real, s_hat: Real, rate: int) -> dict[str, float]:
    """Return what each loss says of an estimate.

    Parameters
    ----------
    s, s_hat
        ``(samples,)``.
    rate
        In Hz.

    Examples
    --------
    >>> values_of(np.ones(1600), np.ones(1600), 16000)["time"]
    0.0
    """
    pair = torch.from_numpy(s), torch.from_numpy(s_hat)
    return {name: float(loss(*pair, rate)) for name, loss in LOSSES.items()}


def gradient(s: Real, s_hat: Real, rate: int, loss: str) -> Real:
    """Return the gradient of a loss with respect to the estimate.

    Parameters
    ----------
    s, s_hat
        ``(samples,)``.
    rate
        In Hz.
    loss
        A key of `LOSSES`.

    Returns
    -------
    g
        ``(samples,)``: descent goes along ``-g``.

    Raises
    ------
    ValueError
        Where there is no such loss.

    Examples
    --------
    >>> gradient(np.zeros(2), np.array([2.0, 1.0]), 16000, "time").tolist()
    [2.0, 1.0]
    """
    if loss not in LOSSES:
        raise ValueError(f"no loss {loss!r}; there are {list(LOSSES)}")
    y = torch.from_numpy(s_hat.copy()).requires_grad_()
    LOSSES[loss](torch.from_numpy(s), y, rate).backward()
    return np.asarray(y.grad)


def reshape(s: Real, s_hat: Real, rate: int, loss: str, pushes: int = 60) -> list[Real]:
    """Let a loss choose where the error goes, while its energy stays as it is.

    There is no network in it: each push moves the estimate, sample by sample, against
    the gradient by a twentieth of the error's length, and then the error is made as
    strong as it was. All estimates have the signal-to-noise ratio of the first.

    Parameters
    ----------
    s, s_hat
        ``(samples,)``.
    rate
        In Hz.
    loss
        A key of `LOSSES`.
    pushes
        How many.

    Returns
    -------
    estimates
        ``pushes + 1`` of them, the first as it came.

    Examples
    --------
    >>> s, s_hat = np.zeros(2), np.array([0.6, 0.8])
    >>> reshape(s, s_hat, 16000, "time", pushes=3)[-1].round(6).tolist()
    [0.6, 0.8]
    """
    error, length = s_hat - s, np.linalg.norm(s_hat - s)
    estimates = [s_hat]
    for _ in range(pushes):
        g = gradient(s, estimates[-1], rate, loss)
        error = error - length / 20 * g / max(np.linalg.norm(g), 1e-30)
        error = error * length / np.linalg.norm(error)
        estimates.append(s + error)
    return estimates


# --- pictures -----------------------------------------------------------------------


def _bark(axes: Axes, rate: int) -> None:
    axes.set(xlabel="critical-band rate (Bark)", xlim=(0, pa.bark(rate / 2)))


def _lines(rate: int) -> Real:
    """Return where the lines of a frame of 512 lie, in Bark."""
    return np.asarray(pa.bark(np.linspace(0, rate / 2, 257)))


@drawing
def draw_weights(frame: Real, rate: int) -> Picture:
    """Draw a frame's spectrum and mask, and the priority weights made of them.

    Parameters
    ----------
    frame
        ``(512,)`` samples.
    rate
        In Hz.
    """
    z, p = _lines(rate), pa.psd(frame)
    m = pa.masking_threshold(frame, rate)
    w = pa.priority_weights(p, m)
    figure, (upper, lower) = subplots(4.4, 2, 1, sharex=True)
    upper.plot(z, p, color=GREY, label="spectrum p")
    upper.plot(z, m, color=GREEN, ls="--", label="mask m")
    upper.set(ylabel="dB SPL", ylim=(-20, 95))
    legend_above(upper, 2)
    lower.plot(z, w, color=BLUE)
    lower.fill_between(z, w, color=BLUE, alpha=0.25)
    lower.set(ylabel="weight w", ylim=(0, 3.2))
    _bark(lower, rate)
    hidden = np.mean(p < m)
    alt = (
        "Above, a frame's spectrum and its mask in dB SPL; below, the priority weight "
        f"of each line, {w.min():.3f} to {w.max():.2f}. {hidden:.0%} of the lines lie "
        f"below the mask; their weight is at most {np.log10(2):.2f}."
    )
    return Picture(figure, alt, (upper, lower))


@drawing
def draw_modulation(s: Real, s_hat: Real, rate: int) -> Picture:
    """Draw what noise modulation sees of a frame: the error over the mask.

    Parameters
    ----------
    s, s_hat
        ``(512,)``: one frame.
    rate
        In Hz.
    """
    z, n = _lines(rate), pa.psd(s_hat - s)
    m = pa.masking_threshold(s, rate)
    above, top = n - m, int(np.argmax(n - m))
    figure, (upper, lower) = subplots(4.4, 2, 1, sharex=True)
    upper.plot(z, m, color=GREEN, ls="--", label="mask m")
    upper.plot(z, n, color=ORANGE, label="error n")
    upper.fill_between(z, m, n, where=n > m, color=ORANGE, alpha=0.3)
    upper.set(ylabel="dB SPL", ylim=(-20, 80))
    legend_above(upper, 2)
    lower.plot(z, np.maximum(above, -30), color=ORANGE, lw=1, label="n / m")
    lower.axhline(0, color=GREY, lw=1)
    lower.plot(z[top], above[top], "v", color=BLUE, ms=11, label="what L4 sees")
    lower.set(ylabel="n / m (dB)", ylim=(-30, max(15, above[top] + 8)))
    legend_above(lower, 2)
    _bark(lower, rate)
    L4 = max(0.0, 10 ** (above[top] / 10) - 1)
    alt = (
        "Above, the mask and the error of one frame; below, their ratio in dB. It is "
        f"highest, {above[top]:.1f} dB, at {z[top]:.1f} Bark: L4 is {L4:.3g}. "
        f"{np.mean(above > 0):.0%} of the lines are above the mask."
    )
    return Picture(figure, alt, (upper, lower))


@drawing
def draw_gradients(s: Real, s_hat: Real, rate: int) -> Picture:
    """Draw the error and the mask, and beside them where each loss pushes.

    Parameters
    ----------
    s, s_hat
        ``(samples,)``.
    rate
        In Hz.
    """
    z, frames = _lines(rate), pa.frames_of(s)
    mask = np.median(pa.masking_threshold(frames, rate), axis=0)
    error = np.median(pa.psd(pa.frames_of(s_hat - s)), axis=0)
    figure, (left, right) = subplots(3.8, 1, 2)
    left.plot(z, mask, color=GREEN, ls="--", label="mask")
    left.plot(z, error, color=ORANGE, label="error")
    left.fill_between(z, mask, error, where=error > mask, color=ORANGE, alpha=0.3)
    left.set(ylabel="level (dB SPL)", ylim=(-20, 80))
    legend_above(left, 2)
    looks = ((GREY, "-"), (GREEN, "-."), (BLUE, "--"), (ORANGE, "-"))
    words = []
    for name, (colour, style) in zip(LOSSES, looks, strict=True):
        level = spectrum_of_gradient(s, s_hat, rate, name)
        right.plot(z, level, color=colour, ls=style, label=name)
        words.append(f"{name} most at {z[np.argmax(level)]:.1f} Bark")
    right.set(ylabel="gradient (dB re its mean)", ylim=(-45, 22))
    legend_above(right, 2)
    for axes in (left, right):
        _bark(axes, rate)
    alt = (
        "On the left, median spectra of error and mask; on the right, the spectrum of "
        "each loss's gradient, in dB re its own mean power: " + ", ".join(words) + "."
    )
    return Picture(figure, alt, (left, right))


def spectrum_of_gradient(s: Real, s_hat: Real, rate: int, loss: str) -> Real:
    """Return the mean power spectrum of a loss's gradient, in dB re its mean.

    Parameters
    ----------
    s, s_hat
        Reference and estimate, ``(samples,)``.
    rate
        In Hz.
    loss
        One of those that `gradient` knows.

    Returns
    -------
    level
        ``(257,)``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s, n = np.zeros(32000), rng.standard_normal(32000)
    >>> bool(np.ptp(spectrum_of_gradient(s, s + n, 16000, "time")[1:-1]) < 6)
    True
    """
    g = gradient(s, s_hat, rate, loss)
    g = g / max(np.abs(g).max(), 1e-30)
    power = pa.to_power(pa.psd(pa.frames_of(g))).mean(axis=0)
    return np.asarray(10 * np.log10(power / power.mean()))


@drawing
def draw_savings(savings: Mapping[str, Saving]) -> Picture:
    """Draw how many bytes one codec saves over another at equal quality.

    Parameters
    ----------
    savings
        By the name of the measure that is held equal: shares of bytes.
    """
    figure, (axes,) = subplots(0.9 + 0.5 * len(savings))
    for k, (_, saving) in enumerate(savings.items()):
        axes.barh(k, 100 * saving.mean, color=BLUE, height=0.55)
        dots = 100 * np.array(saving.each)
        axes.plot(dots, np.full(dots.size, k), "o", color="black", ms=5)
    axes.axvline(0, color="black", lw=1)
    paper = 100 * (1 - 1 / (1 + PAPER_EXCESS))
    axes.axvline(paper, color=ORANGE, ls="--", label="the paper: others 23.4 % more")
    axes.set_yticks(range(len(savings)), list(savings))
    axes.invert_yaxis()
    axes.set(xlabel="bytes saved at equal quality (%); dots are seeds")
    legend_above(axes, 1)
    words = ", ".join(
        f"{name} {100 * s.mean:.0f} % (from {100 * min(s.each):.0f} to "
        f"{100 * max(s.each):.0f})"
        for name, s in savings.items()
    )
    alt = f"Bytes saved at equal quality, by what is held equal: {words}."
    return Picture(figure, alt, (axes,))
