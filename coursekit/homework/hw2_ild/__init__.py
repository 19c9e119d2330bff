r"""Homework 2: two talkers, two microphones, and who is where, by hand.

`levels`, `clustering`, `masking` and `field` hold the exercises, `scene` what each
student gets to take apart. Conventions are those of `coursekit.spatial`: level
differences are right over left, in decibels of amplitude; samples in rows, talkers in
columns; fields ``(K, bins, frames)`` with closed borders.

Lectures 07 and 08; slides "ML/NN for Speech Enhancement", geometry to multiple
sources.
"""

from coursekit.homework.checks.checker import Checker
from coursekit.homework.checks.exercise import homework_of
from coursekit.homework.hw2_ild import clustering, field, levels, masking
from coursekit.homework.hw2_ild.scene import NAME, my_scene

__all__ = ["HOMEWORK", "check", "my_scene"]

HOMEWORK = homework_of(
    NAME,
    *levels.EXERCISES,
    *clustering.EXERCISES,
    *masking.EXERCISES,
    *field.EXERCISES,
)

check = Checker(HOMEWORK)
