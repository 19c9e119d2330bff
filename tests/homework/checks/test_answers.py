"""Answers: a closed set of plain data."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.homework.checks.answers import (
    NotPlainError,
    plain,
    same,
)


class EqualsEverything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __array__(self, *args, **kwargs):
        raise AssertionError("nobody may ask")


class ArrayOfLies(np.ndarray):
    def __eq__(self, other):
        return True


# --- plain ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (np.bool_(True), True),
        (np.int32(3), 3),
        (np.float32(0.5), 0.5),
        (np.complex64(1j), 1j),
        ("a", "a"),
        ((1, 2.0), (1, 2.0)),
        ({"a": (1, None)}, {"a": (1, None)}),
        (["a", "b"], ("a", "b")),
        ([1, [2, 3]], (1, np.array([2, 3]))),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([(1.0, 2.0)], ((1.0, 2.0),)),
        ([], np.array([])),
        (torch.tensor([1.0, 2.0]), np.array([1, 2], dtype=np.float32)),
        (torch.tensor([1.0], requires_grad=True) * 2, np.array([2], dtype=np.float32)),
        (torch.tensor([2 + 1j]).conj(), np.array([2 - 1j], dtype=np.complex64)),
        (np.array([1.5], dtype=">f8"), np.array([1.5])),
        (np.array([1.5], dtype=np.longdouble), np.array([1.5])),
    ],
)
def test_plain_values(value, expected):
    assert same(plain(value), expected)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (EqualsEverything(), "EqualsEverything"),
        ({1, 2}, "set"),
        ((n for n in range(3)), "generator"),
        (b"bytes", "bytes"),
        (np.array([{}]), "array of objects"),
        (np.array(["a"]), "array of str"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "array of datetime64"),
        (2**70, "int of more than 64 bits"),
        ({1: 2}, "dict with a key of type int"),
        (np.broadcast_to(0.0, 10**12), "array of more than 256 MiB"),
        ((((((((1,),),),),),),), "nested more than 6 deep"),
        ((1, EqualsEverything()), "EqualsEverything"),
        (torch.nn.Linear(1, 1), "Linear"),
        (len, "builtin_function_or_method"),
    ],
)
def test_what_is_not_plain_is_named(value, name):
    with pytest.raises(NotPlainError, match=name):
        plain(value)


def test_a_list_that_holds_itself_ends():
    endless = []
    endless.append(endless)
    with pytest.raises(NotPlainError, match="deep"):
        plain(endless)


def test_subclasses_leave_their_class_behind():
    lies = plain(np.ones(3).view(ArrayOfLies))
    assert type(lies) is np.ndarray
    assert not (lies == 2).any()

    class Text(str):
        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    with pytest.raises(NotPlainError, match="Text"):
        plain(Text("a"))


def test_plain_is_a_copy():
    x = np.zeros(2)
    y = plain(x)
    x[0] = 1
    assert y[0] == 0


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(),
    lambda inner: (
        st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(JSON_LIKE)
def test_plain_keeps_plain_data(value):
    try:
        assert same(plain(value), value)
    except NotPlainError as error:
        assert "deep" in str(error)  # noqa: PT017 - either way is right


def test_same_is_strict():
    assert same(math.nan, math.nan)
    assert not same(1, True)
    assert not same(np.zeros(2), np.zeros(2, dtype=np.float32))
    assert not same(np.zeros(2), np.zeros((2, 1)))
    assert not same((1,), (1, 2))
    assert not same({"a": 1}, {"b": 1})
