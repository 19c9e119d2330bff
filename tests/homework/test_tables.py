"""Each homework's tables: points, cases, misconceptions, what may not be called."""

import importlib
from collections import defaultdict

import pytest

from coursekit.homework.checks.answers import Value, copy_of, plain
from coursekit.homework.checks.calls import NoAnswerError, call
from coursekit.homework.checks.cases import draw
from coursekit.homework.checks.compare import Comparison
from coursekit.homework.checks.judge import judge
from coursekit.syllabus import lecture

STUDENTS = [f"student {n}" for n in range(6)]


def test_no_homework_lacks_a_piece(missing_pieces):
    assert missing_pieces == []


def test_points_add_up(hw):
    for part in hw.homework.parts:
        assert sum(c.points for c in hw.homework.cases(part.name)) == part.points


def test_each_function_has_visible_and_hidden_cases(hw):
    for part in hw.homework.parts:
        kinds = {hw.homework.is_visible(c) for c in hw.homework.cases(part.name)}
        assert kinds == ({True} if part.is_value else {True, False}), part.name


def test_hidden_cases_are_worth_the_larger_half(hw):
    values = {part.name for part in hw.homework.parts if part.is_value}
    hidden = sum(c.points for c in hw.homework.hidden)
    visible = sum(c.points for c in hw.homework.visible if c.part not in values)
    assert hidden > visible


def test_visible_cases_carry_a_hint_and_all_a_reason(hw):
    assert all(case.hint for case in hw.homework.visible)
    assert all(case.because for case in hw.homework.hidden)


def test_forbidden_names_exist(hw):
    for name in hw.homework.forbidden:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            module, _, function = name.rpartition(".")
            found = getattr(importlib.import_module(module), function)
            assert callable(found), name
            home = (found.__module__ or module).partition(".")[0]
            assert home == module.partition(".")[0], name


def test_lectures_exist(hw):
    for part in hw.homework.parts:
        assert lecture(part.lecture).homework == hw.name


@pytest.mark.parametrize("student", STUDENTS[:3])
def test_reference_answers_are_right(hw, student):
    homework = hw.homework
    for case, args in hw.drawn(student, b"key"):
        answer = Value(plain(call(case.mode, case.reference, copy_of(args))))
        assert judge(homework, case, args, answer).passed, (case.part, case.name)


def test_cases_draw_the_same_again_and_something_else_for_others(hw):
    changes = defaultdict(set)
    for student in STUDENTS:
        for case, args in hw.drawn(student, b"key"):
            if student == STUDENTS[0]:
                again = draw(hw.homework, case, student, key_of(hw, case))
                assert repr(again) == repr(args), case.name
            changes[case.part].add(repr(args))
    assert all(len(seen) > 3 for seen in changes.values())


def key_of(hw, case):
    return b"" if hw.homework.is_visible(case) else b"key"


def test_hidden_inputs_hang_on_the_key(hw):
    one, two = (hw.drawn("Ada", key) for key in (b"one", b"two"))
    differ = {
        case.part
        for (case, a), (_, b) in zip(one, two, strict=True)
        if repr(a) != repr(b)
    }
    assert differ == {part.name for part in hw.homework.parts if not part.is_value}


# --- misconceptions -------------------------------------------------------------


def agreements(hw, part, student):
    """Return which misconceptions give which others' answers, over visible cases."""
    homework = hw.students.HOMEWORK
    mistakes = [m for m in homework.misconceptions if m.part == part.name]
    same = {(a.name, b.name): True for a in mistakes for b in mistakes}
    right = {m.name: True for m in mistakes}
    for case in homework.cases(part.name):
        args = draw(homework, case, student)
        compare = Comparison(part, case.rtol, case.atol).fault
        answers = {}
        for mistake in mistakes:
            try:
                wrong = call(case.mode, mistake.wrong, copy_of(args))
                answers[mistake.name] = plain(wrong)
            except (ArithmeticError, ValueError, TypeError, LookupError, NoAnswerError):
                answers[mistake.name] = None
        for a, got in answers.items():
            right[a] &= judge(homework, case, args, Value(got)).passed
            for b, other in answers.items():
                same[a, b] &= compare(other, got) is None
    return same, right


@pytest.mark.parametrize("student", STUDENTS[:2])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_misconceptions_differ_from_the_right_and_from_each_other(hw, part, student):
    same, right = agreements(hw, part, student)
    assert not [name for name, is_right in right.items() if is_right]
    assert not [pair for pair, is_same in same.items() if is_same and len({*pair}) > 1]


def test_each_function_has_misconceptions(hw):
    for part in hw.homework.parts:
        named = [m for m in hw.homework.misconceptions if m.part == part.name]
        assert len(named) >= (0 if part.is_value else 3), part.name
    assert len({m.name for m in hw.homework.misconceptions}) >= 10


def test_sentences_are_sentences(hw):
    for mistake in hw.homework.misconceptions:
        assert not mistake.sentence.endswith((".", " "))
        assert len(mistake.sentence) < 160
        assert mistake.name == mistake.name.lower().replace(" ", "-")
