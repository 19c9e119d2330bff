"""A small homework as notebooks, and those who run what comes back."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from coursekit.grading.course import intake
from coursekit.grading.marking.verdict import Submission, Verdict, mark
from coursekit.grading.sandbox import sandbox
from coursekit.grading.sandbox.contract import Limits, Runner
from coursekit.grading.sandbox.local import LocalRunner
from coursekit.grading.sandbox.sandbox import SandboxRunner
from coursekit.homework.checks.cases import Homework, draw

SECRET = b"0123456789abcdef0123456789abcdef"
SHORT = Limits(seconds=40, cell_seconds=2.0, memory=2**30, disk=32 * 2**20)
LONG = dataclasses.replace(SHORT, cell_seconds=20.0)
LOCAL = dataclasses.replace(SHORT, memory=4 * 2**30)  # address space, not memory
NAME = "toy.ipynb"


def _cell(name: str, source: str, **grading: Any) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, id=name.replace("_", "-"))
    if grading:
        plain = {"grade": False, "solution": False, "locked": False, "task": False}
        known = {"schema_version": 3, "grade_id": name, **plain, **grading}
        cell.metadata["nbgrader"] = known
    return cell


@pytest.fixture(scope="session")
def homework(toy: ModuleType) -> Homework:
    """Return the small homework with its hidden cases and what may not be called."""
    forbidden = (*toy.FORBIDDEN, "coursekit.fourier.dft_matrix")
    visible, hidden = (
        tuple(dataclasses.replace(case, seconds=1.5) for case in cases)
        for cases in (toy.HOMEWORK.visible, toy.HIDDEN)
    )
    full = dataclasses.replace(toy.HOMEWORK, forbidden=forbidden, visible=visible)
    return full.with_hidden(hidden)


@pytest.fixture(scope="session")
def release(homework: Homework) -> NotebookNode:
    """Return the small homework as students get it."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        _cell("imports", "import numpy as np", locked=True),
        _cell("name", "STUDENT = 'your name'"),
    ]
    for part in homework.parts:
        stub = f"def {part.name}(x):\n    raise NotImplementedError()"
        source = f"{part.name} = ..." if part.is_value else stub
        notebook.cells += [
            _cell(part.name, source, solution=True),
            _cell(
                part.grade_id,
                f"check('{part.name}', {part.name})",
                grade=True,
                locked=True,
                points=part.points,
            ),
        ]
    return notebook


DOUBLE = "def double(x):\n    return 2 * x"
WAVES = """def waves(x):
    n = len(x)
    angle = 2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n
    return np.cos(angle) @ x, np.sin(angle) @ x"""


@pytest.fixture(scope="session")
def honest(release: NotebookNode, homework: Homework) -> NotebookNode:
    """Return the notebook of a student who did all of it."""
    size = draw(homework, homework.cases("size")[0], "Ada")[0]
    answers = {
        "name": "STUDENT = 'Ada'",
        "double": DOUBLE,
        "waves": WAVES,
        "size": f"size = {size}",
    }
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


@pytest.fixture(scope="session")
def local() -> Runner:
    """Return what runs submissions in plain subprocesses."""
    return LocalRunner()


@pytest.fixture(scope="session")
def box() -> Iterator[Runner]:
    """Return what runs submissions in the sandbox."""
    if sys.platform != "linux":
        pytest.skip("elsewhere the sandbox refuses to run anything")
    assert sandbox.probe() == []
    with contextlib.closing(SandboxRunner()) as runner:
        yield runner


@dataclass(frozen=True)
class Result:
    """What became of one submission."""

    status: str
    points: dict[str, float]
    notes: tuple[str, ...]
    verdict: Verdict | None

    @property
    def flagged(self) -> bool:
        """Whether a human is to look at it."""
        return bool(self.notes)

    @property
    def told(self) -> str:
        """All that the student may read of it."""
        if self.verdict is None:
            return " ".join(self.notes)
        return str(self.verdict.public().to_dict())


@pytest.fixture
def grade(
    homework: Homework, release: NotebookNode, tmp_path: Path
) -> Callable[..., Result]:
    """Return a function that takes in and marks a folder, as the grader does.

    Where nothing has to be stopped, a cell has time enough on a busy machine as well.
    """
    there = tmp_path / "release"
    there.mkdir()
    nbformat.write(release, there / NAME)

    def run(folder: Path, runner: Runner, ends: bool = False) -> Result:
        (path,) = intake.receive(folder, there)
        notebook = nbformat.read(path, as_version=4)
        ours = notebook.metadata.get(intake.KEY, {})
        if "refused" in ours:
            zero = dict.fromkeys((part.name for part in homework.parts), 0.0)
            return Result("refused", zero, (ours["refused"],), None)
        notes = tuple(intake.repair(notebook, release))
        notes += ("renamed",) if "received_as" in ours else ()
        limits = LONG if ends else SHORT
        limits = LOCAL if isinstance(runner, LocalRunner) else limits
        submission = Submission("ada", notebook, folder, None, release, limits)
        verdict = mark(submission, homework, SECRET, runner)
        notes += verdict.flags
        return Result(verdict.status, dict(verdict.points), notes, verdict)

    return run


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for what will not answer."""
    monkeypatch.setattr("coursekit.grading.sandbox.session.GRACE", 0.3)
