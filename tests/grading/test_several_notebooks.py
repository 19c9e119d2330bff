"""A homework of two notebooks, from its source to marks, feedback and table."""

from __future__ import annotations

import csv
import shutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from string import ascii_uppercase
from types import ModuleType
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from coursekit.grading.course import batch, intake
from coursekit.grading.course.directory import Course
from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.pages.report import (
    GradeRow,
    GradeTable,
    render,
    report,
    write_csv,
)
from coursekit.grading.publishing import bank, release
from coursekit.homework.checks.calls import Gradient
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    Part,
)
from coursekit.homework.checks.checker import Checker, NotYet

ROOT = Path(__file__).resolve().parents[2]
HW = "pair"
CASES = """
import sys
HIDDEN = sys.modules["coursekit.homework.pair"].EXTRA
CANARY = "canary-two-swans-on-one-lake-31"
"""
pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")


def double(x):
    return 2 * x


def energy(x):
    return (x**2).sum()


def _numbers(rng):
    return (rng.normal(size=4),)


VISIBLE = (
    Case("double", "four numbers", _numbers, double, 1),
    Case("energy", "its gradient", _numbers, energy, 2, mode=Gradient()),
)
EXTRA = (
    Case("double", "nine numbers", lambda rng: (rng.normal(size=9),), double, 2),
    Case("energy", "another gradient", _numbers, energy, 2, mode=Gradient()),
)
HOMEWORK = Homework(
    HW, (Part("double", 3, "01_dft"), Part("energy", 4, "09_neural_coding")), VISIBLE
)
RIGHT = {"double": "def double(x):\n    return x + x"}
RIGHT["energy"] = "def energy(x):\n    return (x * x).sum()"
CUT = "def energy(x):\n    return float((x * x).sum())"


def cell(source: str, name: str, **mine: Any) -> NotebookNode:
    made = nbformat.v4.new_code_cell(source, id=name.replace("_", "-"))
    if mine:
        plain = {"grade": False, "solution": False, "locked": False, "task": False}
        known = {"grade_id": name, "schema_version": 3, **plain, **mine}
        made.metadata["nbgrader"] = known
    return made


def notebook(part: str, points: int) -> NotebookNode:
    stub = "### BEGIN SOLUTION\n" + RIGHT[part] + "\n### END SOLUTION"
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    check = {"grade": True, "locked": True, "points": points}
    made.cells = [
        nbformat.v4.new_markdown_cell(f"# On {part}", id="title"),
        cell("STUDENT = ''", "student", locked=True),
        cell(stub, part, solution=True),
        cell("check()", f"check_{part}", **check),
    ]
    return made


@pytest.fixture(scope="module", autouse=True)
def tables():
    module: Any = ModuleType(f"coursekit.homework.{HW}")
    module.__spec__ = ModuleSpec(module.__name__, None)
    module.HOMEWORK, module.EXTRA = HOMEWORK, EXTRA
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        patch.setenv("COURSE_UNSAFE", "1")  # the code is our own
        yield


def found(home: Path) -> Course:
    folder = home / "solutions" / "source" / HW
    folder.mkdir(parents=True)
    nbformat.write(notebook("double", 3), folder / "plain.ipynb")
    nbformat.write(notebook("energy", 4), folder / "slope.ipynb")
    (home / "solutions" / "cases").mkdir()
    (home / "solutions" / "cases" / f"{HW}.py").write_text(CASES)
    shutil.copy(ROOT / "nbgrader_config.py", home)
    return Course(home, exchange=home / "exchange", cache=home / "cache")


def written(course: Course, name: str, code: dict[str, str]) -> NotebookNode:
    path = course.release_folder(HW) / f"{name}.ipynb"
    answer = bank.BankAnswer("right/a", path, True, "", code, {}, {})
    return bank.fill(nbformat.read(path, as_version=4), answer)


