"""The pictures of lecture 01: a wave against a wave, two matrices, what leaks.

Each ``draw_…`` function takes numbers that a slider can move and returns a
`plots.Picture`; `coursekit.demos.slide` puts the sliders on top. What a picture
shows is computed by `coursekit.fourier`, so that class and package agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray
from scipy.signal import find_peaks

from coursekit import fourier
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

PLUS, MINUS = "#f0b48c", "#9cc9e6"  # areas above and below zero


# --- signals -------------------------------------------------------------------


def wave(cycles: float, n: int = 64, phase: float = 0.0) -> Real:
    """Return ``cos(2π·cycles·t/n − phase)`` for ``t = 0 … n−1``, shape ``(n,)``.

    Parameters
    ----------
    cycles
        How often it swings in the n samples; need not be an integer.
    n
        Samples.
    phase
        By how much it lags behind a cosine, in radians.

    Examples
    --------
    >>> wave(1, 4).round(9) + 0.0
    array([ 1.,  0., -1.,  0.])
    """
    t = np.arange(n)
    return np.cos(2 * np.pi * cycles * t / n - phase)


def mystery(
    rng: np.random.Generator, count: int = 3, n: int = 64
) -> tuple[Real, tuple[int, ...]]:
    """Return a sum of cosines and the secret: how many cycles each of them has.

    Parameters
    ----------
    rng
        Draws which waves there are, and how strong (0.5 to 1.5).
    count
        How many; no two are neighbours.
    n
        Samples.

    Returns
    -------
    x, cycles
        ``(n,)`` and the cycles in ascending order, each in 2 … n/4.

    Raises
    ------
    ValueError
        Where `n` samples have no room for `count` waves that are not neighbours.

    Examples
    --------
    >>> x, secret = mystery(np.random.default_rng(1))
    >>> x.shape, len(secret)
    ((64,), 3)
    """
    places = np.arange(2, n // 4 + 1, 2)
    if not 1 <= count <= len(places):
        raise ValueError(
            f"{n} samples have room for 1 to {len(places)} waves that are not "
            f"neighbours, not for {count}; take more samples or fewer waves"
        )
    cycles = np.sort(rng.choice(places, count, replace=False))
    strengths = rng.uniform(0.5, 1.5, count)
    x = sum(a * wave(f, n) for a, f in zip(strengths, cycles, strict=True))
    return np.asarray(x), tuple(int(f) for f in cycles)


def keep_strongest(x: ArrayLike, k: int) -> Real:
    """Return `x` rebuilt from its k strongest frequencies only.

    A frequency of a real sound is a pair of bins, f and N − f, except for bin 0
    and, at even N, bin N/2. All other bins become zero before the inverse DFT.

    Parameters
    ----------
    x
        Real samples ``(samples,)``.
    k
        How many frequencies stay, 1 to N // 2 + 1.

    Returns
    -------
    y
        ``(samples,)``: of all sums of k of the frequencies, the one nearest to
        `x` in the squared error (Parseval).

    Raises
    ------
    ValueError
        Where `k` is not among 1 to N // 2 + 1.

    Examples
    --------
    >>> x = wave(3) + 0.1 * wave(9)
    >>> bool(np.allclose(keep_strongest(x, 1), wave(3)))
    True
    """
    x = np.asarray(x, dtype=float)
    N = len(x)
    half = np.fft.rfft(x)
    if not 1 <= k <= len(half):
        raise ValueError(f"k is {k}; {N} samples have 1 to {len(half)} frequencies")
    energy = np.abs(half) ** 2
    pairs = slice(1, (N + 1) // 2)
    energy[pairs] *= 2  # bin N - f carries as much as bin f
    half[np.argsort(energy)[: len(half) - k]] = 0
    return np.fft.irfft(half, N)


def strongest(
    x: ArrayLike, rate: int, k: int, apart: float = 0.0
) -> list[tuple[int, float, float]]:
    """Return the k highest peaks of the spectrum of `x`, lowest frequency first.

    Parameters
    ----------
    x
        Real samples ``(samples,)``.
    rate
        Samples per second.
    k
        How many peaks at most. A peak stands above both its neighbours.
    apart
        Hertz that lie between two peaks at least: of nearer ones, such as a voice
        makes when it wavers, only the highest counts.

    Returns
    -------
    peaks
        ``(bin, hertz, magnitude)`` each; magnitude is ``sqrt(X_r² + X_i²)``.

    Examples
    --------
    >>> x = wave(3) + 0.5 * wave(10)
    >>> [(f, hertz, round(magnitude)) for f, hertz, magnitude in strongest(x, 6400, 2)]
    [(3, 300.0, 32), (10, 1000.0, 16)]
    """
    x = np.asarray(x, dtype=float)
    M = np.abs(np.fft.rfft(x))
    peaks, _ = find_peaks(M, distance=max(apart * len(x) / rate, 1.0))
    best = np.sort(peaks[np.argsort(M[peaks])[::-1][:k]])
    return [(int(f), float(f * rate / len(x)), float(M[f])) for f in best]


def cost_ratios(
    lengths: Iterable[int], rng: np.random.Generator, repeats: int = 25
) -> dict[int, float]:
    """Time the matrix product against the FFT, in one run on one machine.

    Parameters
    ----------
    lengths
        The N to try.
    rng
        Draws the sounds.
    repeats
        The fastest of so many tries counts: whatever else the machine does can
        only make a try slower.

    Returns
    -------
    ratios
        For each N, the time of the two products ``C @ x`` and ``S @ x``, with the
        matrices there already, over that of ``np.fft.fft(x)``.

    Examples
    --------
    >>> list(cost_ratios([8, 16], np.random.default_rng(1), repeats=1))
    [8, 16]
    """
    ratios = {}
    for n in lengths:
        x = rng.standard_normal(n)
        products = _fastest(partial(_multiply, *fourier.dft_matrix(n), x), repeats)
        ratios[n] = products / _fastest(partial(np.fft.fft, x), repeats)
    return ratios


def _multiply(C: Real, S: Real, x: Real) -> tuple[list[Real], list[Real]]:
    """Return both products, row block by row block.

    Blocks of this size stay on one core, as the FFT does. Several cores would win
    on an idle machine, and wait for each other on a busy one.
    """
    rows = max(2**17 // len(x), 1)
    blocks = [slice(start, start + rows) for start in range(0, len(x), rows)]
    return [C[block] @ x for block in blocks], [S[block] @ x for block in blocks]


def _fastest(work: Callable[[], object], repeats: int) -> float:
    """Seconds that the fastest of several tries takes."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return max(min(times), 1e-9)


