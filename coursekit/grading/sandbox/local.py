"""A submission in a plain subprocess: bounds against accidents, no wall.

`LocalRunner` starts one bounded in time, memory, file size and processes, in a folder
of its own and without this process's environment. It keeps an accident from hurting
anybody; it is no wall against malice: the child may read whatever this user may read.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coursekit.grading.sandbox.contract import Cell, Child, Setting
from coursekit.grading.sandbox.session import Answering, Process, plain_files


class LocalRunner:
    """Runs each submission in a subprocess of this user.

    Parameters
    ----------
    python
        The interpreter; the one that runs this by default.

    Examples
    --------
    >>> from coursekit.homework.checks.cases import Part
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


def copy_files(source: Path | None, target: Path, most: int) -> None:
    """Copy a submission's plain files.

    Parameters
    ----------
    source, most
        The submission's folder or None, and bytes after which no more are copied.
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