def hand_in(course: Course, student: str, **notebooks: NotebookNode) -> None:
    folder = course.folder("submitted", student, HW)
    folder.mkdir(parents=True)
    for name, made in notebooks.items():
        nbformat.write(made, folder / f"{name}.ipynb")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which three students have handed in, and have been graded."""
    made = found(tmp_path_factory.mktemp("several"))
    release.make(made, HW)
    plain = written(made, "plain", RIGHT)
    slope = written(made, "slope", RIGHT)
    cut = written(made, "slope", {"energy": CUT})
    hand_in(made, "ada", plain=plain, slope=slope)
    hand_in(made, "bob", plain=plain)
    hand_in(made, "eve", plain=plain, slope_final=cut)
    outcomes = batch.autograde(made, HW, jobs=2)
    assert [outcome.error for outcome in outcomes] == [""] * 3
    assert [outcome.error for outcome in made.feedback(HW)] == [""] * 3
    return made


@pytest.fixture(scope="module")
def rows(course):
    return {row.student: row for row in report(course, HW).rows}


def test_it_is_one_homework(course):
    assert course.homeworks() == [HW]
    names = sorted(path.name for path in course.release_folder(HW).glob("*"))
    assert names == ["plain.ipynb", "slope.ipynb"]
    for name in names:
        text = (course.release_folder(HW) / name).read_text()
        assert "NotImplementedError" in text
        assert "SOLUTION" not in text


def test_marks_of_both_notebooks_add_up(course, rows):
    assert report(course, HW).parts == {"check_double": 3.0, "check_energy": 4.0}
    assert rows["ada"].marks == {"check_double": 3.0, "check_energy": 4.0}
    assert (rows["ada"].total, rows["ada"].status) == (7.0, "graded")
    assert not rows["ada"].flagged


def test_a_notebook_that_is_missing_costs_its_own_points(rows):
    assert rows["bob"].marks == {"check_double": 3.0, "check_energy": 0.0}
    assert rows["bob"].status == "refused"
    assert rows["bob"].notes == ("no notebook called slope.ipynb was handed in",)
    assert rows["bob"].flagged


def test_a_renamed_one_is_taken_for_what_it_is(rows):
    assert rows["eve"].marks == {"check_double": 3.0, "check_energy": 0.0}
    assert rows["eve"].notes == ("it was handed in as 'slope_final.ipynb'",)


def test_each_notebook_has_a_page_with_its_own_parts(course):
    for student in "ada", "bob", "eve":
        folder = course.folder("feedback", student, HW)
        assert sorted(path.name for path in folder.glob("*.html")) == [
            "plain.html",
            "slope.html",
        ]
    page = (course.folder("feedback", "eve", HW) / "slope.html").read_text()
    assert "On energy" in page
    assert "check_double" not in page
    assert "returned a float" in page
    assert CASES.split('"')[3] not in page


def test_a_renamed_notebook_is_never_taken_for_another_one(course, tmp_path):
    """Both notebooks have a locked cell of the same name: that is not enough."""
    released = course.release_folder(HW)
    shutil.copy(released / "slope.ipynb", tmp_path / "homework.ipynb")
    paths = intake.receive(tmp_path, released)
    records = [intake.record_of(nbformat.read(p, as_version=4)) for p in paths]
    assert [record.status for record in records] == ["refused", "graded"]


def test_the_table_goes_to_a_spreadsheet(course, tmp_path):
    with write_csv(report(course, HW), tmp_path / "marks.csv").open() as file:
        lines = {line["student_id"]: line for line in csv.DictReader(file)}
    assert float(lines["ada"]["check_energy"]) == 4.0
    assert float(lines["bob"]["total"]) == 3.0


def test_a_second_run_runs_nothing_again(course, monkeypatch, rows):
    def no_pool(*_: object) -> None:
        raise AssertionError("nothing is left to run")

    monkeypatch.setattr("coursekit.grading.course.batch.WorkerPool.put", no_pool)
    (outcome,) = batch.autograde(course, HW, ["eve"])
    assert outcome.ok
    assert {row.student: row for row in report(course, HW).rows} == rows


def test_two_notebooks_may_not_share_a_graded_cell(tmp_path):
    made = found(tmp_path)
    source = tmp_path / "solutions" / "source" / HW
    nbformat.write(notebook("double", 3), source / "slope.ipynb")
    with pytest.raises(CourseError, match="graded cell called 'check_double'"):
        release.make(made, HW)
    assert not list(made.release_folder(HW).glob("*.ipynb"))


def test_the_bank_is_one_for_all_notebooks(tmp_path):
    found(tmp_path)
    assert set(bank.reference(HW, tmp_path)) == {"double", "energy"}
    wrong = tmp_path / "solutions" / "bank" / HW / "wrong"
    wrong.mkdir(parents=True)
    text = f'"""Cuts."""\n\nLOSES = {{"energy": 4}}\n\n# %% energy\n{CUT}\n'
    (wrong / "cut.py").write_text(text)
    (answer,) = bank.load(HW, tmp_path)
    sources = {}
    for name in "plain", "slope":
        path = tmp_path / "solutions" / "source" / HW / f"{name}.ipynb"
        filled = bank.fill(nbformat.read(path, as_version=4), answer)
        sources |= {c.id: c.source for c in filled.cells}
    assert sources["energy"] == CUT
    assert sources["double"] == RIGHT["double"]


def test_checks_of_each_notebook_are_the_homeworks():
    check = Checker(HOMEWORK)
    check.student = "Ada"
    assert check.report("double", lambda x: x + x).passed
    with pytest.raises(NotYet, match="energy: 0 of 1"):
        check("energy", lambda x: x.sum())


def test_a_table_of_many_parts_keeps_its_columns():
    parts = {f"check_{n}": 1.0 for n in range(40)}
    row = GradeRow(
        "ada", "Ada", "", "graded", dict.fromkeys(parts, 1.0), 40.0, 0.0, False
    )
    table = render(GradeTable(HW, parts, (row,)))
    heads = table.splitlines()[0].split()
    assert heads[2:28] == list(ascii_uppercase)
    assert heads[28:-1] == [f"A{letter}" for letter in ascii_uppercase[:14]]
    assert "AN 39" in " ".join(table.split())
