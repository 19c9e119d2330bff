"""The pool: workers that die, graders that are killed, and marks that stay the same."""

import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException

from coursekit.__main__ import main
from coursekit.grading.course import batch
from coursekit.grading.course.batch import cores
from coursekit.grading.course.directory import Course
from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.marking import results
from coursekit.grading.marking.job import Job
from coursekit.grading.marking.verdict import Verdict
from coursekit.grading.marking.workers import WorkerPool, crashed
from coursekit.grading.sandbox import sandbox
from coursekit.grading.sandbox.contract import Cell, RunnerError, Setting
from coursekit.grading.sandbox.local import LocalRunner
from coursekit.grading.sandbox.sandbox import SandboxRunner
from coursekit.homework.checks.ask import ask
from coursekit.homework.checks.cases import draw
from coursekit.homework.checks.judge import judge

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")


def cell(source, name, **mine):
    made = nbformat.v4.new_code_cell(source, id=name.replace("_", "-"))
    known = {"grade": False, "solution": False, "locked": False, "task": False}
    grading = {"grade_id": name, "schema_version": 3, **known, **mine}
    made.metadata["nbgrader"] = grading
    return made


def source():
    stub = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    made = nbformat.v4.new_notebook()
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made.metadata["kernelspec"] = kernel
    made.cells = [cell("import numpy as np", "setup", locked=True)]
    for part, points in ("double", 3), ("waves", 4), ("size", 2):
        test = {"grade": True, "locked": True, "points": points}
        made.cells.append(cell(stub, part, solution=True))
        made.cells.append(cell("check()", f"check_{part}", **test))
    return made


def answers_of(toy):
    """Return the class: by student, code by cell."""
    double, waves = toy.RIGHT.split("\ndef waves")
    size = draw(toy.HOMEWORK, toy.VISIBLE[2], "Ada")[0]
    right = {
        "double": "STUDENT = 'Ada'\n" + double.strip(),
        "waves": "def waves" + waves,
        "size": f"size = {size}",
    }
    return {
        "ada": right,
        "bob": {**right, "double": "def double(x): return 2 * float(x)"},
        "cleo": {**right, "waves": "def waves(x): return np.array(1"},
        "dan": {**right, "waves": "import os\ndef waves(x): os._exit(3)"},
        "eve": {},
    }


POINTS = {  # by hand: double 1 + 2, waves 1 + 2 + 1, size 2 for the right STUDENT
    "ada": (3.0, 4.0, 2.0),
    "cleo": (3.0, 0.0, 2.0),
    "dan": (3.0, 0.0, 2.0),
    "eve": (0.0, 0.0, 0.0),
}
STATUS = {
    "ada": "graded",
    "bob": "graded",
    "cleo": "syntax",
    "dan": "crash",
    "eve": "graded",
}


def hand_in(root, student, answers):
    mine = nbformat.read(root / "assignments" / "toy" / "waves.ipynb", as_version=4)
    for each in mine.cells:
        each.source = answers.get(each.metadata.nbgrader.grade_id, each.source)
    folder = root / "submitted" / student / "toy"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(mine, folder / "waves.ipynb")


@pytest.fixture(scope="module")
def released(tmp_path_factory, toy, toy_course):
    """A course whose class has handed in, and nobody is graded."""
    root = toy_course(tmp_path_factory.mktemp("pool") / "course", source())
    Course(root).generate("toy")
    for student, answers in answers_of(toy).items():
        hand_in(root, student, answers)
    (root / "secret.key").write_text("0" * 32)
    (root / "secret.key").chmod(0o600)
    return root


@pytest.fixture
def fresh(released, tmp_path):
    """Return a function that copies the ungraded course."""
    count = iter(range(100))
    return lambda: shutil.copytree(released, tmp_path / f"course{next(count)}")


def marks(root):
    """Return all that a run may change: gradebook, and records of the notebooks."""
    found = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db", "course") as book:
        for submission in book.assignment_submissions("toy"):
            student, (mine,) = submission.student.id, submission.notebooks
            path = root / "autograded" / student / "toy" / "waves.ipynb"
            graded = nbformat.read(path, as_version=4)
            record = json.loads(json.dumps(graded.metadata["coursekit"]))
            del record["verdict"]["seconds"]
            found[student] = {
                "grades": {
                    g.name: (g.auto_score, g.manual_score, g.needs_manual_grade)
                    for g in mine.grades
                },
                "flagged": mine.flagged,
                "late": submission.late_submission_penalty,
                "record": record,
                "outputs": [c.get("outputs") for c in graded.cells],
            }
    return found


