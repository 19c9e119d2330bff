r"""Where talkers and microphones stand, and what the microphones hear.

A point source of constant power spreads over spheres: its sound pressure falls as
1/distance and arrives distance / 343 m/s late. That is all an anechoic scene does,
and it is enough to place a talker by the difference of level between two
microphones. Positions are in metres, ``(x, y)`` or ``(x, y, z)``.

The deck writes the ratio of amplitudes left over right, :math:`a = L/R`, but the
level difference right over left, so they have opposite signs:
``expected_ild == -20 log10(amplitude_ratio)``. Lecture 07.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import fftconvolve

from coursekit.rooms import SPEED_OF_SOUND, Room

Numbers = np.ndarray[Any, np.dtype[Any]]
Position = Sequence[float]

# Samples of silence behind a sound while it is delayed: a delay by a fraction of a
# sample rings, and what rings around the end of the buffer falls off as 1/n.
_MARGIN = 4096


def distance(a: Position, b: Position) -> float:
    """Return how far apart two points are, in metres.

    Lecture 07.

    Parameters
    ----------
    a, b
        Both ``(x, y)`` or both ``(x, y, z)``, in metres.

    Raises
    ------
    ValueError
        Where a position has not 2 or 3 finite numbers, or the two differ in that.

    Examples
    --------
    >>> distance((0, 0), (3, 4))
    5.0
    """
    p, q = _position(a), _position(b)
    if p.size != q.size:
        raise ValueError(
            f"one of {tuple(a)} and {tuple(b)} is flat; give both a height"
        )
    return float(np.linalg.norm(p - q))


def amplitude_ratio(source: Position, left: Position, right: Position) -> float:
    r"""Return how much louder the left microphone hears a source: the deck's a.

    Parameters
    ----------
    source, left, right
        Positions in metres.

    Returns
    -------
    a
        :math:`L/R = d_R / d_L`, a ratio of amplitudes; above 1 for a source nearer
        to the left microphone.

    Raises
    ------
    ValueError
        As `distance`, and where the source sits in a microphone.

    Notes
    -----
    Slide "ML/NN for Speech Enhancement: the mixing environment", with 2.24 and 0.37.
    Lecture 07.

    Examples
    --------
    >>> round(amplitude_ratio((0, 1), left=(0, 0), right=(2, 0)), 2)
    2.24
    """
    return _reach(source, right) / _reach(source, left)


def expected_ild(source: Position, left: Position, right: Position) -> float:
    r"""Return the level difference that geometry predicts, right over left, in dB.

    Parameters
    ----------
    source, left, right
        Positions in metres.

    Returns
    -------
    ild
        :math:`20 \log_{10}(R/L) = 20 \log_{10}(d_L / d_R)`, decibels of amplitude;
        negative for a source nearer to the left microphone.

    Raises
    ------
    ValueError
        As `amplitude_ratio`.

    Notes
    -----
    The convention of the deck's :math:`A_{i,j} = 20 \log(X^R_{i,j} / X^L_{i,j})`.
    Lecture 07.

    Examples
    --------
    >>> round(expected_ild((2, 0.8), left=(0, 0), right=(2, 0)), 2)
    8.6
    """
    return float(20 * np.log10(1 / amplitude_ratio(source, left, right)))


@dataclass(frozen=True)
class Rendering:
    """What two microphones hear of several sources.

    Lecture 07.

    Parameters
    ----------
    mixture
        ``(2, samples)``, left and right: the sum of the images.
    images
        ``(K, 2, samples)``: each source alone, as each microphone hears it.
    """

    mixture: Numbers
    images: Numbers


@dataclass(frozen=True)
class Scene:
    """Sources and a pair of microphones.

    Lecture 07.

    Parameters
    ----------
    sources
        K positions in metres.
    left, right
        Positions of the microphones in metres.

    Raises
    ------
    ValueError
        Where there is no source, a position has not 2 or 3 finite numbers (the same
        for all), or a source sits in a microphone.

    Examples
    --------
    >>> scene = Scene([(0, 1), (2, 0.8)], left=(0, 0), right=(2, 0))
    >>> scene.expected_ilds().round(2).tolist()
    [-6.99, 8.6]
    """

    sources: Sequence[Position]
    left: Position
    right: Position

    def __post_init__(self) -> None:
        """Refuse what cannot be a scene, and keep plain numbers."""
        if not len(self.sources):
            raise ValueError("a scene needs at least one source")
        for source in self.sources:
            amplitude_ratio(source, self.left, self.right)
        points = tuple(tuple(map(float, source)) for source in self.sources)
        object.__setattr__(self, "sources", points)
        object.__setattr__(self, "left", tuple(map(float, self.left)))
        object.__setattr__(self, "right", tuple(map(float, self.right)))

    @property
    def microphones(self) -> tuple[Position, Position]:
        """Left and right."""
        return self.left, self.right

    def distances(self) -> Numbers:
        """Return the paths' lengths in metres, ``(K, 2)``: to the left, to the right.

        Examples
        --------
        >>> deck_scene().distances().round(3).tolist()
        [[1.0, 2.236], [2.154, 0.8]]
        """
        every = [[distance(s, m) for m in self.microphones] for s in self.sources]
        return np.array(every)

    def expected_ilds(self) -> Numbers:
        """Return `expected_ild` of each source, dB, ``(K,)``."""
        return np.array([expected_ild(s, self.left, self.right) for s in self.sources])

    def render(self, signals: Sequence[Numbers] | Numbers, rate: int) -> Rendering:
        """Let the sources sound where there are no walls.

        Parameters
        ----------
        signals
            ``(K, samples)``: each source as heard at a distance of 1 m.
        rate
            In Hz.

        Returns
        -------
        Rendering
            As long as the signals: what arrives later is cut off.

        Raises
        ------
        ValueError
            Where there is not one signal a source, a value is not finite, or the
            rate is not positive.

        Examples
        --------
        >>> click = np.zeros((1, 400)); click[0, 0] = 1
        >>> scene = Scene([(0, 3.43)], left=(0, 0), right=(3.43, 3.43))
        >>> heard = scene.render(click, rate=16000).mixture
        >>> int(heard[0].argmax()), round(float(heard[0].max()), 3)  # 10 ms, 1/3.43
        (160, 0.292)
        """
        x = _signals(signals, len(self.sources))
        _check_rate(rate)
        metres = self.distances()[:, :, None]
        images = _delay(x[:, None], metres * rate / SPEED_OF_SOUND) / metres
        return Rendering(images.sum(axis=0), images)  # (2, samples), (K, 2, samples)

    def render_in(
        self, room: Room, signals: Sequence[Numbers] | Numbers, rate: int
    ) -> Rendering:
        """Let the sources sound in a room, with the scene in the middle of its floor.

        Parameters
        ----------
        room
            A `coursekit.rooms.Room`.
        signals
            ``(K, samples)``: each source as heard at a distance of 1 m.
        rate
            In Hz.

        Returns
        -------
        Rendering
            As long as the signals; in a room that reflects nothing, that of `render`.

        Raises
        ------
        ValueError
            As `render`, and where the scene does not fit into the room.
        """
        x = _signals(signals, len(self.sources))
        responses = self.responses(room, rate)  # (K, 2, taps)
        images = fftconvolve(x[:, None], responses, axes=-1)[..., : x.shape[-1]]
        return Rendering(images.sum(axis=0), images)

    def responses(self, room: Room, rate: int) -> Numbers:
        """Return the room's impulse responses from each source, ``(K, 2, taps)``."""
        placed = room.centred([*self.sources, *self.microphones])
        K = len(self.sources)
        return room.responses(placed[:K], placed[K:], rate)


