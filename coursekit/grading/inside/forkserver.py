"""Inside the sandbox: a process that has everything loaded, and forks the others.

Importing numpy, scipy, torch and librosa takes seconds; a fork takes hundredths. So
one process does the imports, once, in a sandbox that holds no course data; it runs
nobody's code. For each submission it forks one that leaves for namespaces of its own
and shuts the door behind it before it hears of the submission:

- no other process to be seen, signalled or traced; none outlives it, since it is the
  first process of its own process namespace;
- a folder for all that it writes and a ``/dev/shm`` of its own, of limited size;
- no ``/proc``, no terminals;
- no network, no shared memory, no capability, and a filter on system calls.

Where the system does not allow namespaces within namespaces, `single` serves one
submission in a sandbox of its own: slower, and just as closed.

A fork hears from the grader on two sockets: on ``status`` how much it may use, until
it has shut itself in, then on ``channel`` all the rest (see
`coursekit.grading.inside.child`).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import random
import resource
import socket
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import coursekit
from coursekit.grading.inside import child, kernel, wire

NOBODY = 65534
"""The user that submissions run as, inside; outside as well where root grades."""

BOX = "/submission"
"""Where a submission may write: a file system of its own, of limited size."""

WORK, HOME, TEMPORARY = f"{BOX}/work", f"{BOX}/home", f"{BOX}/tmp"
"""Its working directory, with its files in it, its home, and its ``/tmp``."""

CACHE = f"{BOX}/cache"
"""Where libraries keep what took them long to compute; a submission has a copy."""

LARGEST_CACHE = 64 * 2**20
"""Bytes of it that are kept."""

KEPT = (
    "coursekit.grading",
    *(
        f"coursekit.homework.checks.{name}"
        for name in ("answers", "ask", "calls", "cases")
    ),
)
"""Modules of the course that every fork uses itself."""

PACKAGES = ("coursekit.homework", "coursekit.homework.checks")
"""Their packages: without these no submission could import one of them."""

CHANNEL, STATUS = 3, 4
"""The numbers under which a fork finds its two sockets."""

ISOLATION = (kernel.USER | kernel.MOUNT | kernel.PROCESS | kernel.NET | kernel.IPC) | (
    kernel.UTS | kernel.CGROUP
)


def main() -> None:
    """Serve on the socket whose number is the first argument, until it closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    leave_root()
    _make_folders()
    told = wire.decode(wire.read_message(control))
    child.write_files(told["files"], CACHE)
    shell = preload(told["libraries"])
    cache = _read_cache()
    ready = {"kind": "ready", "refused": refusal(), "files": cache}
    wire.write_message(control, wire.encode(ready))
    while True:
        data, numbers, _, _ = socket.recv_fds(control, 1, 3)
        if not data:
            return
        _fork(numbers, cache, shell)


def single() -> None:
    """Serve one submission: sockets and output in the first three arguments."""
    leave_root()
    try:
        _enter([int(text) for text in sys.argv[1:4]], is_nested=False)
    finally:
        os._exit(1)


def trial() -> None:
    """Do nothing, but as the user that does the rest, with what that one must read."""
    leave_root()
    _make_folders()
    for name in ("IPython", "coursekit.fourier"):
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise ImportError(f"{name} is not there or cannot be read")
        Path(found.origin).read_bytes()


def leave_root() -> None:
    """Become an ordinary user, if this is none."""
    if os.getuid() == 0:
        kernel.become(NOBODY)


# --- loading --------------------------------------------------------------------


def preload(names: Iterable[str]) -> Any:
    """Import what submissions are likely to import; return a shell for one.

    The course's own modules are forgotten again: a submission imports them after
    its guards are set, or they would hold on to what it may not call.

    Parameters
    ----------
    names
        Of modules; what cannot be imported is left to whoever needs it.
    """
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    _forget_course()
    _warm_up()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    shell = child.make_shell()
    gc.collect()
    gc.freeze()
    return shell


def _forget_course() -> None:
    for name in [name for name in sys.modules if name.startswith("coursekit.")]:
        if name not in PACKAGES and not name.startswith(KEPT):
            parent, _, last = name.rpartition(".")
            vars(sys.modules.get(parent, coursekit)).pop(last, None)
            del sys.modules[name]


def _warm_up() -> None:
    """Do once what takes long the first time: fonts, and what numba compiles."""
    steps: list[Callable[[], Any]] = []
    if "matplotlib.pyplot" in sys.modules:
        steps.append(_draw_something)
    if "librosa.core.spectrum" in sys.modules:
        steps += _librosa_steps()
    for step in steps:
        with contextlib.suppress(Exception):
            step()


def _draw_something() -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([0, 1], label="$x$")
    axes.set_title("title")
    axes.legend()
    figure.canvas.draw()
    pyplot.close("all")


def _librosa_steps() -> Iterator[Callable[[], Any]]:
    """Yield calls of librosa that compile what it is most used for."""
    import librosa
    import numpy as np

    x = np.sin(np.arange(8192) ** 2 / 5000)
    yield lambda: librosa.istft(librosa.stft(x))
    yield lambda: librosa.istft(librosa.stft(x.astype(np.float32)))
    yield lambda: librosa.effects.pitch_shift(x, sr=8000, n_steps=2)
    yield lambda: librosa.yin(x, fmin=100, fmax=800, sr=8000)
    yield lambda: librosa.pyin(x, fmin=100, fmax=800, sr=8000)
    yield lambda: librosa.feature.mfcc(y=x, sr=8000)
    yield lambda: librosa.sequence.dtw(x[None, :20], x[None, 5:25])


