"""The transform as two matrices, forward and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit import fourier
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes, built_on
from coursekit.homework.own_data import Numbers, Pair, Rng, few_numbers


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
    return (few_numbers(rng, int(rng.integers(7, 10))),)


def _impulse_spectrum(rng: Rng) -> Args:
    return fourier.dft(_late_impulse(rng)[0])


def _own_spectrum(rng: Rng) -> Args:
    return fourier.dft(_own_numbers(rng)[0])


# --- misconceptions -------------------------------------------------------------
#
# Wrong matrices are wrong in all that is computed from them, and so are wrong scales:
# they are written once, as functions of n, and applied to each part.


def _at(angle: Numbers) -> Pair:
    return np.cos(angle), np.sin(angle)


def _products(n: int, first: int = 0) -> Numbers:
    t = np.arange(first, n + first)
    return np.outer(t, t)


WRONG_MATRICES: Mistakes = {
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

SCALES: Mistakes = {
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


def _dft_with(matrices: Callable[[int], Pair]) -> Callable[[Numbers], Pair]:
    """Return a transform by other matrices."""

    def forward(x: Numbers) -> Pair:
        C, S = matrices(len(x))
        return C @ x, S @ x

    return forward


def _idft_with(matrices: Callable[[int], Pair]) -> Callable[..., Numbers]:
    """Return an inverse by other matrices."""

    def back(X_r: Numbers, X_i: Numbers) -> Numbers:
        C, S = matrices(len(X_r))
        return (C @ X_r + S @ X_i) / len(X_r)

    return back


def _matrices_times(scale: Callable[[int], float]) -> Callable[[int], Pair]:
    """Return the right matrices, scaled."""

    def matrices(n: int) -> Pair:
        C, S = fourier.dft_matrix(n)
        return C * scale(n), S * scale(n)

    return matrices


def _dft_times(scale: Callable[[int], float]) -> Callable[[Numbers], Pair]:
    """Return the right transform, scaled."""

    def forward(x: Numbers) -> Pair:
        X_r, X_i = fourier.dft(x)
        return X_r * scale(len(x)), X_i * scale(len(x))

    return forward


_OTHER_MATRICES: Mistakes = {
    "only-half-the-rows": (
        "these are the rows up to n/2: right for real sounds, but the matrices are "
        "square, n by n",
        _half_matrix,
    ),
    "one-complex-result": (
        "this is one complex matrix: the lecture keeps C and S, two real ones",
        lambda n: fourier.dft_matrix(n)[0] - 1j * fourier.dft_matrix(n)[1],
    ),
}

_OTHER_DFTS: Mistakes = {
    "only-half-the-bins": (
        "these are the bins up to N/2: all N are asked for here",
        _half_spectrum,
    ),
    "magnitude-and-phase": (
        "these are magnitude and phase: asked for are X_r and X_i themselves",
        _polar,
    ),
    "one-complex-result": (
        "this is one complex spectrum, X_r - j X_i: return the pair X_r, X_i",
        np.fft.fft,
    ),
}

_OTHER_INVERSES: Mistakes = {
    "missing-one-over-n": (
        "this is the inverse without 1/N: each sample is N times too large",
        lambda X_r, X_i: fourier.idft(X_r, X_i) * len(X_r),
    ),
    "orthonormal": (
        "this is the inverse with 1/√N: the forward transform is unscaled, so the "
        "inverse needs all of 1/N",
        lambda X_r, X_i: fourier.idft(X_r, X_i) * np.sqrt(len(X_r)),
    ),
    "cosines-only": (
        "these are the cosines alone: the sines, weighted with X_i, are missing",
        lambda X_r, X_i: fourier.idft(X_r, 0 * X_i),
    ),
    "complex-result": (
        "this is right, but complex: the sound is real, so return real numbers",
        lambda X_r, X_i: fourier.idft(X_r, X_i).astype(complex),
    ),
}


# --- exercises ------------------------------------------------------------------

DFT_MATRIX = Exercise(
    "dft_matrix", 4, "01_dft", fourier.dft_matrix, results=("C", "S"),
    visible=(
        CaseSpec(
            "four samples", _four, 0.5,
            "Row f, column t: cos(2π f t / n); all entries for n = 4 are 0, 1 or -1.",
        ),
        CaseSpec(
            "a size of your own", _own_size, 1,
            "np.outer(f, t) makes all the products f t at once.",
        ),
    ),
    mistakes=(
        built_on(WRONG_MATRICES, "these are the waves {}"),
        built_on(SCALES, "these are the waves {}", _matrices_times),
        _OTHER_MATRICES,
    ),
)  # fmt: skip

DFT = Exercise(
    "dft", 5, "01_dft", fourier.dft, results=("X_r", "X_i"),
    visible=(
        CaseSpec(
            "a constant", _constant, 0.5,
            "A constant has only the frequency 0: its sum stands in X_r[0].",
        ),
        CaseSpec(
            "a late impulse", _late_impulse, 0.5,
            "A single sample at t picks out column t of each matrix.",
        ),
        CaseSpec(
            "numbers of your own", _own_numbers, 1,
            "Each of the two is one matrix product, C @ x and S @ x.",
        ),
    ),
    mistakes=(
        built_on(WRONG_MATRICES, "this is the DFT {}", _dft_with),
        built_on(SCALES, "this is the DFT {}", _dft_times),
        _OTHER_DFTS,
    ),
    forbidden=(
        "numpy.fft", "scipy.fft", "scipy.fftpack", "scipy.linalg.dft", "torch.fft",
    ),
)  # fmt: skip

IDFT = Exercise(
    "idft", 4, "01_dft", fourier.idft,
    visible=(
        CaseSpec(
            "an impulse comes back", _impulse_spectrum, 0.5,
            "Add the cosines weighted with X_r and the sines weighted with X_i.",
        ),
        CaseSpec(
            "your numbers come back", _own_spectrum, 1,
            "The waves' energy is N: that is where 1/N comes from.",
        ),
    ),
    mistakes=(
        built_on(WRONG_MATRICES, "this is the inverse {}", _idft_with),
        _OTHER_INVERSES,
    ),
)  # fmt: skip

EXERCISES = (DFT_MATRIX, DFT, IDFT)
