"""The command line: what it says, and with which exit code."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import coursekit.grading
from coursekit.__main__ import main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    source = Path("solutions/source/hw1_dft")
    shutil.copytree(ROOT / source, tmp_path / source)
    cases = Path("solutions/cases")
    shutil.copytree(ROOT / cases, tmp_path / cases)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["release", "grade", "report"])
def test_an_unknown_homework_lists_those_that_exist(
    course: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "hw7_none"]) == 2
    told = capsys.readouterr().err
    assert told == "coursekit: no homework 'hw7_none'; there are: hw1_dft\n"


@pytest.mark.parametrize(
    "command", [["release"], ["grade", "hw1_dft"], ["report", "hw1_dft"]]
)
def test_outside_a_course_it_says_where_to_go(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path} is no course directory" in told
    assert "--course" in told
    assert list(tmp_path.iterdir()) == []


def test_the_demo_wants_the_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--course", str(tmp_path)]) == 2
    assert "is not the course's repository" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_release_makes_the_student_version(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "hw1_dft", "--no-bundle"]) == 0
    assert capsys.readouterr().out == "hw1_dft: assignments/hw1_dft\n"
    made = course / "assignments" / "hw1_dft" / "dft.ipynb"
    assert made.read_bytes() == (ROOT / made.relative_to(course)).read_bytes()
    assert (course / "gradebook.db").stat().st_mode & 0o077 == 0


def _second_homework(course: Path) -> None:
    """Put a homework of one notebook beside the first."""
    source = course / "solutions" / "source"
    shutil.copytree(source / "hw1_dft", source / "hw0_again")


def test_release_takes_several_names_and_none_twice(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _second_homework(course)
    names = ["hw1_dft", "hw0_again", "hw1_dft"]
    assert main(["release", *names, "--no-bundle"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [f"{name}: assignments/{name}" for name in names[:2]]


def test_release_without_a_name_makes_all(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _second_homework(course)
    assert main(["release", "--no-bundle"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [f"{n}: assignments/{n}" for n in ("hw0_again", "hw1_dft")]
    assert {p.name for p in (course / "assignments").iterdir()} == {
        "hw0_again",
        "hw1_dft",
    }


def test_an_unknown_name_among_others_releases_nothing(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "hw1_dft", "hw7_none", "--no-bundle"]) == 2
    assert "no homework 'hw7_none'" in capsys.readouterr().err
    assert not (course / "assignments").exists()


def test_a_bundle_needs_the_repository(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release"]) == 2
    assert "--no-bundle" in capsys.readouterr().err


def test_nothing_to_grade_says_how_to_get_it(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade", "hw1_dft"]) == 2
    assert "nbgrader collect hw1_dft" in capsys.readouterr().err
    (course / "submitted" / "ada" / "hw1_dft").mkdir(parents=True)
    assert main(["grade", "hw1_dft"]) == 2
    assert "run `coursekit release hw1_dft` first" in capsys.readouterr().err
    assert main(["grade", "hw1_dft", "--student", "bob"]) == 2
    assert "no hw1_dft of bob; there is that of ada" in capsys.readouterr().err


def test_a_report_on_nobody_says_so(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "hw1_dft"]) == 2
    assert "nobody has handed in hw1_dft" in capsys.readouterr().err


def test_the_students_copy_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "coursekit.grading", None)
    assert main(["grade", "hw1_dft"]) == 2
    assert "this is the students' copy" in capsys.readouterr().err


def test_another_missing_package_is_not_taken_for_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "coursekit.grading.commands", raising=False)
    monkeypatch.delattr(coursekit.grading, "commands", raising=False)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ModuleNotFoundError, match="tqdm"):
        main(["report", "hw1_dft"])


@pytest.mark.parametrize("arguments", [[], ["dance"], ["grade"], ["grade", "a", "b"]])
def test_a_wrong_command_line_shows_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: coursekit" in capsys.readouterr().err
