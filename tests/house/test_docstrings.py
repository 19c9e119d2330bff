"""What a reader may look for in the docstrings of what is taught.

One form says where something is taught, so that a reader and a test find it: a
sentence "Lecture 01.", "Lectures 07 and 08." or "Lectures 04, 07 and 08."
"""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from coursekit.syllabus import LECTURES

PACKAGE = Path(__file__).parents[2] / "coursekit"

# The modules whose docstrings are held to all of this.
TAUGHT = (
    *("audio", "data", "fourier", "listen", "masks", "metrics", "music", "plots"),
    *("rooms", "training", "evidence", "coding", "psychoacoustics", "spatial"),
)
# What is not taught by itself, and says its shapes all the same.
UNTAUGHT = ("arrays", "demos", "homework", "soundfont")
# What arrays are called in signatures.
ARRAYS = {"Array", "ArrayLike", "Audio", "Numbers", "Real", "Tensor"}
SENTENCE = re.compile(r"\bLectures? (\d\d(?:(?:, \d\d)* and \d\d)?)\.")
SHAPE = re.compile(r"``[({]|\bshape\b")

Node = ast.FunctionDef | ast.ClassDef


def lectures_of(docstring: str) -> set[int]:
    """The numbers in the sentences that say where something is taught."""
    found = SENTENCE.findall(re.sub(r"\s+", " ", docstring))
    return {int(number) for text in found for number in re.findall(r"\d\d", text)}


def files(module: str) -> list[Path]:
    folder = PACKAGE / module
    return (
        sorted(p for p in folder.rglob("*.py") if p.parent.name != "making")
        if folder.is_dir()
        else [PACKAGE / f"{module}.py"]
    )


def handed_on(module: str) -> set[str] | None:
    """The names in a package's `__all__`; None, for all, where it is one file."""
    return getattr(import_module(f"coursekit.{module}"), "__all__", None)


def public(body: list[ast.stmt]) -> Iterator[Node]:
    for node in body:
        if isinstance(node, Node) and not node.name.startswith("_"):
            yield node


def takes_arrays(node: Node) -> bool:
    if isinstance(node, ast.ClassDef):
        return False
    every = [*node.args.args, *node.args.kwonlyargs]
    hints = [hint for hint in (node.returns, *(a.annotation for a in every)) if hint]
    names = [n.id for h in hints for n in ast.walk(h) if isinstance(n, ast.Name)]
    return not ARRAYS.isdisjoint(names)


def lecture_faults(tree: ast.Module, names: set[str] | None = None) -> Iterator[str]:
    """Public things (those named, if any) that name no lecture, or one there is not."""
    for node in public(tree.body):
        if names is not None and node.name not in names:
            continue
        numbers = lectures_of(ast.get_docstring(node) or "")
        if not numbers:
            yield f"{node.name} names no lecture"
        for number in sorted(numbers - {entry.number for entry in LECTURES}):
            yield f"{node.name} names lecture {number:02d}, which there is not"


def shape_faults(tree: ast.Module) -> Iterator[str]:
    """Public functions and methods that take arrays and do not say their shapes."""
    for node in public(tree.body):
        methods = public(node.body) if isinstance(node, ast.ClassDef) else ()
        for part in (node, *methods):
            text = ast.get_docstring(part) or ""
            if takes_arrays(part) and not SHAPE.search(text):
                yield f"{part.name} says no shape"
            if "As for `" in text:
                yield f"{part.name} sends the reader to another function"


@pytest.mark.parametrize("module", TAUGHT)
def test_docstrings_name_their_lecture(module):
    names = handed_on(module)
    found = [
        f"{path.name}: {fault}"
        for path in files(module)
        for fault in lecture_faults(ast.parse(path.read_text()), names)
    ]
    assert found == []


@pytest.mark.parametrize("module", [*TAUGHT, *UNTAUGHT])
def test_docstrings_say_shapes(module):
    found = [
        f"{path.name}: {fault}"
        for path in files(module)
        for fault in shape_faults(ast.parse(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize("module", TAUGHT)
def test_a_module_names_every_lecture_that_teaches_it(module):
    tree = ast.parse(files(module)[0].read_text())
    text = re.sub(r"\s+", " ", ast.get_docstring(tree) or "")
    said = {int(n) for part in re.findall(r"[Ll]ectures? .*", text)
            for n in re.findall(r"\b\d\d\b", part)}  # fmt: skip
    for entry in LECTURES:
        if module in entry.modules:
            told = f"the first docstring of coursekit.{module} does not name lecture"
            assert entry.number in said, f"{told} {entry.number:02d}"


def see_also(node: Node) -> list[str]:
    """The names under a docstring's See Also."""
    text = ast.get_docstring(node) or ""
    found = re.search(r"^See Also\n-+\n(.+)$", text, re.M)
    return found[1].split(", ") if found else []


def test_siblings_that_are_pointed_to_are_there():
    pointed = 0
    for path in PACKAGE.rglob("*.py"):
        nodes = list(public(ast.parse(path.read_text()).body))
        around = {node.name for node in nodes}
        around |= {n.name for p in path.parent.glob("*.py") if path.parent != PACKAGE
                   for n in public(ast.parse(p.read_text()).body)}  # fmt: skip
        for node in nodes:
            assert set(see_also(node)) <= around - {node.name}, node.name
            pointed += len(see_also(node))
    assert pointed > 30


def test_no_docstring_sends_the_reader_elsewhere_for_a_parameter():
    for path in PACKAGE.rglob("*.py"):
        assert "As for `" not in path.read_text(), path.name


def test_demos_are_named_as_their_lectures():
    shared = {"__init__", "board", "listening_test"}
    names = {path.stem for path in files("demos")} - shared
    assert names <= {entry.name for entry in LECTURES}


def test_a_demo_names_its_lecture():
    for entry in LECTURES:
        path = PACKAGE / "demos" / f"{entry.name}.py"
        if path.exists():
            first = ast.get_docstring(ast.parse(path.read_text())).splitlines()[0]
            assert re.search(rf"[Ll]ecture {entry.number:02d}\b", first), path.name


def test_the_one_form_is_read():
    assert lectures_of("A window. Lecture 02.") == {2}
    assert lectures_of("Lectures 04, 07 and 16.\n\nParameters") == {4, 7, 16}
    assert lectures_of("Slide; lecture 02. See lectures 01 and 02") == set()


def test_the_faults_are_seen():
    code = '''
def f(x: Numbers) -> float:
    """Return a number. As for `g`."""
def g(*, x: ArrayLike) -> float:
    """Return a number of ``(samples,)``. Lecture 77."""
class C:
    """A class. Lecture 08."""
    def m(self) -> Tensor:
        """Return numbers."""
def _private(x: Numbers) -> float:
    """Return a number."""
'''
    tree = ast.parse(code)
    assert list(lecture_faults(tree)) == [
        "f names no lecture",
        "g names lecture 77, which there is not",
    ]
    assert list(lecture_faults(tree, {"C"})) == []
    assert list(shape_faults(tree)) == [
        "f says no shape",
        "f sends the reader to another function",
        "m says no shape",
    ]
