"""The whole course at work on a class of sample submissions.

`run` executes a lecture, releases the first homework, takes in what a small class
made of it (right, wrong and broken), grades it, and says where to look. All of it
happens below ``.demo/``, in a course directory of its own: a real gradebook is never
touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

from coursekit.grading.course import batch
from coursekit.grading.course.directory import Course, Outcome
from coursekit.grading.course.nbgrader_steps import CONFIG, CourseError
from coursekit.grading.pages.report import GradeTable, render, report, write_csv
from coursekit.grading.publishing import bank, release
from coursekit.grading.sandbox.bubblewrap import probe

HOMEWORK = "hw1_dft"
LECTURE = "01_dft"
HOME = ".demo"
MARKER = "made-by-coursekit-demo"

Change = Callable[[NotebookNode], None]


@dataclass(frozen=True)
class Sample:
    """One student of the sample class and what is handed in.

    Parameters
    ----------
    student, first, last
        Id and name; the people do not exist.
    answer
        The answer of the bank to write into the notebook, "right/…" or "wrong/…";
        "" for the notebook as released.
    what
        What was handed in, in a few words.
    change
        What happens to the notebook then.
    name
        Under which file name it is handed in; "" for none at all, None for the
        right one.
    raw
        What stands in the file instead of a notebook.
    by_hand
        Whether the lecturer puts it in place, past the exchange.
    """

    student: str
    first: str
    last: str
    answer: str
    what: str
    change: Change | None = None
    name: str | None = None
    raw: str | None = None
    by_hand: bool = False


# --- accidents ------------------------------------------------------------------


def _cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """Return the cell of that name."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            return cell
    raise ValueError(f"the notebook has no cell {grade_id!r}")


def _syntax_error(notebook: NotebookNode) -> None:
    cell = _cell(notebook, "overlap_add")
    cell.source = cell.source.replace("):", ")", 1)


def _endless_loop(notebook: NotebookNode) -> None:
    cell = _cell(notebook, "idft")
    loop = "    t = 0\n    while t < len(X_r):\n        t *= 1"
    cell.source = f"def idft(X_r, X_i):\n{loop}"


def _exception_on_top(notebook: NotebookNode) -> None:
    cell = nbformat.v4.new_code_cell("fig = plot_my_signal(x)", id="scratch")
    notebook.cells.insert(1, cell)


def _prints_a_lot(notebook: NotebookNode) -> None:
    cell = _cell(notebook, "dft")
    cell.source += "\n\nfor step in range(20_000):\n    print('step', step)\n"


def _cell_deleted(notebook: NotebookNode) -> None:
    notebook.cells.remove(_cell(notebook, "check_idft"))


def _cell_twice(notebook: NotebookNode) -> None:
    check = _cell(notebook, "check_dft")
    copy = nbformat.from_dict({**check, "id": "check-dft-again"})
    notebook.cells.insert(notebook.cells.index(check) + 1, copy)


CLASS = (
    Sample("aokafor", "Adaeze", "Okafor", "right/vectorised", "right"),
    Sample(
        "bnovak", "Boris", "Novák", "right/list_comprehensions", "right, with lists"
    ),
    Sample("clima", "Clara", "Lima", "right/complex_exponentials", "right, complex"),
    Sample("dcohen", "Dov", "Cohen", "wrong/dft_like_numpy", "numpy's sign"),
    Sample("eito", "Emi", "Itō", "wrong/hann_symmetric", "the symmetric window"),
    Sample("fdiallo", "Fatou", "Diallo", "wrong/idft_unscaled", "no 1/N"),
    Sample("ghall", "Gil", "Hall, Jr.", "wrong/stft_in_rows", "frames in rows"),
    Sample("irossi", "Ida", "Rossi", "", "nothing written yet"),
    Sample("ikaya", "Ilker", "Kaya", "right/vectorised", "syntax error", _syntax_error),
    Sample("jlind", "Jonna", "Lind", "right/vectorised", "endless loop", _endless_loop),
    Sample(
        "kwu", "Ken", "Wu", "right/table_of_roots", "an exception", _exception_on_top
    ),
    Sample("lmbeki", "Lindiwe", "Mbeki", "right/vectorised", "prints", _prints_a_lot),
    Sample("mali", "Mona", "Ali", "right/vectorised", "a test deleted", _cell_deleted),
    Sample("nsilva", "Nuno", "Silva", "right/vectorised", "a test twice", _cell_twice),
    Sample(
        *("oberg", "Olle", "Berg", "right/vectorised", "file renamed"),
        name="dft final (2).ipynb",
    ),
    Sample("ppark", "Pia", "Park", "", "no notebook", name="IMG_0042.txt"),
    Sample(
        *("qdubois", "Quentin", "Dubois", "", "a text document"),
        raw="Homework 1, by Quentin. The DFT is a matrix product.",
    ),
    Sample(
        *("rsingh", "Rani", "Singh", "wrong/matrix_in_degrees", "degrees, by mail"),
        by_hand=True,
    ),
)


