"""What a human should look at, found by reading a submission without running it.

A flag takes no points. It says that the code reaches a ready-made transform by
another name, or that a function is the package's own, pasted.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from coursekit.grading.sandbox.contract import Cell
from coursekit.homework.checks.cases import Homework

TRANSFORMS = re.compile(
    r"\b_*(i?r?fft[2n]?|i?hfft|i?d[cs]tn?|i?stft|i?cqt|czt|zoom_fft|fftpack|"
    r"(py)?pocketfft(_\w+)?|py?fftw|mkl_fft|ShortTimeFFT|CZT|ZoomFFT|fft_\w+|"
    r"[cr]2[cr]n?|r2r_fftpack|genuine_hartley|separable_hartley|raw_fft|"
    r"specgram|welch|csd|periodogram|freqz|melspectrogram|reassigned_spectrogram)\b"
)
"""Names of ready-made transforms, or of what hands out one."""

BACKDOORS = re.compile(
    r"\b(__wrapped__|__closure__|cell_contents|__globals__|__subclasses__|_getframe|"
    r"meta_path|gc\.get_|ctypes|HOMEWORK|\.reference)\b|coursekit\.grading"
)
"""What homework does not need, and walking around the rules does."""

LOOK_UPS = frozenset(
    {"getattr", "attrgetter", "methodcaller", "__import__", "import_module"}
    | {"__getattribute__"}
)
"""What finds by a name that the program may put together as it runs."""

RUNS = frozenset({"eval", "exec", "run_cell", "ex", "ev"})
"""What runs a text."""

HARMLESS = frozenset({"fft_frequencies"})
"""Names that look like a transform's and are none's."""

SMALLEST = 40
"""A function of fewer syntax nodes may be alike by chance."""


def look(
    cells: Iterable[Cell], homework: Homework, files: Path | None = None
) -> tuple[str, ...]:
    """Return a sentence for each thing that a human should look at.

    Parameters
    ----------
    cells
        Of the submission; those that the course wrote are passed over.
    homework
        Says by `forbidden` what its students are to write themselves.
    files
        The folder that the submission came in, whose modules its cells may import.
    """
    forbidden = tuple(getattr(homework, "forbidden", ()))
    mine = {part.name for part in homework.parts}
    theirs = [(f"cell {cell.id!r}", cell.source) for cell in cells if not cell.ours]
    found: list[str] = []
    for where, source in [*theirs, *_modules(files)]:
        if any(map(TRANSFORMS.search, forbidden)):
            found += _transforms(where, source, mine)
        if forbidden:
            found += _look_ups(where, source)
        hit = BACKDOORS.search(source)
        if hit:
            found.append(f"{where} uses {hit.group()!r}: why?")
        found += [
            f"the function {name!r} in {where} is {original}, pasted"
            for name, original in _pasted(source, forbidden)
        ]
    return tuple(found)


def _modules(folder: Path | None) -> list[tuple[str, str]]:
    """Return name and text of the Python files in a submission's folder."""
    if folder is None:
        return []
    paths = [p for p in sorted(folder.rglob("*.py")) if not p.is_symlink()]
    small = [p for p in paths if p.is_file() and p.stat().st_size < LARGEST]
    return [
        (f"file {str(p.relative_to(folder))!r}", p.read_text("utf-8", "replace"))
        for p in small[:MOST]
    ]


LARGEST, MOST = 10**6, 100
"""Bytes of a file and number of files that are read."""


def _transforms(where: str, source: str, mine: set[str]) -> Iterator[str]:
    """Yield what is to be said of the transforms that code reaches."""
    names = sorted(_ready_made(source) - mine)
    if names:
        yield f"{where} names a ready-made transform: {names[0]!r}"


def _look_ups(where: str, source: str) -> Iterator[str]:
    """Yield what is to be said of what code may reach by a name of its making."""
    hidden = sorted(_looked_up(source))
    if hidden:
        yield f"{where} uses {hidden[0]!r} on a text of its own making: why?"


def _looked_up(source: str) -> set[str]:
    """Return the look-ups by a text that does not stand in the code."""
    try:
        tree = ast.parse(_without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = getattr(called, "attr", getattr(called, "id", ""))
            texts = node.args[1:2] if name == "getattr" else node.args[:1]
            made = name in LOOK_UPS and not all(map(_is_name, texts))
            found |= {name} if made or name in RUNS else set()
    return found


def _is_name(node: ast.AST) -> bool:
    """Say whether an argument stands in the code as it is."""
    return isinstance(node, ast.Constant)


def _ready_made(source: str) -> set[str]:
    """Return the transforms that code names: attributes, imports, and strings."""
    try:
        tree = ast.parse(_without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {found[0] for found in TRANSFORMS.finditer(source)}
    magics = "\n".join(MAGICS.findall(source))
    names = {found[0] for found in TRANSFORMS.finditer(magics)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.update(node.name.split("."))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.update(_dotted(node.value))
    return {n for n in names if TRANSFORMS.fullmatch(n) and n not in HARMLESS}


def _dotted(text: str) -> list[str]:
    """Return the names in a text that is nothing but a name with dots."""
    return text.split(".") if re.fullmatch(r"[\w.]+", text) else []


def _without_magics(source: str) -> str:
    """Return a cell as Python that can be parsed: magics become empty lines."""
    return MAGICS.sub("", source)


MAGICS = re.compile(r"(?m)^[ \t]*[%!?].*$")


def _pasted(source: str, forbidden: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield name and original of each function that is the package's own."""
    originals: dict[str, str] = {}
    for name in forbidden:
        if name.startswith("coursekit."):
            originals.update(_functions_of(_module_of(name)))
    try:
        functions = dict(_functions(ast.parse(_without_magics(source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for shape, name in functions.items():
        if shape in originals:
            yield name, originals[shape]


def _module_of(name: str) -> str:
    """Return the module in which a function is, or the module that a name is.

    Examples
    --------
    >>> _module_of("coursekit.grading.marking.flags.look")
    'coursekit.grading.marking.flags'
    """
    while name:
        with contextlib.suppress(ModuleNotFoundError):
            if importlib.util.find_spec(name) is not None:
                return name
        name = name.rpartition(".")[0]
    return name


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
        # There are not many ways to make a layer and keep it.
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
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
