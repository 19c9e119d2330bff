"""Level differences: those that a place makes, and those of two spectra."""

from __future__ import annotations

import numpy as np

from coursekit import spatial
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes
from coursekit.homework.hw2_ild.scene import Place, draw_scene
from coursekit.homework.own_data import Numbers, Rng
from coursekit.spatial.ild import FLOOR

# --- misconceptions -------------------------------------------------------------


def _reaches(source: Place, left: Place, right: Place) -> tuple[float, float]:
    return spatial.distance(source, left), spatial.distance(source, right)


_WRONG_GEOMETRIES: Mistakes = {
    "left-over-right": (
        "this is left over right: the nearer microphone is the louder one, and right "
        "stands above the line",
        lambda source, left, right: -spatial.expected_ild(source, left, right),
    ),
    "power-decibels": (
        "this is 10 log of the ratio: distances divide amplitudes, and decibels of "
        "amplitude are 20 log",
        lambda *places: spatial.expected_ild(*places) / 2,
    ),
    "natural-log": (
        "this is the natural logarithm: decibels count powers of ten",
        lambda *places: spatial.expected_ild(*places) * np.log(10),
    ),
    "squared-distance": (
        "this takes the amplitude to fall with the square of the distance: that is the "
        "power",
        lambda *places: spatial.expected_ild(*places) * 2,
    ),
    "no-decibels": (
        "this is the ratio right over left itself: its level is asked for, in dB",
        lambda *places: 1 / spatial.amplitude_ratio(*places),
    ),
    "the-decks-ratio": (
        "this is the deck's a, left over right and no level: asked for is right over "
        "left in dB",
        spatial.amplitude_ratio,
    ),
    "difference-of-distances": (
        "this is the difference of the distances: levels compare by their ratio",
        lambda *places: _reaches(*places)[0] - _reaches(*places)[1],
    ),
    "along-one-axis": (
        "this measures along the first axis alone: a distance needs all coordinates",
        lambda source, left, right: (
            20 * np.log10(abs(source[0] - left[0]) / abs(source[0] - right[0]))
        ),
    ),
}


def _floor_of(*channels: Numbers) -> float:
    return FLOOR * max(np.abs(X).max() for X in channels)


def _level(X: Numbers, floor: float) -> Numbers:
    return 20 * np.log10(np.abs(X) + floor)


def _magnitudes_subtracted(L: Numbers, R: Numbers) -> Numbers:
    return np.abs(R) - np.abs(L)


_WRONG_LEVELS: Mistakes = {
    "left-over-right": (
        "this is left over right: the right microphone stands above the line",
        lambda L, R: spatial.ild(R, L),
    ),
    "power-decibels": (
        "this is 10 log of the amplitudes: their level is 20 log",
        lambda L, R: spatial.ild(L, R) / 2,
    ),
    "squared-magnitudes": (
        "this is 20 log of the powers |X|²: it is 20 log of the amplitudes",
        lambda L, R: spatial.ild(L, R) * 2,
    ),
    "natural-log": (
        "this is the natural logarithm: decibels count powers of ten",
        lambda L, R: spatial.ild(L, R) * np.log(10),
    ),
    "no-floor": (
        "there is no floor: a silent bin divides by zero",
        lambda L, R: _level(R, 0) - _level(L, 0),
    ),
    "absolute-floor": (
        "the floor is 1e-6 for every recording: it should be 1e-6 of the largest "
        "magnitude",
        lambda L, R: _level(R, 1e-6) - _level(L, 1e-6),
    ),
    "floor-below-only": (
        "the floor stands below the line only: in both channels, exchanging them flips "
        "the sign and nothing else",
        lambda L, R: _level(R, 0) - _level(L, _floor_of(L, R)),
    ),
    "a-floor-for-each-channel": (
        "each channel has a floor of its own: with one for both, two silent bins are "
        "at 0 dB",
        lambda L, R: _level(R, _floor_of(R)) - _level(L, _floor_of(L)),
    ),
    "no-decibels": (
        "this is the ratio of the magnitudes: its level is asked for, in dB",
        lambda L, R: 10 ** (spatial.ild(L, R) / 20),
    ),
    "difference-of-magnitudes": (
        "this is the difference of the magnitudes: it grows with the loudness",
        _magnitudes_subtracted,
    ),
    "real-parts": (
        "this compares the real parts: what counts is the magnitude, np.abs",
        lambda L, R: spatial.ild(L.real, R.real),
    ),
}


# --- visible cases --------------------------------------------------------------


def _lecture_scene(rng: Rng) -> Args:
    scene = spatial.deck_scene()
    return scene.sources[1], scene.left, scene.right


def _first_talker(rng: Rng) -> Args:
    scene = draw_scene(rng)
    return scene.sources[0], scene.left, scene.right


_PYTHAGORAS = np.array([3 + 4j, 4 - 3j, -6 + 8j, 5j, -12 + 5j, 8 + 6j, 1j, -2, 4 + 0j])
"""Complex numbers whose magnitudes are whole numbers."""


def _few_bins(rng: Rng) -> Args:
    return tuple(rng.choice(_PYTHAGORAS, (2, 2, 3)))


def _silent_bins(rng: Rng) -> Args:
    L, R = rng.choice(_PYTHAGORAS, (2, 2, 4))
    for n, silent in enumerate([(L,), (R,), (L, R)]):
        for X in silent:
            X[rng.integers(2), n] = 0
    L[0, 2] = R[0, 2] = 0
    return L, 1.5 * R


_DB = "a thousandth of a dB: loud bins do not feel how the floor is set"

_SINGLE = "a ten thousandth of a dB: positions in single precision are good enough"


# --- exercises ------------------------------------------------------------------

EXPECTED_ILD = Exercise(
    "expected_ild", 3, "07_ild_clustering", spatial.expected_ild,
    visible=(
        CaseSpec(
            "the lecture's second talker", _lecture_scene, 0.5,
            "The slide has 2.15 m to the left microphone, 0.8 m to the right: "
            "+8.60 dB.",
            atol=1e-4, because=_SINGLE,
        ),
        CaseSpec(
            "your first talker", _first_talker, 0.5,
            "The nearer microphone is the louder one; here it is the left, "
            "so below 0 dB.",
            atol=1e-4, because=_SINGLE,
        ),
    ),
    mistakes=(_WRONG_GEOMETRIES,),
    forbidden=("coursekit.spatial.geometry.amplitude_ratio",),
)  # fmt: skip

ILD = Exercise(
    "ild", 5, "07_ild_clustering", spatial.ild,
    visible=(
        CaseSpec(
            "a few bins", _few_bins, 1,
            "Twice as loud on the right is +6.02 dB, "
            "twice as loud on the left -6.02 dB.",
            atol=1e-3, because=_DB,
        ),
        CaseSpec(
            "silent bins", _silent_bins, 1,
            "Add the same small ε to both magnitudes: two silent bins then have 0 dB.",
            atol=1e-3, because=_DB,
        ),
    ),
    mistakes=(_WRONG_LEVELS,),
)  # fmt: skip

EXERCISES = (EXPECTED_ILD, ILD)