@pytest.fixture(scope="module")
def graded(released, tmp_path_factory):
    """An uninterrupted run: the course, its marks, and how long it took."""
    root = shutil.copytree(released, tmp_path_factory.mktemp("whole") / "course")
    begin = time.monotonic()
    outcomes = batch.autograde(Course(root), "toy", jobs=2)
    seconds = time.monotonic() - begin
    assert [(o.student, o.error) for o in outcomes] == [(s, "") for s in STATUS]
    return root, marks(root), seconds


def points(found, student):
    names = ("check_double", "check_waves", "check_size")
    return tuple(found[student]["grades"][name][0] for name in names)


# --- the whole way ----------------------------------------------------------------


def test_everyone_gets_what_the_answers_are_worth(graded):
    _, found, _ = graded
    for student, status in STATUS.items():
        assert found[student]["record"]["status"] == status
        assert found[student]["flagged"] is (status != "graded")
    for student, mine in POINTS.items():
        assert points(found, student) == mine


def test_the_check_and_the_hidden_cases_give_the_same_marks(graded, toy):
    _, found, _ = graded
    homework = dataclasses.replace(toy.HOMEWORK).with_hidden(toy.HIDDEN)
    for student in "ada", "bob":
        world = {}
        exec("import numpy as np", world)
        for code in answers_of(toy)[student].values():
            exec(code, world)
        earned = []
        for part in homework.parts:
            total = 0.0
            for case in homework.cases(part.name):
                args = draw(homework, case, world.get("STUDENT", ""))
                answer = ask(part, world[part.name], args, 5.0)
                total += judge(homework, case, args, answer).earned
            earned.append(total)
        assert points(found, student) == tuple(earned)


