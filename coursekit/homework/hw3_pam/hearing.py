"""What the ear hears in quiet, its frequency scale, and levels in dB SPL."""

from __future__ import annotations

import numpy as np

from coursekit import psychoacoustics
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes
from coursekit.homework.hw3_pam.recordings import FRAME, LOUDEST_SINE_DB
from coursekit.homework.own_data import Numbers, Rng
from coursekit.psychoacoustics import FULL_SCALE_DB

# --- visible cases --------------------------------------------------------------


def _anchors(rng: Rng) -> Args:
    """Frequencies of the slides, and one of the student's own."""
    own = float(rng.integers(200, 3000))
    return (np.array([100.0, own, 1000.0, 3300.0, 4000.0, 10000.0]),)


def _ends(rng: Rng) -> Args:
    top = 22050.0 - float(rng.integers(0, 200))
    return (np.array([0.0, 20.0, 16500.0, 18000.0, top]),)


def _noisy_frame(rng: Rng) -> Args:
    n = np.arange(FRAME)
    tone = 0.2 * np.sin(2 * np.pi * float(rng.uniform(20, 90)) * n / FRAME)
    return (tone + 0.01 * rng.standard_normal(FRAME),)


def _silence(rng: Rng) -> Args:
    return (np.zeros(FRAME),)


# --- misconceptions -------------------------------------------------------------


def _quiet(k: Numbers, power: float = -0.8, dip: float = 6.5) -> Numbers:
    """Return the threshold in quiet of k kHz, without its cap."""
    with np.errstate(divide="ignore"):
        return 3.64 * k**power - dip * np.exp(-0.6 * (k - 3.3) ** 2) + 1e-3 * k**4


def _quiet_without_square(k: Numbers) -> Numbers:
    with np.errstate(divide="ignore"):
        return 3.64 * k**-0.8 - 6.5 * np.exp(-0.6 * (k - 3.3)) + 1e-3 * k**4


_WRONG_QUIETS: Mistakes = {
    "no-cap": (
        "this is the formula without its cap: nothing is above 68 dB in the standard, "
        "and 0 Hz would need infinitely many",
        lambda hz: _quiet(hz / 1000),
    ),
    "hz-for-khz": (
        "the formula was given Hz, but it counts in kHz",
        lambda hz: np.minimum(_quiet(hz), 68),
    ),
    "floor-for-cap": (
        "68 dB is used as the least value (np.maximum): it is the largest",
        lambda hz: np.maximum(_quiet(hz / 1000), 68),
    ),
    "exponent-sign-lost": (
        "the first term rises with the frequency: its exponent is -0.8",
        lambda hz: np.minimum(_quiet(hz / 1000, power=0.8), 68),
    ),
    "dip-upside-down": (
        "the second term is added: around 3.3 kHz the ear hears better, not worse",
        lambda hz: np.minimum(_quiet(hz / 1000, dip=-6.5), 68),
    ),
    "square-lost": (
        "(f - 3.3) is not squared in the exponent",
        lambda hz: np.minimum(_quiet_without_square(hz / 1000), 68),
    ),
}

_WRONG_BARKS: Mistakes = {
    "khz-for-hz": (
        "f was divided by 1000: in this formula it is in Hz",
        lambda hz: psychoacoustics.bark(hz / 1000),
    ),
    "square-lost": (
        "f / 7500 is not squared",
        lambda hz: 13 * np.arctan(0.00076 * hz) + 3.5 * np.arctan(hz / 7500),
    ),
    "square-outside": (
        "the arctangent is squared, but the square belongs inside, to f / 7500",
        lambda hz: 13 * np.arctan(0.00076 * hz) + 3.5 * np.arctan(hz / 7500) ** 2,
    ),
    "degrees-for-radians": (
        "the arctangents are in degrees; take them in radians, as numpy gives them",
        lambda hz: np.degrees(psychoacoustics.bark(hz)),
    ),
    "tangent": (
        "this uses the tangent: the formula has its inverse, np.arctan",
        lambda hz: 13 * np.tan(0.00076 * hz) + 3.5 * np.tan((hz / 7500) ** 2),
    ),
}


def _windowed_power(frame: Numbers, h: Numbers) -> Numbers:
    return np.abs(np.fft.rfft(h * frame) / len(frame)) ** 2


