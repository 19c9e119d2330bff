"""Homework 3: what the ear cannot hear, and losses that know it.

`hearing`, `maskers` and `losses` hold the exercises, `recordings` what each student
compares. Conventions are those of `coursekit.psychoacoustics`: levels in dB SPL
through one calibration, which signal, error and mask share; Layer I's frames of 512
samples, 257 lines.

Lectures 10, 11 and 12; slides "Perceptual Nature of Audio".
"""

from coursekit.homework.checks.checker import Checker
from coursekit.homework.checks.exercise import homework_of
from coursekit.homework.hw3_pam import hearing, losses, maskers
from coursekit.homework.hw3_pam.recordings import NAME, magnitudes, my_recordings

__all__ = ["HOMEWORK", "check", "magnitudes", "my_recordings"]

HOMEWORK = homework_of(NAME, *hearing.EXERCISES, *maskers.EXERCISES, *losses.EXERCISES)

check = Checker(HOMEWORK)
