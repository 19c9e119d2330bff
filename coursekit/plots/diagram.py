"""Boxes and arrows: block diagrams that are drawn in code."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from coursekit.plots.style import subplots

PAPER = {"#0072B2": "#d9eaf5", "#D55E00": "#fbe3d3", "#009E73": "#d5efe6"}
"""A light shade of each of the course's colours, to be written on."""


class Box(NamedTuple):
    """A block: its middle, its size and its colour, in the units of the paper.

    Parameters
    ----------
    x, y
        Of the middle.
    width, height
        Of the block.

    Examples
    --------
    >>> Box(2, 1, 4, 1).left, Box(2, 1, 4, 1).right
    ((0.0, 1), (4.0, 1))
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> tuple[float, float]:
        """The middle of its left side."""
        return self.x - self.width / 2, self.y

    @property
    def right(self) -> tuple[float, float]:
        """The middle of its right side."""
        return self.x + self.width / 2, self.y

    @property
    def top(self) -> tuple[float, float]:
        """The middle of its upper side."""
        return self.x, self.y + self.height / 2

    @property
    def bottom(self) -> tuple[float, float]:
        """The middle of its lower side."""
        return self.x, self.y - self.height / 2


def blank(width: float, height: float, inches: float) -> tuple[Figure, Axes]:
    """Return a sheet without axes, ``width`` by ``height`` units.

    Examples
    --------
    >>> figure, axes = blank(10, 3, 2.5)
    >>> [float(edge) for edge in axes.get_xlim()], axes.axison
    ([0.0, 10.0], False)
    """
    figure, (axes,) = subplots(inches)
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def block(axes: Axes, box: Box, text: str, colour: str) -> Box:
    """Draw a block with its text, and return where it is.

    Examples
    --------
    >>> figure, axes = blank(4, 2, 1.5)
    >>> block(axes, Box(2, 1, 2, 1), "encoder", "#0072B2").right
    (3.0, 1)
    """
    shape = FancyBboxPatch(
        (box.left[0], box.bottom[1]),
        box.width,
        box.height,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=PAPER.get(colour, "white"),
        edgecolor=colour,
        lw=1.5,
    )
    axes.add_patch(shape)
    axes.text(box.x, box.y, text, ha="center", va="center", linespacing=1.2)
    return box


def arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    text: str = "",
) -> None:
    """Draw an arrow from one point to another, its text above the middle.

    Examples
    --------
    >>> figure, axes = blank(4, 2, 1.5)
    >>> arrow(axes, (0, 1), (1, 1), "bits")
    >>> [t.get_text() for t in axes.texts if t.get_text()]
    ['bits']
    """
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.3}
    )
    if text:
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        axes.text(x, y + 0.1, text, ha="center", va="bottom")
