"""The verdict in nbgrader's own autograding, in place of its Execute.

``nbgrader autograde``, the formgrader's button and the Python API all run this, so
all give the same marks. `VerdictPreprocessor` runs the submission in a child, judges
what it answers, and writes into each graded cell a report and its points; where a
verdict on the very same submission is kept already, that one counts. What a student did
to the tests' cells does not matter: the points come from the homework's tables.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Type, Unicode

from coursekit.grading.marking import results
from coursekit.grading.marking import verdict as marks
from coursekit.grading.marking.job import Job
from coursekit.grading.marking.load import (
    graded_parts,
    load_homework,
    read_secret,
    runner_of,
)
from coursekit.grading.marking.outputs import write
from coursekit.grading.sandbox.contract import Limits, Runner
from coursekit.grading.sandbox.sandbox import SandboxRunner
from coursekit.homework.checks.cases import Homework


class VerdictPreprocessor(NbGraderPreprocessor):
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
        "coursekit.grading.sandbox.contract.Runner.",
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


def _folder(resources: dict[str, Any]) -> Path | None:
    path = resources.get("metadata", {}).get("path")
    return Path(path) if path and Path(path).is_dir() else None
