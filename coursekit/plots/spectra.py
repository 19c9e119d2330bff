"""Spectrograms and spectra in dB, over time and frequency."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from scipy.signal import find_peaks, get_window

from coursekit.plots.pictures import (
    Array,
    Picture,
    alt_text,
    checked_rate,
    named_arrays,
    number,
    prefix,
    real_array,
)
from coursekit.plots.style import (
    Layout,
    figure_style,
    finish,
    look_of_curve,
    outer_labels,
    single_panel,
)

_DEPTH_DB = 80.0  # what a spectrogram shows below its maximum
_FLOOR = 1e-10  # amplitude of silence: -200 dB


def _level(X: ArrayLike, what: str, ndim: int) -> Array:
    """Return 20 log10 |X| in dB of a complex spectrum or of its magnitude."""
    array = np.asarray(X)
    if array.dtype.kind == "c":
        array = np.abs(array)
    amplitude = real_array(array, what, ndim)
    if amplitude.min() < 0:
        raise ValueError(
            f"{what} is real and has negative values ({number(amplitude.min())}): "
            "give the complex spectrum or its magnitude (samples: spectrum_of)"
        )
    return 20 * np.log10(np.maximum(amplitude, _FLOOR))


def _checked_range(
    range_db: tuple[float, float] | None, top: float
) -> tuple[float, float]:
    """Return the lowest and highest level to show, in dB."""
    if range_db is None:
        top = float(np.ceil(max(top, -100.0)))
        return top - _DEPTH_DB, top
    low, high = range_db
    if not low < high:
        raise ValueError(
            f"range_db is {range_db}: give (vmin, vmax) in dB, vmin < vmax"
        )
    return float(low), float(high)


# -- Over time and frequency ------------------------------------------------------


def spectrogram(
    X: ArrayLike,
    rate: int,
    hop: int,
    *,
    title: str = "",
    range_db: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw the amplitude of an STFT in dB over time and frequency.

    The level is 20 log10 |X|, that is dB re |X| = 1. Each bin and frame is a
    rectangle around its centre: frame k lies at ``k * hop / rate``, bin f at
    ``f * rate / N`` with N = 2 (bins - 1).

    Lecture 02.

    Parameters
    ----------
    X
        ``(bins, frames)``, complex or its magnitude, as `fourier.stft` gives it:
        frame k is centred on sample ``k * hop``, the last bin is rate / 2.
    rate
        Samples per second.
    hop
        Samples from one frame to the next.
    title
        Stands above the figure.
    range_db
        ``(vmin, vmax)`` of the colours in dB, to compare figures; by default the
        80 dB below the maximum.
    alt
        Replaces the alt text that is written from the data.

    Examples
    --------
    >>> X = np.full((5, 3), 0.01)
    >>> X[2, 1] = 10
    >>> print(spectrogram(X, 8000, 800).alt)  # doctest: +NORMALIZE_WHITESPACE
    Spectrogram. Time 0 to 0.2 s in 3 frames, frequency 0 to 4000 Hz in 5 bins, colours
    from -60 to 20 dB. Strongest: 20 dB at 0.1 s and 2000 Hz. Half of the energy lies
    below 2000 Hz.
    """
    return _spectrograms({"": X}, rate, hop, title, range_db, alt)


