"""Tones that mask, how far they reach, and the threshold that all set together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes, built_on
from coursekit.homework.hw3_pam.recordings import FRAME
from coursekit.homework.own_data import Numbers, Pair, Rng
from coursekit.psychoacoustics import pam1
from coursekit.psychoacoustics.tables import (
    noise_offset,
    spreading,
    tables_for,
    tonal_offset,
)

# --- the right answers --------------------------------------------------------------
#
# They are the package's own functions, in the form that the homework asks for.


def tonal_maskers(X: Numbers) -> Pair:
    """Return lines and levels of the tonal maskers of a spectrum, as in Layer I.

    Parameters
    ----------
    X
        ``(257,)`` in dB SPL.

    Returns
    -------
    lines, levels
        ``(maskers,)`` each: whole numbers, and dB SPL.

    Examples
    --------
    >>> X = np.full(257, 20.0)
    >>> X[100] = 60.0
    >>> tonal_maskers(X)[0].tolist()
    [100]
    """
    lines, levels = pam1.tonal_maskers(X, tables_for(44100, FRAME))
    return lines, levels


def masker_threshold(level: float, z_masker: float, z: Numbers, kind: str) -> Numbers:
    """Return the threshold that one masker sets, in dB SPL.

    Parameters
    ----------
    level
        Of the masker in dB SPL.
    z_masker
        Where it is, in Bark.
    z
        ``(...)``: where the threshold is wanted, in Bark.
    kind
        "tonal" or "noise".

    Returns
    -------
    LT
        Of the shape of `z`; minus infinity beyond the masker's reach.

    Examples
    --------
    >>> z = 8.5105 + np.array([0, 1, -1, 3])
    >>> masker_threshold(80.0, 8.5105, z, "tonal").round(2).tolist()
    [71.63, 54.63, 33.63, 44.63]
    """
    offset = {"tonal": tonal_offset, "noise": noise_offset}[kind](z_masker)
    return level + offset + spreading(z - z_masker, level)


def _floor(rng: Rng) -> Numbers:
    """Return a restless spectrum without a tone, in half decibels: ties stay ties."""
    return 20 + rng.integers(0, 7, 257) / 2


def _stand(X: Numbers, k: int, level: float = 60.0) -> None:
    """Put a clear tone on line k: nothing within 7 lines comes near it."""
    X[k - 7 : k + 8] = np.minimum(X[k - 7 : k + 8], 21)
    X[k - 1], X[k], X[k + 1] = level - 9, level, level - 8


def each_kind(rng: Rng) -> Args:
    """Return a spectrum with one of each kind of peak, tones and others.

    Parameters
    ----------
    rng
        Draws it.

    Returns
    -------
    X
        The one argument of `tonal_maskers`: ``(257,)`` in dB SPL.
    """
    X = _floor(rng)
    shift = int(rng.integers(0, 4))
    for k in (12 + shift, 80 + shift, 150 + shift, 35, 52, 110, 175, 195, 215, 235):
        _stand(X, k)
    X[33], X[37] = 53, 53  # exactly 7 dB above the lines two away
    X[53] = 60  # a plateau of two lines
    X[113] = 56  # a bump three lines away, which the second zone looks at
    X[170] = 55  # five lines away, which only the third zone looks at
    X[193] = 57  # too near on one side alone
    X[216] = 55  # broad, as the main lobe of a window is
    X[252:255] = 40, 62, 41  # beyond the last line that is examined
    return (X,)


def clear_tones(rng: Rng) -> Args:
    """Return a spectrum whose tones leave no doubt; only their levels are to be found.

    Parameters
    ----------
    rng
        Draws it.

    Returns
    -------
    X
        The one argument of `tonal_maskers`: ``(257,)`` in dB SPL.
    """
    X = _floor(rng)
    for k in rng.choice(np.arange(1, 16), 6, replace=False) * 15 + 5:
        _stand(X, int(k), 50 + float(rng.integers(0, 60)) / 2)
        X[k - 1 : k + 2 : 2] = X[k] - rng.integers(2, 12, 2) / 2
    return (X,)


def _corners(rng: Rng) -> Args:
    level = float(rng.integers(50, 90))
    return np.array([-3.5, -3, -2, -1, -0.5, 0, 0.5, 1, 4, 7.9, 8, 9.0]), level


def _distances(rng: Rng) -> Args:
    return np.sort(rng.uniform(-2.9, 7.9, 9)), float(rng.uniform(20, 95))


def _masker(kind: str) -> Callable[[Rng], Args]:
    def make(rng: Rng) -> Args:
        z_masker = int(rng.integers(16, 72)) / 4  # so that the distances are exact
        z = z_masker + np.array([-3.5, -3, -2, -1, -0.25, 0, 0.5, 1, 2.5, 6, 8])
        return float(rng.integers(40, 90)), z_masker, z, kind

    return make


def _two_alike(rng: Rng) -> Args:
    level = float(rng.integers(20, 60))
    quiet = np.array([-60.0, level, level + 30, 0.0])
    return np.full((2, 4), level), quiet


def _several(rng: Rng) -> Args:
    LT = rng.uniform(-20, 60, (3, 5))
    LT[0, :2] = -np.inf
    return LT, rng.uniform(0, 40, 5)


# --- the rule for tones -------------------------------------------------------------


def _reach(k: int) -> int:
    return 2 if k < 63 else 3 if k < 127 else 6


@dataclass(frozen=True)
class _Rule:
    """The rule for tones, with what may be misunderstood of it."""

    reach: Callable[[int], int] = _reach
    nearest: int = 2
    sides: tuple[int, ...] = (-1, 1)
    prominence: Callable[[float], bool] = lambda d: d >= 7
    falls: Callable[[float, float], bool] = lambda a, b: a >= b
    last: int = 250
    level: Callable[[Numbers], float] = lambda X: 10 * np.log10(np.sum(10 ** (X / 10)))

    def is_tone(self, X: Numbers, k: int) -> bool:
        if not (X[k] > X[k - 1] and self.falls(X[k], X[k + 1])):
            return False
        away = range(self.nearest, self.reach(k) + 1)
        places = [k + side * j for side in self.sides for j in away]
        return all(self.prominence(X[k] - X[i]) for i in places if 0 <= i < len(X))

    def __call__(self, X: Numbers) -> Pair:
        lines = [k for k in range(3, self.last + 1) if self.is_tone(X, k)]
        levels = [float(self.level(X[k - 1 : k + 2])) for k in lines]
        return np.array(lines, int), np.array(levels)


def _from_one(X: Numbers) -> Pair:
    lines, levels = _Rule()(X)
    return lines + 1, levels


_WRONG_TONES: Mistakes = {
    "neighbourhood-too-narrow": (
        "only the lines two away are examined: from line 63 on three, from 127 on six",
        _Rule(reach=lambda k: 2),
    ),
    "next-door-examined": (
        "the lines next to the peak are examined too: they belong to the tone, the "
        "rule begins two lines away",
        _Rule(nearest=1),
    ),
    "one-side-only": (
        "only the lines above the peak are examined: the rule looks at both sides",
        _Rule(sides=(1,)),
    ),
    "more-than-seven": (
        "a peak exactly 7 dB above its neighbourhood is a tone as well (>=, not >)",
        _Rule(prominence=lambda d: d > 7),
    ),
    "plateau-lost": (
        "a peak as high as the line after it is lost: X[k] >= X[k + 1], not >",
        _Rule(falls=lambda a, b: a > b),
    ),
    "to-the-last-line": (
        "tones are looked for up to the end: line 250 is the last one",
        _Rule(last=255),
    ),
    "level-of-one-line": (
        "the level is that of the peak's line alone: add the powers of lines k - 1, k "
        "and k + 1",
        _Rule(level=lambda X: X[1]),
    ),
    "decibels-added": (
        "the decibels of the three lines were added: decibels do not add up, powers do",
        _Rule(level=np.sum),
    ),
    "amplitudes-added": (
        "the amplitudes of the lines were added (20 and /20): their powers add up",
        _Rule(level=lambda X: 20 * np.log10(np.sum(10 ** (X / 20)))),
    ),
    "natural-log": (
        "the level was taken with the natural logarithm: decibels are 10 log10",
        _Rule(level=lambda X: 10 * np.log(np.sum(10 ** (X / 10)))),
    ),
    "counted-from-one": (
        "the lines are counted from 1: line 0 is the first",
        _from_one,
    ),
}


# --- spreading, and what it makes -----------------------------------------------------
#
# A wrong spreading makes a wrong threshold: it is written once, and applied to both.


def _pieces(dz: Numbers, values: tuple[Any, ...], outside: float = -np.inf) -> Numbers:
    dz = np.asarray(dz, float)
    inside = [
        (dz >= low) & (dz < high) for low, high in ((-3, -1), (-1, 0), (0, 1), (1, 8))
    ]
    return np.select(inside, [v + 0 * dz for v in values], outside)


def _right_pieces(dz: Numbers, X: float) -> tuple[Any, ...]:
    falls = 0.4 * X + 6
    up = -(dz - 1) * (17 - 0.15 * X) - 17
    return 17 * (dz + 1) - falls, falls * dz, -17 * dz, up


def _level_free(dz: Numbers, X: float) -> Numbers:
    first, second, third, _ = _right_pieces(dz, X)
    return _pieces(dz, (first, second, third, -17 * dz))


def _step_lost(dz: Numbers, X: float) -> Numbers:
    first, second, third, fourth = _right_pieces(dz, X)
    return _pieces(dz, (first, second, third, fourth + 17))


def _ends_swapped(dz: Numbers, X: float) -> Numbers:
    dz = np.asarray(dz, float)
    nudged = np.where(np.isin(dz, (-3, 8)), dz - 1e-12, dz)
    return spreading(nudged, X)


_WRONG_SPREADINGS: Mistakes = {
    "mirrored": (
        "mirrored: dz counts from the masker upwards, and upwards it reaches farther",
        lambda dz, X: spreading(-np.asarray(dz, float), X),
    ),
    "zero-beyond-reach": (
        "0 dB beyond its reach: that masks everything; nothing is minus infinity",
        lambda dz, X: _pieces(dz, _right_pieces(dz, X), 0.0),
    ),
    "same-slope-at-all-levels": (
        "as steep upwards for loud maskers as for soft ones: 17 - 0.15 X flattens",
        _level_free,
    ),
    "step-at-one-bark": (
        "with a jump at 1 Bark: the last piece begins at -17 dB",
        _step_lost,
    ),
    "ends-swapped": (
        "with its ends swapped: -3 Bark is within reach, 8 Bark is not",
        _ends_swapped,
    ),
    "level-ignored": (
        "the same for all levels: louder maskers fall more steeply below themselves",
        lambda dz, X: spreading(dz, 0.0),
    ),
}


def _threshold_with(
    spread: Callable[[Numbers, float], Numbers],
) -> Callable[..., Numbers]:
    def threshold(level: float, z_masker: float, z: Numbers, kind: str) -> Numbers:
        offset = {"tonal": tonal_offset, "noise": noise_offset}[kind](z_masker)
        return level + offset + spread(z - z_masker, level)

    return threshold


_OTHER_KIND = {"tonal": "noise", "noise": "tonal"}


def _offset(kind: str, z: Any) -> Any:
    return {"tonal": tonal_offset, "noise": noise_offset}[kind](z)


_WRONG_MASKERS: Mistakes = {
    "offsets-swapped": (
        "the offsets of tones and noises have changed places: noises mask more",
        lambda X, zj, z, kind: masker_threshold(X, zj, z, _OTHER_KIND[kind]),
    ),
    "tonal-offset-for-all": (
        "the offset of a tone was used for a noise as well",
        lambda X, zj, z, kind: masker_threshold(X, zj, z, "tonal"),
    ),
    "offset-of-the-maskee": (
        "the offset was taken at z, where it masks, instead of at the masker",
        lambda X, zj, z, kind: X + _offset(kind, z) + spreading(z - zj, X),
    ),
    "no-offset": (
        "the offset is missing: masking begins some decibels below the masker",
        lambda X, zj, z, kind: X + spreading(z - zj, X),
    ),
    "offset-upside-down": (
        "the offset was subtracted, but it is negative already",
        lambda X, zj, z, kind: X - _offset(kind, zj) + spreading(z - zj, X),
    ),
    "level-forgotten": (
        "the masker's level is missing in the sum",
        lambda X, zj, z, kind: _offset(kind, zj) + spreading(z - zj, X),
    ),
}


def _power_sum(LT: Numbers, quiet: Numbers) -> Numbers:
    return 10 ** (quiet / 10) + np.sum(10 ** (LT / 10), axis=0)


def _amplitude_sum(LT: Numbers, quiet: Numbers) -> Numbers:
    total = 10 ** (quiet / 20) + np.sum(10 ** (LT / 20), axis=0)
    return 20 * np.log10(total)


def _power_mean(LT: Numbers, quiet: Numbers) -> Numbers:
    return 10 * np.log10(_power_sum(LT, quiet) / (len(LT) + 1))


_WRONG_SUMS: Mistakes = {
    "decibels-added": (
        "the decibels were added: decibels do not add up, the powers behind them do",
        lambda LT, quiet: quiet + np.sum(LT, axis=0),
    ),
    "loudest-alone": (
        "this is the highest of the thresholds: several maskers hide more than one",
        lambda LT, quiet: np.maximum(quiet, np.max(LT, axis=0)),
    ),
    "amplitudes-added": (
        "the amplitudes were added (20 and /20): powers add up",
        _amplitude_sum,
    ),
    "mean-for-sum": (
        "this is the mean of the powers: add them",
        _power_mean,
    ),
    "quiet-forgotten": (
        "the threshold in quiet is missing in the sum",
        lambda LT, quiet: 10 * np.log10(np.sum(10 ** (LT / 10), axis=0)),
    ),
    "wrong-axis": (
        "the sum runs along each masker: one row is one masker, so add the rows",
        lambda LT, quiet: 10 * np.log10(np.sum(10 ** (LT / 10), axis=1)),
    ),
    "natural-log": (
        "this is the natural logarithm: decibels are 10 log10",
        lambda LT, quiet: 10 * np.log(_power_sum(LT, quiet)),
    ),
    "not-in-decibels": (
        "these are powers: turn the sum back into decibels",
        _power_sum,
    ),
}


# --- exercises ------------------------------------------------------------------

TONAL_MASKERS = Exercise(
    "tonal_maskers", 5, "11_pam1", tonal_maskers, results=("lines", "levels"),
    visible=(
        CaseSpec(
            "one of each kind of peak", each_kind, 1,
            "Go through the rule for each peak, with the zone that its line is in.",
        ),
        CaseSpec(
            "clear tones", clear_tones, 1,
            "The level is the power of three lines: decibels only after the sum.",
        ),
    ),
    mistakes=(_WRONG_TONES,),
    forbidden=(
        "coursekit.psychoacoustics.pam1.analyse",
        "coursekit.psychoacoustics.pam1.tonal_maskers",
        "coursekit.psychoacoustics.tables.tables_for",
    ),
)  # fmt: skip

SPREADING = Exercise(
    "spreading", 4, "11_pam1", spreading,
    visible=(
        CaseSpec(
            "the corners", _corners, 1,
            "From -3 on and up to, but without, 8 Bark; minus infinity elsewhere.",
        ),
        CaseSpec(
            "distances of your own", _distances, 0.5,
            "dz is above 0 where the masker lies lower than the place it masks.",
        ),
    ),
    mistakes=(built_on(_WRONG_SPREADINGS, "this spreading is {}"),),
    forbidden=(
        "coursekit.psychoacoustics.tables.spreading_lines",
        "coursekit.psychoacoustics.batched.spreader",
    ),
)  # fmt: skip

MASKER_THRESHOLD = Exercise(
    "masker_threshold", 3, "11_pam1", masker_threshold,
    visible=(
        CaseSpec(
            "a tone", _masker("tonal"), 0.5,
            "The offset depends on where the masker is, the spreading on z - z_masker.",
        ),
        CaseSpec(
            "a noise", _masker("noise"), 0.5,
            "A noise masks more than a tone of its level.",
        ),
    ),
    mistakes=(
        _WRONG_MASKERS,
        built_on(_WRONG_SPREADINGS, "the spreading in this is {}", _threshold_with),
    ),
    forbidden=(
        "coursekit.psychoacoustics.tables.tonal_offset",
        "coursekit.psychoacoustics.tables.noise_offset",
        "coursekit.psychoacoustics.pam1.individual_thresholds",
        "coursekit.psychoacoustics.pam1.masker_threshold",
    ),
)  # fmt: skip

GLOBAL_THRESHOLD = Exercise(
    "global_threshold", 2, "11_pam1", pam1.global_threshold,
    visible=(
        CaseSpec(
            "two alike", _two_alike, 0.5,
            "Two equal powers are 3 dB more than one.",
        ),
        CaseSpec(
            "several maskers", _several, 0.5,
            "One masker is one row: add the powers of each column, and those of quiet.",
        ),
    ),
    mistakes=(_WRONG_SUMS,),
    forbidden=(
        "coursekit.psychoacoustics.batched.masking_threshold",
        "coursekit.psychoacoustics.batched.threshold_of_psd",
    ),
)  # fmt: skip

EXERCISES = (TONAL_MASKERS, SPREADING, MASKER_THRESHOLD, GLOBAL_THRESHOLD)
