"""Skippable cells: the course's own that only show something, which nobody sees.

A homework draws and plays what its students have written. While it is marked, that
costs more than all questions together, and whoever is right but slow would be stopped
there. Such a cell is left out where this changes nothing that is asked: it is as the
course released it, it only calls and assigns, and no other cell uses what it assigns.
Where a notebook reaches its names in a way that cannot be read, all of it runs.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbformat import NotebookNode

KEY, AS_RELEASED = "coursekit", "as released"
"""Our word in a cell's metadata, for those that are the course's to the letter."""

REACHES = frozenset(
    {
        *("globals", "locals", "vars", "dir", "eval", "exec", "compile", "__import__"),
        *("get_ipython", "run_cell", "user_ns", "__main__", "modules", "__dict__"),
        *("__globals__", "_getframe", "inspect", "gc", "In", "Out", "_ih", "_oh", "_"),
    }
)
"""What may use a name of the notebook that does not stand in the code."""

HARMLESS = (ast.Expr, ast.Assign, ast.AnnAssign)
"""The statements of a cell that only shows something."""


def note(notebook: NotebookNode, release: NotebookNode) -> None:
    """Note in each code cell whether it is the course's own, as released.

    Parameters
    ----------
    notebook
        The submission; changed in place. What it says of itself does not count.
    release
        The notebook as it was released.
    """
    theirs = {cell.source for cell in release.cells if _is_plain(cell)}
    for cell in notebook.cells:
        cell.metadata.pop(KEY, None)
        if _is_plain(cell) and cell.source in theirs:
            cell.metadata[KEY] = AS_RELEASED


def _is_plain(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and "nbgrader" not in cell.metadata


def is_noted(cell: Mapping[str, Any]) -> bool:
    """Return what `note` has found.

    Parameters
    ----------
    cell
        Of a notebook.
    """
    return bool((cell.get("metadata") or {}).get(KEY) == AS_RELEASED)


def needed(
    sources: Sequence[str], noted: Sequence[bool], asked: Iterable[str]
) -> list[bool]:
    """Return for each cell whether it has to run.

    Parameters
    ----------
    sources
        Of all code cells, in their order.
    noted
        Whether each is the course's own, as released.
    asked
        Names that are asked for.

    Examples
    --------
    >>> cells = ["def f(x): return x", "frame = 2; play(f(frame))", "y = f(1)"]
    >>> needed(cells, [False, True, False], ["f"])
    [True, False, True]
    """
    runs = [not (n and _only_shows(s)) for s, n in zip(sources, noted, strict=True)]
    used = set(asked)
    for at in [at for at, run in enumerate(runs) if run]:
        if _words(sources[at]) & REACHES:
            return [True] * len(runs)
        used |= _uses(sources[at])
    while late := [
        at
        for at, run in enumerate(runs)
        if not run and not _binds(sources[at]).isdisjoint(used)
    ]:
        for at in late:
            runs[at] = True
            used |= _uses(sources[at])
    return runs


def _only_shows(source: str) -> bool:
    """Say whether code does nothing but call things and assign to names."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    stored = (
        isinstance(node, ast.Attribute | ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(tree)
    )
    return all(isinstance(n, HARMLESS) for n in tree.body) and not any(stored)


def _binds(source: str) -> set[str]:
    """Return the names that a cell which only shows something assigns."""
    table = _symbols(source)
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}


def _words(source: str) -> set[str]:
    """Return all names in code; what is no Python, a magic, may reach anything."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(REACHES)
    words = {node.id for node in nodes if isinstance(node, ast.Name)}
    words |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.alias):
            words.update(node.name.split("."))
    return words


def _uses(source: str) -> set[str]:
    """Return the names of the notebook that a cell may use."""
    return set(_globals(_symbols(source)))


class _Scoped(ast.NodeTransformer):
    """Turns comprehensions into generators, which keep their names to themselves.

    From Python 3.12 on the names that a comprehension binds stand in the table of
    what is around it, though they are not bound there.
    """

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._generator(node, node.elt)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._generator(node, node.elt)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        pair = ast.Tuple(elts=[node.key, node.value], ctx=ast.Load())
        return self._generator(node, pair)

    def _generator(self, node: ast.AST, item: ast.expr) -> ast.AST:
        generators = node.generators  # type: ignore[attr-defined]
        made = ast.GeneratorExp(elt=item, generators=generators)
        return self.generic_visit(ast.copy_location(made, node))


def _symbols(source: str) -> symtable.SymbolTable:
    """Return the symbols of a cell, the same on every Python."""
    tree = ast.fix_missing_locations(_Scoped().visit(ast.parse(source)))
    return symtable.symtable(ast.unparse(tree), "cell", "exec")


def _globals(table: symtable.SymbolTable) -> Iterable[str]:
    inner = table.get_type() == "function"
    for symbol in table.get_symbols():
        if symbol.is_global() or not inner:
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)
