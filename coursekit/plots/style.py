"""Paper for the pictures that belong to one lecture only.

`coursekit.plots` draws what every lecture needs. A lecture's own pictures are
drawn on a `canvas` of the same width, colours and letters, inside `drawing`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.plots.pictures import WIDTH

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8c8c8c"
"""Okabe and Ito's colours, told apart by people who see few of them."""

_STYLE: dict[Any, Any] = {"font.size": 12, "axes.titlesize": 12, "legend.fontsize": 11}
_DPI = 120

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
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return styled


def canvas(
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
    >>> figure, panels = canvas(3.0, 1, 2)
    >>> figure.get_size_inches().tolist(), len(panels)
    ([9.0, 3.0], 2)
    """
    figure = Figure(figsize=(WIDTH, height), dpi=_DPI, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, list(grid.ravel())


def legend_above(axes: Axes, columns: int) -> None:
    """Put the legend above the panel, at the right, where it hides no curve.

    Examples
    --------
    >>> figure, panels = canvas(2.0)
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
