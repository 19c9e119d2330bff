"""Kept verdicts: whole lines or none, found by what they depend on; and the lock."""

import dataclasses
import os
import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.grading.marking import results
from coursekit.grading.marking.results import HeldError, Lock, Results, StoredVerdict
from coursekit.grading.marking.verdict import Submission, Verdict
from coursekit.grading.sandbox.contract import LIMITS, CellError
from coursekit.homework.checks.judge import Finding, Status

SECRET = b"0123456789abcdef"
FINDING = Finding(
    "double",
    "an array",
    2.0,
    0.0,
    Status.VALUE,
    "off by 1",
    got="√2\n\u2028",
    error=float("inf"),
    candidates=("a", "b"),
)
VERDICT = Verdict(
    homework="toy",
    student="ada",
    name="Ada",
    status="graded",
    points={"double": 0.1 + 0.2},
    findings=(FINDING,),
    errors=(CellError("waves", "SyntaxError", "invalid", 3),),
    flags=("look",),
    seconds=1.5,
)


def result(student="ada", digest="00", **more):
    data = {**VERDICT.to_dict(), "student": student, **more}
    return StoredVerdict(student, "waves", digest, 0.25, data)


@pytest.fixture
def kept(tmp_path):
    return Results(tmp_path / "hw" / "results.jsonl")


# --- lines ------------------------------------------------------------------------


def test_a_verdict_comes_back_as_it_was(kept):
    assert kept.get("ada", "00") is None
    kept.append(result())
    again = Results(kept.path).get("ada", "00")
    assert again == VERDICT
    assert again.seconds == 1.5
    assert again.points == {"double": 0.1 + 0.2}
    assert kept.get("ada", "01") is kept.get("bob", "00") is None
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert kept.path.parent.stat().st_mode & 0o777 == 0o700


@given(at=st.integers(0, 10_000), by=st.integers(1, 255))
def test_one_changed_byte_is_noticed(at, by):
    text = bytearray(results.line(result()))
    text[at % len(text)] ^= by
    assert results.read_line(bytes(text)) is None


def test_a_line_torn_anywhere_is_cut_off_and_nothing_else(kept):
    kept.append(result("ada"))
    whole = kept.path.read_bytes()
    torn = results.line(result("bob"))
    for length in (0, 1, *range(2, len(torn), 41), len(torn) - 1):
        kept.path.write_bytes(whole + torn[:length])
        fresh = Results(kept.path)
        assert fresh.get("bob", "00") is None
        assert fresh.get("ada", "00") == VERDICT
        assert fresh.mend() == length
        assert kept.path.read_bytes() == whole
    fresh.append(result("bob"))
    assert (len(fresh), fresh.rejected) == (2, 0)


def test_mending_finds_the_end_over_many_blocks(kept, tmp_path):
    kept.append(result("ada"))
    whole = kept.path.read_bytes()
    kept.path.write_bytes(whole + b"x" * 200_000)
    assert kept.mend() == 200_000
    assert kept.path.read_bytes() == whole
    kept.path.write_bytes(b"y" * 200_000)
    assert kept.mend() == 200_000
    assert kept.path.read_bytes() == b""
    assert Results(tmp_path / "none").mend() == 0


def test_a_changed_line_is_left_out_and_the_others_count(kept):
    for student in "ada", "bob", "cleo":
        kept.append(result(student))
    text = kept.path.read_bytes().replace(b'"student": "bob"', b'"student": "eve"')
    kept.path.write_bytes(text)
    fresh = Results(kept.path)
    assert (len(fresh), fresh.rejected) == (2, 1)
    assert fresh.get("eve", "00") is fresh.get("bob", "00") is None


def test_a_reader_sees_what_others_write_and_not_half_of_it(kept):
    reader = Results(kept.path)
    assert reader.get("ada", "00") is None
    kept.append(result("ada"))
    assert reader.get("ada", "00") == VERDICT
    line = results.line(result("bob"))
    with kept.path.open("ab", buffering=0) as file:
        file.write(line[:50])
        assert reader.get("bob", "00") is None
        file.write(line[50:])
        assert reader.get("bob", "00") is not None
    assert reader.rejected == 0
    kept.path.unlink()
    assert reader.get("ada", "00") is None


def test_the_newest_of_two_counts_and_one_can_be_forgotten(kept):
    kept.append(result(status="graded"))
    kept.append(result(status="crash"))
    kept.append(result("bob"))
    assert kept.get("ada", "00").status == "crash"
    assert (kept.forget("ada"), kept.forget("ada")) == (1, 0)
    assert kept.get("ada", "00") is None
    assert Results(kept.path).get("ada", "00") is None
    assert kept.get("bob", "00") is not None
    assert len(kept) == 1
    kept.append(result(status="timeout"))
    assert kept.get("ada", "00").status == "timeout"


