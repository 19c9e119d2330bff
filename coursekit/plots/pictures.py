"""Figures for lectures: labelled axes, units, alt text, one style, no state.

Every function returns a `Picture`, which shows itself in a notebook as an image
with alt text. The alt text is written from the data (what is plotted, over which
range, where the peaks are) unless `alt` replaces it. Wherever several curves or
images share a figure they come as a mapping ``{label: array}`` and share a scale.

Colours are told apart by people who see few of them (Okabe and Ito's palette,
and each curve has a line style or marker of its own), the maps of spectrograms
are perceptually uniform, and letters are large enough for the last row.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from scipy.signal import find_peaks, get_window

Array = NDArray[np.float64]

WIDTH = 9.0
"""Width of every figure in inches; `CSS_WIDTH` pixels on a page."""

CSS_WIDTH = 840

_DPI = 120  # sharper than the page asks for, so that a projector may enlarge it
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DEPTH_DB = 80.0  # what a spectrogram shows below its maximum
_FLOOR = 1e-10  # amplitude of silence: -200 dB
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 13,
    "axes.titlesize": 13,
    "axes.labelsize": 13,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "axes.grid": False,
    "axes.facecolor": "white",
    "axes.edgecolor": "black",
    "axes.labelcolor": "black",
    "figure.facecolor": "white",
    "text.color": "black",
    "text.usetex": False,
    "xtick.color": "black",
    "ytick.color": "black",
    "axes.unicode_minus": True,
    "image.interpolation": "auto",
    "image.interpolation_stage": "data",
}


@contextmanager
def _style() -> Iterator[None]:
    """Draw in the course's style, and leave matplotlib's settings as they were."""
    with matplotlib.rc_context(_STYLE):
        yield


class Picture:
    """A figure that displays itself as an image with alt text.

    A notebook gets it as HTML, since JupyterLab gives a bare ``image/png`` no
    alt text, and as PNG for printouts.

    Parameters
    ----------
    figure
        The matplotlib figure. Change it before the first display if you must.
    alt
        The alt text.
    axes
        The axes that carry data; `zoom` acts on them.

    Attributes
    ----------
    figure, alt, axes
        As above.
    """

    def __init__(self, figure: Figure, alt: str, axes: tuple[Axes, ...]) -> None:
        if not alt.strip():
            raise ValueError("the alt text is empty: say what the figure shows")
        self.figure = figure
        self.alt = alt
        self.axes = axes
        self._png = b""

    @property
    def png(self) -> bytes:
        """The image, drawn when it is first asked for."""
        if not self._png:
            self._png = _render(self.figure)
        return self._png

    def zoom(
        self,
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
    ) -> Picture:
        """Show only a part, in the units of the axes; returns the same picture.

        Examples
        --------
        >>> tone = np.sin(np.arange(8000) / 10)
        >>> waveform(tone, 16000).zoom(x=(0.1, 0.12)).alt.split(". ")[-1]
        'The view is limited to 0.1 to 0.12 across.'
        """
        for limits, name in ((x, "x"), (y, "y")):
            if limits is not None and not limits[0] < limits[1]:
                raise ValueError(f"{name} is {limits}: give (low, high), low < high")
        for axes in self.axes:
            axes.set_xlim(x) if x else None
            axes.set_ylim(y) if y else None
        across = f"{_number(x[0])} to {_number(x[1])} across" if x else ""
        upwards = f"{_number(y[0])} to {_number(y[1])} upwards" if y else ""
        view = " and ".join(part for part in (across, upwards) if part)
        if view:
            self.alt = f"{self.alt} The view is limited to {view}."
        self._png = b""
        return self

    def save(self, path: Path | str) -> Path:
        """Write the image as a PNG file and return its path."""
        path = Path(path)
        if path.suffix != ".png":
            raise ValueError(f"{path.name}: pictures are saved as .png")
        path.write_bytes(self.png)
        return path

    def __repr__(self) -> str:
        """Return the alt text: the display where there are no images."""
        return f"[picture] {self.alt}"

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        return (
            f'<figure style="margin:0.4em 0"><img alt="{escape(self.alt, quote=True)}" '
            f'width="{CSS_WIDTH}" style="max-width:100%;height:auto" '
            f'src="data:image/png;base64,{data}"></figure>'
        )

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {
            "text/plain": repr(self),
            "text/html": self._repr_html_(),
            "image/png": base64.b64encode(self.png).decode("ascii"),
        }
        return data, {"image/png": {"alt": self.alt, "width": CSS_WIDTH}}


def _render(figure: Figure) -> bytes:
    """Return the figure as a PNG of 256 colours: a quarter of the size."""
    with _style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    maps = [shown.cmap for axes in figure.axes for shown in axes.images]
    if maps:
        image = image.quantize(palette=_palette(maps[0]), dither=Image.Dither.NONE)
    else:
        image = image.quantize(256, Image.Quantize.MAXCOVERAGE)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _palette(colours: Colormap) -> Image.Image:
    """Return 200 colours of a map, 28 greys, and the curves' colours on white."""
    shades = np.linspace(0.25, 1, 4)[:, None, None]
    curves = shades * [to_rgb(c) for c in _COLOURS] + (1 - shades)
    greys = np.linspace(0, 1, 28)[:, None] * np.ones(3)
    rgb = np.vstack([colours(np.linspace(0, 1, 200))[:, :3], greys, *curves])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.round(255 * rgb).astype(np.uint8).tobytes())
    return palette