# --- pictures -------------------------------------------------------------------


@drawing
def draw_product(x: ArrayLike, f: float) -> Picture:
    """Draw a sound, the analysing cosine, their product, and the product's sum.

    Parameters
    ----------
    x
        The sound, ``(samples,)``.
    f
        Cycles of the analysing cosine in the length of the sound.
    """
    x = np.asarray(x, dtype=float)
    product = x * wave(f, len(x))
    total = float(product.sum())
    figure, panels = subplots(5.0, rows=3, height_ratios=[3, 3, 0.7])
    top, middle, bottom = panels
    _draw_pair(top, x, f)
    _draw_areas(middle, product)
    _draw_gauge(bottom, total, np.abs(x).sum())
    alt = (
        f"Above, a sound of {len(x)} samples and a cosine of {f:g} cycles. In the "
        f"middle their product, shaded by sign. Below, its sum: {_plain(total):.1f}."
    )
    return Picture(figure, alt, tuple(panels))


def _draw_pair(axes: Axes, x: Real, f: float) -> None:
    fine = np.linspace(0, len(x), 800)
    axes.plot(
        fine,
        np.cos(2 * np.pi * f * fine / len(x)),
        "--",
        color=ORANGE,
        label=f"analysing cosine, f = {f:g}",
    )
    axes.plot(x, ".-", color=BLUE, linewidth=1.2, markersize=5, label="sound x[n]")
    axes.set(ylabel="amplitude", xticklabels=[], xlim=(0, len(x)))
    legend_above(axes, 2)


def _draw_areas(axes: Axes, product: Real) -> None:
    n = np.arange(len(product))
    axes.bar(n, product.clip(min=0), width=1, align="edge", color=PLUS)
    axes.bar(n, product.clip(max=0), width=1, align="edge", color=MINUS)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set(xlim=(0, len(product)), ylabel="product", xlabel="sample n")


def _draw_gauge(axes: Axes, total: float, scale: float) -> None:
    axes.barh([0], [total], color=PLUS if total > 0 else MINUS, edgecolor="black")
    axes.axvline(0, color="black", linewidth=1)
    axes.set(xlim=(-scale, scale), yticks=[], xlabel="sum of the product")
    axes.set_title(f"sum = {_plain(total):.1f}", loc="left", weight="bold")


def _plain(value: float) -> float:
    """Return the value with rounding noise below 1e-9 and minus zero removed."""
    return 0.0 if abs(value) < 1e-9 else value


