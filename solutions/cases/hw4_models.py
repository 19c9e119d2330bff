"""Hidden cases of homework 4; they never leave the instructors' side.

The right answers are those of `coursekit.coding`, in the form that
`coursekit.homework.hw4_models.codec` gives them. The weights that a student's modules
are loaded with are drawn here, for each submission anew.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit.homework.checks.calls import Applied, Args, Gradient
from coursekit.homework.checks.exercise import CaseSpec
from coursekit.homework.hw4_models.codec import (
    CODEC,
    ENTROPY,
    LEARNT_QUANTISER,
    QUANTISE,
    SOFT_ASSIGNMENT,
    SUB_PIXEL,
    assignments,
    centroids_of,
    codec_args,
    quantiser_args,
    sub_pixel_args,
    unused,
    values,
    weighted,
)
from coursekit.homework.own_data import Rng

CANARY = "canary-swift-in-the-turbine-8123"
"""Stands here and in each solution of the notebooks; must turn up nowhere else."""

_SUMS = "sums of a few dozen products in float64"


def _quantised(rng: Rng, alpha: float, *shape: int) -> Args:
    return values(rng, *shape), centroids_of(rng, int(rng.integers(3, 12))), alpha


def _sharp(rng: Rng) -> Args:
    return _quantised(rng, float(rng.integers(30, 60)), 9)


def _one_value(rng: Rng) -> Args:
    return np.array(rng.uniform(-0.8, 0.8)), centroids_of(rng, 5), 4.0


def _a_batch(rng: Rng) -> Args:
    return _quantised(rng, float(rng.uniform(1, 9)), 2, 3, 4)


def _shaped(bins: int, *shape: int) -> Callable[[Rng], Args]:
    return lambda rng: quantiser_args(rng, bins, *shape)


HIDDEN = (
    *SOFT_ASSIGNMENT.make_cases(
        CaseSpec("another batch", _a_batch, 1, because=_SUMS),
        CaseSpec("one value", _one_value, 0.5, because=_SUMS),
        CaseSpec("very sharp", _sharp, 0.5, because=_SUMS),
    ),
    *QUANTISE.make_cases(
        CaseSpec("the values of a batch", _a_batch, 0.5, because=_SUMS),
        CaseSpec(
            "the gradient of a batch", lambda rng: weighted(rng, 2, 3, 4), 1,
            because=_SUMS, mode=Gradient(of=0, weighted=True),
        ),
        CaseSpec(
            "the gradient of the centroids", lambda rng: weighted(rng, 12), 0.5,
            because=_SUMS, mode=Gradient(of=1, weighted=True),
        ),
    ),
    *ENTROPY.make_cases(
        CaseSpec(
            "a batch", lambda rng: (assignments(rng, 2, 3, 5, 6),), 0.5, because=_SUMS,
        ),
        CaseSpec(
            "other symbols that nobody uses", unused, 0.5,
            because="what stands for 0 below 1e-12 costs less than 1e-9 bits",
            atol=1e-8,
        ),
        CaseSpec(
            "the gradient of a batch", lambda rng: (assignments(rng, 3, 2, 4, 5),), 0.5,
            because=_SUMS, mode=Gradient(),
        ),
    ),
    *LEARNT_QUANTISER.make_cases(
        CaseSpec("more centroids", _shaped(9, 3, 2, 5), 0.75, because=_SUMS),
        CaseSpec(
            "while it is trained", _shaped(5, 2, 7), 0.75, because=_SUMS,
            mode=Applied(training=True),
        ),
    ),
    *SUB_PIXEL.make_cases(
        CaseSpec(
            "three times as long", lambda rng: sub_pixel_args(rng, (4, 2, 3), 7), 0.75,
            because=_SUMS,
        ),
        CaseSpec(
            "four times as long", lambda rng: sub_pixel_args(rng, (2, 3, 4), 5), 0.75,
            because=_SUMS,
        ),
    ),
    *CODEC.make_cases(
        CaseSpec(
            "more rows", lambda rng: codec_args(rng, 5, 8, (1, 30)), 0.75,
            because=_SUMS,
        ),
        CaseSpec(
            "while it is trained", lambda rng: codec_args(rng, 3, 6, (3, 20)), 0.75,
            because=_SUMS, mode=Applied(training=True),
        ),
    ),
)  # fmt: skip
