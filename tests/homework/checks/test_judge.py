"""Judging: total over whatever comes, one sentence each, nothing hidden let out."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.homework.checks.answers import (
    ChangedInput,
    Lost,
    Missing,
    NotCallable,
    NotWritten,
    Raised,
    TooSlow,
    Unsupported,
    Value,
)
from coursekit.homework.checks.cases import Case, Homework, Misconception, Part
from coursekit.homework.checks.judge import Finding, Status, diagnosis, judge, settle


def pair(x):
    return x.sum(), x * 2.0


PARTS = (
    Part("double", 2, "01_dft"),
    Part("both", 2, "01_dft", results=("total", "twice")),
    Part("spectrum", 1, "01_dft"),
    Part("named", 1, "02_stft"),
    Part("word", 1, "02_stft"),
    Part("frame", 1, "02_stft", is_value=True),
)
X = np.arange(1.0, 5.0)


def even_only(answer):
    return None if answer % 2 == 0 else f"{answer} is odd"


def case(part, reference, points=1.0, name="seen", **more):
    return Case(part, name, lambda rng: (X,), reference, points, "a hint", **more)


VISIBLE = (
    case("double", lambda x: 2 * x),
    case("both", pair, 2),
    case("spectrum", lambda x: x * 1j),
    case("named", lambda x: {"low": x[0].item(), "high": x[-1].item()}),
    case("word", lambda x: "yes"),
    case("frame", lambda x: 4, judge=lambda answer, x: even_only(answer)),
)
HIDDEN = (case("double", lambda x: 2 * x, name="unseen"),)
MISTAKES = (
    Misconception("double", "squared", "this is the square", lambda x: x**2),
    Misconception("double", "fails", "never", lambda x: 1 / 0),
    Misconception("double", "right-after-all", "is no mistake", lambda x: x + x),
    Misconception("double", "first-four", "shape counts", lambda x: x[:2]),
    Misconception("double", "squared-too", "the same", lambda x: x * x),
)
HOMEWORK = Homework("hw", PARTS, VISIBLE, MISTAKES).with_hidden(HIDDEN)


def found(part, answer, hidden=False):
    one = next(
        c
        for c in HOMEWORK.cases(part)
        if HOMEWORK.is_visible(c) != hidden and c.part == part
    )
    return judge(HOMEWORK, one, (X,), answer)


# --- right ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("double", 2 * X),
        ("double", (2 * X).astype(int)),
        ("double", (2 * X).astype(np.float32)),
        ("double", 2 * X + 1e-10),
        ("both", (10, 2 * X)),
        ("both", (10.0, (2 * X).astype(np.float32))),
        ("spectrum", X * 1j),
        ("spectrum", (X * 1j).astype(np.complex64)),
        ("named", {"high": 4, "low": 1.0}),
        ("word", "yes"),
        ("frame", 6),
        ("frame", 6.0),
    ],
)
def test_right_answers_earn_all(part, value):
    finding = found(part, Value(value))
    assert finding.status is Status.PASSED
    assert finding.earned == finding.points
    assert type(finding.earned) is float
    assert (finding.hint, finding.diagnosis, finding.expected) == ("", "", "")


def test_a_pair_may_come_as_one_array():
    part = Part("two", 1, "01_dft", results=("a", "b"))
    one = Case("two", "c", lambda rng: (), lambda: (X, -X), 1)
    homework = Homework("hw", (part,), (one,))
    assert judge(homework, one, (), Value(np.stack([X, -X]))).passed
    assert not judge(homework, one, (), Value(np.stack([X, X]))).passed


# --- wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "value", "status", "sentence"),
    [
        ("double", None, "none", "double returns None; is there a return at its end?"),
        ("double", "8", "type", "double should be a float64 array of shape (4,)"),
        ("double", {"a": 1}, "type", "double should be a float64 array"),
        ("double", (X, X), "type", "is 2 results: float64 array of shape (4,)"),
        ("double", 8.0, "rank", "should have 1 dimension, but has no dimensions"),
        ("double", np.ones((4, 1)), "rank", "1 dimension, but has 2 dimensions"),
        ("double", 2 * X + 0j, "dtype", "complex where real numbers are expected"),
        ("double", X > 0, "dtype", "truth values where numbers are expected"),
        ("double", (2 * X).astype(np.float16), "dtype", "only three digits"),
        ("double", np.ones(5), "shape", "the shape (4,), but has (5,)"),
        ("double", X * np.nan, "nan", "holds NaN or infinity"),
        ("double", X / 0.0 if False else X + np.inf, "nan", "NaN or infinity"),
        ("double", 2 * X + [0, 0, 3, 0], "value", "double is off by up to 3"),
        ("double", 2 * X + 1e-6, "value", "double is off by up to 1e-06"),
        ("both", 2 * X, "count", "2 results (total and twice), but returned 1"),
        ("both", (1.0, X, X), "count", "but returned 3"),
        ("both", (None, 2 * X), "none", "total is None"),
        ("both", (10.0, X), "value", "twice is off by up to 4"),
        ("both", (10.0 + 0j, np.ones(9)), "dtype", "total is complex"),
        ("spectrum", X, "dtype", "real where complex numbers are expected"),
        ("named", 3, "type", "named should be a dict of 2 entries, but is an int"),
        ("named", {"low": 1.0}, "count", "a dict with high, low"),
        ("named", {"low": 2.0, "high": 4.0}, "value", "low is off by up to 1"),
        ("word", "no", "value", "word is wrong"),
        ("word", 1, "type", "word should be a string, but is an int"),
        ("frame", 7, "value", "7 is odd"),
        ("frame", 7.5, "dtype", "frame should be a whole number"),
        ("frame", "4", "type", "frame should be an int, but is a string"),
        ("frame", X, "rank", "frame should have no dimensions"),
        ("frame", True, "dtype", "truth values"),
    ],
)
def test_each_fault_has_its_sentence(part, value, status, sentence):
    finding = found(part, Value(value))
    assert finding.status == status
    assert sentence in finding.sentence
    assert finding.earned == 0.0
    assert (finding.hint, finding.lecture) == ("a hint", HOMEWORK.part(part).lecture)


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        (Missing(), "missing", "double is not defined in the notebook"),
        (NotWritten(), "not-written", "double is not written yet"),
        (NotCallable("int"), "type", "should be a function, but an int"),
        (Raised("ValueError", "no", "x = y", 3), "raised", "ValueError: no (line 3)"),
        (Raised("KeyError"), "raised", "double raised KeyError"),
        (TooSlow(5), "slow", "took more than 5 s"),
        (ChangedInput(0), "changed-input", "changed its input (argument 1)"),
        (Unsupported("set"), "unsupported", "gives a set"),
        (Lost("memory"), "lost", "ended before double answered (memory)"),
        ("no answer at all", "lost", "no answer came"),
        (Value({1, 2}), "unsupported", "gives a set"),
    ],
)
def test_answers_without_a_value(answer, status, sentence):
    finding = found("double", answer)
    assert finding.status == status
    assert sentence in finding.sentence
    assert finding.earned == 0.0


def test_where_it_is_wrong():
    finding = found("double", Value(2 * X + [0, 0, -3, 1]))
    assert finding.where == "double[2]"
    assert finding.error == 3.0
    assert finding.expected == "[2, 4, 6, 8]"
    assert finding.got == "[2, 4, 3, 9]"


def test_rounding_errors_read_as_zeros():
    dusty = case("double", lambda x: np.array([1.0, 1e-17, 0.5]))
    homework = Homework("hw", PARTS, (dusty,))
    finding = judge(homework, dusty, (X,), Value(np.array([3.0, 1e-16, 0.5j]).real))
    assert (finding.expected, finding.got) == ("[1, 0, 0.5]", "[3, 0, 0]")


def test_large_answers_show_the_worst_place():
    big = case("double", lambda x: np.zeros((30, 30)))
    homework = Homework("hw", PARTS, (big,))
    got = np.zeros((30, 30))
    got[3, 7] = 2
    finding = judge(homework, big, (X,), Value(got))
    assert (finding.expected, finding.got) == ("0", "2")
    assert finding.where == "double[3, 7]"


def test_single_precision_has_a_limit():
    off = (2 * X).astype(np.float32)
    assert found("double", Value(off + np.float32(2e-4))).passed
    assert not found("double", Value(off + np.float32(2e-3))).passed


def test_equal_to_everything_is_not_right():
    class Everything(np.ndarray):
        def __eq__(self, other):
            return True

        def __sub__(self, other):
            return np.zeros(4)

    assert not found("double", Value(np.ones(4).view(Everything))).passed


# --- misconceptions -------------------------------------------------------------


def test_misconceptions_are_named_in_the_order_of_the_table():
    finding = found("double", Value(X**2))
    assert finding.diagnosis == "squared"
    assert finding.diagnosis_sentence == "this is the square"
    assert finding.candidates == ("squared", "squared-too")


def test_wrong_shapes_are_diagnosed_too():
    finding = found("double", Value(X[:2]))
    assert (finding.status, finding.diagnosis) == ("shape", "first-four")


def test_no_diagnosis_for_any_other_mistake():
    assert found("double", Value(3 * X)).diagnosis == ""


def test_a_mistake_that_is_right_here_is_no_diagnosis():
    coarse = case("double", lambda x: 2 * x, name="coarse", rtol=0, atol=1.0)
    near = Misconception("double", "near", "is right here", lambda x: 2 * x + 0.9)
    far = Misconception("double", "far", "is wrong here", lambda x: 2 * x + 2)
    homework = Homework("hw", PARTS, (coarse,), (near, far))
    finding = judge(homework, coarse, (X,), Value(2 * X + 1.5))
    assert finding.candidates == ("far",)


def test_settle_takes_what_explains_most():
    def finding(case, *names):
        return Finding(
            "double", case, 1.0, 0.0, Status.VALUE, "off",
            diagnosis=names[0] if names else "",
            diagnosis_sentence=f"says {names[0]}" if names else "",
            candidates=names,
        )  # fmt: skip

    one, two = finding("one", "a", "b"), finding("two", "b")
    other, none = finding("other", "c"), finding("none")
    settled = settle([one, two, other, none])
    assert [f.diagnosis for f in settled] == ["b", "b", "c", ""]
    assert settled[0].diagnosis_sentence == "says b"
    assert diagnosis(settled, "double") == "b"
    assert diagnosis([none], "double") == ""
    assert diagnosis([], "double") == ""


# --- total ----------------------------------------------------------------------

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=5)
    | st.sampled_from(
        [
            np.array([]),
            np.array(np.nan),
            np.ones(4, dtype=np.uint8),
            np.full(4, np.inf),
            np.zeros((0, 4)),
            np.zeros((2, 4)),
            np.ones(4, dtype=complex) * np.nan,
            np.broadcast_to(1.0, (50, 50, 50)),
            np.array([b"a"]),
            np.array([{}]),
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from(["low", "high", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(value=PLAIN, part=st.sampled_from([part.name for part in PARTS]))
def test_every_value_gets_a_finding(value, part):
    finding = found(part, Value(value))
    assert finding.earned in (0.0, finding.points)
    assert finding.passed == (finding.earned > 0)
    assert finding.sentence
    assert Finding.from_dict(json.loads(json.dumps(finding.to_dict()))) == finding


def test_arguments_are_not_changed():
    def careless(x):
        x *= 2
        return x

    one = Case("double", "c", lambda rng: (), careless, 1)
    wrong = Misconception("double", "also", "s", careless)
    args = (X.copy(),)
    judge(Homework("hw", PARTS, (one,), (wrong,)), one, args, Value(X))
    assert np.array_equal(args[0], X)


# --- hidden ---------------------------------------------------------------------


def test_hidden_findings_show_no_values():
    secret = 2 * X + [0, 0, 0.123456, 0]
    finding = found("double", Value(secret), hidden=True)
    assert not finding.visible
    public = finding.public()
    assert public.sentence == "the answer is off by up to 1.2e-01"
    assert public.expected == public.got == "float64 array of shape (4,)"
    assert (public.where, public.hint, public.error) == ("", "", 0.12)
    assert "123456" not in json.dumps(public.to_dict())


@pytest.mark.parametrize(
    "answer",
    [
        Raised("Leak_42", "x was 42", "raise Leak_42(x)", 42),
        Unsupported("Leak_42"),
        NotCallable("Leak_42"),
        Lost("Leak_42"),
        Value("Leak_42"),
        Value({"Leak_42": 1.0}),
        Value(("Leak_42",)),
        Value(2 * X + [0, 0, 42, 0] * np.array(np.nan)),
    ],
)
def test_hidden_findings_show_no_text_of_the_student(answer):
    public = found("double", answer, hidden=True).public()
    assert "42" not in json.dumps(public.to_dict())
    assert public.points == 1.0


def test_hidden_findings_keep_the_diagnosis():
    public = found("double", Value(X**2), hidden=True).public()
    assert public.diagnosis_sentence == "this is the square"


def test_visible_findings_are_public_as_they_are():
    finding = found("double", Value(X**2))
    assert finding.public() is finding


# --- tables that do not fit -----------------------------------------------------


def test_homework_refuses_tables_that_do_not_fit():
    with pytest.raises(ValueError, match="'strange' belongs to the part 'other'"):
        Homework("hw", PARTS, (case("other", abs, name="strange"),))
    with pytest.raises(ValueError, match="two cases or misconceptions called 'seen'"):
        Homework("hw", PARTS, (*VISIBLE, VISIBLE[0]))
    with pytest.raises(ValueError, match="two cases"):
        HOMEWORK.with_hidden((case("double", abs, name="seen"),))
    with pytest.raises(ValueError, match="needs a reference or a judge"):
        Homework("hw", PARTS, (case("double", None),))
    with pytest.raises(
        ValueError, match="hw has no part 'dtf'; its parts are 'double'"
    ):
        HOMEWORK.part("dtf")