# -- What the functions share: panels, checked arrays, words ----------------------


@dataclass(frozen=True)
class _Layout:
    """Rows and columns of panels in inches, with room for title, legend, bar.

    A `width` of 0 lets the panels fill the page.
    """

    rows: int = 1
    columns: int = 1
    height: float = 2.5
    above: float = 0.15
    between: tuple[float, float] = (0.2, 0.2)
    bar: bool = False
    width: float = 0.0

    @property
    def panel_width(self) -> float:
        """Width of one panel in inches."""
        if self.width:
            return self.width
        room = WIDTH - 1.1 - (1.25 if self.bar else 0.25)
        return (room - (self.columns - 1) * self.between[0]) / self.columns

    def build(self, title: str) -> tuple[Figure, list[Axes], Axes | None]:
        """Return the figure, its panels row by row, and the colour bar's axes."""
        above = self.above + (0.32 if title else 0.0)
        inner = self.rows * self.height + (self.rows - 1) * self.between[1]
        total = above + inner + 0.7
        figure = Figure(figsize=(WIDTH, total), dpi=_DPI)
        if title:
            at = 1 - 0.12 / total
            figure.text(0.012, at, title, va="top", weight="bold", fontsize=14)
        panels = []
        for row in range(self.rows):
            bottom = 0.7 + (self.rows - 1 - row) * (self.height + self.between[1])
            for column in range(self.columns):
                left = 1.1 + column * (self.panel_width + self.between[0])
                box = (left / WIDTH, bottom / total, self.panel_width / WIDTH)
                panels.append(figure.add_axes((*box, self.height / total)))
        if not self.bar:
            return figure, panels, None
        right = 1.1 + self.columns * (self.panel_width + self.between[0])
        left = right - self.between[0] + 0.15
        box = (left / WIDTH, 0.7 / total, 0.2 / WIDTH)
        return figure, panels, figure.add_axes((*box, inner / total))


def _number(value: float) -> str:
    """Return a number as it is read aloud: three digits, no exponent where short."""
    if value == 0:
        return "0"
    if 1000 <= abs(value) < 1e5:
        return f"{value:.0f}"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1000 else f"{value:.2e}"


