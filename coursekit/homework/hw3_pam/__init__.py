"""Homework 3: what the ear cannot hear, and losses that know it.

The parts, the visible cases and the misconceptions of the third homework, and the
recordings that each student compares. Conventions are those of
`coursekit.psychoacoustics`: levels in dB SPL through one calibration, which signal,
error and mask share; Layer I's frames of 512 samples, 257 lines.

Lectures 10, 11 and 12; slides "Perceptual Nature of Audio".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit import data, fourier, psychoacoustics
from coursekit.homework.checks.cases import (
    Args,
    Case,
    Gradient,
    Homework,
    Misconception,
    Part,
    Tensors,
    student_rng,
)
from coursekit.homework.checks.checker import ANYONE, Checker
from coursekit.psychoacoustics import FULL_SCALE_DB, frames_of, mask_of, pam1
from coursekit.psychoacoustics.tables import (
    noise_offset,
    spreading,
    tables_for,
    tonal_offset,
)

Rng = np.random.Generator
Numbers = np.ndarray
Pair = tuple[Numbers, Numbers]

NAME = "hw3_pam"

PARTS = (
    Part("threshold_in_quiet", 3, "10_perception"),
    Part("bark", 2, "10_perception"),
    Part("psd", 4, "11_pam1"),
    Part("tonal_maskers", 5, "11_pam1", results=("lines", "levels")),
    Part("spreading", 4, "11_pam1"),
    Part("masker_threshold", 3, "11_pam1"),
    Part("global_threshold", 2, "11_pam1"),
    Part("priority_weights", 2, "12_perceptual_loss"),
    Part("priority_loss", 2, "12_perceptual_loss"),
    Part("noise_modulation_loss", 3, "12_perceptual_loss"),
)

_ASKED_FOR = {
    "hearing": ("hearing_threshold", "bark", "psd", "line_power"),
    "tables": (
        *("spreading", "spreading_lines", "tonal_offset", "noise_offset"),
        "tables_for",
    ),
    "pam1": (
        *("analyse", "tonal_maskers", "individual_thresholds", "masker_threshold"),
        "global_threshold",
    ),
    "batched": ("masking_threshold", "threshold_of_psd", "spreader"),
    "losses": (
        *("priority_weights", "priority_loss", "noise_to_mask"),
        *("noise_modulation_loss", "log_noise_modulation_loss"),
    ),
    "audibility": ("nmr", "nmr_bands"),
}

FORBIDDEN = (
    *(
        f"coursekit.psychoacoustics.{module}.{name}"
        for module, names in _ASKED_FOR.items()
        for name in names
    ),
    *(
        f"coursekit.homework.hw3_pam.{name}"
        for name in ("tonal_maskers", "masker_threshold")
    ),
)
"""What the homework asks to write: functions by module and name."""


# --- what the students are given ----------------------------------------------------

RATE = 16000
"""Samples per second of the recordings."""

FRAME = 512
"""Samples in a frame: Layer I."""

LOUDEST_SINE_DB = 96.0
"""dB SPL of a sine of amplitude 1, whose line has the magnitude 1 in `magnitudes`."""


def magnitudes(x: Tensor) -> Tensor:
    r"""Return the magnitudes of the lines of sounds, with gradients.

    Parameters
    ----------
    x
        ``(..., time)``, full scale ±1.

    Returns
    -------
    magnitudes
        ``(..., T, 257)``: frames of 512 samples, 256 apart, under the standard's
        window. The loudest sine reads 1, so that
        :math:`20 \log_{10} x_f + 96` is the level of a line in dB SPL.

    Examples
    --------
    >>> t = torch.arange(2048, dtype=torch.float64)
    >>> x = magnitudes(torch.sin(2 * torch.pi * 32 * t / 512))
    >>> x.shape, round(x[4, 32].item(), 6)
    (torch.Size([9, 257]), 1.0)
    """
    frames = frames_of(x)
    h = torch.as_tensor(psychoacoustics.analysis_window(FRAME), dtype=x.dtype)
    lines = torch.fft.rfft(h * frames) / FRAME
    power = lines.real**2 + lines.imag**2
    heard = power > 1e-24  # the root of 0 has no slope
    root = torch.where(heard, torch.where(heard, power, 1).sqrt(), 0)
    return root * 10 ** ((FULL_SCALE_DB - LOUDEST_SINE_DB) / 20)


@dataclass(frozen=True)
class Recordings:
    """A voice, and three ways to spoil it, made for one student.

    Parameters
    ----------
    s
        float64 ``(samples,)`` in [-1, 1]: the voice.
    hiss, hidden, whistle
        The voice with white noise, with noise of the shape of its mask, and with a
        quiet tone of 7 kHz.
    rate
        Samples per second.
    """

    s: Numbers
    hiss: Numbers
    hidden: Numbers
    whistle: Numbers
    rate: int

    @property
    def versions(self) -> dict[str, Numbers]:
        """The spoilt versions by name."""
        return {name: getattr(self, name) for name in ("hiss", "hidden", "whistle")}


SNR_HISS, SNR_HIDDEN, SNR_WHISTLE = 20.14, 18.30, 30.0
"""In dB. The first two are the slide's: the better-sounding version has less."""

