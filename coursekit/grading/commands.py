"""What the ``coursekit`` commands do, and what they print."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from coursekit.grading.course import batch
from coursekit.grading.course.directory import Course, Outcome
from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.pages.report import render, report, write_csv
from coursekit.grading.publishing import bundle, release

__all__ = ["CourseError", "run"]


def run(options: argparse.Namespace) -> int:
    """Run the command that `options` name; return the exit code.

    Parameters
    ----------
    options
        As ``coursekit.__main__.parser`` made them.

    Raises
    ------
    CourseError
        Where nothing can be done; the message says why.
    """
    if options.command == "demo":
        from coursekit.grading import demo

        return demo.run(demo.Demo.of(options.course.resolve()))
    if options.command == "grade" and options.unsafe:
        os.environ["COURSE_UNSAFE"] = "1"  # nbgrader_config.py reads it
    course = Course(options.course)
    if options.command == "release":
        return _release(course, options.homework, bundled=not options.no_bundle)
    if options.command == "grade":
        work = GradingOptions(options.jobs, options.again)
        return grade(course, options.homework, options.student, work)
    return _report(course, options.homework, options.csv)


def _release(course: Course, homeworks: Iterable[str], bundled: bool) -> int:
    # All names are looked at before the first is released, and none twice.
    asked = dict.fromkeys(map(course.require, homeworks))
    names = list(asked) or course.homeworks()
    if not names:
        where = course.root / course.directory.source_directory
        raise CourseError(f"there is no homework in {where}")
    for name in names:
        print(f"{name}: {_near(release.make(course, name))}")
    if bundled:
        print(f"for students: {_near(bundle.pack(course.root))}")
    return 0


@dataclass(frozen=True)
class GradingOptions:
    """How submissions are graded.

    Parameters
    ----------
    jobs
        How many run at once; None for as many as there are cores.
    again
        Whether those run again whose verdict is kept.
    """

    jobs: int | None = None
    again: bool = False


def grade(
    course: Course,
    homework: str,
    students: Iterable[str] | None,
    work: GradingOptions | None = None,
) -> int:
    """Grade submissions with a progress bar, write feedback, print the table.

    Parameters
    ----------
    course, homework
        What to grade.
    students
        Whose; all that handed in unless given.
    work
        How many at once, and whether again.

    Returns
    -------
    int
        1 where some submission could not be graded, else 0.
    """
    course.require(homework)
    there = course.submissions(homework)
    if not there:
        raise CourseError(
            f"nobody's {homework} lies in {course.root / 'submitted'}: run `nbgrader "
            f"collect {homework}`, or put each notebook into "
            f"submitted/<student>/{homework}/"
        )
    unknown = sorted(set(students or ()) - set(there))
    if unknown:
        raise CourseError(
            f"no {homework} of {', '.join(unknown)}; "
            f"there is that of {', '.join(there)}"
        )
    work = work or GradingOptions()
    with course.alone():
        if work.again:
            course.forget(homework, students or there)
        outcomes = batch.autograde(course, homework, students, _bar, work.jobs)
        graded = [outcome.student for outcome in outcomes if outcome.ok]
        outcomes += course.feedback(homework, graded)
    _complain(outcomes)
    _report(course, homework, None)
    print(f"feedback: {_near(course.root / 'feedback')}/<student>/{homework}/")
    return int(any(not outcome.ok for outcome in outcomes))


def _bar(names: Iterable[str]) -> Iterable[str]:
    return tqdm(list(names), desc="grading", unit="submission", file=sys.stderr)


def _complain(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if not outcome.ok:
            print(f"{outcome.student}: {outcome.error}", file=sys.stderr)


def _report(course: Course, homework: str, path: Path | None) -> int:
    table = report(course, homework)
    if not table.rows:
        raise CourseError(f"nobody has handed in {homework}, and nobody is enrolled")
    if path is None:
        path = course.root / "grades" / f"{homework}.csv"
        path.parent.mkdir(exist_ok=True)
    print(render(table))
    print(f"\nmarks: {_near(write_csv(table, path))}")
    print(f"gradebook: {_near(course.root / 'gradebook.db')}")
    return 0


def _near(path: Path) -> str:
    """Return a path as the user would type it from here."""
    here = Path.cwd()
    path = path.resolve()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
