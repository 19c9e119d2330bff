"""The first homework among the hostile: exact marks where its own tables matter."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from coursekit import fourier
from coursekit.grading.course import intake
from coursekit.grading.marking import load, skippable
from coursekit.grading.marking.verdict import Submission, Verdict, mark
from coursekit.grading.publishing import bank
from coursekit.grading.sandbox.contract import Limits, Runner
from coursekit.homework.checks.cases import Homework, draw

ROOT = Path(__file__).parents[3]
SECRET = b"0123456789abcdef0123456789abcdef"
NAME = "dft.ipynb"
ME = "Ada"
FULL = {
    **{"dft_matrix": 4.0, "dft": 5.0, "idft": 4.0, "hann": 3.0},
    **{"stft": 6.0, "overlap_add": 4.0, "frame_for_tones": 2.0},
    "frame_for_clicks": 2.0,
}
LIMITS = Limits(seconds=60, cell_seconds=10.0, memory=2**30)

Change = Callable[[NotebookNode], None]


@dataclass(frozen=True)
class Beast:
    """What is done to a notebook that is worth it all, and what it must be worth."""

    change: Change | None = None
    points: dict[str, float] = field(default_factory=dict)
    flag: bool = False
    folder: Callable[[Path], Any] | None = None


@pytest.fixture(scope="module")
def full() -> Homework:
    """Return the homework with its hidden cases."""
    return load.load_homework("hw1_dft", ROOT / "solutions" / "cases")


@pytest.fixture(scope="module")
def released() -> NotebookNode:
    return nbformat.read(ROOT / "assignments" / "hw1_dft" / NAME, as_version=4)


@pytest.fixture
def marked(
    full: Homework, released: NotebookNode, box: Runner, tmp_path: Path
) -> Callable[[Beast], tuple[Verdict, bool]]:
    """Return a function that hands in what a beast makes of a right notebook."""
    answers = {answer.name: answer for answer in bank.load("hw1_dft", ROOT)}
    right = answers["right/vectorised"]

    def run(beast: Beast) -> tuple[Verdict, bool]:
        filled = bank.fill(json.loads(nbformat.writes(released)), right, ME)
        notebook = nbformat.from_dict(filled)
        if beast.change is not None:
            beast.change(notebook)
        folder = tmp_path / "theirs"
        folder.mkdir()
        (folder / NAME).write_text(nbformat.writes(notebook))
        if beast.folder is not None:
            beast.folder(folder)
        (path,) = intake.receive(folder, ROOT / "assignments" / "hw1_dft")
        taken = nbformat.read(path, as_version=4)
        notes = [*taken.metadata.get("coursekit", {}), *intake.repair(taken, released)]
        skippable.note(taken, released)
        submission = Submission("ada", taken, folder, tuple(FULL), limits=LIMITS)
        verdict = mark(submission, full, SECRET, box)
        return verdict, bool([*notes, *verdict.flags])

    return run


def find(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == name.replace("_", "-"))


def write(name: str, source: str, before: str = "") -> Change:
    """Answer otherwise: ``return …`` is the body of the usual function."""

    def change(notebook: NotebookNode) -> None:
        cell = find(notebook, name)
        head = cell.source.partition("\n")[0]
        body = "\n".join("    " + line for line in source.splitlines())
        cell.source = f"{before}{head}\n{body}"

    return change


def first(source: str) -> Change:
    cell = nbformat.v4.new_code_cell(source, id="scratch")
    return lambda notebook: notebook.cells.insert(4, cell)


def each(*changes: Change) -> Change:
    def change(notebook: NotebookNode) -> None:
        for one in changes:
            one(notebook)

    return change


def strip(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = NotebookNode(), f"n{number}"


def twice(name: str, source: str) -> Change:
    """Hand in a cell once more, further down."""

    def change(notebook: NotebookNode) -> None:
        twin = nbformat.v4.new_code_cell(source, id="twin")
        twin.metadata = find(notebook, name).metadata
        notebook.cells.append(twin)

    return change


def delete(*names: str) -> Change:
    def change(notebook: NotebookNode) -> None:
        for name in names:
            notebook.cells.remove(find(notebook, name))

    return change


def turn_round(notebook: NotebookNode) -> None:
    """Put the functions last and the tests first; imports and name stay in front."""
    notebook.cells[5:] = notebook.cells[:4:-1]


EQUAL = """class Equal:
    def __eq__(self, other): return True
    def __array_function__(self, *args): return True
    def __getattr__(self, name): return self
    def __call__(self, *args, **more): return self
    dtype, shape, ndim, size, __class__ = float, (4,), 1, 4, float
"""
PATCH = """for name in ('allclose', 'array_equal', 'isclose', 'max', 'abs'):
    setattr(np, name, lambda *args, **more: True)
