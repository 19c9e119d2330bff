"""Marks: who earns what, and what nobody earns."""

import dataclasses
import json

import numpy as np
import pytest

from coursekit.grading.marking import flags
from coursekit.grading.marking.verdict import (
    Submission,
    Verdict,
    chosen,
    hidden_key,
    mark,
    points,
)
from coursekit.grading.sandbox.contract import Cell, Limits, Transcript
from coursekit.grading.sandbox.local import LocalRunner
from coursekit.homework.checks.answers import Lost, Value
from coursekit.homework.checks.cases import draw

SECRET = b"0123456789abcdef0123456789abcdef"
FULL = {"double": 3.0, "waves": 4.0, "size": 2.0}


def code(source, grade_id=None, **mine):
    cell = {"cell_type": "code", "source": source, "metadata": {}}
    if grade_id:
        cell["metadata"] = {"nbgrader": {"grade_id": grade_id, **mine}}
    return cell


def hand_in(*sources, student="ada", **more):
    cells = [code("import numpy as np"), *map(code, sources)]
    return Submission(student, {"cells": cells}, **more)


@pytest.fixture(scope="module")
def homework(toy):
    full = dataclasses.replace(toy.HOMEWORK, forbidden=toy.FORBIDDEN)
    return full.with_hidden(toy.HIDDEN)


@pytest.fixture(scope="module")
def right(toy, homework):
    """Everything as it should be, for the student who is called Ada."""
    size = draw(homework, homework.cases("size")[0], "Ada")[0]
    return f"STUDENT = 'Ada'\n{toy.RIGHT}\nsize = {size}"


def grade(submission, homework, secret=SECRET):
    return mark(submission, homework, secret, LocalRunner())


@pytest.fixture(scope="module")
def full(homework, right):
    return grade(hand_in(right), homework)


# --- right and wrong ----------------------------------------------------------


def test_the_right_answer_earns_everything(full):
    assert full.points == FULL
    assert full.total == 9.0
    assert all(type(value) is float for value in full.points.values())
    assert (full.status, full.flags, full.errors) == ("graded", (), ())
    assert (full.student, full.name) == ("ada", "Ada")


def test_findings_stand_in_the_order_of_the_tables(full, homework):
    names = [(f.part, f.case, f.visible) for f in full.findings]
    assert names == [
        ("double", "a number", True),
        ("double", "an array", False),
        ("waves", "four numbers", True),
        ("waves", "nine numbers", False),
        ("waves", "a long one", False),
        ("size", "yours", True),
    ]


def test_a_second_run_changes_nothing(full, homework, right):
    assert grade(hand_in(right), homework) == full


def test_a_verdict_is_plain_data(full):
    again = Verdict.from_dict(json.loads(json.dumps(full.to_dict())))
    assert again == full


def test_an_empty_notebook_earns_nothing_and_is_graded(homework):
    verdict = grade(Submission("ada", {"cells": []}), homework)
    assert verdict.points == dict.fromkeys(FULL, 0.0)
    assert verdict.status == "graded"
    assert {f.status for f in verdict.findings} == {"missing"}


def test_who_gives_no_name_has_everybodys_data(homework):
    size = draw(homework, homework.cases("size")[0], "anyone")[0]
    verdict = grade(hand_in(f"size = {size}", parts=("size",)), homework)
    assert (verdict.points, verdict.name) == ({"size": 2.0}, "anyone")


BAD = """
def double(x):
    return x + x
def waves(x):
    n = len(x)
    angle = 2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n
    return np.cos(angle) @ x, -np.sin(angle) @ x
"""


def test_partial_marks_and_the_diagnosis_of_a_misconception(homework):
    verdict = grade(hand_in(BAD, "size = 'large'"), homework)
    assert verdict.points == {"double": 3.0, "waves": 0.0, "size": 0.0}
    diagnoses = {f.diagnosis for f in verdict.of("waves")}
    assert diagnoses == {"sine-sign-flipped"}


def test_a_cell_that_python_cannot_read_costs_what_it_defines(homework, toy):
    broken = toy.RIGHT.replace("def waves(x):", "def waves(x:")
    verdict = grade(hand_in(toy.RIGHT.split("def waves")[0], broken), homework)
    assert verdict.points == {"double": 3.0, "waves": 0.0, "size": 0.0}
    assert verdict.status == "syntax"
    assert verdict.flags == ("Python cannot read 'cell 3'",)
    sentence = verdict.of("waves")[0].sentence
    assert sentence.startswith("waves is not defined in the notebook: the cell 3 ended")
    assert "SyntaxError in line" in sentence


def test_a_fatal_cell_costs_what_it_defines_and_no_more(homework, toy):
    verdict = grade(hand_in("import os\nsize = 1\nos._exit(0)", toy.RIGHT), homework)
    assert verdict.points == {"double": 3.0, "waves": 4.0, "size": 0.0}
    assert verdict.status == "crash"
    assert verdict.flags == (
        "the submission's process ended before it answered (1 time)",
    )
    assert "the cell ended the whole process" in verdict.of("size")[0].sentence