def _read_cache() -> dict[str, Any]:
    """Return the files of the cache as `child.write_files` writes them."""
    import numpy as np

    found, left = {}, LARGEST_CACHE
    for path in sorted(Path(CACHE).rglob("*")):
        if path.is_file():
            left -= path.stat().st_size
            if left >= 0:
                content = np.fromfile(path, dtype=np.uint8)
                found[str(path.relative_to(CACHE))] = content
    return found


# --- forking --------------------------------------------------------------------


def refusal() -> str:
    """Try the isolation on a fork; return why it does not work here, or ""."""
    if not os.path.isdir("/proc/self"):
        return "there is no /proc"
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        return f"{threads} threads are running, and a fork needs that there be one"
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            _leave()
            if os.fork() == 0:
                _shut(disk=2**20, files=100)
                os.write(writer, b"it works")
        except BaseException as error:
            os.write(writer, str(error).encode() or b"an error without words")
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(process, 0)
    with os.fdopen(reader, "rb") as file:
        said = file.read().decode("utf-8", "replace")
    return "" if said == "it works" else said or "the trial ended without a word"


def _fork(numbers: list[int], cache: Mapping[str, Any], shell: Any) -> None:
    """Start the process of one submission, and go on."""
    process = os.fork()
    if process == 0:
        try:
            _leave()
            if os.fork() == 0:
                _enter(numbers, cache=cache, shell=shell)
        except BaseException:
            _complain(numbers[2], traceback.format_exc())
        finally:
            os._exit(0)
    for number in numbers:
        os.close(number)
    os.waitpid(process, 0)


def _complain(status: int, why: str) -> None:
    message = wire.encode({"kind": "failed", "why": why})
    with contextlib.suppress(wire.WireError, OSError):
        wire.write_message(socket.socket(fileno=status), message)


def _leave() -> None:
    """Leave for new namespaces; the next fork is the first process in its own."""
    user, group = os.geteuid(), os.getegid()
    kernel.be_readable()
    kernel.unshare(ISOLATION)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def _shut(disk: int, files: int) -> None:
    """Shut this process in: new places to write, no /proc, no rights, fewer calls."""
    kernel.mount("none", "/", kernel.RECURSIVE | kernel.PRIVATE)
    plain = kernel.NO_SETUID | kernel.NO_DEVICES
    kernel.mount("tmpfs", BOX, plain, f"size={disk},nr_inodes={files},mode=0700")
    kernel.mount("tmpfs", "/dev/shm", plain, f"size={disk // 4},nr_inodes=1000")
    for folder in ("/dev/pts", "/proc"):
        kernel.mount("tmpfs", folder, kernel.READ_ONLY, "size=4k,mode=0555")
    _lock()


def _lock() -> None:
    kernel.drop_rights()
    kernel.filter_calls()


def _enter(
    numbers: list[int],
    is_nested: bool = True,
    cache: Mapping[str, Any] | None = None,
    shell: Any = None,
) -> None:
    """Be the process of one submission, from its first breath to its end."""
    with contextlib.suppress(PermissionError):  # it leads a session already
        os.setsid()  # else a signal to its group would reach the server
    channel, status = _take_descriptors(numbers)
    status.send(b"h")
    order = wire.decode(wire.read_message(status))
    try:
        if is_nested:
            _shut(order["disk"], order["files"])
        else:
            _lock()
        _settle(order["cache"] if cache is None else cache)
        answer = {"kind": "shut"}
    except BaseException:
        answer = {"kind": "failed", "why": traceback.format_exc()}
    wire.write_message(status, wire.encode(answer))
    status.close()
    if answer["kind"] == "shut":
        _serve(channel, shell)


def _take_descriptors(numbers: list[int]) -> tuple[socket.socket, socket.socket]:
    """Keep the two sockets and the output that are given, and close all others."""
    import fcntl

    high = [fcntl.fcntl(number, fcntl.F_DUPFD, 64) for number in numbers]
    nothing = os.open(os.devnull, os.O_RDONLY)
    for new, old in enumerate((nothing, high[1], high[1], high[0], high[2])):
        os.dup2(old, new, inheritable=new < CHANNEL)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    os.closerange(STATUS + 1, min(most, 2**20) if most > 0 else 2**20)
    return socket.socket(fileno=CHANNEL), socket.socket(fileno=STATUS)


def _settle(cache: Mapping[str, Any]) -> None:
    """Make the folders of this process, and its own random numbers.

    Python's `random` draws others after each fork anyway.
    """
    os.umask(0o022)
    _make_folders()
    child.write_files(cache, CACHE)
    os.chdir(WORK)
    resource.setrlimit(resource.RLIMIT_MSGQUEUE, (0, 0))
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(random.SystemRandom().randrange(2**32))
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(random.SystemRandom().randrange(2**63))


def _make_folders() -> None:
    for folder in (WORK, HOME, TEMPORARY, CACHE):
        Path(folder).mkdir(exist_ok=True)


def _serve(channel: socket.socket, shell: Any) -> None:
    try:
        child.serve(channel, shell)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(0)
