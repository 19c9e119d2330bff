"""Homework 3: what the ear cannot hear, and losses that know it.

The parts, the visible cases and the misconceptions of the third homework, and the
recordings that each student compares. Conventions are those of
`coursekit.psychoacoustics`: levels in dB SPL through one calibration, which signal,
error and mask share; Layer I's frames of 512 samples, 257 lines.

Lectures 10, 11 and 12; slides "Perceptual Nature of Audio".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from coursekit import psychoacoustics
from coursekit.homework.checks.calls import Gradient, Tensors
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    Misconception,
    Part,
)
from coursekit.homework.checks.checker import Checker
from coursekit.homework.hw3_pam.hearing import (
    _WRONG_BARKS,
    _WRONG_PSDS,
    _WRONG_QUIETS,
    _anchors,
    _ends,
    _noisy_frame,
    _silence,
)
from coursekit.homework.hw3_pam.losses import (
    _WRONG_MODULATIONS,
    _WRONG_PRIORITIES,
    _WRONG_WEIGHTS,
    _levels,
    _loss_with,
    _sounds,
)
from coursekit.homework.hw3_pam.maskers import (
    _WRONG_MASKERS,
    _WRONG_SPREADINGS,
    _WRONG_SUMS,
    _WRONG_TONES,
    _corners,
    _distances,
    _masker,
    _several,
    _threshold_with,
    _two_alike,
    clear_tones,
    each_kind,
    masker_threshold,
    tonal_maskers,
)
from coursekit.homework.hw3_pam.recordings import (
    NAME,
    magnitudes,
    my_recordings,
)
from coursekit.psychoacoustics import pam1
from coursekit.psychoacoustics.tables import (
    spreading,
)

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
        f"coursekit.homework.hw3_pam.maskers.{name}"
        for name in ("tonal_maskers", "masker_threshold")
    ),
)
"""What the homework asks to write: functions by module and name."""

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
        mode=Tensors(),
    ),
    Case(
        "priority_loss", "its value", _sounds, psychoacoustics.priority_loss, 0.5,
        "Sum over the lines, then the mean over all frames; w comes from s alone.",
        rtol=1e-6, atol=1e-16, mode=Tensors(),
    ),
    Case(
        "priority_loss", "its gradient", _sounds, psychoacoustics.priority_loss, 0.5,
        "No .item(), .numpy() or float() on the way from s_hat to the loss.",
        rtol=1e-5, atol=1e-13, mode=Gradient(of=1),
    ),
    Case(
        "noise_modulation_loss", "its value", _sounds,
        psychoacoustics.noise_modulation_loss, 0.5,
        "Both in dB SPL, or both as powers, with the same 96 dB in them.",
        mode=Tensors(),
    ),
    Case(
        "noise_modulation_loss", "its gradient", _sounds,
        psychoacoustics.noise_modulation_loss, 0.5,
        "The maximum over the lines of each frame; the gradient is that of one line.",
        rtol=1e-6, mode=Gradient(of=1),
    ),
)  # fmt: skip


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

__all__ = ["HOMEWORK", "check", "magnitudes", "my_recordings"]
