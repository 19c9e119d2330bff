"""A small homework, and courses to play it in."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from coursekit.grading.course.directory import Course
from coursekit.grading.demo import CLASS, Demo, run
from coursekit.grading.publishing import release

ROOT = Path(__file__).resolve().parents[3]
CANARY = "canary-otter-under-the-bridge-0815"


def _cell(kind: str, name: str, source: str, **grading: Any) -> NotebookNode:
    make = getattr(nbformat.v4, f"new_{kind}_cell")
    cell = make(source, id=name.replace("_", "-"))
    if grading:
        plain = {"grade": False, "solution": False, "locked": False, "task": False}
        known = {"schema_version": 3, "grade_id": name, **plain, **grading}
        cell.metadata["nbgrader"] = known
    return cell


def _twice() -> NotebookNode:
    """Return the source of a homework of two functions and one answer in writing."""
    test = {"grade": True, "locked": True}
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {
                "name": "python3",
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
            },
            "language_info": {"name": "python"},
        }
    )
    double = (
        'def double(x):\n    """Return twice x."""\n    ### BEGIN SOLUTION\n'
        f"    # {CANARY}\n    twice_as_much = 2 * x\n    return twice_as_much\n"
        "    ### END SOLUTION"
    )
    half = (
        "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2.0\n    ### END SOLUTION"
    )
    why = (
        "Why?\n\n=== BEGIN MARK SCHEME ===\nFour points for reasons worth it.\n"
        "=== END MARK SCHEME ==="
    )
    notebook.cells = [
        _cell("markdown", "title", "# Twice and half\n\nWrite $y = 2x$."),
        _cell("code", "imports", "import math"),
        _cell("code", "double", double, solution=True),
        _cell("code", "check_double", "assert double(2) == 4", points=3, **test),
        _cell("code", "half", half, solution=True),
        _cell("code", "check_half", "assert half(2) == 1", points=2, **test),
        _cell("markdown", "why", why, task=True, locked=True, points=4),
    ]
    return notebook


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository."""
    return ROOT


@pytest.fixture(scope="session")
def canary() -> str:
    """Return the small homework's canary."""
    return CANARY


@pytest.fixture
def small_course(tmp_path: Path) -> Course:
    """Return a course whose one homework is ``hw0``, not yet released."""
    home = tmp_path / "course"
    folder = home / "solutions" / "source" / "hw0"
    folder.mkdir(parents=True)
    nbformat.write(_twice(), folder / "twice.ipynb")
    cases = home / "solutions" / "cases"
    cases.mkdir()
    (cases / "hw0.py").write_text(f'CANARY = "{CANARY}"\n')
    shutil.copy(ROOT / "nbgrader_config.py", home)
    return Course(home, exchange=tmp_path / "exchange", cache=tmp_path / "cache")


@pytest.fixture
def released(small_course: Course) -> tuple[Course, NotebookNode]:
    """Return the small course after its release, and the released notebook."""
    folder = release.make(small_course, "hw0")
    return small_course, nbformat.read(folder / "twice.ipynb", as_version=4)


@pytest.fixture
def hand_in() -> Callable[..., Path]:
    """Return a function that puts a notebook where collected ones lie."""

    def put(course: Course, student: str, notebook: NotebookNode) -> Path:
        folder = course.folder("submitted", student, "hw0")
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "twice.ipynb")
        return folder

    return put


@dataclass(frozen=True)
class Shown:
    """A demo that has run, what it printed, and its exit code."""

    demo: Demo
    told: str
    code: int

    @property
    def course(self) -> Course:
        return self.demo.open()


def _lecture(path: Path) -> Path:
    notebook = nbformat.v4.new_notebook()
    code = "import os\nprint('fast' if os.environ.get('COURSE_FAST') else 'slow')"
    notebook.cells = [nbformat.v4.new_code_cell(code, id="fast")]
    nbformat.write(notebook, path)
    return path


STUDENTS = ("dcohen", "ghall", "ikaya", "oberg", "qdubois", "rsingh")


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Run the demo with a short lecture and a part of its class.

    All tests of this folder share the course, so they only look at it, or put back
    what they change.
    """
    home = tmp_path_factory.mktemp("shown")
    samples = tuple(sample for sample in CLASS if sample.student in STUDENTS)
    demo = Demo(ROOT, home / "demo", _lecture(home / "lecture.ipynb"), samples)
    with contextlib.redirect_stdout(io.StringIO()) as told:
        code = run(demo)
    return Shown(demo, told.getvalue(), code)
