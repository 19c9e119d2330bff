"""Grading a class against nbgrader with its own Execute, on the same homework.

Both run in this process, on copies of one course. Costs are those of one submission,
everything included: the sandbox and its server, repairs, gradebook, graded notebook.
CPU seconds are those of this process and of all that it started.

``BENCH_CLASS=40 BENCH_PEER=40 BENCH_GROWTH=200`` takes larger classes than the usual.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
from nbgrader.converters import Autograde
from timing import Row
from traitlets.config import Config

from coursekit.grading import bank
from coursekit.grading.course import Course
from coursekit.grading.preprocessor import runner_of
from coursekit.grading.sandbox import SandboxRunner

ROOT = Path(__file__).resolve().parents[2]
HOMEWORK = "hw1_dft"
CLASS = int(os.environ.get("BENCH_CLASS", "40"))
PEER = int(os.environ.get("BENCH_PEER", "5"))
GROWTH = int(os.environ.get("BENCH_GROWTH", "0"))
FEW = int(os.environ.get("BENCH_FEW", "10"))
ANSWERS = (  # all classes are multiples of five, so the same work is compared
    "right/vectorised",
    "right/table_of_roots",
    "wrong/dft_scaled",
    "wrong/hann_symmetric",
    "wrong/stft_without_window",
)
THIRD = 1 / 3


def rows() -> Iterator[Row]:
    """Yield CPU and wall seconds of one submission, and how they grow."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        made = _released(Path(home) / "made")
        ours, many = _ours(made, CLASS)
        stock, _ = _stock(made, PEER)
        names = "CPU", "wall"
        for name, mine, theirs in zip(names, ours, stock, strict=True):
            what = f"grading 1 of {CLASS}, {name}, stock Execute ({PEER})"
            yield Row(what, mine, theirs, mine / theirs, THIRD)
        few, _ = _ours(made, FEW)
        if GROWTH:
            ours, many = _ours(made, GROWTH)
        for name, mine, theirs in zip(names, ours, few, strict=True):
            what = f"grading 1 of {many}, {name}, against 1 of {FEW}"
            yield Row(what, mine, theirs, mine / theirs, 1.1)


def _released(home: Path) -> Path:
    """Make a course that has released the homework, and nobody has handed in."""
    home.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", home)
    for part in "source", "cases":
        shutil.copytree(ROOT / "solutions" / part, home / "solutions" / part)
    Course(home).generate(HOMEWORK)
    return home


def _class(made: Path, size: int) -> Path:
    """Copy the course for a class of that size; five of the bank's answers go round."""
    home = made.with_name(f"class-{time.monotonic_ns()}")
    shutil.copytree(made, home)
    (path,) = (home / "assignments" / HOMEWORK).glob("*.ipynb")
    released = nbformat.read(path, as_version=4)
    answers = [a for a in bank.load(HOMEWORK, ROOT) if a.name in ANSWERS]
    for number, answer in zip(range(size), itertools.cycle(answers), strict=False):
        student = f"student{number:03}"
        folder = home / "submitted" / student / HOMEWORK
        folder.mkdir(parents=True)
        filled = bank.fill(json.loads(nbformat.writes(released)), answer, student)
        nbformat.write(nbformat.from_dict(filled), folder / path.name)
    return home


Cost = tuple[float, float]


def _ours(made: Path, size: int) -> tuple[Cost, int]:
    course = Course(_class(made, size))
    course.config.Verdict.runner_class = SandboxRunner

    def grade() -> None:
        failed = [o for o in course.autograde(HOMEWORK, jobs=_jobs()) if not o.ok]
        if failed:
            raise RuntimeError(f"not graded: {failed[0]}")

    try:
        return _cost(grade, size), size
    finally:
        runner_of(SandboxRunner).close()  # type: ignore[attr-defined]
        runner_of.cache_clear()


def _jobs() -> int:
    """One at a time, as the peer does, or its wall time would be compared with two."""
    return int(os.environ.get("BENCH_JOBS", "1"))


def _stock(made: Path, size: int) -> tuple[Cost, int]:
    """Grade with nbgrader as it comes."""
    course = Course(_class(made, size))
    config = Config({"CourseDirectory": course.config.CourseDirectory})
    course.directory.assignment_id = HOMEWORK

    def grade() -> None:
        grader = Autograde(coursedir=course.directory, config=config)
        grader.force = True
        grader.log.setLevel("CRITICAL")
        with contextlib.redirect_stderr(None):
            grader.start()

    return _cost(grade, size), size


def _cost(call: Callable[[], None], size: int) -> Cost:
    """Return CPU and wall seconds of one submission."""
    cpu, wall = _cpu(), time.perf_counter()
    call()
    return (_cpu() - cpu) / size, (time.perf_counter() - wall) / size


def _cpu() -> float:
    """Return the CPU seconds of this process and all below it, ended or not."""
    me = psutil.Process()
    total = 0.0
    for process in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
            total += times.children_user + times.children_system
    return total
