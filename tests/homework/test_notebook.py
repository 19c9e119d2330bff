"""Each homework's notebooks: well formed, no leaks, and their reference is right."""

import json
import re
from html import unescape

import nbformat
from nbclient import NotebookClient
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearMarkScheme, ClearSolutions

from coursekit.grading.publishing import bank
from coursekit.homework.checks.judge import diagnosis


def notebook_of(hw, stem):
    return nbformat.reads(json.dumps(hw.sources[stem]), 4)


def release_of(hw, stem):
    """The student version, as nbgrader makes it."""
    released = notebook_of(hw, stem)
    for step in (ClearSolutions(), ClearMarkScheme()):
        released, _ = step.preprocess(released, {})
    return released


def graded(notebook):
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }


def parts_of(hw, stem):
    return [p for p in hw.homework.parts if p.name in hw.solutions(stem)]


def test_notebook_is_valid(hw, stem):
    notebook = notebook_of(hw, stem)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    for cell in graded(notebook).values():
        assert cell.metadata.nbgrader.schema_version == 3


def test_committed_without_outputs(hw, stem):
    for cell in notebook_of(hw, stem).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_cells_and_grade_ids_are_words_and_unique(hw):
    names = []
    for stem in hw.stems:
        notebook = notebook_of(hw, stem)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        names += graded(notebook)
        for name in (*ids, *graded(notebook)):
            assert re.fullmatch(r"[a-z]+([-_][a-z]+)*", name), name
    assert len(set(names)) == len(names), "grade_ids are unique in the homework"


def test_each_part_has_its_two_cells(hw, part):
    notebook = notebook_of(hw, hw.notebook_of(part.name))
    cells = graded(notebook)
    solution, check = cells[part.name], cells[part.grade_id]
    meta = check.metadata.nbgrader
    assert (meta.points, meta.grade, meta.locked) == (part.points, True, True)
    assert check.source == f'check("{part.name}", {part.name})'
    assert "raises-exception" in check.metadata.tags
    assert solution.metadata.nbgrader.solution
    assert "### BEGIN SOLUTION" in solution.source


def test_points_are_those_of_parts_and_rubrics_and_stand_in_the_text(hw, stem):
    cells = graded(notebook_of(hw, stem))
    parts = parts_of(hw, stem)
    assert parts
    marked = {n: c for n, c in cells.items() if "points" in c.metadata.nbgrader}
    tasks = {n: c for n, c in marked.items() if c.metadata.nbgrader.task}
    assert set(marked) - set(tasks) == {part.grade_id for part in parts}
    for name, task in tasks.items():
        rubric = task.source.partition("=== BEGIN MARK SCHEME ===")[2]
        marks = [int(n) for n in re.findall(r"\*(\d+) points\*", rubric)]
        assert sum(marks) == task.metadata.nbgrader.points, name
    by_checks = sum(part.points for part in parts)
    by_hand = sum(task.metadata.nbgrader.points for task in tasks.values())
    text = " ".join(notebook_of(hw, stem).cells[0].source.split())
    said = f"**Points:** {by_checks + by_hand:g}, "
    if tasks:
        said += (
            f"of which {by_checks:g} are given by the checks and {by_hand:g} for an "
        )
        said += "answer in writing."
    assert said in text


def test_release_holds_no_solutions(hw, stem):
    release = release_of(hw, stem)
    text = "\n".join(cell.source for cell in release.cells)
    assert hw.cases.CANARY not in text
    assert "SOLUTION" not in text
    assert "MARK SCHEME" not in text
    assert not re.search(r"\*\d+ points\*", text)
    for part in parts_of(hw, stem):
        stub = graded(release)[part.name].source
        assert "raise NotImplementedError()" in stub
        assert hw.reference[part.name].splitlines()[-1] not in stub.splitlines()