def test_there_is_one_object_for_one_file(tmp_path):
    assert Results.of(tmp_path, "hw1") is Results.of(tmp_path / "." / "x" / "..", "hw1")
    assert Results.of(tmp_path, "hw1") is not Results.of(tmp_path, "hw2")


# --- digests ----------------------------------------------------------------------


def code(source, grade_id=""):
    mine = {"nbgrader": {"grade_id": grade_id, "solution": True}} if grade_id else {}
    return {"cell_type": "code", "source": source, "metadata": mine}


def notebook(*cells):
    return {"cells": list(cells)}


@pytest.fixture
def submission(tmp_path):
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "data.csv").write_text("1,2")
    return Submission("ada", notebook(code("x = 1", "a")), folder, ("double",))


def digest(submission, homework="toy", secret=SECRET, judge="j"):
    return results.digest(submission, homework, secret, judge)


def test_a_digest_changes_with_whatever_may_change_the_marks(submission):
    change = dataclasses.replace
    limits = change(LIMITS, seconds=1.0)
    locked = {"nbgrader": {"grade_id": "a", "locked": True, "solution": False}}
    ours = {"cell_type": "code", "source": "x = 1", "metadata": locked}
    found = [
        digest(submission),
        digest(change(submission, student="bob")),
        digest(change(submission, notebook=notebook(code("x = 2", "a")))),
        digest(change(submission, notebook=notebook(code("x = 1", "b")))),
        digest(change(submission, notebook=notebook(ours))),
        digest(change(submission, parts=("double", "size"))),
        digest(change(submission, limits=limits)),
        digest(change(submission, files=None)),
        digest(submission, homework="hw2"),
        digest(submission, secret=b"another secret!!"),
        digest(submission, judge="other"),
    ]
    (submission.files / "sub" / "data.csv").write_text("1,3")
    found.append(digest(submission))
    (submission.files / "sub" / "data.csv").rename(submission.files / "data.csv")
    found.append(digest(submission))
    assert len(set(found)) == len(found)


def test_a_digest_does_not_change_with_what_never_runs(submission):
    before = digest(submission)
    prose = {"cell_type": "markdown", "source": "I think", "metadata": {}}
    with_prose = notebook(code("x = 1", "a"), prose)
    (submission.files / "waves.ipynb").write_text("{}")
    (submission.files / "link").symlink_to("/etc/hostname")
    assert digest(dataclasses.replace(submission, notebook=with_prose)) == before


def test_the_fingerprint_changes_with_cases_and_runner(tmp_path):
    cases = tmp_path / "hw.py"
    cases.write_text("HIDDEN = ()")
    before = results.fingerprint(cases, "Local")
    assert results.fingerprint(cases, "Local") == before
    assert results.fingerprint(cases, "Sandbox") != before
    cases.write_text("HIDDEN = (1,)")
    assert results.fingerprint(cases, "Local") != before


# --- the lock ---------------------------------------------------------------------


def test_the_lock_is_for_one_and_may_be_entered_again(tmp_path):
    mine, other = Lock(tmp_path / "in" / "lock"), Lock(tmp_path / "in" / "lock")
    with mine:
        with mine:
            pass
        with pytest.raises(HeldError, match=f"process {os.getpid()} is grading"):
            other.__enter__()
    with other, pytest.raises(HeldError):
        mine.__enter__()
    with mine:
        assert mine.path.read_text() == f"{os.getpid()}\n"
    assert mine.path.stat().st_mode & 0o777 == 0o600


def test_one_lock_for_a_course_and_another_thread_does_not_hold_it(tmp_path):
    mine = Lock.of(tmp_path)
    assert mine is Lock.of(tmp_path / "." / "x" / "..")
    refused = []

    def enter():
        try:
            mine.__enter__()
        except HeldError as error:
            refused.append(str(error))

    with mine, Lock.of(tmp_path):
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    (told,) = refused
    assert told.startswith(f"process {os.getpid()} is grading")
    with Lock(mine.path):
        pass


def _forked(do):
    """Run `do` in a forked process that then waits to be killed."""
    done, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            do()
            os.write(told, b"x")
            time.sleep(60)
        finally:
            os._exit(1)
    os.close(told)
    assert os.read(done, 1) == b"x"
    os.close(done)
    return pid


def test_kill_9_releases_the_lock(tmp_path):
    lock = Lock(tmp_path / "lock")
    pid = _forked(lock.__enter__)
    with pytest.raises(HeldError, match=f"process {pid} is grading"):
        lock.__enter__()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with lock:
        pass


def test_a_process_forked_by_the_holder_does_not_hold_it(tmp_path):
    mine, other = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    with mine:
        pid = _forked(lambda: None)
        with pytest.raises(HeldError):
            other.__enter__()
    with other:  # free, though the forked process lives on
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
