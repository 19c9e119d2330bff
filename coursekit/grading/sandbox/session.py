"""Starting a process that answers, asking it, and ending it.

`Runner` is the seam: whoever grades asks a `Child` and need not know where it runs.
`LocalRunner` starts a plain subprocess, bounded in time, memory, file size and
processes, in a folder of its own and without this process's environment. It keeps
an accident from hurting anybody; it is no wall against malice: the child may read
whatever this user may read.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from coursekit.grading.inside import wire
from coursekit.homework.checks import answers, calls
from coursekit.homework.checks.cases import RESULT, Args, Part, Way

MAX_RAW = 4000
"""Characters that are kept of what a process wrote past Python's own output."""

GRACE = 3.0
"""Seconds that a call may take beyond its limit before its process is ended."""

DISTURBANCES = 3
"""How often a submission is run again that was ended by no fault of its own."""


@dataclass(frozen=True)
class Cell:
    """One code cell of a submission.

    Parameters
    ----------
    id
        Its ``grade_id``, or another name that is unique in the notebook.
    source
        What it says.
    ours
        Whether the course wrote it: a locked cell, as released.
    """

    id: str
    source: str
    ours: bool = False


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    seconds
        Wall time of the whole submission.
    cell_seconds
        Wall time of one cell.
    memory
        Bytes of memory: in a sandbox of all its processes together, else of
        address space of each.
    file
        Bytes of the largest file that it may write.
    folder
        Bytes of the submission's files that are copied for it.
    processes
        Processes and threads that it may start.
    descriptors
        Files that each process may have open.
    disk
        Bytes of all files that it may write, where a sandbox counts them.
    """

    seconds: float = 180.0
    cell_seconds: float = 30.0
    memory: int = 4 * 2**30
    file: int = 64 * 2**20
    folder: int = 100 * 2**20
    processes: int = 64
    descriptors: int = 128
    disk: int = 256 * 2**20


LIMITS = Limits()
"""What a submission may use unless said otherwise."""


@dataclass(frozen=True)
class Setting:
    """How a submission is run.

    Parameters
    ----------
    forbidden
        What the student's code may not call; see `coursekit.grading.inside.guards`.
    files
        The folder whose files the child finds in its own, or None.
    limits
        What it may use.
    """

    forbidden: tuple[str, ...] = ()
    files: Path | None = None
    limits: Limits = LIMITS


@dataclass(frozen=True)
class CellError:
    """A cell that ended early.

    Parameters
    ----------
    cell
        Its id.
    kind, message
        Type and text of the exception; for a cell that ended its process, one of
        "timeout", "memory", "crash", and a sentence.
    line
        The line in the cell, from 1, or 0 where it is not known.
    is_syntax
        Whether Python could not read the cell.
    """

    cell: str
    kind: str
    message: str
    line: int = 0
    is_syntax: bool = False


@dataclass
class Transcript:
    """What happened while the cells ran: errors, and what they printed."""

    errors: list[CellError] = field(default_factory=list)
    output: dict[str, str] = field(default_factory=dict)
    raw: str = ""
    ends: list[str] = field(default_factory=list)


class Child(Protocol):
    """A submission that has run and can be asked."""

    transcript: Transcript

    def ask(
        self, part: Part, args: Args, seconds: float, way: Way = RESULT
    ) -> answers.Answer:
        """Return the answer to one question, `answers.Lost` where none came."""

    def close(self) -> None:
        """End its processes and remove its folder."""


class Runner(Protocol):
    """Runs submissions."""

    def open(self, cells: Iterable[Cell], setting: Setting) -> Child:
        """Run the cells and return what can be asked."""


class EndedError(Exception):
    """The process ended, or had to be ended; the text is the reason in a word."""


class DisturbedError(EndedError):
    """The process was ended by what carries it; the submission has no part in it."""


class RunnerError(RuntimeError):
    """No process could be started: the grader's fault, never a student's."""


class LocalRunner:
    """Runs each submission in a subprocess of this user.

    Parameters
    ----------
    python
        The interpreter; the one that runs this by default.

    Examples
    --------
    >>> child = LocalRunner().open([Cell("a", "double = lambda x: 2 * x")], Setting())
    >>> child.ask(Part("double", 1, "01_dft"), (21,), 1.0)
    Value(value=42)
    >>> child.close()
    """

    def __init__(self, python: str = sys.executable) -> None:
        self.python = python

    def open(self, cells: Iterable[Cell], setting: Setting) -> Child:
        """Run the cells in order and return what can be asked.

        Parameters
        ----------
        cells
            Whatever of the submission is to be run.
        setting
            Beside which files, within which limits.
        """
        return Answering(tuple(cells), setting, self._start)

    def _start(self, setting: Setting) -> LocalProcess:
        return LocalProcess(self.python, setting)


class Process:
    """A `coursekit.grading.inside.child`, wherever it runs, and the channel to it.

    Whoever derives from it starts the process, and knows how to end it.

    Parameters
    ----------
    setting
        How it is to run.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.raw = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        self.channel, self.theirs = socket.socketpair()

    def opening(self) -> dict[str, Any]:
        """Return the first request, which binds the process."""
        limits = self.setting.limits
        bounds = {
            "cpu": int(limits.seconds) + 1,
            "memory": limits.memory,
            "file": limits.file,
            "processes": limits.processes,
            "descriptors": limits.descriptors,
        }
        forbidden = list(self.setting.forbidden)
        return {"do": "open", "forbidden": forbidden, "limits": bounds}

    def request(self, message: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Return the reply to a request.

        Parameters
        ----------
        message
            As `coursekit.grading.inside.child` describes.
        deadline
            The `time.monotonic` by which it must be there.

        Raises
        ------
        EndedError
            "timeout", "memory", or "crash", also for a reply that is none.
        """
        data = wire.encode(message)
        try:
            wire.write_message(self.channel, data, deadline)
            reply = wire.decode(wire.read_message(self.channel, deadline=deadline))
        except wire.WireTimeoutError as error:
            raise EndedError("timeout") from error
        except wire.WireError as error:
            raise EndedError(self._why()) from error
        if not isinstance(reply, dict) or not isinstance(reply.get("kind"), str):
            raise EndedError("crash")
        return reply

    def _why(self) -> str:
        """Return why the channel is of no more use; it may raise an EndedError."""
        return "memory" if "MemoryError" in self._written() else "crash"

    def _written(self) -> str:
        """Return the end of what was written past Python's own output."""
        end = self.raw.seek(0, os.SEEK_END)
        self.raw.seek(max(0, end - MAX_RAW))
        return self.raw.read().decode("utf-8", "replace")

    def end(self) -> str:
        """Kill what runs; return what it had written at the last."""
        self._kill()
        self.channel.close()
        self.theirs.close()
        written = self._written()
        self.raw.close()
        return written

    def _kill(self) -> None:
        """Kill the process and all that it has started."""
        raise NotImplementedError


class LocalProcess(Process):
    """A subprocess in a folder of its own, and its process group.

    Parameters
    ----------
    python
        The interpreter.
    setting
        How it is to run.
    """

    def __init__(self, python: str, setting: Setting) -> None:
        super().__init__(setting)
        self.process: subprocess.Popen[bytes] | None = None
        sweep()
        self.folder, self.lock = make_folder()
        try:
            self._begin(python)
        except BaseException:
            self.end()
            raise

    def _begin(self, python: str) -> None:
        (self.folder / "home").mkdir()
        work = self.folder / "work"
        work.mkdir()
        copy_files(self.setting.files, work, self.setting.limits.folder)
        code = "from coursekit.grading.inside.child import main; main()"
        with self.theirs:
            self.process = subprocess.Popen(
                [python, "-I", "-B", "-c", code, str(self.theirs.fileno())],
                cwd=work,
                env=_environment(work),
                stdin=subprocess.DEVNULL,
                stdout=self.raw,
                stderr=self.raw,
                pass_fds=[self.theirs.fileno()],
                start_new_session=True,
            )

    def opening(self) -> dict[str, Any]:
        """Return the first request; the limit on processes counts all of the user."""
        request = super().opening()
        request["limits"]["processes"] += threads_of_user()
        return request

    def _why(self) -> str:
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.2)
            if self.process.returncode == -signal.SIGXCPU:
                return "timeout"
        return super()._why()

    def _kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        _remove(self.folder)
        os.close(self.lock)


