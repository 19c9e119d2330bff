"""The answering process: it runs a submission's cells and answers questions.

It never marks. It holds the submission and the inputs asked so far, and nothing else:
no expected value, no other input, no gradebook. Each request is one `wire` message on
a socket, a dict whose ``"do"`` says what to do, and each gets one reply, a dict whose
``"kind"`` says what it is:

========  ==================================  =====================================
do        with                                reply
========  ==================================  =====================================
``open``  limits, forbidden, perhaps files    ``ready``
``run``   cell, source                        ``ran``, with the error or None, and
                                              the start of what the cell printed
``ask``   name, is_value, args, seconds, mode ``answer``, with name and fields of
                                              one of `coursekit.homework.checks.answers`
========  ==================================  =====================================

A student may change anything in here and gains nothing by it: whoever answers in place
of this module still only answers.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import resource
import socket
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coursekit.grading.inside import wire
from coursekit.grading.inside.guards import Guards
from coursekit.homework.checks import answers, ask, calls
from coursekit.homework.checks.calls import PLAIN_CALL, CallMode
from coursekit.homework.checks.cases import (
    Part,
)

MAX_OUTPUT = 20_000
"""Characters that are kept of what one cell prints."""

MAX_TEXT = answers.LONGEST_TEXT
"""Characters that are kept of an exception's message."""

CELL = "<cell {}>"
"""File name under which a cell is compiled."""

Message = dict[str, Any]


class CappedOutput(io.TextIOBase):
    """A standard output that keeps the first characters and drops the rest.

    Examples
    --------
    >>> out = CappedOutput(4)
    >>> out.write("abcdef")
    6
    >>> out.take()
    'abcd'
    """

    encoding = "utf-8"

    def __init__(self, cap: int = MAX_OUTPUT) -> None:
        self.cap = cap
        self.kept: list[str] = []
        self.room = cap

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, text: str) -> int:
        """Take `text`, keep what there is room for, return its length."""
        if self.room > 0:
            self.kept.append(str(text)[: self.room])
            self.room -= len(self.kept[-1])
        return len(text)

    def take(self) -> str:
        """Return what was kept, and start anew."""
        text = "".join(self.kept)
        self.kept, self.room = [], self.cap
        return text


def _no_keyboard(prompt: object = "") -> str:
    raise EOFError("input() waits for a keyboard, and there is none while grading")


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Take anything and do nothing."""


def make_shell() -> Any:
    """Return an IPython shell without history, screen or keyboard.

    Magics work; figures, players and widgets are made and shown to nobody.
    """
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    hook = type("NoHook", (DisplayHook,), {"write_output_prompt": _nothing})
    publisher = type("NoPublisher", (DisplayPublisher,), {"publish": _nothing})
    quiet = {
        "displayhook_class": Type(hook),
        "display_pub_class": Type(publisher),
        # The base class keeps a copy of all that is printed.
        "_tee": lambda self, channel: contextlib.nullcontext(),
    }
    no_history = Config()
    no_history.HistoryManager.enabled = False
    shell: Any = type("QuietShell", (InteractiveShell,), quiet)(config=no_history)
    InteractiveShell._instance = shell
    shell.display_formatter.format = lambda *args, **kwargs: ({}, {})
    for name in ("showtraceback", "showsyntaxerror", "showindentationerror"):
        setattr(shell, name, _nothing)
    shell.ask_exit = _nothing
    shell.register_magic_function(lambda line: None, "line", "matplotlib")
    return shell


class World:
    """A student's notebook as its cells have left it, and what may be asked of it.

    Parameters
    ----------
    forbidden
        What the student's code may not call; see `guards.Guards`.
    shell
        As `make_shell` makes it, unused so far; a new one by default.
    """

    def __init__(self, forbidden: tuple[str, ...] = (), shell: Any = None) -> None:
        folder = os.getcwd()
        self.process = os.getpid()
        self.output = CappedOutput()
        self.shell = make_shell() if shell is None else shell
        self.cell = ""
        self.shell.compile.get_code_name = lambda *args: CELL.format(self.cell)
        sys.stdout = sys.stderr = self.output
        builtins.input = _no_keyboard
        # Behind all else, so that a `numpy.py` beside the notebook hides nothing.
        sys.path.append(folder)
        Guards(forbidden, folder).install()

    def run(self, cell: str, source: str) -> Message:
        """Run one cell; its error is part of the reply, and other cells may follow."""
        self.cell = cell
        self.output.take()
        result = self.shell.run_cell(source, store_history=False)
        self._stop_copies()
        if "matplotlib.pyplot" in sys.modules:
            with contextlib.suppress(Exception):
                sys.modules["matplotlib.pyplot"].close("all")
        error = result.error_before_exec or result.error_in_exec
        told = {} if error is None else self._tell(error)
        if isinstance(result.error_before_exec, ValueError):
            told["is_syntax"] = True  # a null byte, as Python says it before 3.11.4
        return {"kind": "ran", "error": told or None, "output": self.output.take()}

    def _stop_copies(self) -> None:
        """End this process if a cell has forked it: only the first one answers."""
        if os.getpid() != self.process:
            os._exit(0)

    def _tell(self, error: BaseException) -> Message:
        """Return an exception's type, message, and line in the cell, from 1, or 0."""
        here = CELL.format(self.cell)
        line = 0
        if isinstance(error, SyntaxError) and error.filename == here:
            line = error.lineno or 0
        for frame, number in traceback.walk_tb(error.__traceback__):
            line = number if frame.f_code.co_filename == here else line
        message = ""
        with contextlib.suppress(Exception):
            message = error.msg if isinstance(error, SyntaxError) else str(error)
        syntax = isinstance(error, SyntaxError)
        kind = type(error).__name__[:MAX_TEXT]
        if kind.startswith("_") and syntax:  # a kind of its own from Python 3.13 on
            kind = "SyntaxError"
        told = {"type": kind, "message": str(message)[:MAX_TEXT], "line": line}
        return {**told, "is_syntax": syntax}

    def ask(
        self,
        part: Part,
        args: tuple[Any, ...],
        seconds: float,
        mode: CallMode = PLAIN_CALL,
    ) -> Message:
        """Return the answer under the part's name; what it prints is dropped."""
        if part.name not in self.shell.user_ns:
            return _spell(answers.Missing())
        thing = self.shell.user_ns[part.name]
        reply = _spell(ask.ask(part, thing, args, seconds, mode))
        self._stop_copies()
        self.output.take()
        return reply


