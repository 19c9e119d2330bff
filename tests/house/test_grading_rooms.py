"""The grader's innermost room is all of it that stands beside a student's code."""

import ast
from pathlib import Path

from coursekit.grading.sandbox import bubblewrap

GRADING = Path(bubblewrap.PACKAGE) / "grading"


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


def test_what_runs_a_submission_is_one_room_that_needs_no_other():
    """The order of the other rooms is held with all of the house, in `LAYERS`."""
    assert bubblewrap.INSIDE == ("grading/__init__.py", "grading/inside")
    assert imported(GRADING / "__init__.py") == set()
    files = sorted((GRADING / "inside").glob("*.py"))
    assert {path.stem for path in files} >= {"child", "forkserver", "wire"}
    for path in files:
        assert imported(path) <= {"inside"}, path.name


def test_an_import_is_seen_wherever_it_stands(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        "def f():\n    from coursekit.grading import marking\n"
        "    import coursekit.grading.pages.report\n"
        "from coursekit.grading.inside import wire\n"
    )
    assert imported(path) == {"marking", "pages", "inside"}
