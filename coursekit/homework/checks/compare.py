"""Comparing an answer with the expected one; what is wrong with it, in words.

The rules of comparison, the same for all homework:

- Real answers may be of any real type: float32 is fine (its tolerance is
  ``1e-4`` of the largest expected magnitude, what single precision leaves after
  a few hundred products), integers are compared by value. float16 is refused:
  three digits are not an answer. Truth values are refused where numbers are
  expected.
- Complex answers where real ones are expected are refused even if their
  imaginary part is zero, and real ones where complex ones are expected.
- Where several results are expected, a list or an array that unpacks into as
  many is as good as a tuple.
- A whole number may come as a float without decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from coursekit.homework.checks.cases import Part
from coursekit.homework.checks.words import (
    article,
    dimensions,
    form,
    place,
    text,
)

SINGLE_PRECISION = 1e-4
"""Tolerance of float32 answers, as a fraction of the largest expected value."""


class Status(StrEnum):
    """What became of one case."""

    PASSED = "passed"
    MISSING = "missing"
    NOT_WRITTEN = "not-written"
    NOTHING = "none"
    TYPE = "type"
    COUNT = "count"
    RANK = "rank"
    DTYPE = "dtype"
    SHAPE = "shape"
    NAN = "nan"
    VALUE = "value"
    RAISED = "raised"
    SLOW = "slow"
    CHANGED_INPUT = "changed-input"
    GRADIENT = "gradient"
    WEIGHTS = "weights"
    UNSUPPORTED = "unsupported"
    LOST = "lost"


@dataclass(frozen=True)
class Fault:
    """What is wrong with an answer, before it becomes a `Finding`."""

    status: Status
    sentence: str
    expected: str = ""
    got: str = ""
    where: str = ""
    error: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Comparing an answer with the expected one, results by results."""

    part: Part
    rtol: float
    atol: float

    def fault(self, expected: Any, got: Any) -> Fault | None:
        """Return the first thing that is wrong, or None."""
        if type(expected) is tuple:
            return self._several(expected, got)
        if type(expected) is dict:
            return self._named(expected, got)
        return self._one(self.part.name, expected, got, _magnitude(expected))

    def _several(self, expected: tuple, got: Any) -> Fault | None:
        if isinstance(got, np.ndarray) and got.ndim and len(got) == len(expected):
            got = tuple(got)
        if type(got) is not tuple or len(got) != len(expected):
            return self._count(expected, got)
        faults = [
            self._one(self._name(i), e, g, _magnitude(expected))
            for i, (e, g) in enumerate(zip(expected, got, strict=True))
        ]
        return min(filter(None, faults), key=_first, default=None)

    def _count(self, expected: tuple, got: Any) -> Fault:
        names = " and ".join(self._name(i) for i in range(len(expected)))
        n = len(got) if type(got) is tuple else 1
        return Fault(
            Status.COUNT,
            f"{self.part.name} should return {len(expected)} results ({names}), "
            f"but returned {n}",
            form(expected),
            form(got),
        )

    def _named(self, expected: dict, got: Any) -> Fault | None:
        if type(got) is not dict:
            return _type(self.part.name, expected, got)
        if set(got) != set(expected):
            names = ", ".join(sorted(expected))
            return Fault(
                Status.COUNT,
                f"{self.part.name} should return a dict with {names}",
                form(expected),
                form(got),
            )
        scale = _magnitude(tuple(expected.values()))
        faults = [self._one(name, expected[name], got[name], scale) for name in got]
        return min(filter(None, faults), key=_first, default=None)

    def _name(self, position: int) -> str:
        if position < len(self.part.results):
            return self.part.results[position]
        return f"result {position + 1}"

    def _one(self, name: str, expected: Any, got: Any, scale: float) -> Fault | None:
        """Compare one array, number, string or None."""
        fault = structure_fault(name, expected, got)
        if fault is not None:
            return fault
        if not _is_number(expected):
            if expected == got:
                return None
            return Fault(Status.VALUE, f"{name} is wrong", text(expected), text(got))
        return self._values(name, np.asarray(expected), np.asarray(got), scale)

    def _values(
        self, name: str, expected: np.ndarray, got: np.ndarray, scale: float
    ) -> Fault | None:
        bad = np.isfinite(expected) & ~np.isfinite(got)
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            return Fault(
                Status.NAN,
                f"{name} holds NaN or infinity (a division by zero?)",
                text(expected[at].item()),
                text(got[at].item()),
                place(name, at),
            )
        atol = self.atol
        if got.dtype in (np.float32, np.complex64):
            atol = max(atol, SINGLE_PRECISION * scale)
        if np.allclose(got, expected, self.rtol, atol, equal_nan=True):
            return None
        return _deviation(name, expected, got)


