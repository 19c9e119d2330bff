"""Each homework's tables: points, cases, misconceptions, what may not be called."""

import importlib
import subprocess
import sys
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


def test_part_has_a_visible_case(hw, part):
    seen = [c for c in hw.homework.cases(part.name) if hw.homework.is_visible(c)]
    assert seen, f"{hw.name}: no visible case asks for {part.name!r}"


def test_function_has_a_hidden_case_and_a_value_none(hw, part):
    hidden = [c for c in hw.homework.hidden if c.part == part.name]
    assert bool(hidden) != part.is_value, (
        f"{hw.name}: solutions/cases/{hw.name}.py asks {len(hidden)} times for "
        f"{part.name!r}"
    )


def test_hidden_cases_are_worth_the_larger_half(hw):
    values = {part.name for part in hw.homework.parts if part.is_value}
    hidden = sum(c.points for c in hw.homework.hidden)
    visible = sum(c.points for c in hw.homework.visible if c.part not in values)
    assert hidden > visible


def test_visible_cases_carry_a_hint_and_all_a_reason(hw):
    assert all(case.hint for case in hw.homework.visible)
    assert all(case.because for case in hw.homework.hidden)


def test_forbidden_names_exist(hw):
    """A name that a move has left behind forbids nothing."""
    for name in hw.homework.forbidden:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            module, _, function = name.rpartition(".")
            found = getattr(importlib.import_module(module), function, None)
            assert callable(found), name
            home = found.__module__ or module
            assert home.partition(".")[0] == module.partition(".")[0], name
            # Where the course defines it: elsewhere a guard would miss all other uses.
            assert not name.startswith("coursekit.") or home == module, name


def test_right_answers_of_the_course_are_forbidden(hw):
    for case in (*hw.homework.visible, *hw.homework.hidden):
        name = f"{case.reference.__module__}.{case.reference.__qualname__}"
        if name.startswith("coursekit.") and "<lambda>" not in name:
            assert name in hw.homework.forbidden, (case.part, case.name)


UNGUARDED = """
import importlib, pkgutil, sys
from types import FunctionType
from coursekit.grading.inside.guards import Guards

name, forbidden = sys.argv[1], set(sys.argv[2:])
Guards(forbidden, "/submission").install()
folder = importlib.import_module(f"coursekit.homework.{name}")
for module in pkgutil.iter_modules(folder.__path__, folder.__name__ + "."):
    importlib.import_module(module.name)
for place, module in sorted(sys.modules.items()):
    for attribute, thing in vars(module).items() if "coursekit" in place else ():
        made = thing.__init__ if isinstance(thing, type) else thing
        home, own = (getattr(thing, f"__{n}__", "") for n in ("module", "qualname"))
        if f"{home}.{own}" in forbidden and isinstance(made, FunctionType):
            guarded = made.__code__.co_name == "guarded"
            print(f"{place}.{attribute}", "guarded" if guarded else "open")
"""


def test_no_module_holds_what_is_forbidden_unguarded(hw):
    """Whichever module of the course a student looks into, the guard is there."""
    told = subprocess.run(
        [sys.executable, "-c", UNGUARDED, hw.name, *hw.homework.forbidden],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert [line for line in told if not line.endswith(" guarded")] == []
    assert {line.split()[0] for line in told} >= {
        name for name in hw.homework.forbidden if name.startswith("coursekit.")
    }


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
