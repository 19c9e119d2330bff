"""Typing: real recordings of single keys, set out in time as a typist would."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float64]


def typing(
    presses: Sequence[Audio],
    releases: Sequence[Audio],
    seconds: float,
    rate: int,
    rng: np.random.Generator,
) -> Audio:
    """Return a stretch of typing, assembled from recordings of single keys.

    Words of one to nine letters; 0.16 s from key to key in the middle, spread
    log-normally, and a rest after each word. Each key goes down and, 70 to 110 ms
    later, up; no two strokes are equally hard.

    Parameters
    ----------
    presses, releases
        Recordings of keys going down and up, each ``(samples,)``.
    seconds
        How long.
    rate
        Sampling rate in Hz.
    rng
        Draws the strokes.

    Returns
    -------
    ndarray
        ``(round(seconds * rate),)``

    Raises
    ------
    ValueError
        Where there is no recording of a key.

    Examples
    --------
    >>> click = np.hanning(80)
    >>> typing([click], [click / 2], 1.0, 16_000, np.random.default_rng(0)).shape
    (16000,)
    """
    if not presses or not releases:
        raise ValueError(
            f"typing needs recordings of keys going down and up, got {len(presses)} "
            f"and {len(releases)}"
        )
    out = np.zeros(round(seconds * rate))
    for when in _strokes(seconds, rng):
        force = rng.uniform(0.55, 1.0)
        up = when + rng.uniform(0.07, 0.11)
        _place(
            out, force * presses[int(rng.integers(len(presses)))], round(when * rate)
        )
        _place(
            out, force * releases[int(rng.integers(len(releases)))], round(up * rate)
        )
    return out


def _strokes(seconds: float, rng: np.random.Generator) -> list[float]:
    """Return when the keys go down, in seconds."""
    times, now = [], 0.15
    while now < seconds:
        for _ in range(1 + int(rng.integers(1, 9))):
            times.append(now)
            now += 0.16 * float(np.exp(0.35 * rng.standard_normal()))
        now += rng.uniform(0.05, 0.45)
    return [when for when in times if when < seconds]


def _place(out: Audio, sound: Audio, at: int) -> None:
    """Add a sound where it belongs, as far as it fits."""
    end = min(at + len(sound), len(out))
    if end > at:
        out[at:end] += sound[: end - at]
