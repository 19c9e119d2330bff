r"""Bits where they are heard: an MDCT whose steps follow the masking threshold.

A plain transform codec with nothing learnt. The sound is cut into the frames of an
MDCT, each coefficient is divided by a step and rounded, and a range coder writes the
whole numbers. A step :math:`\Delta` makes an error of variance :math:`\Delta^2/12`,
so whoever chooses the steps chooses where the noise lies. `FlatMdctCodec` has one
step for everything, which is the best for the signal-to-noise ratio;
`MaskedMdctCodec` asks PAM-1 how much noise each band hides, and sends its steps along
as side information, which is counted like any other bit.

The two differ in one line. Taught in lecture 09; lecture 12 trains what is set by
hand here.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit.coding.bitstream import (
    StreamError,
    SymbolReader,
    SymbolWriter,
    read_stream,
    write_stream,
)
from coursekit.coding.entropy import frozen_frequencies
from coursekit.coding.mdct import imdct, mdct
from coursekit.coding.traditional import checked_sound
from coursekit.fourier import split_frames
from coursekit.psychoacoustics import FULL_SCALE_DB, bark, masking_threshold

Audio = NDArray[np.float64]
Whole = NDArray[np.int64]

FRAMES = {16_000: 512, 32_000: 1024, 44_100: 1024, 48_000: 1024}
"""Samples in a frame for each sampling rate that PAM-1 knows."""

GRID_DB = 10 * float(np.log10(2))
"""Between two steps that can be sent: a factor of the square root of 2."""

LEVELS = 64
"""How many steps can be sent."""

_QUIETEST_DB = -16 * GRID_DB  # the noise level of step number 0
_BAND_BARK = 1.5
_PRE_ECHO_DB = 12.0
_HOLD_DB = 4.0  # a step is sent anew where it is this far off
_DEADZONE = 0.4  # below 1/2: what is nearly nothing becomes nothing, and saves bits
_ESCAPE = 20  # larger magnitudes are written as this one and an excess
_BLOCK = 32  # frames from one mark to the next
_EDGES = np.array(
    [0.02, 0.05, 0.1, 0.18, 0.3, 0.45, 0.65, 0.9, 1.3, 1.8, 2.6, 3.7, 5.2, 7.5]
)  # between the classes of expected magnitude
_REGIONS = 4
_COIN = np.full((1, 2), 2**15, np.int32)


def band_edges(rate: int, bins: int) -> Whole:
    """Return where each band of 1.5 Bark begins, and where the last one ends.

    Lecture 09.

    Parameters
    ----------
    rate
        Sampling rate in Hz.
    bins
        Number of MDCT coefficients in a frame.

    Returns
    -------
    edges
        ``(bands + 1,)``, from 0 to `bins`. A band has four coefficients or more; as
        narrow as the ear's own they would cost more to describe than they save.

    Examples
    --------
    >>> band_edges(16_000, 256)[:4].tolist(), len(band_edges(16_000, 256)) - 1
    ([0, 5, 11, 17], 14)
    """
    z = bark((np.arange(bins) + 0.5) * rate / (2 * bins))
    edges = [0]
    for k in range(4, bins - 3):
        if z[k] - z[edges[-1]] >= _BAND_BARK and k - edges[-1] >= 4:
            edges.append(k)
    return np.array([*edges, bins])


def step_for(noise_spl: ArrayLike, frame: int) -> Audio:
    r"""Return the quantiser's step that makes noise of a given level.

    Lecture 09.

    Parameters
    ----------
    noise_spl
        Level of the noise in each line of PAM-1's spectrum, dB SPL, ``(...)``.
    frame
        Samples in a frame.

    Returns
    -------
    step
        ``(...)``. Rounding to multiples of :math:`\Delta` makes an error of variance
        :math:`\Delta^2/12`; a spectral line of white noise of variance
        :math:`\sigma^2` has the power :math:`\sigma^2/N`; hence
        :math:`\Delta = \sqrt{12 N\, 10^{(L - L_0) / 10}}` with the calibration
        :math:`L_0` (`psychoacoustics.FULL_SCALE_DB`).

    Examples
    --------
    >>> round(float(step_for(0.0, 512)), 6)
    0.000507
    """
    power = 10 ** ((np.asarray(noise_spl, float) - FULL_SCALE_DB) / 10)
    return np.sqrt(12 * frame * power)


def hidden_noise(x: Audio, rate: int) -> Audio:
    r"""Return how much noise each band of each frame hides, by PAM-1.

    Lecture 09.

    Parameters
    ----------
    x
        ``(samples,)``.
    rate
        Sampling rate in Hz, one of `FRAMES`.

    Returns
    -------
    levels
        ``(bands, T)`` in dB SPL per spectral line: the harmonic mean D of the masking
        threshold m over the band, so that noise of this level has a noise-to-mask
        ratio of :math:`\overline{D / m} = 1` there. (The plain mean would follow the
        highest line, and be heard at all others.)

    Examples
    --------
    >>> quiet = hidden_noise(np.zeros(16_000), 16_000)  # the threshold in quiet
    >>> quiet.shape, float(quiet.min().round())
    ((14, 64), -4.0)
    """
    frame = FRAMES[rate]
    N = frame // 2
    frames = split_frames(np.pad(x, (N, N + -len(x) % N)), frame, N)  # (2 N, T)
    mask = 10 ** (masking_threshold(frames.T, rate).T / 10)  # (N + 1, T)
    between = np.minimum(mask[:-1], mask[1:])  # a coefficient lies between two lines
    edges = band_edges(rate, N)
    inverse = np.add.reduceat(1 / between, edges[:-1], axis=0) / np.diff(edges)[:, None]
    return -10 * np.log10(inverse)


def guarded(levels: Audio) -> Audio:
    """Return noise levels that do not rise far above those of the neighbours.

    Lecture 09.

    Parameters
    ----------
    levels
        ``(bands, T)`` in dB.

    Returns
    -------
    levels
        ``(bands, T)``, no more than 12 dB above the frame before and the one after.
        The noise of a frame spreads over all of it, so that a loud sound at its end
        would be announced by noise at its beginning: a pre-echo.

    Examples
    --------
    >>> guarded(np.array([[0.0, 40.0, 40.0, 40.0]])).tolist()
    [[0.0, 12.0, 40.0, 40.0]]
    """
    around = np.pad(levels, ((0, 0), (1, 1)), mode="edge")
    return np.minimum(levels, np.minimum(around[:, :-2], around[:, 2:]) + _PRE_ECHO_DB)


def held(levels: Audio) -> Whole:
    """Return the numbers of the steps with hysteresis: the old one while it will do.

    Lecture 09.

    Parameters
    ----------
    levels
        Noise levels ``(bands, T)`` in dB SPL per line.

    Returns
    -------
    numbers
        ``(bands, T)`` from 0 to `LEVELS` − 1, on a grid of `GRID_DB`. A band keeps
        its number until its level is 4 dB off; "as before" costs next to nothing,
        and side information falls to half.

    Examples
    --------
    >>> held(np.array([[0.0, 2.0, 3.9, 4.1]])).tolist()
    [[16, 16, 16, 17]]
    """
    wanted = np.clip((levels - _QUIETEST_DB) / GRID_DB, 0, LEVELS - 1)
    numbers = np.round(wanted).astype(np.int64)
    for t in range(1, numbers.shape[1]):
        near = np.abs(wanted[:, t] - numbers[:, t - 1]) * GRID_DB < _HOLD_DB
        numbers[near, t] = numbers[near, t - 1]
    return numbers


def quantise(X: Audio, steps: Audio) -> Whole:
    """Return coefficients in whole steps, with a dead zone around zero.

    Lecture 09.

    Parameters
    ----------
    X, steps
        Of one shape, or one that fits.

    Returns
    -------
    q
        Whole numbers; ``q * steps`` differs from `X` by 0.6 steps at most.

    Examples
    --------
    >>> quantise(np.array([0.55, -0.65, 1.55]), np.ones(3)).tolist()
    [0, -1, 1]
    """
    return (np.sign(X) * np.floor(np.abs(X) / steps + _DEADZONE)).astype(np.int64)


class _TransformCodec(ABC):
    """What the two codecs share: all but the choice of the steps."""

    rate: int

    @property
    @abstractmethod
    def name(self) -> str:
        """What tables and figures call the codec."""

    @abstractmethod
    def noise_levels(self, x: Audio) -> Audio:
        """Return the noise to allow, ``(bands, T)`` in dB SPL per spectral line."""

    def __post_init__(self) -> None:
        if self.rate not in FRAMES:
            raise ValueError(
                f"PAM-1 has no sampling rate of {self.rate} Hz: resample to one of "
                f"{sorted(FRAMES)}"
            )

    def encode(self, x: ArrayLike) -> bytes:
        """Return the bytes of a sound.

        Parameters
        ----------
        x
            ``(samples,)`` at the codec's `rate`, within ±1.

        Raises
        ------
        ValueError
            Where `x` is not one finite channel within ±1, or holds no sample.
        """
        x = checked_sound(x)
        frame = FRAMES[self.rate]
        X = mdct(x, frame)  # (N, T)
        numbers = held(self.noise_levels(x))  # (bands, T)
        q = quantise(X, _steps(numbers, self.rate))
        return write_stream(self._tag, len(x), _written(numbers, q, self.rate))

    def decode(self, stream: bytes) -> Audio:
        """Return the sound of a stream, ``(samples,)``.

        Raises
        ------
        StreamError
            Where the stream is cut short, was changed, or is another codec's.
        """
        samples, payload = read_stream(stream, self._tag)
        if not samples:
            raise StreamError("the stream holds no sample")
        T = 1 + -(-samples // (FRAMES[self.rate] // 2))
        numbers, q = _read(payload, T, self.rate)
        return imdct(q * _steps(numbers, self.rate), length=samples)

    @property
    def _tag(self) -> int:
        return zlib.crc32(f"MDCT with steps, {self.rate} Hz".encode())


@dataclass(frozen=True)
class MaskedMdctCodec(_TransformCodec):
    """An MDCT codec whose noise follows the masking threshold of PAM-1.

    Parameters
    ----------
    above_mask
        How far above the masking threshold the noise may lie, in dB; below 0 for
        more quality and more bits.
    rate
        Sampling rate in Hz, one of `FRAMES`.

    Raises
    ------
    ValueError
        Where PAM-1 does not know the rate.

    Notes
    -----
    Where a band is quieter than its step, its error is the band itself, below the
    step's noise: so the noise-to-mask ratio comes out below `above_mask`. Either
    class decodes what the other encoded. Lectures 09 and 12.

    Examples
    --------
    >>> from coursekit import data, metrics
    >>> x = data.clip("austen_en_01").audio()[:32_000]
    >>> codec = MaskedMdctCodec(above_mask=-6)
    >>> stream = codec.encode(x)
    >>> 2_500 < len(stream) < 8_000, codec.decode(stream).shape == x.shape
    (True, True)
    """

    above_mask: float = 0.0
    rate: int = 16_000

    @property
    def name(self) -> str:
        """What tables and figures call the codec."""
        return f"masked MDCT {self.above_mask:+g} dB"

    def noise_levels(self, x: Audio) -> Audio:
        """Return what is hidden, guarded against pre-echo, ``(bands, T)`` in dB SPL."""
        return guarded(hidden_noise(x, self.rate)) + self.above_mask


@dataclass(frozen=True)
class FlatMdctCodec(_TransformCodec):
    """The same codec with one step for all: its noise is white.

    Parameters
    ----------
    noise_spl
        Level of the noise in each spectral line, in dB SPL.
    rate
        Sampling rate in Hz, one of `FRAMES`.

    Raises
    ------
    ValueError
        As `MaskedMdctCodec`.

    Notes
    -----
    One step everywhere gives the least squared error that so many bits can buy at
    high rates: the codec that the SNR asks for. Lectures 09 and 12.

    Examples
    --------
    >>> FlatMdctCodec(noise_spl=20).name
    'flat MDCT 20 dB'
    """

    noise_spl: float = 20.0
    rate: int = 16_000

    @property
    def name(self) -> str:
        """What tables and figures call the codec."""
        return f"flat MDCT {self.noise_spl:g} dB"

    def noise_levels(self, x: Audio) -> Audio:
        """Return the same level for each band and frame, ``(bands, T)``."""
        N = FRAMES[self.rate] // 2
        bands = len(band_edges(self.rate, N)) - 1
        return np.full((bands, 1 + -(-len(x) // N)), self.noise_spl)


def _steps(numbers: Whole, rate: int) -> Audio:
    """Return the step of each coefficient, ``(N, T)``, from its band's number."""
    frame = FRAMES[rate]
    widths = np.diff(band_edges(rate, frame // 2))
    steps = step_for(_QUIETEST_DB + GRID_DB * numbers, frame)
    return np.repeat(steps, widths, axis=0)


# The coder of steps and coefficients. ----------------------------------------------


class _Counts:
    """Frequencies of symbols that grow while a stream is written or read.

    Both sides count the same symbols, so nothing about them need be sent.
    """

    def __init__(self, prior: Audio) -> None:
        self._counts = prior.copy()  # (contexts, symbols)

    @property
    def frequencies(self) -> NDArray[np.int32]:
        return frozen_frequencies(self._counts)

    def learn(self, symbols: Whole, contexts: Whole) -> None:
        np.add.at(self._counts, (contexts, symbols), 1.0)


class _Frame:
    """Writes or reads one frame after the other, expecting each to be like the last.

    The context of a coefficient is how large it should be: what stood around it in
    the last frame, in steps of this one. It is worked out by sums and products alone,
    each rounded alike on every machine, so that both sides find the same.
    """

    def __init__(self, rate: int) -> None:
        N = FRAMES[rate] // 2
        self._widths = np.diff(band_edges(rate, N))
        self._region = np.arange(N) * _REGIONS // N
        self._numbers = np.zeros(len(self._widths), np.int64)
        self._heights = np.zeros((2, N))  # |q| in steps of number 0, two frames back
        self._jumps = _Counts(_prior_of_jumps())
        self._sizes = _Counts(_prior_of_sizes())

    def write(self, writer: SymbolWriter, numbers: Whole, q: Whole) -> None:
        """Write the steps' numbers ``(bands,)`` and the coefficients ``(N,)``."""
        jumps = (numbers - self._numbers) % LEVELS
        writer.put(jumps, self._jumps.frequencies, np.zeros_like(jumps))
        contexts = self._expect(numbers)
        sizes = np.minimum(np.abs(q), _ESCAPE)
        writer.put(sizes, self._sizes.frequencies, contexts)
        writer.put_excess(np.abs(q)[sizes == _ESCAPE] - _ESCAPE)
        signs = (q[q != 0] < 0).astype(np.int64)
        writer.put(signs, _COIN, np.zeros_like(signs))
        self._learn(jumps, sizes, contexts, np.abs(q))

    def read(self, reader: SymbolReader) -> tuple[Whole, Whole]:
        """Read what `write` wrote."""
        none = np.zeros(len(self._numbers), np.int64)
        jumps = reader.take(self._jumps.frequencies, none).astype(np.int64)
        numbers = (self._numbers + jumps) % LEVELS
        contexts = self._expect(numbers)
        sizes = reader.take(self._sizes.frequencies, contexts).astype(np.int64)
        q, large = sizes.copy(), np.flatnonzero(sizes == _ESCAPE)
        q[large] += reader.take_excess(len(large))
        sounding = np.flatnonzero(q)
        signs = reader.take(_COIN, np.zeros_like(sounding))
        self._learn(jumps, sizes, contexts, q)
        q[sounding] *= 1 - 2 * signs.astype(np.int64)
        return numbers, q

    def _expect(self, numbers: Whole) -> Whole:
        """Take in the new steps and return the context of each coefficient."""
        self._numbers = numbers
        last, before = self._heights
        a, b, c, d, e = (
            np.pad(last, 2, mode="edge")[i : i + len(last)] for i in range(5)
        )
        expected = (a + 2 * b + 3 * c + 2 * d + e + 4 * before) * (1 / 13) / self._scale
        return np.searchsorted(_EDGES, expected) * _REGIONS + self._region

    def _learn(self, jumps: Whole, sizes: Whole, contexts: Whole, q: Whole) -> None:
        self._jumps.learn(jumps, np.zeros_like(jumps))
        self._sizes.learn(sizes, contexts)
        self._heights = np.stack([q * self._scale, self._heights[0]])

    @property
    def _scale(self) -> Audio:
        """Steps in units of step 0: powers of the root of 2, rounded alike anywhere."""
        return np.repeat(np.sqrt(np.ldexp(1.0, self._numbers)), self._widths)


def _prior_of_jumps() -> Audio:
    """Return what to expect of a step's number before anything was seen."""
    distance = np.minimum(np.arange(LEVELS), LEVELS - np.arange(LEVELS))
    return 16.0 * np.ldexp(1.0, -2 * np.minimum(distance, 6))[None]


def _prior_of_sizes() -> Audio:
    """Return geometric distributions around the middle of each class."""
    middles = np.array([0.01, *np.sqrt(_EDGES[1:] * _EDGES[:-1]), 10.0])
    ratio = (middles / (1 + middles))[:, None]
    prior = 40 * (1 - ratio) * ratio ** np.arange(_ESCAPE + 1) + 0.02
    return np.repeat(prior, _REGIONS, axis=0)


def _written(numbers: Whole, q: Whole, rate: int) -> bytes:
    writer, frame = SymbolWriter(), _Frame(rate)
    for t in range(q.shape[1]):
        frame.write(writer, numbers[:, t], q[:, t])
        if t % _BLOCK == _BLOCK - 1:
            writer.mark()
    writer.mark()
    return writer.payload()


def _read(payload: bytes, T: int, rate: int) -> tuple[Whole, Whole]:
    reader, frame = SymbolReader(payload), _Frame(rate)
    columns = []
    for t in range(T):
        columns.append(frame.read(reader))
        if t % _BLOCK == _BLOCK - 1:
            reader.check_mark()
    reader.check_mark()
    numbers, q = zip(*columns, strict=True)
    return np.stack(numbers, axis=1), np.stack(q, axis=1)
