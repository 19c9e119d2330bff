"""Lecture 09: codecs drawn as blocks, quantisers as curves, streams as bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from torch import Tensor, nn

from coursekit import training
from coursekit.coding import (
    Codec,
    CodecScore,
    EntropyModel,
    RateControl,
    SoftToHard,
    WaveSettings,
    entropy,
)
from coursekit.coding.autoencoder import FADE, FRAME, HOP
from coursekit.coding.evaluation import HIGHER_IS_BETTER, curve
from coursekit.demos.listening_test import LETTERS
from coursekit.plots import Picture
from coursekit.plots.diagram import Box, arrow, blank, block
from coursekit.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    drawing,
    legend_above,
    subplots,
)

Real = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[Any]]


NAMES = {
    "snr": "SNR (dB)",
    "nmr": "mean NMR (dB)",
    "worst": "worst NMR (dB)",
    "audible": "lines above the mask (%)",
    "zimtohrli": "Zimtohrli (1 to 5)",
    "visqol": "ViSQOL (1 to 5)",
}
"""What the axes of a rate-distortion plot say, by measure."""

LOOKS: Sequence[tuple[str, str, str]] = (
    (BLUE, "o", "-"),
    (ORANGE, "s", "--"),
    (GREEN, "^", "-."),
    ("#CC79A7", "D", ":"),
    ("#56B4E9", "v", "-"),
    ("#E69F00", "P", "--"),
    ("black", "X", "-"),
)
"""Colour, marker and line of each codec."""


def lettered(
    sounds: Mapping[str, ArrayLike], rng: np.random.Generator
) -> dict[str, str]:
    """Return which sound stands behind A, B, C, …: shuffled for a blind test.

    Parameters
    ----------
    sounds
        ``{name: (samples,)}``, eight at most.
    rng
        Shuffles.

    Raises
    ------
    ValueError
        Where there are more sounds than letters.

    Examples
    --------
    >>> behind = lettered({"MP3": [0], "Opus": [1]}, np.random.default_rng(0))
    >>> list(behind), sorted(behind.values())
    (['A', 'B'], ['MP3', 'Opus'])
    """
    if len(sounds) > len(LETTERS):
        raise ValueError(f"{len(sounds)} sounds, but letters for {len(LETTERS)} only")
    order = [str(name) for name in rng.permutation(list(sounds))]
    return dict(zip(LETTERS, order, strict=False))


# --- block diagrams -----------------------------------------------------------------


def _row(
    axes: Axes, y: float, texts: Sequence[tuple[str, float, str]]
) -> dict[str, Box]:
    """Draw blocks from left to right with arrows between them; return them."""
    boxes: dict[str, Box] = {}
    x, end = 0.55, (0.4, y)
    for text, width, colour in texts:
        box = block(axes, Box(x + 0.35 + width / 2, y, width, 0.95), text, colour)
        arrow(axes, end, box.left)
        boxes[text], x, end = box, box.right[0], box.right
    arrow(axes, end, (end[0] + 0.45, y))
    axes.text(0.2, y, "$s$", ha="center", va="center", fontsize=15)
    axes.text(end[0] + 0.65, y, r"$\hat s$", ha="center", va="center", fontsize=15)
    return boxes


@drawing
def draw_two_codecs() -> Picture:
    """Draw the slide "Autoencoders vs. traditional codecs": the same five blocks."""
    figure, axes = blank(14.6, 4.7, 3.6)
    by_hand = [
        ("transform\n(MDCT)", 1.9, BLUE),
        ("quantise", 1.7, ORANGE),
        ("entropy\ncoding", 1.7, ORANGE),
        ("bits", 0.95, "black"),
        ("entropy\ndecoding", 1.7, ORANGE),
        ("inverse\ntransform", 1.9, BLUE),
    ]
    learnt = [
        ("encoder\nnetwork", 1.9, GREEN),
        ("quantise\n(soft to hard)", 2.2, GREEN),
        ("entropy\ncoding", 1.7, ORANGE),
        ("bits", 0.95, "black"),
        ("entropy\ndecoding", 1.7, ORANGE),
        ("decoder\nnetwork", 1.9, GREEN),
    ]
    upper, lower = _row(axes, 2.9, by_hand), _row(axes, 0.75, learnt)
    quantise = upper["quantise"]
    model = block(axes, Box(quantise.x, 4.2, 3.0, 0.75), "model of the ear", BLUE)
    arrow(axes, model.bottom, quantise.top)
    model = block(
        axes, Box(lower["bits"].x, 1.85, 3.4, 0.6), "learnt probabilities", GREEN
    )
    arrow(axes, model.left, lower["entropy\ncoding"].top)
    arrow(axes, model.right, lower["entropy\ndecoding"].top)
    axes.text(14.4, 3.65, "traditional", ha="right", color=BLUE, weight="bold")
    axes.text(14.4, 1.5, "autoencoder", ha="right", color=GREEN, weight="bold")
    alt = (
        "Two chains of blocks from s to s-hat. Traditional: transform, quantise as a "
        "model of the ear says, entropy coding, bits, entropy decoding, inverse "
        "transform. Autoencoder: encoder network, soft-to-hard quantiser, entropy "
        "coding with learnt probabilities, bits, decoding, decoder network. What is "
        "learnt is green."
    )
    return Picture(figure, alt, (axes,))


@drawing
def draw_network(settings: WaveSettings) -> Picture:
    """Draw the slide "End-to-end CNN autoencoder": a frame's way down and up.

    Each block is as high as its rows (channels) and as wide as its columns (time),
    both on a logarithmic scale.

    Parameters
    ----------
    settings
        The shape of the network.
    """
    shapes = network_shapes(settings)
    figure, axes = blank(15, 4.3, 3.3)
    x, end, words = 0.3, (0.0, 0.0), []
    code = len(shapes) // 2
    for k, (name, channels, columns) in enumerate(shapes):
        width = 0.22 + 0.16 * math.log2(columns)
        height = 0.35 + 0.32 * math.log2(channels)
        colour = ORANGE if k == code else BLUE if k < code else GREEN
        box = block(axes, Box(x + width / 2, 2.1, width, height), "", colour)
        if k:
            arrow(axes, end, box.left)
        shape = f"{channels}×{columns}"
        axes.text(box.x, box.top[1] + 0.08, shape, ha="center", va="bottom")
        low = 0.15 if k % 2 else 0.6
        axes.text(box.x, low - 0.05, name, ha="center", va="center", fontsize=10)
        x, end = box.right[0] + 0.42, box.right
        words.append(f"{name} {channels} by {columns}")
    axes.set_xlim(0, x)
    alt = (
        "The end-to-end autoencoder as blocks, channels by samples: "
        + ", ".join(words)
        + f". The code has {settings.codes} numbers a frame."
    )
    return Picture(figure, alt, (axes,))


def network_shapes(settings: WaveSettings) -> list[tuple[str, int, int]]:
    """Return name, channels and columns after each layer of the wave codec.

    Examples
    --------
    >>> network_shapes(WaveSettings())[3:5]
    [('conv /2', 64, 32), ('code', 8, 32)]
    """
    columns, shapes = FRAME, [("frame", 1, FRAME)]
    for stride, channels in zip(settings.strides, settings.channels, strict=True):
        columns //= stride
        shapes.append((f"conv /{stride}", channels, columns))
    shapes.append(("code", settings.code_channels, columns))
    widths = (*reversed(settings.channels[:-1]), 1)
    up = [("residual\nblocks", settings.channels[-1], columns)]
    for stride, channels in zip(reversed(settings.strides), widths, strict=True):
        columns *= stride
        up.append((f"sub-pixel ×{stride}", channels, columns))
    return shapes + up


@drawing
def draw_crossfade(frames: int = 3) -> Picture:
    """Draw frames of 512 samples that overlap by 32, and what their windows add up to.

    Parameters
    ----------
    frames
        How many.
    """
    total = (frames - 1) * HOP + FRAME
    rise = np.sin(np.pi / 2 * (np.arange(FADE) + 0.5) / FADE) ** 2
    window = np.concatenate([rise, np.ones(FRAME - 2 * FADE), rise[::-1]])
    figure, (axes,) = subplots(2.3)
    added = np.zeros(total)
    for k in range(frames):
        n = k * HOP + np.arange(FRAME)
        colour = (BLUE, ORANGE, GREEN)[k % 3]
        axes.plot(n, window, color=colour, label=f"frame {k + 1}")
        axes.fill_between(n, window, color=colour, alpha=0.15)
        added[n] += window
    axes.plot(added + 0.06, color=GREY, ls="--", label="their sum (drawn higher)")
    axes.set(xlabel="sample", ylabel="weight", ylim=(0, 1.2), xlim=(0, total))
    legend_above(axes, frames + 1)
    inside = added[FADE:-FADE]
    alt = (
        f"{frames} frames of {FRAME} samples, each fading over {FADE} samples into the "
        f"next, {HOP} samples apart. Their sum is {inside.min():.3g} to "
        f"{inside.max():.3g} inside."
    )
    return Picture(figure, alt, (axes,))


@drawing
def draw_cascade(stages: int = 3) -> Picture:
    """Draw cascaded residual modules: each one codes what the others left over.

    Parameters
    ----------
    stages
        How many modules.
    """
    figure, axes = blank(14, 4.2, 3.1)
    axes.text(0.25, 2.8, "$s$", ha="center", va="center", fontsize=15)
    end, sums = (0.45, 2.8), []
    for k in range(1, stages + 1):
        x = 2.0 + 4.2 * (k - 1)
        box = block(axes, Box(x, 2.8, 1.9, 0.9), f"module {k}", GREEN)
        arrow(axes, end, box.left)
        axes.text(x - 1.35, 3.0, f"$r_{k - 1}$" if k > 1 else "", ha="center")
        arrow(axes, box.top, (x, 3.8))
        axes.text(x, 3.85, "bits", ha="center", va="bottom")
        arrow(axes, box.bottom, (x, 1.0))
        axes.text(x + 0.12, 1.6, rf"$\hat r_{k - 1}$" if k > 1 else r"$\hat s_1$")
        sums.append(x)
        if k < stages:
            middle = (x + 2.1, 2.8)
            arrow(axes, box.right, middle)
            axes.text(*middle, "−", ha="center", va="center", **_KNOT)
            end = (middle[0] + 0.2, 2.8)
    for a, b in zip(sums, [*sums[1:], 13.3], strict=True):
        axes.text(a, 0.8, "+", ha="center", va="center", **_KNOT)
        arrow(axes, (a + 0.2, 0.8), (b - 0.2, 0.8))
    axes.text(13.5, 0.8, r"$\hat s$", ha="center", va="center", fontsize=15)
    alt = (
        f"{stages} modules in a row. The first codes s; each next one codes the "
        "residual, what is left after subtracting the estimates so far. All estimates "
        "add up to s-hat."
    )
    return Picture(figure, alt, (axes,))


_KNOT: dict[str, Any] = {
    "bbox": {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": "black"}
}


# --- quantisers ---------------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """What a uniform quantiser does to values.

    Parameters
    ----------
    symbols
        Whole numbers, the shape of the values.
    fixed
        Bits a value if every symbol that came were written with as many.
    entropy
        Bits a value that an entropy coder gets near to.
    snr
        Of the rounded values, in dB.
    """

    symbols: np.ndarray[Any, np.dtype[np.int64]]
    fixed: int
    entropy: float
    snr: float


def spend(values: ArrayLike, step: float) -> Spent:
    """Round values to multiples of a step and count what it costs.

    Parameters
    ----------
    values
        Of any shape, not all zero.
    step
        Above 0.

    Raises
    ------
    ValueError
        Where the step is not above 0.

    Examples
    --------
    >>> spent = spend([0.1, 0.9, -1.2, 0.0], step=1.0)
    >>> spent.symbols.tolist(), spent.fixed, spent.entropy
    ([0, 1, -1, 0], 2, 1.5)
    """
    if not step > 0:
        raise ValueError(f"step is {step}: a quantiser's step is above 0")
    x = np.asarray(values, float)
    symbols = np.round(x / step).astype(np.int64)
    _, counts = np.unique(symbols, return_counts=True)
    error = np.sum((x - step * symbols) ** 2)
    return Spent(
        symbols,
        math.ceil(math.log2(int(np.ptp(symbols)) + 1)),
        float(entropy(counts)),
        float(10 * np.log10(np.sum(x**2) / max(error, 1e-30))),
    )


@drawing
def draw_uniform(values: ArrayLike, step: float, widest: float) -> Picture:
    """Draw a uniform quantiser's stairs, and how often each of its symbols comes.

    Parameters
    ----------
    values
        To be quantised, of any shape.
    step
        The quantiser's.
    widest
        Values up to here are shown.
    """
    spent = spend(values, step)
    figure, (left, right) = subplots(3.1, 1, 2)
    x = np.linspace(-widest, widest, 2000)
    left.plot(x, x, color=GREY, lw=1, ls="--", label="as it was")
    left.plot(x, step * np.round(x / step), color=BLUE, label="rounded")
    left.set(xlabel="value", ylabel="what is decoded", xlim=(-widest, widest))
    left.legend(loc="upper left")
    symbols, counts = np.unique(spent.symbols, return_counts=True)
    common = counts.max() / counts.sum()
    right.bar(symbols, 100 * counts / counts.sum(), color=ORANGE, width=0.9)
    reach = max(2, math.ceil(widest / step))
    right.set(xlabel="symbol", ylabel="share (%)", xlim=(-reach - 0.6, reach + 0.6))
    right.set_title(
        f"{spent.fixed} bits fixed, entropy {spent.entropy:.2f}", loc="left"
    )
    alt = (
        f"Rounding to multiples of {step:g}, and the share of each symbol. "
        f"{symbols.size} symbols came, the commonest with {common:.0%}. "
        f"Fixed length {spent.fixed} bits a value, entropy {spent.entropy:.2f}, "
        f"SNR {spent.snr:.1f} dB."
    )
    return Picture(figure, alt, (left, right))


@drawing
def draw_soft_to_hard(alpha: float, bins: int = 5) -> Picture:
    """Draw the soft quantiser at a sharpness: its curve, and the slope of it.

    Parameters
    ----------
    alpha
        Sharpness.
    bins
        Centroids, evenly over [-1, 1].
    """
    quantiser = SoftToHard(bins, alpha)
    x = torch.linspace(-1.2, 1.2, 1201, requires_grad=True)
    soft, _ = quantiser.soft(x)
    soft.sum().backward()
    hard = quantiser.values(quantiser.symbols(x)).detach().numpy()
    at, slope = x.detach().numpy(), np.asarray(x.grad)
    figure, (left, right) = subplots(3.1, 1, 2)
    left.plot(at, hard, color=GREY, lw=1.5, ls="--", label="nearest centroid")
    left.plot(at, soft.detach().numpy(), color=BLUE, label="soft average")
    left.plot(*[quantiser.centroids.detach().numpy()] * 2, "o", color=ORANGE)
    left.set(xlabel="$x$", ylabel="decoded value", ylim=(-1.2, 1.2))
    left.legend(loc="upper left")
    right.plot(at, slope, color=BLUE, label="of the soft average")
    right.plot(at, 0 * at, color=GREY, lw=1.5, ls="--", label="of rounding")
    right.set(xlabel="$x$", ylabel="slope", ylim=(-0.4, max(3.0, 1.25 * slope.max())))
    right.legend(loc="upper left", ncols=2)
    steep = float(np.mean(slope > 0.05))
    alt = (
        f"Soft-to-hard quantisation with {bins} centroids at sharpness {alpha:g}: on "
        "the left the soft average over the stairs of the nearest centroid, on the "
        f"right its slope, at most {slope.max():.3g}, above 0.05 on {steep:.0%} of the "
        "axis. The slope of rounding is 0."
    )
    return Picture(figure, alt, (left, right))


@dataclass(frozen=True)
class Learnt:
    """A scalar quantiser that learnt its centroids within a budget of bits.

    Parameters
    ----------
    quantiser
        As it was at the end.
    bits
        Bits a value at each step, by the learnt distribution.
    weight
        Of the bits in the loss, at each step.
    target
        Bits a value that were asked for.
    """

    quantiser: SoftToHard
    bits: list[float]
    weight: list[float]
    target: float


class _Scalar(nn.Module):
    """A quantiser of single values, its distribution, and the control of its rate."""

    def __init__(self, bins: int, target: float) -> None:
        super().__init__()
        self.quantiser = SoftToHard(bins)
        self.quantiser.log_alpha.requires_grad_(False)  # annealed, not learnt
        self.entropy = EntropyModel(1, bins)
        self.control = RateControl(target, weight=0.01, step=1.01)


def learn_centroids(
    values: ArrayLike, target: float, bins: int = 8, steps: int = 300
) -> Learnt:
    """Learn where a quantiser's centroids belong, within so many bits a value.

    Parameters
    ----------
    values
        In [-1, 1], of any shape.
    target
        Bits a value.
    bins, steps
        Centroids, and steps of Adam.

    Examples
    --------
    >>> learnt = learn_centroids(np.linspace(-1, 1, 99), target=1.5, steps=2)
    >>> len(learnt.bits)
    2
    """
    every = np.ravel(np.asarray(values, float))
    model = _Scalar(bins, target)
    weights: list[float] = []

    def draw(rng: np.random.Generator) -> Tensor:
        return torch.from_numpy(rng.choice(every, 2048)).float()

    def loss(model: _Scalar, x: Tensor, step: int) -> dict[str, Tensor]:
        model.quantiser.alpha = 20 * 10 ** (step / steps)  # from soft to hard
        decoded, p = model.quantiser(x)
        bits = model.entropy.expected_bits(p, torch.zeros(len(x), dtype=torch.long))
        model.control.update(bits.mean().item())
        weights.append(model.control.weight.item())
        error = (x - decoded).square().mean()
        return {"error": error, "bits": model.control.weight * bits.mean()}

    settings = training.Settings(
        steps, 1e-2, final_lr_fraction=0.1, lr_multipliers=(("entropy", 5.0),),
        progress=False,
    )  # fmt: skip
    history = training.fit(model, draw, loss, settings)
    bits = [b / w for b, w in zip(history.terms["bits"], weights, strict=True)]
    return Learnt(model.quantiser, bits, weights, target)


@drawing
def draw_learnt(values: ArrayLike, learnt: Learnt) -> Picture:
    """Draw where centroids went, and how the bits were steered.

    Parameters
    ----------
    values
        That they were learnt from, of any shape.
    learnt
        What `learn_centroids` returned.
    """
    centroids = np.sort(learnt.quantiser.centroids.detach().numpy())
    figure, (left, right) = subplots(3.1, 1, 2)
    left.hist(np.ravel(values), 81, range=(-1, 1), density=True, color=GREY, alpha=0.6)
    left.set(yscale="log", xlabel="value", ylabel="density")
    for k, c in enumerate(centroids):
        left.axvline(c, color=BLUE, lw=2, label="centroids, learnt" * (not k))
    for k, c in enumerate(np.linspace(-1, 1, centroids.size)):
        left.plot(c, 0.03, "v", color=ORANGE, ms=9, label="at the start" * (not k))
    legend_above(left, 2)
    right.plot(learnt.bits, color=BLUE, lw=1, label="bits a value")
    right.axhline(learnt.target, color=ORANGE, ls="--", label="asked for")
    right.set(xlabel="step", ylabel="bits a value", ylim=(0, None))
    legend_above(right, 2)
    inner = np.diff(centroids)
    end = float(np.mean(learnt.bits[-20:]))
    alt = (
        f"On the left a histogram of values and {centroids.size} learnt centroids, "
        f"{inner.min():.2f} to {inner.max():.2f} apart. On the right the bits a value "
        f"over {len(learnt.bits)} steps: {learnt.bits[0]:.2f} at the start, "
        f"{end:.2f} at the end, {learnt.target:g} asked for."
    )
    return Picture(figure, alt, (left, right))


# --- streams and curves -------------------------------------------------------------


def nearest_in_bytes(codecs: Sequence[Codec], x: Real, size: int) -> Codec:
    """Return the codec whose stream of `x` ``(samples,)`` is nearest to `size` bytes.

    Examples
    --------
    >>> from coursekit.coding import Mp3
    >>> x = np.random.default_rng(0).standard_normal(16000) / 10
    >>> nearest_in_bytes([Mp3(16), Mp3(32), Mp3(64)], x, 4000).name
    'MP3 32'
    """
    return min(codecs, key=lambda codec: abs(len(codec.encode(x)) - size))


FIELDS = (
    ("format", 2, BLUE),
    ("version", 1, GREEN),
    ("model", 4, ORANGE),
    ("samples", 4, BLUE),
    ("payload", -4, GREY),
    ("checksum", 4, GREEN),
)
"""Name, bytes and colour of each part of a stream; the payload is what remains."""


def fields_of(stream: bytes) -> dict[str, bytes]:
    """Return the parts of a stream of the course, by name.

    Raises
    ------
    ValueError
        Where it is too short to have them.

    Examples
    --------
    >>> from coursekit.coding import write_stream
    >>> parts = fields_of(write_stream(7, 16000, b"1234"))
    >>> parts["format"], int.from_bytes(parts["samples"], "little"), parts["payload"]
    (b'ck', 16000, b'1234')
    """
    if len(stream) < 15:
        raise ValueError(f"{len(stream)} bytes: a stream has 15 and more")
    parts, at = {}, 0
    for name, size, _ in FIELDS:
        end = len(stream) + size if size < 0 else at + size
        parts[name], at = stream[at:end], end
    return parts


@drawing
def draw_stream(stream: bytes, shown: int = 24) -> Picture:
    """Draw the bytes of a stream: the header, the payload's beginning, the checksum.

    Parameters
    ----------
    stream
        As a codec of the course wrote it.
    shown
        Bytes of the payload to show.
    """
    parts = fields_of(stream)
    columns, x = 22, 0
    figure, axes = blank(columns, 5.0, 2.7)
    for name, _, colour in FIELDS:
        part = parts[name]
        short = part[:shown] if name == "payload" else part
        for value in short:
            row, column = divmod(x, columns)
            box = Box(column + 0.5, 3.6 - 1.5 * row, 0.9, 0.7)
            block(axes, box, f"{value:02x}", colour)
            x += 1
        if len(short) < len(part):
            row, column = divmod(x, columns)
            axes.text(column + 0.5, 3.6 - 1.5 * row, "…", ha="center", va="center")
            x += 1
        cut = len(short) < len(part)
        row, column = divmod(x - len(short) - cut, columns)
        label = f"{name}, {len(part)} bytes" if name == "payload" else name
        high = 0.45 if name in ("version", "samples") else 0  # neighbours would touch
        axes.text(column + 0.05, 4.0 + high - 1.5 * row, label, va="bottom")
    words = ", ".join(f"{name} {len(part)}" for name, part in parts.items())
    alt = f"A stream of {len(stream)} bytes, byte by byte in hexadecimal: {words}."
    return Picture(figure, alt, (axes,))


@drawing
def draw_rate_distortion(
    curves: Mapping[str, Sequence[CodecScore]],
    measures: Sequence[str],
    nothing: CodecScore,
    most: float = math.inf,
) -> Picture:
    """Draw codecs over their bytes, one panel for each measure, and silence.

    Parameters
    ----------
    curves
        Rows of each codec, at two rates or more.
    measures
        Names of `coding.evaluation.MEASURES`, one to four.
    nothing
        The row of silence: the line that a codec must beat.
    most
        Rates above it are left out.
    """
    rows_of = 2 if len(measures) > 3 else 1
    figure, panels = subplots(3.4 * rows_of + 0.6, rows_of, len(measures) // rows_of)
    words = []
    for axes, what in zip(panels, measures, strict=True):
        scale = 100.0 if what == "audible" else 1.0
        for (name, rows), (colour, marker, line) in zip(
            curves.items(), LOOKS, strict=False
        ):
            x, y = curve(rows, what)
            x, y = x[x <= most], y[x <= most] * scale
            axes.plot(x, y, color=colour, marker=marker, ls=line, ms=6, label=name)
            words.append(f"{name} from {y[0]:.3g} at {x[0]:.1f} to {y[-1]:.3g}")
        value = scale * getattr(nothing, what)
        if not math.isnan(value):
            axes.axhline(value, color="black", ls=":", lw=1, label="silence")
        better = "higher" if HIGHER_IS_BETTER[what] else "lower"
        axes.set(xlabel="bytes on disk (kbit/s)", title=f"{better} is better")
        axes.set_ylabel(NAMES[what])
        axes.grid(alpha=0.3)
        silent = "not run" if math.isnan(value) else f"{value:.3g}"
        words[-1] += f" ({what}; silence {silent})"
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    alt = "Quality over bytes. " + "; ".join(words) + "."
    return Picture(figure, alt, tuple(panels))


def table(rows: Sequence[CodecScore], measures: Sequence[str]) -> str:
    """Return rows as text in columns: the codec, its kbit/s, and measures.

    Parameters
    ----------
    rows
        The first may be that of silence.
    measures
        Names of `coding.evaluation.MEASURES`.

    Examples
    --------
    >>> print(table([CodecScore("silence", 0, 0, -0.2, 20, 0.16)], ["snr", "audible"]))
    codec                       kbit/s       snr   audible
    silence                        0.0       0.0    16.0 %
    """
    lines = [f"{'codec':26}{'kbit/s':>8}" + "".join(f"{m:>10}" for m in measures)]
    for row in rows:
        cells = [_cell(m, getattr(row, m)) for m in measures]
        lines.append(f"{row.codec:26}{row.kbps:8.1f}" + "".join(cells))
    return "\n".join(lines)


def _cell(measure: str, value: float) -> str:
    if math.isnan(value):
        return f"{'–':>10}"
    if measure == "audible":
        return f"{100 * value:8.1f} %"
    return f"{value:10.2f}" if measure in ("zimtohrli", "visqol") else f"{value:10.1f}"