# --- attacks --------------------------------------------------------------------


def _equals_everything(notebook: NotebookNode) -> None:
    _cell(notebook, "dft").source = (
        "class Right:\n    __eq__ = lambda self, other: True\n\n"
        "def dft(x):\n    return Right()"
    )


def _patches_numpy(notebook: NotebookNode) -> None:
    cell = _cell(notebook, "hann")
    cell.source = "np.allclose = lambda *a, **k: True\n\ndef hann(n):\n    return 0"


def _reads_what_is_hidden(notebook: NotebookNode) -> None:
    _cell(notebook, "idft").source = (
        "import pathlib\n\ndef idft(X_r, X_i):\n"
        "    return next(pathlib.Path('/').rglob('solutions')).name"
    )


def _ends_the_process(notebook: NotebookNode) -> None:
    cell = _cell(notebook, "stft")
    cell.source = "import os\n\ndef stft(x, frame, hop):\n    os._exit(0)"


HOSTILE = (
    Sample(
        *("tmoreau", "Théo", "Moreau", "right/vectorised", "equal to everything"),
        change=_equals_everything,
    ),
    Sample(
        *("uweber", "Uta", "Weber", "right/vectorised", "numpy patched"),
        change=_patches_numpy,
    ),
    Sample(
        *("vsingh", "Vikram", "Singh", "right/vectorised", "seeks solutions"),
        change=_reads_what_is_hidden,
    ),
    Sample(
        *("wjones", "Wyn", "Jones", "right/vectorised", "ends the process"),
        change=_ends_the_process,
    ),
)
"""Handed in only where a sandbox holds them."""


# --- the run ----------------------------------------------------------------------


@dataclass(frozen=True)
class Demo:
    """Where a demo lies, and what it shows.

    Parameters
    ----------
    root
        The repository.
    home
        Everything of the demo: a folder that the demo may remove.
    lecture
        The notebook that is executed.
    samples
        Who hands in what.
    """

    root: Path
    home: Path
    lecture: Path
    samples: tuple[Sample, ...] = CLASS

    @classmethod
    def of(cls, root: Path) -> Demo:
        """Return the demo of a repository, below its ``.demo/``.

        Parameters
        ----------
        root
            The repository.
        """
        samples = CLASS if probe() else (*CLASS, *HOSTILE)
        lecture = root / "notebooks" / f"{LECTURE}.ipynb"
        return cls(root, root / HOME, lecture, samples)

    @property
    def course(self) -> Path:
        """The course directory."""
        return self.home / "course"

    def open(self, student: str = "lecturer") -> Course:
        """Open the course as one person, with that person's own cache.

        Parameters
        ----------
        student
            Who.
        """
        cache = self.home / "students" / student / ".cache"
        return Course(self.course, exchange=self.home / "exchange", cache=cache)


def run(demo: Demo) -> int:
    """Run a demo; print what happens and where to look.

    Parameters
    ----------
    demo
        What to show; `Demo.of` has the usual one.

    Returns
    -------
    int
        0, or 1 where a submission could not be graded.

    Raises
    ------
    CourseError
        Where it cannot be run; the message says why.
    """
    begin = time.perf_counter()
    prepare(demo)
    for problem in probe():
        print(f"no sandbox here, so friendly samples only: {problem}")
        os.environ["COURSE_UNSAFE"] = "1"  # they are our own
    with _step("lecture: running it from top to bottom"):
        page = run_lecture(demo.lecture, demo.home / "lecture")
    course = demo.open()
    with _step("homework: generated, searched for leaks, released"):
        release.make(course, HOMEWORK)
        course.release(HOMEWORK)
    with _step(f"class: {len(demo.samples)} students hand in"):
        hand_in_all(demo)
        course.collect(HOMEWORK)
    outcomes = batch.autograde(course, HOMEWORK, progress=_bar)
    with _step("feedback: a page for each, into the exchange"):
        outcomes += course.feedback(HOMEWORK)
        course.release_feedback(HOMEWORK)
    table = report(course, HOMEWORK)
    csv = write_csv(table, demo.home / "grades.csv")
    _tell(demo, table, outcomes, {"lecture": page, "marks": csv})
    print(f"\n{time.perf_counter() - begin:.0f} s in all")
    return int(any(not outcome.ok for outcome in outcomes))


