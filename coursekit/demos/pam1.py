"""Lecture 11: one frame's way through PAM-1, step by step, as the slide draws it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from coursekit import psychoacoustics as pa
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
from coursekit.psychoacoustics import Analysis

Real = np.ndarray[Any, np.dtype[np.float64]]

SIZE = 512
TICKS_HZ = (200, 500, 1000, 2000, 4000, 8000, 16000)
BIT_DB = 6.02
"""What one more bit a sample takes from a quantiser's noise, in dB."""


def frame_at(x: ArrayLike, rate: int, seconds: float, size: int = SIZE) -> Real:
    """Return the frame of a sound that begins at a time.

    Parameters
    ----------
    x
        ``(samples,)``.
    rate
        In Hz.
    seconds
        Where it begins.
    size
        Samples in the frame.

    Raises
    ------
    ValueError
        Where the frame does not lie within the sound.

    Examples
    --------
    >>> frame_at(np.arange(2000.0), 1000, 0.5)[:2].tolist()
    [500.0, 501.0]
    """
    x = np.asarray(x, float)
    start = round(seconds * rate)
    if not 0 <= start <= x.size - size:
        latest = (x.size - size) / rate
        raise ValueError(
            f"a frame at {seconds:g} s does not fit: begin between 0 and {latest:.2f} s"
        )
    return x[start : start + size]


def bits_needed(smr: ArrayLike) -> Real:
    """Return how many bits a sample each subband needs, so that no noise is heard.

    A quantiser's noise lies about 6.02 dB a bit below its signal; it is hidden where
    that reaches the signal-to-mask ratio (SMR) in dB, ``(subbands,)``.

    Examples
    --------
    >>> bits_needed([-3.0, 0.0, 1.0, 20.0]).tolist()
    [0.0, 0.0, 1.0, 4.0]
    """
    return np.ceil(np.maximum(0.0, np.asarray(smr, float)) / BIT_DB)


# --- the steps, one picture each ----------------------------------------------------


def _base(axes: Axes, a: Analysis) -> None:
    """Draw the spectrum on the Bark axis, with frequencies above it."""
    t = a.tables
    axes.plot(t.bark, a.psd, color=GREY, lw=1, label="spectrum")
    high = pa.bark(min(16000, t.rate / 2))
    axes.set(xlim=(0, high + 0.3), ylim=(-20, 100))
    axes.set(xlabel="critical-band rate (Bark)", ylabel="level (dB SPL)")
    shown = [f for f in TICKS_HZ if f <= t.rate / 2]
    top = axes.secondary_xaxis("top")
    top.set_xticks(pa.bark(np.array(shown)), [f"{f:g}" for f in shown])
    top.set_xlabel("frequency (Hz)")


def _quiet(axes: Axes, a: Analysis) -> str:
    axes.plot(a.tables.bark, a.tables.quiet, color=GREEN, ls=":", label="in quiet")
    heard = int(np.sum(a.psd > a.tables.quiet))
    return f"{heard} of {a.psd.size} lines are above the threshold in quiet"


def _dots(axes: Axes, a: Analysis, maskers: pa.Maskers, look: str, name: str) -> None:
    z = a.tables.bark[maskers.lines]
    colour = ORANGE if name.startswith("ton") else BLUE
    axes.vlines(z, -20, maskers.levels, color=colour, lw=1)
    axes.plot(z, maskers.levels, look, color=colour, label=name)


def _maskers(axes: Axes, a: Analysis) -> str:
    _dots(axes, a, a.tonal, "^", f"tones ({a.tonal.lines.size})")
    _dots(axes, a, a.noise, "s", f"noises ({a.noise.lines.size})")
    return f"{a.tonal.lines.size} tonal and {a.noise.lines.size} noise maskers"


