"""What students hand in, and what becomes of it."""

from __future__ import annotations

import copy
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from coursekit.grading.course import clock, intake
from coursekit.grading.course.batch import autograde
from coursekit.grading.course.directory import Course

Released = tuple[Course, NotebookNode]


def _graded(notebook: NotebookNode) -> list[str]:
    known = [cell.metadata.get("nbgrader") for cell in notebook.cells]
    return [each["grade_id"] for each in known if each]


def _find(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            return cell
    raise AssertionError(grade_id)


def test_an_untouched_notebook_needs_no_repair(released: Released) -> None:
    _, original = released
    mine = copy.deepcopy(original)
    assert intake.repair(mine, original) == []
    assert mine == original


@pytest.mark.parametrize(
    "gone",
    [
        ["check_double"],
        ["double", "check_double"],
        ["double", "check_double", "half", "check_half", "why"],
    ],
)
def test_deleted_cells_come_back_in_their_order(
    released: Released, gone: list[str]
) -> None:
    _, original = released
    mine = copy.deepcopy(original)
    for name in gone:
        mine.cells.remove(_find(mine, name))
    notes = intake.repair(mine, original)
    assert _graded(mine) == _graded(original)
    assert notes == [f"the cell {name!r} was missing and was put back" for name in gone]
    assert _find(mine, gone[0]).source == _find(original, gone[0]).source


def test_of_two_copies_the_one_that_was_worked_on_counts(released: Released) -> None:
    _, original = released
    mine = copy.deepcopy(original)
    answer = _find(mine, "double")
    stub = copy.deepcopy(answer)
    answer.source = "def double(x):\n    return x + x"
    mine.cells.append(stub)
    notes = intake.repair(mine, original)
    assert notes == ["the cell 'double' was there 2 times"]
    assert _find(mine, "double").source == answer.source
    assert sorted(_graded(mine)) == sorted(_graded(original))
    assert len({cell.id for cell in mine.cells}) == len(mine.cells)


def test_of_several_copies_that_were_worked_on_the_last_counts(
    released: Released,
) -> None:
    _, original = released
    mine = copy.deepcopy(original)
    first = _find(mine, "double")
    later = copy.deepcopy(first)
    first.source = "def double(x):\n    return 3 * x"
    later.source = "def double(x):\n    return x + x"
    mine.cells.append(later)
    mine.cells.append(copy.deepcopy(_find(original, "double")))  # untouched, at the end
    assert intake.repair(mine, original) == ["the cell 'double' was there 3 times"]
    assert _find(mine, "double").source == later.source
    assert sorted(_graded(mine)) == sorted(_graded(original))


def test_stripped_metadata_is_found_again(released: Released) -> None:
    _, original = released
    mine = copy.deepcopy(original)
    for index, cell in enumerate(mine.cells):
        cell.metadata = nbformat.NotebookNode()
        cell["id"] = f"colab{index}"
    _of_source(mine, "def double").source = "def double(x):\n    return x + x"
    notes = intake.repair(mine, original)
    assert len(notes) == 5
    assert all("lost its grading metadata" in note for note in notes)
    assert _find(mine, "double").source.endswith("return x + x")
    assert _graded(mine) == _graded(original)


def _of_source(notebook: NotebookNode, start: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.source.startswith(start))


def test_changed_metadata_is_the_releases_again(released: Released) -> None:
    _, original = released
    mine = copy.deepcopy(original)
    _find(mine, "check_double").metadata.nbgrader["points"] = 1000
    _find(mine, "half").metadata["nbgrader"] = {"grade_id": "half"}
    mine.cells[0].metadata["nbgrader"] = {"grade": True, "grade_id": "bonus"}
    mine.cells[1].metadata["nbgrader"] = "nonsense"
    notes = intake.repair(mine, original)
    assert notes == ["the cell 'bonus' is not in the homework"]
    assert _find(mine, "check_double").metadata.nbgrader["points"] == 3
    assert _find(mine, "half").metadata == _find(original, "half").metadata
    assert _graded(mine) == _graded(original)


def _receive(course: Course, folder: Path) -> NotebookNode:
    (path,) = intake.receive(folder, course.release_folder("hw0"))
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert intake.receive(folder, course.release_folder("hw0")) == [path]
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    return nbformat.read(path, as_version=4)


def test_a_renamed_notebook_is_found(
    released: Released, hand_in: Callable[..., Path]
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    (folder / "twice.ipynb").rename(folder / "twice (3) final.ipynb")
    (folder / "aaa.ipynb").write_text(json.dumps(nbformat.v4.new_notebook()))
    taken_in = _receive(course, folder)
    assert taken_in.cells == notebook.cells
    assert taken_in.metadata.coursekit == {"received_as": "twice (3) final.ipynb"}
    assert (folder / "twice (3) final.ipynb").is_file()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04\xff\xfe", "not text"),
        (b"Dear teacher, here is my homework", "not JSON"),
        (b"", "not JSON"),
        (b"[1, 2]", "not a valid notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "cells": 7}', "list of cells"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}',
            "list of cells",
        ),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
            "no cells",
        ),
    ],
)
def test_what_is_no_notebook_is_set_aside(
    released: Released, hand_in: Callable[..., Path], content: bytes, why: str
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    (folder / "twice.ipynb").write_bytes(content)
    stand_in = _receive(course, folder)
    record = intake.record_of(stand_in)
    assert record.status == "refused"
    assert why in record.notes[0]
    assert (folder / "twice.ipynb.unreadable").read_bytes() == content


def test_an_empty_folder_gets_a_stand_in(released: Released, tmp_path: Path) -> None:
    course, _ = released
    stand_in = _receive(course, tmp_path / "nothing")
    assert intake.record_of(stand_in) == intake.Record(
        "refused", ("no notebook called twice.ipynb was handed in",)
    )


def test_symbolic_links_are_removed_and_what_they_point_to_stays(
    released: Released, hand_in: Callable[..., Path], tmp_path: Path
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    secret = tmp_path / "secret.txt"
    secret.write_text("marks of others")
    (folder / "data").mkdir()
    (folder / "data" / "link").symlink_to(secret)
    (folder / "all").symlink_to(tmp_path)
    (folder / "twice.ipynb").unlink()
    (folder / "twice.ipynb").symlink_to(secret)
    stand_in = _receive(course, folder)
    assert intake.record_of(stand_in).status == "refused"
    assert intake.symlinks(folder) == []
    assert secret.read_text() == "marks of others"


@pytest.mark.parametrize(
    ("stamp", "kept"),
    [("2026-11-23 20:38:18.68 UTC", True), ("", False), ("soon", False)],
)
def test_a_nonsense_timestamp_is_set_aside(
    released: Released, hand_in: Callable[..., Path], stamp: str, kept: bool
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    (folder / "timestamp.txt").write_text(stamp)
    _receive(course, folder)
    assert (folder / "timestamp.txt").is_file() == kept


def test_nbgraders_hook_corrects_the_list_of_notebooks(
    released: Released, hand_in: Callable[..., Path]
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    shutil.move(folder / "twice.ipynb", folder / "other.ipynb")
    notebooks = [str(folder / "other.ipynb")]
    intake.before_grading(assignment="hw0", student="*", notebooks=notebooks)
    assert notebooks == [str(folder / "twice.ipynb")]


def test_a_clean_graded_notebook_needs_no_human(released: Released) -> None:
    _, notebook = released
    assert not intake.needs_a_human(notebook)
    notebook.metadata["coursekit"] = {"notes": ["the cell 'x' was missing"]}
    assert intake.needs_a_human(notebook)
    notebook.metadata["coursekit"] = {"status": "timeout"}
    assert intake.record_of(notebook).status == "timeout"


@pytest.mark.parametrize(
    "name",
    [
        "twice.ipynb.txt",
        "TWICE.IPYNB",
        "twice.json",
        "my homework/twice.ipynb",
        "my homework/old/twice (1).ipynb",
    ],
)
def test_a_notebook_is_found_however_it_was_saved(
    released: Released, hand_in: Callable[..., Path], name: str
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "twice.ipynb").rename(folder / name)
    taken_in = _receive(course, folder)
    assert taken_in.cells == notebook.cells
    assert taken_in.metadata.coursekit == {"received_as": name}


def test_a_notebook_is_found_in_a_zip_file(
    released: Released, hand_in: Callable[..., Path]
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.write(folder / "twice.ipynb", "homework/twice.ipynb")
        archive.writestr("__MACOSX/._twice.ipynb", b"\0\5\x16\7")
    (folder / "twice.ipynb").unlink()
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no more of it")
    assert _receive(course, folder).cells == notebook.cells


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_reason_for_zero(
    released: Released, hand_in: Callable[..., Path], encoding: str
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    path = folder / "twice.ipynb"
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    assert _receive(course, folder) == notebook


def test_a_broken_save_gives_way_to_the_whole_one_beside_it(
    released: Released, hand_in: Callable[..., Path]
) -> None:
    course, notebook = released
    folder = hand_in(course, "ada", notebook)
    whole = (folder / "twice.ipynb").read_bytes()
    (folder / "twice (1).ipynb").write_bytes(whole)
    (folder / "twice.ipynb").write_bytes(whole[:500])
    taken_in = _receive(course, folder)
    assert taken_in.cells == notebook.cells
    assert taken_in.metadata.coursekit == {"received_as": "twice (1).ipynb"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-01 21:30:00 CEST", "2026-03-01 19:30:00"),
        ("2026-03-01 09:30:00 PM", "2026-03-01 21:30:00"),
        ("2026-03-01 9:30 PM EST", "2026-03-02 02:30:00"),
        ("2026-03-01 12:05:00 AM", "2026-03-01 00:05:00"),
        ("2026-03-01T21:30:00+02:00", "2026-03-01 19:30:00"),
        ("2026-03-01 21:30 UTC+2", "2026-03-01 19:30:00"),
        ("2026-03-01 21:30 Europe/Vienna", "2026-03-01 20:30:00"),
        ("13/3/2026 21:30", "2026-03-13 21:30:00"),
        ("1.3.2026 21:30", "2026-03-01 21:30:00"),
    ],
)
def test_a_time_is_read_as_it_was_meant(tmp_path: Path, said: str, meant: str) -> None:
    assert str(clock.read(said)) == meant
    (tmp_path / "timestamp.txt").write_text(said)
    clock.settle(tmp_path)
    assert str(parse_utc((tmp_path / "timestamp.txt").read_text())) == meant
    assert clock.notes(tmp_path) == []


@pytest.mark.parametrize(
    "said",
    ["2026-03-01 21:30 XYZ", "3/1/2026 21:30", "2026-03-01", "9" * 42, "9" * 400_000],
)
def test_a_time_that_cannot_be_read_is_told_and_never_late(
    tmp_path: Path, said: str
) -> None:
    (tmp_path / "timestamp.txt").write_text(said)
    clock.settle(tmp_path)
    assert not (tmp_path / "timestamp.txt").exists()
    (note,) = clock.notes(tmp_path)
    assert "could not be read" in note
    assert said[:8] in note


@pytest.mark.parametrize("name", ["._twice.ipynb", "half.ipynb"])
def test_a_file_that_is_no_notebook_ends_nobodys_grading(
    released: Released, hand_in: Callable[..., Path], name: str
) -> None:
    course, notebook = released
    for student in ("ada", "bob"):
        folder = hand_in(course, student, notebook)
    (folder / name).write_bytes(b"\0\5\x16\7Mac OS X")
    told = autograde(course, "hw0", jobs=1)
    assert [outcome.student for outcome in told] == ["ada", "bob"]
    assert len({outcome.error.replace("bob", "ada") for outcome in told}) == 1