@drawing
def draw_phase(lag: float, f: int = 3, n: int = 64) -> Picture:
    """Draw a wave that lags by `lag` degrees and what cosine and sine find in it.

    Parameters
    ----------
    lag
        Degrees by which the wave lags behind a cosine.
    f, n
        Its cycles and its samples.
    """
    x = wave(f, n, np.deg2rad(lag))
    X_r, X_i = (float(part[f]) for part in fourier.dft(x))
    figure, panels = subplots(3.9, columns=2, width_ratios=[1.5, 1])
    left, right = panels
    left.plot(wave(f, n), "--", color=ORANGE, label="cosine")
    left.plot(wave(f, n, np.pi / 2), "-.", color=GREEN, label="sine")
    left.plot(x, ".-", color=BLUE, label=f"sound, {lag:g}° late")
    left.set(xlabel="sample n", ylabel="amplitude", ylim=(-1.15, 1.15))
    legend_above(left, 3)
    _draw_arrow(right, X_r, X_i, n / 2)
    alt = (
        f"Left, a sound of {f} cycles that lags {lag:g} degrees behind a cosine. "
        f"Right, an arrow to X_r = {_plain(X_r):.1f}, X_i = {_plain(X_i):.1f} on a "
        f"circle of radius {n / 2:g}."
    )
    return Picture(figure, alt, tuple(panels))


def _draw_arrow(axes: Axes, X_r: float, X_i: float, radius: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(radius * np.cos(turn), radius * np.sin(turn), color=GREY, ls=":")
    axes.plot([0, X_r], [0, 0], color=ORANGE, linewidth=4)
    axes.plot([X_r, X_r], [0, X_i], color=GREEN, linewidth=4)
    axes.annotate(
        "", (X_r, X_i), (0, 0), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 2}
    )
    axes.axhline(0, color="black", linewidth=0.6)
    axes.axvline(0, color="black", linewidth=0.6)
    limit = 1.2 * radius
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    axes.set(xlabel="$X_r(f)$, found by the cosine", ylabel="$X_i(f)$, by the sine")
    length = np.hypot(X_r, X_i)
    axes.set_title(
        f"$X_r$ = {_plain(X_r):.1f},  $X_i$ = {_plain(X_i):.1f},  length {length:.1f}",
        fontsize=11,
    )


@drawing
def draw_matrices(f: int, n: int = 32) -> Picture:
    """Draw the cosine and the sine matrix, row f framed and drawn as a wave.

    Parameters
    ----------
    f
        The row, 0 to n − 1.
    n
        Size of the matrices.

    Raises
    ------
    ValueError
        Where there is no row `f`.
    """
    if not 0 <= f < n:
        raise ValueError(f"there is no row {f}; the rows are 0 to {n - 1}")
    matrices = fourier.dft_matrix(n)
    figure, panels = subplots(5.9, rows=2, columns=2, height_ratios=[3, 1])
    labels = (("C", "cosine", ORANGE), ("S", "sine", GREEN))
    for k, (M, (letter, name, colour)) in enumerate(zip(matrices, labels, strict=True)):
        top, bottom = panels[k], panels[k + 2]
        image = top.imshow(M, cmap="RdBu_r", vmin=-1, vmax=1)
        top.add_patch(Rectangle((-0.5, f - 0.5), n, 1, fill=False, lw=2, ec="black"))
        top.set(title=f"{letter}, the {name} matrix", ylabel="row f (question)")
        bottom.plot(np.linspace(0, n - 1, 600), _smooth_row(name, f, n), c=GREY, lw=1)
        bottom.plot(M[f], "o", color=colour, markersize=4)
        bottom.set(xlabel="sample n (column)", ylabel=f"row {f}", ylim=(-1.2, 1.2))
        bottom.set_xlim(-0.5, n - 0.5)
    figure.colorbar(image, ax=panels[:2], label="value", shrink=0.8)
    alt = (
        f"Two {n} by {n} matrices, cosine and sine, in red for plus and blue for "
        f"minus. Row {f} is framed and drawn below each as samples of a wave of "
        f"{f} cycles; the rows mirror about row {n // 2}."
    )
    return Picture(figure, alt, tuple(panels))


def _smooth_row(name: str, f: int, n: int) -> Real:
    """The wave behind the samples of a row."""
    angle = 2 * np.pi * f * np.linspace(0, n - 1, 600) / n
    return np.cos(angle) if name == "cosine" else np.sin(angle)