def compare(
    spectrograms: Mapping[str, ArrayLike],
    rate: int,
    hop: int,
    *,
    title: str = "",
    range_db: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw several spectrograms ``{label: X}`` on one scale, up to nine.

    Each is ``(bins, frames)``, as in `spectrogram`, with the same axes and the same
    colours for all; by default the 80 dB below the maximum of them all.

    Lecture 02.

    Examples
    --------
    >>> loud, quiet = np.ones((5, 4)), np.full((5, 4), 0.1)
    >>> picture = compare({"loud": loud, "quiet": quiet}, 8000, 800)
    >>> "colours from -80 to 0 dB" in picture.alt
    True
    """
    if not isinstance(spectrograms, Mapping):
        raise ValueError("compare takes {label: X}; for a single X use spectrogram")
    return _spectrograms(spectrograms, rate, hop, title, range_db, alt)


def _spectrograms(
    spectrograms: Mapping[str, ArrayLike],
    rate: int,
    hop: int,
    title: str,
    range_db: tuple[float, float] | None,
    alt: str,
) -> Picture:
    """Draw one or several spectrograms on one scale."""
    if set(spectrograms) == {""}:
        levels = {"": _level(spectrograms[""], "X", 2)}
    else:
        levels = named_arrays(spectrograms, lambda v, w: _level(v, w, 2), "X", most=9)
    rate = checked_rate(rate)
    if hop < 1 or any(level.shape[0] < 2 for level in levels.values()):
        shapes = [level.shape for level in levels.values()]
        raise ValueError(
            f"hop is {hop} and the shapes (bins, frames) are {shapes}: a hop of one "
            "sample or more and two bins or more can be drawn"
        )
    low, high = _checked_range(range_db, max(v.max() for v in levels.values()))
    with figure_style():
        layout = _panels(len(levels), labelled="" not in levels)
        figure, panels, bar = layout.build(title)
        for axes, (label, level) in zip(panels, levels.items(), strict=False):
            image = _frequency_image(axes, level, rate, hop)
            image.set_clim(low, high)
            axes.set_title(label, fontsize=13, pad=4)
        for axes in panels[len(levels) :]:
            axes.remove()
        panels = panels[: len(levels)]
        outer_labels(panels, layout.columns, "time (s)", "frequency (Hz)")
        ticks = MaxNLocator(5, steps=[1, 2, 5, 10])
        shown = figure.colorbar(image, cax=bar, ticks=ticks)
        shown.set_label("amplitude (dB re 1)", labelpad=7)
    words = [_axes_words(levels, rate, hop, (low, high))]
    words += [_spectrogram_words(k, v, rate, hop) for k, v in levels.items()]
    kind = "Spectrogram" if len(levels) == 1 else "Spectrograms on one scale"
    return Picture(figure, alt_text(alt, kind, title, words), tuple(panels))


def _panels(n: int, labelled: bool) -> Layout:
    """Return the arrangement of n images: a row of up to three, else a square."""
    columns = n if n <= 3 else ceil(np.sqrt(n))
    rows = ceil(n / columns)
    height = 3.0 if rows == 1 else 2.3 if rows == 2 else 1.8
    above = 0.34 if labelled else 0.15
    between = (0.2, 0.4)
    return Layout(rows, columns, height, above, between, bar=True)


def _frequency_image(axes: Axes, level: Array, rate: int, hop: int) -> Any:
    """Draw one spectrogram so that bins and frames are centred where they lie."""
    bins, frames = level.shape
    df, dt = rate / 2 / (bins - 1), hop / rate
    step = ceil(frames / 4000)  # more columns than any screen has: keep their maxima
    if step > 1:
        level = np.maximum.reduceat(level, np.arange(0, frames, step), axis=1)
    extent = (-dt / 2, (frames - 0.5) * dt, -df / 2, rate / 2 + df / 2)
    image = axes.imshow(
        level, origin="lower", aspect="auto", extent=extent, cmap="magma"
    )
    axes.set_ylim(max(0.0, extent[2]), rate / 2)
    axes.set_xlim(0, extent[1])
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], prune="upper"))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    return image


def _axes_words(
    levels: dict[str, Array], rate: int, hop: int, limits: tuple[float, float]
) -> str:
    """Return what the axes of spectrograms show, in a sentence."""
    bins, frames = next(iter(levels.values())).shape
    return (
        f"Time 0 to {number((frames - 1) * hop / rate)} s in {frames} frames, "
        f"frequency 0 to {number(rate / 2)} Hz in {bins} bins, colours from "
        f"{number(limits[0])} to {number(limits[1])} dB."
    )


def _spectrogram_words(label: str, level: Array, rate: int, hop: int) -> str:
    """Return where a spectrogram is strongest and where its energy lies."""
    bins, _ = level.shape
    f, t = np.unravel_index(int(level.argmax()), level.shape)
    energy = np.cumsum((10 ** (level / 10)).sum(axis=1))
    half = int(np.searchsorted(energy, energy[-1] / 2))
    hz = rate / 2 / (bins - 1)
    return (
        f"{prefix(label)}Strongest: {number(level[f, t])} dB at "
        f"{number(t * hop / rate)} s and {number(f * hz)} Hz. Half of the energy "
        f"lies below {number(half * hz)} Hz."
    )


# -- Over frequency ---------------------------------------------------------------


def spectrum(
    X: ArrayLike | Mapping[str, ArrayLike],
    rate: int,
    *,
    title: str = "",
    range_db: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw the amplitude in dB over frequency of half spectra ``(bins,)``.

    Lecture 02.

    Parameters
    ----------
    X
        Complex or its magnitude, bins 0 to rate / 2 (as of ``rfft`` or a column of
        an STFT), or ``{label: X}`` for several curves, also of different lengths.
        For samples, use `spectrum_of`.
    rate
        Samples per second.
    title
        Stands above the figure.
    range_db
        ``(lowest, highest)`` level to show; by default the 80 dB below the maximum.
    alt
        Replaces the alt text that is written from the data.

    Examples
    --------
    >>> X = np.fft.rfft(np.sin(2 * np.pi * 4 * np.arange(64) / 64))
    >>> spectrum(X, 8000).alt.split(". ", 2)[2]
    'Strongest: 30.1 dB at 500 Hz; peaks at 500 Hz.'
    """
    levels = named_arrays(X, lambda v, what: _level(v, what, 1), "X")
    return _spectra(levels, rate, title, range_db, (alt, "dB re 1"))


def spectrum_of(
    x: ArrayLike | Mapping[str, ArrayLike],
    rate: int,
    *,
    title: str = "",
    range_db: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw the spectrum of samples ``(samples,)`` or ``{label: samples}``.

    One Hann window over the whole sound, scaled so that a sine of amplitude A on
    a bin reads 20 log10 A: dB re full scale. Other parameters as in `spectrum`.

    Lecture 02.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> "-20 dB at 1000 Hz" in spectrum_of(tone, 8000).alt
    True
    """
    sounds = named_arrays(x, lambda v, what: real_array(v, what, 1), "x")
    levels = {label: _sine_level(s) for label, s in sounds.items()}
    return _spectra(levels, rate, title, range_db, (alt, "dBFS"))


def _sine_level(x: Array) -> Array:
    """Return the level per bin of which a sine of amplitude A reads 20 log10 A."""
    if len(x) < 4:
        raise ValueError(f"{len(x)} samples have no spectrum worth drawing: 4 or more")
    w = get_window("hann", len(x))
    amplitude = 2 * np.abs(np.fft.rfft(x * w)) / w.sum()
    return 20 * np.log10(np.maximum(amplitude, _FLOOR))


def _spectra(
    levels: dict[str, Array],
    rate: int,
    title: str,
    range_db: tuple[float, float] | None,
    words: tuple[str, str],
) -> Picture:
    """Draw levels in dB over frequency; `words` are the alt text and the unit."""
    alt, unit = words
    rate = checked_rate(rate)
    if min(map(len, levels.values())) < 2:
        raise ValueError("a spectrum of one bin cannot be drawn: two or more")
    low, high = _checked_range(range_db, max(v.max() for v in levels.values()))
    bins = {k: np.linspace(0, rate / 2, len(v)) for k, v in levels.items()}
    with figure_style():
        figure, axes = single_panel(levels, title)
        for k, (label, level) in enumerate(levels.items()):
            axes.plot(bins[label], level, label=label, **look_of_curve(k))
        axes.set_ylim(low, high + 0.03 * (high - low))
        axes.set_xlim(0, rate / 2)
        finish(axes, levels, "frequency (Hz)", f"amplitude ({unit})")
    sentences = [f"Frequency 0 to {number(rate / 2)} Hz."]
    sentences += [
        _spectrum_words(label, bins[label], v, low) for label, v in levels.items()
    ]
    return Picture(figure, alt_text(alt, "Spectrum", title, sentences), (axes,))


def _spectrum_words(label: str, hz: Array, level: Array, low: float) -> str:
    """Return the maximum and up to five peaks of a spectrum, in a sentence."""
    padded = np.concatenate([[-1e3], level, [-1e3]])
    found, about = find_peaks(padded, height=low, prominence=10)
    order = np.argsort(about["peak_heights"], kind="stable")[::-1][:5]
    peaks = ", ".join(number(f) for f in np.sort(hz[found[order] - 1]))
    top = int(level.argmax())
    strongest = f"Strongest: {number(level[top])} dB at {number(hz[top])} Hz"
    return f"{prefix(label)}{strongest}{f'; peaks at {peaks} Hz' if peaks else ''}."
