"""Room acoustics: impulse responses by the image method, reverberation time.

A `Room` is an empty shoebox whose walls all absorb alike. Its impulse responses are
computed by the image method of `pyroomacoustics`: each reflection is a mirrored
source. What that leaves out, honestly: furniture, scattering, walls that absorb
high frequencies more than low ones, people. `reverberation_time` measures what a
response really has, which Sabine's formula, used to choose the absorption, meets
only roughly. Positions in metres, ``(x, y, z)`` from a lower corner. Lectures 07
(a room spoils level differences) and 13 (echo).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Numbers

SPEED_OF_SOUND = 343.0
"""In m/s, in dry air of 20 °C."""

EAR_HEIGHT = 1.5
"""Metres above the floor at which flat scenes are placed."""


@dataclass(frozen=True)
class Room:
    """An empty shoebox.

    Lectures 07 and 13.

    Parameters
    ----------
    size
        Length, width and height in metres.
    rt60
        Reverberation time in seconds: how long until a sound has decayed by 60 dB,
        by Sabine's formula. 0 is a room that reflects nothing.

    Raises
    ------
    ValueError
        Where the size is not three positive numbers, `rt60` is negative or not
        finite, or no wall is absorbent enough for so short a time in so large a
        room (the message gives the shortest one).

    Examples
    --------
    >>> room = Room((6, 5, 3), rt60=0.3)
    >>> room.responses([(2, 2, 1.5)], [(4, 2, 1.5)], rate=16000).shape[:2]
    (1, 1)
    """

    size: Sequence[float]
    rt60: float

    def __post_init__(self) -> None:
        """Refuse rooms that cannot be."""
        size = tuple(float(edge) for edge in self.size)
        if len(size) != 3 or not all(0 < edge < np.inf for edge in size):
            raise ValueError(f"size must be three lengths above 0 m, got {self.size}")
        if not 0 <= self.rt60 < np.inf:
            raise ValueError(f"rt60 must be 0 s or more and finite, got {self.rt60}")
        object.__setattr__(self, "size", size)
        shortest = sabine(size, 1.0)
        if 0 < self.rt60 < shortest:
            raise ValueError(
                f"a room of {size} m has an rt60 of {shortest:.3f} s where the walls "
                f"absorb everything, so {self.rt60} s cannot be; 0 is no reflection"
            )

    @property
    def absorption(self) -> float:
        """The share of energy that a wall swallows, by Sabine's formula."""
        return sabine(self.size, 1.0) / self.rt60 if self.rt60 else 1.0

    def centred(self, points: Sequence[Sequence[float]]) -> Numbers:
        """Move points together so that they lie in the middle of the room.

        Parameters
        ----------
        points
            ``(n, 2)`` or ``(n, 3)`` in metres; flat ones are put at `EAR_HEIGHT`.

        Returns
        -------
        points
            ``(n, 3)`` in the room's own coordinates, the distances between them kept.

        Raises
        ------
        ValueError
            Where they do not fit between the walls.

        Examples
        --------
        >>> Room((6, 5, 3), 0.3).centred([(0, 0), (2, 0)]).tolist()
        [[2.0, 2.5, 1.5], [4.0, 2.5, 1.5]]
        """
        p = np.asarray(points, float)
        if p.shape[-1] == 2:
            p = np.column_stack([p, np.full(len(p), EAR_HEIGHT)])
        middle = (p.min(axis=0) + p.max(axis=0))[:2] / 2
        p[:, :2] += np.asarray(self.size)[:2] / 2 - middle
        self._check_inside(p)
        return p

    def responses(
        self, sources: ArrayLike, microphones: ArrayLike, rate: int
    ) -> Numbers:
        """Return the impulse response from each source to each microphone.

        Parameters
        ----------
        sources, microphones
            ``(K, 3)`` and ``(M, 3)`` in metres.
        rate
            In Hz.

        Returns
        -------
        responses
            ``(K, M, taps)``. The direct sound comes after distance / 343 m/s with
            the amplitude 1/distance (so 1 at 1 m); `pyroomacoustics` has another 40
            samples before it, which are cut off.

        Raises
        ------
        ValueError
            Where a point is not inside the room, or the rate is not positive.
        """
        s = np.atleast_2d(np.asarray(sources, float))
        m = np.atleast_2d(np.asarray(microphones, float))
        self._check_inside(s)
        self._check_inside(m)
        if not 0 < rate < np.inf:
            raise ValueError(f"rate must be above 0 Hz, got {rate}")
        return _image_method(self, s, m, rate)

    def _check_inside(self, points: Numbers) -> None:
        if points.shape[-1] != 3 or not np.isfinite(points).all():
            raise ValueError(f"points in a room are (n, 3) numbers, got {points.shape}")
        outside = ~((points > 0) & (points < self.size)).all(axis=-1)
        if outside.any():
            raise ValueError(
                f"{points[outside][0].round(2).tolist()} m is not inside a room of "
                f"{self.size} m; take a larger room or move it"
            )