def _count(n: int, thing: str) -> str:
    """Return ``"1 channel"`` or ``"2 channels"``."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def _real(values: ArrayLike, what: str, ndim: int) -> Array:
    """Return finite real numbers of `ndim` dimensions, or say what is wrong."""
    array = np.asarray(values)
    if array.dtype.kind == "c":
        raise ValueError(
            f"{what} is complex: draw np.abs of it, or its real and imaginary parts"
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{what} does not hold numbers: its dtype is {array.dtype}")
    if array.ndim != ndim or not array.size:
        raise ValueError(
            f"{what} has the shape {array.shape}; {_count(ndim, 'dimension')} "
            "with one value or more can be drawn here"
        )
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)]
        raise ValueError(f"{what} holds {bad.size} times {bad[0]}: nothing to draw")
    return array.astype(np.float64)


def _level(X: ArrayLike, what: str, ndim: int) -> Array:
    """Return 20 log10 |X| in dB of a complex spectrum or of its magnitude."""
    array = np.asarray(X)
    if array.dtype.kind == "c":
        array = np.abs(array)
    amplitude = _real(array, what, ndim)
    if amplitude.min() < 0:
        raise ValueError(
            f"{what} is real and has negative values ({_number(amplitude.min())}): "
            "give the complex spectrum or its magnitude (samples: spectrum_of)"
        )
    return 20 * np.log10(np.maximum(amplitude, _FLOOR))


def _named(
    values: Any, read: Callable[[Any, str], Array], what: str, most: int = 7
) -> dict[str, Array]:
    """Return ``{label: array}``; a single array gets the label ""."""
    if not isinstance(values, Mapping):
        return {"": read(values, what)}
    if not 1 <= len(values) <= most:
        raise ValueError(f"{len(values)} to draw in one figure; 1 to {most} fit")
    for label in values:
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"{label!r} is no label: say in a word what it is")
    return {label: read(v, f"{what} {label!r}") for label, v in values.items()}


def _checked_rate(rate: float) -> float:
    """Return the rate; refuse what is not a positive number."""
    if not np.isfinite(rate) or rate <= 0:
        raise ValueError(f"rate is {rate}; it is in samples per second, above 0")
    return float(rate)


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


def _alt(alt: str, kind: str, title: str, sentences: list[str]) -> str:
    """Return the author's alt text, or the one written from the data."""
    if alt:
        return alt
    opening = f"{kind}: {title}." if title else f"{kind}."
    return " ".join([opening, *sentences])


def _prefix(label: str) -> str:
    """Return ``"label: "``, or nothing for a single unlabelled array."""
    return f"{label}: " if label else ""


# -- Over time --------------------------------------------------------------------


def waveform(
    x: ArrayLike | Mapping[str, ArrayLike],
    rate: float,
    *,
    title: str = "",
    alt: str = "",
) -> Picture:
    """Draw amplitude over time; several sounds one above the other, on one scale.

    Parameters
    ----------
    x
        ``(samples,)``, ``(channels, samples)``, or ``{label: (samples,)}``.
    rate
        Samples per second.
    title
        Stands above the figure.
    alt
        Replaces the alt text that is written from the data.

    Raises
    ------
    ValueError
        Where `x` is empty, complex, not finite or of another shape.

    Examples
    --------
    >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> waveform(tone, 16000, title="A tone").alt
    'Waveform: A tone. 1 s at 16000 Hz. Peak 0.5 at 0.00625 s, RMS 0.354.'
    """
    if not isinstance(x, Mapping) and np.ndim(x) == 2:
        x = {f"channel {k + 1}": row for k, row in enumerate(np.asarray(x))}
    sounds = _named(x, lambda v, what: _real(v, what, 1), "x")
    rate = _checked_rate(rate)
    height = 2.5 if len(sounds) == 1 else max(1.0, 4.5 / len(sounds))
    peak = max(float(np.abs(s).max()) for s in sounds.values()) or 1.0
    with _style():
        layout = _Layout(rows=len(sounds), height=height)
        figure, panels, _ = layout.build(title)
        for axes, (label, sound) in zip(panels, sounds.items(), strict=True):
            axes.add_line(_Wave(sound, rate))
            axes.set_ylim(-1.08 * peak, 1.08 * peak)
            axes.set_xlim(0, max(len(s) for s in sounds.values()) / rate)
            axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
            axes.yaxis.set_major_locator(MaxNLocator(5 if height > 2 else 3))
            _tag(axes, label)
            axes.tick_params(labelbottom=axes is panels[-1])
        panels[-1].set_xlabel("time (s)")
        _outer_label(figure, panels, "amplitude")
    words = [_waveform_words(label, s, rate) for label, s in sounds.items()]
    return Picture(figure, _alt(alt, "Waveform", title, words), tuple(panels))


