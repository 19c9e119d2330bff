"""Hidden cases of homework 3; they never leave the instructors' side.

The right answers are those of `coursekit.psychoacoustics`, in the form that
`coursekit.homework.hw3_pam` gives them.
"""

from __future__ import annotations

import numpy as np

from coursekit import data
from coursekit.homework.checks.calls import Args, Gradient
from coursekit.homework.checks.exercise import CaseSpec
from coursekit.homework.hw3_pam.hearing import BARK, PSD, THRESHOLD_IN_QUIET
from coursekit.homework.hw3_pam.losses import (
    NOISE_MODULATION_LOSS,
    PRIORITY_LOSS,
    PRIORITY_WEIGHTS,
    sounds,
)
from coursekit.homework.hw3_pam.maskers import (
    GLOBAL_THRESHOLD,
    MASKER_THRESHOLD,
    SPREADING,
    TONAL_MASKERS,
    clear_tones,
    each_kind,
)
from coursekit.homework.hw3_pam.recordings import FRAME
from coursekit.homework.own_data import RATE, Rng

CANARY = "canary-owl-above-the-organ-2093"
"""Stands here and in each solution of the notebook; must turn up nowhere else."""

_FORMULA = "one formula of a few terms, rounded a few times"
_DECIBELS = "a transform's rounding, 1e-15 of its largest line, seen in decibels"
_TIES = "levels are rounded to half decibels, so that ties are ties for everybody"
_SUMS = "sums of a few thousand products, and their gradients"


def _frequencies(rng: Rng) -> Args:
    return (rng.permutation(np.append(rng.uniform(10, 22000, 20), 0.0)),)


def _one_frequency(rng: Rng) -> Args:
    return (float(rng.integers(300, 15000)),)