def _decimated(axes: Axes, a: Analysis) -> str:
    _quiet(axes, a)
    _dots(axes, a, a.kept_tonal, "^", f"tones kept ({a.kept_tonal.lines.size})")
    _dots(axes, a, a.kept_noise, "s", f"noises kept ({a.kept_noise.lines.size})")
    gone = [
        z
        for found, kept in ((a.tonal, a.kept_tonal), (a.noise, a.kept_noise))
        for z in zip(*found, strict=True)
        if z[0] not in kept.lines
    ]
    for line, level in gone:
        axes.plot(a.tables.bark[line], level, "x", color="black", ms=9)
    return f"{len(gone)} maskers dropped, crossed out"


def _individual(axes: Axes, a: Analysis) -> str:
    tones = a.kept_tonal.lines.size
    for k, threshold in enumerate(a.individual):
        colour = ORANGE if k < tones else BLUE
        axes.plot(a.tables.bark, threshold, color=colour, lw=0.9)
    axes.plot([], [], color=ORANGE, label="of tones")
    axes.plot([], [], color=BLUE, label="of noises")
    return f"{len(a.individual)} thresholds, one for each masker"


def _threshold(axes: Axes, a: Analysis) -> str:
    _quiet(axes, a)
    z, m = a.tables.bark, a.threshold
    axes.plot(z, m, color=GREEN, lw=2, label="global threshold")
    axes.fill_between(z, m, a.psd, where=a.psd > m, color=BLUE, alpha=0.3)
    heard = int(np.sum(a.psd > m))
    return f"{heard} of {m.size} lines are above the global threshold, shaded"


STEPS: dict[str, Callable[[Axes, Analysis], str]] = {
    "1, 3: spectrum and quiet": _quiet,
    "4: maskers": _maskers,
    "5: decimation": _decimated,
    "6: individual thresholds": _individual,
    "7: global threshold": _threshold,
}
"""The steps of the standard that a frame's picture can show."""


@drawing
def draw_step(a: Analysis, step: str) -> Picture:
    """Draw what one step of PAM-1 found in a frame.

    Parameters
    ----------
    a
        The frame's `Analysis`.
    step
        A key of `STEPS`.

    Raises
    ------
    ValueError
        Where there is no such step.
    """
    if step not in STEPS:
        raise ValueError(f"no step {step!r}; there are {list(STEPS)}")
    figure, (axes,) = subplots(3.8)
    _base(axes, a)
    words = STEPS[step](axes, a)
    axes.set_title(f"step {step}", loc="left", fontsize=11, pad=8)
    axes.legend(loc="upper right", ncols=2)
    alt = f"A frame's spectrum in dB SPL on the Bark axis; step {step}: {words}."
    return Picture(figure, alt, (axes,))


@drawing
def draw_smr(a: Analysis) -> Picture:
    """Draw level and least threshold of the 32 subbands, and the bits they need."""
    k = np.arange(1, 33)
    bits = bits_needed(a.smr)
    figure, (upper, lower) = subplots(4.6, 2, 1, sharex=True)
    upper.step(k, a.level, where="mid", color=BLUE, label="level in the subband")
    upper.step(
        k, a.minimum, where="mid", color=GREEN, ls="--", label="least threshold in it"
    )
    upper.set(ylabel="dB SPL")
    legend_above(upper, 2)
    lower.bar(k, bits, color=BLUE)
    lower.set(ylabel="bits a sample", xlabel="subband", xlim=(0.3, 32.7))
    alt = (
        "Above, level and least threshold of 32 subbands; below, the bits a sample "
        f"that each needs, from {bits.min():g} to {bits.max():g}, "
        f"{bits.mean():.2f} on average; {int(np.sum(bits == 0))} subbands need none."
    )
    return Picture(figure, alt, (upper, lower))


