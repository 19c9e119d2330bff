"""Answers as bytes: a closed set of plain values, and nothing that can act.

What crosses from a student's process to the grader is data: None, truth values,
numbers, strings, arrays of numbers, and lists, tuples and dicts of these. A
message is a JSON header that says what there is, then the raw little-endian bytes
of the arrays in the header's order. Nothing in it is ever executed or imported, and
each size is checked before memory is taken for it::

    frame   = length of the message (8 bytes, little endian), message
    message = length of the header (4 bytes, little endian), header, array bytes

A message that breaks a rule is a `WireError` with a sentence, whatever its bytes.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DTYPES: tuple[str, ...] = (
    *("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8"),
    *("<f2", "<f4", "<f8", "<c8", "<c16"),
)
"""The array types that may cross, as numpy spells them in little-endian order."""

MAX_BYTES = 256 * 2**20
"""Bytes of all arrays and strings of a message: 32 million float64."""

MAX_HEADER = 4 * 2**20
"""Longest header, in bytes."""

MAX_MESSAGE = MAX_BYTES + MAX_HEADER + 4
"""Longest message, in bytes."""

MAX_DEPTH = 16
"""How deep lists, tuples and dicts may be nested."""

MAX_COUNT = 200_000
"""How many values, counting the elements of lists, a message may hold."""

MAX_DIMENSIONS = 16
"""How many dimensions an array may have."""

MAX_BITS = 4000
"""How many bits an integer may have."""

_LENGTH = struct.Struct("<Q")
_HEADER = struct.Struct("<I")
_CHUNK = 2**20


class WireError(ValueError):
    """A value that cannot cross, or a message that breaks the rules."""


class WireClosedError(WireError):
    """The other side has closed the channel."""


class WireTimeoutError(WireError):
    """The other side did not finish its message in time."""


@dataclass
class _Budget:
    """What is left of the caps while a value is walked."""

    count: int = MAX_COUNT
    data: int = MAX_BYTES
    arrays: list[np.ndarray] = field(default_factory=list)

    def spend(self, depth: int) -> None:
        self.count -= 1
        if self.count < 0:
            raise WireError(f"the value has more than {MAX_COUNT} elements")
        if depth > MAX_DEPTH:
            raise WireError(f"the value is nested deeper than {MAX_DEPTH} levels")

    def take(self, size: int) -> None:
        self.data -= size
        if self.data < 0:
            raise WireError(f"the arrays hold more than {MAX_BYTES} bytes")


def encode(value: Any) -> bytes:
    """Return `value` as one message.

    Parameters
    ----------
    value
        None, bool, int, float, complex, str, a numpy array or scalar of a type in
        `DTYPES`, or a list, tuple or dict of these. Exact types only: whoever has a
        subclass or a tensor converts it first. A surrogate in a string becomes "?".

    Raises
    ------
    WireError
        Where the value, or something in it, is none of these or too large.

    Examples
    --------
    >>> decode(encode({"X_r": np.arange(3.0), "ok": (True, None)}))
    {'X_r': array([0., 1., 2.]), 'ok': (True, None)}
    """
    budget = _Budget()
    text = json.dumps(_describe(value, budget, 0), separators=(",", ":"))
    header = text.encode("ascii")
    if len(header) > MAX_HEADER:
        raise WireError(f"the value needs a header of more than {MAX_HEADER} bytes")
    parts = [_HEADER.pack(len(header)), header]
    return b"".join([*parts, *(array.tobytes() for array in budget.arrays)])


def _describe(value: Any, budget: _Budget, depth: int) -> Any:
    """Return the header's entry for `value`, and note its arrays."""
    budget.spend(depth)
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        budget.take(len(value))
        return value.encode("utf-8", "replace").decode("utf-8")
    if kind is int:
        if value.bit_length() > MAX_BITS:
            raise WireError(f"an integer has more than {MAX_BITS} bits")
        return value
    if kind is float:
        return value if math.isfinite(value) else {"f": repr(value)}
    if kind is complex:
        return {"c": [_describe(x, budget, depth) for x in (value.real, value.imag)]}
    if kind is list or kind is tuple:
        items = [_describe(item, budget, depth + 1) for item in value]
        return {"l" if kind is list else "t": items}
    if kind is dict:
        return {"d": [_pair(k, v, budget, depth) for k, v in value.items()]}
    if kind is np.ndarray or isinstance(value, np.generic):
        return _describe_array(value, budget)
    raise WireError(f"a {kind.__name__} is no number, string, array, list or dict")


