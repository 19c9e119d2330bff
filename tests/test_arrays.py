"""Numpy arrays and torch tensors get the same treatment and the same refusals."""

import numpy as np
import pytest
import torch

from coursekit import arrays

KINDS = [np.float32, np.float64, torch.float32, torch.float64]


def empty(dtype, *shape):
    if isinstance(dtype, torch.dtype):
        return torch.empty(*shape, dtype=dtype)
    return np.empty(shape, dtype)


@pytest.mark.parametrize("dtype", KINDS)
def test_values_and_zeros_come_as_what_the_other_is(dtype):
    x = empty(dtype, 4)
    for y in (arrays.like(np.array([0.5, 2.0]), x), arrays.zeros((2,), x)):
        assert type(y) is type(x)
        assert y.dtype == x.dtype
    assert arrays.like(np.array([0.5, 2.0]), x).tolist() == [0.5, 2.0]
    assert arrays.zeros((2, 3), x).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("x", [[1, 2], np.array([1, 2]), torch.tensor([1, 2])])
def test_whole_numbers_become_double_precision(x):
    y = arrays.real(x, "x")
    assert arrays.is_torch(y) is isinstance(x, torch.Tensor)
    assert str(y.dtype).endswith("float64")


@pytest.mark.parametrize("dtype", KINDS)
def test_precision_stays(dtype):
    x = empty(dtype, 2, 3)
    assert arrays.real(x, "x") is x


@pytest.mark.parametrize(
    ("dtype", "bits"),
    [(np.complex64, 23), (np.complex128, 52), (torch.complex64, 23),
     (torch.complex128, 52)],
)  # fmt: skip
def test_epsilon_is_that_of_the_parts(dtype, bits):
    assert arrays.epsilon(empty(dtype, 1)) == 2.0**-bits


@pytest.mark.parametrize(
    "x", [np.zeros(2, complex), torch.zeros(2, dtype=torch.cfloat)]
)
def test_complex_numbers_are_refused_with_the_remedy(x):
    with pytest.raises(TypeError, match=r"speech is complex .*give its \.real and"):
        arrays.real(x, "speech")


def test_words_are_no_numbers():
    with pytest.raises(TypeError, match="x must hold numbers, not <U"):
        arrays.real(np.array(["a"]), "x")


@pytest.mark.parametrize(
    ("shape", "axes"), [((), 1), ((0,), 1), ((3,), 2), ((3, 0), 2)]
)
def test_missing_and_empty_axes_are_refused(shape, axes):
    with pytest.raises(ValueError, match=r"x has the shape \(.*none empty"):
        arrays.shaped(np.zeros(shape), "x", axes)


@pytest.mark.parametrize("value", [True, np.bool_(True), 2.0, "2"])
def test_only_whole_numbers_count(value):
    with pytest.raises(TypeError, match="hop must be a whole number, not"):
        arrays.count("hop", value)


def test_numbers_below_their_least_are_refused():
    with pytest.raises(ValueError, match="hop must be at least 1, not 0"):
        arrays.count("hop", 0)
    for rate in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="rate must be above 0, not"):
            arrays.positive("rate", rate)
