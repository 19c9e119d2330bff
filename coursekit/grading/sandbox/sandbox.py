"""Submissions in a box: bubblewrap around a process that forks one for each.

`SandboxRunner` is the `runner.Runner` that grades strangers. What a submission finds
in its world: the interpreter and its libraries, read-only; the student's part of
``coursekit``; its own files, in a folder of limited size. What it does not find: a
network, other processes, the course directory and whatever lies in it, a home, this
process's environment. What it may use is counted from outside, over all of its
processes together, and whoever takes more is ended.

`probe` says whether this system can do it, and if not, what to change. Nothing here
ever runs a submission in less than all of this.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pkgutil
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn, Protocol

import numpy as np

from coursekit.grading.inside import wire
from coursekit.grading.inside.forkserver import NOBODY
from coursekit.grading.sandbox import contract, local, session
from coursekit.grading.sandbox.bubblewrap import (
    PACKAGE,
    SandboxUnavailableError,
    command,
    environment,
    find_program,
    interpreter,
    kernel_release,
    probe,
)
from coursekit.grading.sandbox.monitor import ResourceMonitor, address_space

__all__ = [
    "SandboxProcess",
    "SandboxRunner",
    "SandboxUnavailableError",
    "Server",
    "Single",
    "probe",
]

START = 240.0
"""Seconds in which the libraries must be loaded, the first time with compiling."""

HELLO = 60.0
"""Seconds in which the process of a submission must be there and shut in."""

MOMENT = 0.05
"""Seconds that are left for a server to end once one of its processes has ended."""

LEAST = 2**29
"""Bytes of memory that a submission must be allowed: the libraries take half of it."""

MAPPED = 2 * 2**30
"""Bytes of address space, beyond its memory, that a submission has at least."""

SPARE = 2**30
"""Bytes of it that are left, whatever the libraries map and do not use: a torch for
graphics cards maps more than `MAPPED` by itself."""

FILES = 20_000
"""How many files a submission may have."""

LIBRARIES = (
    *("numpy", "scipy.signal", "scipy.linalg", "scipy.fft", "scipy.stats"),
    *("scipy.io.wavfile", "matplotlib.pyplot", "torch", "soundfile"),
    *("IPython.display", "librosa.core.audio", "librosa.core.constantq"),
    *("librosa.core.pitch", "librosa.core.spectrum", "librosa.feature.spectral"),
    *("librosa.decompose", "librosa.effects", "librosa.onset", "librosa.sequence"),
)
"""What a submission is likely to import, beside the course's own modules."""


# --- what carries a submission --------------------------------------------------


class Carrier(Protocol):
    """Starts processes of submissions."""

    @property
    def cache(self) -> Mapping[str, Any]:
        """What libraries have kept of earlier starts."""

    def launch(self, numbers: list[int], setting: contract.Setting) -> Any:
        """Start one on a channel, an output and a status socket; return it, or None.

        Raises
        ------
        contract.DisturbedError
            Where that cannot be done any more.
        """

    def is_gone(self, patience: float = 0.0) -> bool:
        """Say whether no process of it can be alive, after so many seconds."""

    def end(self) -> None:
        """End it and all its processes."""