def sabine(size: Sequence[float], absorption: float) -> float:
    r"""Return the reverberation time that Sabine's formula predicts, in seconds.

    Lectures 07 and 13.

    Parameters
    ----------
    size
        Length, width and height in metres.
    absorption
        Share of the energy that each wall swallows, above 0 and at most 1.

    Returns
    -------
    rt60
        :math:`\frac{24 \ln 10}{c} \frac{V}{\alpha S}`.

    Raises
    ------
    ValueError
        Where the absorption is not above 0 and at most 1.

    Notes
    -----
    W. C. Sabine, "Collected Papers on Acoustics", 1922. It holds for lively rooms:
    with an absorption of 1 it still predicts an echo.

    Examples
    --------
    >>> round(sabine((6, 5, 3), 0.2), 2)
    0.58
    """
    if not 0 < absorption <= 1:
        raise ValueError(f"absorption must be above 0 and at most 1, got {absorption}")
    a, b, c = size
    surface = 2 * (a * b + b * c + a * c)
    return float(24 * np.log(10) * a * b * c / SPEED_OF_SOUND / absorption / surface)


def decay_curve(response: ArrayLike) -> Numbers:
    """Return how much energy of an impulse response is still to come, in dB.

    Lectures 07 and 13.

    Parameters
    ----------
    response
        ``(taps,)``.

    Returns
    -------
    decay
        ``(taps,)``, 0 dB at the start, falling: Schroeder's backward integral.

    Raises
    ------
    ValueError
        Where the response is not one row with some energy.

    Examples
    --------
    >>> decay_curve([1.0, 1.0]).round(2).tolist()
    [0.0, -3.01]
    """
    h = np.asarray(response, float)
    if h.ndim != 1 or not h.any() or not np.isfinite(h).all():
        raise ValueError(f"an impulse response is a row with energy, got {h.shape}")
    left = np.cumsum(h[::-1] ** 2)[::-1]
    with np.errstate(divide="ignore"):
        return 10 * np.log10(left / left[0])


def reverberation_time(response: ArrayLike, rate: int) -> float:
    """Measure the reverberation time of an impulse response, in seconds.

    Lectures 07 and 13.

    Parameters
    ----------
    response
        ``(taps,)``.
    rate
        In Hz.

    Returns
    -------
    rt60
        A straight line is laid through the decay from -5 to -25 dB (T20) and
        continued to -60 dB. Near the source the direct sound counts in: measure a
        few metres away.

    Raises
    ------
    ValueError
        As `decay_curve`, and where the response does not decay by 25 dB.

    Notes
    -----
    M. R. Schroeder, "New method of measuring reverberation time", JASA 37, 1965.

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> round(reverberation_time(10 ** (-3 * t / 0.4), 8000), 3)
    0.4
    """
    decay = decay_curve(response)
    used = np.flatnonzero((decay <= -5) & (decay >= -25))
    if decay[-1] > -25 or used.size < 2:
        raise ValueError(
            "the response does not decay from -5 to -25 dB; give a longer one"
        )
    slope = np.polyfit(used / rate, decay[used], 1)[0]
    return float(-60 / slope)


def _reflections(room: Room) -> int:
    """Return how often the sound is reflected until Sabine's time is over.

    Every reflection takes at least the shortest way across two pairs of walls.
    """
    a, b, c = room.size
    across = min(p * q / np.hypot(p, q) for p, q in ((a, b), (b, c), (a, c)))
    return int(np.ceil(SPEED_OF_SOUND * room.rt60 / across))


def _image_method(room: Room, s: Numbers, m: Numbers, rate: int) -> Numbers:
    """Ask `pyroomacoustics`, and start at the moment of emission."""
    import pyroomacoustics as pra  # here, since it takes a second to load

    order = _reflections(room)
    box = pra.ShoeBox(
        room.size,
        fs=rate,
        materials=pra.Material(room.absorption),
        max_order=order,
    )
    for source in s:
        box.add_source(source)
    box.add_microphone_array(m.T)
    box.compute_rir()
    late = pra.constants.get("frac_delay_length") // 2
    taps = max(len(h) for row in box.rir for h in row) - late
    responses = np.zeros((len(s), len(m), taps))
    for i, row in enumerate(box.rir):  # (M, K) lists of different lengths
        for k, h in enumerate(row):
            responses[k, i, : len(h) - late] = h[late:]
    return responses
