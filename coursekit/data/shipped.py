"""The shipped pack, by four short names; taught in lecture 03."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from coursekit.data.manifest import Clip, Pack


@cache
def _pack() -> Pack:
    return Pack(Path(__file__).parent)


def clips(kind: str | None = None, split: str | None = None) -> tuple[Clip, ...]:
    """Return the shipped clips, in the order of the manifest.

    Lecture 03.

    Parameters
    ----------
    kind
        "speech", "birds", "typing", … (see `kinds`), or None for all.
    split
        "train" or "test", or None for both. No speaker and no source recording
        is on both sides.

    Raises
    ------
    ValueError
        Where there is no such kind or split; the message lists those that exist.

    Examples
    --------
    >>> {clip.kind for clip in clips("speech", split="test")}
    {'speech'}
    """
    return _pack().clips(kind, split)


def clip(name: str) -> Clip:
    """Return the shipped clip called `name`.

    Lecture 03.

    Raises
    ------
    ValueError
        Where there is none; the message names the nearest ones.

    Examples
    --------
    >>> clips("birds")[0] == clip(clips("birds")[0].name)
    True
    """
    return _pack().clip(name)


def kinds() -> tuple[str, ...]:
    """Return the kinds of sound in the pack, sorted.

    Lecture 03.

    Examples
    --------
    >>> "speech" in kinds()
    True
    """
    return _pack().kinds()


def verify() -> None:
    """Check every shipped file against its sha256.

    Lecture 03.

    Raises
    ------
    ValueError
        Where a file is missing or differs; the message lists them and says how to
        get them back.

    Examples
    --------
    >>> verify()
    """
    _pack().verify()
