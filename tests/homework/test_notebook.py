"""The homework's notebook: well formed, no leaks, and its reference is right."""

import json
import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearMarkScheme, ClearSolutions
from nbgrader.validator import Validator

from coursekit.grading import bank
from coursekit.homework.hw1_dft import HOMEWORK


@pytest.fixture(scope="module")
def notebook(source):
    return nbformat.reads(json.dumps(source), 4)


@pytest.fixture
def release(source):
    """The student version, as nbgrader makes it."""
    released = nbformat.reads(json.dumps(source), 4)
    for step in (ClearSolutions(), ClearMarkScheme()):
        released, _ = step.preprocess(released, {})
    return released


def graded(notebook):
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }


def test_notebook_is_valid(notebook):
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    for cell in graded(notebook).values():
        assert cell.metadata.nbgrader.schema_version == 3


def test_committed_without_outputs(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_cells_and_grade_ids_are_words_and_unique(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for name in (*ids, *graded(notebook)):
        assert re.fullmatch(r"[a-z]+([-_][a-z]+)*", name), name


@pytest.mark.parametrize("part", HOMEWORK.parts, ids=lambda part: part.name)
def test_each_part_has_its_two_cells(notebook, part):
    cells = graded(notebook)
    solution, check = cells[part.name], cells[part.grade_id]
    meta = check.metadata.nbgrader
    assert (meta.points, meta.grade, meta.locked) == (part.points, True, True)
    assert check.source == f'check("{part.name}", {part.name})'
    assert "raises-exception" in check.metadata.tags
    assert solution.metadata.nbgrader.solution
    assert "### BEGIN SOLUTION" in solution.source


def test_points_and_what_is_marked_by_hand(notebook):
    points = {
        name: cell.metadata.nbgrader.points
        for name, cell in graded(notebook).items()
        if "points" in cell.metadata.nbgrader
    }
    assert sum(points.values()) == 40
    assert set(points) == {p.grade_id for p in HOMEWORK.parts} | {"why_resolution"}
    task = graded(notebook)["why_resolution"]
    assert task.metadata.nbgrader.task
    assert task.metadata.nbgrader.points == 10
    rubric = task.source.partition("=== BEGIN MARK SCHEME ===")[2]
    marks = [int(n) for n in re.findall(r"\*(\d+) points\*", rubric)]
    assert sum(marks) == 10


def test_release_holds_no_solutions(root, release, hidden_cases):
    text = "\n".join(cell.source for cell in release.cells)
    assert hidden_cases.CANARY not in text
    assert "SOLUTION" not in text
    assert "MARK SCHEME" not in text
    assert "points for part" not in text
    for part in HOMEWORK.parts:
        assert "raise NotImplementedError()" in graded(release)[part.name].source
        lines = bank.reference("hw1_dft", root)[part.name].splitlines()
        assert lines[-1] not in graded(release)[part.name].source.splitlines()


def test_each_solution_holds_the_canary(notebook, hidden_cases):
    for part in HOMEWORK.parts:
        source = graded(notebook)[part.name].source
        inside = source.partition("BEGIN SOLUTION")[2].partition("END SOLUTION")[0]
        assert hidden_cases.CANARY in inside


def test_solutions_use_no_ready_made_transform(root):
    for code in bank.reference("hw1_dft", root).values():
        assert not re.search(r"\bfft\b|fourier|scipy|librosa|import", code)


def test_reference_gets_full_marks(root, judge_cells, homework):
    findings = judge_cells(bank.reference("hw1_dft", root))
    assert [(f.part, f.case) for f in findings if not f.passed] == []
    assert sum(f.earned for f in findings) == 30


def test_empty_release_gets_nothing(release, judge_cells):
    cells = {part.name: graded(release)[part.name].source for part in HOMEWORK.parts}
    findings = judge_cells(cells)
    assert {f.status for f in findings} == {"not-written"}
    assert sum(f.earned for f in findings) == 0


def test_nothing_at_all_gets_nothing(judge_cells):
    findings = judge_cells({})
    assert {f.status for f in findings} == {"missing"}


def test_notebook_runs_and_shows_its_reports(notebook, root, tmp_path):
    """The reference in a real kernel, with a wrong answer to see Run All go on."""
    answers = {a.name: a for a in bank.load("hw1_dft", root)}
    filled = bank.fill(notebook, answers["wrong/dft_like_numpy"], "Ada")
    client = NotebookClient(
        filled, timeout=60, resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    cells = {cell.id: cell for cell in filled.cells}
    for part in HOMEWORK.parts:
        outputs = cells[f"check-{part.name.replace('_', '-')}"].outputs
        kinds = [output.output_type for output in outputs]
        if part.name == "dft":
            assert kinds == ["display_data", "error"]
            assert "sign flipped: numpy writes it so" in outputs[0].data["text/html"]
            assert outputs[1].ename == "NotYet"
            assert len(outputs[1].traceback) == 1
        else:
            assert kinds == ["display_data"], (part.name, outputs)
            assert "write your name" not in outputs[0].data["text/plain"]
    for name in (
        "together-sound",
        "together-picture",
        "look-at-tones-here",
        "look-at-clicks-here",
        "tones",
        "clicks",
    ):
        kinds = {output.output_type for output in cells[name].outputs}
        assert "error" not in kinds, name
        assert kinds & {"display_data", "execute_result"}, name


def test_validate_says_which_case_failed_and_why(notebook, root, tmp_path):
    """nbgrader's Validate, on the cells that one check needs."""
    answers = {a.name: a for a in bank.load("hw1_dft", root)}
    filled = bank.fill(notebook, answers["wrong/dft_scaled"], "Ada")
    keep = {"imports", "student", "dft-matrix", "dft", "check-dft", "check-dft-matrix"}
    filled.cells = [cell for cell in filled.cells if cell.id in keep]
    nbformat.write(filled, tmp_path / "dft.ipynb")
    result = Validator().validate(str(tmp_path / "dft.ipynb"))
    (failed,) = result["failed"]
    assert failed["source"] == 'check("dft", dft)'
    error = failed["raw_error"]
    assert error.startswith("dft: 0 of 3 checks passed")
    assert "not yet  a constant" in error
    assert "divided by N: the forward transform is unscaled" in " ".join(error.split())
    assert "Traceback" not in error
    assert ".py" not in error