def deck_scene() -> Scene:
    """Return the slide's scene.

    The microphones stand 2 m apart; S1 is 1 m straight ahead of the left one, S2
    0.8 m ahead of the right one.

    Lecture 07.

    Examples
    --------
    >>> scene = deck_scene()
    >>> [round(amplitude_ratio(s, scene.left, scene.right), 2) for s in scene.sources]
    [2.24, 0.37]
    """
    return Scene([(0.0, 1.0), (2.0, 0.8)], left=(0.0, 0.0), right=(2.0, 0.0))


def three_talkers() -> Scene:
    """Return the deck's scene with a third talker, on the line between the two.

    Lecture 07.

    Examples
    --------
    >>> three_talkers().expected_ilds().round(2).tolist()
    [-6.99, 0.0, 8.6]
    """
    return Scene([(0, 1), (1, 1), (2, 0.8)], left=(0, 0), right=(2, 0))


def close_pair(spacing: float = 0.2) -> Scene:
    """Return the deck's talkers before two microphones `spacing` metres apart.

    The pair stands where the middle of the deck's two microphones is.

    Lecture 07.

    Examples
    --------
    >>> close_pair(0.2).expected_ilds().round(2).tolist()
    [-0.87, 1.06]
    """
    half = spacing / 2
    return Scene(deck_scene().sources, left=(1 - half, 0), right=(1 + half, 0))


def _delay(x: Numbers, samples: Numbers) -> Numbers:
    """Delay by any number of samples, exactly for what the sampling theorem holds."""
    length = x.shape[-1]
    n = next_fast_len(length + int(np.ceil(samples.max())) + _MARGIN, real=True)
    turns = np.arange(n // 2 + 1) / n * samples
    return irfft(rfft(x, n) * np.exp(-2j * np.pi * turns), n)[..., :length]


def _position(p: Position) -> Numbers:
    point = np.asarray(p, float)
    if point.shape not in {(2,), (3,)} or not np.isfinite(point).all():
        raise ValueError(f"a position is (x, y) or (x, y, z) in metres, got {p}")
    return point


def _reach(source: Position, microphone: Position) -> float:
    """Return the distance of a source, which must not be 0: it would be infinite."""
    metres = distance(source, microphone)
    if metres == 0:
        raise ValueError(f"the source at {tuple(source)} sits in a microphone; move it")
    return metres


def _signals(signals: Any, K: int) -> Numbers:
    lengths = {np.shape(x) for x in signals}
    if len(signals) != K or len(lengths) != 1 or len(next(iter(lengths))) != 1:
        raise ValueError(
            f"the scene has {K} sources; give {K} signals of one length, "
            f"got {len(signals)} of the shapes {sorted(lengths)}"
        )
    x = np.asarray(signals, float)
    if not x.shape[-1] or not np.isfinite(x).all():
        raise ValueError("the signals are empty, or have values NaN or infinite")
    return x


def _check_rate(rate: int) -> None:
    if not 0 < rate < np.inf:
        raise ValueError(f"rate must be above 0 Hz, got {rate}")
