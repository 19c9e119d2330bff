"""The transform as two matrices, forward and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit import fourier
from coursekit.homework.checks.calls import Args

Rng = np.random.Generator

Numbers = np.ndarray

Pair = tuple[Numbers, Numbers]


def _few(rng: Rng, n: int) -> Numbers:
    """Return whole numbers, so that expected and got are easy to read."""
    x = rng.integers(1, 10, n) * rng.choice([-1, 1], n)
    return x.astype(float)


def _four(rng: Rng) -> Args:
    return (4,)


def _own_size(rng: Rng) -> Args:
    return (int(rng.integers(5, 9)),)


def _constant(rng: Rng) -> Args:
    return (np.full(6, float(rng.integers(1, 10))),)


def _late_impulse(rng: Rng) -> Args:
    x = np.zeros(8)
    x[rng.choice([1, 3, 5, 7])] = float(rng.integers(2, 10))
    return (x,)


def _own_numbers(rng: Rng) -> Args:
    return (_few(rng, int(rng.integers(7, 10))),)


def _impulse_spectrum(rng: Rng) -> Args:
    return fourier.dft(_late_impulse(rng)[0])


def _own_spectrum(rng: Rng) -> Args:
    return fourier.dft(_own_numbers(rng)[0])


# --- misconceptions -------------------------------------------------------------
#
# Wrong matrices are wrong in all that is computed from them, so they are written
# once, as functions of n, and applied to each part.


def _at(angle: Numbers) -> Pair:
    return np.cos(angle), np.sin(angle)


def _products(n: int, first: int = 0) -> Numbers:
    t = np.arange(first, n + first)
    return np.outer(t, t)


_WRONG_MATRICES: dict[str, tuple[str, Callable[[int], Pair]]] = {
    "sine-sign-flipped": (
        "with the sine's sign flipped: numpy writes it so, the lecture's has a plus",
        lambda n: _at(-2 * np.pi * _products(n) / n),
    ),
    "missing-two-pi": (
        "without 2π: the cosine counts in radians, not in turns",
        lambda n: _at(_products(n) / n),
    ),
    "half-turns": (
        "with π instead of 2π: each wave turns half as often as it should",
        lambda n: _at(np.pi * _products(n) / n),
    ),
    "degrees-for-radians": (
        "with 360 for a turn: numpy's cosine wants radians, 2π for a turn",
        lambda n: _at(360.0 * _products(n) / n),
    ),
    "n-minus-one": (
        "over N - 1 instead of N: the wave closes one sample too early",
        lambda n: _at(2 * np.pi * _products(n) / (n - 1)),
    ),
    "counted-from-one": (
        "with f and t counted from 1: both begin at 0",
        lambda n: _at(2 * np.pi * _products(n, 1) / n),
    ),
    "sine-and-cosine-swapped": (
        "with sine and cosine swapped: the cosine belongs to X_r",
        lambda n: _at(2 * np.pi * _products(n) / n)[::-1],
    ),
}

_SCALES: dict[str, tuple[str, Callable[[int], float]]] = {
    "scaled-forward": (
        "divided by N: the forward transform is unscaled, 1/N belongs to the inverse",
        lambda n: 1 / n,
    ),
    "orthonormal": (
        "divided by √N: the lecture keeps all of 1/N for the inverse",
        lambda n: 1 / np.sqrt(n),
    ),
}


def _half_matrix(n: int) -> Pair:
    C, S = fourier.dft_matrix(n)
    return C[: n // 2 + 1], S[: n // 2 + 1]


def _half_spectrum(x: Numbers) -> Pair:
    X_r, X_i = fourier.dft(x)
    return X_r[: len(x) // 2 + 1], X_i[: len(x) // 2 + 1]


def _polar(x: Numbers) -> Pair:
    X_r, X_i = fourier.dft(x)
    return np.hypot(X_r, X_i), np.arctan2(X_i, X_r)
