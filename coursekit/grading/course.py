"""A course directory, and nbgrader's commands on it in one process.

Each ``nbgrader`` command spends seconds on imports and prints pages of log. Here
the same converters and exchange classes run in this process with the same
``nbgrader_config.py``; their log goes to ``.nbgrader.log``, and what fails says
so in one sentence. One submission's failure never stops the others.
"""

from __future__ import annotations

import contextlib
import logging
import os
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbgrader
from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook, MissingEntry
from nbgrader.auth import Authenticator
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import temp_attrs
from sqlalchemy import create_engine, inspect, text
from traitlets.config import Config, PyFileConfigLoader

from coursekit.grading import intake

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

    # --- what there is -------------------------------------------------------

    def homeworks(self) -> list[str]:
        """Return the names of the homeworks that have a source, sorted."""
        source = self.root / self.directory.source_directory
        return sorted(path.parent.name for path in source.glob("*/*.ipynb"))

    def require(self, homework: str) -> str:
        """Return `homework`, or raise a CourseError that lists those that exist.

        Parameters
        ----------
        homework
            A name as the user typed it.
        """
        known = sorted(set(self.homeworks()))
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

    def autograde(
        self,
        homework: str,
        students: Iterable[str] | None = None,
        progress: Progress | None = None,
    ) -> list[Outcome]:
        """Grade submissions into the gradebook, each on its own.

        Parameters
        ----------
        homework
            Its name.
        students
            Whose; all that handed in unless given.
        progress
            Wraps the list of students, for a progress bar.

        Returns
        -------
        list of Outcome
            One a student. Whoever could not be graded has zero marks and a flag
            in the gradebook, so that nobody stays silently ungraded.
        """
        self._require_generated(homework)
        names = self.submissions(homework) if students is None else sorted(students)
        outcomes = []
        for student in (progress or list)(names):
            outcome = self._grade_one(homework, student)
            if not outcome.ok:
                self._mark_by_hand(homework, student)
            outcomes.append(outcome)
        return outcomes

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
        from coursekit.grading.report import CsvExport

        with self.gradebook() as book:
            CsvExport(to=str(path), config=self.config).export(book)
        return path

    # --- inside ----------------------------------------------------------------

    def _grade_one(self, homework: str, student: str) -> Outcome:
        folder = self.folder("submitted", student, homework)
        what = f"grading {student}"
        try:
            if not folder.is_dir():
                raise CourseError(f"{what}: there is nothing in {folder}")
            intake.receive(folder, self.release_folder(homework))
            with self._about(homework, student):
                grader = Autograde(coursedir=self.directory, config=self.config)
                grader.force = True
                self._run(grader, what)
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
