"""The verdict in nbgrader's own autograding, in place of its Execute.

``nbgrader autograde``, the formgrader's button and the Python API all run this, so
all give the same marks. `Verdict` runs the submission in a child, judges what it
answers, and writes into each graded cell a report and its points; where a verdict on
the very same submission is kept already, that one counts. What a student did to the
tests' cells does not matter: the points come from the homework's tables.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Type, Unicode

from coursekit.grading.marking import results
from coursekit.grading.marking import verdict as marks
from coursekit.grading.marking.workers import Job
from coursekit.grading.sandbox.sandbox import SandboxRunner
from coursekit.grading.sandbox.session import CellError, Limits, Runner
from coursekit.homework.checks.cases import Homework
from coursekit.homework.checks.report import Report

KEY = "coursekit"
"""Our corner of a notebook's metadata."""


class Verdict(NbGraderPreprocessor):
    """Marks one submitted notebook and writes the marks into its graded cells."""

    cases = Unicode(
        "solutions/cases",
        help="Folder of the hidden cases, relative to the course directory.",
    ).tag(config=True)
    secret_file = Unicode(
        "secret.key",
        help=(
            "File of the secret that the hidden inputs are drawn from, relative to "
            "the course directory. It is made where there is none. Whoever has it "
            "can compute the hidden inputs; whoever loses it grades with others."
        ),
    ).tag(config=True)
    runner_class = Type(
        SandboxRunner,
        klass=object,
        help="What runs submissions: a class like "
        "coursekit.grading.sandbox.session.Runner.",
    ).tag(config=True)
    seconds = Float(180.0, help="Wall time of one notebook.").tag(config=True)
    cell_seconds = Float(30.0, help="Wall time of one cell.").tag(config=True)
    memory = Integer(
        4096,
        help="Memory of a submission, all its processes together, in MiB (from 512).",
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Mark `nb` and write report and points into its graded cells.

        Parameters
        ----------
        nb
            The submitted notebook, after nbgrader has restored its locked cells.
        resources
            nbgrader's, with the names of assignment, notebook and student.

        Raises
        ------
        NbGraderException
            Where the homework is unknown, or its notebook and its tables do not
            fit together: whatever the submission, nobody can be marked then.
        """
        task = self.task(nb, resources["nbgrader"], _folder(resources), self._root())
        found = task.stored() or task.mark()
        write(nb, found, task.homework)
        return nb, resources

    def task(
        self, nb: NotebookNode, known: Mapping[str, str], files: Path | None, root: Path
    ) -> Task:
        """Return all that the marks of a notebook depend on.

        Parameters
        ----------
        nb
            As in `preprocess`.
        known
            The names of assignment, notebook and student.
        files
            The folder it came in.
        root
            The course directory.

        Raises
        ------
        NbGraderException
            As in `preprocess`.
        """
        homework = load_homework(known["assignment"], root / self.cases)
        submission = marks.Submission(
            student=known["student"],
            notebook=nb,
            files=files,
            parts=graded_parts(nb, homework),
            limits=Limits(
                seconds=self.seconds,
                cell_seconds=self.cell_seconds,
                memory=self.memory * 2**20,
            ),
        )
        return Task(
            homework=homework,
            submission=submission,
            root=root,
            cases=root / self.cases,
            secret=root / self.secret_file,
            runner=cast(type[Runner], self.runner_class),
        )

    def _root(self) -> Path:
        """Return the course directory; nbgrader's converters work in it."""
        converter = getattr(self.parent, "parent", None)
        course = getattr(converter, "coursedir", None)
        return Path(course.root if course is not None else os.getcwd())


@dataclass(frozen=True)
class Task:
    """One notebook and all that its marks depend on.

    Parameters
    ----------
    homework
        With its hidden cases.
    submission
        What was handed in.
    root
        The course directory.
    cases
        The folder of the hidden cases.
    secret
        The file of the instructors' secret.
    runner
        The class of what runs submissions.
    """

    homework: Homework
    submission: marks.Submission
    root: Path
    cases: Path
    secret: Path
    runner: type[Runner]

    @cached_property
    def digest(self) -> str:
        """The name under which its verdict is kept."""
        name = self.homework.name
        runner = f"{self.runner.__module__}.{self.runner.__qualname__}"
        judge = results.fingerprint(self.cases / f"{name}.py", runner)
        return results.digest(self.submission, name, read_secret(self.secret), judge)

    def stored(self) -> marks.Verdict | None:
        """Return the verdict that was reached before, if there is one."""
        kept = results.Results.of(self.root, self.homework.name)
        return kept.get(self.submission.student, self.digest)

    def mark(self) -> marks.Verdict:
        """Run the notebook, here and now; return the verdict."""
        secret = read_secret(self.secret)
        runner = runner_of(self.runner)
        return marks.mark(self.submission, self.homework, secret, runner)

    def job(self, path: Path) -> Job:
        """Return it as plain data for a worker.

        Parameters
        ----------
        path
            Where the notebook lies, beside the submission's other files.
        """
        return Job(
            homework=self.homework.name,
            student=self.submission.student,
            notebook=path.stem,
            digest=self.digest,
            path=str(path),
            parts=self.submission.parts or (),
            cases=str(self.cases),
            secret=str(self.secret),
            runner=f"{self.runner.__module__}.{self.runner.__qualname__}",
            limits=asdict(self.submission.limits),
        )


class Alone(NotebookExporter):
    """Writes graded notebooks, and keeps every other grader out meanwhile.

    nbgrader's autograding makes its exporter before it touches anything. So this one
    can see to it that the command, the formgrader's button and `coursekit grade` never
    write into one gradebook at once: whoever comes second is refused, and has changed
    nothing.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        converter: Any = self.parent
        convert = converter.convert_notebooks

        def convert_alone() -> None:
            try:
                with results.Lock.of(Path(converter.coursedir.root)):
                    convert()
            except results.HeldError as error:
                converter.log.error("Nothing was graded: %s", error)
                raise NbGraderException(str(error)) from None

        converter.convert_notebooks = convert_alone


class Stage(Autograde):
    """nbgrader's autograding up to where it would run the notebook.

    What comes out lies in a folder of its own: the notebook with its cells repaired
    and restored, beside the other files, just as `Verdict` will meet it.
    """

    FOLDER = f"{results.FOLDER}/stage"

    @property
    def _output_directory(self) -> str:
        return self.FOLDER

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Repair and restore one notebook.

        Parameters
        ----------
        notebook_filename
            As submitted.
        """
        self._init_preprocessors()
        BaseConverter.convert_single_notebook(self, notebook_filename)


@cache
def runner_of(runner_class: type[Runner]) -> Runner:
    """Return the one runner of this process: it may hold what is dear to start.

    Parameters
    ----------
    runner_class
        What runs submissions.
    """
    return runner_class()


def _folder(resources: dict[str, Any]) -> Path | None:
    path = resources.get("metadata", {}).get("path")
    return Path(path) if path and Path(path).is_dir() else None


def load_homework(name: str, cases: Path) -> Homework:
    """Return a homework as the grader holds it, with its hidden cases.

    Parameters
    ----------
    name
        The assignment's: that of the module ``coursekit.homework.<name>``, which has
        `HOMEWORK`, and of the file ``<name>.py``, which has `HIDDEN`.
    cases
        The folder of the hidden cases.

    Raises
    ------
    NbGraderException
        Where there is no such homework, or no such file.

    Examples
    --------
    >>> load_homework("hw9_none", Path("."))
    Traceback (most recent call last):
    nbgrader.converters.base.NbGraderException: there is no homework 'hw9_none' ...
    """
    module = f"coursekit.homework.{name}"
    is_name = re.fullmatch(r"[a-z][a-z0-9_]*", name)
    if not is_name or importlib.util.find_spec(module) is None:
        raise NbGraderException(
            f"there is no homework {name!r} to mark with: coursekit/homework/ has no "
            f"module of that name. An assignment that is graded by its own cells "
            "needs nbgrader's Execute in Autograde.autograde_preprocessors"
        )
    homework = getattr(importlib.import_module(module), "HOMEWORK", None)
    if not isinstance(homework, Homework):
        raise NbGraderException(f"{module} is no homework: it has no HOMEWORK")
    return homework.with_hidden(_hidden(cases / f"{name}.py"))


def _hidden(path: Path) -> tuple[Any, ...]:
    spec = importlib.util.spec_from_file_location(f"_hidden_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise NbGraderException(
            f"the hidden cases are missing: there is no {path}. Set Verdict.cases to "
            "their folder"
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.HIDDEN)


def read_secret(path: Path) -> bytes:
    """Return the instructors' secret; make one, for the owner alone, if there is none.

    Parameters
    ----------
    path
        Its file.

    Raises
    ------
    NbGraderException
        Where the file holds fewer than 16 bytes, or others may read it.
    """
    if not path.exists():
        _make_secret(path)
    if path.stat().st_mode & 0o077:
        raise NbGraderException(
            f"others may read {path}, and with it compute the hidden inputs: "
            f"chmod 600 {path}"
        )
    secret = path.read_bytes().strip()
    if len(secret) < 16:
        raise NbGraderException(
            f"{path} holds {len(secret)} bytes, too few for a secret; delete it for a "
            "new one"
        )
    return secret


def _make_secret(path: Path) -> None:
    """Write a secret whole or not at all, also where two graders start at once."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        os.link(name, path)
    except FileExistsError:
        pass  # the other one's is as good
    finally:
        os.unlink(name)


def graded_parts(nb: NotebookNode, homework: Homework) -> tuple[str, ...]:
    """Return the names of the parts that a notebook's test cells mark.

    Parameters
    ----------
    nb
        With nbgrader's metadata.
    homework
        Its tables.

    Raises
    ------
    NbGraderException
        For a test cell that belongs to no part (nbgrader would give it full marks),
        or that is worth something else than its part.
    """
    parts = {part.grade_id: part for part in homework.parts}
    names = []
    for cell in filter(_is_code_test, nb.cells):
        mine = marks.grading(cell)
        part = parts.get(mine["grade_id"])
        if part is None:
            raise NbGraderException(
                f"the cell {mine['grade_id']!r} is graded, but {homework.name} has no "
                f"part for it; its parts' cells are {sorted(parts)}"
            )
        if abs(float(mine["points"]) - part.points) > 1e-9:
            raise NbGraderException(
                f"the cell {part.grade_id!r} is worth {float(mine['points']):g} points "
                f"in the notebook, but {part.points:g} in the tables of {homework.name}"
            )
        names.append(part.name)
    return tuple(dict.fromkeys(names))


def _is_code_test(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and marks.is_test(cell)


def write(nb: NotebookNode, verdict: marks.Verdict, homework: Homework) -> None:
    """Write a verdict into a notebook: reports, points, errors, and the record.

    Nothing is written that a student may not read.

    Parameters
    ----------
    nb
        The notebook that was marked.
    verdict
        Its marks.
    homework
        Says which cell belongs to which part.
    """
    public = verdict.public()
    names = {part.grade_id: part.name for part in homework.parts}
    first = True
    for cell in filter(_is_code_test, nb.cells):
        name = names[marks.grading(cell)["grade_id"]]
        cell.outputs = [*(_banner(public) if first else ()), *_marks(public, name)]
        cell.execution_count = None
        first = False
    errors = {error.cell: error for error in verdict.errors}
    for name, cell in marks.named_cells(nb):
        cell.outputs = [_error(errors[name])] if name in errors else []
    nb.metadata[KEY] = {**_ours(nb), **_record(public)}


def _ours(nb: NotebookNode) -> dict[str, Any]:
    ours = nb.metadata.get(KEY)
    return dict(ours) if isinstance(ours, dict) else {}


def _record(verdict: marks.Verdict) -> dict[str, Any]:
    """Return what reports need, as strict JSON."""
    data = verdict.to_dict()
    for finding in data["findings"]:
        if finding["error"] is not None and not math.isfinite(finding["error"]):
            finding["error"] = None
    return {"status": verdict.status, "flags": list(verdict.flags), "verdict": data}


def _marks(verdict: marks.Verdict, part: str) -> tuple[NotebookNode, NotebookNode]:
    """Return the outputs of a graded cell: the report, and the points for nbgrader.

    nbgrader takes the first ``execute_result`` as the points, if its text is a number
    from 0 to the cell's; most other things count as full marks.
    """
    report = Report(part, verdict.of(part))
    page = {"text/html": report._repr_html_(), "text/plain": str(report)}
    earned = float(verdict.points[part])
    words = f"<strong>{earned:g} of {report.points:g} points</strong>"
    score = {"text/plain": repr(earned), "text/html": words}
    return (
        new_output("display_data", data=page),
        new_output("execute_result", data=score),
    )


_ENDED = {
    "syntax": "Python cannot read a cell of this notebook.",
    "timeout": "Some of this notebook's code had to be stopped: it took too long.",
    "memory": "Some of this notebook's code used more memory than there is.",
    "crash": "Some of this notebook's code ended its whole process.",
}


def _banner(verdict: marks.Verdict) -> tuple[NotebookNode, ...]:
    """Return what is to be said of the notebook as a whole, if anything."""
    lines = [_ENDED[verdict.status]] if verdict.status in _ENDED else []
    lines += [_sentence(marks.describe(error)) for error in verdict.errors]
    if lines and verdict.total > 0:
        lines.append("All that could be asked was asked, and its points count.")
    if verdict.flags:
        lines.append("A person will look at this submission.")
    if not lines:
        return ()
    rows = "".join(f"<p style='margin:2px 0'>{escape(line)}</p>" for line in lines)
    style = (
        "max-width:46em;margin:6px 0;padding:10px 16px;border-left:4px solid #d08324"
    )
    html = f'<div role="note" style="{style}">{rows}</div>'
    data = {"text/html": html, "text/plain": "\n".join(lines)}
    return (new_output("display_data", data=data),)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words[-1:] in ".?!" else ".")


def _error(error: CellError) -> NotebookNode:
    """Return a cell's error as Jupyter shows it, without any path or foreign line."""
    kind, message = _printable(error.kind), _printable(error.message)
    lines = [f"{kind}: {message}" if message else kind]
    if error.line:
        lines.insert(0, f"in line {error.line} of this cell:")
    return new_output("error", ename=kind, evalue=message, traceback=lines)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c == "\n")