def _spell(answer: answers.Answer) -> Message:
    """Return an answer as the wire carries it; one that is too large is refused."""
    reply = {"kind": "answer", "type": type(answer).__name__, "fields": vars(answer)}
    try:
        wire.encode(reply)
    except wire.WireError as error:
        return _spell(answers.Unsupported(str(error)))
    return reply


def apply_limits(limits: dict[str, int]) -> None:
    """Bind this process.

    Parameters
    ----------
    limits
        ``cpu`` seconds, ``memory`` and ``file`` bytes, ``processes``, and file
        ``descriptors``, or some of these.

    A limit above the one in force, or that the system does not know, is left out.
    """
    kinds = {
        "cpu": resource.RLIMIT_CPU,
        "memory": resource.RLIMIT_AS,
        "file": resource.RLIMIT_FSIZE,
        "processes": getattr(resource, "RLIMIT_NPROC", None),
        "descriptors": resource.RLIMIT_NOFILE,
    }
    for name, kind in kinds.items():
        if kind is not None and limits.get(name):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (limits[name], limits[name]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def write_files(files: Mapping[str, Any], folder: str | Path) -> None:
    """Write files that came as arrays of bytes.

    Parameters
    ----------
    files
        Relative path to content.
    folder
        Below which they go.
    """
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(memoryview(content))


def serve(stream: socket.socket, shell: Any = None) -> None:
    """Answer the requests on `stream`, one after the other, until it closes.

    Parameters
    ----------
    stream
        The channel to the grader.
    shell
        The IPython shell to run cells in; a new one where it is None.
    """
    request = wire.decode(wire.read_message(stream))
    write_files(request.get("files", {}), os.getcwd())
    apply_limits(request["limits"])
    world = World(tuple(request["forbidden"]), shell)
    wire.write_message(stream, wire.encode({"kind": "ready"}))
    with contextlib.suppress(wire.WireClosedError):
        while True:
            request = wire.decode(wire.read_message(stream))
            wire.write_message(stream, wire.encode(_reply(world, request)))


def _reply(world: World, request: Message) -> Message:
    if request["do"] == "run":
        return world.run(request["cell"], request["source"])
    part = Part(request["name"], 0.0, "", is_value=request["is_value"])
    mode = calls.decode(request["mode"])
    return world.ask(part, request["args"], request["seconds"], mode)


def main() -> None:
    """Serve on the socket whose number is the first argument."""
    serve(socket.socket(fileno=int(sys.argv[1])))