@drawing
def draw_leakage(cycles: float, n: int = 64) -> Picture:
    """Draw a wave, the seam where the DFT repeats it, and its magnitudes.

    Parameters
    ----------
    cycles
        Cycles in the n samples; between two integers the wave falls between bins.
    n
        Samples.
    """
    x = wave(cycles, n, np.pi / 2)
    magnitude = np.hypot(*fourier.dft(x))[: n // 2 + 1]
    figure, panels = subplots(3.6, columns=2)
    left, right = panels
    left.plot(x, ".-", color=BLUE, label="the n samples")
    left.plot(np.arange(n, 2 * n), x, ".-", color=GREY, label="the same again")
    left.axvline(n - 0.5, color=ORANGE, ls="--", label="seam")
    left.set(xlabel="sample n", ylabel="amplitude", ylim=(-1.15, 1.15))
    left.set_xlim(n // 2, n + n // 2)
    legend_above(left, 3)
    right.stem(magnitude, linefmt=BLUE, markerfmt="o", basefmt=" ")
    right.set(xlabel="bin f", ylabel="magnitude", ylim=(0, 0.55 * n))
    touched = int(np.sum(magnitude > 0.01 * magnitude.max()))
    right.set_title(f"{touched} of {len(magnitude)} bins above 1 % of the highest")
    alt = (
        f"Left, a wave of {cycles:g} cycles around the seam where it is repeated. "
        f"Right, its magnitudes: {touched} of {len(magnitude)} bins lie above one "
        f"percent of the highest."
    )
    return Picture(figure, alt, tuple(panels))


@drawing
def draw_spectra(
    hertz: ArrayLike,
    magnitudes: Mapping[str, ArrayLike],
    highest: float,
    marks: Iterable[float] = (),
) -> Picture:
    """Draw magnitudes over frequency in dB below the highest, a panel for each.

    Parameters
    ----------
    hertz
        The frequency of each bin, ``(bins,)``.
    magnitudes
        By label, ``(bins,)`` each; amplitudes, so 20 log10.
    highest
        Where the frequency axis ends, in Hz.
    marks
        Frequencies to mark by dotted lines, in Hz.
    """
    hertz, rows = np.asarray(hertz, dtype=float), len(magnitudes)
    shown = hertz <= highest
    top = max(float(np.max(M)) for M in magnitudes.values())
    figure, panels = subplots(1.0 + 2.0 * rows, rows=rows, sharex=True, sharey=True)
    peaks = []
    for axes, (label, values) in zip(panels, magnitudes.items(), strict=True):
        level = 20 * np.log10(np.maximum(np.asarray(values)[shown] / top, 1e-5))
        for mark in marks:
            axes.axvline(mark, color=ORANGE, ls=":", lw=1.2)
        axes.plot(hertz[shown], level, color=BLUE, lw=1)
        axes.set(ylabel="magnitude (dB)", xlim=(0, highest), ylim=(-65, 3))
        axes.set_title(label, loc="left")
        peaks.append(f"{label} is highest at {hertz[shown][np.argmax(level)]:.0f} Hz")
    panels[-1].set_xlabel("frequency (Hz)")
    alt = (
        f"Magnitude in dB below the highest over frequency, 0 to {highest:g} Hz: "
        f"{'; '.join(peaks)}."
    )
    return Picture(figure, alt, tuple(panels))


@drawing
def draw_rebuilt(
    x: ArrayLike, y: ArrayLike, rate: int, start: float, seconds: float = 0.03
) -> Picture:
    """Draw a stretch of a sound over what was rebuilt of it.

    Parameters
    ----------
    x, y
        The sound and the rebuilt one, ``(samples,)``.
    rate
        Samples per second.
    start, seconds
        Which stretch to show.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    part = slice(round(start * rate), round((start + seconds) * rate))
    ms = 1000 * np.arange(len(x))[part] / rate
    kept = 100 * float(np.sum(y**2) / np.sum(x**2))
    figure, panels = subplots(3.0)
    axes = panels[0]
    axes.plot(ms, x[part], color=GREY, lw=3.5, label="the recording")
    axes.plot(ms, y[part], color=BLUE, label="rebuilt")
    axes.set(xlabel="time (ms)", ylabel="amplitude", xlim=(ms[0], ms[-1]))
    axes.set_title(f"{kept:.1f} % of the energy", loc="left", weight="bold")
    legend_above(axes, 2)
    alt = (
        f"The recording from {ms[0]:.0f} to {ms[-1]:.0f} ms and what was rebuilt of "
        f"it, which carries {kept:.1f} percent of its energy."
    )
    return Picture(figure, alt, tuple(panels))
