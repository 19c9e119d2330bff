"""Waveforms, curves, stems and matrices as pictures with alt text.

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
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from PIL import Image

from coursekit.plots.style import (
    COLOURS,
    CSS_WIDTH,
    DASHES,
    DPI,
    MARKERS,
    WIDTH,
    Array,
    Layout,
    figure_style,
    finish,
    look_of_curve,
    outer_label,
    outer_labels,
    single_panel,
)


class Picture:
    """A figure that displays itself as an image with alt text.

    A notebook gets it as HTML, since JupyterLab gives a bare ``image/png`` no
    alt text, and as PNG for printouts.

    Lecture 02.

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
        across = f"{number(x[0])} to {number(x[1])} across" if x else ""
        upwards = f"{number(y[0])} to {number(y[1])} upwards" if y else ""
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
    with figure_style():
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
    curves = shades * [to_rgb(c) for c in COLOURS] + (1 - shades)
    greys = np.linspace(0, 1, 28)[:, None] * np.ones(3)
    rgb = np.vstack([colours(np.linspace(0, 1, 200))[:, :3], greys, *curves])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.round(255 * rgb).astype(np.uint8).tobytes())
    return palette


# -- What the functions share: panels, checked arrays, words ----------------------


def number(value: float) -> str:
    """Return a number as it is read aloud: three digits, no exponent where short."""
    if value == 0:
        return "0"
    if 1000 <= abs(value) < 1e5:
        return f"{value:.0f}"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1000 else f"{value:.2e}"


def counted(n: int, thing: str) -> str:
    """Return ``"1 channel"`` or ``"2 channels"``."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def real_array(values: ArrayLike, what: str, ndim: int) -> Array:
    """Return finite real numbers whose shape has `ndim` axes, or say what is wrong."""
    array = np.asarray(values)
    if array.dtype.kind == "c":
        raise ValueError(
            f"{what} is complex: draw np.abs of it, or its real and imaginary parts"
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{what} does not hold numbers: its dtype is {array.dtype}")
    if array.ndim != ndim or not array.size:
        raise ValueError(
            f"{what} has the shape {array.shape}; {counted(ndim, 'dimension')} "
            "with one value or more can be drawn here"
        )
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)]
        raise ValueError(f"{what} holds {bad.size} times {bad[0]}: nothing to draw")
    return array.astype(np.float64)


def named_arrays(
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


def checked_rate(rate: int) -> int:
    """Return the rate; refuse what is not a positive number."""
    if not np.isfinite(rate) or rate <= 0:
        raise ValueError(f"rate is {rate}; it is in samples per second, above 0")
    return rate


def alt_text(alt: str, kind: str, title: str, sentences: list[str]) -> str:
    """Return the author's alt text, or the one written from the data."""
    if alt:
        return alt
    opening = f"{kind}: {title}." if title else f"{kind}."
    return " ".join([opening, *sentences])


def prefix(label: str) -> str:
    """Return ``"label: "``, or nothing for a single unlabelled array."""
    return f"{label}: " if label else ""


# -- Over time --------------------------------------------------------------------


def waveform(
    x: ArrayLike | Mapping[str, ArrayLike],
    rate: int,
    *,
    title: str = "",
    alt: str = "",
) -> Picture:
    """Draw amplitude over time; several sounds one above the other, on one scale.

    Lecture 02.

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
    sounds = named_arrays(x, lambda v, what: real_array(v, what, 1), "x")
    rate = checked_rate(rate)
    height = 2.5 if len(sounds) == 1 else max(1.0, 4.5 / len(sounds))
    peak = max(float(np.abs(s).max()) for s in sounds.values()) or 1.0
    with figure_style():
        layout = Layout(rows=len(sounds), height=height)
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
        outer_label(figure, panels, "amplitude")
    words = [_waveform_words(label, s, rate) for label, s in sounds.items()]
    return Picture(figure, alt_text(alt, "Waveform", title, words), tuple(panels))


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

    def __init__(self, sound: Array, rate: int) -> None:
        self._all = np.arange(len(sound)) / rate, sound
        self._rate = rate
        super().__init__(*self._all, color=COLOURS[0], linewidth=1.0)

    def draw(self, renderer: Any) -> None:
        """Draw the part in view, reduced to two values per column."""
        t, y = self._all
        low, high = self.axes.get_xlim() if self.axes else (0.0, t[-1])
        first = max(0, int(np.floor(low * self._rate)) - 1)
        last = min(len(y), int(np.ceil(high * self._rate)) + 2)
        if last > first:
            step = (last - first) // round(WIDTH * DPI)
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


def _waveform_words(label: str, sound: Array, rate: int) -> str:
    """Return length, peak and RMS in a sentence."""
    at = int(np.abs(sound).argmax())
    rms = float(np.sqrt(np.mean(sound**2)))
    return (
        f"{prefix(label)}{number(len(sound) / rate)} s at {number(rate)} Hz. "
        f"Peak {number(abs(sound[at]))} at {number(at / rate)} s, "
        f"RMS {number(rms)}."
    )


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

    Lecture 02.

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

    `x` is ``(points,)``, `curves` is ``(points,)`` or ``{label: (points,)}``.

    Lecture 02.

    Examples
    --------
    >>> n = np.arange(4)
    >>> stems(n, np.cos(np.pi * n), xlabel="sample n", ylabel="amplitude").alt
    'Stems. amplitude over sample n, 0 to 3. From -1 at 1 to 1 at 0.'
    """
    return _curves(x, curves, (xlabel, ylabel, title, alt), _stem, "Stems")


