"""Cases that ask with tensors: values, gradients, modules with given weights."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from coursekit.homework.checks.answers import (
    ChangedInput,
    Raised,
    Value,
    copy_of,
)
from coursekit.homework.checks.ask import answer
from coursekit.homework.checks.calls import (
    PLAIN_CALL,
    Applied,
    Gradient,
    NoGradient,
    NotLoaded,
    Tensors,
    call,
    decode,
    encode,
)
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    Misconception,
    Part,
)
from coursekit.homework.checks.checker import Checker, NotYet
from coursekit.homework.checks.judge import Status, judge

X = np.array([1.0, -2.0, 3.0])
PART = Part("loss", 1, "11_loudness_and_masking")


def energy(x):
    return (x**2).sum()


def cut(x):
    return torch.tensor(energy(x).item())


GRADIENT, WEIGHTED = Gradient(), Gradient(of=0, weighted=True)


def found(function, mode=GRADIENT, args=(X,), reference=energy, mistakes=()):
    """Return what a judge says of a function's answer."""
    case = Case("loss", "a case", lambda rng: args, reference, 1, mode=mode)
    homework = Homework("hw", (PART,), (case,), mistakes)
    return judge(homework, case, args, answer(function, args, 5.0, mode))


# --- tensors --------------------------------------------------------------------


def test_arrays_are_given_as_tensors_and_the_rest_as_it_is():
    seen = []
    args = (X, 3, "a", (X,), {"w": X})
    answer(lambda *given: seen.extend(given), args, 5.0, Tensors())
    x, number, word, several, named = seen
    assert (x.dtype, x.requires_grad) == (torch.float64, False)
    assert (number, word) == (3, "a")
    assert isinstance(several[0], torch.Tensor)
    assert isinstance(named["w"], torch.Tensor)


def test_a_tensor_is_answered_as_an_array():
    assert found(energy, Tensors()).passed
    assert not found(lambda x: x.sum(), Tensors()).passed


@pytest.mark.parametrize("mode", [Tensors(), PLAIN_CALL])
def test_changing_the_input_is_seen(mode):
    def doubles(x):
        x *= 2
        return x.sum()

    assert answer(doubles, (X,), 5.0, mode) == ChangedInput(0)
    nested = answer(lambda t: doubles(t["x"]), ({"x": X},), 5.0, mode)
    assert nested == ChangedInput(0)
    np.testing.assert_array_equal(X, [1, -2, 3])


def test_copies_reach_into_tuples_and_dicts():
    args = ((X,), {"w": X}, 3)
    (inner,), named, _ = copy_of(args)
    inner[0] = named["w"][1] = 99
    np.testing.assert_array_equal(X, [1, -2, 3])


@pytest.mark.parametrize(
    "mode",
    [PLAIN_CALL, Tensors(), Gradient(2), WEIGHTED, Applied(), Applied(training=True)],
)
def test_call_modes_are_sent_as_data(mode):
    assert decode(encode(mode)) == mode
    assert set(map(type, encode(mode).values())) <= {str, int, bool}


def test_a_way_that_does_not_exist():
    with pytest.raises(ValueError, match="no call mode 'eval'"):
        decode({"mode": "eval"})


# --- gradients ------------------------------------------------------------------


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=6))
def test_the_gradient_is_that_of_the_closed_form(numbers):
    x = np.array(numbers)
    one = answer(lambda x: (x**3).sum(), (x,), 5.0, Gradient())
    np.testing.assert_allclose(one.value, 3 * x**2)
    assert one.value.dtype == np.float64


def test_the_gradient_is_in_the_argument_that_is_asked_for():
    both = answer(lambda x, y: (x * y**2).sum(), (X, X + 1), 5.0, Gradient(of=1))
    np.testing.assert_allclose(both.value, 2 * X * (X + 1))


def test_of_a_result_with_dimensions_the_weighted_sum_is_differentiated():
    weights = np.array([0.5, 2.0, -1.0])
    got = answer(lambda x: x**2, (X, weights), 5.0, WEIGHTED)
    np.testing.assert_allclose(got.value, 2 * X * weights)
    seen = []
    answer(lambda *given: seen.append(len(given)), (X, X, weights), 5.0, WEIGHTED)
    assert seen == [2]


