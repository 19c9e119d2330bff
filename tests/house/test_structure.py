"""The house rules that a machine can see."""

import ast
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "coursekit"
FILES = sorted(PACKAGE.rglob("*.py"))

# Who may import whom: only what stands in an earlier row, or in one's own package.
LAYERS = (
    {"syllabus", "topics"},
    {"fourier", "masks", "metrics", "audio", "rooms", "music", "soundfont", "data"},
    {"training", "evidence"},
    {"listen", "plots"},
    {"spatial", "psychoacoustics", "coding"},
    {"demos"},
    {"homework"},
    {"grading"},
    {"__main__"},
)
# Within a row these may use each other, in this direction only.
ALLOWED = {
    ("data", "audio"),
    ("masks", "fourier"),
    ("music", "audio"),
    ("music", "soundfont"),
    ("coding", "psychoacoustics"),
}


def room(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "") == "coursekit":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            found |= {n.split(".")[1] for n in names if n.startswith("coursekit.")}
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found |= {n.split(".")[1] for n in names if n.startswith("coursekit.")}
    return found


def rank(name: str) -> int:
    (place,) = [i for i, layer in enumerate(LAYERS) if name in layer]
    return place


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    here = room(path)
    if here == "__init__":
        assert imports(path) == set()
        return
    for there in imports(path) - {here}:
        down = rank(there) < rank(here) or (here, there) in ALLOWED
        assert down, f"{here} imports {there}"


def functions():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(PACKAGE)}:{node.name}", node


def body_lines(node) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_function_bodies_are_short():
    lengths = {name: body_lines(node) for name, node in functions()}
    assert {n: k for n, k in lengths.items() if k > 60} == {}
    assert statistics.median(lengths.values()) <= 12


def test_functions_take_six_arguments_at_most():
    counts = {}
    for name, node in functions():
        every = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        counts[name] = len([a for a in every if a.arg not in {"self", "cls"}])
    assert {n: k for n, k in counts.items() if k > 6} == {}


def test_no_global_random_state():
    drawn = subprocess.run(
        ["git", "grep", "-nE", r"np\.random\.(seed|rand|randn|normal|choice)\("],
        cwd=ROOT, capture_output=True, text=True,
    ).stdout  # fmt: skip
    outside = [r for r in drawn.splitlines() if not r.startswith(("tests/", "solut"))]
    assert outside == []
