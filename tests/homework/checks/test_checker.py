"""``check(...)`` in a notebook, in Validate, in plain Python, and nowhere."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from coursekit.homework.checks import checker as module
from coursekit.homework.checks.cases import Case, Homework, Part
from coursekit.homework.checks.checker import ANYONE, Checker, NotYet, student_name

PARTS = (Part("double", 3, "01_dft"), Part("frame", 1, "02_stft", is_value=True))
HOMEWORK = Homework(
    "hw",
    PARTS,
    (
        Case("double", "some", lambda rng: (rng.random(4),), lambda x: 2 * x, 1),
        Case("double", "none", lambda rng: (np.zeros(2),), lambda x: 2 * x, 1),
        Case("frame", "any", lambda rng: (), lambda: 1, 1, judge=lambda a: None),
    ),
)


@pytest.fixture
def check():
    return Checker(HOMEWORK)


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


def double(x):
    return x + x


def squares(x):
    return x * x


def test_passing_check_is_quiet_and_returns_nothing(check, capsys):
    assert check("double", double) is None
    assert capsys.readouterr().out.startswith("double: 2 of 2 checks passed, 2 of 2")


def test_failing_check_raises_with_its_report(check, capsys):
    with pytest.raises(NotYet, match="double: 1 of 2 checks passed") as raised:
        check("double", squares)
    assert str(raised.value.report) in capsys.readouterr().out
    assert [f.case for f in raised.value.report.findings if not f.passed] == ["some"]


def test_points_to_come_are_the_hidden_ones(check):
    assert check.report("double", double).to_come == 1.0
    assert check.report("frame", 3).to_come == 0.0


def test_unknown_part_is_named(check):
    with pytest.raises(ValueError, match="no part 'dubble'; its parts are 'double'"):
        check("dubble", double)


def test_nothing_given(check):
    statuses = {f.status for f in check.findings("double")}
    assert statuses == {"missing"}


# --- students -------------------------------------------------------------------


def test_each_student_has_own_data(check):
    asked = {}

    def remember(x):
        asked.setdefault(check.student, []).append(x.copy())
        return 2 * x

    for name in ("Ada", "Grace", " ada ", ""):
        check.student = name
        assert check.report("double", remember).passed
    ada, grace, again = asked["Ada"], asked["Grace"], asked["ada"]
    assert np.array_equal(ada[0], again[0])
    assert not np.array_equal(ada[0], grace[0])
    assert ANYONE in asked


def test_without_a_name_there_is_a_note(check):
    assert "write your name" in check.report("double", double).note
    check.student = "Ada"
    assert check.report("double", double).note == ""


@pytest.mark.parametrize("name", [None, 3, "", " ", "x" * 101, ["Ada"]])
def test_what_is_no_name(check, name):
    check.student = name
    assert check.student == ANYONE == student_name(name)


# --- where it is shown ----------------------------------------------------------


def test_notebook_shows_html_and_one_line(check, shell):
    shell.user_ns["check"], shell.user_ns["squares"] = check, squares
    with capture_output() as shown:
        result = shell.run_cell('check("double", squares)')
    assert isinstance(result.error_in_exec, NotYet)
    (display,) = shown.outputs
    assert display.data["text/html"] == result.error_in_exec.report._repr_html_()
    assert display.data["text/plain"] == str(result.error_in_exec.report)
    assert shown.stdout == ("Not yet: double: 1 of 2 checks passed, 1 of 2 points\n")
    assert shown.stderr == ""


def test_validate_reads_the_report(check, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    error = NotYet(check.report("double", squares))
    lines = error._render_traceback_()
    assert "\n".join(lines) == str(error.report)
    assert any("not yet  some" in line for line in lines)
    assert not any("Traceback" in line or ".py" in line for line in lines)


def test_inert_checks_do_nothing(check, capsys):
    module.inert()
    try:
        assert check("double", squares) is None
        assert check("no such part") is None
    finally:
        module.inert(False)
    assert capsys.readouterr().out == ""
    with pytest.raises(NotYet):
        check("double", squares)