def test_a_result_of_another_shape_than_the_weights_says_so():
    told = answer(lambda x: x[:2], (X, X), 5.0, WEIGHTED)
    assert told == NoGradient("other shape", "(2,), not (3,)")
    finding = found(lambda x: x[:2], WEIGHTED, (X, X), reference=lambda x: x**2)
    assert finding.status is Status.SHAPE
    assert finding.sentence == "loss returned a tensor of shape (2,), not (3,)"


def test_a_right_gradient_by_other_means_passes():
    assert found(energy).passed
    assert found(lambda x: torch.dot(x, x)).passed


def test_a_wrong_gradient_says_where():
    finding = found(lambda x: (x**3).sum())
    assert finding.status is Status.VALUE
    assert finding.sentence.startswith("the gradient of loss is off by up to")
    assert finding.where.startswith("the gradient of loss")
    assert finding.got_form == "float64 array of shape (3,)"


def test_switching_gradients_off_for_all_changes_nothing():
    torch.set_grad_enabled(False)
    try:
        assert found(energy).passed
    finally:
        torch.set_grad_enabled(True)


def in_no_grad(x):
    with torch.no_grad():
        return energy(x)


def own_parameter(x):
    return (nn.Parameter(torch.ones(3)) ** 2).sum()


CUTS = [
    (lambda x: energy(x).item(), Status.TYPE, "should return a tensor.*a float"),
    (lambda x: energy(x).detach().numpy(), Status.TYPE, "returned a ndarray"),
    (lambda x: x**2, Status.RANK, r"single number.*shape \(3,\)"),
    (lambda x: energy(x).reshape(1), Status.RANK, r"shape \(1,\)"),
    (cut, Status.GRADIENT, r"no gradient back to its input: \.item\(\)"),
    (lambda x: energy(x).detach(), Status.GRADIENT, "no gradient back"),
    (lambda x: energy(x.data), Status.GRADIENT, "no gradient back"),
    (in_no_grad, Status.GRADIENT, "no gradient back"),
    (own_parameter, Status.GRADIENT, "no gradient back"),
    (lambda x: (x > 0).sum(), Status.GRADIENT, "no gradient back"),
    (lambda x: energy(x.numpy()), Status.GRADIENT, "calls numpy on a tensor"),
    (lambda x: np.log10(x).sum(), Status.GRADIENT, "calls numpy on a tensor"),
    (lambda x: torch.sqrt(0 * x).sum(), Status.NAN, "gradient of loss holds NaN"),
    (lambda x: None, Status.NOTHING, "loss returns None"),
    (lambda x: (x * 1j).sum(), Status.RAISED, "loss raised RuntimeError"),
]


@pytest.mark.parametrize(("function", "status", "sentence"), CUTS)
def test_what_is_no_gradient_is_said_in_a_sentence(function, status, sentence):
    finding = found(function)
    assert finding.status is status
    assert finding.earned == 0
    assert re.search(sentence, finding.sentence), finding.sentence
    assert "\n" not in finding.sentence


def test_an_input_that_needs_a_gradient_cannot_be_changed_in_place():
    def doubles(x):
        x *= 2
        return x.sum()

    assert isinstance(answer(doubles, (X,), 5.0, Gradient()), Raised)
    np.testing.assert_array_equal(X, [1, -2, 3])


def test_of_another_shape_than_the_argument_nothing_is_right():
    """Only a process that lies can answer so; it is judged all the same."""
    case = Case("loss", "a case", lambda rng: (X,), energy, 1, mode=Gradient())
    homework = Homework("hw", (PART,), (case,))
    lies = [np.zeros((3, 1)), np.zeros(4), 5.0, "right", None, {"a": 1}]
    for lie in lies:
        assert not judge(homework, case, (X,), Value(lie)).passed


def test_a_misconception_can_be_one_that_cuts():
    mistake = Misconception("loss", "gradient-cut", "the gradient is cut", cut)
    finding = found(lambda x: energy(x).detach(), mistakes=(mistake,))
    assert finding.diagnosis == "gradient-cut"
    by_item = found(lambda x: energy(x).item(), mistakes=(mistake,))
    assert by_item.diagnosis == "gradient-cut"
    assert found(lambda x: x**2, mistakes=(mistake,)).diagnosis == ""
    other = found(lambda x: 2 * energy(x.detach()) + x.sum(), mistakes=(mistake,))
    assert other.diagnosis == ""


def test_misconceptions_are_differentiated_as_well():
    half = Misconception("loss", "half", "half of it", lambda x: energy(x) / 2)
    assert found(lambda x: torch.dot(x, x) / 2, mistakes=(half,)).diagnosis == "half"


