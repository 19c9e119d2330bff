"""Hidden cases of homework 4; they never leave the instructors' side.

The right answers are those of `coursekit.coding`, in the form that
`coursekit.homework.hw4_models` gives them. The weights that a student's modules are
loaded with are drawn here, for each submission anew.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit.coding import SoftToHard, soft_assignment
from coursekit.coding.autoencoder import SubPixelUp
from coursekit.homework.checks.calls import Applied, Args, Gradient, Tensors
from coursekit.homework.checks.cases import (
    Case,
)
from coursekit.homework.hw4_models.codec import (
    Codec,
    assignments,
    centroids_of,
    codec_args,
    entropy,
    quantise,
    quantiser_args,
    sub_pixel_args,
    unused,
    values,
    weighted,
)

CANARY = "canary-swift-in-the-turbine-8123"
"""Stands here and in each solution of the notebooks; must turn up nowhere else."""

_SUMS = "sums of a few dozen products in float64"

Rng = np.random.Generator


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
    Case(
        "soft_assignment", "another batch", _a_batch, soft_assignment, 1,
        because=_SUMS, mode=Tensors(),
    ),
    Case(
        "soft_assignment", "one value", _one_value, soft_assignment, 0.5,
        because=_SUMS, mode=Tensors(),
    ),
    Case(
        "soft_assignment", "very sharp", _sharp, soft_assignment, 0.5, because=_SUMS,
        mode=Tensors(),
    ),
    Case(
        "quantise", "the values of a batch", _a_batch, quantise, 0.5, because=_SUMS,
        mode=Tensors(),
    ),
    Case(
        "quantise", "the gradient of a batch", lambda rng: weighted(rng, 2, 3, 4),
        quantise, 1, because=_SUMS, mode=Gradient(of=0, weighted=True),
    ),
    Case(
        "quantise", "the gradient of the centroids", lambda rng: weighted(rng, 12),
        quantise, 0.5, because=_SUMS, mode=Gradient(of=1, weighted=True),
    ),
    Case(
        "entropy", "a batch", lambda rng: (assignments(rng, 2, 3, 5, 6),), entropy,
        0.5, because=_SUMS, mode=Tensors(),
    ),
    Case(
        "entropy", "other symbols that nobody uses", unused, entropy, 0.5,
        because="what stands for 0 below 1e-12 costs less than 1e-9 bits",
        atol=1e-8, mode=Tensors(),
    ),
    Case(
        "entropy", "the gradient of a batch",
        lambda rng: (assignments(rng, 3, 2, 4, 5),), entropy, 0.5, because=_SUMS,
        mode=Gradient(),
    ),
    Case(
        "learnt_quantiser", "more centroids", _shaped(9, 3, 2, 5), SoftToHard, 0.75,
        because=_SUMS, mode=Applied(),
    ),
    Case(
        "learnt_quantiser", "while it is trained", _shaped(5, 2, 7), SoftToHard, 0.75,
        because=_SUMS, mode=Applied(training=True),
    ),
    Case(
        "sub_pixel", "three times as long",
        lambda rng: sub_pixel_args(rng, (4, 2, 3), 7), SubPixelUp, 0.75,
        because=_SUMS, mode=Applied(),
    ),
    Case(
        "sub_pixel", "four times as long",
        lambda rng: sub_pixel_args(rng, (2, 3, 4), 5), SubPixelUp, 0.75,
        because=_SUMS, mode=Applied(),
    ),
    Case(
        "codec", "more rows", lambda rng: codec_args(rng, 5, 8, (1, 30)), Codec, 0.75,
        because=_SUMS, mode=Applied(),
    ),
    Case(
        "codec", "while it is trained", lambda rng: codec_args(rng, 3, 6, (3, 20)),
        Codec, 0.75, because=_SUMS, mode=Applied(training=True),
    ),
)  # fmt: skip
