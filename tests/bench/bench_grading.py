"""Grading a class against nbgrader with its own Execute, on the same homework.

Both grade a class of forty in this process and in one run, on copies of one course,
block by block in turns, so that a busy moment hits both. Costs are those of one
submission, everything included: the sandbox and its server, repairs, gradebook, graded
notebook. CPU seconds are those of this process and of all that it started. How it
grows is measured on ours alone, with a server that runs already: its start would hide
what is dear in a large class.

The usual takes ten minutes; ``BENCH_CLASS=10 BENCH_GROWTH=20`` is over in two.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbgrader.converters import Autograde
from timing import Row
from traitlets.config import Config

from coursekit.grading.course import batch
from coursekit.grading.course.directory import Course
from coursekit.grading.marking.load import runner_of
from coursekit.grading.publishing import bank
from coursekit.grading.sandbox.sandbox import SandboxRunner

ROOT = Path(__file__).resolve().parents[2]
HOMEWORK = "hw1_dft"
CLASS = int(os.environ.get("BENCH_CLASS", "40"))
FEW, GROWTH = 10, int(os.environ.get("BENCH_GROWTH", "200"))
BLOCK = 5
ANSWERS = (  # a block each, so the same work is compared
    "right/vectorised",
    "right/table_of_roots",
    "wrong/dft_scaled",
    "wrong/hann_symmetric",
    "wrong/frames_the_wrong_way_round",
)
THIRD, NO_LIMIT = 1 / 3, math.inf


def rows() -> Iterator[Row]:
    """Yield CPU and wall seconds of one submission, and how they grow."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        made = _released(Path(home) / "made")
        yield from _against_stock(made)
        sizes = FEW, GROWTH, FEW
        before, many, after = (_ours_alone(made, size) for size in sizes)
        for at, name in enumerate(NAMES):
            few = (before[at] + after[at]) / 2
            what = f"grading 1 of {GROWTH}, {name}, against 1 of {FEW}"
            yield Row(what, many[at], few, many[at] / few, 1.1)


NAMES = "CPU", "wall"


def _against_stock(made: Path) -> Iterator[Row]:
    """Grade one class twice, block by block in turns; yield the whole, and blocks."""
    ours, stock = _Ours(_class(made, CLASS)), _Stock(_class(made, CLASS))
    pairs: list[tuple[Cost, Cost]] = []
    for number in range(CLASS // BLOCK):
        order = (ours, stock) if number % 2 else (stock, ours)
        costs = {rival: _cost(rival.grade, f"block{number}") for rival in order}
        pairs.append((costs[ours], costs[stock]))
    ours.close()
    for at, name in enumerate(NAMES):
        mine, theirs = (sum(pair[i][at] for pair in pairs) / CLASS for i in (0, 1))
        what = f"grading 1 of {CLASS}, {name}, stock Execute"
        yield Row(what, mine, theirs, mine / theirs, THIRD)
        ranked = sorted(pairs, key=lambda pair: pair[0][at] / pair[1][at])
        for word, pair in (
            ("least", ranked[0]),
            ("median", ranked[len(ranked) // 2]),
            ("most", ranked[-1]),
        ):
            mine, theirs = (cost[at] / BLOCK for cost in pair)
            what = f"  of {len(pairs)} blocks of {BLOCK} the {word}"
            yield Row(what, mine, theirs, mine / theirs, NO_LIMIT)


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
        student = f"block{number // BLOCK}-{number % BLOCK}"
        folder = home / "submitted" / student / HOMEWORK
        folder.mkdir(parents=True)
        filled = bank.fill(json.loads(nbformat.writes(released)), answer, student)
        nbformat.write(nbformat.from_dict(filled), folder / path.name)
    return home


Cost = tuple[float, float]


class _Ours:
    """The sandbox, one submission at a time, as the peer does."""

    def __init__(self, root: Path) -> None:
        self.course = Course(root)
        self.course.config.VerdictPreprocessor.runner_class = SandboxRunner
        self.runner: Any = runner_of(SandboxRunner)

    def grade(self, block: str) -> None:
        names = self.course.submissions(HOMEWORK)
        names = [name for name in names if name.startswith(block)]
        outcomes = batch.autograde(self.course, HOMEWORK, names, jobs=1)
        failed = [outcome for outcome in outcomes if not outcome.ok]
        if failed or len(names) < BLOCK:
            raise RuntimeError(f"not graded: {failed or block}")

    def close(self) -> None:
        self.runner.close()
        runner_of.cache_clear()


class _Stock:
    """nbgrader as it comes."""

    def __init__(self, root: Path) -> None:
        self.course = Course(root)
        self.config = Config({"CourseDirectory": self.course.config.CourseDirectory})
        self.course.directory.assignment_id = HOMEWORK

    def grade(self, block: str) -> None:
        self.course.directory.student_id = f"{block}-*"
        grader = Autograde(coursedir=self.course.directory, config=self.config)
        grader.force = True
        grader.log.setLevel("CRITICAL")
        with _silence():
            grader.start()
        done = self.course.root.glob(f"autograded/{block}-*/{HOMEWORK}/*.ipynb")
        if len(list(done)) < BLOCK:
            raise RuntimeError(f"stock nbgrader has not graded {block}")


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Let nobody be heard, kernels neither."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _ours_alone(made: Path, size: int) -> Cost:
    """Return the cost of one submission of a class, its server running already."""
    ours = _Ours(_class(made, size))
    ours.runner.start()
    cpu, wall = _cost(ours.grade, "")
    ours.close()
    return cpu / size, wall / size


def _cost(grade: Callable[[str], None], block: str) -> Cost:
    """Return CPU and wall seconds of grading a block."""
    cpu, wall = _cpu(), time.perf_counter()
    grade(block)
    return _cpu() - cpu, time.perf_counter() - wall


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
