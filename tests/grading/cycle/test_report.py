"""Tables of marks, on the screen and as CSV."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from coursekit.grading.course.directory import Course
from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.pages.report import (
    CsvExport,
    GradeRow,
    GradeTable,
    columns,
    export,
    render,
    report,
    write_csv,
)

PARTS = {"check_double": 3.0, "check_half": 2.0, "why": 4.0}


def _row(student: str, first: str, last: str, **known: object) -> GradeRow:
    plain: dict[str, object] = {
        "status": "graded",
        "marks": {"check_double": 3.0, "check_half": 0.5, "why": None},
        "score": 3.5,
        "penalty": 0.0,
        "flagged": False,
    }
    return GradeRow(student, first, last, **{**plain, **known})  # type: ignore[arg-type]


TABLE = GradeTable(
    "hw0",
    PARTS,
    (
        _row("ada", "Ada", 'King, "Countess"', penalty=1.0),
        _row("bo", "", "", status="timeout", flagged=True, notes=("a", "b; c")),
        _row("cy", "愛", "Ito", status="not handed in", marks={}, score=0.0),
    ),
)


def test_the_table_reads_well() -> None:
    assert render(TABLE).splitlines() == [
        "student               status         A    B  C  total",
        "--------------------  -------------  -  ---  -  -----  --------",
        "                                     3    2  4      9",
        'Ada King, "Countess"  graded         3  0.5  ?    2.5  late, -1',
        "bo                    timeout        3  0.5  ?    3.5  look",
        "愛 Ito                not handed in                 0",
        "",
        "A double, B half, C why, ? waits for a mark by hand, look: see the notes",
    ]


def test_further_columns_stand_beside_the_name() -> None:
    lines = render(TABLE, {"handed in": {"bo": "a loop"}}).splitlines()
    assert lines[0].startswith("student               handed in  status")
    assert lines[4].startswith("bo                    a loop     timeout")


def test_columns_must_be_as_many_in_each_row() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        columns([["a", "b"], ["c"]])


def test_the_csv_reads_back_whatever_a_name_holds(tmp_path: Path) -> None:
    path = write_csv(TABLE, tmp_path / "marks.csv")
    with path.open(newline="", encoding="utf-8") as file:
        ada, bo, cy = csv.DictReader(file)
    assert ada["last_name"] == 'King, "Countess"'
    assert (ada["score"], ada["late_penalty"], ada["total"]) == ("3.5", "1.0", "2.5")
    assert (ada["check_half"], ada["why"], ada["max_score"]) == ("0.5", "", "9.0")
    assert (bo["flagged"], bo["notes"]) == ("yes", "a; b; c")
    assert (cy["first_name"], cy["status"]) == ("愛", "not handed in")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lateness_never_makes_a_total_negative() -> None:
    assert _row("ada", "", "", penalty=99.0).total == 0.0


def test_a_report_before_the_release_is_empty(small_course: Course) -> None:
    assert report(small_course, "hw0") == GradeTable("hw0", {}, ())
    with pytest.raises(CourseError, match="no homework 'hw8'; there are: hw0"):
        report(small_course, "hw8")


def test_the_parts_come_in_the_notebooks_order(
    released: tuple[Course, object],
) -> None:
    course, _ = released
    course.enrol("ada")
    assert report(course, "hw0").parts == PARTS
    assert list(report(course, "hw0").parts) == list(PARTS)


def test_nbgraders_export_quotes_names(
    released: tuple[Course, object], tmp_path: Path
) -> None:
    course, _ = released
    course.enrol("ada", "Ada", 'King, "Countess"')
    course.enrol("bo", "Bo", "Li")
    path = export(course, tmp_path / "all.csv")
    with path.open(newline="") as file:
        ada, _bo = csv.DictReader(file)
    assert ada["last_name"] == 'King, "Countess"'
    assert (ada["assignment"], ada["score"], ada["max_score"]) == ("hw0", "0.0", "9.0")
    assert tuple(ada) == CsvExport.KEYS

    with course.gradebook() as book:
        one = CsvExport(to=str(path), student=["bo"], assignment=["hw0"])
        one.export(book)
    assert path.read_text().splitlines()[1:] == [
        "hw0,,,bo,Li,Bo,,0.0,0.0,0.0,9.0",
    ]
