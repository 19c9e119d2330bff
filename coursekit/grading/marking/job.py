"""One notebook to mark, as plain data that could be sent to another machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

from coursekit.grading.marking import verdict as marks
from coursekit.grading.sandbox.contract import Limits


@dataclass(frozen=True)
class Job:
    """One notebook to mark, as plain data.

    Parameters
    ----------
    homework, student, notebook
        Names.
    digest
        What its verdict will be kept under.
    path
        The notebook, repaired, with its locked cells restored.
    parts
        Names of the parts that it holds.
    cases
        The folder of the hidden cases.
    secret
        The file of the instructors' secret.
    runner
        What runs it: the full name of a class.
    limits
        Fields of `coursekit.grading.sandbox.contract.Limits`.
    """

    homework: str
    student: str
    notebook: str
    digest: str
    path: str
    parts: tuple[str, ...]
    cases: str
    secret: str
    runner: str
    limits: Mapping[str, float]

    def to_json(self) -> bytes:
        """Return the job as JSON."""
        return json.dumps(asdict(self)).encode("ascii")

    @classmethod
    def from_json(cls, text: bytes) -> Job:
        """Return the job that `to_json` wrote."""
        data = json.loads(text)
        return cls(**{**data, "parts": tuple(data["parts"])})

    def submission(self) -> marks.Submission:
        """Return what is to be marked, read from its file."""
        path = Path(self.path)
        return marks.Submission(
            student=self.student,
            notebook=nbformat.read(path, as_version=4),
            files=path.parent,
            parts=self.parts,
            limits=Limits(**self.limits),  # type: ignore[arg-type]
        )
