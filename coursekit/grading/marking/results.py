"""An append-only log of verdicts: no submission is run twice, no marks are lost.

One homework's verdicts lie in an append-only file of the course,
``.coursekit/<homework>/results.jsonl``: a line for each, with a checksum. Whoever is
killed while writing leaves at most one torn line, which nobody reads. A verdict is
found again by the digest of all that it depends on: what runs, beside which files,
within which limits, judged by which tables and which code.

`Lock` lets one process at a time grade in a course.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import platform
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from coursekit.grading.marking.verdict import Submission, Verdict

FOLDER = ".coursekit"
"""Where a course keeps what only the grader reads."""

LIBRARIES = ("numpy", "scipy", "torch", "librosa", "soundfile", "soxr")
"""Libraries whose release may change an answer."""

_PACKAGE = Path(__file__).parents[2]


# --- what a verdict depends on ----------------------------------------------------


def digest(submission: Submission, homework: str, secret: bytes, judge: str) -> str:
    """Return the name of a verdict: another one wherever the verdict may differ.

    Parameters
    ----------
    submission
        What was handed in.
    homework
        Its name.
    secret
        The instructors': the hidden inputs are drawn from it.
    judge
        What else the marks depend on; see `fingerprint`.

    Returns
    -------
    str
        64 hexadecimal digits: HMAC-SHA256, which tells nothing to those without
        the secret.

    Examples
    --------
    >>> cells = [{"cell_type": "code", "source": "x = 1"}]
    >>> ada = Submission("ada", {"cells": cells})
    >>> one = digest(ada, "hw0", b"0123456789abcdef", "")
    >>> bob = Submission("bob", {"cells": cells})
    >>> len(one), one == digest(bob, "hw0", b"0123456789abcdef", "")
    (64, False)
    """
    words = [
        *(homework, judge, submission.student, submission.parts),
        *([asdict(cell) for cell in submission.cells()], asdict(submission.limits)),
        list(_files(submission.files)),
    ]
    message = json.dumps(words).encode("ascii")
    return hmac.new(secret, b"verdict" + message, hashlib.sha256).hexdigest()


def _files(folder: Path | None) -> Iterator[tuple[str, str]]:
    """Yield name and content of each file that a submission finds beside it."""
    if folder is None:
        return
    for path in sorted(folder.rglob("*")):
        if path.suffix != ".ipynb" and path.is_file() and not path.is_symlink():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            yield str(path.relative_to(folder)), content


def fingerprint(cases: Path, runner: str) -> str:
    """Return a word for whatever judges: the cases, this package, the libraries.

    Parameters
    ----------
    cases
        The file of the hidden cases.
    runner
        Where submissions run: the name of its class.

    Examples
    --------
    >>> fingerprint(Path(__file__), "a") == fingerprint(Path(__file__), "b")
    False
    """
    content = hashlib.sha256(cases.read_bytes()).hexdigest()
    words = [content, runner, _package(), platform.python_version()]
    return hashlib.sha256(json.dumps(words).encode("ascii")).hexdigest()


@cache
def _package() -> str:
    """Return a word for this package's code, its recordings, and the libraries."""
    found = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix == ".py" or path.name.startswith("MANIFEST"):
            name = str(path.relative_to(_PACKAGE)).encode()
            found.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    for library in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found.update(f"{library}=={version(library)}".encode())
    return found.hexdigest()


# --- the file -------------------------------------------------------------------


@dataclass(frozen=True)
class StoredVerdict:
    """A verdict that was reached, as plain data.

    Parameters
    ----------
    student, notebook
        Whose, and the notebook's name.
    digest
        From `digest`.
    seconds
        Wall time that it took.
    verdict
        From ``Verdict.to_dict``; None takes an earlier one back.
    """

    student: str
    notebook: str
    digest: str
    seconds: float
    verdict: Mapping[str, Any] | None


_HEAD = b'{"checksum": "%s", "result": '
_BODY = len(_HEAD % (b"0" * 64))


def line(result: StoredVerdict) -> bytes:
    """Return a result as one line of JSON, its checksum first.

    Parameters
    ----------
    result
        To write.
    """
    body = json.dumps(asdict(result), sort_keys=True).encode("ascii")
    return _HEAD % hashlib.sha256(body).hexdigest().encode() + body + b"}\n"


def read_line(text: bytes) -> StoredVerdict | None:
    """Return what `line` wrote, or None where the line is torn or changed.

    Parameters
    ----------
    text
        One line, with its end.

    Examples
    --------
    >>> one = StoredVerdict("ada", "dft", "00", 0.5, {"points": {"dft": 3.0}})
    >>> read_line(line(one)) == one, read_line(line(one)[:-1])
    (True, None)
    """
    body = text[_BODY:-2]
    head = _HEAD % hashlib.sha256(body).hexdigest().encode()
    if text[:_BODY] != head or not text.endswith(b"}\n"):
        return None
    return StoredVerdict(**json.loads(body))