class Server:
    """A `forkserver.main` in its sandbox.

    Whoever inherits this by a fork may use it as well; only the process that made it
    ends it.

    Parameters
    ----------
    program
        A bubblewrap that works.
    cache
        What libraries have kept of earlier starts.
    libraries
        What it imports for all.
    with_proc
        Whether it has a ``/proc``: without one it cannot isolate its forks.

    Attributes
    ----------
    refused
        Why it cannot isolate its forks, or "".
    cache
        What libraries keep for the next start.

    Raises
    ------
    SandboxUnavailableError
        Where it does not start.
    """

    def __init__(
        self,
        program: str,
        cache: Mapping[str, Any],
        libraries: Iterable[str],
        with_proc: bool = True,
    ) -> None:
        self.control, theirs = socket.socketpair()
        self.lock = threading.Lock()
        with theirs, tempfile.TemporaryFile() as said:
            words = command(program, with_proc)
            words += interpreter("main", theirs.fileno())
            process = _keep(words, [theirs.fileno()], said)
            self.end = weakref.finalize(self, _end, process, self.control, os.getpid())
            theirs.close()
            try:
                self._meet({"files": dict(cache), "libraries": list(libraries)})
            except (wire.WireError, KeyError, TypeError) as error:
                self.end()
                said.seek(0)
                words_ = said.read()[-4000:].decode("utf-8", "replace").strip()
                raise SandboxUnavailableError(
                    f"the sandbox does not start: {words_ or error}"
                ) from error

    def _meet(self, hello: dict[str, Any]) -> None:
        deadline = time.monotonic() + START
        wire.write_message(self.control, wire.encode(hello), deadline)
        ready = wire.decode(wire.read_message(self.control, deadline=deadline))
        self.control.settimeout(HELLO)
        self.refused, self.cache = str(ready["refused"]), dict(ready["files"])

    def launch(self, numbers: list[int], setting: contract.Setting) -> None:
        """Have a process forked for these descriptors."""
        try:
            with self.lock:
                socket.send_fds(self.control, [b"f"], numbers)
        except OSError as error:
            raise contract.DisturbedError("crash") from error

    def is_gone(self, patience: float = 0.0) -> bool:
        """Say whether the server has ended, or does so within some seconds."""
        try:
            return _is_ready(self.control.fileno(), patience)
        except (OSError, ValueError):  # it has been closed here
            return True


def _is_ready(number: int, seconds: float) -> bool:
    """Say whether a descriptor can be read, or is of no more use, in so long."""
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return bool(waiting.poll(1000 * seconds))


def _keep(words: list[str], numbers: list[int], said: Any) -> subprocess.Popen[bytes]:
    """Start a process in a thread that lives as long.

    It dies with the thread that started it, by ``--die-with-parent``: the system
    takes that to be its parent.
    """
    started: list[Any] = []
    is_started = threading.Event()

    def keep() -> None:
        try:
            started.append(_start(words, numbers, said))
        except OSError as error:
            started.append(error)
        is_started.set()
        if isinstance(started[0], subprocess.Popen):
            started[0].wait()

    threading.Thread(target=keep, name="sandbox", daemon=True).start()
    is_started.wait()
    if isinstance(started[0], OSError):
        raise SandboxUnavailableError(f"bubblewrap does not start: {started[0]}")
    return started[0]


def _start(words: list[str], numbers: list[int], said: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        env=environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        pass_fds=numbers,
    )


def _end(process: subprocess.Popen[bytes], control: socket.socket, owner: int) -> None:
    if os.getpid() == owner:
        process.kill()
        process.wait()
    control.close()


class Single:
    """Starts a sandbox for each submission: where none can be had within another.

    Parameters
    ----------
    program
        A bubblewrap that works.
    cache
        What libraries have kept, which each process gets a copy of.
    """

    def __init__(self, program: str, cache: Mapping[str, Any]) -> None:
        self.program = program
        self.cache = cache

    def launch(self, numbers: list[int], setting: contract.Setting) -> Any:
        """Start a process for these descriptors."""
        words = command(self.program, with_proc=False, disk=setting.limits.disk)
        words += interpreter("single", *numbers)
        return _keep(words, numbers, numbers[1])

    def is_gone(self, patience: float = 0.0) -> bool:
        """Say no: each process stands alone."""
        return False

    def end(self) -> None:
        """Do nothing: each process has been ended already."""


# --- one submission -------------------------------------------------------------


