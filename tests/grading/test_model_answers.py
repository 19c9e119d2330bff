"""Gradients and modules across the wire: the child answers, the parent marks."""

import dataclasses
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from coursekit.grading.inside import wire
from coursekit.grading.inside.guards import ForbiddenCallError, Guards
from coursekit.grading.marking.verdict import Submission, mark
from coursekit.grading.sandbox.contract import Cell, EndedError, Setting
from coursekit.grading.sandbox.local import LocalRunner
from coursekit.grading.sandbox.session import understand
from coursekit.homework.checks.answers import Lost, NoGradient, NotLoaded, Raised, Value
from coursekit.homework.checks.calls import PLAIN_CALL, Applied, Gradient, Tensors
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    Part,
)
from coursekit.homework.checks.judge import Status, judge

SECRET = b"0123456789abcdef0123456789abcdef"
X = np.array([1.0, -2.0, 3.0])
WEIGHTS = {"a": np.array([1.0, 2.0, 3.0])}
GIVEN = ((3,), WEIGHTS, (X,))

CELLS = {
    "imports": "import numpy as np\nimport torch\nfrom torch import nn",
    "losses": """
def loss(x):
    return (x ** 2).sum()
def cut(x):
    return torch.tensor(loss(x).item(), requires_grad=True)
def numpy_inside(x):
    return np.sum(np.square(x))
def kind(x):
    return str(x.dtype)
""",
    "modules": """
class Line(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(n))
    def forward(self, x):
        return self.a * x
class Other(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(n))
class Deaf(Line):
    def load_state_dict(self, weights, *args, **kwargs):
        return None
class Fails(Line):
    def double(self):
        raise RuntimeError("no doubles here")
""",
    "hostile": """
from coursekit.homework.checks import calls
class Claims(str):
    pass
def lies(x):
    raise calls.NoAnswerError(calls.NoGradient("passed", "/home/teacher/secret"))
def lies_more(x):
    raise calls.NoAnswerError(Claims("all points"))
""",
}


@pytest.fixture(scope="module")
def child():
    listed = [Cell(name, source.lstrip()) for name, source in CELLS.items()]
    child = LocalRunner().open(listed, Setting())
    assert child.transcript.errors == []
    yield child
    child.close()


def ask(child, name, *args, mode=PLAIN_CALL):
    return child.ask(Part(name, 1, ""), args, 10.0, mode)


def test_a_gradient_comes_back_as_an_array(child):
    got = ask(child, "loss", X, mode=Gradient())
    assert type(got) is Value
    assert type(got.value) is np.ndarray
    np.testing.assert_array_equal(got.value, 2 * X)


def test_tensors_go_in(child):
    assert ask(child, "kind", X, mode=Tensors()) == Value("torch.float64")
    assert ask(child, "loss", X, mode=Tensors()) == Value(np.float64(14.0))


def test_what_has_no_gradient_says_why(child):
    assert ask(child, "cut", X, mode=Gradient()) == NoGradient("detached")
    assert ask(child, "numpy_inside", X, mode=Gradient()) == NoGradient("numpy")
    assert ask(child, "kind", X, mode=Gradient()) == NoGradient("no tensor", "str")


def test_weights_that_the_child_has_never_seen_are_loaded_and_applied(child):
    got = ask(child, "Line", *GIVEN, mode=Applied())
    np.testing.assert_array_equal(got.value, [1, -4, 9])


def test_weights_that_do_not_fit_say_why(child):
    assert ask(child, "Other", *GIVEN, mode=Applied()) == NotLoaded("missing", "'a'")
    assert ask(child, "Line", (2,), WEIGHTS, (X,), mode=Applied()).reason == "shape"
    assert ask(child, "loss", *GIVEN, mode=Applied()).kind == "AttributeError"


def test_a_module_that_does_not_take_its_weights_only_answers_wrongly(child):
    got = ask(child, "Deaf", *GIVEN, mode=Applied())
    np.testing.assert_array_equal(got.value, [0, 0, 0])
    assert isinstance(ask(child, "Fails", *GIVEN, mode=Applied()), Raised)


CASE = Case("loss", "a case", lambda rng: (X,), lambda x: x.sum(), 1, mode=Gradient())
TABLES = Homework("hw", (Part("loss", 1, "01_dft"),), (CASE,))


