"""Formulas as MathML: a browser shows them without a script and without a network.

A student may have written them, so what comes out is built anew from a closed list of
elements and attributes: no links, no styles, no names. What cannot be read is shown as
it was typed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element

from latex2mathml.converter import Converter

LONGEST = 4000
"""Characters of a formula that are read; a longer one is shown as it was typed."""

ELEMENTS = frozenset(
    {
        *("math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover"),
        *("mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace"),
        *("msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext"),
        *("mtr", "munder", "munderover", "none"),
    }
)
ATTRIBUTES = frozenset(
    {
        *("accent", "accentunder", "columnalign", "columnlines", "columnspacing"),
        *("depth", "display", "displaystyle", "fence", "form", "frame", "height"),
        *("largeop", "linethickness", "lspace", "mathcolor", "mathvariant"),
        *("maxsize", "minsize", "movablelimits", "notation", "rowalign", "rowlines"),
        *("rowspacing", "rspace", "scriptlevel", "separator", "stretchy"),
        *("symmetric", "width"),
    }
)
VALUE = re.compile(
    r"-?\d{1,2}(\.\d{0,4})?(em|ex|mu|pt|px|%)?|#[\da-fA-F]{3,6}|[A-Za-z-]{1,30}"
)
"""Each word of an attribute: a size of two digits at most, a colour, or a name."""

OWN_COMMANDS = re.compile(
    r"\\((re|provide)?new(command|environment)|[gex]?def|let|DeclareMathOperator)"
)
"""What defines commands; a few of these make a formula as long as a book."""

VARIANTS = {
    "bold": "BOLD",
    "double-struck": "DOUBLE-STRUCK",
    "fraktur": "FRAKTUR",
    "script": "SCRIPT",
    "sans-serif": "SANS-SERIF",
    "monospace": "MONOSPACE",
}
"""Alphabets that browsers know as letters of their own, and no longer as a variant."""


@lru_cache(4096)
def mathml(tex: str, display: str = "inline") -> str:
    """Return a formula as an element that a page can hold as it is.

    Parameters
    ----------
    tex
        What stands between the dollars, of unknown origin.
    display
        "inline", or "block" for one on lines of its own.

    Returns
    -------
    str
        A ``math`` element; what was typed, as ``code``, where it cannot be read.

    Examples
    --------
    >>> mathml("N_0")
    '<math display="inline"><mrow><msub><mi>N</mi><mn>0</mn></msub></mrow></math>'
    >>> mathml("a^b^c")
    '<code>a^b^c</code>'
    """
    if len(tex) > LONGEST or OWN_COMMANDS.search(tex):
        return _typed(tex)
    try:
        root = Converter(display=display).convert_to_element(tex.strip())
        return "".join(_spell(root))
    except Exception:  # whatever stumbles over a student's text
        return _typed(tex)


def _typed(tex: str) -> str:
    return f"<code>{html.escape(tex.strip())}</code>"


def _spell(element: Element) -> Iterator[str]:
    """Yield an element and all that is in it, without what is not on the list."""
    children = [piece for child in element for piece in _spell(child)]
    text = _letters(html.unescape(element.text or ""), element.get("mathvariant", ""))
    content = [html.escape(text), *children]
    if element.tag not in ELEMENTS:
        yield from ("<mrow>", *content, "</mrow>")
        return
    known = [
        f' {name}="{value}"'
        for name, value in sorted(element.attrib.items())
        if name in ATTRIBUTES and all(map(VALUE.fullmatch, value.split()))
        if value not in VARIANTS
    ]
    yield from (f"<{element.tag}", *known, ">", *content, f"</{element.tag}>")


def _letters(text: str, variant: str) -> str:
    """Return a text in another alphabet, as far as that has its letters."""
    alphabet = VARIANTS.get(variant)
    return "".join(_letter(c, alphabet) for c in text) if alphabet else text


def _letter(letter: str, alphabet: str) -> str:
    """Return one letter in another alphabet, or as it is."""
    name = unicodedata.name(letter, "").removeprefix("LATIN ").replace("LETTER ", "")
    for start in (f"MATHEMATICAL {alphabet}", alphabet):
        try:
            return unicodedata.lookup(f"{start} {name}")
        except KeyError:
            continue
    return letter