LOOPS = """
def double(x):
    if np.ndim(x):
        while True:
            pass
    return 2 * x
"""


def test_an_endless_loop_costs_its_own_case(homework):
    verdict = grade(hand_in(LOOPS, parts=("double",)), homework)
    assert verdict.points == {"double": 1.0}
    assert verdict.status == "timeout"


def test_memory_has_a_status(homework):
    source = "def double(x): return np.ones(2**40)"
    verdict = grade(hand_in(source, parts=("double",)), homework)
    assert (verdict.points, verdict.status) == ({"double": 0.0}, "memory")


# --- what earns nothing it should not -----------------------------------------

FORGERIES = {
    "equal": """
class Equal(np.ndarray):
    def __eq__(self, other): return np.True_
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = __array_ufunc__ = __sub__
def double(x): return np.zeros(np.shape(x)).view(Equal)
def waves(x): return double(x), double(x)
size = Equal(1)
""",
    "allclose": """
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
import builtins
builtins.float = lambda x: 9.0
def double(x): return x
def waves(x): return x, x
size = -1
""",
    "judge": """
import coursekit.homework.checks.judge as judge
import coursekit.homework.checks.compare as compare
import coursekit.homework.checks.answers as answers
judge.judge = lambda *a: None
compare.Comparison.fault = lambda *a: None
def passed(*args): return {"status": "passed", "earned": 100.0, "points": 100.0}
def double(x): return passed()
def waves(x): return passed(), passed()
size = passed()
""",
    "check": """
def check(*args): return 100.0
class Checker:
    def __call__(self, *args): return 100
del check
check = Checker()
def double(x): return 0 * x
""",
    "table": """
def double(x): return {7.0: 14.0}.get(float(np.sum(x)), np.zeros(np.shape(x)))
def waves(x): return {}[x.tobytes()]
""",
    "frames": """
import sys
def double(x):
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if hasattr(value, "earned"): value.earned = 100.0
        frame = frame.f_back
    return x
""",
    "transform": """
def waves(x):
    X = np.fft.fft(x)
    return X.real, -X.imag
""",
    "channel": """
import coursekit.grading.inside.wire as wire, coursekit.grading.inside.child as child
reply = {"kind": "answer", "type": "Value", "fields": {"value": 1.0, "earned": 9}}
child._spell = lambda answer: reply
def double(x): return x
""",
}


@pytest.mark.parametrize("name", list(FORGERIES))
def test_a_forgery_earns_nothing(homework, name):
    verdict = grade(hand_in(FORGERIES[name]), homework)
    assert verdict.total == 0.0, verdict.findings


def test_tests_that_were_edited_deleted_or_doubled_change_nothing(homework, right):
    test = {"grade": True, "locked": True, "points": 100.0}
    cells = [
        code("import numpy as np", "setup", locked=True),
        code(right, "double", solution=True),
        code("import os; os._exit(0)", "check_double", **test),
        code("100.0", "check_double", **test),
    ]
    verdict = grade(Submission("ada", {"cells": cells}), homework)
    assert verdict.points == FULL
    assert verdict.errors == ()


def test_locked_cells_come_from_the_release(homework, right):
    release = {"cells": [code("import numpy as np", "setup", locked=True)]}
    cells = [code("0 / 0", "setup", locked=True), code(right)]
    submission = Submission("ada", {"cells": cells}, release=release)
    assert submission.cells()[0] == Cell("setup", "import numpy as np", ours=True)
    assert grade(submission, homework).points == FULL


# --- what a student may read ----------------------------------------------------

SPIES = """
def double(x):
    raise type("Seen" + repr(x), (Exception,), {})("input was " + repr(x))
def waves(x):
    return {"seen " + repr(list(x)): 1}
"""


def test_hidden_inputs_and_values_are_in_no_public_finding(homework):
    submission = hand_in(SPIES, BAD.replace("def double", "def other"))
    verdict = grade(submission, homework)
    key = hidden_key(SECRET, "toy", "ada", submission.cells())
    hidden = [c for c in homework.hidden if c.part in ("double", "waves")]
    told = json.dumps(verdict.public().to_dict())
    for case in hidden:
        for number in draw(homework, case, "ada", key)[0]:
            assert f"{number:.6f}"[:7] not in told
    assert "Seenarray" not in told


def test_hidden_inputs_depend_on_all_that_they_should():
    cells = [Cell("a", "x = 1")]
    key = hidden_key(SECRET, "hw", "ada", cells)
    assert key == hidden_key(SECRET, "hw", " ADA ", [Cell("b", "x = 1")])
    assert key != hidden_key(SECRET[::-1], "hw", "ada", cells)
    assert key != hidden_key(SECRET, "hw2", "ada", cells)
    assert key != hidden_key(SECRET, "hw", "eve", cells)
    assert key != hidden_key(SECRET, "hw", "ada", [Cell("a", "x = 2")])
    with pytest.raises(ValueError, match="has 5 bytes, too few"):
        hidden_key(b"short", "hw", "ada", cells)


