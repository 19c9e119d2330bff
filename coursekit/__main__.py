"""The ``coursekit`` command: release, grade, report, demo.

The commands are the instructors' side, which the students' copy of the course does
not have; there the command says so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

STUDENTS_COPY = (
    "this is the students' copy of the course: it has no grading commands. "
    "Open the lectures and the homework with `jupyter lab`"
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Examples
    --------
    >>> parser().parse_args(["grade", "hw1_dft"]).homework
    'hw1_dft'
    """
    main = argparse.ArgumentParser(
        prog="coursekit", description="Release homework, grade it, see the marks."
    )
    main.add_argument("--version", action="version", version=version("coursekit"))
    steps = main.add_subparsers(dest="command", required=True, metavar="command")

    release = steps.add_parser(
        "release",
        help="make what students receive",
        description="Generate the student version of homework, search it for what "
        "must stay hidden, and pack the students' archive with all that is released.",
    )
    release.add_argument("homework", nargs="*", help="names (all that there are)")
    release.add_argument(
        "--no-bundle", action="store_true", help="do not pack the students' archive"
    )
    grade = _grade(steps)
    report = steps.add_parser(
        "report",
        help="print the table of marks",
        description="Print the marks in the gradebook, and write them as CSV.",
    )
    report.add_argument("homework", help="its name, for example hw1_dft")
    report.add_argument("--csv", type=Path, help="the file (grades/<homework>.csv)")
    demo = steps.add_parser(
        "demo",
        help="see the whole course at work on sample submissions",
        description="Run a lecture, release a homework, grade a small class, in a "
        "course of its own below .demo/.",
    )
    for step in (release, grade, report, demo):
        step.add_argument(
            "--course",
            type=Path,
            default=Path(),
            metavar="FOLDER",
            help="the course directory (the current folder)",
        )
    return main


def _grade(steps: Any) -> argparse.ArgumentParser:
    """Add the command that grades."""
    grade: argparse.ArgumentParser = steps.add_parser(
        "grade",
        help="grade what was handed in",
        description="Grade the submissions in submitted/ into the gradebook, write "
        "the feedback pages, and print the table of marks.",
    )
    grade.add_argument("homework", help="its name, for example hw1_dft")
    grade.add_argument(
        "--student", action="append", help="only this student (may be repeated)"
    )
    grade.add_argument(
        "--jobs", type=_at_least_one, help="how many at once (one for each core)"
    )
    grade.add_argument(
        "--again",
        action="store_true",
        help="run those too that have been run, instead of keeping what was found",
    )
    grade.add_argument(
        "--unsafe",
        action="store_true",
        help="run without the sandbox: only for code that you wrote yourself",
    )
    return grade


def _at_least_one(text: str) -> int:
    """Return a whole number from 1 upwards; argparse says so where it is none."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code.

    Parameters
    ----------
    arguments
        The command line without the program's name; that of the process unless
        given.

    Returns
    -------
    int
        0 where all went well, 1 where some submission could not be graded, 2 where
        nothing could be done and the message says why.
    """
    options = parser().parse_args(arguments)
    try:
        from coursekit.grading import commands
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("coursekit.grading"):
            raise
        return _complain(STUDENTS_COPY)
    try:
        return commands.run(options)
    except commands.CourseError as error:
        return _complain(str(error))


def _complain(sentence: str) -> int:
    print(f"coursekit: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
