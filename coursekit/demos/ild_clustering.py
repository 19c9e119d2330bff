"""The pictures of lecture 07: a scene and its levels, colours of place, two hills.

Each ``draw_…`` function returns a `plots.Picture`. A talker has one colour in all
of them, and so has a cluster: the first in order of the level difference (the
nearest to the left microphone) is blue. Level differences run from blue (left is
louder) over white to orange (right is louder), and what is too quiet to tell is
dark. What a picture shows is computed by `coursekit.spatial`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, to_rgb
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from coursekit import audio, spatial
from coursekit.plots import Picture
from coursekit.plots.style import BLUE, GREEN, GREY, ORANGE, drawing, subplots

Real = NDArray[np.float64]

CLUSTERS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00")
"""Colours of talkers, and of clusters in the order of their means."""

DARK = "#303030"
"""Where a pixel is too quiet to tell anything."""

REACH_DB = 20.0
"""Where the colours of level differences end, in dB, on both sides of 0."""

QUIET_DB = 55.0
"""Pixels this far below the loudest one are drawn dark, in dB (amplitude)."""

PLAIN = spatial.Front()
"""The lecture's frame, hop and channel."""

SIDES = LinearSegmentedColormap.from_list(
    "sides", ["#00395a", BLUE, "#ffffff", ORANGE, "#6b2f00"]
).with_extremes(bad=DARK)

_SHADES = 8


# --- sounds --------------------------------------------------------------------


def balance(heard: spatial.Rendering, level: float = -29.0) -> spatial.Rendering:
    """Return the same scene with every talker equally loud in the mono sum.

    Parameters
    ----------
    heard
        What `spatial.Scene.render` returned, no source silent.
    level
        RMS level of each source in (L + R)/2, in dBFS.

    Returns
    -------
    spatial.Rendering
        Each source scaled by one factor, alike in both channels: level differences
        stay as they were.

    Raises
    ------
    ValueError
        Where a source is silent.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noises = rng.standard_normal((2, 16000)) * [[1.0], [0.1]]
    >>> heard = balance(spatial.deck_scene().render(noises, 16000))
    >>> [round(audio.level_db(image.mean(axis=0)), 6) for image in heard.images]
    [-29.0, -29.0]
    """
    now = [audio.level_db(spatial.downmix(image)) for image in heard.images]
    if not np.isfinite(now).all():
        raise ValueError(
            f"the sources have levels of {now} dBFS: a silent one cannot be made as "
            "loud as the others, leave it out"
        )
    gains = 10 ** ((level - np.array(now)) / 20)
    images = gains[:, None, None] * heard.images
    return spatial.Rendering(images.sum(axis=0), images)


def sparseness(sources: ArrayLike, margin_db: float = 10.0) -> float:
    """Return which share of the energy lies where one source stands out.

    Parameters
    ----------
    sources
        ``(K, ...)``: samples of K sources, or their STFTs.
    margin_db
        How far the largest must be above the second largest, in dB (amplitude).

    Returns
    -------
    share
        From 0 to 1: energy (summed over the sources) of such samples or pixels, over
        the energy of all.

    Raises
    ------
    ValueError
        Where there are fewer than two sources, or all are silent.

    Examples
    --------
    >>> sparseness([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    0.5
    """
    M = np.abs(np.asarray(sources))
    if len(M) < 2 or not M.any():
        raise ValueError(
            f"{len(M)} sources with a peak of {M.max(initial=0):g}: give two or more, "
            "with some sound"
        )
    M = M.reshape(len(M), -1)
    second, first = np.sort(M, axis=0)[-2:]
    energy = np.sum(M**2, axis=0)
    clear = first > second * 10 ** (margin_db / 20)
    return float(energy[clear].sum() / energy.sum())