def _deviation(name: str, expected: np.ndarray, got: np.ndarray) -> Fault:
    """Return the fault of values that differ, with where they differ most."""
    with np.errstate(all="ignore"):
        off = np.abs(got.astype(complex) - expected.astype(complex))
    off = np.where(np.isnan(off), np.inf, off)
    at = tuple(int(i) for i in np.unravel_index(np.argmax(off), off.shape))
    error = float(off[at])
    whole = expected.size <= 8
    return Fault(
        Status.VALUE,
        f"{name} is off by up to {error:.3g}",
        text(expected if whole else expected[at].item()),
        text(got if whole else got[at].item()),
        place(name, at),
        error,
    )


def structure_fault(name: str, expected: Any, got: Any) -> Fault | None:
    """Return what is wrong with type, dtype, rank or shape of one result."""
    if not _is_number(expected):
        same_type = type(got) is type(expected)
        return None if same_type else _type(name, expected, got)
    if not _is_number(got):
        return _type(name, expected, got)
    want, have = np.asarray(expected), np.asarray(got)
    if want.ndim != have.ndim:
        return Fault(
            Status.RANK,
            f"{name} should have {dimensions(want)}, but has {dimensions(have)}",
            form(expected),
            form(got),
        )
    sentence = _wrong_numbers(name, want, have)
    if sentence:
        return Fault(Status.DTYPE, sentence, form(expected), form(got))
    if want.shape != have.shape:
        return Fault(
            Status.SHAPE,
            f"{name} should have the shape {want.shape}, but has {have.shape}",
            form(expected),
            form(got),
        )
    return None


def _wrong_numbers(name: str, want: np.ndarray, have: np.ndarray) -> str:
    """Return the sentence about numbers of the wrong type, or ""."""
    wanted, had = want.dtype.kind, have.dtype.kind
    if had == "b" and wanted != "b":
        return f"{name} holds truth values where numbers are expected"
    if wanted == "b" and had != "b":
        return f"{name} holds numbers where truth values are expected"
    if had == "c" and wanted != "c":
        return f"{name} is complex where real numbers are expected"
    if wanted == "c" and had != "c":
        return f"{name} is real where complex numbers are expected"
    if have.dtype == np.float16:
        return f"{name} is float16, which holds only three digits; use float64"
    if wanted in "iu" and had == "f" and not want.ndim and have != np.round(have):
        return f"{name} should be a whole number"
    return ""


def _type(name: str, expected: Any, got: Any) -> Fault:
    if got is None:
        sentence = f"{name} is None"
        return Fault(Status.NOTHING, sentence, form(expected), "None")
    sentence = (
        f"{name} should be {article(form(expected))}, but is {article(form(got))}"
    )
    return Fault(Status.TYPE, sentence, form(expected), form(got))


_ORDER = tuple(Status)


def _first(fault: Fault) -> int:
    """Return how early a fault comes: a wrong shape before a wrong value."""
    return _ORDER.index(fault.status)


def _magnitude(expected: Any) -> float:
    """Return the largest magnitude in the expected answer."""
    items = expected if type(expected) is tuple else (expected,)
    arrays = [np.abs(np.asarray(i)) for i in items if _is_number(i)]
    return max((float(a.max()) for a in arrays if a.size), default=0.0)


def _is_number(value: Any) -> bool:
    return type(value) in (np.ndarray, bool, int, float, complex)
