"""The pictures of lecture 08: a field of labels, its energy, and the way down.

Each ``draw_…`` function returns a `plots.Picture`. Colours are those of lecture 07
(`coursekit.demos.ild_clustering`): one per label, and blue over white to orange for
level differences. Label images themselves are drawn by its `draw_labels`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from coursekit.demos.ild_clustering import CLUSTERS, REACH_DB, SIDES
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

Real = NDArray[np.float64]
Labels = NDArray[np.int_]

TORN = "#b2182b"
"""Colour of an edge between two neighbours that disagree."""

_OFF = (0.34, -0.36)  # from a label to what was measured there


@drawing
def draw_field(labels: ArrayLike, ilds: ArrayLike) -> Picture:
    """Draw a small pairwise field: labels, their measurements, and all edges.

    Parameters
    ----------
    labels
        ``(bins, frames)`` of integers from 0, at most 6 by 10.
    ilds
        What was measured there, in dB.

    Raises
    ------
    ValueError
        Where the shapes differ or there are too many to draw.
    """
    y, A = np.asarray(labels), np.asarray(ilds, dtype=float)
    if y.shape != A.shape or y.ndim != 2 or y.shape[0] > 6 or y.shape[1] > 10:
        raise ValueError(
            f"labels and ilds have the shapes {y.shape} and {A.shape}: give a patch "
            "of one shape, at most 6 bins by 10 frames"
        )
    figure, panels = subplots(0.9 + 0.8 * y.shape[0])
    (axes,) = panels
    torn, kept = _draw_edges(axes, y)
    for (i, j), value in np.ndenumerate(A):
        _draw_site(axes, (j, i), int(y[i, j]), value)
    _explain(axes, y.shape)
    alt = (
        f"A grid of {y.shape[0]} by {y.shape[1]} labels. Each label is tied to the "
        "level difference that was measured there (the unary term) and to its "
        "neighbours above, below, left and right (the pairwise term); at the border "
        f"there are fewer. {kept} edges join equal labels, {torn} are torn."
    )
    return Picture(figure, alt, tuple(panels))


def _draw_edges(axes: Axes, y: Labels) -> tuple[int, int]:
    """Draw the edges of the grid; return how many are torn and how many are not."""
    torn = 0
    sites = list(np.ndindex(y.shape))
    edges = [(s, (s[0] + d, s[1] + 1 - d)) for s in sites for d in (0, 1)]
    edges = [(a, b) for a, b in edges if b[0] < y.shape[0] and b[1] < y.shape[1]]
    for a, b in edges:
        broken = y[a] != y[b]
        torn += int(broken)
        axes.plot(
            *zip(a[::-1], b[::-1], strict=True),
            color=TORN if broken else "0.55",
            ls=(0, (1.2, 1)) if broken else "-",
            lw=3 if broken else 2,
            zorder=1,
        )
    return torn, len(edges) - torn


def _draw_site(axes: Axes, at: tuple[int, int], label: int, ild: float) -> None:
    """Draw a label (a circle), its measurement (a square), and what ties them."""
    x, y = at[0] + _OFF[0], at[1] + _OFF[1]
    axes.plot([at[0], x], [at[1], y], color="black", lw=1, zorder=1)
    axes.plot(*at, "o", ms=19, color=CLUSTERS[label], mec="black", zorder=3)
    shade = SIDES(0.5 + 0.5 * np.clip(ild / REACH_DB, -1, 1))
    axes.plot(x, y, "s", ms=14, color=shade, mec="black", mew=0.7, zorder=3)
    ink = "white" if abs(ild) > 7 else "black"
    axes.text(
        x,
        y,
        f"{round(ild):+d}",
        ha="center",
        va="center",
        fontsize=7,
        color=ink,
        zorder=4,
    )


def _explain(axes: Axes, shape: tuple[int, ...]) -> None:
    """Name the parts of the picture at its right."""
    bins, frames = shape
    x, top = frames - 0.1, bins - 1.0
    told = [
        ("o", CLUSTERS[0], "label $y_i$: who?"),
        ("s", "white", "measured $A_i$ in dB"),
    ]
    for row, (marker, colour, text) in enumerate(told):
        axes.plot(x, top - 0.55 * row, marker, color=colour, mec="black", ms=14)
        axes.text(x + 0.25, top - 0.55 * row, text, va="center", fontsize=11)
    lines = [("black", "-", 1.0, r"unary: $-\log \pi_{y_i}\mathcal{N}(A_i)$"),
             ("0.55", "-", 2.0, "pairwise, equal: free"),
             (TORN, (0, (1.2, 1)), 3.0, r"pairwise, torn: costs $\beta$")]  # fmt: skip
    for row, (colour, dashes, width, text) in enumerate(lines, start=2):
        at = top - 0.55 * row
        axes.plot([x - 0.15, x + 0.15], [at, at], color=colour, ls=dashes, lw=width)
        axes.text(x + 0.25, at, text, va="center", fontsize=11)
    axes.set(xlim=(-0.5, frames + 3.4), ylim=(-0.75, bins - 0.5), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_xlabel("time", loc="left", labelpad=-4)
    axes.set_ylabel("frequency")


@drawing
def draw_energies(traces: Mapping[str, Sequence[float]], minimum: float) -> Picture:
    """Draw how far above the minimum each method is after each sweep.

    Parameters
    ----------
    traces
        ``{method: energies}``, one number per sweep, the start first.
    minimum
        The exact minimum; whoever reaches it leaves the picture at the bottom.
    """
    figure, panels = subplots(3.8)
    (axes,) = panels
    looks = zip(
        (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", GREY), "osD^vP", strict=True
    )
    above = {k: np.asarray(v, dtype=float) - minimum for k, v in traces.items()}
    floor = min(float(v[v > 0].min(initial=np.inf)) for v in above.values()) / 2
    for (name, values), (colour, marker) in zip(above.items(), looks, strict=False):
        axes.semilogy(
            np.maximum(values, floor), marker=marker, ms=4, color=colour, label=name
        )
    axes.axhline(floor, color="black", ls=":", lw=1)
    axes.set(xlabel="sweeps over the image", ylabel="energy above the minimum")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper right", ncols=2, frameon=False, fontsize=10)
    ends = "; ".join(f"{name} ends {v[-1]:.0f} above" for name, v in above.items())
    alt = (
        "Energy above the exact minimum after each sweep, on a logarithmic axis. "
        f"{ends}."
    )
    return Picture(figure, alt, tuple(panels))


@drawing
def draw_gains(
    deck: Mapping[str, float], ours: Mapping[str, ArrayLike], title: str = ""
) -> Picture:
    """Draw the deck's figures beside ours, each of our scenes as a dot.

    Parameters
    ----------
    deck
        ``{row: SDR in dB}``.
    ours
        ``{row: (scenes,)}``; rows that the deck does not have are drawn alone.
    title
        Stands above the figure.
    """
    figure, panels = subplots(0.9 + 0.5 * len(ours))
    (axes,) = panels
    words = []
    for place, (row, values) in enumerate(ours.items()):
        v = np.asarray(values, dtype=float)
        axes.barh(place - 0.18, v.mean(), 0.34, color=BLUE)
        axes.plot(v, np.full(len(v), place - 0.18), "o", color="black", ms=4, mfc="w")
        said = f"{row}: ours {v.mean():.2f} dB, from {v.min():.2f} to {v.max():.2f}"
        if row in deck:
            axes.barh(place + 0.18, deck[row], 0.34, color="0.75")
            said += f", the deck {deck[row]:.2f} dB"
        words.append(said)
    axes.barh(0, 0, color=BLUE, label="ours: mean, and each scene")
    axes.barh(0, 0, color="0.75", label="the deck")
    axes.set(yticks=range(len(ours)), yticklabels=list(ours), xlabel="SDR in dB")
    axes.invert_yaxis()
    axes.axvline(0, color="black", lw=0.8)
    legend_above(axes, 2)
    axes.set_title(title or " ", fontsize=11, loc="left")
    return Picture(figure, f"Bars of SDR. {'; '.join(words)}.", tuple(panels))


def share_of_equal_neighbours(labels: ArrayLike, axis: int) -> float:
    """Return how often a pixel and the next one along an axis have one label.

    Parameters
    ----------
    labels
        ``(bins, frames)``.
    axis
        0: the next bin up; 1: the next frame.

    Examples
    --------
    >>> share_of_equal_neighbours([[0, 0, 1], [1, 1, 1]], axis=1)
    0.75
    """
    return float(np.mean(np.diff(np.asarray(labels), axis=axis) == 0))


def alone(labels: ArrayLike) -> NDArray[np.bool_]:
    """Return which pixels have no neighbour of their own label, ``(rows, columns)``.

    Examples
    --------
    >>> int(alone([[0, 0, 0], [0, 1, 0], [0, 0, 0]]).sum())
    1
    """
    y = np.asarray(labels)
    wide = np.pad(y, 1, constant_values=-1)
    around = (wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:])
    return np.asarray(np.all([neighbour != y for neighbour in around], axis=0))
