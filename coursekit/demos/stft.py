"""The pictures and sounds of lecture 02: frames, their sum, and what a frame buys.

Each ``draw_…`` function takes numbers that a slider can move and returns a
`plots.Picture`; `coursekit.demos.slide` puts the sliders on top. What a picture
shows is computed by `coursekit.fourier`, so that class and package agree.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from coursekit import fourier, plots
from coursekit.plots import Picture
from coursekit.plots.style import BLUE, GREEN, GREY, ORANGE, drawing, subplots

Real = NDArray[np.float64]

COPIES = (BLUE, GREEN, "#CC79A7", "#E69F00")
"""Colours of neighbouring frames, in turn."""

FLOOR_DB = -100.0
"""Where the spectrograms of a board end: dB re a sine at full scale."""


# --- sounds --------------------------------------------------------------------


def tone(hz: float, rate: int, seconds: float, amplitude: float = 0.2) -> Real:
    """Return a sine that starts and ends without warning, ``(samples,)``.

    Examples
    --------
    >>> tone(1000, 4000, 0.001).round(3).tolist()
    [0.0, 0.2, 0.0, -0.2]
    """
    t = np.arange(round(seconds * rate)) / rate
    return np.asarray(amplitude * np.sin(2 * np.pi * hz * t))


def sweep(start_hz: float, end_hz: float, rate: int, seconds: float) -> Real:
    """Return a tone whose frequency climbs on a straight line, amplitude 0.2.

    Raises
    ------
    ValueError
        Where it would pass half the sampling rate.

    Examples
    --------
    >>> sweep(100, 200, 8000, 0.5).shape
    (4000,)
    """
    if max(start_hz, end_hz) >= rate / 2:
        raise ValueError(
            f"a sweep from {start_hz:g} to {end_hz:g} Hz passes half the rate, "
            f"{rate / 2:g} Hz; end it lower"
        )
    t = np.arange(round(seconds * rate)) / rate
    slope = (end_hz - start_hz) / seconds
    return np.asarray(0.2 * np.sin(2 * np.pi * (start_hz * t + slope * t**2 / 2)))


def pieces(x: ArrayLike, window: ArrayLike, pause: int) -> Real:
    """Return the frames of `x`, windowed, one after the other with a pause between.

    What a frame sounds like at its edges, heard alone.

    Parameters
    ----------
    x
        Sound ``(samples,)``.
    window
        ``(frame,)``; the frames follow each other without overlap.
    pause
        Zeros after each frame, in samples.

    Returns
    -------
    y
        ``(samples // frame * (frame + pause),)``.

    Examples
    --------
    >>> pieces([1.0, 2.0, 3.0, 4.0], [1.0, 0.5], 1).tolist()
    [1.0, 1.0, 0.0, 3.0, 2.0, 0.0]
    """
    w = np.asarray(window, dtype=float)
    x = np.asarray(x, dtype=float)
    frames = fourier.split_frames(x, len(w), len(w)) * w[:, None]
    return np.pad(frames, ((0, pause), (0, 0))).T.ravel()


def plain_overlap_add(x: ArrayLike, window: ArrayLike, hop: int) -> Real:
    """Cut a sound into windowed frames and add them up again, nothing else.

    Where the shifted windows add up to a constant (`fourier.cola_deviation` is 0)
    this is `x`; elsewhere `x` has been multiplied by their ripple, one period per
    hop. The mean of the windows' sum is divided out.

    Parameters
    ----------
    x
        Sound ``(samples,)``.
    window
        ``(frame,)``.
    hop
        In samples.

    Returns
    -------
    y
        ``(samples,)``.

    Examples
    --------
    >>> x = np.ones(6)
    >>> plain_overlap_add(x, fourier.window("hann", 4), 2).round(9).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    >>> plain_overlap_add(x, fourier.window("hann", 4), 4).round(9).tolist()
    [2.0, 1.0, 0.0, 1.0, 2.0, 1.0]
    """
    x, w = np.asarray(x, dtype=float), np.asarray(window, dtype=float)
    padded = fourier.pad_ends(np.pad(x, len(w)), len(w), hop)
    frames = fourier.split_frames(padded, len(w), hop)
    y = fourier.overlap_add(w[:, None] * frames, hop) * hop / w.sum()
    start = len(w) + len(w) // 2
    return np.asarray(y[start : start + len(x)])


def scramble_phase(x: ArrayLike, frame: int, rng: np.random.Generator) -> Real:
    """Return a sound with the magnitudes of `x` but phases drawn at random.

    What is left is what the spectrogram at this frame length shows.

    Parameters
    ----------
    x
        Sound ``(samples,)``.
    frame
        Length of a frame in samples; the hop is a quarter of it.
    rng
        Draws the phases.

    Returns
    -------
    y
        ``(samples,)``, as loud as `x` (RMS).

    Examples
    --------
    >>> x = tone(440, 8000, 0.5)
    >>> y = scramble_phase(x, 256, np.random.default_rng(1))
    >>> bool(np.isclose(np.std(y), np.std(x), rtol=0.01)), np.allclose(y, x)
    (True, False)
    """
    x = np.asarray(x, dtype=float)
    X = fourier.stft(x, frame, frame // 4)
    phase = rng.uniform(-np.pi, np.pi, X.shape)
    y = fourier.istft(
        np.abs(X) * np.exp(1j * phase), frame, frame // 4, length=x.shape[-1]
    )
    return np.asarray(y * np.sqrt(np.mean(x**2) / np.mean(y**2)))


def best_frame(hz_per_second: float, rate: int) -> int:
    """Return the Hann frame that draws a sweep thinnest, in samples.

    Over the width of the window in time, `fourier.click_resolution`, the sweep
    climbs as many hertz as the window is wide in frequency,
    `fourier.tone_resolution`: longer frames smear it by its motion, shorter ones by
    their coarse bins. For the Hann window that is ``2 * rate / sqrt(slope)``.

    Raises
    ------
    ValueError
        Where the slope is zero: a steady tone has no best frame, longer is better.

    Examples
    --------
    >>> best_frame(10_000, 16_000)
    320
    """
    if hz_per_second == 0:
        raise ValueError(
            "the slope is 0 Hz/s: a steady tone is drawn thinner by every longer "
            "frame, so there is no best one"
        )
    return round(2 * rate / np.sqrt(abs(hz_per_second)))


def ridge_width(x: ArrayLike, rate: int, frame: int, window: str = "hann") -> float:
    """Return how thick the loudest line of a spectrogram is drawn, in Hz.

    The width of the power spectrum at half its height (-3 dB) around its highest
    point, read between the bins; the median over the frames that lie wholly within
    the sound.

    Parameters
    ----------
    x
        Sound ``(samples,)``, longer than a frame, with one line that dominates.
    rate
        Samples per second.
    frame
        Length of a frame in samples.
    window
        A name of `fourier.WINDOWS`.

    Examples
    --------
    >>> x = tone(1000, 8000, 0.5)
    >>> round(ridge_width(x, 8000, 256), 1)  # 1.44 bins of 31.25 Hz
    44.9
    """
    w = fourier.window(window, frame)
    frames = fourier.split_frames(np.asarray(x, dtype=float), frame, max(1, frame // 4))
    fine = 1 << int(np.ceil(np.log2(16 * frame)))
    power = np.abs(np.fft.rfft(w[:, None] * frames, fine, axis=0)) ** 2
    half = power >= power.max(axis=0) / 2
    return float(np.median(half.sum(axis=0)) * rate / fine)


def spread(window: ArrayLike, rate: int) -> tuple[float, float]:
    """Return the spreads of a window in time (s) and in frequency (Hz).

    Both are standard deviations: of time weighted by the window's energy, of
    frequency weighted by that of its spectrum. Gabor (1946): their product is
    1 / (4 pi) or more, whatever the window.

    Parameters
    ----------
    window
        ``(frame,)``.
    rate
        Samples per second.

    Examples
    --------
    >>> s, hz = spread(fourier.window("hann", 512), 16_000)
    >>> round(s * hz * 4 * np.pi, 3)
    1.026
    """
    w = np.asarray(window, dtype=float)
    t = np.arange(len(w)) / rate
    W = np.abs(np.fft.rfft(w, 16 * len(w))) ** 2
    W[0] /= 2  # the others stand for a negative frequency, too
    f = np.arange(len(W)) * rate / (16 * len(w))
    return _deviation(t, w**2), float(np.sqrt(np.sum(W * f**2) / np.sum(W)))


def _deviation(values: Real, weights: Real) -> float:
    p = weights / weights.sum()
    mean = np.sum(p * values)
    return float(np.sqrt(np.sum(p * (values - mean) ** 2)))


# --- pictures ------------------------------------------------------------------


@drawing
def draw_cut(cycles: float, window: str = "rect", n: int = 64) -> Picture:
    """Draw a tone as a window cuts it, and the magnitudes that come of it in dB.

    Parameters
    ----------
    cycles
        Cycles of the tone in the n samples; between two integers it is no bin's.
    window
        A name of `fourier.WINDOWS`.
    n
        Length of the frame in samples.
    """
    x = np.sin(2 * np.pi * cycles * np.arange(n) / n)
    w = fourier.window(window, n)
    magnitude = np.hypot(*fourier.dft(w * x))[: n // 2 + 1] / (w.sum() / 2)
    level = 20 * np.log10(np.maximum(magnitude, 1e-9))
    far = float(level[np.abs(np.arange(n // 2 + 1) - cycles) >= n // 8].max())
    figure, panels = subplots(3.6, columns=2)
    left, right = panels
    left.plot(np.concatenate([w * x, w * x]), ".-", color=BLUE, lw=1, ms=4)
    left.plot(np.concatenate([w, w]), color=ORANGE, lw=1.5, label=f"window: {window}")
    left.axvline(n - 0.5, color=GREY, ls="--", label="seam")
    left.set(xlabel="sample n", ylabel="amplitude", ylim=(-1.15, 1.5))
    left.set_title("the frame, and the same again", fontsize=11)
    left.legend(loc="upper right", ncols=2, fontsize=9)
    right.plot(level, "o-", color=BLUE, lw=1, ms=4)
    right.set(xlabel="bin f", ylabel="level in dB re the tone", ylim=(-120, 6))
    far_text = "below -120 dB" if far < -120 else f"{far:.0f} dB"
    right.set_title(f"{n // 8} bins away and more: at most {far_text}", fontsize=11)
    alt = (
        f"Left, a tone of {cycles:g} cycles under a {window} window, twice in a row. "
        f"Right, its level per bin: {n // 8} bins away and more, at most {far_text}."
    )
    return Picture(figure, alt, tuple(panels))


@drawing
def draw_overlap_add(
    x: ArrayLike, rate: int, frame: int, hop: int, window: str = "hann"
) -> Picture:
    """Draw the deck's picture: windows over a sound, the frames, and their sum.

    Parameters
    ----------
    x
        Sound ``(samples,)``, at least four hops longer than a frame; the start of it
        is drawn.
    rate
        Samples per second.
    frame, hop
        In samples.
    window
        A name of `fourier.WINDOWS`.
    """
    count = 5
    x = np.asarray(x, dtype=float)[: frame + (count - 1) * hop]
    w = fourier.window(window, frame)
    frames = w[:, None] * fourier.split_frames(x, frame, hop)  # (frame, count)
    total = fourier.overlap_add(frames, hop) * hop / w.sum()
    ms = 1000 * np.arange(len(x)) / rate
    heights = [2, *[1] * count, 2]
    figure, panels = subplots(6.6, rows=count + 2, sharex=True, height_ratios=heights)
    peak = 1.15 * float(np.abs(x).max())
    panels[0].plot(ms, x, color=GREY, lw=1)
    for j in range(count):
        part, colour = slice(j * hop, j * hop + frame), COPIES[j % len(COPIES)]
        panels[0].plot(ms[part], peak * w, color=colour, lw=1.2)
        panels[1 + j].plot(ms[part], frames[:, j], color=colour, lw=1)
        panels[1 + j].set_ylabel(f"j = {j}", rotation=0, ha="right", va="center")
    panels[-1].plot(ms, x, color=GREY, lw=3, label="the sound")
    panels[-1].plot(ms, total, color=ORANGE, lw=1, label="sum of the frames")
    panels[-1].legend(loc="upper right", ncols=2, fontsize=9)
    panels[0].set_title(f"{window} windows of {frame} samples, a hop of {hop}")
    for row in panels:
        row.set(ylim=(-peak, peak), yticks=[])
    panels[-1].set_ylim(-peak, 1.8 * peak)
    panels[-1].set(xlabel="time in ms", xlim=(0, ms[-1]))
    alt = (
        f"From top to bottom: a sound with {count} {window} windows of {frame} samples "
        f"over it, {hop} samples apart; the {count} windowed frames; their sum, which "
        "follows the sound except at the first and the last hops, where fewer frames "
        "overlap."
    )
    return Picture(figure, alt, tuple(panels))


@drawing
def draw_copies(window: ArrayLike, hop: int, name: str = "window") -> Picture:
    """Draw shifted copies of a window and their sum.

    Parameters
    ----------
    window
        ``(frame,)``.
    hop
        In samples, 1 to the frame's length.
    name
        What the title calls it.
    """
    w = np.asarray(window, dtype=float)
    frame = len(w)
    deviation = fourier.cola_deviation(w, hop)
    deep = -(-frame // hop)  # copies that lie over one sample
    count = 3 * deep + 1
    copies = np.zeros((frame + (count - 1) * hop, count))
    for j in range(count):
        copies[j * hop : j * hop + frame, j] = w
    start = deep * hop  # from here to three times as far all copies are drawn
    figure, panels = subplots(3.4)
    (axes,) = panels
    n = np.arange(len(copies)) - start
    for j in range(count):
        inside = slice(j * hop, j * hop + frame)
        axes.plot(n[inside], w, color=COPIES[j % len(COPIES)], lw=1.2)
    axes.plot(n, copies.sum(axis=1), color=ORANGE, lw=2.5, label="sum")
    axes.axhline(w.sum() / hop, color="black", ls=":", lw=1, label="mean of the sum")
    axes.set(xlabel="sample", ylabel="amplitude", xlim=(0, 2 * frame))
    axes.set_ylim(0, 1.35 * copies.sum(axis=1).max())
    axes.set_title(f"{name}, {frame} samples, hop {hop}: {_ripple(deviation)}")
    axes.legend(loc="upper right", ncols=2, fontsize=9)
    alt = (
        f"Copies of a {name} of {frame} samples, {hop} samples apart, and their sum: "
        f"{_ripple(deviation)}."
    )
    return Picture(figure, alt, tuple(panels))


def _ripple(deviation: float) -> str:
    if deviation < 1e-12:
        return "the sum is constant"
    if deviation < 0.0095:
        return f"the sum ripples by {100 * deviation:.2g} %"
    return f"the sum ripples by {100 * deviation:.0f} %"


def spectrogram(
    x: ArrayLike,
    rate: int,
    frame: int,
    hop: int | None = None,
    window: str = "hann",
) -> Picture:
    """Draw a spectrogram, with what its frame can tell apart in the title.

    The levels are those of sines (dB re a sine at full scale) at every frame length,
    so that pictures of one sound can be compared.

    Parameters
    ----------
    x
        Sound ``(samples,)``.
    rate
        Samples per second.
    frame, hop
        In samples; the hop is a quarter of the frame unless it is given. A hop
        longer than the frame is drawn as one frame long.
    window
        A name of `fourier.WINDOWS`.
    """
    hop = min(hop or max(1, frame // 4), frame)
    X = sine_levels(x, frame, hop, window)
    title = f"{window}, frame {frame} = {1000 * frame / rate:.0f} ms, hop {hop}"
    hz, ms = _can_tell_apart(window, frame, rate)
    return plots.spectrogram(
        X,
        rate,
        hop,
        title=f"{title}: tells tones {hz:.0f} Hz, clicks {ms:.1f} ms apart",
        range_db=_range_db(X),
    )


def sine_levels(x: ArrayLike, frame: int, hop: int, window: str = "hann") -> Real:
    """Return the magnitudes of the STFT, scaled so that a sine of amplitude A is A.

    Returns
    -------
    M
        ``(frame // 2 + 1, frames)``.

    Examples
    --------
    >>> M = sine_levels(tone(1000, 8000, 1, amplitude=0.5), 256, 64)
    >>> round(float(M[32, 60]), 3)
    0.5
    """
    w = fourier.window(window, frame)
    X = fourier.stft(np.asarray(x, dtype=float), frame, hop, window)
    return np.asarray(2 * np.abs(X) / w.sum())


def _range_db(*levels: Real) -> tuple[float, float]:
    """Return colour limits in dB: 70 dB down from the loudest, in steps of 5."""
    top = max(float(M.max()) for M in levels)
    high = 5 * np.ceil(20 * np.log10(max(top, 1e-5)) / 5)
    return max(float(high) - 70, FLOOR_DB - 5), float(high)


def _can_tell_apart(window: str, frame: int, rate: int) -> tuple[float, float]:
    """Return hertz and milliseconds."""
    return (
        fourier.tone_resolution(window, frame, rate),
        1000 * fourier.click_resolution(window, frame, rate),
    )


@drawing
def draw_resolutions(
    x: ArrayLike, rate: int, frames: tuple[int, ...], highest: float
) -> Picture:
    """Draw one sound with several frame lengths, one above the other, one scale.

    Parameters
    ----------
    x
        Sound ``(samples,)``.
    rate
        Samples per second.
    frames
        The lengths, in samples; they are called A, B, C, ….
    highest
        Where the frequency axis ends, in Hz.
    """
    hop = max(1, min(frames) // 4)
    levels = [sine_levels(x, frame, hop) for frame in frames]
    low, high = _range_db(*levels)
    seconds = np.asarray(x).shape[-1] / rate
    figure, panels = subplots(0.6 + 2.3 * len(frames), rows=len(frames), sharex=True)
    for row, M, letter in zip(panels, levels, "ABCDEFGH", strict=False):
        with np.errstate(divide="ignore"):
            image = row.imshow(
                20 * np.log10(M),
                aspect="auto",
                origin="lower",
                vmin=low,
                vmax=high,
                cmap="magma",
                extent=_extent(M, rate, hop),
            )
        row.set(ylim=(0, highest / 1000), xlim=(0, seconds))
        row.set_title(letter, loc="left", fontweight="bold", fontsize=12)
    panels[-1].set_xlabel("time in s")
    panels[len(panels) // 2].set_ylabel("frequency in kHz")
    figure.colorbar(image, ax=panels, label="level in dB re full scale")
    lengths = ", ".join(f"{1000 * frame / rate:.0f} ms" for frame in frames)
    alt = (
        f"{len(frames)} spectrograms of one sound of {seconds:.1f} s, up to "
        f"{highest:g} Hz, with frames of {lengths} from top to bottom: the longer the "
        "frame, the thinner the horizontal lines and the wider the vertical ones."
    )
    return Picture(figure, alt, tuple(panels))


def _extent(M: Real, rate: int, hop: int) -> tuple[float, float, float, float]:
    """Return the edges of the image in seconds and kilohertz."""
    bins, frames = M.shape
    width, step = hop / rate, rate / 2 / (bins - 1) / 1000
    return -width / 2, (frames - 0.5) * width, -step / 2, rate / 2000 + step / 2


# --- two tones against two clicks -------------------------------------------------

CENTRE_HZ, CENTRE_S = 1000.0, 0.5


def two_tones(apart_hz: float, rate: int, seconds: float = 1.0) -> Real:
    """Return two equal tones around 1000 Hz, `apart_hz` apart, ``(samples,)``.

    Examples
    --------
    >>> two_tones(40, 8000).shape
    (8000,)
    """
    low, high = CENTRE_HZ - apart_hz / 2, CENTRE_HZ + apart_hz / 2
    return tone(low, rate, seconds, 0.1) + tone(high, rate, seconds, 0.1)


def two_clicks(apart_ms: float, rate: int, seconds: float = 1.0) -> Real:
    """Return two equal clicks around 0.5 s, `apart_ms` apart, ``(samples,)``.

    Raises
    ------
    ValueError
        Where they would fall on one sample or outside the sound.

    Examples
    --------
    >>> np.flatnonzero(two_clicks(10, 8000)).tolist()
    [3960, 4040]
    """
    x = np.zeros(round(seconds * rate))
    places = [round((CENTRE_S + k * apart_ms / 2000) * rate) for k in (-1, 1)]
    if not 0 <= places[0] < places[1] < len(x):
        raise ValueError(
            f"two clicks {apart_ms:g} ms apart do not fit: at {rate:g} samples per "
            f"second they would fall on {places} of {len(x)}"
        )
    x[places] = 0.8
    return x


@drawing
def draw_tones_and_clicks(
    frame: int, apart_hz: float, apart_ms: float, rate: int = 16_000
) -> Picture:
    """Draw two tones and two clicks as a Hann frame sees them, and the verdicts.

    Parameters
    ----------
    frame
        Length of a frame in samples.
    apart_hz, apart_ms
        Distance of the tones and of the clicks.
    rate
        Samples per second.
    """
    tones, clicks = two_tones(apart_hz, rate), two_clicks(apart_ms, rate)
    figure, panels = subplots(3.9, columns=3, width_ratios=[1.25, 1, 1])
    left, middle, right = panels
    _draw_both(left, tones + clicks, rate, frame)
    hz = _draw_between_tones(middle, tones, rate, frame, apart_hz)
    ms = _draw_between_clicks(right, clicks, rate, frame, apart_ms)
    alt = (
        f"A spectrogram with frames of {frame} samples. The two tones, {apart_hz:g} Hz "
        f"apart, are {hz}; the two clicks, {apart_ms:g} ms apart, are {ms}."
    )
    return Picture(figure, alt, tuple(panels))


def _draw_both(axes: Axes, x: Real, rate: int, frame: int) -> None:
    hop = max(1, min(frame // 8, rate // 1000))
    M = sine_levels(x, frame, hop)
    with np.errstate(divide="ignore"):
        axes.imshow(
            20 * np.log10(M),
            aspect="auto",
            origin="lower",
            vmin=-80,
            vmax=-15,
            cmap="magma",
            extent=_extent(M, rate, hop),
        )
    axes.set(xlim=(0.35, 0.65), ylim=(0.7, 2.0))
    axes.set(xlabel="time in s", ylabel="frequency in kHz")
    axes.set_title(f"frame {frame} = {1000 * frame / rate:.0f} ms", fontsize=11)


def _draw_between_tones(
    axes: Axes, x: Real, rate: int, frame: int, apart: float
) -> str:
    low, high = CENTRE_HZ - apart / 2, CENTRE_HZ + apart / 2
    f = np.linspace(CENTRE_HZ - 2 * apart, CENTRE_HZ + 2 * apart, 201)
    waves = np.exp(-2j * np.pi * np.outer(f, np.arange(frame)) / rate)
    frames = fourier.split_frames(x, frame, max(1, frame // 16))
    power = np.mean(np.abs((waves * fourier.window("hann", frame)) @ frames) ** 2, 1)
    dip = fourier.tone_dip(x, rate, frame, low, high)
    _draw_profile(axes, f, power, (low, high))
    verdict = _verdict(dip)
    axes.set_title(f"two tones\n{verdict}", fontsize=11)
    axes.set_xlabel("frequency in Hz")
    return verdict


def _draw_between_clicks(
    axes: Axes, x: Real, rate: int, frame: int, apart: float
) -> str:
    first, second = (CENTRE_S + k * apart / 2000 for k in (-1, 1))
    centres = np.round(np.linspace(-2, 2, 201) * apart / 1000 * rate).astype(int)
    places = round(CENTRE_S * rate) + np.unique(centres) + frame - frame // 2
    padded = np.pad(x, frame)
    inside = places[:, None] + np.arange(frame)
    power = np.sum((fourier.window("hann", frame) * padded[inside]) ** 2, axis=1)
    dip = fourier.click_dip(x, rate, frame, first, second)
    ms = 1000 * (places - frame + frame // 2) / rate
    _draw_profile(axes, ms, power, (1000 * first, 1000 * second))
    verdict = _verdict(dip)
    axes.set_title(f"two clicks\n{verdict}", fontsize=11)
    axes.set_xlabel("time in ms")
    return verdict


def _verdict(dip: float) -> str:
    """Say in words what a dip between two peaks means; 3 dB count as seen apart."""
    if dip < 0.05:
        return "merged into one, no dip"
    depth = f"a dip of {dip:.1f} dB" if dip < 60 else "nothing between"
    return f"{'seen apart' if dip >= 3 else 'merged'}, {depth}"


def _draw_profile(axes: Axes, x: Real, power: Real, marks: tuple[float, float]) -> None:
    level = 10 * np.log10(np.maximum(power / power.max(), 1e-6))
    axes.plot(x, level, color=BLUE)
    for mark in marks:
        axes.axvline(mark, color=ORANGE, ls=":", lw=1)
    axes.set(ylim=(-30, 3), xlim=(x[0], x[-1]), ylabel="dB re peak")
