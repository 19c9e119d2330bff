"""Lecture 10: the slides' bands and beeps, and what the ear's model says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from coursekit import psychoacoustics as pa
from coursekit.demos.listening_test import bark_axis
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
from coursekit.psychoacoustics import stimuli

Real = np.ndarray[Any, np.dtype[np.float64]]


# --- sounds to listen to ------------------------------------------------------------


def band_sounds(rng: np.random.Generator, level: float) -> dict[str, Real]:
    """Return the slide's five bands of noise, all at `level` dB SPL, by name.

    ``{name: (samples,)}``.

    Examples
    --------
    >>> list(band_sounds(np.random.default_rng(0), 10))[2]
    '0 to 160 Hz'
    """
    return {band_name(b): pa.band_noise(b, level, rng) for b in pa.BANDS}


def band_name(band: tuple[float, float]) -> str:
    """Return what a band is called: "800 to 960 Hz".

    Examples
    --------
    >>> band_name((0, 160))
    '0 to 160 Hz'
    """
    return f"{band[0]:g} to {band[1]:g} Hz"


def beep_sounds(beep_level: float) -> dict[str, Real]:
    """Return the slide's six beeps beside a tone of 785 Hz and 70 dB SPL, by name.

    ``{name: (samples,)}``.

    Examples
    --------
    >>> list(beep_sounds(50))[:2]
    ['785 +20 Hz', '785 -40 Hz']
    """
    beside = {f: pa.beep_beside_tone(f, beep_level=beep_level) for f in _OFFSETS}
    return {beep_name(f): mixture.x for f, mixture in beside.items()}


_OFFSETS = pa.BEEP_OFFSETS_HZ


def beep_name(offset_hz: float) -> str:
    """Return what a beep is called: "785 +20 Hz".

    Examples
    --------
    >>> beep_name(-40)
    '785 -40 Hz'
    """
    return f"{stimuli.TONE_HZ:g} {offset_hz:+g} Hz"


# --- pictures -----------------------------------------------------------------------


@drawing
def draw_bands(level: float) -> Picture:
    """Draw the slide's five bands at one level against the threshold in quiet.

    Parameters
    ----------
    level
        Of each band in dB SPL.
    """
    f = np.geomspace(20, 18000, 800)
    figure, (axes,) = subplots(3.6)
    quiet = pa.hearing_threshold(f, cap=np.inf)
    axes.plot(pa.bark(f), quiet, color=GREY, label="threshold in quiet")
    silent = pa.silent_bands(level)
    for k, band in enumerate(sorted(pa.BANDS)):
        low, high = (pa.bark(max(edge, 20)) for edge in band)
        colour = ORANGE if band in silent else BLUE
        axes.fill_between([low, high], -15, level, color=colour, alpha=0.75)
        above = level + 2 + 8 * (k % 2)  # neighbours' names side by side would touch
        name = f"{band[0]:g}–{band[1]:g}"
        axes.text(max((low + high) / 2, 1.2), above, name, ha="center")
    bark_axis(axes, 20, 16000)
    axes.set(ylim=(-15, 80), ylabel="level (dB SPL)")
    axes.legend(loc="upper center")
    names = ", ".join(map(band_name, silent)) or "none"
    alt = (
        f"Five bands of noise at {level:g} dB SPL and the threshold in quiet over the "
        f"Bark scale. Below the threshold, so silent: {names}."
    )
    return Picture(figure, alt, (axes,))


@drawing
def draw_beeps(beep_level: float, kind: str = "tonal") -> Picture:
    """Draw what a masker at 785 Hz hides, and the slide's six beeps at one level.

    Parameters
    ----------
    beep_level
        Of the beeps in dB SPL; the masker has 70.
    kind
        "tonal" or "noise": what the masker is.
    """
    hz = stimuli.TONE_HZ
    offsets = np.arange(-60, 61)
    mask = [pa.beep_threshold(float(f), kind=kind) for f in offsets]
    figure, (axes,) = subplots(3.6)
    axes.plot(pa.bark(hz + offsets), mask, color=GREY, label="heard above this line")
    axes.vlines(pa.bark(hz), 30, stimuli.TONE_LEVEL_SPL, color=GREEN, lw=3)
    axes.text(pa.bark(hz), stimuli.TONE_LEVEL_SPL + 0.8, "masker", ha="center")
    hidden = pa.hidden_beeps(beep_level=beep_level, kind=kind)
    for f in _OFFSETS:
        colour = ORANGE if f in hidden else BLUE
        axes.plot(pa.bark(hz + f), beep_level, "o", color=colour, ms=9)
        axes.text(pa.bark(hz + f), beep_level + 1.3, f"{f:+g}", ha="center")
    axes.set(xlabel="critical-band rate (Bark)", ylabel="level (dB SPL)", ylim=(40, 75))
    axes.set_title(f"beeps at {beep_level:g} dB SPL; hidden ones in orange", loc="left")
    axes.legend(loc="lower right")
    names = ", ".join(f"{f:+g} Hz" for f in hidden) or "none"
    alt = (
        f"The masking threshold of a {kind} masker of 70 dB SPL at 785 Hz, from 60 Hz "
        f"below to 60 Hz above, and six beeps at {beep_level:g} dB SPL. "
        f"Hidden by the model: {names}."
    )
    return Picture(figure, alt, (axes,))


@drawing
def draw_beat(offset_hz: float, relative_db: float) -> Picture:
    """Draw a tone of 785 Hz with a weaker one beside it: their sum swells and fades.

    Parameters
    ----------
    offset_hz
        Of the weaker one, beside 785 Hz; not 0.
    relative_db
        Its level against the stronger, below 0 dB.
    """
    t = np.arange(0, 0.25, 1 / 16000)
    a = 10 ** (relative_db / 20)
    x = np.sin(2 * np.pi * 785 * t) + a * np.sin(2 * np.pi * (785 + offset_hz) * t)
    envelope = np.sqrt(1 + a**2 + 2 * a * np.cos(2 * np.pi * offset_hz * t))
    depth = pa.beat_depth(relative_db)
    figure, (axes,) = subplots(2.9)
    axes.plot(1000 * t, x, color=BLUE, lw=0.6, label="the sum")
    axes.plot(1000 * t, envelope, color=ORANGE, label="its envelope")
    axes.set(xlabel="time (ms)", ylabel="amplitude", xlim=(0, 250), ylim=(-2.1, 2.1))
    axes.set_title(
        f"{abs(offset_hz):g} beats a second, {depth:.1f} dB deep", loc="left"
    )
    legend_above(axes, 2)
    alt = (
        f"A tone and a second one {offset_hz:+g} Hz beside it, {relative_db:g} dB as "
        f"loud: the envelope of their sum beats {abs(offset_hz):g} times a second, "
        f"{depth:.1f} dB deep."
    )
    return Picture(figure, alt, (axes,))


@drawing
def draw_errors(s: Real, versions: Mapping[str, Real], rate: int) -> Picture:
    """Draw a recording's spectrum, its mask, and the error of each version.

    Each curve is the median over all frames: what a moment of it is like.

    Parameters
    ----------
    s
        ``(samples,)``: the recording.
    versions
        ``{name: (samples,)}``, one or two: the recording with an error.
    rate
        In Hz.
    """
    f = np.linspace(0, rate / 2, 257)
    frames = pa.frames_of(s)
    mask = np.median(pa.masking_threshold(frames, rate), axis=0)
    recording = np.median(pa.psd(frames), axis=0)
    figure, panels = subplots(3.6, columns=len(versions), sharey=True)
    words = []
    for axes, (name, x) in zip(panels, versions.items(), strict=True):
        error = np.median(pa.psd(pa.frames_of(x - s)), axis=0)
        axes.plot(pa.bark(f), recording, color=GREY, label="recording")
        axes.plot(pa.bark(f), mask, color=GREEN, ls="--", label="mask")
        axes.plot(pa.bark(f), error, color=ORANGE, label="error")
        audible = pa.bark(f)[error > mask]
        share = audible.size / f.size
        axes.fill_between(
            pa.bark(f), mask, error, where=error > mask, color=ORANGE, alpha=0.3
        )
        axes.set(xlabel="critical-band rate (Bark)", ylim=(-20, 90), title=name)
        words.append(f"{name}: above the mask on {100 * share:.0f} % of the lines.")
    panels[0].set_ylabel("level (dB SPL)")
    panels[0].legend(loc="upper right")
    alt = "Median spectra on the Bark axis: recording, mask, error. " + " ".join(words)
    return Picture(figure, alt, tuple(panels))
