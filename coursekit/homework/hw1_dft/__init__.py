"""Homework 1: the discrete Fourier transform, by hand.

`transform`, `frames` and `resolution` hold the exercises, and what each student gets
to choose a frame length for. Conventions are those of `coursekit.fourier`: unscaled
forward, 1/N backward, the deck's plus sign in X_i, one frame per column.

Lectures 01 and 02; slides "Discrete Fourier Transform" and "Short-Time Fourier
Transform".
"""

from coursekit.homework.checks.checker import Checker
from coursekit.homework.checks.exercise import homework_of
from coursekit.homework.hw1_dft import frames, resolution, transform
from coursekit.homework.hw1_dft.resolution import NAME, my_clicks, my_tones, my_voice

__all__ = ["HOMEWORK", "check", "my_clicks", "my_tones", "my_voice"]

HOMEWORK = homework_of(
    NAME, *transform.EXERCISES, *frames.EXERCISES, *resolution.EXERCISES
)

check = Checker(HOMEWORK)
