"""The marks of one submission: ask, judge, add up.

The submission's cells run in a child that answers and never marks. Here, outside it,
the inputs are drawn, the answers judged, and the points summed. A hidden case draws
its input from a key that only the instructors can compute, so that it is new to the
student and the same whenever the submission is graded again.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from coursekit.grading.inside.guards import ForbiddenCallError
from coursekit.grading.marking import flags, skippable
from coursekit.grading.sandbox.contract import (
    LIMITS,
    Cell,
    CellError,
    Child,
    Limits,
    Runner,
    Setting,
    Transcript,
)
from coursekit.homework.checks.answers import Value
from coursekit.homework.checks.cases import Case, Homework, Part, draw
from coursekit.homework.checks.checker import student_name
from coursekit.homework.checks.judge import Finding, judge, settle

STATUSES = ("graded", "syntax", "timeout", "memory", "crash", "refused")
"""How grading a submission may end, from harmless to worst."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Parameters
    ----------
    student
        The student's id.
    notebook
        The notebook as a dict, in version 4 of the format.
    files
        The folder it came in, or None.
    parts
        Names of the homework's parts that belong to this notebook; None is all.
    release
        The released notebook, whose locked cells replace the submission's; None
        where that has been done already.
    limits
        What it may use while it runs.
    """

    student: str
    notebook: Mapping[str, Any]
    files: Path | None = None
    parts: tuple[str, ...] | None = None
    release: Mapping[str, Any] | None = None
    limits: Limits = LIMITS

    def cells(self) -> tuple[Cell, ...]:
        """Return what is to be run: the code cells but for the graded tests.

        Returns
        -------
        tuple of Cell
            In the notebook's order; a cell is named by its ``grade_id`` where it
            has one that no earlier cell has. Cells of the course that only show
            something are left out.
        """
        locked = dict(_locked(self.release or {}))
        found, noted = [], []
        for name, cell in named_cells(self.notebook):
            mine = grading(cell)
            ours = bool(mine.get("locked")) and not mine.get("solution")
            source = locked.get(name, _source(cell))
            found.append(Cell(name, source, ours and name == mine.get("grade_id")))
            noted.append(skippable.is_noted(cell))
        return tuple(itertools.compress(found, self._needed(found, noted)))

    def _needed(self, cells: Sequence[Cell], noted: Sequence[bool]) -> Iterable[bool]:
        modules = self.files.rglob("*.py") if self.files is not None else ()
        if self.parts is None or not any(noted) or any(modules):
            return itertools.repeat(True)
        sources = [cell.source for cell in cells]
        return skippable.needed(sources, noted, {"STUDENT", *self.parts})


def named_cells(notebook: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a unique name and the cell itself, for each code cell that is no test.

    Parameters
    ----------
    notebook
        In version 4 of the format.

    Examples
    --------
    >>> cells = [{"cell_type": "code", "source": "1"}, {"cell_type": "markdown"}]
    >>> [name for name, cell in named_cells({"cells": cells})]
    ['cell 1']
    """
    seen: set[str] = set()
    for number, cell in enumerate(notebook.get("cells", ()), start=1):
        if cell.get("cell_type") == "code" and not is_test(cell):
            name = str(grading(cell).get("grade_id") or "")
            name = name if name and name not in seen else f"cell {number}"
            seen.add(name)
            yield name, cell


