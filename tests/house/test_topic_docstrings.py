"""What a reader may look for in the docstrings of the topics."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "coursekit"
TOPICS = ("coding", "psychoacoustics", "spatial")
FILES = sorted(path for topic in TOPICS for path in (PACKAGE / topic).rglob("*.py"))

LECTURE = re.compile(r"\b[Ll]ectures? \d\d\b")
SHAPE = re.compile(r"``\(|shape")
ARRAYS = {"Array", "ArrayLike", "Audio", "Numbers", "Tensor"}

Node = ast.FunctionDef | ast.ClassDef


def public(body: list[ast.stmt]) -> Iterator[Node]:
    for node in body:
        if isinstance(node, Node) and not node.name.startswith("_"):
            yield node


def handles_arrays(node: Node) -> bool:
    if isinstance(node, ast.ClassDef):
        return False
    notes = [node.returns, *(a.annotation for a in node.args.args)]
    names = [n for note in notes if note is not None for n in ast.walk(note)]
    return any(isinstance(n, ast.Name) and n.id in ARRAYS for n in names)


def faults(tree: ast.Module) -> Iterator[str]:
    for node in public(tree.body):
        if not LECTURE.search(ast.get_docstring(node) or ""):
            yield f"{node.name} names no lecture"
        methods = public(node.body) if isinstance(node, ast.ClassDef) else ()
        for part in (node, *methods):
            text = ast.get_docstring(part) or ""
            if handles_arrays(part) and not SHAPE.search(text):
                yield f"{part.name} says no shape"
            if "As for `" in text:
                yield f"{part.name} sends the reader to another function"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_public_docstrings_name_their_lecture_and_their_shapes(path):
    assert list(faults(ast.parse(path.read_text()))) == []


def test_the_faults_are_seen():
    code = '''
def f(x: Numbers) -> float:
    """Return a number. As for `g`."""
class C:
    """A class. Lecture 08."""
    def m(self) -> Tensor:
        """Return numbers."""
'''
    assert list(faults(ast.parse(code))) == [
        "f names no lecture",
        "f says no shape",
        "f sends the reader to another function",
        "m says no shape",
    ]