def test_each_solution_holds_the_canary(hw, stem):
    cells = graded(notebook_of(hw, stem))
    for part in parts_of(hw, stem):
        source = cells[part.name].source
        inside = source.partition("BEGIN SOLUTION")[2].partition("END SOLUTION")[0]
        assert hw.cases.CANARY in inside


def test_canaries_are_each_homeworks_own(all_hw):
    assert len({hw.cases.CANARY for hw in all_hw}) == len(all_hw)


def test_reference_gets_full_marks(hw):
    for student, key in (("Ada Lovelace", b"a key of these tests"), ("Grace", b"b")):
        findings = hw.judge(hw.reference, student, key)
        assert [(f.part, f.case) for f in findings if not f.passed] == []
        points = sum(part.points for part in hw.homework.parts)
        assert sum(f.earned for f in findings) == points


def test_empty_release_gets_nothing(hw):
    cells = {}
    for stem in hw.stems:
        release = graded(release_of(hw, stem))
        cells |= {name: release[name].source for name in hw.solutions(stem)}
    findings = hw.judge(cells)
    assert {f.status for f in findings} == {"not-written"}
    assert sum(f.earned for f in findings) == 0


def test_nothing_at_all_gets_nothing(hw):
    assert {f.status for f in hw.judge({})} == {"missing"}


def told_at_once(hw, stem):
    """Return a wrong answer to this notebook alone that its checks diagnose."""
    here = set(hw.solutions(stem))
    for answer in hw.answers:
        if answer.diagnosis and set(answer.cells) | set(answer.loses) <= here:
            found = [f for f in hw.judge_answer(answer) if f.visible]
            told = {part: diagnosis(found, part) for part in answer.diagnosis}
            if told == answer.diagnosis:
                return answer
    raise AssertionError(f"no wrong answer in {stem} is diagnosed by visible cases")


def with_a_wrong_answer(notebook, answer, parts):
    """Add the wrong cells and their checks at the end, to be run after all else."""
    cells = graded(notebook)
    for name, code in answer.cells.items():
        added = nbformat.v4.new_code_cell(code, id=f"wrong-{name.replace('_', '-')}")
        notebook.cells.append(added)
    for part in parts:
        again = cells[part.grade_id].copy()
        again.id = f"again-{part.name.replace('_', '-')}"
        notebook.cells.append(again)
    return notebook


def test_notebook_runs_and_shows_its_reports(hw, stem, tmp_path):
    """The reference in a real kernel, then a wrong answer, to see Run All go on."""
    answer = told_at_once(hw, stem)
    reference = bank.BankAnswer("", tmp_path, True, "", {}, {}, {}, hw.reference)
    filled = bank.fill(notebook_of(hw, stem), reference, "Ada")
    parts = parts_of(hw, stem)
    with_a_wrong_answer(filled, answer, parts)
    NotebookClient(
        filled, timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()
    cells = {cell.id: cell for cell in filled.cells}
    for part in parts:
        outputs = cells[f"check-{part.name.replace('_', '-')}"].outputs
        kinds = [output.output_type for output in outputs]
        assert kinds == ["display_data"], (part.name, outputs)
        assert "write your name" not in outputs[0].data["text/plain"]
    sentences = {(m.part, m.name): m.sentence for m in hw.homework.misconceptions}
    for part, name in answer.diagnosis.items():
        outputs = cells[f"again-{part.replace('_', '-')}"].outputs
        # A wrong answer may warn of a division by zero before it is told.
        report, error = (o for o in outputs if o.output_type != "stream")
        assert sentences[part, name][1:] in unescape(report.data["text/html"])
        assert error.ename == "NotYet"
        assert len(error.traceback) == 1
    for cell in filled.cells:
        if cell.cell_type == "code" and not cell.id.startswith("again-"):
            kinds = {output.output_type for output in cell.outputs}
            assert "error" not in kinds, cell.id
            shown = "play(" in cell.source or "plots." in cell.source
            assert not shown or kinds & {"display_data", "execute_result"}, cell.id
