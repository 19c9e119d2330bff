"""Which cells need not run: those of the course that only show something."""

import itertools
import json
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.marking import skippable
from coursekit.grading.marking.skippable import needed
from coursekit.grading.marking.verdict import Submission
from coursekit.grading.publishing import bank

ROOT = Path(__file__).parents[3]
WRITTEN = "import numpy as np\ndef f(x, frame):\n    return np.cos(x) * frame"
SHOWN = (
    "frame, hop = 512, 8\npicture = draw(f(np.ones(3), frame), hop)\npicture.zoom(2)"
)


def runs(*cells, noted=SHOWN, asked=("f",)):
    """Say whether the one cell that is noted would run beside the others."""
    sources = [WRITTEN, noted, *cells]
    found = needed(sources, [source == noted for source in sources], asked)
    assert all(
        run for run, source in zip(found, sources, strict=True) if source != noted
    )
    return found[1]


def test_what_only_shows_is_left_out():
    assert not runs()
    assert not runs(
        "frames = 3\ndef g(frame, hop): return frame", "[f(hop, 1) for hop in x]"
    )


@pytest.mark.parametrize(
    "other",
    [
        "y = frame",
        "def g(x):\n    return x * hop",
        "def g(x):\n    def h():\n        return [y for y in picture]\n    return h",
        "g = lambda x: frame",
        "class A:\n    width = frame",
        "def g():\n    global hop\n    hop += 1",
        "z = f(1, frame=hop)",
        "print(globals()['fra' + 'me'])",
        "get_ipython().run_cell('frame')",
        "import sys\nsys.modules['__main__']",
        "%run other.py",
        "!ls",
        "def g(:\n    pass",
    ],
)
def test_what_another_cell_uses_or_may_use_runs(other):
    assert runs(other)


@pytest.mark.parametrize(
    "noted",
    [
        "check.student = 'Ada'",
        "x[0] = 1",
        "import numpy as np",
        "def g(x): return x",
        "for i in range(3): print(i)",
        "x += 1",
        "del x",
        "with a: pass",
        "f = 3",
        "(",
        "%time f(3)",
    ],
)
def test_what_does_more_than_show_runs(noted):
    assert runs(noted=noted)


def test_what_is_shown_with_the_help_of_what_is_shown_is_left_out_together():
    pair = ["voice = load(1)\nplay(voice)", "draw(voice)"]
    assert needed([WRITTEN, *pair], [False, True, True], ["f"]) == [True, False, False]
    third = "y = voice.mean()"
    found = needed([WRITTEN, *pair, third], [False, True, True, False], ["f"])
    assert found == [True, True, False, True]


def test_what_a_cell_that_has_to_run_uses_runs_as_well():
    chain = ["a = 1", "b = a", "print(b)", "c = b"]
    found = needed([*chain, "c"], [True] * 4 + [False], [])
    assert found == [True, True, False, True, True]


def homework():
    path = ROOT / "assignments" / "hw1_dft" / "dft.ipynb"
    return nbformat.read(path, as_version=4)


def submission(notebook, files=None):
    return Submission("ada", notebook, files, parts=("dft_matrix", "stft"))


def test_only_cells_as_released_are_noted_whatever_they_say():
    release, mine = homework(), homework()
    by_id = {cell.id: cell for cell in mine.cells}
    by_id["look-at-tones-here"].source += "\nmine = 1"
    by_id["look-at-tones-here"].metadata["coursekit"] = "as released"
    by_id["stft"].metadata["coursekit"] = "as released"
    skippable.note(mine, release)
    noted = {cell.id for cell in mine.cells if skippable.is_noted(cell)}
    assert {"together-picture", "look-at-clicks-here", "imports"} <= noted
    assert not noted & {"look-at-tones-here", "stft", "check-stft", "title"}


def test_the_homework_runs_without_its_pictures_and_sounds(tmp_path):
    release, mine = homework(), homework()
    skippable.note(mine, release)
    whole, part = (len(submission(notebook).cells()) for notebook in (release, mine))
    left_out = "together-sound together-picture tones clicks look-at-tones-here"
    assert whole - part == len([*left_out.split(), "look-at-clicks-here"])
    (tmp_path / "helper.py").write_text("import __main__")
    assert len(submission(mine, tmp_path).cells()) == whole


def test_no_answer_of_the_bank_misses_a_name_that_is_left_out():
    """Run what is left: whatever is asked is there, as it is where all runs."""
    release = homework()
    for answer in itertools.islice(bank.load("hw1_dft", ROOT), 0, None, 9):
        mine = nbformat.from_dict(
            bank.fill(json.loads(nbformat.writes(release)), answer, "ada")
        )
        skippable.note(mine, release)
        world = {}
        for cell in submission(mine).cells():
            exec(cell.source, world)
        assert {"dft_matrix", "stft", "STUDENT", "frame_for_clicks"} <= set(world)
        assert "voice" not in world