def test_a_forged_reason_earns_nothing_and_shows_no_path(child):
    told = ask(child, "lies", X, mode=Gradient())
    finding = judge(TABLES, CASE, (X,), told)
    assert (finding.status, finding.earned) == (Status.LOST, 0.0)
    assert "teacher" not in finding.sentence
    assert not judge(TABLES, CASE, (X,), ask(child, "lies_more", X)).passed


@pytest.mark.parametrize("kind", ["NoGradient", "NotLoaded"])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"reason": "numpy"},
        {"reason": "numpy", "detail": 3},
        {"reason": "numpy", "detail": "", "earned": 1.0},
        {"reason": None, "detail": ""},
    ],
)
def test_replies_with_other_fields_are_none(kind, fields):
    with pytest.raises(EndedError, match="crash"):
        understand({"kind": "answer", "type": kind, "fields": fields}, 1.0)


def test_questions_are_data():
    from coursekit.homework.checks import calls

    for mode in (PLAIN_CALL, Tensors(), Gradient(1), Applied(True)):
        spelled = {"args": GIVEN, "mode": calls.encode(mode)}
        again = wire.decode(wire.encode(spelled))
        assert calls.decode(again["mode"]) == mode


LIBRARY = """
class Kind:
    def __init__(self, n):
        self.n = n
def make(n):
    return Kind(n)
"""
STUDENT = """
class Mine(library.Kind):
    pass
def borrowed(n):
    return library.Kind(n)
def derived(n):
    return Mine(n)
"""


def test_classes_that_are_to_be_written_are_still_classes():
    """Whoever is no student can derive from a guarded class and make objects of it."""
    library = ModuleType("library")
    exec(LIBRARY, vars(library))
    Guards(["library.Kind"], "/submission").actions["library"][0](library)
    student = {"__name__": "__main__", "library": library}
    exec(STUDENT, student)
    for name in "borrowed", "derived":
        with pytest.raises(ForbiddenCallError, match="Kind does not answer"):
            student[name](3)
    assert isinstance(library.make(3), library.Kind)


# --- marks ----------------------------------------------------------------------


class Line(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(n))

    def forward(self, x):
        return self.a * x


def _vector(rng):
    return (rng.normal(size=5),)


def _weights(rng):
    return (5,), {"a": rng.normal(size=5)}, _vector(rng)


PARTS = (Part("loss", 4, "01_dft"), Part("Line", 3, "01_dft"))
HOMEWORK = Homework(
    "hw",
    PARTS,
    (
        Case("loss", "value", _vector, lambda x: (x**2).sum(), 1, mode=Tensors()),
        Case("Line", "visible", lambda rng: GIVEN, Line, 1, mode=Applied()),
    ),
    hidden=(
        Case("loss", "slope", _vector, lambda x: (x**2).sum(), 3, mode=Gradient()),
        Case("Line", "hidden", _weights, Line, 2, mode=Applied()),
    ),
)


def grade(*names):
    sources = [CELLS[name] for name in ("imports", "losses", "modules")]
    sources += names
    cells = [{"cell_type": "code", "source": s, "metadata": {}} for s in sources]
    return mark(Submission("ada", {"cells": cells}), HOMEWORK, SECRET, LocalRunner())


@pytest.fixture(scope="module")
def right():
    return grade()


def test_right_answers_earn_everything(right):
    assert right.points == {"loss": 4.0, "Line": 3.0}
    assert (right.status, right.flags) == ("graded", ())


def test_a_cut_gradient_and_a_deaf_module_lose_what_they_cannot_answer():
    verdict = grade("loss = lambda x: torch.tensor(float(x @ x))\nLine = Deaf")
    assert verdict.points == {"loss": 1.0, "Line": 0.0}
    public = {f.case: f for f in verdict.public().findings}
    assert public["slope"].status == Status.GRADIENT
    assert public["slope"].sentence.startswith("the gradient does not reach the input")
    assert public["hidden"].got == "float64 array of shape (5,)"
    assert public["hidden"].error > 0


def test_a_lost_process_is_lost_in_every_way():
    case = dataclasses.replace(CASE, mode=Applied())
    homework = dataclasses.replace(TABLES, visible=(case,))
    assert judge(homework, case, GIVEN, Lost("crash")).status is Status.LOST