def _line(axes: Axes, k: int, x: Array, y: Array, label: str) -> None:
    """Draw curve k as a line."""
    axes.plot(x, y, label=label, **look_of_curve(k))


def _stem(axes: Axes, k: int, x: Array, y: Array, label: str) -> None:
    """Draw curve k as stems from zero, a little beside those of the others."""
    colour = COLOURS[k]
    if np.array_equal(x, np.round(x)):  # counted things have no halves
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    spacing = float(np.min(np.diff(np.unique(x)), initial=np.ptp(x) or 1.0))
    x = x + (k + 1) // 2 * (-1) ** k * 0.1 * spacing
    axes.axhline(0, color="0.4", linewidth=0.8, zorder=0)
    axes.vlines(x, 0, y, color=colour, linewidth=1.2, linestyle=DASHES[k])
    axes.plot(x, y, MARKERS[k], color=colour, label=label, markersize=5 + (k == 0))


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
    across = real_array(x, "x", 1)
    named = named_arrays(curves, lambda v, what: real_array(v, what, 1), "curve")
    for label, y in named.items():
        if len(y) != len(across):
            name = f"the curve {label!r}" if label else "the curve"
            raise ValueError(f"{name} has {len(y)} points, x has {len(across)}")
    with figure_style():
        figure, axes = single_panel(named, title)
        for k, (label, y) in enumerate(named.items()):
            draw(axes, k, across, y, label)
        finish(axes, named, xlabel, ylabel)
    span = f"{number(across.min())} to {number(across.max())}"
    sentences = [f"{ylabel} over {xlabel}, {span}."]
    sentences += [_curve_words(label, across, y) for label, y in named.items()]
    return Picture(figure, alt_text(alt, kind, title, sentences), (axes,))


def _curve_words(label: str, x: Array, y: Array) -> str:
    """Return the extremes of a curve in a sentence."""
    low, high = int(y.argmin()), int(y.argmax())
    if y[low] == y[high]:
        return f"{prefix(label)}{number(y[low])} throughout."
    return (
        f"{prefix(label)}{'from' if label else 'From'} {number(y[low])} at "
        f"{number(x[low])} to {number(y[high])} at {number(x[high])}."
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

    Lecture 02.

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
    named = named_arrays(M, lambda v, what: real_array(v, what, 2), "M", most=3)
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
    with figure_style():
        layout = _matrix_layout(named)
        figure, panels, bar = layout.build(title)
        for axes, (label, m) in zip(panels, named.items(), strict=True):
            image = axes.imshow(m, aspect="auto", interpolation="nearest", **look)
            axes.set_title(label, fontsize=13, pad=4)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
            _write_values(axes, m, image)
        outer_labels(panels, layout.columns, xlabel, ylabel)
        figure.colorbar(
            image, cax=bar, label=unit, ticks=MaxNLocator(5, steps=[1, 2, 5, 10])
        )
    words = [_matrix_words(label, m, (xlabel, ylabel)) for label, m in named.items()]
    return Picture(figure, alt_text(alt, "Matrix", title, words), tuple(panels))


def _matrix_layout(named: dict[str, Array]) -> Layout:
    """Return panels whose cells are square, as far as the page allows."""
    above = 0.15 if "" in named else 0.34
    page = Layout(1, len(named), 1.0, above, (0.4, 0.2), bar=True)
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
        f"{prefix(label)}{counted(rows, 'row')} ({names[1]}) by "
        f"{counted(columns, 'column')} ({names[0]}), from {number(m.min())} to "
        f"{number(m.max())}."
    )
    if max(m.shape) > 8:
        return size
    values = "; ".join(", ".join(number(round(v, 3)) for v in row) for row in m)
    return f"{size} Rows: {values}."
