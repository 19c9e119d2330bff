"""Take a submission in as it comes, so that none is ever left without a mark.

Students rename notebooks, delete and copy cells, hand in half a file or nothing.
What is missing is put back from the release, what cannot be read is set aside
beside a stand-in that earns zero, and each repair is a note that lecturer and
student can read. A submission with a note is flagged for a human.

`nbgrader_config.py` hooks this module into nbgrader's own autograding, so that
``nbgrader autograde``, the formgrader and ``coursekit grade`` agree.
"""

from __future__ import annotations

import ast
import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from coursekit.grading.course import clock, finding
from coursekit.grading.marking import skippable

KEY = "coursekit"  # our corner of a notebook's metadata
UNREADABLE = ".unreadable"
log = logging.getLogger(__name__)


# --- the folder -------------------------------------------------------------


def symlinks(folder: Path) -> list[Path]:
    """Return the symbolic links anywhere below `folder`, sorted.

    Parameters
    ----------
    folder
        Any directory; links to directories are listed, never entered.
    """
    found: list[Path] = []
    for where, folders, files in os.walk(folder, followlinks=False):
        found += [Path(where, name) for name in (*folders, *files)]
    return sorted(path for path in found if path.is_symlink())


def receive(folder: Path, release: Path) -> list[Path]:
    """Make a submission's folder one that nbgrader can grade.

    Symbolic links are removed, a renamed notebook is copied to its right name, an
    unreadable one is set aside (``dft.ipynb.unreadable``), and a stand-in takes
    the place of what is missing. A second call changes nothing.

    Parameters
    ----------
    folder
        ``submitted/<student>/<homework>``.
    release
        ``assignments/<homework>``: it says which notebooks are expected.

    Returns
    -------
    list of Path
        The notebooks to grade, one for each of the release.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for link in symlinks(folder):
        log.warning("removed a symbolic link: %s", link)
        link.unlink()
    clock.settle(folder)
    return [_one(folder, expected) for expected in sorted(release.glob("*.ipynb"))]


def refuse(folder: Path, release: Path, sentence: str) -> None:
    """Put stand-ins in place of a submission that cannot be taken in.

    Parameters
    ----------
    folder, release
        As in `receive`.
    sentence
        Why, for the student and the lecturer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for expected in sorted(release.glob("*.ipynb")):
        _stand_in(folder / expected.name, sentence)


def before_grading(assignment: str, student: str, notebooks: list[str]) -> None:
    """Receive one submission: nbgrader's ``Autograde.pre_convert_hook``.

    Parameters
    ----------
    assignment, student
        As nbgrader has them; `student` is "*" where it grades the whole class.
    notebooks
        nbgrader's own list of the notebooks it is about to grade, corrected in
        place: a renamed notebook gives way to its rightly named copy.
    """
    for folder in {Path(path).parent for path in notebooks}:
        release = _course_of(folder) / "assignments" / assignment
        if release.is_dir():
            notebooks[:] = sorted(str(path) for path in receive(folder, release))


def before_feedback(assignment: str, student: str, notebooks: list[str]) -> None:
    """Leave out what is not of the homework: ``GenerateFeedback.pre_convert_hook``.

    Parameters
    ----------
    assignment, student, notebooks
        As in `before_grading`.
    """
    released = {
        path.name
        for each in notebooks[:1]
        for path in (_course_of(Path(each).parent) / "assignments" / assignment).glob(
            "*.ipynb"
        )
    }
    if released:
        notebooks[:] = [each for each in notebooks if Path(each).name in released]


def _course_of(submission: Path) -> Path:
    """Return the course of ``<course>/submitted/<student>/<homework>``."""
    return submission.resolve().parents[2]


def _one(folder: Path, expected: Path) -> Path:
    """Return the notebook in `folder` that answers to `expected`."""
    path = folder / expected.name
    reason = _set_right(path) if path.is_file() else None
    if reason:
        path.replace(path.with_name(path.name + UNREADABLE))
    if not path.is_file():
        others = answering(folder, expected)
        if others:
            _copy_renamed(*others[0], path)
        elif reason:
            _stand_in(path, f"{expected.name} could not be read: {reason}")
        else:
            _stand_in(path, f"no notebook called {expected.name} was handed in")
    return path


def _set_right(path: Path) -> str | None:
    """Write a notebook as nbgrader reads it; return why it is none, if so."""
    size = path.stat().st_size
    if size > finding.LARGEST:
        return finding.too_large(size)
    content = path.read_bytes()
    reason = finding.why_unreadable(content)
    plain = content if reason else finding.text_of(content).encode("utf-8")
    if plain != content:
        path.write_bytes(plain)
    return reason