FOLDER = "coursekit-submission-"
"""How the name of a submission's folder begins, in the system's temporary folder."""


def make_folder() -> tuple[Path, int]:
    """Make a folder for a submission, and lock it for as long as this process lives.

    Returns
    -------
    tuple
        The folder, and the descriptor that holds the lock; to be closed once the
        folder is removed.

    Examples
    --------
    >>> folder, lock = make_folder()
    >>> sweep()
    >>> folder.is_dir()
    True
    >>> os.close(lock)  # as the system does for a process that was killed
    >>> sweep()
    >>> folder.is_dir()
    False
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=FOLDER))
        with contextlib.suppress(FileNotFoundError):  # swept before it was opened
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.is_dir():  # else it was swept before it was locked
                return folder, lock
            os.close(lock)


def sweep() -> None:
    """Remove this user's folders of submissions whose process was killed.

    Who is killed removes nothing; but the system then opens its locks.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        with contextlib.suppress(OSError):  # in use, another user's, or gone
            _sweep(folder)


def _sweep(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid == os.getuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
    finally:
        os.close(lock)


def _remove(folder: Path) -> None:
    """Remove a folder, with what a submission has closed even to its owner."""
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        for where, names, _ in os.walk(folder):
            for path in (Path(where, name) for name in names):
                if not path.is_symlink():
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    """Return all that a child learns from its environment."""
    home = str(folder.parent / "home")
    return {**ENVIRONMENT, **dict.fromkeys(PLACES, home)}


ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    **{f"{n}_NUM_THREADS": "1" for n in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
}
"""What every child learns from its environment."""

PLACES = ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR")
"""The names in the environment under which it learns where it may write."""

Start = Callable[[Setting], Process]


class Answering:
    """A submission that has run: asks its process, and starts it anew if it ends.

    After a crash or an endless loop the cells run again in a fresh process and a
    fresh folder (without the cell that ended the last one), so that each question
    costs at most its own points. All of it together takes no longer than the
    setting's limit.

    Parameters
    ----------
    cells
        What to run.
    setting
        How.
    start
        Starts a process.
    """

    def __init__(self, cells: tuple[Cell, ...], setting: Setting, start: Start) -> None:
        self.cells = cells
        self.setting = setting
        self.transcript = Transcript()
        self._start = start
        self._deadline = time.monotonic() + setting.limits.seconds
        self._fatal: set[str] = set()
        self._process: Any = None
        self._is_asked = False
        self._disturbed = 0
        try:
            self._revive()
        except BaseException:  # nobody will have this to close it
            self._end()
            raise

    def ask(
        self, part: Part, args: Args, seconds: float, way: Way = RESULT
    ) -> answers.Answer:
        """Return the answer to one question.

        Parameters
        ----------
        part
            What the student was to write.
        args
            The arguments; the child gets copies.
        seconds
            How long the call may take.
        way
            How the function is asked.

        Returns
        -------
        Answer
            `answers.Lost` where the process ended without one, `answers.TooSlow`
            where it had to be ended.
        """
        self._is_asked = True
        if self._process is None and not self._revive():
            return answers.Lost("timeout")
        request = {
            "do": "ask",
            "name": part.name,
            "is_value": part.is_value,
            "args": args,
            "seconds": float(seconds),
            "way": calls.spell(way),
        }
        try:
            deadline = min(self._deadline, time.monotonic() + seconds + GRACE)
            return understand(self._process.request(request, deadline), seconds)
        except DisturbedError:
            self._start_over()
            return self.ask(part, args, seconds, way)
        except EndedError as end:
            self._bury(str(end))
            in_time = time.monotonic() < self._deadline
            slow = str(end) == "timeout" and in_time
            return answers.TooSlow(seconds) if slow else answers.Lost(str(end))

    def close(self) -> None:
        """End the process and remove what it has left."""
        self._end()

    def _revive(self) -> bool:
        """Start a process and run the cells, until one run goes through.

        Each round without a fatal cell is the last, and a fatal cell runs once.
        """
        first = not self.transcript.ends and not self._is_asked
        while time.monotonic() < self._deadline:
            try:
                if not self._open():
                    return False
                for cell in self.cells:
                    if cell.id not in self._fatal:
                        self._run(cell, first)
                return True
            except DisturbedError:
                self._start_over()
            except EndedError as end:
                self._bury(str(end))
        return False

    def _start_over(self) -> None:
        """Take note that the process ended by no fault of the submission."""
        self._end()
        self._disturbed += 1
        if self._disturbed > DISTURBANCES:
            raise RunnerError(
                f"what carries the submissions has ended {self._disturbed} times while "
                "one of them ran; is the machine short of memory?"
            )

    def _open(self) -> bool:
        """Start a process and bind it; only a first one must start."""
        try:
            before = time.monotonic()
            self._process = self._start(self.setting)
            self._deadline += time.monotonic() - before
            self._process.request(self._process.opening(), self._deadline)
            return True
        except DisturbedError:
            raise
        except EndedError as end:
            is_first = not self.transcript.ends
            self._bury(str(end))
            if is_first:
                said = self.transcript.raw.strip() or "it said nothing"
                raise RunnerError(
                    f"the answering process does not start ({end}): {said}"
                ) from end
            return False

    def _run(self, cell: Cell, first: bool) -> None:
        """Run one cell, and note how it went the first time."""
        request = {"do": "run", "cell": cell.id, "source": cell.source}
        soon = time.monotonic() + self.setting.limits.cell_seconds
        try:
            reply = self._process.request(request, min(soon, self._deadline))
        except DisturbedError:
            raise
        except EndedError as end:
            self._fatal.add(cell.id)
            self._note(CellError(cell.id, str(end), ENDS[str(end)]))
            raise
        error, output = reply.get("error"), reply.get("output")
        if first and isinstance(output, str):
            self.transcript.output[cell.id] = output
        if first and isinstance(error, dict):
            self._note(_cell_error(cell, error))

    def _note(self, error: CellError) -> None:
        known = {each.cell for each in self.transcript.errors}
        if error.cell not in known:
            self.transcript.errors.append(error)

    def _bury(self, reason: str) -> None:
        self.transcript.ends.append(reason)
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self.transcript.raw = self._process.end() or self.transcript.raw
            self._process = None


ENDS = {
    "timeout": "the cell did not end in time",
    "memory": "the cell used more memory than there is",
    "crash": "the cell ended the whole process",
}
"""What is said of a cell that ended its process."""


def _cell_error(cell: Cell, told: dict[str, Any]) -> CellError:
    """Return a cell's error from what the child said, whatever that is."""
    line = told.get("line")
    return CellError(
        cell=cell.id,
        kind=_words(told.get("type")) or "error",
        message=_words(told.get("message")),
        line=line if type(line) is int and 0 <= line < 10**6 else 0,
        is_syntax=told.get("is_syntax") is True,
    )


def _words(value: Any) -> str:
    """Return a child's words: cut, and of each absolute path only the last name."""
    text = value[: answers.LONGEST_TEXT] if type(value) is str else ""
    return re.sub(r"(?<![\w.:/])(/[^/\s'\"<>|]+)+/(?=[^/\s])", "", text)


_FIELDS: dict[str, tuple[type, dict[str, type]]] = {
    "Missing": (answers.Missing, {}),
    "NotWritten": (answers.NotWritten, {}),
    "NotCallable": (answers.NotCallable, {"type_name": str}),
    "Raised": (
        answers.Raised,
        {"kind": str, "message": str, "line": str, "number": int},
    ),
    "ChangedInput": (answers.ChangedInput, {"position": int}),
    "Unsupported": (answers.Unsupported, {"type_name": str}),
    "NoGradient": (answers.NoGradient, {"reason": str, "detail": str}),
    "NotLoaded": (answers.NotLoaded, {"reason": str, "detail": str}),
}


def understand(reply: dict[str, Any], seconds: float) -> answers.Answer:
    """Return the answer that a reply spells.

    Parameters
    ----------
    reply
        From the child; nothing in it is trusted.
    seconds
        The limit of the call.

    Raises
    ------
    EndedError
        "crash", where it spells none.

    Examples
    --------
    >>> fields = {"position": 0}
    >>> understand({"kind": "answer", "type": "ChangedInput", "fields": fields}, 1.0)
    ChangedInput(position=0)
    """
    kind, fields = reply.get("type"), reply.get("fields")
    if not isinstance(kind, str) or not isinstance(fields, dict):
        raise EndedError("crash")
    if kind == "Value" and set(fields) == {"value"}:
        return answers.Value(fields["value"])
    if kind == "TooSlow":
        return answers.TooSlow(seconds)
    make, types = _FIELDS.get(kind, (None, {}))
    if make is None or {k: type(v) for k, v in fields.items()} != types:
        raise EndedError("crash")
    return make(**{k: _words(v) if type(v) is str else v for k, v in fields.items()})


def plain_files(source: Path | None, most: int) -> Iterator[tuple[str, Path]]:
    """Yield a submission's plain files, but for notebooks and hidden ones.

    Parameters
    ----------
    source
        The submission's folder, or None.
    most
        Bytes after which no more are told.

    Yields
    ------
    tuple
        The path within the folder, with slashes, and the path.
    """
    if source is None:
        return
    for where, folders, names in os.walk(source, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__")))
        for name in sorted(names):
            path = Path(where, name)
            if name.startswith(".") or path.suffix == ".ipynb":
                continue
            if path.is_symlink() or not path.is_file():
                continue
            most -= path.stat().st_size
            if most < 0:
                return
            yield path.relative_to(source).as_posix(), path


def copy_files(source: Path | None, target: Path, most: int) -> None:
    """Copy a submission's plain files.

    Parameters
    ----------
    source, most
        As for `plain_files`.
    target
        An empty folder.
    """
    for name, path in plain_files(source, most):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def threads_of_user(user: int | None = None) -> int:
    """Return how many threads a user has, where the system tells; else 0.

    The limit on processes counts them all, so it stands above those that are there.

    Parameters
    ----------
    user
        Number of the user; the one that runs this by default.
    """
    count, user = 0, os.getuid() if user is None else user
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                count += len(os.listdir(process / "task"))
    return count