def judge(
    mixture: ArrayLike, images: ArrayLike, front: spatial.Front = PLAIN
) -> tuple[spatial.Gmm, float, float]:
    """Separate a mixture by its level differences, and ask how well that went.

    Parameters
    ----------
    mixture
        ``(2, samples)``.
    images
        What each talker contributes to it, ``(K, 2, samples)``, from left to right.
    front
        Frame, hop, channel, settings of EM.

    Returns
    -------
    gmm, ours, ceiling
        The clusters, and mean SDR in dB of soft masks and of the oracle's hard ones.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> talk = rng.standard_normal((2, 8000)) * np.repeat([[1, 0], [0, 1]], 4000, 1)
    >>> heard = spatial.deck_scene().render(talk, 16000)
    >>> gmm, ours, ceiling = judge(heard.mixture, heard.images)
    >>> gmm.means.round().tolist(), 15 < ours < ceiling
    ([-7.0, 9.0], True)
    """
    K = len(np.asarray(images))
    found = spatial.separate(np.asarray(mixture), K, front=front)
    masks = spatial.oracle_masks(np.asarray(images), front)
    best = spatial.resynthesise(masks, found.observation, front)
    ours, ceiling = (
        float(spatial.score(np.asarray(images), y, front.channel).mean())
        for y in (found.estimates, best)
    )
    return found.gmm, ours, ceiling


# --- where everybody stands ------------------------------------------------------


@drawing
def draw_scene(scene: spatial.Scene) -> Picture:
    """Draw talkers and microphones from above, with every distance and the ILDs.

    Parameters
    ----------
    scene
        Any `spatial.Scene`; of three coordinates the first two are drawn.
    """
    figure, panels = subplots(4.0)
    _draw_plan(panels[0], scene)
    for number, (source, reach) in enumerate(
        zip(scene.sources, scene.distances(), strict=True), start=1
    ):
        for microphone, metres in zip(scene.microphones, reach, strict=True):
            _draw_path(panels[0], source, microphone, number, metres)
    told = [
        f"S{k}: {left:.2f} m to L, {right:.2f} m to R, {ild:+.2f} dB"
        for k, ((left, right), ild) in enumerate(
            zip(scene.distances(), scene.expected_ilds(), strict=True), start=1
        )
    ]
    panels[0].set_title("   ".join(told), fontsize=11)
    alt = (
        "The scene from above, two microphones L and R and "
        f"{len(told)} talkers, with their distances and the level difference right "
        f"over left. {'; '.join(told)}."
    )
    return Picture(figure, alt, tuple(panels))


def _draw_plan(axes: Axes, scene: spatial.Scene) -> None:
    """Draw who stands where, to scale, without the paths."""
    points = np.array([*scene.sources, *scene.microphones])[:, :2]
    for (x, y), name in zip(points[-2:], "LR", strict=True):
        axes.plot(x, y, "^", color="black", ms=13, zorder=4)
        axes.annotate(name, (x, y), (0, -21), textcoords="offset points", ha="center")
    for k, (x, y) in enumerate(points[:-2]):
        axes.plot(x, y, "o", color=_colour(k), ms=22, zorder=4)
        ink: Any = {"color": "white", "ha": "center", "va": "center", "zorder": 5}
        axes.text(x, y, f"S{k + 1}", **ink)
    low, high = points.min(axis=0), points.max(axis=0)
    axes.set(
        xlim=(low[0] - 0.5, high[0] + 0.5),
        ylim=(low[1] - 0.35, high[1] + 0.3),
        aspect="equal",
        xlabel="x in m",
        ylabel="y in m",
    )


def _draw_path(
    axes: Axes, source: ArrayLike, microphone: ArrayLike, number: int, metres: float
) -> None:
    """Draw one path with its length, written a little nearer to the talker."""
    s, m = np.asarray(source)[:2], np.asarray(microphone)[:2]
    axes.plot(*zip(s, m, strict=True), color=_colour(number - 1), lw=2, zorder=2)
    at = s + 0.3 * (m - s)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(
        at[0], at[1], f"{metres:.2f} m", ha="center", va="center", bbox=box, zorder=3
    )


