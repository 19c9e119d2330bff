"""nbgrader's whole cycle, in one process, with its traps avoided."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import get_alembic_version
from nbgrader.apps import ExportApp
from nbgrader.exchange import ExchangeFactory
from sqlalchemy import text

from coursekit.__main__ import main
from coursekit.grading.course import batch
from coursekit.grading.course.directory import Course
from coursekit.grading.course.exchange import Collect, ReleaseFeedback
from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.marking.results import Lock
from coursekit.grading.pages.report import CsvExport, export, report
from coursekit.grading.publishing import release

HW = "hw1_dft"
Released = tuple[Course, NotebookNode]


def test_gradebook_log_and_secret_are_for_their_owner_alone(shown: Any) -> None:
    for name in "gradebook.db", ".nbgrader.log", "secret.key", "../grades.csv":
        mode = (shown.demo.course / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600, name


def test_the_gradebook_is_at_nbgraders_own_version(
    small_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_course.gradebook() as book:
        rows = book.db.execute(text("SELECT version_num FROM alembic_version")).all()
    monkeypatch.setenv("PATH", _path())  # nbgrader asks the program `alembic`
    assert rows == [(get_alembic_version(),)]


def test_students_fetch_submit_and_fetch_feedback(shown: Any) -> None:
    desk = shown.demo.home / "students" / "dcohen"
    pages = shown.demo.open("dcohen").fetch_feedback(HW, desk, "dcohen")
    assert [page.name for page in pages] == ["dft.html"]
    text = pages[0].read_text()
    assert "Dov Cohen" in text
    assert "the sine&#x27;s sign flipped" in text or "the sine's sign flipped" in text


def test_feedback_of_who_came_another_way_stays_with_the_lecturer(shown: Any) -> None:
    folder = shown.course.folder("feedback", "rsingh", HW)
    assert (folder / "dft.html").is_file()
    assert not (folder / "submission_secret.txt").exists()
    log = (shown.demo.course / ".nbgrader.log").read_text()
    assert "rsingh did not hand in through the exchange" in log
    others = shown.demo.home / "exchange" / "ml-for-audio" / "feedback"
    assert len(list(others.glob("*.html"))) == len(shown.demo.samples) - 1


def test_nothing_hidden_is_in_release_feedback_or_exchange(shown: Any) -> None:
    course = shown.course
    secrets = release.canaries(course.root)
    assert secrets
    places = [course.root / "assignments", course.root / "feedback"]
    places.append(shown.demo.home / "exchange")
    texts = [
        (str(path), path.read_bytes().decode("utf-8", "replace"))
        for place in places
        for path in sorted(place.rglob("*"))
        if path.is_file()
    ]
    assert len(texts) > 20
    hidden = [*secrets, "MARK SCHEME", "half points are fine"]
    assert release.leaks(texts, hidden) == []
    pages = [text for text in texts if text[0].endswith(".html")]
    assert release.leaks(pages, [str(shown.demo.root), "most recent call last"]) == []


def test_the_command_grades_again_and_changes_nothing(
    shown: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = report(shown.course, HW)
    where = ["--course", str(shown.demo.course)]
    assert main(["grade", HW, "--student", "dcohen", *where]) == 0
    told = capsys.readouterr()
    assert report(shown.course, HW) == before
    assert "1/1" in told.err
    assert "Dov Cohen" in told.out
    assert main(["report", HW, *where]) == 0
    again = capsys.readouterr().out
    assert again.splitlines()[:12] == told.out.splitlines()[:12]
    with (shown.demo.course / "grades" / f"{HW}.csv").open(newline="") as file:
        marks = {row["student_id"]: float(row["total"]) for row in csv.DictReader(file)}
    assert marks == {row.student: row.total for row in before.rows}


@contextlib.contextmanager
def _marked_by_hand(course: Course, student: str) -> Iterator[None]:
    """Enter marks and a comment as the formgrader does; take them back at the end."""

    def enter(mark: float | None, comment: str | None, extra: float) -> None:
        with course.gradebook() as book:
            why = ("why_resolution", "dft", HW, student)
            book.find_grade(*why).manual_score = mark
            book.find_comment(*why).manual_comment = comment
            book.find_grade("check_dft", "dft", HW, student).extra_credit = extra
            book.db.commit()

    enter(7.5, "Well reasoned, <b>Dov</b>.", 0.5)
    try:
        yield
    finally:
        enter(None, None, 0.0)


def test_manual_marks_and_comments_survive_regrading(
    shown: Any, tmp_path: Path
) -> None:
    course = shown.course
    with _marked_by_hand(course, "dcohen"):
        assert [o.error for o in batch.autograde(course, HW, ["dcohen"])] == [""]
        assert [o.error for o in course.feedback(HW, ["dcohen"])] == [""]
        row = next(r for r in report(course, HW).rows if r.student == "dcohen")
        exported = export(course, tmp_path / "all.csv")
    assert row.marks["why_resolution"] == 7.5
    assert row.total == 26 + 7.5 + 0.5
    page = (course.folder("feedback", "dcohen", HW) / "dft.html").read_text()
    assert "Well reasoned, <b>Dov</b>." in page
    assert "7.5 of 10" in page
    with exported.open(newline="") as file:
        lines = {line["student_id"]: line for line in csv.DictReader(file)}
    assert float(lines["dcohen"]["score"]) == row.total
    assert lines["ghall"]["last_name"] == "Hall, Jr."
    assert float(lines["ghall"]["max_score"]) == 40


def test_late_work_is_marked_by_the_policy(shown: Any) -> None:
    course = shown.course
    with course.gradebook() as book:
        submission = book.find_submission(HW, "oberg")
        due = submission.timestamp - timedelta(hours=2)
        book.find_assignment(HW).duedate = due
        book.db.commit()
    try:
        course.config.LateSubmissionPlugin.penalty_method = "zero"
        assert [o.error for o in batch.autograde(course, HW, ["oberg"])] == [""]
        row = next(r for r in report(course, HW).rows if r.student == "oberg")
        assert (row.score, row.penalty, row.total) == (30.0, 30.0, 0.0)
    finally:
        with course.gradebook() as book:
            book.find_assignment(HW).duedate = None
            submission = book.find_submission_notebook("dft", HW, "oberg")
            submission.late_submission_penalty = None
            book.db.commit()


def _path() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def _stock(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("nbgrader"), *command],
        cwd=folder,
        env={**os.environ, "PATH": _path()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_stock_nbgrader_gives_the_same_marks(shown: Any) -> None:
    before = report(shown.course, HW)
    _stock(shown.demo.course, "autograde", HW, "--student=ghall", "--force")
    assert report(shown.course, HW) == before


def test_stock_nbgrader_takes_our_classes(small_course: Course) -> None:
    config = small_course.config
    assert ExportApp(config=config).plugin_class is CsvExport
    assert ExchangeFactory(config=config).collect is Collect
    assert ExchangeFactory(config=config).release_feedback is ReleaseFeedback


@pytest.mark.parametrize(
    ("said", "runner"), [("1", "LocalRunner"), ("0", "SandboxRunner")]
)
def test_only_who_says_so_runs_without_a_sandbox(
    small_course: Course, monkeypatch: pytest.MonkeyPatch, said: str, runner: str
) -> None:
    monkeypatch.setenv("COURSE_UNSAFE", said)
    again = Course(small_course.root)
    assert str(again.config.VerdictPreprocessor.runner_class).endswith(f".{runner}")


# --- the formgrader ---------------------------------------------------------------


@pytest.fixture
def server(shown: Any, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start a Jupyter server in the course; return a function that asks it."""
    token, address = "for-this-test-only", tmp_path / "runtime"
    flags = {
        "port": "0",
        "open_browser": "False",
        "allow_root": "True",
        "disable_check_xsrf": "True",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server"]
        + [f"--ServerApp.{name}={value}" for name, value in flags.items()]
        + [f"--IdentityProvider.token={token}"],
        cwd=shown.demo.course,
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(address)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = _address(address, process)

        def ask(path: str, method: str = "GET") -> str:
            headers = {"Authorization": f"token {token}"}
            request = urllib.request.Request(
                f"{url}formgrader/{path}", headers=headers, method=method
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert answer.status == 200
                return str(answer.read().decode())

        yield ask
    finally:
        process.terminate()
        process.wait(20)


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait for the server and return its address."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended at once"
        for path in folder.glob("jpserver-*.json"):
            try:
                url = json.loads(path.read_text())["url"]
                urllib.request.urlopen(url, timeout=5)
            except urllib.error.HTTPError:
                return str(url)
            except (OSError, ValueError):
                continue
            return str(url)
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_the_formgrader_shows_and_grades_the_course(
    shown: Any, server: Callable[..., str]
) -> None:
    before = report(shown.course, HW)
    assert "formgrader" in server("manage_assignments").lower()
    listed = json.loads(server("api/assignments"))
    (assignment,) = [each for each in listed if each["name"] == HW]
    assert assignment["name"] == HW
    assert assignment["max_score"] == 40
    listed = json.loads(server(f"api/submissions/{HW}"))
    marks = {each["student"]: each["score"] for each in listed}
    assert marks == {row.student: row.score for row in before.rows}
    assert all(each["autograded"] for each in listed)

    button = f"api/submission/{HW}/ghall/autograde"
    with Lock(shown.demo.course / ".coursekit" / "lock"):
        refused = json.loads(server(button, method="POST"))
    assert not refused["success"]
    assert f"Nothing was graded: process {os.getpid()} is grading" in refused["log"]
    assert report(shown.course, HW) == before

    result = json.loads(server(button, method="POST"))
    assert result["success"], result
    assert report(shown.course, HW) == before

    notebooks = json.loads(server(f"api/submitted_notebooks/{HW}/dft"))
    (gil,) = [each for each in notebooks if each["student"] == "ghall"]
    page = server(f"submissions/{gil['id']}/")
    assert "half points are fine" in page  # graders see the marking scheme
    assert "spectra stand in the rows" in page


# --- what goes wrong ----------------------------------------------------------------


def test_outside_a_course_there_is_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"has no nbgrader_config\.py"):
        Course(tmp_path)


def test_a_broken_configuration_says_so(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match="cannot be read"):
        Course(tmp_path)


def test_one_failure_stops_nobody_and_leaves_nobody_without_a_mark(
    released: Released, hand_in: Callable[..., Path]
) -> None:
    course, notebook = released  # hw0 has no tables, so nobody can be graded
    for student in "ada", "bob":
        hand_in(course, student, notebook)
    outcomes = batch.autograde(course, "hw0")
    assert [outcome.student for outcome in outcomes] == ["ada", "bob"]
    for outcome in outcomes:
        assert "there is no homework 'hw0' to mark with" in outcome.error
    rows = report(course, "hw0").rows
    assert [(row.status, row.total, row.flagged) for row in rows] == [
        ("crash", 0.0, True)
    ] * 2
    assert "Traceback" in (course.root / ".nbgrader.log").read_text()


def test_grading_what_is_not_there_is_an_error_for_that_student_alone(
    released: Released,
) -> None:
    course, _ = released
    (outcome,) = batch.autograde(course, "hw0", ["nobody"])
    assert "there is nothing in" in outcome.error


def test_before_the_release_there_is_nothing_to_grade(small_course: Course) -> None:
    with pytest.raises(CourseError, match=r"run `coursekit release hw0` first"):
        batch.autograde(small_course, "hw0")


def test_an_interrupt_is_not_taken_for_a_failed_submission(
    released: Released, hand_in: Callable[..., Path]
) -> None:
    course, notebook = released
    hand_in(course, "ada", notebook)

    def interrupted(names: object) -> Iterator[str]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        batch.autograde(course, "hw0", progress=interrupted)
    assert report(course, "hw0").rows[0].status == "not graded yet"


def _submitted(course: Course, student: str, tmp_path: Path) -> Path:
    desk = tmp_path / student
    course.fetch("hw0", desk)
    course.submit("hw0", desk, student)
    inbound = tmp_path / "exchange" / "ml-for-audio" / "inbound"
    return next(inbound.glob(f"{student}+*"))


def test_collect_leaves_symbolic_links_behind(
    released: Released, tmp_path: Path
) -> None:
    course, _ = released
    course.release("hw0")
    secret = tmp_path / "secret.txt"
    secret.write_text("marks of others")
    inbound = _submitted(course, "eve", tmp_path)
    (inbound / "mine.txt").symlink_to(secret)
    (inbound / "deep").mkdir()
    (inbound / "deep" / "all").symlink_to(tmp_path)
    whole = _submitted(course, "mallory", tmp_path)
    shutil.rmtree(whole)
    whole.symlink_to(tmp_path / "eve" / "hw0")
    assert course.collect("hw0") == ["eve", "mallory"]
    found = course.folder("submitted", "eve", "hw0")
    names = {path.name for path in found.rglob("*")}
    assert names == {"twice.ipynb", "timestamp.txt", "submission_secret.txt", "deep"}
    stand_in = course.folder("submitted", "mallory", "hw0") / "twice.ipynb"
    assert "is a symbolic link" in stand_in.read_text()


def test_collect_refuses_what_is_too_large_and_takes_the_rest(
    released: Released, tmp_path: Path
) -> None:
    course, _ = released
    course.release("hw0")
    inbound = _submitted(course, "big", tmp_path)
    with (inbound / "movie.bin").open("wb") as file:
        file.truncate(60_000_000)
    _submitted(course, "small", tmp_path)
    assert course.collect("hw0") == ["big", "small"]
    stand_in = course.folder("submitted", "big", "hw0") / "twice.ipynb"
    assert "60 MB; 50 are allowed" in stand_in.read_text()
    assert not (stand_in.parent / "movie.bin").exists()


def test_a_newer_submission_replaces_the_older_one(
    released: Released, tmp_path: Path
) -> None:
    course, _ = released
    course.release("hw0")
    _submitted(course, "ada", tmp_path)
    course.collect("hw0")
    path = tmp_path / "ada" / "hw0" / "twice.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "# Second thoughts"
    nbformat.write(notebook, path)
    course.submit("hw0", tmp_path / "ada", "ada")
    course.collect("hw0")
    collected = course.folder("submitted", "ada", "hw0") / "twice.ipynb"
    assert "Second thoughts" in collected.read_text()


def test_names_come_from_enrolment(small_course: Course) -> None:
    release.make(small_course, "hw0")
    small_course.enrol("ada", "Ada", "King, Countess of Lovelace")
    small_course.enrol("ada", "Ada", "Lovelace")
    (row,) = report(small_course, "hw0").rows
    assert (row.name, row.status) == ("Ada Lovelace", "not handed in")
