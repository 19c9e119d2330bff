"""What came back when a student's function was called.

An *answer* is either a `Value` or the reason why there is none. Values are a
closed set of plain data: arrays of numbers, scalars, strings, None, tuples and
dicts of these. Nothing of the student's own classes is left in them, so that
whoever judges an answer never calls the student's code.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.homework.checks.calls import (
    Args,
    NoGradient,
    NotLoaded,
)

LARGEST_BYTES = 256 * 2**20
"""The largest array that counts as an answer."""

LONGEST_TEXT = 500
"""Exception messages and source lines are cut to this many characters."""

DEEPEST = 6
"""How deep tuples and dicts may be nested in an answer."""


@dataclass(frozen=True)
class Value:
    """The answer, as plain data (see `plain`)."""

    value: Any


@dataclass(frozen=True)
class Missing:
    """The name is not defined in the notebook."""


@dataclass(frozen=True)
class NotWritten:
    """The stub is still there: it raised NotImplementedError, or is None."""


@dataclass(frozen=True)
class NotCallable:
    """Something that is no function stands under the function's name."""

    type_name: str


@dataclass(frozen=True)
class Raised:
    """The code raised an exception.

    Parameters
    ----------
    kind, message
        Type and text of the exception.
    line
        The student's own source line where it happened, or "".
    number
        The number of that line in its cell, or 0.
    """

    kind: str
    message: str = ""
    line: str = ""
    number: int = 0


@dataclass(frozen=True)
class TooSlow:
    """The call took longer than its limit of so many seconds."""

    seconds: float


@dataclass(frozen=True)
class ChangedInput:
    """The call changed its argument at this position, counted from 0."""

    position: int


@dataclass(frozen=True)
class Unsupported:
    """The answer holds something that is no plain data, of this type."""

    type_name: str


@dataclass(frozen=True)
class Lost:
    """The process that was asked ended without an answer; `reason` says why.

    Only a grader's parent process makes this one: "crash", "memory", "timeout".
    """

    reason: str


Answer = (
    Value
    | Missing
    | NotWritten
    | NotCallable
    | Raised
    | TooSlow
    | ChangedInput
    | Unsupported
    | NoGradient
    | NotLoaded
    | Lost
)


class NotPlainError(TypeError):
    """Raised by `plain` for what is not in the closed set; names its type."""


# --- plain data ---------------------------------------------------------------


def plain(value: object, depth: int = 0) -> Any:
    """Return a copy of `value` in the closed set of plain data.

    Parameters
    ----------
    value
        Arrays of numbers (torch tensors become arrays, with their gradients
        left behind), numbers, strings, None, tuples, lists, dicts with strings
        as keys. A list of equal shapes becomes an array, any other a tuple.
    depth
        How deep `value` itself is nested.

    Returns
    -------
    numpy.ndarray, bool, int, float, complex, str, None, tuple or dict
        Exactly of these types, never of a class derived from them.

    Raises
    ------
    NotPlainError
        For anything else; the message is the name of the type.

    Examples
    --------
    >>> plain([1, 2, 3])
    array([1, 2, 3])
    >>> plain((np.float64(0.5), "a"))
    (0.5, 'a')
    >>> plain({1, 2})
    Traceback (most recent call last):
    coursekit.homework.checks.answers.NotPlainError: set
    """
    kind = type(value)
    if kind in (bool, float, complex, str, type(None)):
        return value
    if kind is int:
        return _whole_number(value)  # type: ignore[arg-type]
    if issubclass(kind, np.ndarray):
        return _array(value)  # type: ignore[arg-type]
    if issubclass(kind, np.generic):
        return _array(np.asarray(value))[()].item()
    if _is_tensor(value):
        return _tensor(value)
    if depth >= DEEPEST:
        raise NotPlainError(f"{kind.__name__} nested more than {DEEPEST} deep")
    if kind is tuple:
        return tuple(plain(item, depth + 1) for item in value)  # type: ignore
    if kind is list:
        return _list(value, depth)  # type: ignore[arg-type]
    if kind is dict:
        return _dict(value, depth)  # type: ignore[arg-type]
    raise NotPlainError(kind.__name__[:LONGEST_TEXT])


def _whole_number(value: int) -> int:
    if abs(value) >= 2**63:
        raise NotPlainError("int of more than 64 bits")
    return value


def _array(value: np.ndarray) -> np.ndarray:
    if value.dtype.kind not in "biufc":
        what = "objects" if value.dtype.kind == "O" else value.dtype.name
        raise NotPlainError(f"array of {what}")
    if value.size * value.dtype.itemsize > LARGEST_BYTES:
        raise NotPlainError(f"array of more than {LARGEST_BYTES >> 20} MiB")
    # Byte order and extended precision of this machine mean nothing elsewhere.
    dtype = value.dtype.newbyteorder("=")
    dtype = {"g": np.dtype(float), "G": np.dtype(complex)}.get(dtype.char, dtype)
    return np.array(value, dtype=dtype, copy=True, order="C", subok=False)


def _is_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(type(value), torch.Tensor)


def _tensor(value: Any) -> np.ndarray:
    try:
        return _array(np.asarray(value.detach().numpy(force=True)))
    except NotPlainError:
        raise
    except Exception as error:
        raise NotPlainError(f"tensor of {value.dtype}") from error


def _list(value: list, depth: int) -> np.ndarray | tuple:
    if len(value) * 8 > LARGEST_BYTES:
        raise NotPlainError(f"list of more than {LARGEST_BYTES >> 23} million items")
    items = tuple(plain(item, depth + 1) for item in value)
    numbers = all(isinstance(i, bool | int | float | complex) for i in items)
    arrays = all(isinstance(i, np.ndarray) for i in items)
    if numbers or (arrays and len({i.shape for i in items}) == 1):
        return _array(np.array(items))
    return items


def _dict(value: dict, depth: int) -> dict:
    for name in value:
        if type(name) is not str:
            raise NotPlainError(f"dict with a key of type {type(name).__name__}")
    return {name: plain(item, depth + 1) for name, item in value.items()}


def same(a: Any, b: Any) -> bool:
    """Return whether two pieces of plain data are equal to the last bit.

    Types, dtypes and shapes count; NaN equals NaN.

    Examples
    --------
    >>> same(np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    True
    >>> same(1, 1.0)
    False
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    return bool(a == b) or (isinstance(a, float) and math.isnan(a) and math.isnan(b))


def copy_of(args: Args) -> Args:
    """Return the arguments again, their arrays copied, fit to be given away.

    Arrays inside tuples and dicts are copied as well.
    """
    return tuple(map(_copy, args))


def _copy(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) is tuple:
        return copy_of(value)
    if type(value) is dict:
        return {name: _copy(item) for name, item in value.items()}
    return value