def _outer_label(figure: Figure, panels: list[Axes], text: str) -> None:
    """Write one label beside a column of panels, halfway up."""
    middle = (panels[0].get_position().y1 + panels[-1].get_position().y0) / 2
    figure.text(0.03, middle, text, rotation=90, va="center", ha="center")


def _tag(axes: Axes, label: str) -> None:
    """Write a panel's label into its corner."""
    if label:
        box: Any = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2}
        at = axes.transAxes
        axes.text(0.01, 0.96, label, va="top", ha="left", transform=at, bbox=box)


class _Wave(Line2D):
    """A line over time that draws the extremes of what one pixel column holds.

    As fast for a minute as for a second, and no peak is lost, at any zoom.
    """

    def __init__(self, sound: Array, rate: float) -> None:
        self._all = np.arange(len(sound)) / rate, sound
        self._rate = rate
        super().__init__(*self._all, color=_COLOURS[0], linewidth=1.0)

    def draw(self, renderer: Any) -> None:
        """Draw the part in view, reduced to two values per column."""
        t, y = self._all
        low, high = self.axes.get_xlim() if self.axes else (0.0, t[-1])
        first = max(0, int(np.floor(low * self._rate)) - 1)
        last = min(len(y), int(np.ceil(high * self._rate)) + 2)
        if last > first:
            step = (last - first) // round(WIDTH * _DPI)
            self.set_data(*_outline(t[first:last], y[first:last], step))
            super().draw(renderer)
            self.set_data(t, y)


def _outline(t: Array, y: Array, step: int) -> tuple[Array, Array]:
    """Return smallest and largest value of every `step` samples, where step > 2."""
    if step <= 2:
        return t, y
    at = np.arange(0, len(y), step)
    low, high = np.minimum.reduceat(y, at), np.maximum.reduceat(y, at)
    return np.repeat(t[at], 2), np.stack([low, high], axis=1).ravel()


def _waveform_words(label: str, sound: Array, rate: float) -> str:
    """Return length, peak and RMS in a sentence."""
    at = int(np.abs(sound).argmax())
    rms = float(np.sqrt(np.mean(sound**2)))
    return (
        f"{_prefix(label)}{_number(len(sound) / rate)} s at {_number(rate)} Hz. "
        f"Peak {_number(abs(sound[at]))} at {_number(at / rate)} s, "
        f"RMS {_number(rms)}."
    )


# -- Over time and frequency ------------------------------------------------------


