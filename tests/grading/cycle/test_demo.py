"""The demo: a small class from the lecture to the table of marks."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursekit.grading import demo
from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.pages.report import report
from coursekit.grading.publishing import bank
from coursekit.grading.sandbox import bubblewrap


def test_each_student_has_the_status_and_marks_that_are_due(shown: Any) -> None:
    assert shown.code == 0
    rows = {row.student: row for row in report(shown.course, "hw1_dft").rows}
    assert {name: (row.status, row.total) for name, row in rows.items()} == {
        "dcohen": ("graded", 26.0),  # loses 4 of the 5 for dft
        "ghall": ("graded", 24.0),  # loses the 6 for stft
        "ikaya": ("syntax", 26.0),  # loses the 4 for overlap_add
        "oberg": ("graded", 30.0),
        "qdubois": ("refused", 0.0),
        "rsingh": ("graded", 12.5),
    }
    flagged = {name for name, row in rows.items() if row.flagged}
    assert flagged == {"ikaya", "oberg", "qdubois"}
    assert rows["oberg"].notes == ("it was handed in as 'dft final (2).ipynb'",)


def test_the_banks_answers_lose_what_the_bank_says(shown: Any) -> None:
    answers = {answer.name: answer for answer in bank.load("hw1_dft", shown.demo.root)}
    table = report(shown.course, "hw1_dft")
    rows = {row.student: row for row in table.rows}
    for sample in shown.demo.samples:
        if not sample.answer or sample.change:
            continue
        loses = answers[sample.answer].loses
        marks = rows[sample.student].marks
        for name, most in table.parts.items():
            if name.startswith("check_"):
                lost = loses.get(name.removeprefix("check_"), 0.0)
                assert marks[name] == pytest.approx(most - lost), (sample, name)


def test_what_it_prints_is_readable_and_names_places_that_exist(shown: Any) -> None:
    lines = shown.told.splitlines()
    (line,) = [line for line in lines if line.startswith("Gil Hall, Jr.")]
    assert line.split()[3:] == [
        *("frames", "in", "rows", "graded"),
        *("4", "5", "4", "3", "0", "4", "2", "2", "?", "24"),
    ]
    for name in ("lecture", "marks", "feedback", "gradebook"):
        (place,) = [line for line in lines if line.startswith(f"{name}  ")]
        assert Path(place.split(maxsplit=1)[1]).exists()
    assert max(map(len, lines)) < 100


def test_the_lecture_ran_fast_and_is_a_page(shown: Any) -> None:
    page = shown.demo.home / "lecture" / "lecture.html"
    assert ">fast\n" in page.read_text()


def test_its_csv_keeps_a_name_with_a_comma_in_one_column(shown: Any) -> None:
    with (shown.demo.home / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows["ghall"]["last_name"] == "Hall, Jr."
    assert rows["ghall"]["first_name"] == "Gil"
    assert rows["ghall"]["check_stft"] == "0.0"
    assert rows["ghall"]["total"] == "24.0"
    assert rows["ghall"]["why_resolution"] == ""
    assert rows["qdubois"]["status"] == "refused"
    assert "not a notebook" in rows["qdubois"]["notes"]


def test_it_removes_what_a_demo_made_and_nothing_else(
    root: Path, tmp_path: Path
) -> None:
    mine = demo.Demo(root, tmp_path / "home", tmp_path / "none.ipynb")
    demo.prepare(mine)
    left = mine.course / "left.txt"
    left.write_text("of the last run")
    demo.prepare(mine)
    assert not left.exists()
    assert (mine.course / "solutions" / "cases" / "hw1_dft.py").is_file()

    (mine.home / demo.MARKER).unlink()
    left.write_text("a real gradebook")
    with pytest.raises(CourseError, match="was not made by a demo"):
        demo.prepare(mine)
    assert left.read_text() == "a real gradebook"

    link = dataclasses.replace(mine, home=tmp_path / "link")
    link.home.symlink_to(mine.home)
    (mine.home / demo.MARKER).touch()
    with pytest.raises(CourseError, match="was not made by a demo"):
        demo.prepare(link)


def test_a_lecture_that_fails_says_where(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("1 / 0", id="a")]
    path = tmp_path / "broken.ipynb"
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match=r"broken\.ipynb does not run: ZeroDiv"):
        demo.run_lecture(path, tmp_path)


def test_the_sample_class_is_a_class(root: Path) -> None:
    assert len(demo.CLASS) >= 12
    assert len({sample.student for sample in demo.CLASS}) == len(demo.CLASS)
    everybody = demo.CLASS if bubblewrap.probe() else (*demo.CLASS, *demo.HOSTILE)
    assert demo.Demo.of(root).samples == everybody
    answers = {answer.name for answer in bank.load("hw1_dft", root)}
    used = {sample.answer for sample in demo.CLASS if sample.answer}
    assert used <= answers
    assert len({name for name in used if name.startswith("right/")}) >= 3
    assert len({name for name in used if name.startswith("wrong/")}) >= 4


@pytest.mark.parametrize(
    "sample", [s for s in (*demo.CLASS, *demo.HOSTILE) if s.change]
)
def test_each_accident_changes_the_notebook(root: Path, sample: demo.Sample) -> None:
    path = root / "assignments" / "hw1_dft" / "dft.ipynb"
    notebook = nbformat.read(path, as_version=4)
    answers = {answer.name: answer for answer in bank.load("hw1_dft", root)}
    mine = bank.fill(notebook, answers[sample.answer], sample.student)
    before = nbformat.writes(mine)
    assert sample.change is not None
    sample.change(mine)
    assert nbformat.writes(mine) != before