WHISTLE_HZ = 7000.0


def my_recordings(student: str = ANYONE) -> Recordings:
    """Return the student's voice and its spoilt versions.

    Parameters
    ----------
    student
        The name; each gets another voice or another excerpt.

    Examples
    --------
    >>> mine = my_recordings("Ada")
    >>> mine.s.shape, mine.rate
    ((48000,), 16000)
    >>> from coursekit.metrics import snr
    >>> [round(snr(mine.s, version), 2) for version in mine.versions.values()]
    [20.14, 18.3, 30.0]
    """
    rng = student_rng(NAME, student or ANYONE, "my_recordings")
    s = _voice(rng, 3.0)
    white = rng.standard_normal(s.size)
    hiss = s + _at_snr(s, white, SNR_HISS)
    hidden = s + _at_snr(s, _shaped(s, white), SNR_HIDDEN)
    tone = np.sin(2 * np.pi * WHISTLE_HZ * np.arange(s.size) / RATE)
    whistle = s + _at_snr(s, tone, SNR_WHISTLE)
    return Recordings(s, hiss, hidden, whistle, RATE)


def _voice(rng: Rng, seconds: float) -> Numbers:
    """Return an excerpt of the pack's speech, its loudest sample at 0.5."""
    length = round(seconds * RATE)
    long = [clip for clip in data.clips("speech") if clip.seconds >= seconds]
    sound = long[rng.integers(len(long))].audio(RATE)
    start = int(rng.integers(max(1, len(sound) - length)))
    x = sound[start : start + length]
    return 0.5 * x / max(float(np.abs(x).max()), 1e-6)


def _at_snr(s: Numbers, noise: Numbers, snr: float) -> Numbers:
    gain = np.sqrt(np.mean(s**2) / np.mean(noise**2)) * 10 ** (-snr / 20)
    return gain * noise


def _shaped(s: Numbers, white: Numbers) -> Numbers:
    """Return noise whose spectrum follows the mask of `s`, frame by frame."""
    mask = mask_of(torch.from_numpy(s), RATE).numpy()
    hop = FRAME // 2
    N = fourier.stft(white, FRAME, hop)
    level = np.minimum(mask, 60).T  # what masks at 0 Hz would be felt, not heard
    return fourier.istft(N * 10 ** (level / 20), FRAME, hop, length=s.size)


# --- the right answers --------------------------------------------------------------
#
# They are the package's own functions, in the form that the homework asks for.


def tonal_maskers(X: Numbers) -> Pair:
    """Return lines and levels of the tonal maskers of a spectrum, as in Layer I.

    Parameters
    ----------
    X
        ``(257,)`` in dB SPL.

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

    Examples
    --------
    >>> z = 8.5105 + np.array([0, 1, -1, 3])
    >>> masker_threshold(80.0, 8.5105, z, "tonal").round(2).tolist()
    [71.63, 54.63, 33.63, 44.63]
    """
    offset = {"tonal": tonal_offset, "noise": noise_offset}[kind](z_masker)
    return level + offset + spreading(z - z_masker, level)


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


