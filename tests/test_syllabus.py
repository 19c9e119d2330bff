import ast
import importlib
import re
from pathlib import Path

import pytest

from coursekit import syllabus

ROOT = Path(__file__).parents[1]

# The titles of the deck, with what tells slides of one title apart.
DECK = {
    "Discrete Fourier Transform",
    "Short-Time Fourier Transform",
    "Short-Time Fourier Transform: resolution",
    "Audio and Machine Learning",
    "Audio Signal Processing Problems",
    "A Real-World Use Case",
    "ML/NN for Speech Enhancement: a generalist",
    "ML/NN for Speech Enhancement: generalists vs. specialists",
    "ML/NN for Speech Enhancement: specialist results",
    "ML/NN for Speech Enhancement: SPL and geometry",
    "ML/NN for Speech Enhancement: a clustering approach",
    "ML/NN for Speech Enhancement: the pairwise MRF",
    "ML/NN for Speech Enhancement: multiple sources",
    "Neural Speech and Audio Coding: autoencoders",
    "Neural Speech and Audio Coding: end-to-end CNN autoencoder",
    "Perceptual Nature of Audio: objective metrics",
    "Perceptual Nature of Audio: a silent band",
    "Perceptual Nature of Audio: an interfering beep",
    "Perceptual Nature of Audio: psychoacoustics",
    "Perceptual Nature of Audio: PAM-1",
    "Perceptual Nature of Audio: psychoacoustic loss",
    "Acoustic Echo Cancellation",
    "Active Noise Cancellation",
    "AEC and ANC",
    "AEC and ANC: music",
    "Spatial Audio: stereo to surround",
    "Spatial Audio: disentanglement",
    "Upmixing via Style-Transfer",
    "Music Signal Processing",
    "Spain-Net",
    "Spain-Net: audio examples",
    "Neural Pitch Correction?",
    "The Neural Pitch Correction System",
    "Experimental Results",
    "Detection and Classification of Acoustic Scenes and Events",
    "Reference",
}


def test_lectures_are_numbered_from_zero():
    numbers = [entry.number for entry in syllabus.LECTURES]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 19


def test_every_slide_of_the_deck_is_covered_and_no_other():
    covered = [title for entry in syllabus.LECTURES for title in entry.slides]
    assert set(covered) == DECK
    assert len(covered) == len(DECK)


def test_a_lecture_is_ready_when_its_notebook_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(syllabus, "NOTEBOOKS", tmp_path)
    assert syllabus.ready() == ()
    (tmp_path / "04_generalist.ipynb").touch()
    assert [entry.key for entry in syllabus.ready()] == ["04_generalist"]


@pytest.mark.parametrize("entry", syllabus.ready(), ids=lambda entry: entry.key)
def test_a_lecture_uses_the_modules_that_it_teaches(entry):
    text = (ROOT / "notebooks" / entry.notebook).read_text()
    for name in entry.modules:
        importlib.import_module(f"coursekit.{name}")
        assert re.search(rf"\b{name}\b", text), f"{entry.key} never uses {name}"


def test_every_module_is_taught():
    """Each module on the ground and each topic belongs to some lecture."""
    helpers = {"__init__", "__main__", "syllabus", "demos", "homework", "grading"}
    helpers |= {"soundfont"}  # what `music` is played with
    helpers |= {"topics"}  # what finds the modules of the topics
    helpers |= {"arrays"}  # what numpy and torch spell differently
    package = ROOT / "coursekit"
    modules = {path.stem for path in package.glob("*.py")}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    taught = {name for entry in syllabus.LECTURES for name in entry.modules}
    assert modules - helpers <= taught


def test_modules_that_exist_only_later_belong_to_lectures_to_come():
    existing = {path.stem for path in (ROOT / "coursekit").iterdir()}
    for entry in syllabus.ready():
        assert set(entry.modules) <= existing


def test_docstrings_name_lectures_that_exist():
    keys = {entry.key for entry in syllabus.LECTURES}
    wrong = []
    for path in sorted((ROOT / "coursekit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
            text = (ast.get_docstring(node) or "") if isinstance(node, kinds) else ""
            for key in re.findall(r"``(\d\d_[a-z_0-9]+)``", text):
                if key not in keys:
                    wrong.append((path.name, key))
    assert wrong == []


def test_homework_links_both_ways():
    folders = {path.name for path in (ROOT / "solutions" / "source").iterdir()}
    named = {entry.homework for entry in syllabus.LECTURES} - {""}
    of_ready = {entry.homework for entry in syllabus.ready()} - {""}
    assert folders <= named
    assert of_ready <= folders


def test_readme_holds_the_table():
    """If it does not: `python -m coursekit.syllabus --write`."""
    readme = (ROOT / "README.md").read_text()
    assert syllabus.with_table(readme) == readme
    assert syllabus.markdown_table() in readme


def test_the_table_marks_what_is_to_come(tmp_path, monkeypatch):
    monkeypatch.setattr(syllabus, "NOTEBOOKS", tmp_path)
    (tmp_path / "01_dft.ipynb").touch()
    rows = syllabus.markdown_table().splitlines()[2:]
    assert "| 01 | [dft](notebooks/01_dft.ipynb) |" in rows[1]
    assert sum("*(to come)*" in row for row in rows) == len(syllabus.LECTURES) - 1


def test_the_command_prints_the_table_and_writes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(syllabus, "NOTEBOOKS", tmp_path / "notebooks")
    readme = tmp_path / "README.md"
    heading = "| | lecture | teaches | package | homework |"
    readme.write_text(f"Before.\n\n{heading}\n| old |\n\nAfter: | x |\n| y |\n")
    assert syllabus.main([]) == 0
    assert capsys.readouterr().out.strip() == syllabus.markdown_table()
    assert "| old |" in readme.read_text()
    assert syllabus.main(["--write"]) == 0
    table = syllabus.markdown_table()
    assert readme.read_text() == f"Before.\n\n{table}\n\nAfter: | x |\n| y |\n"


@pytest.mark.parametrize("tables", [0, 2])
def test_a_page_without_one_table_is_refused(tables):
    page = "| | lecture | teaches | package | homework |\n" * tables
    with pytest.raises(ValueError, match=f"{tables} lines .*needs one"):
        syllabus.with_table(page)


def test_unknown_lecture_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no lecture '99_x'.*'01_dft'"):
        syllabus.lecture("99_x")
