"""A course directory, and nbgrader's commands on it in one process.

Each ``nbgrader`` command spends seconds on imports and prints pages of log. Here
the same converters and exchange classes run in this process with the same
``nbgrader_config.py``; their log goes to ``.nbgrader.log``, and what fails says
so in one sentence. One submission's failure never stops the others.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import shutil
import traceback
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import nbgrader
from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook, MissingEntry
from nbgrader.auth import Authenticator
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import temp_attrs
from sqlalchemy import create_engine, inspect, text
from traitlets.config import Config, PyFileConfigLoader

from coursekit.grading.course import intake
from coursekit.grading.marking import results
from coursekit.grading.marking.preprocessor import Stage, Task, Verdict, runner_of
from coursekit.grading.marking.workers import Done, Farm, Job
from coursekit.grading.sandbox.session import RunnerError

CONFIG = "nbgrader_config.py"
LOG = ".nbgrader.log"


class CourseError(RuntimeError):
    """Something that the lecturer can put right; the message says how."""


@dataclass(frozen=True)
class Outcome:
    """How one student's submission came through a step.

    Parameters
    ----------
    student
        The student's id.
    error
        Empty where all went well, else one sentence; the log has the rest.
    """

    student: str
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the step went through."""
        return not self.error


Progress = Callable[[Iterable[str]], Iterable[str]]