# --- order, sums, tables --------------------------------------------------------


class Scripted:
    """A runner whose child dies on chosen parts, and notes what it is asked."""

    def __init__(self, deadly):
        self.deadly = deadly
        self.asked = []
        self.args = []
        self.closed = False
        self.transcript = Transcript()

    def open(self, cells, setting):
        return self

    def ask(self, part, args, seconds, way=None):
        self.asked.append(part.name)
        self.args.append(args)
        if part.name in self.deadly:
            self.transcript.ends.append("crash")
            return Lost("crash")
        return Value(args[0] * 2 if part.name == "double" else None)

    def close(self):
        self.closed = True


def test_a_part_that_ends_its_process_is_asked_last(homework):
    child = Scripted({"double"})
    verdict = mark(hand_in(), homework, SECRET, child)
    assert child.asked[1:] == ["double", *["waves"] * 3, "size", "double"]
    assert [f.part for f in verdict.findings][:2] == ["double", "double"]
    assert child.closed


def test_only_hidden_inputs_are_drawn_from_the_secret(homework):
    child = Scripted(set())
    submission = hand_in(parts=("waves",))
    mark(submission, homework, SECRET, child)
    visible, hidden, _ = homework.cases("waves")
    key = hidden_key(SECRET, "toy", "ada", submission.cells())
    np.testing.assert_array_equal(child.args[1], draw(homework, visible, "anyone"))
    np.testing.assert_array_equal(child.args[2], draw(homework, hidden, "ada", key))


def test_no_value_is_asked_with_what_it_is_judged_by(homework):
    child = Scripted(set())
    mark(hand_in(parts=("size",)), homework, SECRET, child)
    assert child.args[1:] == [()]


def test_the_child_is_closed_whatever_happens(homework):
    class Broken(Scripted):
        def ask(self, part, args, seconds, way=None):
            raise KeyboardInterrupt

    child = Broken(set())
    with pytest.raises(KeyboardInterrupt):
        mark(hand_in(), homework, SECRET, child)
    assert child.closed


def test_sums_are_builtin_floats_between_zero_and_the_points(homework, full):
    thirds = [dataclasses.replace(f, earned=4.1 / 3) for f in full.of("waves")]
    assert points(homework, thirds) == {"waves": 4.0}
    below = [dataclasses.replace(f, earned=-1.0) for f in full.of("waves")]
    assert points(homework, below) == {"waves": 0.0}


def test_tables_that_do_not_add_up_are_refused(toy, homework):
    with pytest.raises(ValueError, match=r"worth 1 of its 3 points.*hidden"):
        chosen(toy.HOMEWORK, None)
    with pytest.raises(ValueError, match="no part 'triple'"):
        chosen(homework, ("triple",))


# --- flags ----------------------------------------------------------------------


def look(homework, source, ours=False):
    return flags.look([Cell("a", source, ours)], homework)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("from scipy.fftpack import fft as f", "'fft'"),
        ("y = getattr(np, 'fft').rfft(x)", "'fft'"),
        ("%time\nimport pyfftw", "'pyfftw'"),
        ("y = x.\nnp.fft.fft(x)", "'fft'"),
        ("np.fft.fft.__wrapped__(x)", "'__wrapped__'"),
        ("f = sys._getframe(1)", "'_getframe'"),
        ("from coursekit.grading.inside import child", "'coursekit.grading'"),
    ],
)
def test_what_walks_around_the_rules_is_flagged(homework, source, word):
    (*_, flag) = sorted(look(homework, source), key=lambda each: word in each)
    assert word in flag
    assert "'a'" in flag
    assert look(homework, source, ours=True) == ()


@pytest.mark.parametrize(
    "source",
    [
        "# the FFT is not allowed here, nor np.fft.fft",
        '"""Compare with np.fft.fft by hand, as in the lecture: it is a long story,'
        ' and no call; this docstring is prose and no code at all."""',
        "from coursekit import plots\nplots.spectrogram(X, 16000, 256)",
        "def waves(x): return x",
    ],
)
def test_honest_code_is_not_flagged(homework, source):
    assert look(homework, source) == ()


def test_the_packages_own_source_is_known_under_other_names(homework):
    import inspect

    from coursekit import fourier

    source = inspect.getsource(fourier.stft)
    other = source.replace("stft(", "my_spectrum(").replace("frame", "length")
    (flag,) = look(homework, other)
    assert "coursekit.fourier.stft, pasted" in flag


def test_limits_reach_the_runner(homework):
    seen = []

    class Noting(Scripted):
        def open(self, cells, setting):
            seen.append(setting)
            return self

    limits = Limits(seconds=7.0)
    mark(hand_in(limits=limits), homework, SECRET, Noting(set()))
    assert seen[0].limits == limits
    assert seen[0].forbidden == homework.forbidden