def _pair(key: Any, value: Any, budget: _Budget, depth: int) -> list[Any]:
    if type(key) not in (str, int, bool):
        raise WireError(f"a dict has a key of type {type(key).__name__}")
    return [_describe(key, budget, depth + 1), _describe(value, budget, depth + 1)]


def _describe_array(value: np.ndarray | np.generic, budget: _Budget) -> Any:
    dtype = value.dtype.newbyteorder("<") if value.dtype.kind in "biufc" else None
    if dtype is None or dtype.str not in DTYPES:
        raise WireError(f"an array of {value.dtype} is not among the number types")
    if value.ndim > MAX_DIMENSIONS:
        raise WireError(f"an array has more than {MAX_DIMENSIONS} dimensions")
    budget.take(value.nbytes)
    budget.arrays.append(np.asarray(value).astype(dtype, copy=False))
    if type(value) is np.ndarray:
        return {"a": [dtype.str, list(value.shape)]}
    return {"n": dtype.str}


def decode(message: bytes) -> Any:
    r"""Return the value in a message; the reverse of `encode`.

    Arrays are fresh and writable. Total: whatever the bytes, it returns a value or
    raises, and takes memory in proportion to ``len(message)``.

    Raises
    ------
    WireError
        Where the message is truncated, corrupted, too large, or holds anything that
        `encode` does not write.

    Examples
    --------
    >>> decode(b"\x09\0\0\0[1]")
    Traceback (most recent call last):
    coursekit.grading.inside.wire.WireError: the header is longer than the message
    """
    if len(message) > MAX_MESSAGE:
        raise WireError(f"the message has more than {MAX_MESSAGE} bytes")
    if len(message) < _HEADER.size:
        raise WireError("the message is too short to hold a header")
    (size,) = _HEADER.unpack_from(message)
    if size > MAX_HEADER:
        raise WireError(f"the header has more than {MAX_HEADER} bytes")
    if size > len(message) - _HEADER.size:
        raise WireError("the header is longer than the message")
    end = _HEADER.size + size
    reader = _Reader(memoryview(message)[end:])
    value = reader.build(_parse(message[_HEADER.size : end]), 0)
    if reader.at != len(reader.body):
        raise WireError("bytes are left over after the last array")
    return value


def _no_constant(name: str) -> Any:
    raise WireError(f"the header spells a number as {name}")


def _parse(header: bytes) -> Any:
    """Return what the JSON of a header holds; its length is already capped."""
    try:
        return json.loads(header.decode("ascii"), parse_constant=_no_constant)
    except WireError:
        raise
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not valid JSON") from error