def answering(folder: Path, expected: Path) -> list[tuple[str, NotebookNode]]:
    """Return the other files of a submission that hold the cells of a notebook.

    Parameters
    ----------
    folder
        Of the submission.
    expected
        The notebook as released; the others of its homework lie beside it.

    Returns
    -------
    list of (str, NotebookNode)
        Name and content, the one with most of its cells first.
    """
    released = {path: _read(path).cells for path in expected.parent.glob("*.ipynb")}
    wanted = {path: _marks_of(cells) for path, cells in released.items()}
    shared: dict[int, list[tuple[str, NotebookNode]]] = {}
    for name, notebook in finding.beside(folder, {path.name for path in released}):
        mine = _marks_of(notebook.cells)
        counts = {path: len(each & mine) for path, each in wanted.items()}
        # It is another notebook of the homework if it shares more with that.
        if counts[expected] and counts[expected] == max(counts.values()):
            shared.setdefault(counts[expected], []).append((name, notebook))
    return [each for count in sorted(shared, reverse=True) for each in shared[count]]


def _marks_of(cells: Iterable[NotebookNode]) -> set[str]:
    """Return what cells are known by: grade ids, or the functions they define."""
    cells = list(cells)
    defined = {name for cell in cells for name in _defined(cell)}
    return set(_by_id(cells)) | {f"def {name}" for name in defined}


def _copy_renamed(name: str, notebook: NotebookNode, path: Path) -> None:
    notebook.metadata[KEY] = {"received_as": _plain(name)}
    nbformat.write(notebook, path)