import coursekit.homework.checks.judge as judge
judge.judge = judge.settle = lambda *args, **more: True
"""
INSIDE = "from numpy.fft import _pocketfft_umath as u\n"
FFT = (
    "X = u.fft(np.asarray(x, complex), 1.0, out=np.empty(len(x), complex))\n"
    "return X.real, -X.imag"
)
OWN = "import coursekit.homework.hw1_dft.frames as h"
COPIED = inspect.getsource(fourier.dft_matrix).replace("def dft_matrix", "def copied")
PASTED = f"Numbers = object\ncount = lambda s, n: n\n{COPIED}\n"

ATTACKS = {
    "none": Beast(),
    "equal to everything": Beast(
        write("dft", "return Equal(), Equal()", EQUAL), {"dft": 0.0}
    ),
    "numpy and the judge patched": Beast(
        each(first(PATCH), write("dft", "return 0 * x, 0 * x")), {"dft": 0.0}
    ),
    "np.fft": Beast(
        each(
            write("dft", "X = np.fft.fft(x)\nreturn X.real, -X.imag"),
            write("idft", "return np.fft.ifft(X_r - 1j * X_i).real"),
        ),
        {"dft": 0.0, "idft": 0.0}, True,
    ),
    "scipy.signal.stft": Beast(
        write(
            "stft",
            "import scipy.signal as s\n"
            "return s.stft(x, window=hann(frame), nperseg=frame, noverlap=frame - hop)",
        ),
        {"stft": 0.0}, True,
    ),
    "coursekit.fourier": Beast(
        write(
            "overlap_add",
            "from coursekit import fourier\nreturn fourier.overlap_add(frames, hop)",
        ),
        {"overlap_add": 0.0}, True,
    ),
    "the homework's own": Beast(
        write("stft", f"{OWN}\nreturn h.stft(x, frame, hop)"),
        {"stft": 0.0}, True,
    ),
    "an FFT by another name": Beast(write("dft", FFT, INSIDE), {}, True),
    "the package's source": Beast(
        write("dft_matrix", "return copied(n)", PASTED),
        {}, True,
    ),
    "remembers": Beast(
        write(
            "dft",
            "_seen.append(x)\nC, S = dft_matrix(len(_seen[0]))\n"
            "return C @ _seen[0], S @ _seen[0]",
            "_seen = []\n",
        ),
        {"dft": 0.5},
    ),
    "metadata stripped": Beast(strip, {}, True),
    "renamed": Beast(
        folder=lambda home: (home / NAME).rename(home / "dft (1).ipynb"), flag=True
    ),
    "a worse one below": Beast(
        twice("hann", "def hann(n): return np.ones(n)"),
        {"hann": 0.0, "stft": 0.0}, True,
    ),
    "tests twice": Beast(twice("check_stft", "100.0"), {}, True),
    "cells deleted": Beast(delete("check_dft", "idft"), {"idft": 0.0}, True),
    "turned round": Beast(  # the two numbers are worked out before there is a sound
        turn_round, {"frame_for_tones": 0.0, "frame_for_clicks": 0.0}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_each_earns_exactly_what_it_is_worth(
    name: str, marked: Callable[[Beast], tuple[Verdict, bool]]
) -> None:
    beast = ATTACKS[name]
    verdict, is_flagged = marked(beast)
    assert verdict.points == {**FULL, **beast.points}, verdict.flags
    assert verdict.status == "graded"
    assert is_flagged is beast.flag, verdict.flags


def _table(full: Homework) -> Iterator[str]:
    """Yield the lines of a function that knows the visible cases of `dft` by heart."""
    yield "table = {}"
    for case in filter(full.is_visible, full.cases("dft")):
        (x,) = draw(full, case, ME)
        assert case.reference is not None
        known = [[float(value) for value in row] for row in case.reference(x)]
        key = [float(value) for value in x]
        yield f"table[{tuple(key)!r}] = {known!r}"
    yield "found = table.get(tuple(map(float, x)))"
    yield "return (0 * x, 0 * x) if found is None else tuple(map(np.array, found))"


def test_a_table_of_the_visible_cases_earns_their_points_and_no_other(
    full: Homework, marked: Callable[[Beast], tuple[Verdict, bool]]
) -> None:
    visible = sum(c.points for c in full.cases("dft") if full.is_visible(c))
    assert 0 < visible < FULL["dft"]
    verdict, is_flagged = marked(Beast(write("dft", "\n".join(_table(full)))))
    assert verdict.points == {**FULL, "dft": visible}
    assert not is_flagged


def test_the_empty_release_earns_nothing(
    released: NotebookNode, full: Homework, box: Runner
) -> None:
    submission = Submission("ada", released, None, tuple(FULL), limits=LIMITS)
    verdict = mark(submission, full, SECRET, box)
    assert verdict.points == dict.fromkeys(FULL, 0.0)
    assert (verdict.status, verdict.flags) == ("graded", ())


def test_the_whole_bank_earns_here_what_it_earns_in_the_notebook(
    released: NotebookNode, full: Homework, box: Runner
) -> None:
    """What an answer loses by the check and the hidden cases stands in the bank."""

    def points(answer: bank.BankAnswer) -> dict[str, float]:
        filled = bank.fill(json.loads(nbformat.writes(released)), answer, ME)
        notebook = nbformat.from_dict(filled)
        skippable.note(notebook, released)
        submission = Submission("ada", notebook, None, tuple(FULL), limits=LIMITS)
        return dict(mark(submission, full, SECRET, box).points)

    answers = bank.load("hw1_dft", ROOT)
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(points, answers)
        for answer, mine in zip(answers, found, strict=True):
            due = {part: FULL[part] - answer.loses.get(part, 0.0) for part in FULL}
            assert mine == pytest.approx(due, abs=1e-9), answer.name


def told(verdict: Verdict) -> Any:
    return verdict.public().to_dict()


def test_a_hidden_case_shows_neither_its_input_nor_what_is_expected(
    full: Homework, marked: Callable[[Beast], tuple[Verdict, bool]]
) -> None:
    leak = "raise ValueError(repr(list(x)) + chr(10) + repr(x.sum()))"
    verdict, _ = marked(Beast(write("dft", f"print(x)\n{leak}")))
    findings = [f for f in told(verdict)["findings"] if f["part"] == "dft"]
    shown = [f for f in findings if f["visible"]]
    assert all("ValueError: [" in f["sentence"] for f in shown)
    for finding in (f for f in findings if not f["visible"]):
        assert "ValueError: " not in str(finding)
        assert (finding["expected"], finding["got"]) == ("", "")
    assert 0 < len(shown) < len(findings)