class _Reader:
    """Builds the value that a header describes from the bytes after it."""

    def __init__(self, body: memoryview) -> None:
        self.body = body
        self.at = 0
        self.budget = _Budget()

    def build(self, node: Any, depth: int) -> Any:
        self.budget.spend(depth)
        if isinstance(node, dict):
            return self._tagged(node, depth)
        if isinstance(node, list):
            raise WireError("the header has a list without a kind")
        if type(node) is float and not math.isfinite(node):
            raise WireError("the header has a number that is too large")
        if type(node) is int and node.bit_length() > MAX_BITS:
            raise WireError(f"an integer has more than {MAX_BITS} bits")
        if type(node) is str and not _is_text(node):
            raise WireError("a string holds half a character")
        return node

    def _tagged(self, node: dict[str, Any], depth: int) -> Any:
        if len(node) != 1:
            raise WireError("an entry of the header has not exactly one kind")
        ((tag, content),) = node.items()
        if tag == "f" and content in ("nan", "inf", "-inf"):
            return float(content)
        if tag == "n" and isinstance(content, str):
            return self._array(content, [])[()]
        if not isinstance(content, list):
            raise WireError(f"an entry of kind {tag[:20]!r} has no content")
        if tag == "a" and len(content) == 2:
            return self._array(*content)
        if tag == "c" and len(content) == 2:
            return complex(*(self._float(part, depth) for part in content))
        if tag == "d":
            return self._dict(content, depth)
        if tag in ("l", "t"):
            items = (self.build(item, depth + 1) for item in content)
            return list(items) if tag == "l" else tuple(items)
        raise WireError(f"the header has an entry of unknown kind {tag[:20]!r}")

    def _float(self, node: Any, depth: int) -> float:
        value = self.build(node, depth)
        if type(value) is not float:
            raise WireError("a part of a complex number is no float")
        return value

    def _dict(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2:
                raise WireError("an entry of a dict is no pair")
            key = self.build(pair[0], depth + 1)
            if type(key) not in (str, int, bool) or key in result:
                raise WireError("a dict has a key twice, or one of the wrong type")
            result[key] = self.build(pair[1], depth + 1)
        return result

    def _array(self, dtype: Any, shape: Any) -> np.ndarray:
        if dtype not in DTYPES:
            raise WireError("an array has a type that is not among the number types")
        size = math.prod(_dimensions(shape)) * np.dtype(dtype).itemsize
        self.budget.take(size)
        if size > len(self.body) - self.at:
            raise WireError("an array is longer than the message")
        data = self.body[self.at : self.at + size]
        self.at += size
        if dtype == "|b1" and _other_than_bits(data):
            raise WireError("an array of truth values holds other numbers")
        try:
            return np.frombuffer(data, dtype=dtype).reshape(shape).copy()
        except ValueError as error:
            raise WireError("an array has an impossible shape") from error


def _is_text(value: str) -> bool:
    """Say whether a string can be written as UTF-8, as every page must be."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _other_than_bits(data: memoryview) -> bool:
    """Say whether a byte is neither 0 nor 1, as in a damaged array of bool."""
    return bool(np.any(np.frombuffer(data, dtype=np.uint8) > 1))


def _dimensions(shape: Any) -> Iterator[int]:
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise WireError(f"an array has no list of at most {MAX_DIMENSIONS} dimensions")
    for length in shape:
        if type(length) is not int or not 0 <= length <= 2**40:
            raise WireError("an array has an impossible shape")
        yield length


def write_message(
    stream: socket.socket, message: bytes, deadline: float | None = None
) -> None:
    """Send one message, its length first.

    Parameters
    ----------
    stream
        A connected stream socket.
    message
        As `encode` returns it.
    deadline
        The `time.monotonic` by which it must be sent; None waits for ever.

    Raises
    ------
    WireTimeoutError, WireClosedError
        Where the other side does not read, or is gone.
    """
    view = memoryview(_LENGTH.pack(len(message)) + message)
    try:
        while view:
            stream.settimeout(_left(deadline))
            view = view[stream.send(view[:_CHUNK]) :]
    except TimeoutError as error:
        raise WireTimeoutError("the message was not taken in time") from error
    except OSError as error:
        raise WireClosedError("the channel is closed") from error


def read_message(
    stream: socket.socket, limit: int = MAX_MESSAGE, deadline: float | None = None
) -> bytes:
    """Receive one message of at most `limit` bytes.

    Memory grows with what has arrived, never with what the length announces.

    Parameters
    ----------
    stream
        A connected stream socket.
    limit
        The longest message that is taken, in bytes.
    deadline
        The `time.monotonic` by which it must be there; None waits for ever.

    Raises
    ------
    WireError
        Where the announced length is above `limit`.
    WireTimeoutError, WireClosedError
        Where the message does not end in time, or the other side is gone.
    """
    (size,) = _LENGTH.unpack(_receive(stream, _LENGTH.size, deadline))
    if size > limit:
        raise WireError(f"a message of {size} bytes is longer than {limit}")
    return _receive(stream, size, deadline)


def _receive(stream: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    try:
        while len(data) < size:
            stream.settimeout(_left(deadline))
            chunk = stream.recv(min(size - len(data), _CHUNK))
            if not chunk:
                raise WireClosedError("the channel was closed before the message ended")
            data += chunk
    except TimeoutError as error:
        raise WireTimeoutError("no whole message came in time") from error
    except OSError as error:
        raise WireClosedError("the channel is closed") from error
    return bytes(data)


def _left(deadline: float | None) -> float | None:
    """Return the seconds left, as a socket's timeout (zero would mean no waiting)."""
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