def _levels(rng: Rng) -> Args:
    p = np.array([60.0, 40.0, 20.0]) + float(rng.integers(-9, 10))
    return p, np.array([40.0, 40.0, 40.0])


def sounds(rng: Rng, shape: tuple[int, ...] = (2, 1), time: int = 1024) -> Pair:
    """Return sounds and versions with an error that is heard in places.

    Parameters
    ----------
    rng
        Draws them.
    shape
        Of the batch and the channels.
    time
        Samples in each.
    """
    t = np.arange(time) / RATE
    hz = rng.uniform(300, 3000, (*shape, 3))
    s = 0.1 * np.sin(2 * np.pi * hz[..., None] * t).sum(-2)
    s += 0.003 * rng.standard_normal((*shape, time))
    burst = np.where(np.arange(time) < time // 2, 1e-5, 3e-3)
    return s, s + burst * rng.standard_normal((*shape, time))


def _sounds(rng: Rng) -> Args:
    return *sounds(rng), RATE


VISIBLE = (
    Case(
        "threshold_in_quiet", "a few frequencies", _anchors,
        psychoacoustics.hearing_threshold, 0.5,
        "The formula takes kHz, your function takes Hz.",
    ),
    Case(
        "threshold_in_quiet", "0 Hz and the highest ones", _ends,
        psychoacoustics.hearing_threshold, 1,
        "Nowhere more than 68 dB: take the smaller of the two.",
    ),
    Case(
        "bark", "a few frequencies", _anchors, psychoacoustics.bark, 1,
        "The square belongs inside the second arctangent; here f is in Hz.",
    ),
    Case(
        "psd", "a tone in noise", _noisy_frame, psychoacoustics.psd, 1,
        "Window, transform, 1/N, the square of the magnitude, decibels, calibration.",
        atol=1e-6,
    ),
    Case(
        "psd", "digital silence", _silence, psychoacoustics.psd, 0.5,
        "The logarithm of no power is minus infinity: take 10 log10 of at least 1e-20.",
        atol=1e-6,
    ),
    Case(
        "tonal_maskers", "one of each kind of peak", each_kind, tonal_maskers, 1,
        "Go through the rule for each peak, with the zone that its line is in.",
    ),
    Case(
        "tonal_maskers", "clear tones", clear_tones, tonal_maskers, 1,
        "The level is the power of three lines: decibels only after the sum.",
    ),
    Case(
        "spreading", "the corners", _corners, spreading, 1,
        "From -3 on and up to, but without, 8 Bark; minus infinity elsewhere.",
    ),
    Case(
        "spreading", "distances of your own", _distances, spreading, 0.5,
        "dz is above 0 where the masker lies lower than the place it masks.",
    ),
    Case(
        "masker_threshold", "a tone", _masker("tonal"), masker_threshold, 0.5,
        "The offset depends on where the masker is, the spreading on z - z_masker.",
    ),
    Case(
        "masker_threshold", "a noise", _masker("noise"), masker_threshold, 0.5,
        "A noise masks more than a tone of its level.",
    ),
    Case(
        "global_threshold", "two alike", _two_alike, pam1.global_threshold, 0.5,
        "Two equal powers are 3 dB more than one.",
    ),
    Case(
        "global_threshold", "several maskers", _several, pam1.global_threshold, 0.5,
        "One masker is one row: add the powers of each column, and those of quiet.",
    ),
    Case(
        "priority_weights", "above, at and below the mask", _levels,
        psychoacoustics.priority_weights, 1,
        "A line at the mask weighs log10(2), about 0.3.",
        way=Tensors(),
    ),
    Case(
        "priority_loss", "its value", _sounds, psychoacoustics.priority_loss, 0.5,
        "Sum over the lines, then the mean over all frames; w comes from s alone.",
        rtol=1e-6, atol=1e-16, way=Tensors(),
    ),
    Case(
        "priority_loss", "its gradient", _sounds, psychoacoustics.priority_loss, 0.5,
        "No .item(), .numpy() or float() on the way from s_hat to the loss.",
        rtol=1e-5, atol=1e-13, way=Gradient(of=1),
    ),
    Case(
        "noise_modulation_loss", "its value", _sounds,
        psychoacoustics.noise_modulation_loss, 0.5,
        "Both in dB SPL, or both as powers, with the same 96 dB in them.",
        way=Tensors(),
    ),
    Case(
        "noise_modulation_loss", "its gradient", _sounds,
        psychoacoustics.noise_modulation_loss, 0.5,
        "The maximum over the lines of each frame; the gradient is that of one line.",
        rtol=1e-6, way=Gradient(of=1),
    ),
)  # fmt: skip


# --- misconceptions -------------------------------------------------------------
#
# A wrong spreading makes a wrong threshold, and wrong weights make a wrong loss, so
# these are written once and applied to each part.


def _quiet(k: Numbers, power: float = -0.8, dip: float = 6.5) -> Numbers:
    """Return the threshold in quiet of k kHz, without its cap."""
    with np.errstate(divide="ignore"):
        return 3.64 * k**power - dip * np.exp(-0.6 * (k - 3.3) ** 2) + 1e-3 * k**4


def _quiet_without_square(k: Numbers) -> Numbers:
    with np.errstate(divide="ignore"):
        return 3.64 * k**-0.8 - 6.5 * np.exp(-0.6 * (k - 3.3)) + 1e-3 * k**4


_WRONG_QUIETS: dict[str, tuple[str, Callable[[Numbers], Numbers]]] = {
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

_WRONG_BARKS: dict[str, tuple[str, Callable[[Numbers], Numbers]]] = {
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


_WRONG_PSDS: dict[str, tuple[str, Callable[[Numbers], Numbers]]] = {
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


_WRONG_TONES: dict[str, tuple[str, Callable[[Numbers], Pair]]] = {
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


_WRONG_SPREADINGS: dict[str, tuple[str, Callable[[Numbers, float], Numbers]]] = {
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


_WRONG_MASKERS: dict[str, tuple[str, Callable[..., Numbers]]] = {
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


_WRONG_SUMS: dict[str, tuple[str, Callable[..., Numbers]]] = {
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


# --- weights and losses ---------------------------------------------------------------


@lru_cache(maxsize=32)
def _mask_once(samples: bytes, shape: tuple[int, ...], rate: int) -> Tensor:
    """Return the mask of the same sounds, made only once for all misconceptions."""
    s = torch.frombuffer(bytearray(samples), dtype=torch.float64)
    return mask_of(s.reshape(shape), rate)


def _mask(s: Tensor, rate: int) -> Tensor:
    samples = s.detach().double().numpy().tobytes()
    return _mask_once(samples, tuple(s.shape), rate)


_WRONG_WEIGHTS: dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "natural-log": (
        "with the natural logarithm: the slide has log10",
        lambda p, m: (10 ** ((p - m) / 10)).log1p(),
    ),
    "one-outside": (
        "with the 1 outside of the logarithm, where it makes masked lines weigh "
        "less than nothing",
        lambda p, m: (p - m) / 10 + 1,
    ),
    "one-lost": (
        "without the 1 inside the logarithm: masked lines weigh less than nothing",
        lambda p, m: (p - m) / 10,
    ),
    "amplitude-for-power": (
        "with 0.05 for 0.1: p and m are levels of powers",
        lambda p, m: psychoacoustics.priority_weights(p / 2, m / 2),
    ),
    "upside-down": (
        "with signal and mask swapped, so that what is masked weighs most",
        lambda p, m: psychoacoustics.priority_weights(m, p),
    ),
    "ratio-of-decibels": (
        "of the ratio of the decibels: turn them into powers first",
        lambda p, m: (p / m + 1).log10(),
    ),
}


def _spl(x: Tensor, offset: float = LOUDEST_SINE_DB) -> Tensor:
    return 20 * x.clamp(min=1e-12).log10() + offset


def _lines(s: Tensor, s_hat: Tensor) -> tuple[Tensor, Tensor]:
    return magnitudes(s), magnitudes(s_hat)


def _weighted(
    s: Tensor, s_hat: Tensor, w: Tensor, error: Callable[..., Tensor]
) -> Tensor:
    return (w * error(*_lines(s, s_hat))).sum(-1).mean()


def _square(x: Tensor, x_hat: Tensor) -> Tensor:
    return (x - x_hat) ** 2


def _right_weights(s: Tensor, rate: int) -> Tensor:
    p = _spl(magnitudes(s))
    return psychoacoustics.priority_weights(p, _mask(s, rate)).detach()


def _loss_with(weights: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    def loss(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
        w = weights(_spl(magnitudes(s)), _mask(s, rate)).detach()
        return _weighted(s, s_hat, w, _square)

    return loss


def _uncalibrated(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    p = _spl(magnitudes(s), 0.0)
    w = psychoacoustics.priority_weights(p, _mask(s, rate))
    return _weighted(s, s_hat, w, _square)


def _of_the_estimate(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    return _weighted(s, s_hat, _right_weights(s_hat, rate), _square)


def _cut(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def detached(*args: Any) -> Tensor:
        return loss(*args).detach()

    return detached


_WRONG_PRIORITIES: dict[str, tuple[str, Callable[..., Tensor]]] = {
    "gradient-cut": (
        "the gradient is cut off: no .item(), .numpy(), .detach() or no_grad on the "
        "way from s_hat to the loss",
        _cut(psychoacoustics.priority_loss),
    ),
    "mean-over-lines": (
        "the mean was taken over the lines: add up their weighted errors, and take the "
        "mean over the frames",
        lambda s, t, rate: psychoacoustics.priority_loss(s, t, rate) / 257,
    ),
    "sum-over-frames": (
        "all frames were added up, so that the loss grows with the length: take their "
        "mean",
        lambda s, t, rate: (
            psychoacoustics.priority_loss(s, t, rate) * magnitudes(s)[..., 0].numel()
        ),
    ),
    "absolute-error": (
        "these are absolute errors: the slide squares them",
        lambda s, t, rate: _weighted(
            s, t, _right_weights(s, rate), lambda x, y: (x - y).abs()
        ),
    ),
    "weights-squared": (
        "the weights are squared with the error: they stand outside of the square",
        lambda s, t, rate: _weighted(s, t, _right_weights(s, rate) ** 2, _square),
    ),
    "weights-of-the-estimate": (
        "p and mask are those of s_hat: what matters is what s hides",
        _of_the_estimate,
    ),
    "uncalibrated-signal": (
        "the signal's level lacks the 96 dB that the mask has: both need the same "
        "calibration",
        _uncalibrated,
    ),
    "no-weights": (
        "the errors are not weighted",
        lambda s, t, rate: _square(*_lines(s, t)).sum(-1).mean(),
    ),
}


def _excess(
    s: Tensor, s_hat: Tensor, rate: int, offset: float = LOUDEST_SINE_DB
) -> Tensor:
    """Return n/m - 1 where it is above 0, (..., T, 257)."""
    n = magnitudes(s - s_hat) ** 2 * 10 ** (offset / 10)
    return (n / 10 ** (_mask(s, rate) / 10) - 1).relu()


def _decibel_ratio(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    n, m = _spl(magnitudes(s - s_hat)), _mask(s, rate)
    return (n / m - 1).relu().amax(-1).mean()


def _decibel_difference(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    n, m = _spl(magnitudes(s - s_hat)), _mask(s, rate)
    return (n - m).relu().amax(-1).mean()


def _amplitude_ratio(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    e = magnitudes(s - s_hat) * 10 ** (LOUDEST_SINE_DB / 20)
    return (e / 10 ** (_mask(s, rate) / 20) - 1).relu().amax(-1).mean()


def _error_of_magnitudes(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    x, x_hat = _lines(s, s_hat)
    n = (x - x_hat) ** 2 * 10 ** (LOUDEST_SINE_DB / 10)
    return (n / 10 ** (_mask(s, rate) / 10) - 1).relu().amax(-1).mean()


def _mask_of_the_estimate(s: Tensor, s_hat: Tensor, rate: int) -> Tensor:
    n = magnitudes(s - s_hat) ** 2 * 10 ** (LOUDEST_SINE_DB / 10)
    return (n / 10 ** (_mask(s_hat, rate) / 10) - 1).relu().amax(-1).mean()


_WRONG_MODULATIONS: dict[str, tuple[str, Callable[..., Tensor]]] = {
    "gradient-cut": (
        "the gradient is cut off: no .item(), .numpy(), .detach() or no_grad on the "
        "way from s_hat to the loss",
        _cut(psychoacoustics.noise_modulation_loss),
    ),
    "error-not-calibrated": (
        "the error lacks the 96 dB that the mask has, so that it is always inaudible: "
        "both need the same calibration",
        lambda s, t, rate: _excess(s, t, rate, 0.0).amax(-1).mean(),
    ),
    "calibrated-twice": (
        "the error was given FULL_SCALE_DB: in magnitudes() the loudest sine reads 1 "
        "already, so it is 96 dB",
        lambda s, t, rate: _excess(s, t, rate, FULL_SCALE_DB).amax(-1).mean(),
    ),
    "max-over-frames": (
        "the maximum runs over the frames: it is over the lines of each frame",
        lambda s, t, rate: _excess(s, t, rate).amax(-2).mean(),
    ),
    "max-of-all": (
        "this is the maximum of all frames: one for each frame, then their mean",
        lambda s, t, rate: _excess(s, t, rate).max(),
    ),
    "mean-for-max": (
        "this is the mean over the lines: the worst line counts",
        lambda s, t, rate: _excess(s, t, rate).mean(),
    ),
    "ratio-of-decibels": (
        "this is the ratio of two levels in decibels: n and m are powers",
        _decibel_ratio,
    ),
    "difference-of-decibels": (
        "this is a difference in decibels: the slide has the ratio of powers, less 1",
        _decibel_difference,
    ),
    "amplitude-for-power": (
        "this is the ratio of amplitudes: n and m are powers",
        _amplitude_ratio,
    ),
    "difference-of-magnitudes": (
        "n is the error of the magnitudes: take the spectrum of the error s - s_hat",
        _error_of_magnitudes,
    ),
    "mask-of-the-estimate": (
        "the mask is that of s_hat: a loud error would hide itself",
        _mask_of_the_estimate,
    ),
    "one-kept": (
        "the 1 was not taken off: an error at the mask costs nothing",
        lambda s, t, rate: (_excess(s, t, rate).amax(-1) + 1).mean(),
    ),
}


def _misconceptions() -> Iterator[Misconception]:
    tables: dict[str, dict[str, tuple[str, Callable[..., Any]]]] = {
        "threshold_in_quiet": _WRONG_QUIETS,
        "bark": _WRONG_BARKS,
        "psd": _WRONG_PSDS,
        "tonal_maskers": _WRONG_TONES,
        "masker_threshold": _WRONG_MASKERS,
        "global_threshold": _WRONG_SUMS,
        "priority_loss": _WRONG_PRIORITIES,
        "noise_modulation_loss": _WRONG_MODULATIONS,
    }
    for part, table in tables.items():
        for name, (sentence, wrong) in table.items():
            yield Misconception(part, name, sentence, wrong)
    for name, (how, spread) in _WRONG_SPREADINGS.items():
        yield Misconception("spreading", name, f"this spreading is {how}", spread)
        sentence = f"the spreading in this is {how}"
        yield Misconception("masker_threshold", name, sentence, _threshold_with(spread))
    for name, (how, weights) in _WRONG_WEIGHTS.items():
        sentence = f"these are the weights {how}"
        yield Misconception("priority_weights", name, sentence, weights)
        sentence = f"this is the loss {how}"
        yield Misconception("priority_loss", name, sentence, _loss_with(weights))


HOMEWORK = Homework(
    NAME,
    PARTS,
    VISIBLE,
    tuple(_misconceptions()),
    forbidden=FORBIDDEN,
)

check = Checker(HOMEWORK)
