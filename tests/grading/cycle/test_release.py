"""What students receive follows from its source, and holds nothing hidden."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.course.directory import Course
from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.publishing import release


def _source(course: Course) -> Path:
    return course.root / "solutions" / "source" / "hw0" / "twice.ipynb"


def _change(course: Course, grade_id: str, old: str, new: str) -> None:
    path = _source(course)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            assert old in cell.source
            cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)


def test_committed_assignments_follow_from_their_source(
    root: Path, tmp_path: Path
) -> None:
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    shutil.copytree(root / "solutions", tmp_path / "solutions")
    course = Course(tmp_path)
    assert course.homeworks()
    for homework in course.homeworks():
        made = release.make(course, homework)
        committed = root / "assignments" / homework
        for folder, other in (made, committed), (committed, made):
            for path in sorted(folder.glob("*.ipynb")):
                twin = other / path.name
                assert twin.is_file(), f"{path.name}: run `coursekit release`"
                assert twin.read_bytes() == path.read_bytes(), (
                    f"{twin} is stale: run `coursekit release {homework}`"
                )
    assert {p.name for p in (root / "assignments").iterdir() if p.is_dir()} == set(
        course.homeworks()
    )


def test_the_same_source_gives_the_same_bytes(small_course: Course) -> None:
    path = release.make(small_course, "hw0") / "twice.ipynb"
    first = path.read_bytes()
    release.make(small_course, "hw0")
    assert path.read_bytes() == first


def test_students_get_stubs_and_no_solution(small_course: Course, canary: str) -> None:
    path = release.make(small_course, "hw0") / "twice.ipynb"
    text = path.read_text()
    assert text.count("raise NotImplementedError()") == 2
    for hidden in canary, "twice_as_much", "BEGIN", "reasons worth it":
        assert hidden in _source(small_course).read_text()
        assert hidden not in text
    cells = nbformat.reads(text, as_version=4).cells
    assert cells[-1].source.strip() == "Why?"
    assert cells[3].metadata.editable is False


def test_release_registers_the_homework(small_course: Course) -> None:
    release.make(small_course, "hw0")
    with small_course.gradebook() as book:
        assert book.find_assignment("hw0").max_score == 9


@pytest.mark.parametrize(
    ("new", "shown"),
    [
        ("twice_as_much = 2 * x\n    ### END SOLUTION\n    return twice_as_much\n"
         "    ### BEGIN SOLUTION", None),
        ("### END SOLUTION\n    # CANARY\n    ### BEGIN SOLUTION", "otter"),
    ],
)  # fmt: skip
def test_a_canary_outside_its_solution_stops_the_release(
    small_course: Course, canary: str, new: str, shown: str | None
) -> None:
    new = new.replace("CANARY", canary)
    _change(small_course, "double", "twice_as_much = 2 * x", new)
    if shown is None:
        release.make(small_course, "hw0")
        return
    with pytest.raises(CourseError, match=f"would show what is hidden.*{shown}"):
        release.make(small_course, "hw0")
    assert not list(small_course.release_folder("hw0").glob("*.ipynb"))


def test_a_solution_that_stands_elsewhere_too_stops_the_release(
    small_course: Course,
) -> None:
    small_course.generate("hw0")
    path = small_course.release_folder("hw0") / "twice.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "def triple(x):\n    twice_as_much = 2 * x"
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match=r"shows 'twice_as_much = 2 \* x'"):
        release.verify(small_course, "hw0")


def test_a_file_beside_the_notebook_is_searched_too(
    small_course: Course, canary: str
) -> None:
    (_source(small_course).parent / "notes.txt").write_text(f"see {canary.upper()}")
    with pytest.raises(CourseError, match=r"notes\.txt holds 'canary-otter"):
        release.make(small_course, "hw0")


def test_canaries_and_solution_lines_are_found(
    small_course: Course, canary: str
) -> None:
    assert release.canaries(small_course.root) == [canary]
    lines = release.solution_lines(nbformat.read(_source(small_course), as_version=4))
    assert lines == sorted(
        [f"# {canary}", "twice_as_much = 2 * x", "return twice_as_much",
         "Four points for reasons worth it."]
    )  # fmt: skip


def test_an_unknown_homework_lists_those_that_exist(small_course: Course) -> None:
    with pytest.raises(CourseError, match=r"no homework 'hw9'; there are: hw0"):
        release.make(small_course, "hw9")
