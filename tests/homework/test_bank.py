"""Every answer of the bank gets exactly its points and its diagnosis."""

import ast
from collections import Counter

import pytest

from coursekit.grading.marking import flags
from coursekit.grading.publishing import bank
from coursekit.grading.sandbox.contract import Cell
from coursekit.homework.checks.judge import diagnosis

STUDENTS = [("Ada Lovelace", b"a key of these tests"), ("Grace", b"another key")]


def points_lost(findings):
    lost = Counter()
    for finding in findings:
        lost[finding.part] += finding.points - finding.earned
    return {part: points for part, points in lost.items() if points}


@pytest.mark.parametrize("student", STUDENTS, ids=lambda pair: pair[0])
def test_answer_gets_its_points_and_its_diagnosis(hw, answer, student):
    findings = hw.judge_answer(answer, *student)
    assert points_lost(findings) == answer.loses
    told = {part: diagnosis(findings, part) for part in answer.loses}
    assert {part: name for part, name in told.items() if name} == answer.diagnosis


def test_judging_what_has_changed_is_judging_all(hw):
    """One answer of each kind: one that reaches other parts, one that does not."""
    wrong = [answer for answer in hw.answers if not answer.right]
    for many in (True, False):
        answer = next((a for a in wrong if (len(a.loses) > 1) == many), wrong[0])
        whole = hw.judge({**answer.rest, **answer.cells})
        some = hw.judge_answer(answer)
        judged = {finding.part for finding in some}
        assert [f for f in whole if f.part in judged] == list(some)
        assert all(f.passed for f in whole if f.part not in judged)


def test_bank_is_large(hw):
    right = [answer for answer in hw.answers if answer.right]
    wrong = [answer for answer in hw.answers if not answer.right]
    assert len(right) >= 6
    assert len(wrong) >= 15


def test_part_has_a_wrong_answer_in_the_bank(hw, part):
    wrong = [a for a in hw.answers if part.name in set(a.cells) & set(a.loses)]
    place = f"solutions/bank/{hw.name}/wrong"
    assert wrong, f"no answer in {place} has a wrong {part.name!r}"


def test_part_has_right_answers_in_the_bank(hw, part):
    right = [a for a in hw.answers if a.right and part.name in a.cells]
    place = f"solutions/bank/{hw.name}/right"
    assert len(right) >= 2, f"{len(right)} answers in {place} write {part.name!r}"


def test_diagnoses_of_the_bank_exist(hw):
    known = {(m.part, m.name) for m in hw.homework.misconceptions}
    for answer in hw.answers:
        assert set(answer.diagnosis.items()) <= known, answer.name


def results_of(code):
    """Return what a code's functions and lambdas return, as normalised source."""
    nodes = list(ast.walk(ast.parse(code)))
    values = [n.value for n in nodes if isinstance(n, ast.Return) and n.value]
    values += [n.body for n in nodes if isinstance(n, ast.Lambda)]
    return {text for text in map(ast.unparse, values) if len(text) > 12}


def test_bank_does_not_copy_the_misconceptions(hw, root):
    modules = sorted((root / "coursekit" / "homework" / hw.name).glob("*.py"))
    ours = set().union(*(results_of(path.read_text("utf-8")) for path in modules))
    for answer in hw.answers:
        theirs = set().union(*map(results_of, answer.cells.values()))
        assert answer.right or not ours & theirs, answer.name


def test_no_human_need_look_at_what_is_right(hw):
    for answer in (answer for answer in hw.answers if answer.right):
        cells = [Cell(name, code) for name, code in answer.cells.items()]
        assert flags.look(cells, hw.homework) == (), answer.name
    cells = [Cell(name, code) for name, code in hw.reference.items()]
    assert not [f for f in flags.look(cells, hw.homework) if "pasted" not in f]


def test_diagnosis_hangs_on_most_failed_cases(hw1):
    """On one sample many mistakes look alike; all cases together tell them apart."""
    answer = next(a for a in hw1.answers if a.name == "wrong/dft_like_numpy")
    findings = hw1.judge_answer(answer)
    failed = [f for f in findings if f.part == "dft" and not f.passed]
    assert {f.diagnosis for f in failed} == {"sine-sign-flipped"}


# --- the files ------------------------------------------------------------------


def write(tmp_path, text, kind="wrong"):
    path = tmp_path / kind / "answer.py"
    path.parent.mkdir()
    path.write_text(text)
    return path


GOOD = (
    '"""Says something."""\n\nLOSES = {"dft": 1}\n\n# %% dft\ndef dft(x):\n    pass\n'
)


def test_read_answer(tmp_path):
    answer = bank.read(write(tmp_path, GOOD), {"dft": "", "idft": "rest"})
    assert answer.name == "wrong/answer"
    assert answer.cells == {"dft": "def dft(x):\n    pass"}
    assert answer.loses == {"dft": 1.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("# %% dft", "# %% nothing"), "nothing"),
        (("# %% dft\n", ""), "no|above"),
        (('"""Says something."""', "x = 1"), "docstring"),
        (("LOSES =", "LOST ="), "LOSES and DIAGNOSIS"),
        (('LOSES = {"dft": 1}', ""), "LOSES names"),
        (("\n# %%", '\nDIAGNOSIS = {"idft": "a"}\n# %%'), "only"),
    ],
)
def test_broken_answers_are_refused(tmp_path, change, message):
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(ValueError, match=message):
        bank.read(path, {"dft": "", "idft": ""})


def test_a_right_answer_loses_nothing(tmp_path):
    with pytest.raises(ValueError, match="LOSES"):
        bank.read(write(tmp_path, GOOD, "right"), {"dft": ""})


def test_homework_without_a_bank(tmp_path):
    with pytest.raises(FileNotFoundError, match="hw9_none has no bank"):
        bank.load("hw9_none", tmp_path)


def test_fill_writes_answers_and_leaves_the_rest(hw1):
    source = hw1.sources["dft"]
    answer = next(a for a in hw1.answers if a.name == "wrong/dft_scaled")
    filled = bank.fill(source, answer, "Ada")
    cells = {cell["id"]: "".join(cell["source"]) for cell in filled["cells"]}
    assert cells["dft"] == answer.cells["dft"]
    assert cells["idft"] == answer.rest["idft"]
    assert "STUDENT = 'Ada'" in cells["student"]
    assert cells["check-dft"] == 'check("dft", dft)'
    text = "\n".join(source for name, source in cells.items() if name != "why")
    assert hw1.cases.CANARY not in text
    assert "SOLUTION" not in text
    assert 'STUDENT = ""' in "".join(
        "".join(cell["source"]) for cell in source["cells"]
    ), "the notebook given is not changed"