def grading(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return nbgrader's metadata of a cell, empty where it has none.

    Parameters
    ----------
    cell
        Of a notebook.
    """
    mine = (cell.get("metadata") or {}).get("nbgrader")
    return mine if isinstance(mine, Mapping) else {}


def is_test(cell: Mapping[str, Any]) -> bool:
    """Say whether a cell is a graded test, which is the instructors' and never run.

    Parameters
    ----------
    cell
        Of a notebook.
    """
    mine = grading(cell)
    return bool(mine.get("grade")) and not mine.get("solution")


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _locked(notebook: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and source of each cell that students may not change."""
    for cell in notebook.get("cells", ()):
        mine = grading(cell)
        if mine.get("grade_id") and not mine.get("solution"):
            yield str(mine["grade_id"]), _source(cell)


@dataclass(frozen=True)
class Verdict:
    """The marks of one submission and their reasons, as plain data.

    Parameters
    ----------
    homework, student
        Names.
    name
        What the notebook's ``STUDENT`` says: whose data the visible cases are.
    status
        One of `STATUSES`: the worst that happened.
    points
        Part to points: builtin floats from 0 to what the part is worth.
    findings
        One a case, in the order of the homework's tables.
    errors
        The cells that ended early.
    flags
        Sentences for a human, where one should look.
    seconds
        How long it took.
    """

    homework: str
    student: str
    name: str
    status: str
    points: Mapping[str, float]
    findings: tuple[Finding, ...]
    errors: tuple[CellError, ...] = ()
    flags: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def total(self) -> float:
        """The sum of the points."""
        return float(sum(self.points.values()))

    def of(self, part: str) -> tuple[Finding, ...]:
        """Return the findings of one part.

        Parameters
        ----------
        part
            Its name.
        """
        return tuple(f for f in self.findings if f.part == part)

    def public(self) -> Verdict:
        """Return what the student may read of it."""
        return replace(self, findings=tuple(f.public() for f in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as data for JSON."""
        return {
            "homework": self.homework,
            "student": self.student,
            "name": self.name,
            "status": self.status,
            "points": dict(self.points),
            "findings": [finding.to_dict() for finding in self.findings],
            "errors": [asdict(error) for error in self.errors],
            "flags": list(self.flags),
            "seconds": self.seconds,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """Return the verdict that `to_dict` wrote."""
        return cls(
            **{
                **data,
                "findings": tuple(map(Finding.from_dict, data["findings"])),
                "errors": tuple(CellError(**error) for error in data["errors"]),
                "flags": tuple(data["flags"]),
            }
        )


def hidden_key(
    secret: bytes, homework: str, student: str, cells: Iterable[Cell]
) -> bytes:
    """Return the key from which a submission's hidden inputs are drawn.

    Parameters
    ----------
    secret
        The instructors', at least 16 bytes.
    homework, student
        Names; case and surrounding blanks of the student's do not count.
    cells
        What the student's process runs.

    Returns
    -------
    bytes
        32 bytes: HMAC-SHA256 over all of these.

    Raises
    ------
    ValueError
        Where the secret is too short to be one.

    Examples
    --------
    >>> key = hidden_key(b"0123456789abcdef", "hw1_dft", "ada", [])
    >>> key == hidden_key(b"0123456789abcdef", "hw1_dft", " Ada", []), len(key)
    (True, 32)
    """
    if len(secret) < 16:
        raise ValueError(
            f"the secret has {len(secret)} bytes, too few to be one; "
            "use at least 16 random ones"
        )
    sources = [cell.source for cell in cells]
    words = [homework, student.strip().lower(), sources]
    message = json.dumps(words).encode("ascii")
    digest = hashlib.sha256(message).digest()
    return hmac.new(secret, digest, hashlib.sha256).digest()


def mark(
    submission: Submission, homework: Homework, secret: bytes, runner: Runner
) -> Verdict:
    """Return the marks of one submission.

    Parameters
    ----------
    submission
        What was handed in.
    homework
        With its hidden cases.
    secret
        The instructors', at least 16 bytes.
    runner
        Where the submission runs.

    Raises
    ------
    ValueError
        Where the homework's tables do not add up, whatever the submission.
    RunnerError
        Where nothing can be run at all.
    """
    start = time.monotonic()
    cases = chosen(homework, submission.parts)
    cells = submission.cells()
    key = hidden_key(secret, homework.name, submission.student, cells)
    forbidden = tuple(getattr(homework, "forbidden", ()))
    setting = Setting(forbidden, submission.files, submission.limits)
    child = runner.open(cells, setting)
    try:
        asking = Asking(homework, submission.student, key, child)
        found, name = asking.all(cases), asking.name
    finally:
        child.close()
    found = tuple(_with_reason(f, cells, child.transcript.errors) for f in found)
    status = _status(found, child.transcript)
    return Verdict(
        homework=homework.name,
        student=submission.student,
        name=name,
        status=status,
        points=points(homework, found),
        findings=found,
        errors=tuple(child.transcript.errors),
        flags=(
            *_remarks(status, child.transcript),
            *_refused(found),
            *flags.look(cells, homework, submission.files),
        ),
        seconds=time.monotonic() - start,
    )


def chosen(homework: Homework, parts: tuple[str, ...] | None) -> tuple[Case, ...]:
    """Return the cases of the chosen parts, part by part, visible ones first.

    Parameters
    ----------
    homework
        With its hidden cases.
    parts
        Names; None is all.

    Raises
    ------
    ValueError
        For an unknown part, and for one whose cases are not worth its points.
    """
    names = [part.name for part in homework.parts] if parts is None else parts
    found: list[Case] = []
    for part in map(homework.part, names):
        cases = homework.cases(part.name)
        worth = sum(case.points for case in cases)
        if abs(worth - part.points) > 1e-9:
            raise ValueError(
                f"{homework.name}: the cases of {part.name!r} are worth {worth:g} of "
                f"its {part.points:g} points; are its hidden cases loaded?"
            )
        found += cases
    return tuple(found)


def points(homework: Homework, findings: Iterable[Finding]) -> dict[str, float]:
    """Return the points of each part that has findings.

    Parameters
    ----------
    homework
        Says what a part is worth.
    findings
        One a case.

    Returns
    -------
    dict
        Part to a builtin float from 0 to what the part is worth.
    """
    sums: dict[str, float] = {}
    for finding in findings:
        sums[finding.part] = sums.get(finding.part, 0.0) + float(finding.earned)
    most = {name: float(homework.part(name).points) for name in sums}
    return {name: min(max(sums[name], 0.0), most[name]) for name in sums}


class Asking:
    """Asks a child the cases of a homework, and judges the answers.

    Parameters
    ----------
    homework, student
        Whose questions they are.
    key
        Draws the hidden inputs.
    child
        Answers.

    Attributes
    ----------
    name
        What the notebook's ``STUDENT`` says. The notebook's own check draws its
        data for that name, so the visible cases do as well.
    """

    def __init__(
        self, homework: Homework, student: str, key: bytes, child: Child
    ) -> None:
        self.homework = homework
        self.student = student
        self.key = key
        self.child = child
        told = child.ask(Part("STUDENT", 0.0, "", is_value=True), (), 1.0)
        self.name = student_name(told.value if type(told) is Value else None)

    def all(self, cases: Iterable[Case]) -> tuple[Finding, ...]:
        """Return the findings, in the order of the cases.

        Where a call ends its process, the other cases of its part are asked last,
        so that one endless loop does not use up the time of the other parts.

        Parameters
        ----------
        cases
            In the order in which they are to be told.
        """
        order = tuple(cases)
        queue = deque(order)
        found: dict[tuple[str, str], Finding] = {}
        late: set[str] = set()
        while queue:
            case = queue.popleft()
            ends = len(self.child.transcript.ends)
            found[case.part, case.name] = self.one(case)
            if len(self.child.transcript.ends) > ends and case.part not in late:
                late.add(case.part)
                queue = deque(sorted(queue, key=lambda c: c.part == case.part))
        return settle(found[case.part, case.name] for case in order)

    def one(self, case: Case) -> Finding:
        """Return what became of one case.

        Parameters
        ----------
        case
            Visible or hidden.
        """
        if self.homework.is_visible(case):
            args = draw(self.homework, case, self.name)
        else:
            args = draw(self.homework, case, self.student, self.key)
        part = self.homework.part(case.part)
        asked = () if part.is_value else args
        answer = self.child.ask(part, asked, case.seconds, case.mode)
        return judge(self.homework, case, args, answer)


def _with_reason(
    finding: Finding, cells: tuple[Cell, ...], errors: Iterable[CellError]
) -> Finding:
    """Say of a missing name which cell should have defined it, and how it ended."""
    if finding.status != "missing":
        return finding
    sources = {cell.id: cell.source for cell in cells}
    defines = re.compile(rf"^\s*(def\s+{finding.part}\b|{finding.part}\s*=)", re.M)
    for error in errors:
        if defines.search(sources.get(error.cell, "")):
            sentence = f"{finding.sentence}: {describe(error)}"
            return replace(finding, sentence=sentence)
    return finding


def describe(error: CellError) -> str:
    """Return in words how a cell ended.

    Parameters
    ----------
    error
        From a transcript.

    Examples
    --------
    >>> describe(CellError("dft", "SyntaxError", "invalid syntax", 3))
    "the cell 'dft' ended with SyntaxError in line 3: invalid syntax"
    """
    at = f" in line {error.line}" if error.line else ""
    what = f": {error.message}" if error.message else ""
    name = error.cell if error.cell.startswith("cell ") else f"cell {error.cell!r}"
    return f"the {name} ended with {error.kind}{at}{what}"


def _status(findings: Iterable[Finding], transcript: Transcript) -> str:
    """Return the worst that happened."""
    seen = {"graded", *transcript.ends}
    for error in transcript.errors:
        seen |= {"syntax"} if error.is_syntax else set()
        seen |= {"memory"} if error.kind == "MemoryError" else set()
    for finding in findings:
        seen |= {"timeout"} if finding.status == "slow" else set()
        seen |= {"memory"} if finding.got.startswith("MemoryError") else set()
    return max(seen, key=STATUSES.index)


def _remarks(status: str, transcript: Transcript) -> Iterator[str]:
    """Yield what a human should know about how the submission ran."""
    for kind in dict.fromkeys(transcript.ends):
        times = transcript.ends.count(kind)
        how = {"timeout": "had to be stopped", "memory": "ran out of memory"}
        what = how.get(kind, "ended before it answered")
        yield f"the submission's process {what} ({times} time{'s' * (times > 1)})"
    soft = {
        "timeout": "a call had to be stopped: it took longer than its limit",
        "memory": "the submission ran out of memory",
        "crash": "a call ended before it answered",
    }
    if status in soft and status not in transcript.ends:
        yield soft[status]
    if status == "syntax":
        broken = [e.cell for e in transcript.errors if e.is_syntax]
        yield f"Python cannot read {', '.join(map(repr, broken))}"


def _refused(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a sentence for each part that calls what it was to write."""
    raised = ForbiddenCallError.__name__
    for part in dict.fromkeys(f.part for f in findings if f.got.startswith(raised)):
        yield f"{part!r} calls what the homework asks to write, and got no answer"
