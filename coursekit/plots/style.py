"""Figure style: width, colours, letters, panels and legends of every figure.

`coursekit.plots` draws what every lecture needs in `figure_style`. A lecture's own
pictures are drawn on `subplots` of the same width and colours, inside `drawing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from math import ceil
from typing import Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

WIDTH = 9.0
"""Width of every figure in inches; `CSS_WIDTH` pixels on a page."""

CSS_WIDTH = 840

DPI = 120  # sharper than the page asks for, so that a projector may enlarge it
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLE: Any = {
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

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8c8c8c"
"""Okabe and Ito's colours, told apart by people who see few of them."""

_SMALLER: dict[Any, Any] = {
    "font.size": 12,
    "axes.titlesize": 12,
    "legend.fontsize": 11,
}

Array = NDArray[np.float64]

P = ParamSpec("P")
R = TypeVar("R")


def drawing(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw in the course's letters; settings are left as they were.

    Examples
    --------
    >>> @drawing
    ... def size() -> float:
    ...     return matplotlib.rcParams["font.size"]
    >>> size()
    12.0
    """

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> R:
        with matplotlib.rc_context(_SMALLER):
            return draw(*args, **kwargs)

    return styled


def subplots(
    height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure as wide as all others and its panels, row by row.

    Parameters
    ----------
    height
        In inches.
    rows, columns
        Of panels.
    options
        Handed on to matplotlib's ``Figure.subplots``.

    Examples
    --------
    >>> figure, panels = subplots(3.0, 1, 2)
    >>> figure.get_size_inches().tolist(), len(panels)
    ([9.0, 3.0], 2)
    """
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, list(grid.ravel())


def legend_above(axes: Axes, columns: int) -> None:
    """Put the legend above the panel, at the right, where it hides no curve.

    Examples
    --------
    >>> figure, panels = subplots(2.0)
    >>> _ = panels[0].plot([0, 1], label="a line")
    >>> legend_above(panels[0], 1)
    >>> [text.get_text() for text in panels[0].get_legend().get_texts()]
    ['a line']
    """
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        frameon=False,
        borderpad=0.1,
    )


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw in the course's style, and leave matplotlib's settings as they were."""
    with matplotlib.rc_context(STYLE):
        yield


@dataclass(frozen=True)
class Layout:
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
        figure = Figure(figsize=(WIDTH, total), dpi=DPI)
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


def look_of_curve(k: int) -> dict[str, Any]:
    """Return colour and dashes of curve k."""
    return {"color": COLOURS[k], "linestyle": DASHES[k]}


def outer_label(figure: Figure, panels: list[Axes], text: str) -> None:
    """Write one label beside a column of panels, halfway up."""
    middle = (panels[0].get_position().y1 + panels[-1].get_position().y0) / 2
    figure.text(0.03, middle, text, rotation=90, va="center", ha="center")


def outer_labels(panels: list[Axes], columns: int, xlabel: str, ylabel: str) -> None:
    """Label the axes along the left and the lower edge only."""
    last = len(panels) - 1
    for k, axes in enumerate(panels):
        left, lowest = k % columns == 0, k + columns > last
        axes.set_ylabel(ylabel if left else "")
        axes.set_xlabel(xlabel if lowest else "")
        axes.tick_params(labelleft=left, labelbottom=lowest)


def single_panel(named: dict[str, Array], title: str) -> tuple[Figure, Axes]:
    """Return a figure of one panel, with room for the legend of ``{label: …}``."""
    above = 0.15 if "" in named else 0.08 + 0.32 * _legend_shape(named)[0]
    figure, panels, _ = Layout(height=2.9, above=above).build(title)
    return figure, panels[0]


def _legend_shape(named: dict[str, Array]) -> tuple[int, int]:
    """Return rows and columns of the legend, from the length of its labels."""
    longest = max(len(label) for label in named) + 7
    columns = max(1, min(len(named), 84 // longest))
    return ceil(len(named) / columns), columns


def finish(axes: Axes, named: dict[str, Array], xlabel: str, ylabel: str) -> None:
    """Label the axes, draw a light grid, put the legend of ``{label: …}`` above."""
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
