"""What a grader asks for and gets: cells, limits, children, and how they end.

`Runner` is the seam: whoever grades asks a `Child` and need not know where it runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from coursekit.homework.checks import answers
from coursekit.homework.checks.calls import PLAIN_CALL, Args, CallMode
from coursekit.homework.checks.cases import Part


@dataclass(frozen=True)
class Cell:
    """One code cell of a submission.

    Parameters
    ----------
    id
        Its ``grade_id``, or another name that is unique in the notebook.
    source
        What it says.
    ours
        Whether the course wrote it: a locked cell, as released.
    """

    id: str
    source: str
    ours: bool = False


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    seconds
        Wall time of the whole submission.
    cell_seconds
        Wall time of one cell.
    memory
        Bytes of memory: in a sandbox of all its processes together, else of
        address space of each.
    file
        Bytes of the largest file that it may write.
    folder
        Bytes of the submission's files that are copied for it.
    processes
        Processes and threads that it may start.
    descriptors
        Files that each process may have open.
    disk
        Bytes of all files that it may write, where a sandbox counts them.
    """

    seconds: float = 180.0
    cell_seconds: float = 30.0
    memory: int = 4 * 2**30
    file: int = 64 * 2**20
    folder: int = 100 * 2**20
    processes: int = 64
    descriptors: int = 128
    disk: int = 256 * 2**20


LIMITS = Limits()
"""What a submission may use unless said otherwise."""


@dataclass(frozen=True)
class Setting:
    """How a submission is run.

    Parameters
    ----------
    forbidden
        What the student's code may not call; see `coursekit.grading.inside.guards`.
    files
        The folder whose files the child finds in its own, or None.
    limits
        What it may use.
    """

    forbidden: tuple[str, ...] = ()
    files: Path | None = None
    limits: Limits = LIMITS


@dataclass(frozen=True)
class CellError:
    """A cell that ended early.

    Parameters
    ----------
    cell
        Its id.
    kind, message
        Type and text of the exception; for a cell that ended its process, one of
        "timeout", "memory", "crash", and a sentence.
    line
        The line in the cell, from 1, or 0 where it is not known.
    is_syntax
        Whether Python could not read the cell.
    """

    cell: str
    kind: str
    message: str
    line: int = 0
    is_syntax: bool = False


@dataclass
class Transcript:
    """What happened while the cells ran: errors, and what they printed."""

    errors: list[CellError] = field(default_factory=list)
    output: dict[str, str] = field(default_factory=dict)
    raw: str = ""
    ends: list[str] = field(default_factory=list)


class Child(Protocol):
    """A submission that has run and can be asked."""

    transcript: Transcript

    def ask(
        self, part: Part, args: Args, seconds: float, mode: CallMode = PLAIN_CALL
    ) -> answers.Answer:
        """Return the answer to one question, `answers.Lost` where none came."""

    def close(self) -> None:
        """End its processes and remove its folder."""


class Runner(Protocol):
    """Runs submissions."""

    def open(self, cells: Iterable[Cell], setting: Setting) -> Child:
        """Run the cells and return what can be asked."""


class EndedError(Exception):
    """The process ended, or had to be ended; the text is the reason in a word."""


class DisturbedError(EndedError):
    """The process was ended by what carries it; the submission has no part in it."""


class RunnerError(RuntimeError):
    """No process could be started: the grader's fault, never a student's."""
