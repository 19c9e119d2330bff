"""The table of marks: on the screen, as CSV, and in place of nbgrader's export.

Marks come from the gradebook, with manual scores and late penalties; statuses and
notes come from the graded notebooks beside it.
"""

from __future__ import annotations

import csv
import io
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.plugins import ExportPlugin

from coursekit.grading.course import intake
from coursekit.grading.course.directory import Course
from coursekit.grading.marking.verdict import STATUSES

NOT_HANDED_IN = "not handed in"
WAITING = "not graded yet"


@dataclass(frozen=True)
class GradeRow:
    """One student's marks for one homework.

    Parameters
    ----------
    student, first, last
        Id and names.
    status
        "graded", or how the submission ended: "syntax", "timeout", "memory",
        "crash", "refused"; or that there is none, or none graded.
    marks
        Points by graded cell; None where a human has yet to mark.
    score, penalty
        All points, and what lateness takes off them.
    flagged
        Whether a human should look.
    notes
        What intake and grader had to remark on.
    timestamp
        When it was handed in, or "".
    """

    student: str
    first: str
    last: str
    status: str
    marks: dict[str, float | None]
    score: float
    penalty: float
    flagged: bool
    notes: tuple[str, ...] = ()
    timestamp: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where there is none."""
        return f"{self.first} {self.last}".strip() or self.student

    @property
    def total(self) -> float:
        """What counts: the score less the penalty, never below zero."""
        return max(0.0, self.score - self.penalty)

    @property
    def waiting(self) -> bool:
        """Whether some cell waits for a human's mark."""
        return any(mark is None for mark in self.marks.values())


@dataclass(frozen=True)
class GradeTable:
    """All students' marks for one homework.

    Parameters
    ----------
    homework
        Its name.
    parts
        Most points by graded cell, in the order of the notebook.
    rows
        One a student, by last name.
    """

    homework: str
    parts: dict[str, float]
    rows: tuple[GradeRow, ...]

    @property
    def most(self) -> float:
        """What the homework is worth."""
        return sum(self.parts.values())


def report(course: Course, homework: str) -> GradeTable:
    """Read the marks of a homework from the gradebook.

    Parameters
    ----------
    course
        Whose gradebook.
    homework
        Its name.
    """
    course.require(homework)
    with course.gradebook() as book:
        try:
            book.find_assignment(homework)
        except MissingEntry:
            return GradeTable(homework, {}, ())
        parts = _parts(course, book, homework)
        handed_in = set(course.submissions(homework))
        known = {student.id: student for student in book.students}
        ids = sorted(known.keys() | handed_in)
        rows = [_row(course, book, homework, parts, name) for name in ids]
    rows.sort(key=lambda row: (row.last.lower(), row.first.lower(), row.student))
    return GradeTable(homework, parts, tuple(rows))