def _plain(name: str) -> str:
    """Return a file's name as it can be written and shown anywhere."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _read(path: Path) -> NotebookNode:
    return finding.parse(path.read_bytes())


def _stand_in(path: Path, sentence: str) -> None:
    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_markdown_cell(f"**Not graded:** {sentence}.", id="why")
    notebook.cells = [cell]
    notebook.metadata[KEY] = {"refused": sentence}
    nbformat.write(notebook, path)


# --- the cells --------------------------------------------------------------


def repair(notebook: NotebookNode, release: NotebookNode) -> list[str]:
    """Give a submitted notebook the graded cells that the release has.

    Parameters
    ----------
    notebook
        The submission; changed in place.
    release
        The notebook as it was released.

    Returns
    -------
    list of str
        One sentence for each repair; empty where nothing was amiss.
    """
    wanted = _by_id(release.cells)
    notes = _forget_strangers(notebook.cells, wanted)
    notes += _restore_stripped(notebook.cells, wanted)
    notes += _settle_duplicates(notebook.cells, wanted)
    notes += _put_back_missing(notebook, wanted)
    for grade_id, cells in _by_id(notebook.cells).items():
        cells[0].metadata["nbgrader"] = dict(wanted[grade_id][0].metadata["nbgrader"])
    _unique_cell_ids(notebook.cells)
    return notes


def _by_id(cells: Iterable[NotebookNode]) -> dict[str, list[NotebookNode]]:
    """Return the cells that nbgrader knows, by ``grade_id``, in their order."""
    found: dict[str, list[NotebookNode]] = {}
    for cell in cells:
        known = cell.metadata.get("nbgrader")
        grade_id = known.get("grade_id") if isinstance(known, dict) else None
        if isinstance(grade_id, str):
            found.setdefault(grade_id, []).append(cell)
    return found


Wanted = dict[str, list[NotebookNode]]


def _forget_strangers(cells: list[NotebookNode], wanted: Wanted) -> list[str]:
    """Drop grading metadata that the release does not have."""
    notes = []
    for cell in cells:
        known = cell.metadata.get("nbgrader")
        grade_id = known.get("grade_id") if isinstance(known, dict) else None
        if "nbgrader" in cell.metadata and str(grade_id) not in wanted:
            del cell.metadata["nbgrader"]
            if grade_id is not None:
                notes.append(f"the cell {str(grade_id)[:40]!r} is not in the homework")
    return notes


def _restore_stripped(cells: list[NotebookNode], wanted: Wanted) -> list[str]:
    """Find cells that lost their metadata, by id, by source, by what they define."""
    notes = []
    for grade_id, (original, *_) in wanted.items():
        if grade_id in _by_id(cells):
            continue
        plain = [cell for cell in cells if "nbgrader" not in cell.metadata]
        for same in _same_id, _same_source, _same_names:
            twin = next((cell for cell in plain if same(cell, original)), None)
            if twin is not None:
                twin.metadata["nbgrader"] = dict(original.metadata["nbgrader"])
                notes.append(f"the cell {grade_id!r} had lost its grading metadata")
                break
    return notes


Same = Callable[[NotebookNode, NotebookNode], bool]


def _same_id(cell: NotebookNode, original: NotebookNode) -> bool:
    return cell.get("id") == original.get("id") and cell.cell_type == original.cell_type


def _same_source(cell: NotebookNode, original: NotebookNode) -> bool:
    return cell.source.strip() == original.source.strip()


def _same_names(cell: NotebookNode, original: NotebookNode) -> bool:
    names = _defined(original)
    return bool(names) and names <= _defined(cell)


def _defined(cell: NotebookNode) -> set[str]:
    """Return the functions that a code cell defines at top level."""
    if cell.cell_type != "code":
        return set()
    try:
        body = ast.parse(cell.source).body
    except (SyntaxError, ValueError):
        return set()
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def _settle_duplicates(cells: list[NotebookNode], wanted: Wanted) -> list[str]:
    """Keep one of several cells of the same name: the last that was worked on."""
    notes = []
    for grade_id, twins in _by_id(cells).items():
        if len(twins) == 1:
            continue
        stub = wanted[grade_id][0].source
        worked_on = [cell for cell in twins if cell.source != stub] or twins
        for cell in twins:
            if cell is not worked_on[-1]:
                del cell.metadata["nbgrader"]
        notes.append(f"the cell {grade_id!r} was there {len(twins)} times")
    return notes


def _put_back_missing(notebook: NotebookNode, wanted: Wanted) -> list[str]:
    """Insert each missing cell behind the one that it follows in the release."""
    notes, previous = [], None
    for grade_id, (original, *_) in wanted.items():
        found = _by_id(notebook.cells).get(grade_id)
        if found is None:
            copy = nbformat.from_dict(json.loads(json.dumps(original)))
            at = 0 if previous is None else _position(notebook.cells, previous) + 1
            notebook.cells.insert(at, copy)
            notes.append(f"the cell {grade_id!r} was missing and was put back")
            found = [copy]
        previous = found[0]
    return notes


def _position(cells: list[NotebookNode], cell: NotebookNode) -> int:
    return next(i for i, other in enumerate(cells) if other is cell)


def _unique_cell_ids(cells: list[NotebookNode]) -> None:
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        if cell.get("id") in seen:
            cell["id"] = f"copy-{index}"
        seen.add(cell.get("id", ""))


# --- in nbgrader's chain ----------------------------------------------------


class Repair(NbGraderPreprocessor):
    """Repair a submission before nbgrader looks at its cells."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Repair `nb` and keep the notes in its metadata.

        Parameters
        ----------
        nb
            The submitted notebook.
        resources
            nbgrader's, with the names of homework, notebook and student.
        """
        known = resources["nbgrader"]
        release = self._release(known["assignment"], known["notebook"])
        refused = _said(nb, "refused")
        renamed = _said(nb, "received_as")
        notes = [f"it was handed in as {renamed!r}"] if renamed else []
        if release.is_file():
            released = _read(release)
            notes += repair(nb, released)
            skippable.note(nb, released)
        notes += clock.notes(_folder_of(resources))
        nb.metadata[KEY] = {"refused": refused, "notes": [] if refused else notes}
        return nb, resources

    def _release(self, assignment: str, notebook: str) -> Path:
        course = self.parent.parent.coursedir
        folder = course.format_path(course.release_directory, ".", assignment)
        return Path(folder) / f"{notebook}.ipynb"


def _folder_of(resources: Mapping[str, Any]) -> Path:
    """Return the folder that a notebook was handed in with."""
    return Path(resources.get("metadata", {}).get("path") or ".")


def _said(notebook: NotebookNode, what: str) -> str | None:
    """Return what `receive` has written into a notebook, if it has."""
    ours = notebook.metadata.get(KEY)
    sentence = ours.get(what) if isinstance(ours, dict) else None
    return sentence[:200] if isinstance(sentence, str) else None


class Flag(NbGraderPreprocessor):
    """Flag for a human what intake or the grader had to remark on."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Set the gradebook's flag where the notebook's record asks for it.

        Parameters
        ----------
        nb
            The graded notebook, with its record in the metadata.
        resources
            nbgrader's, with the names of homework, notebook and student.
        """
        known = resources["nbgrader"]
        if needs_a_human(nb):
            with Gradebook(known["db_url"]) as gradebook:
                submission = gradebook.find_submission_notebook(
                    known["notebook"], known["assignment"], known["student"]
                )
                submission.flagged = True
                if record_of(nb).status == "refused":
                    for grade in submission.grades:  # nothing for a human to mark
                        grade.auto_score = 0.0
                        grade.needs_manual_grade = False
                gradebook.db.commit()
        return nb, resources


@dataclass(frozen=True)
class Record:
    """How one notebook came through intake and grading.

    Parameters
    ----------
    status
        "graded", "syntax", "timeout", "memory", "crash" or "refused".
    notes
        One sentence for each thing that a human should know.
    """

    status: str = "graded"
    notes: tuple[str, ...] = ()


def record(path: Path) -> Record:
    """Return the record that a graded notebook carries.

    Parameters
    ----------
    path
        A notebook in ``autograded/``.
    """
    return record_of(_read(path))


def record_of(notebook: NotebookNode) -> Record:
    """Return the record that a graded notebook carries.

    Parameters
    ----------
    notebook
        From ``autograded/``.
    """
    ours = notebook.metadata.get(KEY, {})
    notes = [*ours.get("notes", ()), *ours.get("flags", ())]
    if ours.get("refused"):
        return Record("refused", (ours["refused"], *notes))
    return Record(ours.get("status", "graded"), tuple(notes))


def needs_a_human(notebook: NotebookNode) -> bool:
    """Return whether a graded notebook's record asks for a lecturer's look.

    Parameters
    ----------
    notebook
        From ``autograded/``.
    """
    return record_of(notebook) != Record()