def test_the_results_are_kept_for_the_owner_alone(graded):
    folder = graded[0] / ".coursekit"
    files = {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert files == {"lock": 0o600, "toy": 0o700, "results.jsonl": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(results.Results(folder / "toy" / "results.jsonl")) == len(STATUS)


def _count_runs(monkeypatch, path):
    """Write a line to `path` for each submission that is run, in any process."""
    usual = LocalRunner.open

    def counted(self, cells, setting):
        with path.open("a") as file:
            file.write("run\n")
        return usual(self, cells, setting)

    monkeypatch.setattr(LocalRunner, "open", counted)
    path.touch()
    return lambda: path.read_text().count("run")


def test_a_second_run_executes_nothing_and_changes_no_byte(
    graded, monkeypatch, tmp_path
):
    root, found, _ = graded
    runs = _count_runs(monkeypatch, tmp_path / "runs")
    kept = [root / ".coursekit" / "toy" / "results.jsonl"]
    kept += root.glob("autograded/*/toy/waves.ipynb")
    before = {path: path.read_bytes() for path in kept}
    assert all(outcome.ok for outcome in batch.autograde(Course(root), "toy"))
    assert runs() == 0
    assert {path: path.read_bytes() for path in kept} == before
    assert marks(root) == found


def test_one_changed_submission_is_run_and_no_other(
    fresh, graded, monkeypatch, tmp_path, toy
):
    root = fresh()
    shutil.rmtree(root)
    shutil.copytree(graded[0], root)
    runs = _count_runs(monkeypatch, tmp_path / "runs")
    hand_in(root, "eve", answers_of(toy)["ada"])
    batch.autograde(Course(root), "toy")
    assert runs() == 1
    after = marks(root)
    assert points(after, "eve") == (3.0, 4.0, 2.0)
    assert {s: m for s, m in after.items() if s != "eve"} == {
        s: m for s, m in graded[1].items() if s != "eve"
    }
    assert main(["grade", "toy", "--course", str(root), "--student", "eve"]) == 0
    assert runs() == 1
    again = ["--again", "--student", "eve", "--jobs", "1"]
    assert main(["grade", "toy", "--course", str(root), *again]) == 0
    assert runs() == 2
    assert marks(root) == after


@pytest.mark.parametrize("kept", [True, False])
def test_stock_nbgrader_gives_the_same_marks(fresh, graded, kept):
    root = fresh()
    if kept:
        shutil.copytree(graded[0] / ".coursekit", root / ".coursekit")
    students = ["--student=bob"] if not kept else []
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", "toy", "--force", *students],
        cwd=root,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(root), "HOME": str(root)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found = marks(root)
    assert found == {student: graded[1][student] for student in found}
    assert set(found) == ({"bob"} if not kept else set(STATUS))
    log = root / ".coursekit" / "toy" / "results.jsonl"
    assert log.is_file() == kept  # only our own grader writes it
    holder = int((root / ".coursekit" / "lock").read_text())
    assert holder not in (0, os.getpid())  # it kept others out meanwhile


# --- killed -----------------------------------------------------------------------


def start(root, jobs=2):
    """Grade in a process group of its own, forked from here; return its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        batch.autograde(Course(root), "toy", jobs=jobs)
        code = 0
    finally:
        os._exit(code)


def start_and_wait(root, seconds):
    pid = start(root)
    time.sleep(seconds)
    return pid


def children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]


def kill(pid, whom):
    """Kill the grader, one of its workers, or all of them; say whether one was hit."""
    if os.waitpid(pid, os.WNOHANG)[0]:
        return False
    if whom == "worker":
        with contextlib.suppress(ProcessLookupError, IndexError, FileNotFoundError):
            os.kill(children(pid)[0], signal.SIGKILL)
            assert os.waitpid(pid, 0)[1] == 0  # the others go on, and all is graded
            return True
        os.kill(pid, signal.SIGKILL)
    elif whom == "grader":
        os.kill(pid, signal.SIGKILL)
    else:
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def test_killed_at_any_moment_it_resumes_to_the_same_gradebook(fresh, graded):
    """Twelve moments in four courses: three kills one after the other in each."""
    _, wanted, whole = graded
    few = "ada", "cleo", "dan"
    wanted = {student: wanted[student] for student in few}
    rng = random.Random(20)
    hits = 0
    for _ in range(4):
        root = fresh()
        for student in "bob", "eve":
            shutil.rmtree(root / "submitted" / student)
        for whom in (*rng.sample(["all", "grader"], 2), "worker"):
            delay = rng.uniform(0.0, 0.3) * whole
            while not kill(start_and_wait(root, delay), whom):
                delay /= 2  # it was done before
            hits += 1
        batch.autograde(Course(root), "toy", jobs=2)
        assert marks(root) == wanted
        kept = results.Results(root / ".coursekit" / "toy" / "results.jsonl")
        assert len(kept) == len(few)
        assert kept.rejected == 0
        lines = kept.path.read_bytes().splitlines()
        assert len(lines) == len(few)  # nobody was run twice and kept twice
    assert hits == 12


def test_the_workers_of_a_killed_grader_end(fresh):
    pid = start(fresh())
    until(lambda: len(children(pid)) == 2)
    workers = children(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    until(lambda: not any(Path(f"/proc/{w}/cmdline").exists() for w in workers))


def until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_two_graders_at_once_are_refused(fresh, capsys):
    root = fresh()
    pid = start(root)
    lock = root / ".coursekit" / "lock"
    until(lambda: lock.is_file() and lock.read_text().strip() == str(pid))
    match = f"process {pid} is grading in this course: wait"
    with pytest.raises(CourseError, match=match):
        batch.autograde(Course(root), "toy")
    assert main(["grade", "toy", "--course", str(root)]) == 2
    assert f"process {pid} is grading" in capsys.readouterr().err
    assert os.waitpid(pid, 0)[1] == 0
    assert set(marks(root)) == set(STATUS)


def grade_as_nbgrader_does(root, student):
    course = Course(root)
    course.directory.assignment_id, course.directory.student_id = "toy", student
    grader = Autograde(coursedir=course.directory, config=course.config)
    grader.force = True
    grader.start()


def test_nbgraders_own_grading_is_refused_as_well_and_touches_nothing(fresh, graded):
    root = fresh()
    shutil.rmtree(root)
    shutil.copytree(graded[0], root)
    paths = [root / "gradebook.db", *root.glob("autograded/*/toy/*.ipynb")]
    before = {path: path.read_bytes() for path in paths}
    with results.Lock(root / ".coursekit" / "lock"):
        match = f"process {os.getpid()} is grading in this course: wait"
        with pytest.raises(NbGraderException, match=match):
            grade_as_nbgrader_does(root, "ada")
    assert {path: path.read_bytes() for path in paths} == before
    grade_as_nbgrader_does(root, "ada")
    assert marks(root) == graded[1]


def test_nobody_else_grades_while_nbgrader_does(fresh, monkeypatch):
    root, told = fresh(), []

    def meanwhile(self, cells, setting):
        pid = os.fork()
        if pid == 0:  # another process, in which nothing of this one is held
            try:
                batch.autograde(Course(root), "toy")
            except CourseError as error:
                os._exit(str(error).startswith(f"process {os.getppid()} is grading"))
            os._exit(0)
        told.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        raise RunnerError("enough is seen")

    monkeypatch.setattr(LocalRunner, "open", meanwhile)
    with pytest.raises(NbGraderException):
        grade_as_nbgrader_does(root, "ada")
    assert told == [True]
    with results.Lock(root / ".coursekit" / "lock"):
        pass  # it is free again, though that failed


class Walled(SandboxRunner):
    """A runner of its own, whatever other tests have started."""


def test_without_a_sandbox_nobody_is_graded_and_the_command_says_why(
    fresh, monkeypatch, capsys
):
    root = fresh()
    problem = "bubblewrap is forbidden here: sudo sysctl -w a=1"
    monkeypatch.setattr(sandbox, "find_program", lambda: ("", [problem]))
    usual = Course.__init__

    def walled(self, *args, **more):
        usual(self, *args, **more)
        self.config.VerdictPreprocessor.runner_class = Walled

    monkeypatch.setattr(Course, "__init__", walled)
    assert main(["grade", "toy", "--course", str(root)]) == 2
    told = capsys.readouterr().err
    assert f"nothing can be graded: {problem}" in told
    assert not (root / "autograded").exists()
    with Gradebook(f"sqlite:///{root}/gradebook.db", "course") as book:
        for submission in book.assignment_submissions("toy"):
            grades = submission.notebooks[0].grades
            assert {grade.auto_score for grade in grades} <= {None}
    with pytest.raises(NbGraderException):  # nor by nbgrader's own command
        grade_as_nbgrader_does(root, "ada")
    assert not list(root.glob("autograded/*/toy/*.ipynb"))


def test_a_worker_that_dies_of_one_submission_costs_only_that_one(
    fresh, graded, monkeypatch, tmp_path
):
    root = fresh()
    usual = LocalRunner.open
    tries = tmp_path / "tries"

    def deadly(self, cells, setting):
        cells = tuple(cells)
        if any("float(x)" in cell.source for cell in cells):
            with tries.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(self, cells, setting)

    monkeypatch.setattr(LocalRunner, "open", deadly)
    outcomes = batch.autograde(Course(root), "toy", jobs=2)
    assert all(outcome.ok for outcome in outcomes)
    assert tries.read_text() == "xx"
    found = marks(root)
    bob = found.pop("bob")
    assert found == {s: m for s, m in graded[1].items() if s != "bob"}
    assert (bob["record"]["status"], bob["flagged"]) == ("crash", True)
    assert {grade[0] for grade in bob["grades"].values()} == {0.0}
    assert "ended 2 times" in bob["record"]["flags"][0]


def test_where_nothing_can_run_there_is_one_error_and_no_marks(fresh, monkeypatch):
    root = fresh()

    def refuse(self):
        raise RunnerError("there is no sandbox here: install bubblewrap")

    monkeypatch.setattr(LocalRunner, "start", refuse, raising=False)
    with pytest.raises(CourseError, match=r"nothing can be graded: .* install"):
        batch.autograde(Course(root), "toy")
    assert not (root / "autograded").exists()


# --- the pool alone ---------------------------------------------------------------

JOB = Job("toy", "ada", "waves", "00", "", (), "", "", "", {"seconds": 0.0})


def jobs(*students):
    return [dataclasses.replace(JOB, student=student) for student in students]


def through(work, *students, **settings):
    with WorkerPool(settings.pop("workers", 2), work=work, **settings) as pool:
        for job in jobs(*students):
            pool.put(job)
        done = []
        while pool.pending:
            done += pool.collect()
        assert pool.collect() == []
    return {one.job.student: one for one in done}


def test_a_job_is_plain_data():
    job = dataclasses.replace(JOB, parts=("double", "size"), limits={"seconds": 1.5})
    assert Job.from_json(job.to_json()) == job


def test_all_jobs_come_back_once_from_so_many_workers():
    names = [f"student{n}" for n in range(20)]
    done = through(lambda job: {"me": job.student, "pid": os.getpid()}, *names)
    assert {one.verdict["me"] for one in done.values()} == set(names)
    assert {one.attempts for one in done.values()} == {1}
    pids = {one.verdict["pid"] for one in done.values()}
    assert len(pids) <= 2
    assert os.getpid() not in pids


def test_a_job_whose_worker_died_is_tried_once_more(tmp_path):
    def work(job):
        mark = tmp_path / job.student
        if job.student == "bob" and not mark.exists():
            mark.touch()
            os._exit(1)
        return {}

    done = through(work, "ada", "bob", "cleo", workers=1)
    assert {s: d.attempts for s, d in done.items()} == {"ada": 1, "bob": 2, "cleo": 1}
    assert all(one.error == "" for one in done.values())


def test_a_worker_that_hangs_is_ended(tmp_path):
    def work(job):
        (tmp_path / f"{os.getpid()}").touch()
        if job.student == "bob":
            time.sleep(60)
        return {}

    begin = time.monotonic()
    done = through(work, "ada", "bob", "cleo", workers=1, patience=0.3)
    assert time.monotonic() - begin < 10
    assert done["bob"].verdict is None  # JOB names no homework to tell a crash of
    assert "the hidden cases are missing" in done["bob"].error
    assert (done["ada"].error, done["cleo"].error) == ("", "")
    for path in tmp_path.iterdir():
        assert not Path(f"/proc/{path.name}").exists()


def test_a_worker_that_is_killed_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def work(job):
        child = LocalRunner().open([Cell("a", "x = 1")], Setting())
        if job.student == "bob":
            os.kill(os.getpid(), signal.SIGKILL)
        if job.student == "dan":
            time.sleep(60)
        child.close()
        return {"folders": len(list(tmp_path.iterdir()))}

    done = through(work, "ada", "bob", "cleo", "dan", workers=1, patience=5.0)
    assert [done[student].attempts for student in ("ada", "bob", "dan")] == [1, 2, 2]
    assert done["ada"].verdict == done["cleo"].verdict == {"folders": 0}
    assert list(tmp_path.iterdir()) == []


def test_what_a_job_raises_is_told():
    def work(job):
        raise RunnerError(f"nothing runs for {job.student}")

    done = through(work, "ada")["ada"]
    assert done.error == "RunnerError: nothing runs for ada"
    assert (done.verdict, done.attempts) == (None, 2)


def test_a_crash_is_zero_for_every_case_and_flagged(released):
    path = released / "submitted" / "ada" / "toy" / "waves.ipynb"
    job = dataclasses.replace(
        JOB,
        path=str(path),
        parts=("double", "size"),
        cases=str(released / "solutions" / "cases"),
        secret=str(released / "secret.key"),
    )
    verdict = Verdict.from_dict(json.loads(json.dumps(crashed(job))))
    assert verdict.points == {"double": 0.0, "size": 0.0}
    assert verdict.status == "crash"
    assert "needs a person" in verdict.flags[0]


@pytest.mark.parametrize("workers", [0, -1])
def test_a_farm_needs_a_worker(workers):
    with pytest.raises(ValueError, match=f"{workers} workers cannot mark anything"):
        WorkerPool(workers)


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_the_command_takes_a_whole_number_of_jobs(text, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["grade", "toy", f"--jobs={text}"])
    assert f"'{text}' is not a whole number from 1 up" in capsys.readouterr().err


def test_there_is_a_core():
    assert 1 <= cores() <= (os.cpu_count() or 1)