def test_of_a_hidden_gradient_nothing_shows_but_what_is_wrong():
    case = Case("loss", "hidden", lambda rng: (X,), energy, 1, mode=Gradient())
    homework = Homework("hw", (PART,), (), hidden=(case,))
    for function, _, _ in CUTS:
        told = answer(function, (X,), 5.0, Gradient())
        public = judge(homework, case, (X,), told).public()
        assert not any(ch.isdigit() for ch in public.sentence)
        assert public.where == ""


def test_a_check_in_the_notebook_asks_for_the_gradient(capsys):
    case = Case("loss", "slope", lambda rng: (X,), energy, 1, mode=Gradient())
    check = Checker(Homework("hw", (PART,), (case,)))
    check("loss", energy)
    with pytest.raises(NotYet):
        check("loss", cut)
    told = " ".join(capsys.readouterr().out.split())
    assert "passed slope" in told
    assert "no gradient back to its input: .item(), .numpy()" in told


# --- modules --------------------------------------------------------------------


class Line(nn.Module):
    """The reference: y = a x + b, and half of it while it is evaluated."""

    def __init__(self, n):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(n))
        self.register_buffer("b", torch.zeros(n))

    def forward(self, x):
        y = self.a * x + self.b
        return y if self.training else y / 2


WEIGHTS = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([0.1, 0.2, 0.3])}
ARGS = ((3,), WEIGHTS, (X,))


def applied(build, training=False):
    return found(build, Applied(training), ARGS, reference=Line)


@pytest.mark.parametrize("training", [False, True])
def test_the_module_is_loaded_and_applied(training):
    y = call(Applied(training), Line, copy_of(ARGS))
    expected = (WEIGHTS["a"] * X + WEIGHTS["b"]) / (1 if training else 2)
    np.testing.assert_allclose(y.numpy(), expected)
    assert y.dtype == torch.float64
    assert applied(Line, training).passed


def test_a_wrong_output_says_whose_it_is():
    class Steep(Line):
        def forward(self, x):
            return self.a * x

    finding = applied(Steep)
    assert finding.status is Status.VALUE
    assert finding.sentence.startswith("the output of loss is off by up to")


class Unnamed(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.line = nn.Linear(n, n)


class Extra(Line):
    def __init__(self, n):
        super().__init__(n)
        self.c = nn.Parameter(torch.ones(1))


class Column(Line):
    def __init__(self, n):
        super().__init__(n)
        self.a = nn.Parameter(torch.zeros(n, 1))


class Single(Line):
    def forward(self, x):
        return super().forward(x.float())


class Nothing(Line):
    def forward(self, x):
        pass


@pytest.mark.parametrize(
    ("build", "status", "sentence"),
    [
        (
            lambda n: 5,
            Status.TYPE,
            "should give a torch module (nn.Module)",
        ),
        (lambda n: Line, Status.TYPE, "but gives a type"),
        (Unnamed, Status.WEIGHTS, "no parameter or buffer called 'a', 'b'"),
        (Extra, Status.WEIGHTS, "was not asked for: 'c'"),
        (Column, Status.SHAPE, "a has the shape (3, 1), not (3,)"),
        (Nothing, Status.NOTHING, "returns None"),
        (lambda: Line(3), Status.RAISED, "TypeError"),
    ],
)
def test_modules_that_do_not_fit(build, status, sentence):
    finding = applied(build)
    assert finding.status is status
    assert sentence in finding.sentence


def test_a_module_without_forward_is_not_written():
    class Empty(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.a = nn.Parameter(torch.zeros(n))
            self.register_buffer("b", torch.zeros(n))

    assert applied(Empty).status is Status.NOT_WRITTEN


def test_a_module_may_compute_in_single_precision():
    assert applied(Single).passed


def test_weights_of_modules_within_have_dotted_names():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 1)

        def forward(self, x):
            return self.inner(x)

    weights = {"inner.weight": np.ones((1, 3)), "inner.bias": np.array([0.5])}
    y = call(Applied(), Outer, ((), weights, (X,)))
    np.testing.assert_allclose(y.numpy(), [2.5])


def test_answers_say_what_they_are_about():
    one = answer(lambda n: 5, ARGS, 5.0, Applied())
    assert one == NotLoaded("no module", "int")
    assert answer(cut, (X,), 5.0, Gradient()) == NoGradient("detached")
