"""A student's own scene: two talkers, two microphones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coursekit import spatial
from coursekit.homework.checks.checker import ANYONE
from coursekit.homework.own_data import (
    RATE,
    Numbers,
    Rng,
    any_of,
    excerpt,
    loudness,
    own_rng,
    spoken,
)

Place = tuple[float, float]

Triple = tuple[Numbers, Numbers, Numbers]

NAME = "hw2_ild"


# --- a student's own scene ------------------------------------------------------

SECONDS = 4.0
"""How long it lasts."""

LOUDEST = 0.7
"""The largest amplitude that a microphone hears."""


@dataclass(frozen=True)
class Talkers:
    """Two people talking at once, before two microphones.

    Parameters
    ----------
    scene
        Where they stand: ``scene.sources``, ``scene.left``, ``scene.right``, in
        metres. The first talker is the one nearer to the left microphone.
    x
        What the microphones hear, left and right: float64 ``(2, samples)``.
    images
        Each talker alone, as each microphone hears it: ``(2, 2, samples)``.
    rate
        Samples per second.
    caption
        What is heard.
    """

    scene: spatial.Scene
    x: Numbers
    images: Numbers
    rate: int
    caption: str


def draw_scene(rng: Rng) -> spatial.Scene:
    """Return two microphones, and a talker before each of them.

    Parameters
    ----------
    rng
        Draws the places.

    Examples
    --------
    >>> scene = draw_scene(np.random.default_rng(0))
    >>> scene.left, 1.8 <= scene.right[0] <= 2.25
    ((0.0, 0.0), True)
    """
    apart = rng.integers(36, 46) / 20
    first, second = rng.integers(-4, 5, 2) / 20
    ahead = rng.integers(16, 26, 2) / 20
    sources = [(first, ahead[0]), (round(apart + second, 2), ahead[1])]
    return spatial.Scene(sources, left=(0.0, 0.0), right=(apart, 0.0))


def two_voices(rng: Rng, seconds: float) -> tuple[Numbers, tuple[str, str]]:
    """Return excerpts of two different speakers, and their names.

    Parameters
    ----------
    rng
        Chooses them.
    seconds
        How long.

    Returns
    -------
    voices
        ``(2, samples)``, each at an RMS of 1.
    names
        Of the speakers in the pack.

    Examples
    --------
    >>> voices, names = two_voices(np.random.default_rng(0), 0.5)
    >>> voices.shape, names[0] == names[1]
    ((2, 8000), False)
    """
    long = spoken(seconds)
    who = sorted({clip.speaker for clip in long})
    first, second = rng.choice(len(who), 2, replace=False)
    names = who[first], who[second]
    found = []
    for name in names:
        theirs = [clip for clip in long if clip.speaker == name]
        x = excerpt(rng, any_of(rng, theirs), seconds)
        found.append(x / loudness(x))
    return np.stack(found), names


def my_scene(student: str = ANYONE) -> Talkers:
    """Return the student's own scene: two talkers of the pack, in places of their own.

    Parameters
    ----------
    student
        The name; each gets other people, in other places.

    Examples
    --------
    >>> mine = my_scene("Ada")
    >>> mine.x.shape, mine.images.shape, mine.rate
    ((2, 64000), (2, 2, 64000), 16000)
    >>> first, second = mine.scene.sources
    >>> first[0] < second[0]
    True
    """
    scene = draw_scene(own_rng(NAME, student, "expected_ild/your first talker"))
    voices, names = two_voices(own_rng(NAME, student, "my_scene"), SECONDS)
    # Both equally loud, all in all: the nearer one speaks more softly.
    near = np.sqrt(np.sum(1 / scene.distances() ** 2, axis=1, keepdims=True))
    heard = scene.render(voices / near, RATE)
    loudest = LOUDEST / np.abs(heard.mixture).max()
    caption = f"two people talking at once ({names[0]} on the left, {names[1]})"
    x, images = loudest * heard.mixture, loudest * heard.images
    return Talkers(scene, x, images, RATE, caption)