class Results:
    """The results of one homework, in a file that is only ever appended to.

    Many may read; whoever writes holds the course's `Lock`.

    Parameters
    ----------
    path
        The file; it need not exist.

    Attributes
    ----------
    rejected
        How many lines were torn or changed, and are not used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    @classmethod
    def of(cls, root: Path, homework: str) -> Results:
        """Return the results of a homework, the same object at every call.

        Parameters
        ----------
        root
            The course directory.
        homework
            Its name.
        """
        return _results(root.resolve() / FOLDER / homework / "results.jsonl")

    def get(self, student: str, digest: str) -> Verdict | None:
        """Return the newest verdict of that name, or None.

        Parameters
        ----------
        student
            The student's id.
        digest
            From the function `digest`.
        """
        self._read_on()
        found = self._found.get((student, digest))
        return Verdict.from_dict(found.verdict) if found and found.verdict else None

    def forget(self, student: str) -> int:
        """Take back all verdicts on one student; return how many there were.

        Parameters
        ----------
        student
            The student's id.
        """
        self._read_on()
        found = [r for r in self._found.values() if r.student == student and r.verdict]
        for result in found:
            self.append(replace(result, seconds=0.0, verdict=None))
        return len(found)

    def __len__(self) -> int:
        self._read_on()
        return sum(result.verdict is not None for result in self._found.values())

    def append(self, result: StoredVerdict) -> None:
        """Write one result; it is on disk when this returns.

        Parameters
        ----------
        result
            What was found.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = line(result)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        handle = os.open(self.path, flags, 0o600)
        try:
            while text:
                text = text[os.write(handle, text) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def mend(self) -> int:
        """Cut off a torn last line, so that the next one starts on its own.

        Only for whoever holds the lock.

        Returns
        -------
        int
            How many bytes were cut off.
        """
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return 0
        with self.path.open("rb+") as file:
            keep = _end_of_last_line(file, size)
            if keep < size:
                file.truncate(keep)
                os.fsync(file.fileno())
        self._forget()
        return size - keep

    def _forget(self) -> None:
        self._found: dict[tuple[str, str], StoredVerdict] = {}
        self._at = self._inode = self.rejected = 0

    def _read_on(self) -> None:
        """Read the whole lines that have been written since the last time."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return self._forget()
        with file:
            now = os.fstat(file.fileno())
            if now.st_ino != self._inode or now.st_size < self._at:
                self._forget()
                self._inode = now.st_ino
            file.seek(self._at)
            for text in file:
                if not text.endswith(b"\n"):
                    break  # somebody writes it right now, or was killed
                self._at += len(text)
                self._keep(read_line(text))

    def _keep(self, result: StoredVerdict | None) -> None:
        if result is None:
            self.rejected += 1
        else:
            self._found[result.student, result.digest] = result


@cache
def _results(path: Path) -> Results:
    return Results(path)


def _end_of_last_line(file: Any, size: int, block: int = 1 << 16) -> int:
    """Return how many bytes of an open file are whole lines."""
    end = size
    while end > 0:
        start = max(0, end - block)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


# --- one at a time --------------------------------------------------------------


class HeldError(RuntimeError):
    """Somebody else holds the lock; the message says who."""


_held: set[int] = set()


def _let_go_in_child() -> None:
    """Close the locks that a forked process has inherited: they are its parent's."""
    for handle in _held:
        os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_in_child)


class Lock:
    """A lock that the kernel releases when its holder ends, however it ends.

    It may be entered again by the thread that holds it.

    Parameters
    ----------
    path
        Its file, which is made for its owner alone and stays there.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> mine, other = (Lock(Path(folder.name, "lock")) for _ in range(2))
    >>> with mine, mine:
    ...     try:
    ...         other.__enter__()
    ...     except HeldError as error:
    ...         print(str(error).split(":")[1])
     wait until it is done, or end it; what it has graded stays graded
    >>> folder.cleanup()
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1
        self._depth = 0
        self._holder = (0, 0)

    @classmethod
    def of(cls, root: Path) -> Lock:
        """Return the lock of a course, the same object at every call.

        Parameters
        ----------
        root
            The course directory.
        """
        return _lock(root.resolve() / FOLDER / "lock")

    def __enter__(self) -> Self:
        me = (os.getpid(), threading.get_ident())
        if self._depth == 0 or self._holder != me:
            self._take()
            self._depth, self._holder = 0, me
        self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            _held.discard(self._handle)
            os.close(self._handle)

    def _take(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            os.close(handle)
            raise HeldError(
                f"process {holder or '(starting)'} is grading in this course: wait "
                "until it is done, or end it; what it has graded stays graded"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle
        _held.add(handle)


@cache
def _lock(path: Path) -> Lock:
    return Lock(path)
