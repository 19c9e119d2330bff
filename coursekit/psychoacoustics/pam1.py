r"""PAM-1, the psychoacoustic model of MPEG-1, one frame at a time and readable.

`analyse` takes a frame through the steps of ISO/IEC 11172-3, Annex D, and returns
what each of them found, so that a slide can draw it. `masking_threshold` (in
`coursekit.psychoacoustics.batched`) does the same for many frames at once and far
faster; the tests hold the two together.

The standard evaluates the threshold on a grid that thins out towards high
frequencies, which spared a processor of 1993; here every line has its own value.

Taught in lecture 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from coursekit.psychoacoustics.hearing import Numbers, bark, psd, to_db, to_power
from coursekit.psychoacoustics.tables import (
    SUBBANDS,
    Tables,
    noise_offset,
    spreading,
    tables_for,
    tonal_offset,
)

PROMINENCE_DB = 7.0
"""How far a tone must stand above the lines around it."""

NEAR_BARK = 0.5
"""Two tones nearer than this are one to the ear: the weaker is dropped."""

TIE_DB = 1e-6
"""Levels nearer than this are equal, whatever the rounding: the lower line wins."""


class Maskers(NamedTuple):
    """Some maskers, from low to high.

    Lecture 11.

    Parameters
    ----------
    lines
        ``(M,)`` ints: the spectral line of each.
    levels
        ``(M,)``: dB SPL.
    """

    lines: Numbers
    levels: Numbers

    def where(self, kept: Numbers) -> Maskers:
        """Return those that a mask ``(M,)`` of True and False picks."""
        return Maskers(self.lines[kept], self.levels[kept])


@dataclass(frozen=True)
class Analysis:
    """One frame's way through PAM-1; levels in dB SPL, K = N/2 + 1 lines.

    Lecture 11.

    Parameters
    ----------
    tables
        What is fixed: ``.hz``, ``.bark``, ``.quiet`` per line, the bands.
    psd
        ``(K,)``: the calibrated power spectrum (step 1).
    tonal, noise
        Maskers found (step 4).
    kept_tonal, kept_noise
        Maskers left after decimation (step 5).
    individual
        ``(M, K)``: the threshold of each masker left, tonal ones first; minus
        infinity beyond its reach (step 6).
    threshold
        ``(K,)``: the global masking threshold (step 7).
    minimum
        ``(32,)``: its least value in each subband (step 8).
    level
        ``(32,)``: the signal's level in each subband (step 2).
    smr
        ``(32,)``: signal-to-mask ratio, level minus minimum, in dB (step 9).
    """

    tables: Tables
    psd: Numbers
    tonal: Maskers
    noise: Maskers
    kept_tonal: Maskers
    kept_noise: Maskers
    individual: Numbers
    threshold: Numbers
    minimum: Numbers
    level: Numbers
    smr: Numbers


def analyse(
    frame: Numbers,
    rate: int,
    quiet_offset: float = 0.0,
    scale_factors: Numbers | None = None,
) -> Analysis:
    """Take one frame through PAM-1 and return what every step found.

    Parameters
    ----------
    frame
        ``(N,)`` samples, full scale ±1; N is 512 (Layer I) or 1024 (Layer II).
    rate
        44100, 48000 or 32000 Hz, and, as an extension, 16000.
    quiet_offset
        Added to the threshold in quiet, in dB; see `quiet_offset_db`.
    scale_factors
        ``(32,)``: the largest scale factor of each subband, full scale 1, where there
        is a filter bank; without them the level is that of the spectrum alone.

    Returns
    -------
    Analysis

    Raises
    ------
    ValueError
        Where PAM-1 has no such rate or frame.

    Notes
    -----
    ISO/IEC 11172-3, Annex D.1; slide "Perceptual Nature of Audio: PAM-1". Lecture 11.

    Examples
    --------
    >>> n = np.arange(512)
    >>> a = analyse(0.1 * np.sin(2 * np.pi * 20 * n / 512), 44100)
    >>> a.tonal.lines.tolist(), a.tonal.levels.round(1).tolist()
    ([20], [77.8])
    >>> round(float(a.threshold[20]), 1)
    68.4
    """
    frame = np.asarray(frame, float)
    if frame.ndim != 1:
        raise ValueError(f"give one frame (N,), got the shape {frame.shape}")
    t = tables_for(rate, frame.size)
    quiet = t.quiet + quiet_offset
    X = psd(frame)
    tonal = tonal_maskers(X, t)
    noise = noise_maskers(X, tonal, t)
    kept_tonal = nearest_dropped(above_quiet(tonal, quiet), t)
    kept_noise = above_quiet(noise, quiet)
    LT = individual_thresholds(kept_tonal, kept_noise, t)
    LTg = global_threshold(LT, quiet)
    LTmin, Lsb = subband_minimum(LTg), subband_level(X, scale_factors)
    found = tonal, noise, kept_tonal, kept_noise
    return Analysis(t, X, *found, LT, LTg, LTmin, Lsb, Lsb - LTmin)


def quiet_offset_db(kbps_per_channel: float) -> float:
    """Return what step 3 adds to the threshold in quiet: -12 dB from 96 kbit/s on.

    Lecture 11.

    Examples
    --------
    >>> quiet_offset_db(64), quiet_offset_db(128)
    (0.0, -12.0)
    """
    return -12.0 if kbps_per_channel >= 96 else 0.0


def tonal_maskers(X: Numbers, t: Tables) -> Maskers:
    """Return the tones of a spectrum: peaks 7 dB above their neighbourhood.

    A line is a peak where ``X[k] > X[k-1]`` and ``X[k] >= X[k+1]``, and a tone where it
    also stands 7 dB above the lines 2 to ``t.reach[k]`` away. Its level is the power
    of lines k-1 to k+1.

    Lecture 11.

    Parameters
    ----------
    X
        ``(K,)`` in dB SPL.
    t
        The tables of its rate and frame.

    Examples
    --------
    >>> X = np.full(257, 20.0)
    >>> X[100] = 60.0
    >>> tonal_maskers(X, tables_for(44100, 512))[0].tolist()
    [100]
    """
    examined = np.flatnonzero(t.reach).tolist()
    lines = [k for k in examined if is_tone(X, k, int(t.reach[k]))]
    levels = [to_db(np.sum(to_power(X[k - 1 : k + 2]))) for k in lines]
    return Maskers(np.array(lines, int), np.array(levels, float))


def is_tone(X: Numbers, k: int, reach: int) -> bool:
    """Return whether a line is a peak that stands above its neighbourhood.

    Lecture 11.

    Parameters
    ----------
    X
        ``(K,)`` in dB SPL.
    k
        The line.
    reach
        How far its neighbourhood goes, in lines; see `Tables`. All of it, and the
        line beside `k`, must lie within the spectrum.

    Examples
    --------
    >>> X = np.full(257, 20.0)
    >>> X[100] = 60.0
    >>> is_tone(X, 100, reach=3), is_tone(X, 101, reach=3)
    (True, False)
    """
    if not (X[k] > X[k - 1] + TIE_DB and X[k] >= X[k + 1] - TIE_DB):
        return False
    away = np.arange(2, reach + 1)
    around = np.concatenate([X[k - away], X[k + away]])
    return bool(np.all(X[k] - around >= PROMINENCE_DB - TIE_DB))


def noise_maskers(X: Numbers, tones: Maskers, t: Tables) -> Maskers:
    """Return the noise of a spectrum: what the tones leave in each critical band.

    The lines that the search for tones looked at around each of them are gone; the
    power of the others is put on the line nearest the band's geometric mean. Bands
    with nothing left have no masker.

    Lecture 11.

    Parameters
    ----------
    X
        ``(K,)`` in dB SPL.
    tones
        Its `tonal_maskers`, before any of them is dropped.
    t
        The tables of its rate and frame.

    Examples
    --------
    >>> X, t = np.full(257, 20.0), tables_for(44100, 512)
    >>> flat = noise_maskers(X, tonal_maskers(X, t), t)
    >>> flat.levels[-1].round(1)  # 53 lines of 20 dB each
    np.float64(37.3)
    """
    left = np.ones(X.size, bool)
    for k in tones.lines:
        left[k - t.reach[k] : k + t.reach[k] + 1] = False
    lines, levels = [], []
    bands = zip(t.edges[:-1], t.edges[1:], t.noise_lines, strict=True)
    for low, high, middle in bands:
        rest = X[low:high][left[low:high]]
        if rest.size:
            lines.append(middle)
            levels.append(to_db(np.sum(to_power(rest))))
    return Maskers(np.array(lines, int), np.array(levels, float))


def above_quiet(maskers: Maskers, quiet: Numbers) -> Maskers:
    """Return the maskers that can be heard at all: at or above the threshold in quiet.

    The threshold in quiet is ``(K,)`` in dB SPL.

    Lecture 11.

    Examples
    --------
    >>> two = Maskers(np.array([10, 20]), np.array([3.0, 30.0]))
    >>> above_quiet(two, np.full(257, 5.0)).lines.tolist()
    [20]
    """
    return maskers.where(maskers.levels >= quiet[maskers.lines])


def nearest_dropped(tones: Maskers, t: Tables) -> Maskers:
    """Return the tones without the weaker of any two less than half a Bark apart.

    From low to high, each is compared with the last one that still stands.

    Lecture 11.

    Parameters
    ----------
    tones
        From low to high.
    t
        The tables of their rate and frame.

    Examples
    --------
    >>> tones = Maskers(np.array([100, 103, 200]), np.array([50.0, 60.0, 40.0]))
    >>> nearest_dropped(tones, tables_for(44100, 512)).lines.tolist()
    [103, 200]
    """
    kept: list[int] = []
    for i, (k, level) in enumerate(zip(*tones, strict=True)):
        near = kept and t.bark[k] - t.bark[tones.lines[kept[-1]]] < NEAR_BARK
        if not near:
            kept.append(i)
        elif level > tones.levels[kept[-1]] + TIE_DB:
            kept[-1] = i
    return tones.where(np.array(kept, int))


def individual_thresholds(tones: Maskers, noises: Maskers, t: Tables) -> Numbers:
    """Return each masker's own threshold on every line.

    Lecture 11.

    Parameters
    ----------
    tones, noises
        M1 and M2 maskers.
    t
        The tables of their rate and frame.

    Returns
    -------
    LT
        ``(M1 + M2, K)`` in dB SPL, tones first: level, plus the offset of its kind
        (`tonal_offset`, `noise_offset`), plus `spreading`.

    Examples
    --------
    >>> t = tables_for(44100, 512)
    >>> tone = Maskers(np.array([100]), np.array([80.0]))
    >>> LT = individual_thresholds(tone, Maskers(np.array([], int), np.array([])), t)
    >>> LT.shape, LT.argmax(), LT.max().round(2)
    ((1, 257), np.int64(100), np.float64(68.01))
    """
    LT = [_threshold_of(k, X, tonal_offset, t) for k, X in zip(*tones, strict=True)]
    LT += [_threshold_of(k, X, noise_offset, t) for k, X in zip(*noises, strict=True)]
    return np.array(LT, float).reshape(-1, t.lines)


def _threshold_of(k: int, level: float, offset: object, t: Tables) -> Numbers:
    z = t.bark[k]
    return level + offset(z) + spreading(t.bark - z, level)  # type: ignore[operator]


def masker_threshold(level: float, hz: float, at: Numbers, kind: str) -> Numbers:
    """Return the threshold that one masker of any frequency sets at any others.

    On the continuous Bark axis, not on the lines of a spectrum, which are 86 Hz apart
    in Layer I.

    Lecture 11.

    Parameters
    ----------
    level
        Level of the masker in dB SPL.
    hz
        Its frequency in Hz.
    at
        ``(...)``: frequencies in Hz to evaluate at.
    kind
        "tonal" or "noise".

    Returns
    -------
    LT
        ``(...)`` in dB SPL, without the threshold in quiet.

    Raises
    ------
    ValueError
        Where the kind is another word.

    Examples
    --------
    >>> round(float(masker_threshold(80, 1000, 1000, "tonal")), 2)
    71.63
    """
    offsets = {"tonal": tonal_offset, "noise": noise_offset}
    if kind not in offsets:
        raise ValueError(f"a masker is 'tonal' or 'noise', got {kind!r}")
    z = bark(hz)
    return level + offsets[kind](z) + spreading(bark(at) - z, level)


def global_threshold(LT: Numbers, quiet: Numbers) -> Numbers:
    """Return the threshold of all maskers together: powers add up, not decibels.

    Lecture 11.

    Parameters
    ----------
    LT
        ``(M, K)``: the thresholds of the maskers in dB SPL; M may be 0.
    quiet
        ``(K,)``: the threshold in quiet.

    Examples
    --------
    >>> global_threshold(np.array([[20.0], [20.0]]), np.array([0.0])).round(2)
    array([23.03])
    """
    return to_db(to_power(quiet) + np.sum(to_power(LT), axis=0))


def subband_minimum(threshold: Numbers) -> Numbers:
    """Return the least threshold in each of the 32 subbands, ``(..., 32)``.

    Lecture 11.

    Examples
    --------
    >>> subband_minimum(np.arange(257.0))[:3].tolist()
    [0.0, 8.0, 16.0]
    """
    return _by_subband(threshold).min(axis=-1)


def subband_level(X: Numbers, scale_factors: Numbers | None = None) -> Numbers:
    """Return the signal's level in each of the 32 subbands, ``(..., 32)`` in dB SPL.

    The largest line of the spectrum or, where that is higher, what the largest scale
    factor stands for: ``20 log10(32768 scf) - 10``.

    Lecture 11.

    Examples
    --------
    >>> subband_level(np.arange(257.0))[:3].tolist()
    [7.0, 15.0, 23.0]
    """
    level = _by_subband(X).max(axis=-1)
    if scale_factors is None:
        return level
    scf = np.asarray(scale_factors, float)
    if scf.shape != level.shape or not np.all(scf >= 0):
        raise ValueError(
            f"give one scale factor of 0 or more per subband, {level.shape}; "
            f"got the shape {scf.shape}"
        )
    return np.maximum(level, to_db((32768 * scf) ** 2) - 10)


def _by_subband(x: Numbers) -> Numbers:
    """Return the lines as ``(..., 32, lines per subband)``, without the highest."""
    return x[..., :-1].reshape(*x.shape[:-1], SUBBANDS, -1)