class SandboxProcess(session.Process):
    """The process of one submission, shut in, and who watches what it uses.

    Parameters
    ----------
    setting
        How it is to run.
    carrier
        Starts it.

    Raises
    ------
    contract.DisturbedError
        Where the carrier has ended.
    SandboxUnavailableError
        Where the process could not shut itself in: it has not run anything then.
    """

    def __init__(self, setting: contract.Setting, carrier: Carrier) -> None:
        super().__init__(setting)
        self.carrier = carrier
        self.outer: Any = None
        self.pidfd = -1
        self.mapped = 0
        self.watch: ResourceMonitor | None = None
        status, its = socket.socketpair()
        status.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            with status:
                with self.theirs, its:
                    numbers = [f.fileno() for f in (self.theirs, self.raw, its)]
                    self.outer = carrier.launch(numbers, setting)
                self._meet(status)
        except BaseException:
            self.end()
            raise

    def _meet(self, status: socket.socket) -> None:
        """Learn the number of the process, have it shut itself in, and watch it."""
        status.settimeout(HELLO)
        pid = _sender(status)
        if pid == 0:
            self._not_there("it ended at once")
        self.pidfd = os.pidfd_open(pid)
        with contextlib.suppress(OSError):  # first to go where memory runs out
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
        limits = self.setting.limits
        is_outer = self.outer is not None
        cache = dict(self.carrier.cache) if is_outer else {}
        order = {"disk": limits.disk, "files": FILES, "cache": cache}
        deadline = time.monotonic() + HELLO
        try:
            wire.write_message(status, wire.encode(order), deadline)
            reply = wire.decode(wire.read_message(status, deadline=deadline))
        except wire.WireError as error:
            self._not_there(str(error))
        if reply["kind"] != "shut":
            self._not_there(str(reply["why"]))
        first = self.outer.pid if is_outer else pid
        self.mapped = address_space(pid)
        self.watch = ResourceMonitor(first, self.pidfd, limits)
        self.watch.start()

    def _not_there(self, why: str) -> NoReturn:
        if self.carrier.is_gone(MOMENT):
            raise contract.DisturbedError("crash")
        said = f"{why} {self._written()}".strip()
        raise SandboxUnavailableError(f"a submission could not be shut in: {said}")

    def opening(self) -> dict[str, Any]:
        """Return the first request: limits, and the submission's files."""
        limits = self.setting.limits
        request = super().opening()
        request["limits"]["cpu"] += 5  # the watch comes first, and says why
        request["limits"]["memory"] += max(MAPPED, self.mapped + SPARE)
        user = os.getuid() or NOBODY
        counts_all = self.outer is not None and user == NOBODY
        if counts_all or kernel_release() < (5, 14):  # all of the user's, everywhere
            request["limits"]["processes"] += local.threads_of_user(user)
        request["files"] = {
            name: np.fromfile(path, dtype=np.uint8)
            for name, path in session.plain_files(self.setting.files, limits.folder)
        }
        return request

    def _why(self) -> str:
        if self.watch is not None and self.watch.reason:
            return self.watch.reason
        if self.carrier.is_gone(MOMENT):
            raise contract.DisturbedError("crash")
        return super()._why()

    def _kill(self) -> None:
        """Kill the first process; the system kills the others before that one ends."""
        if self.watch is not None:
            self.watch.stop()
        if self.outer is not None:
            self.outer.kill()
        if self.pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            _is_ready(self.pidfd, HELLO)
            os.close(self.pidfd)
            self.pidfd = -1
        if self.outer is not None:
            self.outer.wait()


def _sender(status: socket.socket) -> int:
    """Return the number, in our own world, of whoever sends the first byte, or 0."""
    size = struct.calcsize("3i")
    try:
        data, extra, _, _ = status.recvmsg(1, socket.CMSG_SPACE(size))
    except OSError:
        return 0
    for level, kind, content in extra if data else ():
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(struct.unpack("3i", content[:size])[0])
    return 0


# --- the runner -----------------------------------------------------------------


