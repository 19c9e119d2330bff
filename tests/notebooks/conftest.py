"""What holds for every lecture, as rules that can be asked of any notebook.

A rule looks at a notebook and returns its complaints, one sentence each, and an
empty list where there is nothing to say. `STATIC` rules read the file as it is
committed; `EXECUTED` rules look at what running it left behind. The rules
themselves are tested in ``test_rules.py``, on notebooks broken on purpose.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from coursekit import syllabus

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CELLS = (20, 40)
LINES, COLUMNS = 15, 79
SECONDS, MEGABYTES = 120, 2000
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes"}
WIDGET = "application/vnd.jupyter.widget-view+json"
STAND_INS = {"image/png", "image/svg+xml", "text/html"}

Complaints = list[str]
Notebook = nbformat.NotebookNode


@dataclass(frozen=True)
class Run:
    """A notebook with its outputs, and what running it took."""

    notebook: Notebook
    seconds: float
    megabytes: float
    error: str = ""


# --- reading a notebook ------------------------------------------------------


def code_cells(notebook: Notebook) -> list[Notebook]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def slide_type(cell: Notebook) -> str | None:
    return cell.metadata.get("slideshow", {}).get("slide_type")


def prose(notebook: Notebook, notes: bool = False) -> list[str]:
    """The markdown that the class reads, or the notes that the lecturer reads."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "markdown" and (slide_type(cell) == "notes") == notes
    ]


def headings(notebook: Notebook) -> list[str]:
    """The headings with their marks, ``## References``, code fences left out."""
    text = "\n".join(prose(notebook) + prose(notebook, notes=True))
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.findall(r"^#{1,6} .*$", text, flags=re.M)


def introduction(notebook: Notebook) -> str:
    """All markdown before the first code cell."""
    before: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            break
        before.append(cell.source)
    return "\n".join(before)


# --- rules for the file as it is committed -----------------------------------


def valid_format(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"not a valid notebook: {error}"]
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    return [] if kernel == "python3" else [f"kernel {kernel!r} instead of 'python3'"]