def _music(rng: Rng, size: int) -> np.ndarray:
    long = [clip for clip in data.clips("music") if clip.seconds >= 2]
    x = long[rng.integers(len(long))].audio(RATE)
    frames = x[: x.size // size * size].reshape(-1, size)
    loud = np.flatnonzero(np.abs(frames).max(1) > 0.05)
    return frames[loud[rng.integers(loud.size)]]


def _quiet_noise(rng: Rng) -> Args:
    return (1e-4 * rng.standard_normal(FRAME),)


def _without_tones(rng: Rng) -> Args:
    return (30 + rng.integers(0, 13, 257) / 2,)


def _at_the_ends(rng: Rng) -> Args:
    X = 10 + rng.integers(0, 9, 257) / 2
    X[[3, 62, 127, 250]] = 54 + rng.integers(0, 9, 4) / 2
    X[[65, 131]] = 52  # three and four lines away: the zone decides
    return (X,)


def _fine(rng: Rng) -> Args:
    return np.linspace(-4, 9, 101) + float(rng.uniform(0, 0.1)), float(
        rng.uniform(20, 95)
    )


def _beyond(rng: Rng) -> Args:
    above, below = rng.uniform(8, 20, 3), rng.uniform(-7.5, -3.1, 3)
    return np.append(above, below), 70.0


def _masker(rng: Rng, kind: str) -> Args:
    z = np.linspace(0.5, 24, 40)
    return float(rng.uniform(20, 95)), float(rng.uniform(1, 23)), z, kind


def _maskers(rng: Rng) -> Args:
    LT = rng.uniform(-40, 80, (20, 30))
    LT[rng.random(LT.shape) < 0.3] = -np.inf
    return LT, rng.uniform(-5, 68, 30)


def _no_masker(rng: Rng) -> Args:
    return np.zeros((0, 6)), rng.uniform(-5, 68, 6)


def _spectra(rng: Rng) -> Args:
    return rng.uniform(-90, 90, (2, 3, 20)), rng.uniform(-5, 70, (2, 3, 20))


def _far_above(rng: Rng) -> Args:
    m = rng.uniform(-5, 10, 6)
    return m + np.array([-120, -40, 0, 40, 90, 130]), m


def _more(rng: Rng) -> Args:
    return *sounds(rng, (3, 1), 2048 + 2 * int(rng.integers(300))), RATE


def _one_sound(rng: Rng) -> Args:
    return *sounds(rng, (), 1536), RATE


def _speech(rng: Rng) -> Args:
    """Speech, and speech with an error that comes and goes."""
    long = [clip for clip in data.clips("speech") if clip.seconds >= 1]
    x = long[rng.integers(len(long))].audio(RATE)
    frames = x[: x.size // 2048 * 2048].reshape(-1, 1, 2048)
    s = frames[np.argsort(np.abs(frames).max((1, 2)))[-2:]]
    fade = np.geomspace(1e-6, 1e-2, 2048)
    return s, s + fade * rng.standard_normal(s.shape), RATE


def _inaudible(rng: Rng) -> Args:
    s, s_hat = sounds(rng)
    return s, s + 1e-5 * (s_hat - s), RATE


HIDDEN = (
    *THRESHOLD_IN_QUIET.make_cases(
        CaseSpec("many frequencies", _frequencies, 1, because=_FORMULA),
        CaseSpec("a single number", _one_frequency, 0.5, because=_FORMULA),
    ),
    *BARK.make_cases(
        CaseSpec("many frequencies", _frequencies, 1, because=_FORMULA),
    ),
    *PSD.make_cases(
        CaseSpec(
            "a frame of music", lambda rng: (_music(rng, FRAME),), 1, atol=1e-6,
            because=_DECIBELS,
        ),
        CaseSpec(
            "a frame of Layer II", lambda rng: (_music(rng, 1024),), 1, atol=1e-6,
            because=_DECIBELS,
        ),
        CaseSpec("a very quiet noise", _quiet_noise, 0.5, atol=1e-6, because=_DECIBELS),
    ),
    *TONAL_MASKERS.make_cases(
        CaseSpec("another of each kind", each_kind, 1.5, because=_TIES),
        CaseSpec("other clear tones", clear_tones, 0.5, because=_TIES),
        CaseSpec("nothing that is a tone", _without_tones, 0.5, because=_TIES),
        CaseSpec("at the ends of the zones", _at_the_ends, 0.5, because=_TIES),
    ),
    *SPREADING.make_cases(
        CaseSpec(
            "a soft masker",
            lambda rng: (rng.uniform(-3.5, 8.5, 30), float(rng.uniform(0, 30))), 1,
            because=_FORMULA,
        ),
        CaseSpec("a fine grid", _fine, 1, because=_FORMULA),
        CaseSpec("beyond its reach", _beyond, 0.5, because=_FORMULA),
    ),
    *MASKER_THRESHOLD.make_cases(
        CaseSpec(
            "a tone anywhere", lambda rng: _masker(rng, "tonal"), 1, because=_FORMULA,
        ),
        CaseSpec(
            "a noise anywhere", lambda rng: _masker(rng, "noise"), 1, because=_FORMULA,
        ),
    ),
    *GLOBAL_THRESHOLD.make_cases(
        CaseSpec("twenty maskers", _maskers, 0.5, because="sums of twenty powers"),
        CaseSpec(
            "no masker at all", _no_masker, 0.5,
            because="there and back through one power",
        ),
    ),
    *PRIORITY_WEIGHTS.make_cases(
        CaseSpec("whole spectra", _spectra, 0.5, atol=1e-12, because=_FORMULA),
        CaseSpec("far above and below the mask", _far_above, 0.5, because=_FORMULA),
    ),
    *PRIORITY_LOSS.make_cases(
        CaseSpec("longer sounds", _more, 0.5, rtol=1e-6, atol=1e-16, because=_SUMS),
        CaseSpec(
            "the gradient with speech", _speech, 0.5, rtol=1e-5, atol=1e-13,
            because=_SUMS, mode=Gradient(of=1),
        ),
    ),
    *NOISE_MODULATION_LOSS.make_cases(
        CaseSpec("one sound alone", _one_sound, 0.5, rtol=1e-6, because=_SUMS),
        CaseSpec("an error that nobody hears", _inaudible, 0.5, because=_SUMS),
        CaseSpec(
            "the gradient with speech", _speech, 1, rtol=1e-5, because=_SUMS,
            mode=Gradient(of=1),
        ),
    ),
)  # fmt: skip
