"""Hidden cases of homework 1; they never leave the instructors' side.

The right answers are those of `coursekit.fourier`, except for the STFT, whose
convention (whole frames, no padding) is the homework's own, written in terms of
`coursekit.fourier.dft` beside the visible cases.
"""

from __future__ import annotations

import numpy as np

from coursekit import data, fourier
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec
from coursekit.homework.hw1_dft.frames import HANN, OVERLAP_ADD, STFT
from coursekit.homework.hw1_dft.transform import DFT, DFT_MATRIX, IDFT
from coursekit.homework.own_data import RATE, Rng

CANARY = "canary-heron-on-the-weir-4711"
"""Stands here and in each solution of the notebook; must turn up nowhere else."""

_FLOAT64 = (
    "angles of up to 2π N² lose five digits to rounding, sums of N products one more"
)


def _noise(rng: Rng, n: int) -> np.ndarray:
    return rng.standard_normal(n)


def _even(rng: Rng, low: int, high: int) -> int:
    return 2 * int(rng.integers(low // 2, high // 2))


def _single(rng: Rng) -> Args:
    return (rng.uniform(1, 9, 1),)


def _tone_between_bins(rng: Rng) -> Args:
    t = np.arange(32)
    cycles = float(rng.integers(3, 12)) + 0.5
    return (np.cos(2 * np.pi * cycles * t / 32 + float(rng.uniform(0, 6))),)


def _speech(rng: Rng) -> Args:
    long = [clip for clip in data.clips("speech") if clip.seconds >= 1]
    x = long[rng.integers(len(long))].audio(RATE)
    start = int(rng.integers(len(x) - 2048))
    return x[start : start + 2048], 128, 32


HIDDEN = (
    *DFT_MATRIX.make_cases(
        CaseSpec("one sample", lambda rng: (1,), 0.5, because=_FLOAT64),
        CaseSpec(
            "an even size", lambda rng: (_even(rng, 10, 40),), 1, because=_FLOAT64,
        ),
        CaseSpec(
            "an odd size", lambda rng: (_even(rng, 10, 40) + 1,), 1, because=_FLOAT64,
        ),
    ),
    *DFT.make_cases(
        CaseSpec("one sample", _single, 0.5, because=_FLOAT64),
        CaseSpec("a tone between two bins", _tone_between_bins, 0.5, because=_FLOAT64),
        CaseSpec(
            "noise of even length", lambda rng: (_noise(rng, _even(rng, 20, 64)),), 1,
            because=_FLOAT64,
        ),
        CaseSpec(
            "noise of odd length", lambda rng: (_noise(rng, _even(rng, 20, 64) + 1),),
            1, because=_FLOAT64,
        ),
    ),
    *IDFT.make_cases(
        CaseSpec(
            "one sample", lambda rng: fourier.dft(_single(rng)[0]), 0.5,
            because=_FLOAT64,
        ),
        CaseSpec(
            "noise of even length",
            lambda rng: fourier.dft(_noise(rng, _even(rng, 20, 64))), 1,
            because=_FLOAT64,
        ),
        CaseSpec(
            "noise of odd length",
            lambda rng: fourier.dft(_noise(rng, _even(rng, 20, 64) + 1)), 1,
            because=_FLOAT64,
        ),
    ),
    *HANN.make_cases(
        CaseSpec(
            "a short one", lambda rng: (int(rng.integers(3, 7)),), 1,
            because="one cosine each, rounded once",
        ),
        CaseSpec(
            "a long one", lambda rng: (int(rng.integers(300, 600)),), 1,
            because="one cosine each, rounded once",
        ),
    ),
    *STFT.make_cases(
        CaseSpec(
            "exactly one frame", lambda rng: (_noise(rng, 12), 12, 5), 0.5,
            because=_FLOAT64,
        ),
        CaseSpec(
            "a hop that divides nothing", lambda rng: (_noise(rng, 64), 16, 7), 0.5,
            because=_FLOAT64,
        ),
        CaseSpec(
            "a quarter of a frame apart",
            lambda rng: (_noise(rng, 100 + int(rng.integers(4))), 32, 8), 1,
            because=_FLOAT64,
        ),
        CaseSpec(
            "an odd frame", lambda rng: (_noise(rng, 91 + int(rng.integers(4))), 15, 5),
            1, because=_FLOAT64,
        ),
        CaseSpec(
            "an eighth of a second of speech", _speech, 1, because=_FLOAT64,
            seconds=20.0,
        ),
    ),
    *OVERLAP_ADD.make_cases(
        CaseSpec(
            "a single frame", lambda rng: (_noise(rng, 9).reshape(9, 1), 4), 0.5,
            because="sums of a few numbers",
        ),
        CaseSpec(
            "a quarter of a frame apart",
            lambda rng: (_noise(rng, 16 * 9).reshape(16, 9), 4), 1,
            because="sums of a few numbers",
        ),
        CaseSpec(
            "a hop that divides nothing",
            lambda rng: (_noise(rng, 11 * 7).reshape(11, 7), 4), 1,
            because="sums of a few numbers",
        ),
    ),
)  # fmt: skip