def spectrogram(
    X: ArrayLike,
    rate: float,
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
    rate: float,
    hop: int,
    *,
    title: str = "",
    range_db: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw several spectrograms ``{label: X}`` on one scale, up to nine.

    As `spectrogram`, with the same axes and the same colours for all; by default
    the 80 dB below the maximum of them all.

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
    rate: float,
    hop: int,
    title: str,
    range_db: tuple[float, float] | None,
    alt: str,
) -> Picture:
    """Draw one or several spectrograms on one scale."""
    if set(spectrograms) == {""}:
        levels = {"": _level(spectrograms[""], "X", 2)}
    else:
        levels = _named(spectrograms, lambda v, w: _level(v, w, 2), "X", most=9)
    rate = _checked_rate(rate)
    if hop < 1 or any(level.shape[0] < 2 for level in levels.values()):
        shapes = [level.shape for level in levels.values()]
        raise ValueError(
            f"hop is {hop} and the shapes (bins, frames) are {shapes}: a hop of one "
            "sample or more and two bins or more can be drawn"
        )
    low, high = _checked_range(range_db, max(v.max() for v in levels.values()))
    with _style():
        layout = _panels(len(levels), labelled="" not in levels)
        figure, panels, bar = layout.build(title)
        for axes, (label, level) in zip(panels, levels.items(), strict=False):
            image = _frequency_image(axes, level, rate, hop)
            image.set_clim(low, high)
            axes.set_title(label, fontsize=13, pad=4)
        for axes in panels[len(levels) :]:
            axes.remove()
        panels = panels[: len(levels)]
        _outer_labels(panels, layout.columns, "time (s)", "frequency (Hz)")
        ticks = MaxNLocator(5, steps=[1, 2, 5, 10])
        shown = figure.colorbar(image, cax=bar, ticks=ticks)
        shown.set_label("amplitude (dB re 1)", labelpad=7)
    words = [_axes_words(levels, rate, hop, (low, high))]
    words += [_spectrogram_words(k, v, rate, hop) for k, v in levels.items()]
    kind = "Spectrogram" if len(levels) == 1 else "Spectrograms on one scale"
    return Picture(figure, _alt(alt, kind, title, words), tuple(panels))


def _panels(n: int, labelled: bool) -> _Layout:
    """Return the arrangement of n images: a row of up to three, else a square."""
    columns = n if n <= 3 else ceil(np.sqrt(n))
    rows = ceil(n / columns)
    height = 3.0 if rows == 1 else 2.3 if rows == 2 else 1.8
    above = 0.34 if labelled else 0.15
    between = (0.2, 0.4)
    return _Layout(rows, columns, height, above, between, bar=True)


def _frequency_image(axes: Axes, level: Array, rate: float, hop: int) -> Any:
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


def _outer_labels(panels: list[Axes], columns: int, xlabel: str, ylabel: str) -> None:
    """Label the axes along the left and the lower edge only."""
    last = len(panels) - 1
    for k, axes in enumerate(panels):
        left, lowest = k % columns == 0, k + columns > last
        axes.set_ylabel(ylabel if left else "")
        axes.set_xlabel(xlabel if lowest else "")
        axes.tick_params(labelleft=left, labelbottom=lowest)


def _axes_words(
    levels: dict[str, Array], rate: float, hop: int, limits: tuple[float, float]
) -> str:
    """Return what the axes of spectrograms show, in a sentence."""
    bins, frames = next(iter(levels.values())).shape
    return (
        f"Time 0 to {_number((frames - 1) * hop / rate)} s in {frames} frames, "
        f"frequency 0 to {_number(rate / 2)} Hz in {bins} bins, colours from "
        f"{_number(limits[0])} to {_number(limits[1])} dB."
    )


def _spectrogram_words(label: str, level: Array, rate: float, hop: int) -> str:
    """Return where a spectrogram is strongest and where its energy lies."""
    bins, _ = level.shape
    f, t = np.unravel_index(int(level.argmax()), level.shape)
    energy = np.cumsum((10 ** (level / 10)).sum(axis=1))
    half = int(np.searchsorted(energy, energy[-1] / 2))
    hz = rate / 2 / (bins - 1)
    return (
        f"{_prefix(label)}Strongest: {_number(level[f, t])} dB at "
        f"{_number(t * hop / rate)} s and {_number(f * hz)} Hz. Half of the energy "
        f"lies below {_number(half * hz)} Hz."
    )


# -- Over frequency ---------------------------------------------------------------