def prepare(demo: Demo) -> None:
    """Make an empty demo, over an older one but over nothing else.

    Parameters
    ----------
    demo
        Where.

    Raises
    ------
    CourseError
        Where its folder holds anything that no demo made, or where the homework to
        show is missing.
    """
    source = demo.root / "solutions"
    if not (demo.root / CONFIG).is_file() or not (source / "source").is_dir():
        raise CourseError(
            f"{demo.root} is not the course's repository: change to it, or name it "
            "with --course"
        )
    home = demo.home
    if home.is_symlink() or (home.exists() and not (home / MARKER).is_file()):
        raise CourseError(
            f"{home} was not made by a demo: move it away, or remove it yourself"
        )
    if home.exists():
        shutil.rmtree(home)
    demo.course.mkdir(parents=True)
    (home / MARKER).write_text("The demo removes this folder whenever it starts.\n")
    shutil.copy(demo.root / CONFIG, demo.course)
    unwanted = shutil.ignore_patterns("__pycache__", ".*")
    for part in "source", "cases":
        there = demo.course / "solutions" / part
        shutil.copytree(source / part, there, ignore=unwanted)


def run_lecture(notebook: Path, into: Path) -> Path:
    """Execute a lecture and write it as a page; return the page.

    Parameters
    ----------
    notebook
        The lecture.
    into
        The folder for the page.

    Raises
    ------
    CourseError
        Where a cell of the lecture fails.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbconvert.exporters import HTMLExporter

    lecture = nbformat.read(notebook, as_version=4)
    client = NotebookClient(lecture, timeout=300, kernel_name="python3")
    with _environment(COURSE_FAST="1"):
        try:
            client.execute(cwd=str(notebook.parent), stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            reason = f"{error.ename}: {error.evalue}"
            raise CourseError(f"{notebook.name} does not run: {reason}") from error
    page, _ = HTMLExporter().from_notebook_node(lecture)
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{notebook.stem}.html"
    path.write_text(page, encoding="utf-8")
    return path


def hand_in_all(demo: Demo) -> None:
    """Let each sample student fetch, work and hand in.

    Parameters
    ----------
    demo
        Where; the repository's bank has the answers.
    """
    answers = {answer.name: answer for answer in bank.load(HOMEWORK, demo.root)}
    lecturer = demo.open()
    for sample in demo.samples:
        lecturer.enrol(sample.student, sample.first, sample.last)
        student = demo.open(sample.student)
        desk = demo.home / "students" / sample.student
        folder = student.fetch(HOMEWORK, desk)
        work(folder, sample, answers)
        if sample.by_hand:
            there = lecturer.folder("submitted", sample.student, HOMEWORK)
            shutil.copytree(folder, there)
        else:
            student.submit(HOMEWORK, desk, sample.student)


def work(folder: Path, sample: Sample, answers: dict[str, bank.BankAnswer]) -> None:
    """Turn the fetched homework into what a sample student hands in.

    Parameters
    ----------
    folder
        The homework as fetched.
    sample
        Who, and what happens.
    answers
        The bank, by "right/…" and "wrong/…".
    """
    (path,) = folder.glob("*.ipynb")
    if sample.raw is not None:
        path.write_text(sample.raw)
        return
    notebook = nbformat.read(path, as_version=4)
    if sample.answer:
        notebook = bank.fill(notebook, answers[sample.answer], sample.student)
    if sample.change:
        sample.change(notebook)
    nbformat.write(notebook, path)
    if sample.name is not None:
        path.rename(folder / sample.name)


def _tell(
    demo: Demo, table: GradeTable, outcomes: list[Outcome], places: dict[str, Path]
) -> None:
    """Print who handed in what, the marks, and where everything is."""
    handed_in = {sample.student: sample.what for sample in demo.samples}
    print(f"\n{render(table, {'handed in': handed_in})}\n")
    for outcome in outcomes:
        if not outcome.ok:
            print(f"{outcome.student}: {outcome.error}")
    places = {
        **places,
        "feedback": demo.course / "feedback",
        "gradebook": demo.course / "gradebook.db",
    }
    for name, path in places.items():
        print(f"{name:10} {os.path.relpath(path)}")


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    begin = time.perf_counter()
    print(f"{what} ...", end=" ", flush=True)
    try:
        yield
    except BaseException:
        print()
        raise
    print(f"{time.perf_counter() - begin:.1f} s", flush=True)


def _bar(names: Iterable[str]) -> Iterable[str]:
    chosen = list(names)
    return tqdm(chosen, desc="grading", unit="submission", file=sys.stdout, ncols=80)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Set environment variables for as long as the context lasts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