def _colour(k: int) -> str:
    return CLUSTERS[k % len(CLUSTERS)]


@drawing
def draw_ild_map(scene: spatial.Scene, margin: float = 1.0) -> Picture:
    """Draw the level difference that a talker would have at every place.

    The places of one level difference form a circle (of Apollonius): those of 0 dB
    the straight line between the microphones.

    Parameters
    ----------
    scene
        Its microphones make the map, its talkers are drawn on it.
    margin
        How far the map goes beyond the outermost of them, in metres.
    """
    points = np.array([*scene.sources, *scene.microphones])[:, :2]
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    x, y = np.meshgrid(
        *(np.linspace(a, b, 241) for a, b in zip(low, high, strict=True))
    )
    ilds = ild_at(scene, x, y)
    figure, panels = subplots(4.2)
    (axes,) = panels
    image = axes.imshow(
        ilds,
        origin="lower",
        extent=(low[0], high[0], low[1], high[1]),
        cmap=SIDES,
        vmin=-REACH_DB,
        vmax=REACH_DB,
        interpolation="bilinear",
    )
    every = np.arange(-15, 16, 3)
    lines = axes.contour(x, y, ilds, every, colors="black", linewidths=0.8)
    axes.clabel(lines, fmt="%g dB", fontsize=9)
    _draw_plan(axes, scene)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    figure.colorbar(image, ax=axes, label="ILD in dB, right over left")
    told = ", ".join(f"{ild:+.1f}" for ild in scene.expected_ilds())
    alt = (
        "A map of the level difference, right over left, that a talker would have at "
        "each place. The curves of equal difference are circles around the nearer "
        f"microphone, from -15 to 15 dB; the talkers stand at {told} dB."
    )
    return Picture(figure, alt, tuple(panels))


