r"""What PAM-1 knows before it hears anything: lines, Bark, bands and spreading.

The standard prints these as tables for three rates and two layers. They follow from
three formulae (`hearing_threshold`, `bark`, `spreading`), so they are computed here,
for any of its rates and, as an extension, for 16 kHz.

Taught in lecture 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from coursekit.fourier import bin_frequencies
from coursekit.psychoacoustics.hearing import Numbers, bark, hearing_threshold

RATES = (44100, 48000, 32000, 16000)
"""Rates that PAM-1 is defined for; 16 kHz is our extension, by the same formulae."""

LAYERS = {512: 1, 1024: 2}
"""Frame sizes in samples, and the layer that each belongs to."""

SUBBANDS = 32
EAR_STOPS_HZ = 20_000


def spreading(dz: Any, level: Any) -> Any:
    r"""Return how far masking has fallen `dz` Bark away from a masker.

    Louder maskers reach farther up; downwards they fall more steeply.

    Parameters
    ----------
    dz
        Distance in Bark, maskee minus masker: positive is above the masker.
    level
        Level X of the masker in dB SPL. The two broadcast.

    Returns
    -------
    vf
        In dB, 0 at the masker itself, minus infinity outside [-3, 8):
        :math:`17 (dz + 1) - (0.4 X + 6)` below -1, :math:`(0.4 X + 6) dz` below 0,
        :math:`-17 dz` below 1, :math:`-(dz - 1)(17 - 0.15 X) - 17` below 8.

    Notes
    -----
    Step 6 of ISO/IEC 11172-3, Annex D; slide "Perceptual Nature of Audio:
    psychoacoustics". Lecture 11.

    Examples
    --------
    >>> spreading(np.array([-4, -1, 0, 1, 3]), 80.0).tolist()
    [-inf, -38.0, 0.0, -17.0, -27.0]
    """
    slope, offset = spreading_lines(dz)
    return (slope * np.asarray(level, float) + offset)[()]


def spreading_lines(dz: Any) -> tuple[Numbers, Numbers]:
    """Return the spreading as a straight line in the level: ``vf = a * X + b``.

    At a fixed distance nothing but the level is unknown, so that both can be
    computed once for all frames.

    Lecture 11.

    Parameters
    ----------
    dz
        Distance in Bark, ``(...)``.

    Returns
    -------
    a, b
        ``(...)`` each; outside [-3, 8) they are 0 and minus infinity.

    Examples
    --------
    >>> a, b = spreading_lines(3.0)
    >>> round(float(80 * a + b), 9)
    -27.0
    """
    dz = np.asarray(dz, float)
    piece = np.digitize(dz, [-3, -1, 0, 1, 8])  # 1 to 4; 0 and 5 are out of reach
    pieces = [piece == i for i in range(1, 5)]
    a = np.select(pieces, [-0.4 + 0 * dz, 0.4 * dz, 0 * dz, 0.15 * (dz - 1)], 0.0)
    b = np.select(pieces, [17 * (dz + 1) - 6, 6 * dz, -17 * dz, -17 * dz], -np.inf)
    return a, b


def tonal_offset(z: Any) -> Any:
    """Return how far below a tone of `z` Bark its masking begins, in dB.

    A tone masks less than a noise of its level: see `noise_offset`.

    Lecture 11.

    Examples
    --------
    >>> round(float(tonal_offset(bark(1000))), 2)
    -8.37
    """
    return -1.525 - 0.275 * np.asarray(z, float) - 4.5


def noise_offset(z: Any) -> Any:
    """Return how far below a noise at `z` Bark its masking begins, in dB.

    Lecture 11.

    Examples
    --------
    >>> round(float(noise_offset(bark(1000))), 2)
    -3.51
    """
    return -1.525 - 0.175 * np.asarray(z, float) - 0.5


@dataclass(frozen=True)
class Tables:
    """What is fixed for one rate and one frame size.

    Lecture 11.

    Parameters
    ----------
    rate, size
        Sampling rate in Hz; samples in a frame, N.
    hz, bark, quiet
        ``(N/2 + 1,)``: frequency of each line, its Bark, the threshold in quiet.
    reach
        ``(N/2 + 1,)`` ints: how many lines on each side a tone must stand above; 0
        where none is looked for.
    edges
        ``(bands + 1,)`` ints: critical band b holds the lines ``edges[b]`` to
        ``edges[b + 1] - 1``.
    noise_lines
        ``(bands,)`` ints: the line nearest the geometric mean of each band's lines.
    """

    rate: int
    size: int
    hz: Numbers
    bark: Numbers
    quiet: Numbers
    reach: Numbers
    edges: Numbers
    noise_lines: Numbers

    @property
    def lines(self) -> int:
        """Number of lines, N/2 + 1."""
        return self.size // 2 + 1


@lru_cache(maxsize=16)
def tables_for(rate: int, size: int) -> Tables:
    """Return the tables of a rate and a frame size; made once.

    Lecture 11.

    Parameters
    ----------
    rate
        One of `RATES`, in Hz.
    size
        512 for Layer I, 1024 for Layer II.

    Raises
    ------
    ValueError
        Where PAM-1 has no such rate or frame.

    Examples
    --------
    >>> t = tables_for(44100, 512)
    >>> t.hz[10].round(2), t.bark[10].round(3), t.quiet[10].round(2)
    (np.float64(861.33), np.float64(7.581), np.float64(3.92))
    """
    if size not in LAYERS:
        raise ValueError(
            "PAM-1 takes frames of 512 samples (Layer I) or 1024 (Layer II), "
            f"got {size}"
        )
    if rate not in RATES:
        known = ", ".join(map(str, RATES))
        raise ValueError(
            f"PAM-1 is defined at {known} Hz, got {rate}; resample with audio.resample"
        )
    hz = bin_frequencies(size, rate)
    edges = _band_edges(hz)
    middle = [
        round(float(np.exp(np.mean(np.log(np.arange(low, high))))))
        for low, high in pairwise(edges)
    ]
    fixed = hz, bark(hz), hearing_threshold(hz), _reach(size), edges, np.array(middle)
    for column in fixed:
        column.flags.writeable = False  # shared by everybody who asks
    return Tables(int(rate), size, *fixed)


def _band_edges(hz: Numbers) -> Numbers:
    """Return the first line of each critical band, and the line after the last.

    A band begins at the line nearest a whole number of Bark. Line 0 belongs to none,
    nor does anything from the highest line or above 20 kHz.
    """
    z = bark(hz)
    whole = np.arange(1, np.floor(z[-1]) + 1)
    nearest = np.abs(z[:, None] - whole).argmin(axis=0)
    end = min(hz.size - 1, int(np.searchsorted(hz, EAR_STOPS_HZ, side="right")))
    return np.unique([1, *nearest[nearest < end], end])


def _reach(size: int) -> Numbers:
    """Return how many lines on each side the rule for tones looks at."""
    starts, reaches = {  # the last zone has no tones again
        1: ([3, 63, 127, 251], [0, 2, 3, 6, 0]),
        2: ([3, 63, 127, 255, 501], [0, 2, 3, 6, 12, 0]),
    }[LAYERS[size]]
    return np.array(reaches)[np.digitize(np.arange(size // 2 + 1), starts)]
