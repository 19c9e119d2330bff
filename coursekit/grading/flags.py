"""What a human should look at, found by reading a submission without running it.

A flag takes no points. It says that the code reaches a ready-made transform by
another name, or that a function is the package's own, pasted.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from coursekit.grading.runner import Cell
from coursekit.homework.cases import Homework

TRANSFORMS = re.compile(
    r"\b(i?r?fft[2n]?|i?hfft|i?d[cs]tn?|i?stft|i?cqt|czt|zoom_fft|fftpack|pocketfft|"
    r"py?fftw|mkl_fft|ShortTimeFFT|CZT|ZoomFFT|specgram|welch|csd|periodogram|"
    r"freqz|fft_fft|fft_rfft)\b"
)
"""Names of ready-made transforms, or of what hands out one."""

BACKDOORS = re.compile(
    r"\b(__wrapped__|__closure__|cell_contents|__globals__|__subclasses__|_getframe|"
    r"meta_path|gc\.get_|ctypes|HOMEWORK|\.reference)\b|coursekit\.grading"
)
"""What homework does not need, and walking around the rules does."""

SMALLEST = 40
"""A function of fewer syntax nodes may be alike by chance."""


def look(cells: Iterable[Cell], homework: Homework) -> tuple[str, ...]:
    """Return a sentence for each thing that a human should look at.

    Parameters
    ----------
    cells
        Of the submission; those that the course wrote are passed over.
    homework
        Says by `forbidden` what its students are to write themselves.
    """
    forbidden = tuple(getattr(homework, "forbidden", ()))
    theirs = [cell for cell in cells if not cell.ours]
    mine = {part.name for part in homework.parts}
    found: list[str] = []
    for cell in theirs if forbidden else ():
        names = sorted(_ready_made(cell.source) - mine)
        if names:
            found.append(f"cell {cell.id!r} names a ready-made transform: {names[0]!r}")
    for cell in theirs:
        hit = BACKDOORS.search(cell.source)
        if hit:
            found.append(f"cell {cell.id!r} uses {hit.group()!r}: why?")
        found += [
            f"the function {name!r} in cell {cell.id!r} is {original}, pasted"
            for name, original in _pasted(cell.source, forbidden)
        ]
    return tuple(found)


def _ready_made(source: str) -> set[str]:
    """Return the transforms that code names: attributes, imports, and strings."""
    try:
        tree = ast.parse(_without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(TRANSFORMS.findall(source))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.update(node.name.split("."))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.update(node.value.split(".") if len(node.value) < 80 else ())
    return {name for name in names if TRANSFORMS.fullmatch(name)}


def _without_magics(source: str) -> str:
    """Return a cell as Python that can be parsed: magics become empty lines."""
    return re.sub(r"(?m)^\s*[%!?].*$", "", source)


def _pasted(source: str, forbidden: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield name and original of each function that is the package's own."""
    originals: dict[str, str] = {}
    for name in forbidden:
        parts = name.split(".")
        if parts[0] == "coursekit":
            originals.update(_functions_of(".".join(parts[:2])))
    try:
        functions = dict(_functions(ast.parse(_without_magics(source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for shape, name in functions.items():
        if shape in originals:
            yield name, originals[shape]


@cache
def _functions_of(module: str) -> dict[str, str]:
    """Return normal form and full name of a module's functions."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return {}
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    return {shape: f"{module}.{name}" for shape, name in _functions(tree)}


def _functions(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield normal form and name of each function that is large enough."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            bare = _Normal().visit(copy.deepcopy(node))
            if sum(1 for _ in ast.walk(bare)) >= SMALLEST:
                yield ast.dump(bare), node.name


class _Normal(ast.NodeTransformer):
    """Takes from a function what may change without changing it.

    Names are numbered as they appear; docstrings, annotations, texts and its own
    name go.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def _number(self, name: str) -> str:
        return self.numbers.setdefault(name, f"v{len(self.numbers)}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Drop name, docstring, decorators and the annotation of the result."""
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        node.name, node.returns, node.decorator_list = "f", None, []
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Number an argument, and drop its annotation."""
        node.arg, node.annotation = self._number(node.arg), None
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Number a name."""
        node.id = self._number(node.id)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Drop a text; keep a number."""
        node.value = "" if isinstance(node.value, str) else node.value
        return node
