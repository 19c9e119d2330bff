"""The verdict inside nbgrader: real converters, a real gradebook, the command."""

import dataclasses
import html
import json
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import determine_grade
from traitlets.config import Config, PyFileConfigLoader

from coursekit.grading.marking import load, outputs, preprocessor
from coursekit.grading.marking.verdict import Verdict
from coursekit.grading.sandbox.contract import CellError
from coursekit.homework.checks.cases import draw
from coursekit.homework.checks.judge import Finding, Status

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")


def cell(source, grade_id="", **mine):
    made = nbformat.v4.new_code_cell(source)
    if grade_id:
        known = {"grade": False, "solution": False, "locked": False, "task": False}
        made.metadata["nbgrader"] = {
            **{"grade_id": grade_id, "schema_version": 3, **known},
            **mine,
        }
    return made


def check(part, points, source="check()"):
    return cell(source, f"check_{part}", grade=True, locked=True, points=points)


def notebook(*cells):
    made = nbformat.v4.new_notebook(cells=list(cells))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made.metadata["kernelspec"] = kernel
    return made


def source():
    stub = "### BEGIN SOLUTION\nx = 'canary of the solution'\n### END SOLUTION"
    return notebook(
        cell("import numpy as np", "setup", locked=True),
        cell(stub, "double", solution=True),
        check("double", 3),
        cell(stub, "waves", solution=True),
        check("waves", 4),
        cell(stub, "size", solution=True),
        check("size", 2),
        cell("1", "by_hand", grade=True, solution=True, points=5),
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory, toy_course):
    root = toy_course(tmp_path_factory.mktemp("course") / "course", source())
    before = os.getcwd()
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    api = NbGraderAPI(config=Config(config))
    assert api.generate_assignment("toy", create=True)["success"]
    yield root, api
    os.chdir(before)


@pytest.fixture(scope="module")
def right(toy):
    full = dataclasses.replace(toy.HOMEWORK)
    size = draw(full, toy.VISIBLE[2], "Ada")[0]
    double, waves = toy.RIGHT.split("\ndef waves")
    return {
        "double": "STUDENT = 'Ada'\n" + double.strip(),
        "waves": "import warnings\nwarnings.warn('careful')\ndef waves" + waves,
        "size": f"size = {size}",
    }


def released(root):
    return nbformat.read(root / "assignments" / "toy" / "waves.ipynb", as_version=4)


def hand_in(root, student, answers, change=lambda cells: cells):
    mine = released(root)
    for each in mine.cells:
        each.source = answers.get(each.metadata.nbgrader.grade_id, each.source)
    mine.cells = change(mine.cells)
    folder = root / "submitted" / student / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(mine, folder / "waves.ipynb")


def scores(root, student):
    with Gradebook(f"sqlite:///{root}/gradebook.db", "course") as book:
        found = book.find_submission_notebook("waves", "toy", student)
        return {grade.name: grade.auto_score for grade in found.grades}


def autograde(course, student):
    root, api = course
    result = api.autograde("toy", student, force=True)
    assert result["success"], result["log"]
    path = root / "autograded" / student / "toy" / "waves.ipynb"
    return nbformat.read(path, as_version=4)


FULL = {"check_double": 3.0, "check_waves": 4.0, "check_size": 2.0, "by_hand": 0.0}
NONE = dict.fromkeys(FULL, 0.0)


# --- the cycle ------------------------------------------------------------------


def test_full_is_full_also_with_warnings(course, right):
    hand_in(course[0], "ada", right)
    graded = autograde(course, "ada")
    assert scores(course[0], "ada") == FULL
    record = graded.metadata["coursekit"]
    assert (record["status"], record["flags"]) == ("graded", [])
    assert Verdict.from_dict(record["verdict"]).total == 9.0


def test_an_empty_release_earns_zero_and_is_not_waiting(course):
    hand_in(course[0], "eve", {})
    autograde(course, "eve")
    assert scores(course[0], "eve") == NONE


def test_a_part_of_the_points(course, right):
    mine = {**right, "waves": "def waves(x): return np.array(1", "size": "size = '2'"}
    hand_in(course[0], "bob", mine)
    graded = autograde(course, "bob")
    assert scores(course[0], "bob") == {**NONE, "check_double": 3.0}
    assert graded.metadata["coursekit"]["status"] == "syntax"
    by_id = {c.metadata.nbgrader.grade_id: c for c in graded.cells}
    (error,) = by_id["waves"].outputs
    assert (error.output_type, error.ename) == ("error", "SyntaxError")
    banner, report, result = by_id["check_double"].outputs
    assert "Python cannot read a cell" in banner.data["text/plain"]
    assert "double: 2 of 2 checks passed" in report.data["text/plain"]
    assert result.data["text/plain"] == "3.0"
    assert len(by_id["check_waves"].outputs) == 2


def drop_tests(cells):
    return [c for c in cells if not c.metadata.nbgrader.grade_id.startswith("check_d")]


def double_tests(cells):
    return [*cells, *(check("waves", 4, "100.0") for _ in range(2))]


def edit_tests(cells):
    for each in cells:
        if each.metadata.nbgrader.grade:
            each.source = "import os; os._exit(0)"
            each.metadata.nbgrader["points"] = 1000
    return cells


@pytest.mark.filterwarnings("ignore:Cell is missing an id")
@pytest.mark.parametrize("change", [drop_tests, double_tests, edit_tests])
def test_what_is_done_to_the_tests_changes_no_points(course, right, change):
    hand_in(course[0], change.__name__, right, change)
    autograde(course, change.__name__)
    wanted = {**FULL, "by_hand": None} if change is edit_tests else FULL
    assert scores(course[0], change.__name__) == wanted


