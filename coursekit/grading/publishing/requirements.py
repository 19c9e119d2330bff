"""What students install: the lecturers' lists of packages without their tools."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BLOCK = re.compile(r"^(?=[A-Za-z0-9])", flags=re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def names_of(requirements: Iterable[str]) -> set[str]:
    """Return the normalised names of requirements.

    Examples
    --------
    >>> sorted(names_of(["pretty_midi>=0.2", "torch==2.13.0"]))
    ['pretty-midi', 'torch']
    """
    return {_normal(_NAME.match(text.strip())[0]) for text in requirements}  # type: ignore[index]


def student_lock(text: str, requirements: Iterable[str]) -> str:
    """Return the pins that `requirements` need, out of a lock that has more.

    Parameters
    ----------
    text
        A lock as uv writes it: each pin names by whom it is needed.
    requirements
        What the package itself asks for.

    Examples
    --------
    >>> lock = "a==1\\n    # via c\\nb==1\\n    # via tool\\nc==1\\ntool==2\\n"
    >>> student_lock(lock, ["c>=1"])
    'a==1\\n    # via c\\nc==1\\n'
    """
    blocks = {_normal(_NAME.match(b)[0]): b for b in _blocks(text)}  # type: ignore[index]
    kept = names_of(requirements)
    while True:
        more = {n for n, block in blocks.items() if _needed_by(block) & kept} - kept
        if not more:
            return "".join(block for name, block in blocks.items() if name in kept)
        kept |= more


def student_environment(text: str, requirements: Iterable[str]) -> str:
    """Return ``environment.yml`` with those packages alone.

    Examples
    --------
    >>> student_environment('  - pip:\\n      - "a>=1"\\n      - "ruff"\\n', ["a>=1"])
    '  - pip:\\n      - "a>=1"\\n'
    """
    known = set(requirements)
    rows = text.splitlines(keepends=True)
    listed = {row: re.match(r' {6}- "(.+)"', row) for row in rows}
    kept = [r for r in rows if not (m := listed[r]) or m[1] in known]
    return "".join(row for row in kept if not row.startswith("#"))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _blocks(text: str) -> list[str]:
    """Return the pins, each with its hashes and the names of who needs it."""
    pins = text.split("\n# WARNING")[0].rstrip() + "\n"
    return [block for block in _BLOCK.split(pins) if "==" in block]


def _needed_by(block: str) -> set[str]:
    _, _, why = block.partition("# via")
    return {
        _normal(m[0]) for line in why.split("#") if (m := _NAME.match(line.strip()))
    }