class Course:
    """One course directory: its homeworks, submissions and gradebook.

    Parameters
    ----------
    root
        The folder that holds ``nbgrader_config.py``.
    exchange, cache
        Where students fetch and hand in, and where a student's own copies are
        kept; what the configuration says unless given.

    Raises
    ------
    CourseError
        Where `root` is no course directory.
    """

    def __init__(
        self,
        root: Path | str,
        exchange: Path | None = None,
        cache: Path | None = None,
    ) -> None:
        self.root = Path(root).resolve()
        if not (self.root / CONFIG).is_file():
            raise CourseError(
                f"{self.root} is no course directory: it has no {CONFIG}. Change to "
                "the folder of the course, or name it with --course"
            )
        self.config = _load(self.root)
        if exchange is not None:
            self.config.Exchange.root = str(exchange)
        if cache is not None:
            self.config.Exchange.cache = str(cache)
        self.directory = CourseDirectory(config=self.config)
        self._is_founded = False
        self._lock = results.Lock.of(self.root)

    # --- what there is -------------------------------------------------------

    def homeworks(self) -> list[str]:
        """Return the names of the homeworks that have a source, sorted."""
        source = self.root / self.directory.source_directory
        return sorted({path.parent.name for path in source.glob("*/*.ipynb")})

    def require(self, homework: str) -> str:
        """Return `homework`, or raise a CourseError that lists those that exist.

        Parameters
        ----------
        homework
            A name as the user typed it.
        """
        known = self.homeworks()
        if homework not in known:
            listed = ", ".join(known) or "none yet"
            raise CourseError(f"no homework {homework!r}; there are: {listed}")
        return homework

    def release_folder(self, homework: str) -> Path:
        """Return the folder that students receive.

        Parameters
        ----------
        homework
            Its name.
        """
        return self.root / self.directory.release_directory / homework

    def submissions(self, homework: str) -> list[str]:
        """Return the ids of the students whose work lies in ``submitted/``.

        Parameters
        ----------
        homework
            Its name.
        """
        base = self.root / self.directory.submitted_directory
        return sorted(path.parent.name for path in base.glob(f"*/{homework}"))

    def folder(self, step: str, student: str, homework: str) -> Path:
        """Return the folder of a student's homework in one step of the way.

        Parameters
        ----------
        step
            "submitted", "autograded" or "feedback".
        student, homework
            Their names.
        """
        name = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(name, student, homework))

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open the gradebook for as long as the context lasts."""
        self._found()
        book = Gradebook(self.directory.db_url, self.directory.course_id)
        with book:
            yield book

    def enrol(self, student: str, first: str = "", last: str = "") -> None:
        """Add a student to the gradebook, or correct the name.

        Parameters
        ----------
        student
            The id: what the student hands in under.
        first, last
            First and last name.
        """
        with self.gradebook() as book:
            book.update_or_create_student(student, first_name=first, last_name=last)

    # --- from source to students ---------------------------------------------

    def generate(self, homework: str) -> Path:
        """Make the student version and register it in the gradebook.

        Parameters
        ----------
        homework
            Its name.

        Returns
        -------
        Path
            The folder that students receive.
        """
        self.require(homework)
        with self._about(homework):
            maker = GenerateAssignment(coursedir=self.directory, config=self.config)
            maker.force = True
            self._run(maker, f"generating {homework}")
        return self.release_folder(homework)

    def release(self, homework: str) -> None:
        """Put the student version into the exchange, over an older one.

        Parameters
        ----------
        homework
            Its name.
        """
        with self._about(homework):
            step = self._exchange("ReleaseAssignment")
            step.force = True
            self._run(step, f"releasing {homework}")

    def fetch(self, homework: str, into: Path) -> Path:
        """Fetch the homework as a student does.

        Parameters
        ----------
        homework
            Its name.
        into
            The student's folder of homeworks.
        """
        into.mkdir(parents=True, exist_ok=True)
        with self._about(homework):
            step = self._exchange("FetchAssignment", assignment_dir=str(into))
            self._run(step, f"fetching {homework}")
        return into / homework

    def submit(self, homework: str, folder: Path, student: str) -> None:
        """Hand a homework in as a student does.

        Parameters
        ----------
        homework
            Its name.
        folder
            The student's folder of homeworks, as in `fetch`.
        student
            Who hands in.
        """
        with self._about(homework, student):
            step = self._exchange("Submit", assignment_dir=str(folder))
            self._run(step, f"submitting {homework} as {student}")

    def fetch_feedback(self, homework: str, folder: Path, student: str) -> list[Path]:
        """Fetch feedback as a student does; return the pages.

        Parameters
        ----------
        homework, folder, student
            As in `submit`.
        """
        with self._about(homework, student):
            step = self._exchange("FetchFeedback", assignment_dir=str(folder))
            self._run(step, f"fetching feedback on {homework} as {student}")
        return sorted((folder / homework / "feedback").glob("**/*.html"))

    # --- from students to marks ----------------------------------------------

    def collect(self, homework: str) -> list[str]:
        """Collect the newest submissions from the exchange; return who there is.

        Parameters
        ----------
        homework
            Its name.
        """
        with self._about(homework):
            step = self._exchange("Collect")
            step.update = True
            self._run(step, f"collecting {homework}")
        return self.submissions(homework)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other grader out of this course for as long as this lasts.

        Raises
        ------
        CourseError
            Where another process grades in this course; the message names it.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self._lock)
            except results.HeldError as error:
                raise CourseError(str(error)) from None
            yield

    def autograde(
        self,
        homework: str,
        students: Iterable[str] | None = None,
        progress: Progress | None = None,
        jobs: int | None = None,
    ) -> list[Outcome]:
        """Grade submissions into the gradebook, each on its own.

        Worker processes run the submissions; only this process writes. A verdict
        that was reached before, on the very same submission, is not reached again,
        so a run that was interrupted goes on where it was.

        Parameters
        ----------
        homework
            Its name.
        students
            Whose; all that handed in unless given.
        progress
            Wraps the list of students, for a progress bar. It is moved on by one
            whenever another student has been graded, in whatever order.
        jobs
            How many submissions run at once; as many as there are cores unless
            given.

        Returns
        -------
        list of Outcome
            One a student, by id. Whoever could not be graded has zero marks and a
            flag in the gradebook, so that nobody stays silently ungraded.

        Raises
        ------
        CourseError
            Where nobody can be graded: no such homework, no sandbox, another
            grader at work.
        """
        self._require_generated(homework)
        names = self.submissions(homework) if students is None else sorted(students)
        bar = (progress or list)(names)
        outcomes = []
        grading = self._graded(homework, names, jobs or cores())
        with self.alone(), contextlib.closing(grading):
            for _, outcome in zip(bar, grading, strict=False):
                if not outcome.ok:
                    self._mark_by_hand(homework, outcome.student)
                outcomes.append(outcome)
        return sorted(outcomes, key=lambda outcome: outcome.student)

    def forget(self, homework: str, students: Iterable[str]) -> None:
        """Forget what was found about submissions, so that they run again.

        Parameters
        ----------
        homework
            Its name.
        students
            Whose.
        """
        with self.alone():
            kept = results.Results.of(self.root, homework)
            kept.mend()
            for student in students:
                kept.forget(student)

    def feedback(
        self, homework: str, students: Iterable[str] | None = None
    ) -> list[Outcome]:
        """Write a feedback page for each graded submission.

        Parameters
        ----------
        homework, students
            As in `autograde`.
        """
        base = self.root / self.directory.autograded_directory
        graded = sorted(path.parent.name for path in base.glob(f"*/{homework}"))
        chosen = graded if students is None else sorted(students)
        return [self._feedback_one(homework, student) for student in chosen]

    def release_feedback(self, homework: str) -> None:
        """Put the feedback pages into the exchange.

        Parameters
        ----------
        homework
            Its name.
        """
        with self._about(homework):
            step = self._exchange("ReleaseFeedback")
            self._run(step, f"releasing feedback on {homework}")

    def export(self, path: Path) -> Path:
        """Write nbgrader's table of all homeworks as CSV; return its path.

        Parameters
        ----------
        path
            The file to write.
        """
        from coursekit.grading.pages.report import CsvExport

        with self.gradebook() as book:
            CsvExport(to=str(path), config=self.config).export(book)
        return path

    # --- inside ----------------------------------------------------------------

    def _graded(
        self, homework: str, names: Iterable[str], workers: int
    ) -> Generator[Outcome, None, None]:
        """Grade one student after another, in the order in which they are marked."""
        kept = results.Results.of(self.root, homework)
        kept.mend()
        stage = self.root / Stage.FOLDER
        shutil.rmtree(stage, ignore_errors=True)
        waiting: dict[str, int] = {}
        try:
            with Farm(workers) as farm:
                for student in names:
                    missing = self._jobs(homework, student)
                    waiting[student] = len(missing)
                    if not missing:
                        yield self._grade_one(homework, student)
                    for job in missing:
                        farm.put(job)
                    done = farm.collect(math.inf if farm.is_full else 0.0)
                    yield from self._merge(done, kept, waiting)
                while farm.pending:
                    yield from self._merge(farm.collect(), kept, waiting)
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def _merge(
        self, done: Iterable[Done], kept: results.Results, waiting: dict[str, int]
    ) -> Iterator[Outcome]:
        """Keep what workers have found; grade whom no other notebook is awaited of."""
        for one in done:
            job = one.job
            if one.verdict is not None:
                kept.append(
                    results.Result(
                        student=job.student,
                        notebook=job.notebook,
                        digest=job.digest,
                        seconds=one.seconds,
                        verdict=one.verdict,
                    )
                )
            waiting[job.student] -= 1
            if not waiting[job.student]:
                shutil.rmtree(Path(job.path).parents[1], ignore_errors=True)
                yield self._grade_one(job.homework, job.student)

    def _jobs(self, homework: str, student: str) -> list[Job]:
        """Return what has to be run for a student; nothing where that cannot be told.

        What stands in the way is told by the grading itself, which meets it again.
        """
        try:
            paths = self._stage(homework, student)
            tasks = [self._task(homework, student, path) for path in paths]
            found = [
                (t, p) for t, p in zip(tasks, paths, strict=True) if not t.stored()
            ]
            jobs = [task.job(path) for task, path in found]
        except (CourseError, OSError, NbGraderException):
            return []
        for task, _ in found:
            self._warm_up(runner_of(task.runner))
        return jobs

    def _stage(self, homework: str, student: str) -> list[Path]:
        """Repair and restore a submission in a folder apart; return its notebooks."""
        self._take_in(homework, student)
        with self._about(homework, student):
            stage = Stage(coursedir=self.directory, config=self.config)
            stage.force = True
            self._run(stage, f"preparing {student}")
        folder = Path(self.directory.format_path(Stage.FOLDER, student, homework))
        names = sorted(path.name for path in folder.glob("*.ipynb"))
        return [folder / name for name in names]

    def _task(self, homework: str, student: str, path: Path) -> Task:
        known = {"assignment": homework, "student": student, "notebook": path.stem}
        notebook = nbformat.read(path, as_version=4)
        verdict = Verdict(config=self.config)
        return verdict.task(notebook, known, path.parent, self.root)

    def _warm_up(self, runner: Any) -> None:
        """Start what the workers share, before they are forked from this process."""
        try:
            getattr(runner, "start", lambda: None)()
        except RunnerError as error:
            raise CourseError(f"nothing can be graded: {error}") from error

    def _take_in(self, homework: str, student: str) -> None:
        folder = self.folder("submitted", student, homework)
        if not folder.is_dir():
            raise CourseError(f"grading {student}: there is nothing in {folder}")
        intake.receive(folder, self.release_folder(homework))

    def _grade_one(self, homework: str, student: str) -> Outcome:
        try:
            self._take_in(homework, student)
            with self._about(homework, student):
                grader = Autograde(coursedir=self.directory, config=self.config)
                grader.force = True
                self._run(grader, f"grading {student}")
        except (CourseError, OSError) as error:
            return Outcome(student, str(error))
        return Outcome(student)

    def _feedback_one(self, homework: str, student: str) -> Outcome:
        try:
            with self._about(homework, student):
                writer = GenerateFeedback(coursedir=self.directory, config=self.config)
                writer.force = True
                self._run(writer, f"writing feedback for {student}")
        except CourseError as error:
            return Outcome(student, str(error))
        return Outcome(student)

    def _mark_by_hand(self, homework: str, student: str) -> None:
        """Enter zero marks and a flag for what no machine could grade."""
        with warnings.catch_warnings(), self.gradebook() as book:
            warnings.simplefilter("ignore")  # nbgrader's own use of its database
            book.update_or_create_student(student)
            submission = book.update_or_create_submission(homework, student)
            for notebook in submission.notebooks:
                notebook.flagged = True
                for grade in notebook.grades:
                    grade.auto_score = 0.0
                    grade.needs_manual_grade = True
            book.db.commit()

    def _require_generated(self, homework: str) -> None:
        self.require(homework)
        with self.gradebook() as book:
            try:
                known = bool(book.find_assignment(homework).notebooks)
            except MissingEntry:
                known = False
        if not known or not any(self.release_folder(homework).glob("*.ipynb")):
            raise CourseError(
                f"{homework} has not been released from this course: "
                f"run `coursekit release {homework}` first"
            )

    def _exchange(self, step: str, **traits: Any) -> Any:
        factory = ExchangeFactory(config=self.config)
        maker = getattr(factory, step)
        return maker(
            coursedir=self.directory,
            authenticator=Authenticator(config=self.config),
            config=self.config,
            **traits,
        )

    @contextlib.contextmanager
    def _about(self, homework: str, student: str = "*") -> Iterator[None]:
        with temp_attrs(self.directory, assignment_id=homework, student_id=student):
            yield

    def _found(self) -> None:
        """Make the gradebook's tables where there are none.

        nbgrader would do it, but asks the program ``alembic`` which version they
        are: seconds, and an error where the virtual environment is not on PATH.
        """
        if self._is_founded:
            return
        engine = create_engine(self.directory.db_url)
        with engine.begin() as connection:
            if not inspect(connection).get_table_names():
                Base.metadata.create_all(connection)
                scripts = Path(nbgrader.__file__).parent / "alembic"
                head = ScriptDirectory(str(scripts)).get_current_head()
                connection.execute(
                    text("CREATE TABLE alembic_version (version_num VARCHAR(32))")
                )
                connection.execute(
                    text("INSERT INTO alembic_version VALUES (:head)"), {"head": head}
                )
        engine.dispose()
        self._is_founded = True

    def _run(self, step: Any, what: str) -> None:
        """Run one of nbgrader's steps; its log goes to the course's log file."""
        self._found()
        here = os.getcwd()
        with _logging_to(self.root / LOG, step.log) as errors:
            step.log.info("--- %s", what)
            try:
                with warnings.catch_warnings():
                    # nbgrader's own use of its database, and odd cell ids
                    warnings.simplefilter("ignore")
                    step.start()
            except Exception as error:
                step.log.error(traceback.format_exc())
                reason = _cause(errors)
                raise CourseError(f"{what}: {reason} (more in {LOG})") from error
            finally:
                os.chdir(here)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load(root: Path) -> Config:
    """Read the configuration of the course in `root`."""
    try:
        return PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as error:
        raise CourseError(f"{root / CONFIG} cannot be read: {error}") from error


def _cause(errors: list[str]) -> str:
    """Return the last line of the first error: what happened, not who passed it on."""
    first = next(iter(errors), "").strip()
    return first.splitlines()[-1].strip() if first else "it failed without a word"


class _Errors(logging.Handler):
    """Keep the text of each error that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text of one record.

        nbgrader first names the submission that failed, then logs the traceback;
        the traceback says what happened.
        """
        text = record.getMessage()
        if not text.startswith("There was an error processing assignment"):
            self.texts.append(text)


@contextlib.contextmanager
def _logging_to(path: Path, log: logging.Logger) -> Iterator[list[str]]:
    """Let `log` write to the file at `path` and nowhere else; yield its errors."""
    os.close(os.open(path, os.O_CREAT, 0o600))
    handlers: list[logging.Handler] = [logging.FileHandler(path), errors := _Errors()]
    handlers[0].setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level, spreads = log.level, log.propagate
    log.setLevel(logging.INFO)
    log.propagate = False
    for handler in handlers:
        log.addHandler(handler)
    try:
        yield errors.texts
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()
        log.setLevel(level)
        log.propagate = spreads