def _parts(course: Course, book: Gradebook, homework: str) -> dict[str, float]:
    """Return the points of each graded cell in the order of the notebooks."""
    points = {
        cell.name: float(cell.max_score)
        for notebook in book.find_assignment(homework).notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    }
    order = [
        str(cell.metadata.get("nbgrader", {}).get("grade_id"))
        for path in sorted(course.release_folder(homework).glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
    ]
    last = len(order)
    rank = {name: order.index(name) if name in order else last for name in points}
    return {name: points[name] for name in sorted(points, key=rank.__getitem__)}


def _row(
    course: Course,
    book: Gradebook,
    homework: str,
    parts: dict[str, float],
    student: str,
) -> GradeRow:
    first, last = _names(book, student)
    handed_in = course.folder("submitted", student, homework).is_dir()
    try:
        submission = book.find_submission(homework, student)
    except MissingEntry:
        status = WAITING if handed_in else NOT_HANDED_IN
        return GradeRow(student, first, last, status, {}, 0.0, 0.0, False)
    status, notes = _record(course, homework, student)
    when = submission.timestamp
    return GradeRow(
        student=student,
        first=first,
        last=last,
        status=status,
        marks=_marks(submission, parts),
        score=float(submission.score),
        penalty=float(submission.late_submission_penalty or 0.0),
        flagged=any(notebook.flagged for notebook in submission.notebooks),
        notes=notes,
        timestamp=when.isoformat(" ", "seconds") if when else "",
    )


def _names(book: Gradebook, student: str) -> tuple[str, str]:
    try:
        found = book.find_student(student)
    except MissingEntry:
        return "", ""
    return found.first_name or "", found.last_name or ""


def _marks(
    submission: SubmittedAssignment, parts: dict[str, float]
) -> dict[str, float | None]:
    """Return the points of each graded cell, None where a human is waited for."""
    found = {
        grade.name: None
        if grade.auto_score is None and grade.manual_score is None
        else float(grade.score)
        for notebook in submission.notebooks
        for grade in notebook.grades
    }
    return {name: found.get(name) for name in parts}


def _record(course: Course, homework: str, student: str) -> tuple[str, tuple[str, ...]]:
    """Return status and notes of a graded submission, from its notebooks."""
    folder = course.folder("autograded", student, homework)
    released = sorted(course.release_folder(homework).glob("*.ipynb"))
    graded = [folder / path.name for path in released]
    found = [intake.record(path) for path in graded if path.is_file()]
    if not found:
        return "crash", ("it could not be graded; the log says why",)
    worst = max((r.status for r in found), key=STATUSES.index)
    return worst, tuple(note for r in found for note in r.notes)


# --- to read ------------------------------------------------------------------


def render(
    table: GradeTable, extra: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """Return the table as text, one line a student, with a key to the parts.

    Parameters
    ----------
    table
        From `report`.
    extra
        Further columns: heading, then text by student id.
    """
    more = extra or {}
    letters = dict(zip(table.parts, _LETTERS, strict=False))
    head = ["student", *more, "status", *letters.values(), "total", ""]
    blank = [""] * (2 + len(more))
    most = [*blank, *map(_number, table.parts.values()), _number(table.most), ""]
    body = []
    for row in table.rows:
        further = (texts.get(row.student, "") for texts in more.values())
        body.append([row.name, *further, *_cells(row, table)])
    first = 2 + len(more)
    text = columns([head, most, *body], right=range(first, first + len(letters) + 1))
    named = [f"{letter} {short(name)}" for name, letter in letters.items()]
    key = ", ".join([*named, "? waits for a mark by hand", "look: see the notes"])
    return f"{text}\n\n{textwrap.fill(key, 79)}"


_LETTERS = [a + b for a in ("", *ascii_uppercase) for b in ascii_uppercase]


def short(grade_id: str) -> str:
    """Return the name of a graded cell as a table shows it.

    Examples
    --------
    >>> short("check_dft_matrix")
    'dft_matrix'
    """
    return grade_id.removeprefix("check_")


def _cells(row: GradeRow, table: GradeTable) -> list[str]:
    marks = [_number(row.marks[name]) if row.marks else "" for name in table.parts]
    remarks = ["look" if row.flagged else ""]
    remarks.append(f"late, -{_number(row.penalty)}" if row.penalty else "")
    remark = ", ".join(word for word in remarks if word)
    return [row.status, *marks, _number(row.total), remark]


def _number(points: float | None) -> str:
    return "?" if points is None else f"{points:.4g}"


def columns(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Return rows as aligned columns.

    Parameters
    ----------
    rows
        The cells; each row as long as the first. The first row is the heading.
    right
        The columns to align at their right end.

    Examples
    --------
    >>> print(columns([["who", "n"], ["Ada", "10"], ["Grace", "9"]], right=[1]))
    who     n
    -----  --
    Ada    10
    Grace   9
    """
    to_right = set(right)
    widths = [
        max(_width(cell) for cell in column) for column in zip(*rows, strict=True)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (width - _width(cell)) + cell
            if i in to_right
            else cell + " " * (width - _width(cell))
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * width for width in widths).rstrip()
    return "\n".join([line(rows[0]), rule, *(line(row) for row in rows[1:])])


def _width(text: str) -> int:
    """Return how many columns a terminal needs for `text`."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    none = sum(unicodedata.combining(letter) > 0 for letter in text)
    return len(text) + wide - none


# --- for a spreadsheet ----------------------------------------------------------


def write_csv(table: GradeTable, path: Path) -> Path:
    """Write the table as CSV, quoted where a name holds a comma.

    Parameters
    ----------
    table
        From `report`.
    path
        The file to write, readable by its owner alone.
    """
    head = ["student_id", "last_name", "first_name", "status", "flagged", "timestamp"]
    head += [*table.parts, "score", "late_penalty", "total", "max_score", "notes"]
    rows = [
        [
            *(row.student, row.last, row.first, row.status),
            *("yes" if row.flagged else "no", row.timestamp),
            *(_plain(row.marks.get(name)) for name in table.parts),
            *(_plain(row.score), _plain(row.penalty), _plain(row.total)),
            *(_plain(table.most), "; ".join(row.notes)),
        ]
        for row in table.rows
    ]
    return _write(path, [head, *rows])


def _plain(points: float | None) -> str:
    return "" if points is None else repr(round(float(points), 6))


def _write(path: Path, rows: Iterable[Sequence[Any]]) -> Path:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    path.touch(mode=0o600)
    path.write_text(buffer.getvalue(), encoding="utf-8")
    return path


def export(course: Course, path: Path) -> Path:
    """Write nbgrader's table of all homeworks as CSV; return its path.

    Parameters
    ----------
    course
        Whose.
    path
        The file to write.
    """
    with course.gradebook() as book:
        CsvExport(to=str(path), config=course.config).export(book)
    return path


class CsvExport(ExportPlugin):
    """nbgrader's CSV export, with the quoting that names need."""

    KEYS = (
        *("assignment", "duedate", "timestamp", "student_id", "last_name"),
        *("first_name", "email", "raw_score", "late_submission_penalty"),
        *("score", "max_score"),
    )

    def export(self, gradebook: Gradebook) -> None:
        """Write ``grades.csv``, or the file that ``--to`` names.

        Parameters
        ----------
        gradebook
            Whose marks; ``--student`` and ``--assignment`` choose among them.
        """
        path = Path(self.to or "grades.csv")
        rows = [
            self._line(gradebook, assignment, student)
            for assignment in gradebook.assignments
            if not self.assignment or assignment.name in map(str, self.assignment)
            for student in gradebook.students
            if not self.student or student.id in map(str, self.student)
        ]
        self.log.info("Exporting grades to %s", path)
        _write(path, [self.KEYS, *rows])

    def _line(self, gradebook: Gradebook, assignment: Any, student: Any) -> list[str]:
        who = [student.id, student.last_name, student.first_name, student.email]
        try:
            submission = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            when, score, penalty = None, 0.0, 0.0
        else:
            when, score = submission.timestamp, submission.score
            penalty = submission.late_submission_penalty or 0.0
        total = max(0.0, score - penalty)
        values = [assignment.name, assignment.duedate, when, *who]
        values += [score, penalty, total, assignment.max_score]
        return ["" if value is None else str(value) for value in values]
