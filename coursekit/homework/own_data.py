"""A student's own data: drawn from a seed that is made of the student's name.

What a notebook shows and what its checks ask about is drawn from the same seeds, so
that a student, the student's checks and the grader have the same sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coursekit import audio, data
from coursekit.homework.checks.cases import student_rng
from coursekit.homework.checks.checker import ANYONE

Rng = np.random.Generator
Numbers = np.ndarray
Pair = tuple[Numbers, Numbers]

RATE = 16000
"""Samples per second of all recordings of the homework."""

SILENCE = 1e-6
"""The least loudness that a sound is taken to have, so that it can be divided by."""


@dataclass(frozen=True)
class OwnRecording:
    """A recording made for one student.

    Parameters
    ----------
    x
        float64 ``(samples,)`` in [-1, 1].
    rate
        Samples per second.
    caption
        What is heard.
    """

    x: Numbers
    rate: int
    caption: str


def own_rng(homework: str, student: str, what: str) -> Rng:
    """Return the generator of one student's data that are no secret.

    Parameters
    ----------
    homework
        Its name: ``"hw1_dft"``.
    student
        The name; an empty one stands for everybody's data.
    what
        Name of the recording, or ``"part/case"`` for what that visible case draws.

    Examples
    --------
    >>> ada, again = (own_rng("hw1_dft", name, "a") for name in ("Ada", " ada"))
    >>> ada.random() == again.random()
    True
    """
    return student_rng(homework, student or ANYONE, what)


def few_numbers(rng: Rng, n: int) -> Numbers:
    """Return whole numbers, so that expected and got are easy to read.

    Parameters
    ----------
    rng
        Draws them.
    n
        How many.

    Returns
    -------
    x
        float64 ``(n,)``, each from 1 to 9 or from -9 to -1.

    Examples
    --------
    >>> few_numbers(np.random.default_rng(0), 3)
    array([-8., -6., -5.])
    """
    x = rng.integers(1, 10, n) * rng.choice([-1, 1], n)
    return x.astype(float)


def spoken(seconds: float) -> list[data.Clip]:
    """Return the pack's clips of speech that are long enough.

    Parameters
    ----------
    seconds
        The least that they last.

    Examples
    --------
    >>> all(clip.seconds >= 2 for clip in spoken(2))
    True
    """
    return [clip for clip in data.clips("speech") if clip.seconds >= seconds]


def any_of(rng: Rng, clips: Sequence[data.Clip]) -> Numbers:
    """Return the sound of one of several clips.

    Parameters
    ----------
    rng
        Chooses it.
    clips
        One or more.

    Returns
    -------
    sound
        float64 ``(samples,)`` at `RATE`.

    Examples
    --------
    >>> any_of(np.random.default_rng(0), spoken(2)).ndim
    1
    """
    return clips[int(rng.integers(len(clips)))].audio(RATE)


def excerpt(rng: Rng, sound: Numbers, seconds: float) -> Numbers:
    """Return a piece of a sound, from anywhere in it.

    Parameters
    ----------
    rng
        Chooses where it begins.
    sound
        ``(samples,)`` at `RATE`.
    seconds
        How long the piece is; zeros follow where the sound is shorter.

    Returns
    -------
    x
        ``(round(seconds * RATE),)``.

    Examples
    --------
    >>> excerpt(np.random.default_rng(0), np.ones(40000), 0.5).shape
    (8000,)
    """
    length = round(seconds * RATE)
    start = int(rng.integers(max(1, len(sound) - length)))
    x = sound[start : start + length]
    return np.pad(x, (0, length - len(x)))


def loudness(x: Numbers) -> float:
    """Return the RMS of a sound ``(samples,)``, 1e-6 at least: to divide by it.

    Examples
    --------
    >>> loudness(np.array([3.0, -3.0])), loudness(np.zeros(4))
    (3.0, 1e-06)
    """
    return max(audio.rms(x), SILENCE)


def peak(x: Numbers) -> float:
    """Return the largest magnitude in a sound ``(samples,)``, 1e-6 at least.

    Examples
    --------
    >>> peak(np.array([0.5, -2.0]))
    2.0
    """
    return max(float(np.abs(x).max()), SILENCE)