@drawing
def draw_spreading(level: float) -> Picture:
    """Draw how far a masker at 1 kHz reaches: a tone, a noise, and the lines' slopes.

    Parameters
    ----------
    level
        Of the masker in dB SPL.
    """
    z = pa.bark(1000)
    dz = np.arange(-300, 800) / 100
    figure, (axes,) = subplots(3.3)
    spread = pa.spreading(dz, level)
    tone = level + pa.tonal_offset(z) + spread
    noise = level + pa.noise_offset(z) + spread
    axes.plot(dz, noise, color=BLUE, label="of a noise")
    axes.plot(dz, tone, color=ORANGE, label="of a tone")
    axes.vlines(0, -40, level, color=GREY, lw=3)
    axes.plot(0, level, "o", color=GREY, label="masker")
    axes.set(xlim=(-3.5, 8.5), ylim=(-40, 105), ylabel="level (dB SPL)")
    axes.set(xlabel="distance from the masker (Bark)")
    axes.grid(alpha=0.3)
    legend_above(axes, 3)
    at = tone[np.searchsorted(dz, [-1, 0, 1, 3])]
    values = ", ".join(
        f"{v:.1f} dB at {d:+d} Bark" for d, v in zip((-1, 0, 1, 3), at, strict=True)
    )
    alt = (
        f"The threshold that a masker of {level:g} dB SPL at 1 kHz sets around it. "
        f"A tone: {values}; a noise of the same level masks "
        f"{noise.max() - tone.max():.1f} dB more."
    )
    return Picture(figure, alt, (axes,))


@drawing
def draw_simultaneous(level: float) -> Picture:
    """Draw the slide's idea: a strong tone, its mask, and weak tones around it.

    Parameters
    ----------
    level
        Of the weak tones in dB SPL; the strong one has 80 at 1 kHz.
    """
    f = np.geomspace(200, 6000, 600)
    mask = pa.masker_threshold(80, 1000, f, "tonal")
    mask = pa.to_db(pa.to_power(mask) + pa.to_power(pa.hearing_threshold(f)))
    weak = np.array([500, 700, 850, 1150, 1400, 2000, 3500])
    hidden = level < np.interp(weak, f, mask)
    figure, (axes,) = subplots(3.3)
    axes.plot(pa.bark(f), mask, color=GREEN, label="masking threshold")
    axes.vlines(pa.bark(1000), 0, 80, color=GREY, lw=4, label="a tone of 80 dB")
    for hz, gone in zip(weak, hidden, strict=True):
        style: dict[str, Any] = {"color": ORANGE if gone else BLUE, "lw": 3}
        axes.vlines(pa.bark(hz), 0, level, ls=":" if gone else "-", **style)
        axes.text(pa.bark(hz), level + 2, f"{hz}", ha="center")
    axes.set(ylim=(0, 90), ylabel="level (dB SPL)", xlabel="critical-band rate (Bark)")
    legend_above(axes, 2)
    gone_hz = ", ".join(f"{hz}" for hz in weak[hidden]) or "none"
    alt = (
        f"A tone of 80 dB SPL at 1 kHz, its masking threshold, and seven tones at "
        f"{level:g} dB SPL. Hidden, dotted: {gone_hz} Hz."
    )
    return Picture(figure, alt, (axes,))


@drawing
def draw_attack(s: Real, n: Real, rate: int) -> Picture:
    """Draw an attack and the noise that a frame spreads in front of it.

    Parameters
    ----------
    s, n
        ``(samples,)``: the sound, and noise in the shape of its mask.
    rate
        In Hz.
    """
    ms = 1000 * np.arange(s.size) / rate
    figure, panels = subplots(3.6, 2, 1, sharex=True, sharey=True)
    pieces = (("the sound", s, BLUE), ("the noise alone", n, ORANGE))
    for axes, (name, x, colour) in zip(panels, pieces, strict=True):
        axes.plot(ms, x, color=colour, lw=0.8)
        axes.set(ylabel="amplitude")
        axes.set_title(name, loc="left")
    panels[1].set(xlabel="time (ms)", xlim=(0, ms[-1]))
    start = int(np.argmax(np.abs(s) > 0.2 * np.abs(s).max()))
    before = 1000 * _lead(n, start) / rate
    alt = (
        f"A sound that is silent until {ms[start]:.0f} ms, and below it the noise in "
        f"the shape of its mask, which begins {before:.0f} ms earlier."
    )
    return Picture(figure, alt, tuple(panels))


def _lead(n: Real, start: int) -> int:
    """Return how many samples before `start` the noise rises to a tenth of its peak."""
    return start - int(np.argmax(np.abs(n[:start]) > 0.1 * np.abs(n).max()))
