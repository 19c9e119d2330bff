"""Numpy arrays and torch tensors alike: one code for both, and clear refusals.

A function that takes either asks here for what the two spell differently, and for
the checks of what it is given: real numbers, counts, rates.
"""

from __future__ import annotations

import operator
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", np.ndarray, "torch.Tensor")
Number = TypeVar("Number", int, float)
Numbers = np.ndarray[Any, np.dtype[Any]]


def is_torch(x: Any) -> bool:
    """Say whether x is a tensor, without importing torch for those who have none.

    Examples
    --------
    >>> is_torch(np.zeros(3))
    False
    """
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def like(values: Numbers, x: Any) -> Any:
    """Return float64 values, of any shape, as what x is: kind, precision, device.

    Examples
    --------
    >>> like(np.ones(2), np.zeros(5, np.float32)).dtype
    dtype('float32')
    """
    if is_torch(x):
        return x.new_tensor(values)
    return values.astype(x.dtype, copy=False)


def zeros(shape: tuple[int, ...], x: Any) -> Any:
    """Return zeros ``shape`` of what x is: kind, precision and device.

    Examples
    --------
    >>> zeros((1, 2), np.ones(5)).tolist()
    [[0.0, 0.0]]
    """
    return x.new_zeros(shape) if is_torch(x) else np.zeros(shape, x.dtype)


def epsilon(X: Any) -> float:
    """Return the rounding error of X's numbers relative to their size.

    Examples
    --------
    >>> epsilon(np.zeros(3, np.complex64)) > epsilon(np.zeros(3, complex))
    True
    """
    single = str(X.dtype).rpartition(".")[2] == "complex64"
    return float(np.finfo(np.float32 if single else np.float64).eps)


def real(x: Any, name: str, axes: int = 1) -> Any:
    """Return x as real numbers with at least so many axes, none of them empty.

    Examples
    --------
    >>> real([1, 2], "x").tolist()
    [1.0, 2.0]
    """
    if is_torch(x):
        is_complex, is_float = x.is_complex(), x.is_floating_point()
        x = x if is_complex or is_float else x.double()
    else:
        x = np.asarray(x)
        is_complex = x.dtype.kind == "c"
        if x.dtype.kind not in "biufc":
            raise TypeError(f"{name} must hold numbers, not {x.dtype}")
        if not is_complex and x.dtype != np.float32:
            x = x.astype(np.float64, copy=False)
    if is_complex:
        raise TypeError(
            f"{name} is complex ({x.dtype}) but must be real; give its .real and "
            ".imag one after the other"
        )
    return shaped(x, name, axes)


def count(name: str, value: Any) -> int:
    """Return the value as a whole number of at least 1, or say what is wrong.

    Examples
    --------
    >>> count("hop", np.int64(256))
    256
    """
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    try:
        n = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be a whole number, not {value!r}; int() or round() makes one"
        ) from None
    if n < 1:
        raise ValueError(f"{name} must be at least 1, not {n}")
    return n


def positive(name: str, value: Number) -> Number:
    """Return the value; refuse what is not above 0.

    Examples
    --------
    >>> positive("rate", 16000)
    16000
    """
    if not value > 0:
        raise ValueError(f"{name} must be above 0, not {value!r}")
    return value


def shaped(x: Any, name: str, axes: int) -> Any:
    """Return x; refuse too few axes, and empty ones.

    Examples
    --------
    >>> shaped(np.zeros((2, 3)), "x", axes=2).shape
    (2, 3)
    """
    if x.ndim < axes or 0 in x.shape:
        need = "(..., samples)" if axes == 1 else "two axes or more"
        raise ValueError(
            f"{name} has the shape {tuple(x.shape)}; it needs {need}, none empty"
        )
    return x