def spectrum(
    X: ArrayLike | Mapping[str, ArrayLike],
    rate: float,
    *,
    title: str = "",
    range_db: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw the amplitude in dB over frequency of half spectra ``(bins,)``.

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
    levels = _named(X, lambda v, what: _level(v, what, 1), "X")
    return _spectra(levels, rate, title, range_db, (alt, "dB re 1"))


def spectrum_of(
    x: ArrayLike | Mapping[str, ArrayLike],
    rate: float,
    *,
    title: str = "",
    range_db: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw the spectrum of samples ``(samples,)`` or ``{label: samples}``.

    One Hann window over the whole sound, scaled so that a sine of amplitude A on
    a bin reads 20 log10 A: dB re full scale. Other parameters as in `spectrum`.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> "-20 dB at 1000 Hz" in spectrum_of(tone, 8000).alt
    True
    """
    sounds = _named(x, lambda v, what: _real(v, what, 1), "x")
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
    rate: float,
    title: str,
    range_db: tuple[float, float] | None,
    words: tuple[str, str],
) -> Picture:
    """Draw levels in dB over frequency; `words` are the alt text and the unit."""
    alt, unit = words
    rate = _checked_rate(rate)
    if min(map(len, levels.values())) < 2:
        raise ValueError("a spectrum of one bin cannot be drawn: two or more")
    low, high = _checked_range(range_db, max(v.max() for v in levels.values()))
    bins = {k: np.linspace(0, rate / 2, len(v)) for k, v in levels.items()}
    with _style():
        figure, axes = _single(levels, title)
        for k, (label, level) in enumerate(levels.items()):
            axes.plot(bins[label], level, label=label, **_look(k))
        axes.set_ylim(low, high + 0.03 * (high - low))
        axes.set_xlim(0, rate / 2)
        _finish(axes, levels, "frequency (Hz)", f"amplitude ({unit})")
    sentences = [f"Frequency 0 to {_number(rate / 2)} Hz."]
    sentences += [
        _spectrum_words(label, bins[label], v, low) for label, v in levels.items()
    ]
    return Picture(figure, _alt(alt, "Spectrum", title, sentences), (axes,))


def _spectrum_words(label: str, hz: Array, level: Array, low: float) -> str:
    """Return the maximum and up to five peaks of a spectrum, in a sentence."""
    padded = np.concatenate([[-1e3], level, [-1e3]])
    found, about = find_peaks(padded, height=low, prominence=10)
    order = np.argsort(about["peak_heights"], kind="stable")[::-1][:5]
    peaks = ", ".join(_number(f) for f in np.sort(hz[found[order] - 1]))
    top = int(level.argmax())
    strongest = f"Strongest: {_number(level[top])} dB at {_number(hz[top])} Hz"
    return f"{_prefix(label)}{strongest}{f'; peaks at {peaks} Hz' if peaks else ''}."


# -- Curves and matrices ----------------------------------------------------------


def lines(
    x: ArrayLike,
    curves: ArrayLike | Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    alt: str = "",
) -> Picture:
    """Draw curves over x.

    Parameters
    ----------
    x
        ``(points,)``.
    curves
        ``(points,)`` or ``{label: (points,)}``, up to seven.
    xlabel, ylabel
        What is plotted, with the unit: ``"time (s)"``.
    title
        Stands above the figure.
    alt
        Replaces the alt text that is written from the data.

    Examples
    --------
    >>> f = [0, 1, 2, 3]
    >>> picture = lines(f, {"f squared": [0, 1, 4, 9]}, xlabel="f", ylabel="value")
    >>> print(picture.alt)
    Curves. value over f, 0 to 3. f squared: from 0 at 0 to 9 at 3.
    """
    return _curves(x, curves, (xlabel, ylabel, title, alt), _line, "Curves")


def stems(
    x: ArrayLike,
    curves: ArrayLike | Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    alt: str = "",
) -> Picture:
    """Draw values that stand alone as stems from zero; otherwise like `lines`.

    Examples
    --------
    >>> n = np.arange(4)
    >>> stems(n, np.cos(np.pi * n), xlabel="sample n", ylabel="amplitude").alt
    'Stems. amplitude over sample n, 0 to 3. From -1 at 1 to 1 at 0.'
    """
    return _curves(x, curves, (xlabel, ylabel, title, alt), _stem, "Stems")


def _line(axes: Axes, k: int, x: Array, y: Array, label: str) -> None:
    """Draw curve k as a line."""
    axes.plot(x, y, label=label, **_look(k))


def _stem(axes: Axes, k: int, x: Array, y: Array, label: str) -> None:
    """Draw curve k as stems from zero, a little beside those of the others."""
    colour = _COLOURS[k]
    if np.array_equal(x, np.round(x)):  # counted things have no halves
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    spacing = float(np.min(np.diff(np.unique(x)), initial=np.ptp(x) or 1.0))
    x = x + (k + 1) // 2 * (-1) ** k * 0.1 * spacing
    axes.axhline(0, color="0.4", linewidth=0.8, zorder=0)
    axes.vlines(x, 0, y, color=colour, linewidth=1.2, linestyle=_DASHES[k])
    axes.plot(x, y, _MARKERS[k], color=colour, label=label, markersize=5 + (k == 0))


def _look(k: int) -> dict[str, Any]:
    """Return colour and dashes of curve k."""
    return {"color": _COLOURS[k], "linestyle": _DASHES[k]}


def _curves(
    x: ArrayLike,
    curves: Any,
    words: tuple[str, str, str, str],
    draw: Callable[[Axes, int, Array, Array, str], None],
    kind: str,
) -> Picture:
    """Draw ``{label: y}`` over x with `draw`."""
    xlabel, ylabel, title, alt = words
    if not (xlabel.strip() and ylabel.strip()):
        raise ValueError(f"xlabel is {xlabel!r}, ylabel is {ylabel!r}: name both axes")
    across = _real(x, "x", 1)
    named = _named(curves, lambda v, what: _real(v, what, 1), "curve")
    for label, y in named.items():
        if len(y) != len(across):
            name = f"the curve {label!r}" if label else "the curve"
            raise ValueError(f"{name} has {len(y)} points, x has {len(across)}")
    with _style():
        figure, axes = _single(named, title)
        for k, (label, y) in enumerate(named.items()):
            draw(axes, k, across, y, label)
        _finish(axes, named, xlabel, ylabel)
    span = f"{_number(across.min())} to {_number(across.max())}"
    sentences = [f"{ylabel} over {xlabel}, {span}."]
    sentences += [_curve_words(label, across, y) for label, y in named.items()]
    return Picture(figure, _alt(alt, kind, title, sentences), (axes,))


def _curve_words(label: str, x: Array, y: Array) -> str:
    """Return the extremes of a curve in a sentence."""
    low, high = int(y.argmin()), int(y.argmax())
    if y[low] == y[high]:
        return f"{_prefix(label)}{_number(y[low])} throughout."
    return (
        f"{_prefix(label)}{'from' if label else 'From'} {_number(y[low])} at "
        f"{_number(x[low])} to {_number(y[high])} at {_number(x[high])}."
    )


def _single(named: dict[str, Array], title: str) -> tuple[Figure, Axes]:
    """Return a figure of one panel, with room for a legend where it needs one."""
    above = 0.15 if "" in named else 0.08 + 0.32 * _legend_shape(named)[0]
    figure, panels, _ = _Layout(height=2.9, above=above).build(title)
    return figure, panels[0]


def _legend_shape(named: dict[str, Array]) -> tuple[int, int]:
    """Return rows and columns of the legend, from the length of its labels."""
    longest = max(len(label) for label in named) + 7
    columns = max(1, min(len(named), 84 // longest))
    return ceil(len(named) / columns), columns


def _finish(axes: Axes, named: dict[str, Array], xlabel: str, ylabel: str) -> None:
    """Label the axes, draw a light grid, and put the legend above."""
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(color="0.88", linewidth=0.8)
    axes.set_axisbelow(True)
    if "" not in named:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=_legend_shape(named)[1],
            frameon=False,
            borderaxespad=0.1,
            handlelength=2.4,
        )


def matrix(
    M: ArrayLike | Mapping[str, ArrayLike],
    *,
    xlabel: str = "column",
    ylabel: str = "row",
    title: str = "",
    unit: str = "value",
    alt: str = "",
) -> Picture:
    """Draw a real matrix, or several ``{label: M}`` on one scale, as an image.

    Row 0 is at the top. Where there are negative values, zero is white, blue is
    negative, red is positive. Small matrices carry their values.

    Parameters
    ----------
    M
        ``(rows, columns)``, real, or ``{label: M}``, up to three.
    xlabel, ylabel
        What the columns and the rows count.
    title
        Stands above the figure.
    unit
        Labels the colour bar.
    alt
        Replaces the alt text that is written from the data.

    Examples
    --------
    >>> matrix([[1, 1], [1, -1]], xlabel="t", ylabel="f").alt
    'Matrix. 2 rows (f) by 2 columns (t), from -1 to 1. Rows: 1, 1; 1, -1.'
    """
    named = _named(M, lambda v, what: _real(v, what, 2), "M", most=3)
    low = min(float(m.min()) for m in named.values())
    high = max(float(m.max()) for m in named.values())
    reach = max(abs(low), abs(high)) or 1.0
    look: Any = {
        "vmin": low,
        "vmax": high if high > low else low + 1,
        "cmap": "viridis",
    }
    if low < 0:
        look = {"vmin": -reach, "vmax": reach, "cmap": "RdBu_r"}
    with _style():
        layout = _matrix_layout(named)
        figure, panels, bar = layout.build(title)
        for axes, (label, m) in zip(panels, named.items(), strict=True):
            image = axes.imshow(m, aspect="auto", interpolation="nearest", **look)
            axes.set_title(label, fontsize=13, pad=4)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
            _write_values(axes, m, image)
        _outer_labels(panels, layout.columns, xlabel, ylabel)
        figure.colorbar(
            image, cax=bar, label=unit, ticks=MaxNLocator(5, steps=[1, 2, 5, 10])
        )
    words = [_matrix_words(label, m, (xlabel, ylabel)) for label, m in named.items()]
    return Picture(figure, _alt(alt, "Matrix", title, words), tuple(panels))


def _matrix_layout(named: dict[str, Array]) -> _Layout:
    """Return panels whose cells are square, as far as the page allows."""
    above = 0.15 if "" in named else 0.34
    page = _Layout(1, len(named), 1.0, above, (0.4, 0.2), bar=True)
    rows, columns = next(iter(named.values())).shape
    height = float(np.clip(page.panel_width * rows / columns, 1.0, 4.2))
    width = float(np.clip(height * columns / rows, 1.0, page.panel_width))
    return replace(page, height=height, width=width)


def _write_values(axes: Axes, m: Array, image: Any) -> None:
    """Write its values into a small matrix, dark on light and light on dark."""
    if max(m.shape) > 8:
        return
    for (row, column), value in np.ndenumerate(m):
        red, green, blue, _ = image.cmap(image.norm(value))
        dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
        axes.text(
            column,
            row,
            f"{value + 0.0:.2g}" if abs(value) >= 5e-3 else "0",
            ha="center",
            va="center",
            fontsize=11,
            color="white" if dark else "black",
        )


def _matrix_words(label: str, m: Array, names: tuple[str, str]) -> str:
    """Return size and range of a matrix, and its values where they are few."""
    rows, columns = m.shape
    size = (
        f"{_prefix(label)}{_count(rows, 'row')} ({names[1]}) by "
        f"{_count(columns, 'column')} ({names[0]}), from {_number(m.min())} to "
        f"{_number(m.max())}."
    )
    if max(m.shape) > 8:
        return size
    values = "; ".join(", ".join(_number(round(v, 3)) for v in row) for row in m)
    return f"{size} Rows: {values}."
