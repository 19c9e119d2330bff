"""The grader's rooms are its boundaries of trust: imports run one way between them."""

import ast
from pathlib import Path

import pytest

from coursekit.grading.sandbox import bubblewrap

GRADING = Path(bubblewrap.PACKAGE) / "grading"
# Each room imports from itself and from those before it.
ROOMS = ("inside", "sandbox", "marking", "course", "publishing", "pages")
ON_TOP = {"demo", "commands"}
FILES = sorted(GRADING.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Rooms of the grader that a file imports from, wherever in it."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "coursekit.grading":
            modules |= {f"coursekit.grading.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    parts = [m.split(".") for m in modules if m.startswith("coursekit.grading.")]
    return {part[2] for part in parts}


def test_every_file_is_in_a_room_or_on_top():
    for path in FILES:
        room, *inside = path.relative_to(GRADING).with_suffix("").parts
        known = room in ROOMS if inside else room in {*ON_TOP, "__init__"}
        assert known, f"{path.name} is in no room of grading: add it to ROOMS"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(GRADING)))
def test_imports_run_down_from_room_to_room(path):
    here = path.relative_to(GRADING).parts[0].removesuffix(".py")
    if here in ON_TOP:
        return
    below = ROOMS[: ROOMS.index(here) + 1] if here in ROOMS else ()
    assert imported(path) <= set(below)


def test_what_a_submission_is_run_by_is_one_room_that_needs_no_other():
    assert bubblewrap.INSIDE == ("grading/__init__.py", "grading/inside")
    assert imported(GRADING / "__init__.py") == set()
    for path in (GRADING / "inside").glob("*.py"):
        assert imported(path) <= {"inside"}