def ild_at(scene: spatial.Scene, x: ArrayLike, y: ArrayLike) -> Real:
    """Return the expected ILD of a talker at ``(x, y)``, arrays allowed, in dB.

    Heights are left out: everybody is in the plane of the first two coordinates.

    Examples
    --------
    >>> ild_at(spatial.deck_scene(), [0.0, 1.0], [1.0, 5.0]).round(2).tolist()
    [-6.99, 0.0]
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    squares = [
        np.maximum((x - m[0]) ** 2 + (y - m[1]) ** 2, 1e-6) for m in scene.microphones
    ]
    return np.asarray(10 * np.log10(squares[0] / squares[1]))


# --- one number per pixel ----------------------------------------------------------


@drawing
def draw_ilds(
    ilds: Mapping[str, ArrayLike],
    levels: Mapping[str, ArrayLike],
    rate: int,
    hop: int,
    seconds: tuple[float, float] = (0.0, 1.5),
    highest: float = 3000.0,
) -> Picture:
    """Draw spectrograms of level differences side by side, on one scale.

    Parameters
    ----------
    ilds
        ``{label: (bins, frames)}`` in dB, right over left.
    levels
        Magnitudes of the same labels and shapes: where they lie `QUIET_DB` and more
        below their largest, the picture is dark.
    rate
        Samples per second.
    hop
        Samples from one frame to the next.
    seconds
        From when to when.
    highest
        Where the frequency axis ends, in Hz.
    """
    figure, panels = subplots(3.7, columns=len(ilds), sharey=True)
    words = []
    for axes, (label, values) in zip(panels, ilds.items(), strict=True):
        A, loud = np.asarray(values, dtype=float), _audible(levels[label])
        image = axes.imshow(
            np.ma.masked_where(~loud, A),
            cmap=SIDES,
            vmin=-REACH_DB,
            vmax=REACH_DB,
            **_place(A.shape, rate, hop),
        )
        axes.set(title=label, xlabel="time in s", xlim=seconds)
        axes.set_ylim(0, highest / 1000)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        low, middle, high = np.percentile(A[loud], (10, 50, 90))
        words.append(
            f"{label}: of the audible pixels 80 % lie between {low:.0f} and "
            f"{high:.0f} dB, the median is {middle:.1f} dB."
        )
    panels[0].set_ylabel("frequency in kHz")
    figure.colorbar(image, ax=panels, label="ILD in dB, right over left", pad=0.01)
    alt = f"Level differences, pixel by pixel. {' '.join(words)}"
    return Picture(figure, alt, tuple(panels))


def _audible(magnitudes: ArrayLike) -> NDArray[np.bool_]:
    M = np.abs(np.asarray(magnitudes))
    loudest = M.max()
    return np.asarray(loudest * 10 ** (-QUIET_DB / 20) < M)


def _place(shape: tuple[int, ...], rate: int, hop: int) -> dict[str, Any]:
    """Return how `imshow` draws bins and frames where they lie, in kHz and s."""
    bins, frames = shape
    if bins < 2:
        raise ValueError(f"an image of {bins} bin has no frequency axis: two or more")
    width, step = hop / rate, rate / 2 / (bins - 1) / 1000
    edges = (-width / 2, (frames - 0.5) * width, -step / 2, rate / 2000 + step / 2)
    return {
        "origin": "lower",
        "aspect": "auto",
        "extent": edges,
        "interpolation": "nearest",
    }


@drawing
def draw_labels(
    labels: Mapping[str, ArrayLike],
    levels: ArrayLike,
    rate: int,
    hop: int,
    seconds: tuple[float, float] = (0.0, 1.5),
    highest: float = 3000.0,
) -> Picture:
    """Draw label images: the colour says whose pixel it is, the depth how loud.

    Parameters
    ----------
    labels
        ``{title: (bins, frames)}`` of integers from 0, up to five of them.
    levels
        Magnitudes ``(bins, frames)`` of the mixture, or of ones where loudness does
        not matter: a pixel is paler the quieter it is, over 60 dB.
    rate
        Samples per second.
    hop
        Samples from one frame to the next.
    seconds
        From when to when.
    highest
        Where the frequency axis ends, in Hz.
    """
    figure, panels = subplots(3.7, columns=len(labels), sharey=True)
    shade = _shades(np.asarray(levels))
    for axes, (title, values) in zip(panels, labels.items(), strict=True):
        y = np.asarray(values)
        axes.imshow(
            y * _SHADES + shade,
            cmap=PAINTS,
            vmin=-0.5,
            vmax=len(CLUSTERS) * _SHADES - 0.5,
            **_place(y.shape, rate, hop),
        )
        axes.set(xlabel="time in s", xlim=seconds, ylim=(0, highest / 1000))
        axes.set_title(title, fontsize=11)
        axes.xaxis.set_major_locator(MaxNLocator(4))
    panels[0].set_ylabel("frequency in kHz")
    words = [f"{title}: {_label_words(y)}" for title, y in labels.items()]
    alt = f"Label images, one colour per talker. {' '.join(words)}"
    return Picture(figure, alt, tuple(panels))


def _shades(levels: Real) -> NDArray[np.int_]:
    """Return 0, pale, to `_SHADES` - 1, full colour, in steps of the level in dB."""
    M = np.abs(levels)
    below = 20 * np.log10(np.maximum(M / M.max(), 1e-3))
    return np.clip(np.floor((1 + below / 60) * _SHADES), 0, _SHADES - 1).astype(int)


def _paints() -> ListedColormap:
    """Return every colour of `CLUSTERS` from pale to full, one after the other."""
    depth = np.linspace(0.2, 1, _SHADES)[:, None]
    return ListedColormap(
        [tuple(c) for k in CLUSTERS for c in depth * to_rgb(k) + (1 - depth)]
    )


PAINTS = _paints()


def _label_words(labels: ArrayLike) -> str:
    """Return shares of the labels, and how often neighbours differ, in a sentence."""
    y = np.asarray(labels)
    shares = [f"{100 * np.mean(y == k):.0f} %" for k in range(int(y.max()) + 1)]
    torn = np.mean(np.diff(y, axis=1) != 0) if y.shape[1] > 1 else 0.0
    return (
        f"{' and '.join(shares)} of the pixels; the label changes at "
        f"{100 * torn:.0f} % of the steps in time."
    )


# --- hills -----------------------------------------------------------------------


@drawing
def draw_histogram(
    ilds: ArrayLike,
    weights: ArrayLike | None = None,
    gmm: spatial.Gmm | None = None,
    expected: Sequence[float] = (),
    title: str = "",
) -> Picture:
    """Draw how level differences are distributed, and the Gaussians fitted to them.

    Parameters
    ----------
    ilds
        dB, any shape; the picture shows -30 to 30 dB.
    weights
        How much each counts, of the same shape; by default all alike.
    gmm
        Its components are drawn in the clusters' colours, their sum in black.
    expected
        Level differences that geometry says, marked S1, S2, ….
    title
        Stands above the figure; by default means and widths of the mixture.
    """
    figure, panels = subplots(3.4)
    _draw_hills(panels[0], ilds, weights, gmm)
    _mark(panels[0], expected)
    panels[0].set_title(title or _bells(gmm), fontsize=11)
    return Picture(figure, _hill_words(gmm, expected, title), tuple(panels))


def _bells(gmm: spatial.Gmm | None) -> str:
    """Return means and standard deviations for a title."""
    if gmm is None:
        return " "
    pairs = zip(gmm.means, np.sqrt(gmm.variances), strict=True)
    return "bells at " + ",  ".join(f"{m:+.1f} dB, wide {s:.1f}" for m, s in pairs)


def _draw_hills(
    axes: Axes,
    ilds: ArrayLike,
    weights: ArrayLike | None,
    gmm: spatial.Gmm | None,
    span: float = 30.0,
) -> None:
    x = np.ravel(np.asarray(ilds, dtype=float))
    w = np.ones_like(x) if weights is None else np.ravel(np.asarray(weights))
    cells = np.linspace(-span, span, 121)
    heights, _ = np.histogram(x, cells, weights=w / w.sum())
    axes.stairs(heights / np.diff(cells), cells, fill=True, color="0.82")
    if gmm is not None:
        at = np.linspace(-span, span, 601)
        parts = np.exp(spatial.log_likelihoods_of(at, gmm))  # (points, K)
        for k, part in enumerate(parts.T):
            axes.plot(at, part, color=_colour(k), lw=2)
        axes.plot(at, parts.sum(axis=1), color="black", lw=1.2, ls="--")
    top = 1.25 * float((heights / np.diff(cells)).max())
    axes.set(xlim=(-span, span), ylim=(0, top), yticks=[])
    axes.set(xlabel="ILD in dB, right over left", ylabel="density")


def _mark(axes: Axes, expected: Sequence[float]) -> None:
    """Mark where geometry expects the talkers."""
    top = axes.get_ylim()[1]
    for k, value in enumerate(expected):
        axes.axvline(value, color="black", lw=1.2, ls=":")
        axes.text(
            value, 0.97 * top, f"S{k + 1}", ha="center", va="top", backgroundcolor="w"
        )


def _hill_words(gmm: spatial.Gmm | None, expected: Sequence[float], title: str) -> str:
    words = [f"{title}." if title else "", "A histogram of level differences."]
    if gmm is not None:
        fitted = ", ".join(
            f"{m:.1f} dB (standard deviation {v**0.5:.1f}, weight {w:.2f})"
            for w, m, v in zip(gmm.weights, gmm.means, gmm.variances, strict=True)
        )
        words.append(f"Gaussians fitted at {fitted}.")
    if len(expected):
        places = ", ".join(f"{value:.1f}" for value in expected)
        words.append(f"Geometry expects {places} dB.")
    return " ".join(filter(None, words))


@drawing
def draw_em(
    ilds: ArrayLike, weights: ArrayLike, steps: Sequence[spatial.Gmm], step: int
) -> Picture:
    """Draw one step of EM: the Gaussians so far, and the likelihood on its way up.

    Parameters
    ----------
    ilds, weights
        The histogram that is fitted: level differences in dB and how much each
        counts, of one shape.
    steps
        The mixtures after 0, 1, 2, … steps.
    step
        Which of them to draw.
    """
    x, w = np.ravel(np.asarray(ilds)), np.ravel(np.asarray(weights))
    rise = [_likelihood(x, w, gmm) for gmm in steps]
    figure, panels = subplots(3.5, columns=2, width_ratios=[1.7, 1])
    left, right = panels
    _draw_hills(left, x, w, steps[step])
    _draw_shares(left, x, w, steps[step])
    left.set_title(f"after {step} step{'s' * (step != 1)} of EM")
    right.plot(rise, ".-", color=GREY)
    right.plot(step, rise[step], "o", color="black", ms=8)
    right.set(xlabel="steps", title="log-likelihood per unit of weight")
    right.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    alt = (
        f"Left, {_hill_words(steps[step], (), f'after {step} steps of EM')} Right, the "
        f"log-likelihood, {rise[step]:.3f} now, from {rise[0]:.3f} to {rise[-1]:.3f}."
    )
    return Picture(figure, alt, tuple(panels))


def _likelihood(x: Real, w: Real, gmm: spatial.Gmm) -> float:
    """Return the log-likelihood per unit of weight."""
    p = np.exp(spatial.log_likelihoods_of(x, gmm)).sum(axis=-1)
    return float(w @ np.log(p) / w.sum())


def _draw_shares(axes: Axes, x: Real, w: Real, gmm: spatial.Gmm) -> None:
    """Divide the bars of a histogram among the components, as the E-step does."""
    cells = np.linspace(*axes.get_xlim(), 121)
    heights, _ = np.histogram(x, cells, weights=w / w.sum())
    shares = spatial.e_step((cells[:-1] + cells[1:]) / 2, gmm)[0]  # (cells, K)
    tops = np.cumsum(shares * (heights / np.diff(cells))[:, None], axis=1)
    for k in reversed(range(tops.shape[1])):
        pale = 0.5 + 0.5 * np.array(to_rgb(_colour(k)))
        axes.stairs(tops[:, k], cells, fill=True, color=tuple(pale))


@drawing
def draw_move(
    scene: spatial.Scene, ilds: ArrayLike, weights: ArrayLike, gmm: spatial.Gmm
) -> Picture:
    """Draw a scene beside the hills that its mixture makes.

    Parameters
    ----------
    scene
        Who stands where.
    ilds, weights
        ILDs in dB and how much each counts, of any one shape.
    gmm
        The mixture that was fitted to them.
    """
    figure, panels = subplots(3.7, columns=2, width_ratios=[1, 1.25])
    left, right = panels
    _draw_plan(left, scene)
    left.set(xlim=(-0.9, 2.9), ylim=(-0.4, 2.4))
    for number, place in enumerate(scene.sources):
        left.add_patch(
            Circle((place[0], place[1]), 0.3, fill=False, ls=":", color=_colour(number))
        )
    expected = scene.expected_ilds()
    told = ", ".join(f"S{k} {v:+.1f}" for k, v in enumerate(expected, start=1))
    left.set_title(f"geometry: {told} dB", fontsize=11)
    _draw_hills(right, ilds, weights, gmm)
    _mark(right, expected.tolist())
    means = " and ".join(f"{m:+.1f}" for m in gmm.means)
    right.set_title(f"the GMM: {means} dB", fontsize=11)
    alt = (
        f"Left, the scene from above: {told} dB. Right, "
        f"{_hill_words(gmm, expected.tolist(), '')}"
    )
    return Picture(figure, alt, tuple(panels))
