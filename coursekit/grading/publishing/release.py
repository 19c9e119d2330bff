"""Make what students receive of a homework, and see that nothing else is in it.

The student version is nbgrader's own, generated from ``solutions/source``; the
same source gives the same bytes. Before anybody gets it, it is searched for what
must stay with the instructors: solutions, hidden cases, canaries.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursekit.grading.course.directory import Course
from coursekit.grading.course.nbgrader_steps import CourseError

CANARY = re.compile(r"""^CANARY\w*\s*=\s*(["'])(?P<word>.{8,}?)\1""", re.MULTILINE)
"""How the instructors' files name a canary: a phrase that occurs nowhere else."""

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")
SHORT = 16  # a solution's line shorter than this proves nothing


def canaries(course: Path) -> list[str]:
    """Return the canaries that the hidden cases of a course name, sorted.

    Parameters
    ----------
    course
        The course directory.
    """
    texts = map(_text, (course / "solutions" / "cases").rglob("*.py"))
    return sorted({found["word"] for text in texts for found in CANARY.finditer(text)})


def solution_lines(source: NotebookNode) -> list[str]:
    """Return the lines that a source notebook must keep to itself.

    Parameters
    ----------
    source
        The instructors' notebook.

    Returns
    -------
    list of str
        The stripped lines of its solutions, hidden tests and marking schemes, but
        for short ones and those that also stand outside, sorted.
    """
    hidden: set[str] = set()
    shown: set[str] = set()
    for cell in source.cells:
        inside = False
        whole = _is_solution(cell) and not any(mark in cell.source for mark in MARKERS)
        for line in cell.source.splitlines():
            if "BEGIN " in line and any(mark in line for mark in MARKERS):
                inside = True
            elif re.search(r"END (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                inside = False
            else:
                (hidden if inside or whole else shown).add(line.strip())
    return sorted(line for line in hidden - shown if len(line) >= SHORT)


def leaks(texts: Iterable[tuple[str, str]], secrets: Iterable[str]) -> list[str]:
    """Return where a secret shows, one sentence each.

    Parameters
    ----------
    texts
        Pairs of a name and its text.
    secrets
        What must not be found, in whatever case.

    Examples
    --------
    >>> leaks([("a.ipynb", "x = Canary-abc123")], ["canary-abc123"])
    ["a.ipynb holds 'canary-abc123'"]
    """
    wanted = [(secret, secret.lower()) for secret in secrets]
    return [
        f"{name} holds {secret!r}"
        for name, text in texts
        for secret, folded in wanted
        if folded in text.lower()
    ]


def verify(course: Course, homework: str) -> None:
    """Refuse a release that holds anything of the instructors' side.

    Parameters
    ----------
    course
        Where the release was generated.
    homework
        Its name.

    Raises
    ------
    CourseError
        With each leak, or with the graded cells that two notebooks share; the
        release is removed.
    """
    folder = course.release_folder(homework)
    found = leaks(_texts(folder), [*canaries(course.root), *MARKERS])
    source = course.root / course.directory.source_directory / homework
    for path in sorted(source.glob("*.ipynb")):
        released = _cell_lines(folder / path.name)
        secrets = solution_lines(nbformat.read(path, as_version=4))
        found += [f"{path.name} shows {line!r}" for line in secrets if line in released]
    if found:
        _take_back(folder)
        raise CourseError(
            f"{homework} is not released, for it would show what is hidden: "
            + "; ".join(found)
        )
    if twice := _marked_twice(folder):
        _take_back(folder)
        raise CourseError(
            f"{homework} is not released, for its marks would be mixed up: two of its "
            f"notebooks have a graded cell called {', '.join(map(repr, twice))}"
        )


def _take_back(folder: Path) -> None:
    for path in folder.glob("*.ipynb"):
        path.unlink()


def _marked_twice(folder: Path) -> list[str]:
    """Return the graded cells that stand in more than one notebook of a release."""
    counts: Counter[str] = Counter()
    for path in folder.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        known = [cell.metadata.get("nbgrader", {}) for cell in cells]
        counts.update({k["grade_id"] for k in known if k.get("grade") or k.get("task")})
    return sorted(name for name, count in counts.items() if count > 1)


def make(course: Course, homework: str) -> Path:
    """Generate the student version of a homework, register and verify it.

    Parameters
    ----------
    course
        Where.
    homework
        Its name.

    Returns
    -------
    Path
        The folder that students receive.
    """
    folder = course.generate(homework)
    verify(course, homework)
    return folder


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _cell_lines(path: Path) -> set[str]:
    notebook = nbformat.read(path, as_version=4)
    return {
        line.strip() for cell in notebook.cells for line in cell.source.splitlines()
    }


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), _text(path)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")