def no_outputs(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    cells = code_cells(notebook)
    return (
        [f"{cell.id}: has outputs" for cell in cells if cell.outputs]
        + [f"{cell.id}: has a count" for cell in cells if cell.execution_count]
        + [f"{c.id}: keeps run times" for c in cells if "execution" in c.metadata]
        + ["keeps widget state"] * ("widgets" in notebook.metadata)
    )


def ids_in_words(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    """An id is stable when a person chose it: words, not eight hex digits."""
    ids = [cell.get("id", "") for cell in notebook.cells]
    word = re.compile(r"(?![0-9a-f]{8}$)[a-z]{2,}[a-z0-9]*(-[a-z0-9]+)*")
    return [f"id {i!r} is not made of words" for i in ids if not word.fullmatch(i)] + [
        f"id {i!r} is used twice" for i in sorted(set(ids)) if ids.count(i) > 1
    ]


def one_title(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    titles = [h for h in headings(notebook) if h.startswith("# ")]
    first = notebook.cells[0].source if notebook.cells else ""
    if len(titles) == 1 and first.startswith("# "):
        return []
    return [f"one H1, at the very top, is asked for; there are {titles}"]


def goals_needs_minutes(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    text = introduction(notebook).lower()
    words = ("goals", "needs", f"{lecture.minutes} minutes")
    return [f"the introduction does not say {w!r}" for w in words if w not in text]


def number_of_cells(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    count, (low, high) = len(notebook.cells), CELLS
    return [] if low <= count <= high else [f"{count} cells, not {low} to {high}"]


def less_code_than_prose(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    code = sum(len(cell.source) for cell in code_cells(notebook))
    words = sum(map(len, prose(notebook)))
    return [] if code < words else [f"{code} characters of code, {words} of prose"]


def fits_on_a_slide(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    complaints = []
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        if len(lines) > LINES:
            complaints.append(f"{cell.id}: {len(lines)} lines, more than {LINES}")
        if any(len(line) > COLUMNS for line in lines):
            complaints.append(f"{cell.id}: a line of more than {COLUMNS} columns")
    return complaints


def first_cell_seeds(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    cells = code_cells(notebook)
    if cells and re.search(
        r"^rng = np\.random\.default_rng\(.+\)", cells[0].source, re.M
    ):
        return []
    return ["the first code cell has no `rng = np.random.default_rng(seed)`"]


def slides_and_notes(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    """Each cell has its place on the slides, and notes tell the time."""
    kinds = {cell.id: slide_type(cell) for cell in notebook.cells}
    complaints = [
        f"{name}: slide type {kind!r} is not one of {sorted(SLIDE_TYPES)}"
        for name, kind in kinds.items()
        if kind not in SLIDE_TYPES
    ]
    complaints += [
        f"{cell.id}: notes are prose, not code"
        for cell in code_cells(notebook)
        if slide_type(cell) == "notes"
    ]
    if not any(re.search(r"\d+ min", note) for note in prose(notebook, notes=True)):
        complaints.append("no notes cell that gives the lecturer the timing")
    return complaints


def references_at_the_end(notebook: Notebook, lecture: syllabus.Lecture) -> Complaints:
    found = headings(notebook)
    if found and re.fullmatch(r"#+ References", found[-1]):
        return []
    return [f"the last heading is {found[-1:]}, not References"]


STATIC: dict[str, Callable[[Notebook, syllabus.Lecture], Complaints]] = {
    rule.__name__: rule
    for rule in (
        valid_format,
        no_outputs,
        ids_in_words,
        one_title,
        goals_needs_minutes,
        number_of_cells,
        less_code_than_prose,
        fits_on_a_slide,
        first_cell_seeds,
        slides_and_notes,
        references_at_the_end,
    )
}


# --- rules for what running it left behind -----------------------------------


class Markup(HTMLParser):
    """Collects the pictures without alt text and the players without caption."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pictures = self.players = 0
        self.complaints: Complaints = []
        self._figures: list[dict[str, Any]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "figure":
            self._figures.append({"audio": 0, "caption": "", "inside": False})
        elif tag == "figcaption" and self._figures:
            self._figures[-1]["inside"] = True
        elif tag == "img" or (tag == "svg" and attributes.get("role") == "img"):
            self.pictures += 1
            if not (
                attributes.get("alt") or attributes.get("aria-label") or ""
            ).strip():
                self.complaints.append("a picture without alt text")
        elif tag == "audio":
            self.players += 1
            if self._figures:
                self._figures[-1]["audio"] += 1
            else:
                self.complaints.append("a player outside of a <figure>")

    def handle_data(self, data: str) -> None:
        if self._figures and self._figures[-1]["inside"]:
            self._figures[-1]["caption"] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "figcaption" and self._figures:
            self._figures[-1]["inside"] = False
        elif tag == "figure" and self._figures:
            figure = self._figures.pop()
            if figure["audio"] and not figure["caption"].strip():
                self.complaints.append("a player without a caption")


def bundles(run: Run) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each displayed output, those inside widgets too: cell, data, metadata."""
    for cell in code_cells(run.notebook):
        for output in cell.outputs:
            if "data" in output:
                yield cell.id, output["data"], output.get("metadata", {})
    for model in widget_models(run):
        for output in model["state"].get("outputs", ()):
            if "data" in output:
                yield "in a widget", output["data"], output.get("metadata", {})
        if isinstance(model["state"].get("value"), str):
            yield "in a widget", {"text/html": model["state"]["value"]}, {}


def widget_models(run: Run) -> list[dict[str, Any]]:
    widgets = run.notebook.metadata.get("widgets", {})
    return [m for kind in widgets.values() for m in kind.get("state", {}).values()]


def no_error(run: Run) -> Complaints:
    return [run.error] if run.error else []


def no_warnings(run: Run) -> Complaints:
    return [
        f"{cell.id}: wrote to stderr: {output['text'][:200]}"
        for cell in code_cells(run.notebook)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]


def in_time_and_memory(run: Run) -> Complaints:
    complaints = []
    if run.seconds > SECONDS:
        complaints.append(f"took {run.seconds:.0f} s, more than {SECONDS}")
    if not run.megabytes <= MEGABYTES:  # nan where the kernel died
        complaints.append(f"took {run.megabytes:.0f} MB, more than {MEGABYTES}")
    return complaints


def alt_text_and_captions(run: Run) -> Complaints:
    complaints = []
    for where, data, metadata in bundles(run):
        markup = Markup("".join(data.get("text/html", "")))
        complaints += [f"{where}: {what}" for what in markup.complaints]
        kinds = [kind for kind in data if kind.startswith("image/")]
        if (
            kinds
            and not markup.pictures
            and not any(
                metadata.get(kind, metadata).get("alt", "").strip() for kind in kinds
            )
        ):
            complaints.append(f"{where}: a picture without alt text")
    return complaints


def has_a_slider(run: Run) -> Complaints:
    names = {model.get("model_name", "") for model in widget_models(run)}
    if any(name.endswith("SliderModel") for name in names):
        return []
    return [f"no slider among the widgets {sorted(names)}"]


def widgets_degrade(run: Run) -> Complaints:
    """Where widgets do not run, a picture or a page stands in for them."""
    return [
        f"{where}: a widget with nothing to show where widgets do not run"
        for where, data, _ in bundles(run)
        if WIDGET in data
        and not ({"image/png", "image/svg+xml", "text/html"} & set(data))
    ]


EXECUTED: dict[str, Callable[[Run], Complaints]] = {
    rule.__name__: rule
    for rule in (
        no_error,
        no_warnings,
        in_time_and_memory,
        alt_text_and_captions,
        has_a_slider,
        widgets_degrade,
    )
}


# --- running a notebook ------------------------------------------------------

# Python imports a module of this name before anything else: in the kernel, and in
# each process that the kernel starts.
NO_NETWORK = """
import ipaddress, socket

def refuse(address):
    host = address[0] if isinstance(address, tuple) else "127.0.0.1"
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise OSError(f"a lecture runs without network, but asked for {host!r}")

class Socket(socket.socket):
    def connect(self, address):
        refuse(address)
        return super().connect(address)
    def connect_ex(self, address):
        refuse(address)
        return super().connect_ex(address)

def getaddrinfo(host, *args, _real=socket.getaddrinfo, **kwargs):
    refuse((host.decode() if isinstance(host, bytes) else host or "127.0.0.1", 0))
    return _real(host, *args, **kwargs)

socket.socket, socket.getaddrinfo = Socket, getaddrinfo
"""

# The high-water mark of this process's own memory; `ru_maxrss` alone would carry
# that of the process it was forked from.
PEAK = """
import pathlib as _p, re as _re, resource as _r
_status = _p.Path("/proc/self/status")
_own = (int(_re.search(r"VmHWM:\\s+(\\d+)", _status.read_text())[1])
        if _status.exists() else _r.getrusage(_r.RUSAGE_SELF).ru_maxrss / 1024)
print(_own + _r.getrusage(_r.RUSAGE_CHILDREN).ru_maxrss)
"""


def plain(text: str, lines: int = 12) -> str:
    """The last lines of a traceback, without the colours of a terminal."""
    return "\n".join(re.sub(r"\x1b\[[\d;]*m", "", text).strip().splitlines()[-lines:])


def execute(notebook: Notebook, folder: Path, cell_timeout: int = 90) -> Run:
    """Run a copy of the notebook in a kernel of its own, without network.

    `folder` holds what the kernel may write: its start-up file and its settings.
    """
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    environment = {
        **os.environ,
        "COURSE_FAST": "1",
        "PYTHONPATH": path,
        "IPYTHONDIR": str(folder / "ipython"),
    }
    home = NOTEBOOKS if NOTEBOOKS.exists() else folder
    copy = nbformat.from_dict(notebook)
    copy.cells.append(nbformat.v4.new_code_cell(PEAK, id="measure-memory"))
    client = NotebookClient(
        copy,
        timeout=cell_timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(home)}},
        store_widget_state=True,
    )
    start, error = time.perf_counter(), ""
    try:
        client.execute(env=environment)
    except (CellExecutionError, DeadKernelError, TimeoutError) as failure:
        error = f"{type(failure).__name__}: {plain(str(failure))}"
    seconds = time.perf_counter() - start
    measured = copy.cells.pop().outputs
    kilobytes = float(measured[0].text) if measured else float("nan")
    return Run(copy, seconds, kilobytes / 1024, error)


# --- fixtures ----------------------------------------------------------------

READY = [
    pytest.param(entry, id=entry.key, marks=pytest.mark.xdist_group(entry.key))
    for entry in syllabus.ready()
]


@pytest.fixture(scope="session", params=READY)
def lecture(request: pytest.FixtureRequest) -> syllabus.Lecture:
    """Each lecture that the syllabus says is ready."""
    return request.param


@pytest.fixture(scope="session")
def notebook(lecture: syllabus.Lecture) -> Notebook:
    """The lecture's notebook as it is committed."""
    return nbformat.read(NOTEBOOKS / lecture.notebook, as_version=4)


@pytest.fixture(scope="session")
def run(notebook: Notebook, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The lecture's notebook after one run, shared by all that look at it."""
    return execute(notebook, tmp_path_factory.mktemp("kernel"))


@pytest.fixture(params=STATIC.values(), ids=STATIC.keys())
def static_rule(request: pytest.FixtureRequest) -> Any:
    """Each rule for a committed notebook."""
    return request.param


@pytest.fixture(params=EXECUTED.values(), ids=EXECUTED.keys())
def executed_rule(request: pytest.FixtureRequest) -> Any:
    """Each rule for a notebook that has run."""
    return request.param


@pytest.fixture(scope="session")
def rules() -> SimpleNamespace:
    """This module's names, for the tests of the rules themselves."""
    return SimpleNamespace(**globals())
