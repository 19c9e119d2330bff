"""A course directory: its homeworks, submissions, gradebook, and the way of a hand-in.

Grading a class in one go is `coursekit.grading.course.batch`; what nbgrader does of
it, and how its errors become sentences, `coursekit.grading.course.nbgrader_steps`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment, GenerateFeedback

from coursekit.grading.course.nbgrader_steps import CourseError, Steps
from coursekit.grading.marking import results


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
        self.steps = Steps(self.root, exchange, cache)
        self.config, self.directory = self.steps.config, self.steps.directory
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
        self.steps.found()
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
        with self.steps.about(homework):
            maker = GenerateAssignment(coursedir=self.directory, config=self.config)
            maker.force = True
            self.steps.run(maker, f"generating {homework}")
        return self.release_folder(homework)

    def release(self, homework: str) -> None:
        """Put the student version into the exchange, over an older one.

        Parameters
        ----------
        homework
            Its name.
        """
        with self.steps.about(homework):
            step = self.steps.exchange("ReleaseAssignment")
            step.force = True
            self.steps.run(step, f"releasing {homework}")

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
        with self.steps.about(homework):
            step = self.steps.exchange("FetchAssignment", assignment_dir=str(into))
            self.steps.run(step, f"fetching {homework}")
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
        with self.steps.about(homework, student):
            step = self.steps.exchange("Submit", assignment_dir=str(folder))
            self.steps.run(step, f"submitting {homework} as {student}")

    def fetch_feedback(self, homework: str, folder: Path, student: str) -> list[Path]:
        """Fetch feedback as a student does; return the pages.

        Parameters
        ----------
        homework, folder, student
            As in `submit`.
        """
        with self.steps.about(homework, student):
            step = self.steps.exchange("FetchFeedback", assignment_dir=str(folder))
            self.steps.run(step, f"fetching feedback on {homework} as {student}")
        return sorted((folder / homework / "feedback").glob("**/*.html"))

    # --- from students to marks ----------------------------------------------

    def collect(self, homework: str) -> list[str]:
        """Collect the newest submissions from the exchange; return who there is.

        Parameters
        ----------
        homework
            Its name.
        """
        with self.steps.about(homework):
            step = self.steps.exchange("Collect")
            step.update = True
            self.steps.run(step, f"collecting {homework}")
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
            As in `coursekit.grading.course.batch.autograde`.
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
        with self.steps.about(homework):
            step = self.steps.exchange("ReleaseFeedback")
            self.steps.run(step, f"releasing feedback on {homework}")

    # --- inside ----------------------------------------------------------------

    def _feedback_one(self, homework: str, student: str) -> Outcome:
        try:
            with self.steps.about(homework, student):
                writer = GenerateFeedback(coursedir=self.directory, config=self.config)
                writer.force = True
                self.steps.run(writer, f"writing feedback for {student}")
        except CourseError as error:
            return Outcome(student, str(error))
        return Outcome(student)