HOSTILE = {
    "double": "def double(x): return '<script>alert(1)</script>'",
    "waves": "def waves(x): raise ValueError('<img src=x onerror=alert(2)>' + repr(x))",
    "size": "get_ipython().input_transformers_post.append(lambda lines: ['100.0'])\n"
    "print('<script>alert(3)</script>')\nraise ValueError('</pre><script>4')",
}


def test_feedback_says_what_it_may_and_nothing_runs_in_it(course):
    root, api = course
    hand_in(root, "mallory", HOSTILE)
    graded = autograde(course, "mallory")
    assert scores(root, "mallory") == NONE
    result = api.generate_feedback("toy", "mallory")
    assert result["success"], result["log"]
    page = (root / "feedback" / "mallory" / "toy" / "waves.html").read_text()
    assert "an array" in page
    assert "the call raised an exception" in page.lower()
    outputs = json.dumps([c.get("outputs") for c in graded.cells])
    assert "<script>" not in "".join(
        o.data["text/html"]
        for c in graded.cells
        for o in c.get("outputs", [])
        if o.output_type == "display_data"
    )
    assert "onerror" in html.unescape(page)  # the visible case says it, escaped
    assert "<img src=x onerror" not in page
    assert "<script>4" not in page
    assert str(Path(preprocessor.__file__).parent) not in page + outputs
    assert "coursekit-" not in page


def test_the_command_gives_the_same_marks(course, right):
    root, _ = course
    hand_in(root, "carol", right)
    command = [sys.executable, "-m", "nbgrader", "autograde", "toy", "--force"]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(root), "HOME": str(root)}
    done = subprocess.run(
        [*command, "--student", "carol"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert scores(root, "carol") == FULL


def test_the_secret_is_made_once_and_for_its_owner(course):
    path = course[0] / "secret.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert load.read_secret(path) == path.read_bytes().strip()
    assert len(path.read_bytes().strip()) == 64
    assert not list(course[0].glob(".secret-*"))


# --- alone ----------------------------------------------------------------------


def test_a_secret_that_is_none_is_refused(tmp_path):
    path = tmp_path / "secret.key"
    path.write_text("short")
    path.chmod(0o600)
    with pytest.raises(NbGraderException, match="holds 5 bytes, too few"):
        load.read_secret(path)
    path.chmod(0o644)
    with pytest.raises(NbGraderException, match=r"others may read .*chmod 600"):
        load.read_secret(path)


def test_whoever_makes_the_secret_first_wins(tmp_path, monkeypatch):
    path = tmp_path / "secret.key"
    first = load.read_secret(path)
    load._make_secret(path)
    assert load.read_secret(path) == first


@pytest.mark.parametrize("name", ["nothing_like_it", "../cases", "judge.py", "Toy"])
def test_an_unknown_homework_is_an_error_that_says_so(tmp_path, name):
    with pytest.raises(NbGraderException, match="there is no homework"):
        load.load_homework(name, tmp_path)


def test_a_module_that_is_no_homework_and_missing_cases_are_errors(tmp_path, toy):
    with pytest.raises(NbGraderException, match="has no HOMEWORK"):
        load.load_homework("checks", tmp_path)
    module = ModuleType("coursekit.homework.toy2")
    module.__spec__ = ModuleSpec("coursekit.homework.toy2", None)
    module.HOMEWORK = toy.HOMEWORK
    sys.modules[module.__name__] = module
    with pytest.raises(NbGraderException, match=r"hidden cases are missing.*toy2\.py"):
        load.load_homework("toy2", tmp_path)
    del sys.modules[module.__name__]


@pytest.mark.parametrize(
    ("made", "match"),
    [
        (check("triple", 3), "'check_triple' is graded, but toy has no part for it"),
        (check("double", 30), "worth 30 points in the notebook, but 3 in the tables"),
    ],
)
def test_a_notebook_that_does_not_fit_its_tables_is_an_error(toy, made, match):
    with pytest.raises(NbGraderException, match=match):
        load.graded_parts(notebook(made), toy.HOMEWORK)


def finding(earned, worth, **more):
    status = Status.PASSED if earned else Status.VALUE
    return Finding("double", "a number", worth, earned, status, "off", **more)


@pytest.mark.parametrize("earned", [0.0, 1e-9, 0.1 + 0.2, 2.5, 3.0])
def test_nbgrader_reads_exactly_the_points(toy, earned):
    found = (finding(earned, 3.0, error=float("inf"), visible=False),)
    verdict = Verdict("toy", "ada", "Ada", "crash", {"double": earned}, found)
    made = notebook(check("double", 3))
    outputs.write(made, verdict, toy.HOMEWORK)
    assert determine_grade(made.cells[0]) == (earned, 3.0)
    json.dumps(made.metadata["coursekit"], allow_nan=False)
    nbformat.validate(made)


def test_an_error_is_shown_without_control_characters(toy):
    error = CellError("cell 1", "Value\x1b[31mError", "a\x07b\nc", line=3)
    verdict = Verdict("toy", "ada", "Ada", "graded", {"double": 0.0}, (), (error,))
    made = notebook(cell("1 / 0"), check("double", 3))
    outputs.write(made, verdict, toy.HOMEWORK)
    (output,) = made.cells[0].outputs
    assert output.traceback == ["in line 3 of this cell:", "Value[31mError: ab\nc"]
    nbformat.validate(made)
