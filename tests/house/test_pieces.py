"""What one adds comes in pieces, and a missing one is named, with the way to it.

`CONTRIBUTING.md` says which pieces belong together. Those of homework are held by
tests/homework/test_tables.py, the released notebooks by tests/grading/cycle.
"""

import re
from pathlib import Path

from coursekit import evidence, syllabus, topics, training
from coursekit.evidence.table import TABLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def lectures_in_pieces(notebooks: set[str], rows: tuple[syllabus.Lecture, ...]):
    """One sentence for each notebook that the course does not know of."""
    known = {entry.notebook for entry in rows}
    for name in sorted(notebooks - known):
        yield f"notebooks/{name} has no row in LECTURES of coursekit/syllabus.py"


def tables_in_pieces(tables: set[str], experiments: set[str]):
    """One sentence for each table without its definition, and the other way round."""
    for name in sorted(tables - experiments):
        yield (
            f"coursekit/evidence/tables/{name}.json has no definition: no topic has a "
            f"table_{name}.py with an EXPERIMENT of that name"
        )
    for name in sorted(experiments - tables):
        yield f'the table {name} was not made: run make evidence NAMES="{name}"'


def test_every_notebook_is_a_lecture():
    there = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert list(lectures_in_pieces(there, syllabus.LECTURES)) == []


def test_every_table_has_its_definition_and_every_definition_its_table():
    there = {path.stem for path in TABLES.glob("*.json")}
    assert list(tables_in_pieces(there, set(evidence.names()))) == []


def test_all_weights_have_recipe_and_card():
    assert training.missing() == []


def test_what_is_missing_is_named():
    rows = syllabus.LECTURES[:2]
    assert list(lectures_in_pieces({"01_dft.ipynb", "19_toy.ipynb"}, rows)) == [
        "notebooks/19_toy.ipynb has no row in LECTURES of coursekit/syllabus.py"
    ]
    lost, unmade = tables_in_pieces({"a", "b"}, {"b", "c"})
    assert lost.startswith("coursekit/evidence/tables/a.json has no definition")
    assert unmade.endswith('make evidence NAMES="c"')


def test_the_page_names_what_there_is():
    """Every path and command of CONTRIBUTING.md, but for those with a gap to fill."""
    spans = re.findall(r"`([^`\n]+)`", PAGE)
    paths = [s for s in spans if re.fullmatch(r"[\w./]+(/|\.(py|md|toml))", s)]
    paths = [path for path in paths if "/" in path]
    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
    makefile = (ROOT / "Makefile").read_text()
    targets = {s.split()[1] for s in spans if s.startswith("make ")}
    assert targets
    assert [t for t in targets if not re.search(rf"^{t}:", makefile, re.M)] == []
    modules = {s.split()[2] for s in spans if s.startswith("python -m coursekit.")}
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_the_topics_that_have_recipes_and_tables_are_found():
    assert "coursekit.coding.models" in topics.modules("models")
    assert "coursekit.spatial.table_deck" in topics.modules("table_*")
