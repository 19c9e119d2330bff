"""The house rules that a machine can see."""

import ast
import io
import statistics
import subprocess
import tokenize
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "coursekit"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 450  # of code, in one file

# The rooms of the house, from the ground to the top. A room imports from rows before
# its own, and from itself; rooms of one row know nothing of each other. A name stands
# for the module or the folder, and for all in it that has no longer name here.
LAYERS = (
    ("arrays", "syllabus", "topics"),
    ("fourier", "audio", "metrics", "soundfont", "rooms"),
    ("masks", "music", "data"),
    ("data.making", "plots", "listen"),
    ("training",),
    ("evidence",),
    # the topics: what stands between evidence and demos
    ("psychoacoustics", "spatial"),
    ("coding",),
    ("demos",),
    ("homework.checks",),
    ("homework.own_data",),
    ("homework.hw*",),
    ("grading.inside",),
    ("grading.sandbox",),
    ("grading.marking",),
    ("grading.course",),
    ("grading.publishing",),
    ("grading.pages",),
    ("grading.demo",),
    ("grading.commands",),
    ("__main__",),
)
# Packages that are only the house around such rooms: their `__init__` says what is
# inside, and imports none of it.
HOUSES = ("", "homework", "grading")
# Which topic may use which other one, by the names that its `__init__` hands on.
MAY_USE = {("coding", "psychoacoustics")}


def module(path: Path) -> str:
    """The dotted name below coursekit: "plots.style"; "plots" for its __init__."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in FILES}


def place(name: str) -> tuple[int, str]:
    """The row of LAYERS that a module lies in, and its room there."""
    parts = name.split(".")
    fits = [
        (len(pattern.split(".")), row, pattern)
        for row, rooms in enumerate(LAYERS)
        for pattern in rooms
        if fnmatchcase(".".join(parts[: len(pattern.split("."))]), pattern)
    ]
    if not fits:
        file = f"coursekit/{name.replace('.', '/')}.py"
        raise AssertionError(f"{file} is in no layer: add it to LAYERS")
    depth, row, _ = max(fits)
    return row, ".".join(parts[:depth])


class Import(NamedTuple):
    """A module of coursekit that is imported, and the name that is taken from it."""

    module: str
    name: str = ""


def imports(tree: ast.AST, here: str = "") -> set[Import]:
    """Every import of coursekit, also in functions and under TYPE_CHECKING."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            whole = [alias.name.split(".", 1) for alias in node.names]
            found |= {Import("".join(n[1:])) for n in whole if n[0] == "coursekit"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{here} imports by dots: write coursekit.…"
            first, _, rest = (node.module or "").partition(".")
            if first == "coursekit":
                found |= {taken(rest, alias.name) for alias in node.names}
    return found


def taken(package: str, name: str) -> Import:
    """`from coursekit.package import name`: a module of it, or a name in it."""
    inner = f"{package}.{name}".lstrip(".")
    return Import(inner) if inner in MODULES else Import(package, name)


IMPORTS = {
    name: imports(ast.parse(path.read_text()), name) for name, path in MODULES.items()
}


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", FILES, ids=named)
def test_imports_point_downwards(path):
    name = module(path)
    if name in HOUSES:
        assert IMPORTS[name] == set()
        return
    row, room = place(name)
    for there in IMPORTS[name]:
        if there.module in HOUSES:
            continue
        below, other = place(there.module)
        assert below < row or other == room, f"{name} imports {there.module}"


def test_a_module_in_no_layer_is_named():
    with pytest.raises(AssertionError, match=r"coursekit/x\.py is in no layer: add it"):
        place("x")
    with pytest.raises(AssertionError, match=r"grading/new/inner\.py is in no layer"):
        place("grading.new.inner")


def test_the_longest_name_decides():
    assert place("data.manifest")[1] == "data"
    assert place("data.making.build")[1] == "data.making"
    assert place("homework.hw1_dft")[1] == "homework.hw1_dft"
    assert place("homework.hw2_ild.scene")[1] == "homework.hw2_ild"


@pytest.mark.parametrize("room", [room for row in LAYERS for room in row])
def test_every_room_is_there(room):
    assert any(fnmatchcase(name, room) for name in MODULES), f"no coursekit.{room}"


def test_imports_are_seen_wherever_they_stand():
    code = """
import coursekit.plots.style
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from coursekit.data import Clip
def f():
    from coursekit import fourier, __doc__
"""
    assert imports(ast.parse(code)) == {
        Import("plots.style"),
        Import("data", "Clip"),
        Import("fourier"),
        Import("", "__doc__"),
    }


# --- topics ---------------------------------------------------------------------------


def rows_between(low: str, high: str) -> list[str]:
    return [room for row in LAYERS[place(low)[0] + 1 : place(high)[0]] for room in row]


TOPICS = rows_between("evidence", "demos")


def handed_on(topic: str) -> set[str]:
    """The names in `__all__` of a topic's `__init__`."""
    for node in ast.parse(MODULES[topic].read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"coursekit.{topic} has no __all__")


def names_used(tree: ast.AST, topic: str) -> set[str]:
    """What a file reads of a topic as attributes: `pa.nmr`, `psychoacoustics.nmr`."""
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "coursekit"
        for alias in node.names
        if alias.name == topic
    }
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in aliases
    }


@pytest.mark.parametrize("topic", TOPICS)
def test_no_topic_reaches_into_another(topic):
    for name in (n for n in MODULES if place_or_house(n) == topic):
        for there in IMPORTS[name]:
            other = place_or_house(there.module)
            if other not in TOPICS or other == topic:
                continue
            assert (topic, other) in MAY_USE, f"{name} imports {there.module}"
            assert there.module == other, f"{name} reaches into {there.module}"
            used = names_used(ast.parse(MODULES[name].read_text()), other)
            inner = ({there.name} - {""} | used) - handed_on(other)
            assert inner == set(), f"{name} uses what {other} does not hand on"


def place_or_house(name: str) -> str:
    return name if name in HOUSES else place(name)[1]


# --- circles and sizes ----------------------------------------------------------------


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The first circle of a graph, as a list that ends as it starts; [] if none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_circle_between_rooms():
    rooms: dict[str, set[str]] = {}
    for name, found in IMPORTS.items():
        there = {place_or_house(one.module) for one in found}
        rooms.setdefault(place_or_house(name), set()).update(there)
    assert circle({room: there - {room} for room, there in rooms.items()}) == []


def test_no_circle_between_files():
    files = {name: {one.module for one in found} for name, found in IMPORTS.items()}
    assert circle(files) == []


def test_a_circle_is_seen():
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})) == {"b", "c"}


def code_lines(text: str) -> int:
    """Lines that hold code: no comments, docstrings or blank lines."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT}
    skipped |= {tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def test_code_lines_are_counted():
    code = [
        '"""Doc."""',
        "",
        "# why",
        "x = [",
        "    1,",
        "]",
        "",
        "def f():",
        '    """Doc.',
        "",
        '    More."""',
        "    return x  # so",
    ]
    assert code_lines("\n".join(code)) == 5


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_file_is_long(path):
    assert code_lines(path.read_text()) <= MOST_LINES


# --- names ----------------------------------------------------------------------------


def test_one_name_is_one_class():
    where: dict[str, list[str]] = {}
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(name)
    assert {name: found for name, found in where.items() if len(found) > 1} == {}


# --- functions ------------------------------------------------------------------------


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
