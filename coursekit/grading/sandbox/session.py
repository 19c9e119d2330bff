"""A session with a submission: its cells run, its answers asked for, its end noted.

A `Process` is a child and the channel to it, wherever it runs; `Answering` asks one,
and starts it anew where it ends.
"""

from __future__ import annotations

import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from coursekit.grading.inside import wire
from coursekit.grading.sandbox.contract import (
    Cell,
    CellError,
    DisturbedError,
    EndedError,
    RunnerError,
    Setting,
    Transcript,
)
from coursekit.homework.checks import answers, calls
from coursekit.homework.checks.calls import PLAIN_CALL, Args, CallMode
from coursekit.homework.checks.cases import (
    Part,
)

MAX_RAW = 4000
"""Characters that are kept of what a process wrote past Python's own output."""

GRACE = 3.0
"""Seconds that a call may take beyond its limit before its process is ended."""

DISTURBANCES = 3
"""How often a submission is run again that was ended by no fault of its own."""


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
        self, part: Part, args: Args, seconds: float, mode: CallMode = PLAIN_CALL
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
        mode
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
            "mode": calls.encode(mode),
        }
        try:
            deadline = min(self._deadline, time.monotonic() + seconds + GRACE)
            return understand(self._process.request(request, deadline), seconds)
        except DisturbedError:
            self._start_over()
            return self.ask(part, args, seconds, mode)
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