def _right_power(frame: Numbers) -> Numbers:
    return _windowed_power(frame, psychoacoustics.analysis_window(len(frame)))


def _decibels(power: Numbers, factor: float = 10.0) -> Numbers:
    return factor * np.log10(np.maximum(power, 1e-20))


def _without_floor(frame: Numbers) -> Numbers:
    with np.errstate(divide="ignore"):
        return 10 * np.log10(_right_power(frame)) + FULL_SCALE_DB


def _frame_by_frame(frame: Numbers) -> Numbers:
    X = _decibels(_right_power(frame))
    return X - X.max() + LOUDEST_SINE_DB


_WRONG_PSDS: Mistakes = {
    "no-floor": (
        "silence is minus infinity: take no power below 1e-20 into the logarithm",
        _without_floor,
    ),
    "amplitude-for-power": (
        "10 log10 of the magnitude is half the decibels: square it first",
        lambda x: _decibels(np.sqrt(_right_power(x))) + FULL_SCALE_DB,
    ),
    "twenty-of-a-power": (
        "20 log10 of a power is twice the decibels: 20 belongs to magnitudes",
        lambda x: _decibels(_right_power(x), 20) + FULL_SCALE_DB,
    ),
    "natural-log": (
        "this is the natural logarithm: decibels are 10 log10",
        lambda x: 10 * np.log(np.maximum(_right_power(x), 1e-20)) + FULL_SCALE_DB,
    ),
    "not-calibrated": (
        "FULL_SCALE_DB is missing: these are decibels, but not dB SPL",
        lambda x: _decibels(_right_power(x)),
    ),
    "calibrated-frame-by-frame": (
        "each frame's peak is set to 96 dB: the offset is the same for all frames, or "
        "the threshold in quiet would move with the music",
        _frame_by_frame,
    ),
    "calibrated-with-96": (
        "96 dB were added: that is the loudest sine, whose line stands 7.78 dB below "
        "full scale under this window; add FULL_SCALE_DB",
        lambda x: _decibels(_right_power(x)) + LOUDEST_SINE_DB,
    ),
    "no-window": (
        "the frame was not windowed",
        lambda x: _decibels(_windowed_power(x, np.ones(len(x)))) + FULL_SCALE_DB,
    ),
    "window-without-its-factor": (
        "the window is Hann's without the factor √(8/3), so all is 4.26 dB too low",
        lambda x: psychoacoustics.psd(x / np.sqrt(8 / 3)),
    ),
    "missing-one-over-n": (
        "the transform was not divided by N",
        lambda x: _decibels(_right_power(x) * len(x) ** 2) + FULL_SCALE_DB,
    ),
}


# --- exercises ------------------------------------------------------------------

THRESHOLD_IN_QUIET = Exercise(
    "threshold_in_quiet", 3, "10_perception", psychoacoustics.hearing_threshold,
    visible=(
        CaseSpec(
            "a few frequencies", _anchors, 0.5,
            "The formula takes kHz, your function takes Hz.",
        ),
        CaseSpec(
            "0 Hz and the highest ones", _ends, 1,
            "Nowhere more than 68 dB: take the smaller of the two.",
        ),
    ),
    mistakes=(_WRONG_QUIETS,),
)  # fmt: skip

BARK = Exercise(
    "bark", 2, "10_perception", psychoacoustics.bark,
    visible=(
        CaseSpec(
            "a few frequencies", _anchors, 1,
            "The square belongs inside the second arctangent; here f is in Hz.",
        ),
    ),
    mistakes=(_WRONG_BARKS,),
)  # fmt: skip

PSD = Exercise(
    "psd", 4, "11_pam1", psychoacoustics.psd,
    visible=(
        CaseSpec(
            "a tone in noise", _noisy_frame, 1,
            "Window, transform, 1/N, the square of the magnitude, decibels, "
            "calibration.",
            atol=1e-6,
        ),
        CaseSpec(
            "digital silence", _silence, 0.5,
            "The logarithm of no power is minus infinity: "
            "take 10 log10 of at least 1e-20.",
            atol=1e-6,
        ),
    ),
    mistakes=(_WRONG_PSDS,),
    forbidden=("coursekit.psychoacoustics.hearing.line_power",),
)  # fmt: skip

EXERCISES = (THRESHOLD_IN_QUIET, BARK, PSD)