class SandboxRunner:
    """Runs each submission in a sandbox: the way to grade strangers.

    The first submission waits for the server to start. One runner may serve many
    threads, and processes that are forked from this one.

    Parameters
    ----------
    libraries
        Modules to import once for all submissions; what they are likely to need by
        default.

    Attributes
    ----------
    why_single
        Why each submission has a sandbox of its own, which takes longer; "" where
        they are forked within one.

    Examples
    --------
    >>> from coursekit.grading.sandbox.contract import Cell, Setting
    >>> from coursekit.homework.checks.cases import Part
    >>> if not probe():
    ...     with contextlib.closing(SandboxRunner(libraries=())) as sandbox:
    ...         cells = [Cell("a", "double = lambda x: 2 * x")]
    ...         child = sandbox.open(cells, Setting())
    ...         assert child.ask(Part("double", 1, "01_dft"), (21,), 1.0).value == 42
    ...         child.close()
    """

    def __init__(self, libraries: Iterable[str] | None = None) -> None:
        course = () if libraries is not None else _course_modules()
        self.libraries = (*(LIBRARIES if libraries is None else libraries), *course)
        self.why_single = ""
        self._lock = threading.Lock()
        self._carrier: Carrier | None = None

    def open(
        self, cells: Iterable[contract.Cell], setting: contract.Setting
    ) -> contract.Child:
        """Run the cells in order and return what can be asked.

        Parameters
        ----------
        cells
            Whatever of the submission is to be run.
        setting
            Beside which files, within which limits.

        Raises
        ------
        SandboxUnavailableError
            Where there can be no sandbox; the text has the remedy.
        ValueError
            Where the limit on memory is below `LEAST`.
        """
        if setting.limits.memory < LEAST:
            raise ValueError(
                f"a memory of {setting.limits.memory} bytes is too little for a "
                f"sandbox with its libraries; allow {LEAST} at least"
            )
        self.start()
        return session.Answering(tuple(cells), setting, self._start)

    def start(self) -> Carrier:
        """Start what carries the submissions, if nothing does; return it."""
        with self._lock:
            if self._carrier is not None and self._carrier.is_gone():
                self._carrier.end()
                self._carrier = None
            if self._carrier is None:
                self._carrier = self._carry()
            return self._carrier

    def close(self) -> None:
        """End it, and every submission that still runs."""
        with self._lock:
            if self._carrier is not None:
                self._carrier.end()
                self._carrier = None

    def _start(self, setting: contract.Setting) -> SandboxProcess:
        return SandboxProcess(setting, self.start())

    def _carry(self) -> Carrier:
        program, problems = find_program()
        if problems:
            raise SandboxUnavailableError("; ".join(problems))
        kept = load_cache()
        server, why = self._serve(program, kept)
        save_cache(server.cache, kept)
        self.why_single = why or server.refused
        if not self.why_single:
            return server
        server.end()
        return Single(program, server.cache)

    def _serve(self, program: str, kept: Mapping[str, Any]) -> tuple[Server, str]:
        """Start a server; return it, and why it could have no ``/proc``, or ""."""
        try:
            return Server(program, kept, self.libraries), ""
        except SandboxUnavailableError as error:
            server = Server(program, kept, self.libraries, with_proc=False)
            return server, f"there is no /proc in it: {error}"


def _course_modules() -> Iterator[str]:
    """Yield the names of the package's modules, but for the instructors'."""
    for prefix, folder in (("", PACKAGE), ("homework.", PACKAGE / "homework")):
        for module in pkgutil.iter_modules([str(folder)]):
            if module.name not in ("grading", "__main__"):
                yield f"coursekit.{prefix}{module.name}"


# --- what libraries keep --------------------------------------------------------


def cache_file() -> Path | None:
    """Return the file of what libraries keep between two starts of a server.

    Compiled by numba and the like in a sandbox that ran nobody's code, and read in
    such a one again. None where this user has no place for it.
    """
    names = ("numba", "llvmlite", "librosa", "numpy", "matplotlib")
    words = [sys.prefix, platform.python_version(), *map(_version, names)]
    key = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
    try:
        folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        return None
    return Path(folder, "coursekit", f"sandbox-{key}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def load_cache() -> dict[str, Any]:
    """Return what was saved, name to content."""
    path = cache_file()
    try:
        kept = wire.decode(path.read_bytes()) if path is not None else {}
    except (OSError, wire.WireError):
        return {}
    return kept if isinstance(kept, dict) else {}


def save_cache(files: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Save what libraries keep, whole or not at all; without a place, do nothing.

    Parameters
    ----------
    files
        Name to content.
    known
        What is saved already.
    """
    path, content = cache_file(), wire.encode(dict(files))
    if path is None or content == wire.encode(dict(known)):
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
