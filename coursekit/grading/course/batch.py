"""A class graded in one go: staged, marked side by side, merged by one writer.

Worker processes run the submissions; only this process writes into the gradebook. One
submission's failure never stops the others, and nobody stays silently ungraded.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import warnings
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde

from coursekit.grading.course import intake
from coursekit.grading.course.directory import Course, Outcome, Progress
from coursekit.grading.course.nbgrader_steps import CourseError, StagedAutograde
from coursekit.grading.marking import results
from coursekit.grading.marking.job import Job
from coursekit.grading.marking.load import runner_of
from coursekit.grading.marking.preprocessor import Task, VerdictPreprocessor
from coursekit.grading.marking.workers import Done, WorkerPool
from coursekit.grading.sandbox.contract import RunnerError


def autograde(
    course: Course,
    homework: str,
    students: Iterable[str] | None = None,
    progress: Progress | None = None,
    jobs: int | None = None,
) -> list[Outcome]:
    """Grade submissions into the gradebook, each on its own.

    Worker processes run the submissions; only this process writes. A verdict
    that was reached before, on the very same submission, is not reached again,
    so a run that was interrupted goes on where it was.

    Parameters
    ----------
    homework
        Its name.
    students
        Whose; all that handed in unless given.
    progress
        Wraps the list of students, for a progress bar. It is moved on by one
        whenever another student has been graded, in whatever order.
    jobs
        How many submissions run at once; as many as there are cores unless
        given.

    Returns
    -------
    list of Outcome
        One a student, by id. Whoever could not be graded has zero marks and a
        flag in the gradebook, so that nobody stays silently ungraded.

    Raises
    ------
    CourseError
        Where nobody can be graded: no such homework, no sandbox, another
        grader at work.
    """
    _require_generated(course, homework)
    names = course.submissions(homework) if students is None else sorted(students)
    bar = (progress or list)(names)
    outcomes = []
    grading = _graded(course, homework, names, jobs or cores())
    with course.alone(), contextlib.closing(grading):
        for _, outcome in zip(bar, grading, strict=False):
            if not outcome.ok:
                _mark_by_hand(course, homework, outcome.student)
            outcomes.append(outcome)
    return sorted(outcomes, key=lambda outcome: outcome.student)


def _graded(
    course: Course, homework: str, names: Iterable[str], workers: int
) -> Generator[Outcome, None, None]:
    """Grade one student after another, in the order in which they are marked."""
    kept = results.Results.of(course.root, homework)
    kept.mend()
    stage = course.root / StagedAutograde.FOLDER
    shutil.rmtree(stage, ignore_errors=True)
    waiting: dict[str, int] = {}
    try:
        with WorkerPool(workers) as pool:
            for student in names:
                missing = _jobs(course, homework, student)
                waiting[student] = len(missing)
                if not missing:
                    yield _grade_one(course, homework, student)
                for job in missing:
                    pool.put(job)
                done = pool.collect(math.inf if pool.is_full else 0.0)
                yield from _merge(course, done, kept, waiting)
            while pool.pending:
                yield from _merge(course, pool.collect(), kept, waiting)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _merge(
    course: Course, done: Iterable[Done], kept: results.Results, waiting: dict[str, int]
) -> Iterator[Outcome]:
    """Keep what workers have found; grade whom no other notebook is awaited of."""
    for one in done:
        job = one.job
        if one.verdict is not None:
            kept.append(
                results.StoredVerdict(
                    student=job.student,
                    notebook=job.notebook,
                    digest=job.digest,
                    seconds=one.seconds,
                    verdict=one.verdict,
                )
            )
        waiting[job.student] -= 1
        if not waiting[job.student]:
            shutil.rmtree(Path(job.path).parents[1], ignore_errors=True)
            yield _grade_one(course, job.homework, job.student)


def _jobs(course: Course, homework: str, student: str) -> list[Job]:
    """Return what has to be run for a student; nothing where that cannot be told.

    What stands in the way is told by the grading itself, which meets it again.
    """
    try:
        paths = _stage(course, homework, student)
        tasks = [_task(course, homework, student, path) for path in paths]
        found = [(t, p) for t, p in zip(tasks, paths, strict=True) if not t.stored()]
        jobs = [task.job(path) for task, path in found]
    except Exception:  # whatever one submission does to this code ends here
        return []
    for task, _ in found:
        _warm_up(runner_of(task.runner))
    return jobs


def _stage(course: Course, homework: str, student: str) -> list[Path]:
    """Repair and restore a submission in a folder apart; return its notebooks."""
    _take_in(course, homework, student)
    with course.steps.about(homework, student):
        stage = StagedAutograde(coursedir=course.directory, config=course.config)
        stage.force = True
        course.steps.run(stage, f"preparing {student}")
    folder = Path(
        course.directory.format_path(StagedAutograde.FOLDER, student, homework)
    )
    released = course.release_folder(homework).glob("*.ipynb")
    return [folder / path.name for path in sorted(released)]


def _task(course: Course, homework: str, student: str, path: Path) -> Task:
    known = {"assignment": homework, "student": student, "notebook": path.stem}
    notebook = nbformat.read(path, as_version=4)
    verdict = VerdictPreprocessor(config=course.config)
    return verdict.task(notebook, known, path.parent, course.root)


def _warm_up(runner: Any) -> None:
    """Start what the workers share, before they are forked from this process."""
    try:
        getattr(runner, "start", lambda: None)()
    except RunnerError as error:
        raise CourseError(f"nothing can be graded: {error}") from error


def _take_in(course: Course, homework: str, student: str) -> None:
    folder = course.folder("submitted", student, homework)
    if not folder.is_dir():
        raise CourseError(f"grading {student}: there is nothing in {folder}")
    intake.receive(folder, course.release_folder(homework))


def _grade_one(course: Course, homework: str, student: str) -> Outcome:
    try:
        _take_in(course, homework, student)
        with course.steps.about(homework, student):
            grader = Autograde(coursedir=course.directory, config=course.config)
            grader.force = True
            course.steps.run(grader, f"grading {student}")
    except (CourseError, OSError) as error:
        return Outcome(student, str(error))
    except Exception as error:  # nobody else notices
        return Outcome(student, f"grading {student}: {type(error).__name__}: {error}")
    return Outcome(student)


def _mark_by_hand(course: Course, homework: str, student: str) -> None:
    """Enter zero marks and a flag for what no machine could grade."""
    with warnings.catch_warnings(), course.gradebook() as book:
        warnings.simplefilter("ignore")  # nbgrader's own use of its database
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(homework, student)
        for notebook in submission.notebooks:
            notebook.flagged = True
            for grade in notebook.grades:
                grade.auto_score = 0.0
                grade.needs_manual_grade = True
        book.db.commit()


def _require_generated(course: Course, homework: str) -> None:
    course.require(homework)
    with course.gradebook() as book:
        try:
            known = bool(book.find_assignment(homework).notebooks)
        except MissingEntry:
            known = False
    if not known or not any(course.release_folder(homework).glob("*.ipynb")):
        raise CourseError(
            f"{homework} has not been released from this course: "
            f"run `coursekit release {homework}` first"
        )


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
