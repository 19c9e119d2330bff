"""nbgrader's own steps, run in this process: one log, one lock, one sentence.

Each ``nbgrader`` command spends seconds on imports and prints pages of log. Here the
same converters and exchange classes run in this process with the same
``nbgrader_config.py``; their log goes to ``.nbgrader.log``, and what fails says so in
one sentence.
"""

from __future__ import annotations

import contextlib
import logging
import os
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbgrader
from alembic.script import ScriptDirectory
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Base
from nbgrader.auth import Authenticator
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import temp_attrs
from sqlalchemy import create_engine, inspect, text
from traitlets.config import Config, PyFileConfigLoader

from coursekit.grading.marking import results

CONFIG = "nbgrader_config.py"
LOG = ".nbgrader.log"


class LockedExporter(NotebookExporter):
    """Writes graded notebooks, and keeps every other grader out meanwhile.

    nbgrader's autograding makes its exporter before it touches anything. So this one
    can see to it that the command, the formgrader's button and `coursekit grade` never
    write into one gradebook at once: whoever comes second is refused, and has changed
    nothing.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        converter: Any = self.parent
        convert = converter.convert_notebooks

        def convert_alone() -> None:
            try:
                with results.Lock.of(Path(converter.coursedir.root)):
                    convert()
            except results.HeldError as error:
                converter.log.error("Nothing was graded: %s", error)
                raise NbGraderException(str(error)) from None

        converter.convert_notebooks = convert_alone


class StagedAutograde(Autograde):
    """nbgrader's autograding up to where it would run the notebook.

    What comes out lies in a folder of its own: the notebook with its cells repaired
    and restored, beside the other files, just as the marking will meet it.
    """

    FOLDER = f"{results.FOLDER}/stage"

    @property
    def _output_directory(self) -> str:
        return self.FOLDER

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Repair and restore one notebook.

        Parameters
        ----------
        notebook_filename
            As submitted.
        """
        self._init_preprocessors()
        BaseConverter.convert_single_notebook(self, notebook_filename)


class CourseError(RuntimeError):
    """Something that the lecturer can put right; the message says how."""


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


class Steps:
    """nbgrader's converters and its exchange, on one course directory.

    Parameters
    ----------
    root
        The folder that holds ``nbgrader_config.py``.
    exchange, cache
        Where students fetch and hand in, and where a student's own copies are kept;
        what the configuration says where it is None.

    Raises
    ------
    CourseError
        Where `root` is no course directory.
    """

    def __init__(self, root: Path, exchange: Path | None, cache: Path | None) -> None:
        if not (root / CONFIG).is_file():
            raise CourseError(
                f"{root} is no course directory: it has no {CONFIG}. Change to "
                "the folder of the course, or name it with --course"
            )
        self.root = root
        self.config = _load(root)
        if exchange is not None:
            self.config.Exchange.root = str(exchange)
        if cache is not None:
            self.config.Exchange.cache = str(cache)
        self.directory = CourseDirectory(config=self.config)
        self._is_founded = False

    def exchange(self, step: str, **traits: Any) -> Any:
        """Return a step of the exchange, made ready.

        Parameters
        ----------
        step
            The name of its class, such as "Collect".
        **traits
            Its settings.
        """
        factory = ExchangeFactory(config=self.config)
        maker = getattr(factory, step)
        return maker(
            coursedir=self.directory,
            authenticator=Authenticator(config=self.config),
            config=self.config,
            **traits,
        )

    @contextlib.contextmanager
    def about(self, homework: str, student: str = "*") -> Iterator[None]:
        """Let nbgrader's steps work on one homework for as long as this lasts.

        Parameters
        ----------
        homework, student
            Their names; all students unless given.
        """
        with temp_attrs(self.directory, assignment_id=homework, student_id=student):
            yield

    def found(self) -> None:
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

    def run(self, step: Any, what: str) -> None:
        """Run one of nbgrader's steps; its log goes to the course's log file.

        Parameters
        ----------
        step
            One of nbgrader's converters or exchanges.
        what
            What is done, for the log and for the error.

        Raises
        ------
        CourseError
            Where it fails; the message is the last line of its first error.
        """
        self.found()
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
