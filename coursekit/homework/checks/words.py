"""Plain data in words: type and shape, values, and what stands around them."""

from __future__ import annotations

from typing import Any

import numpy as np


def form(value: Any) -> str:
    """Return type and shape of plain data in words, without any value.

    Examples
    --------
    >>> form(np.zeros((2, 3)))
    'float64 array of shape (2, 3)'
    >>> form((np.zeros(4), 1.5))
    '2 results: float64 array of shape (4,), float'
    """
    if type(value) is np.ndarray:
        return f"{value.dtype} array of shape {value.shape}"
    if type(value) is tuple:
        inner = ", ".join(form(item) for item in value[:4])
        more = ", …" if len(value) > 4 else ""
        return short(f"{len(value)} results: {inner}{more}" if value else "0 results")
    if type(value) is dict:
        return f"dict of {len(value)} entries"
    names = {str: "string", type(None): "None", int: "int", bool: "truth value"}
    names |= {float: "float", complex: "complex number"}
    return names.get(type(value), "unknown")


def text(value: Any) -> str:
    """Return plain data as short text with its values.

    Examples
    --------
    >>> text(np.array([1.0, 0.25]))
    '[1, 0.25]'
    >>> text(2 / 3)
    '0.66667'
    """
    if type(value) is np.ndarray:
        if value.size > 24:
            return form(value)
        value = _without_dust(value)
        shown = np.array2string(
            value,
            max_line_width=10**6,
            separator=", ",
            formatter={"all": lambda number: text(number.item())},  # type: ignore
        )
        return " ".join(shown.split())
    if type(value) is float:
        return f"{value:.5g}"
    if type(value) is complex:
        value = complex(_without_dust(np.asarray(value)).item())
        return f"{value.real:.5g}{value.imag:+.5g}j"
    if type(value) is tuple:
        return short(f"({', '.join(text(item) for item in value[:8])})")
    if type(value) is dict:
        return form(value)
    return short(repr(value))


def _without_dust(value: np.ndarray) -> np.ndarray:
    """Return an array whose rounding errors read as the zeros that they mean."""
    if value.dtype.kind not in "fc" or not np.isfinite(value).all():
        return value
    dust = 1e-12 * np.abs(value).max(initial=0)
    real = np.where(np.abs(value.real) <= dust, 0, value.real)
    if value.dtype.kind == "f":
        return real
    return real + 1j * np.where(np.abs(value.imag) <= dust, 0, value.imag)


def short(words: object, limit: int = 200) -> str:
    """Return one line of text, cut where it is too long."""
    line = " ".join(str(words).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def article(words: str) -> str:
    """Return the words with "a" or "an" before them."""
    if words == "None" or words[0].isdigit():
        return words
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def dimensions(array: np.ndarray) -> str:
    """Return in words how many dimensions an array has."""
    if not array.ndim:
        return "no dimensions (a single number)"
    return f"{array.ndim} dimension{'s' if array.ndim > 1 else ''}"


def place(name: str, at: tuple[int, ...]) -> str:
    """Return an element as Python writes it, ``X[3, 0]``, or the name of a number."""
    return f"{name}[{', '.join(map(str, at))}]" if at else name
