"""A resource monitor: what a submission uses, counted over all of its processes.

There may be no control group to do it, so somebody looks, again and again; limits of
the system stand behind it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Iterable

from coursekit.grading.sandbox import contract

INTERVAL = 0.05
"""Seconds between two looks at what a submission uses."""


class ResourceMonitor(threading.Thread):
    """Looks at all processes of a submission, and ends them if they take too much.

    Parameters
    ----------
    pid
        Of the first process.
    pidfd
        Of the one with which all others end.
    limits
        What they may use together.

    Attributes
    ----------
    reason
        Why they were ended: "memory", "timeout", or "" while they were not.
    """

    def __init__(self, pid: int, pidfd: int, limits: contract.Limits) -> None:
        super().__init__(name=f"watch-{pid}", daemon=True)
        self.pid = pid
        self.pidfd = pidfd
        self.limits = limits
        self.reason = ""
        self._is_over = threading.Event()

    def run(self) -> None:
        """Look again and again, until `stop` or until they are ended."""
        while not self.reason and not self._is_over.wait(INTERVAL):
            self.reason = self.look()
            if self.reason:
                with contextlib.suppress(OSError):
                    signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def look(self) -> str:
        """Return why they must be ended, or ""."""
        pids = family(self.pid)
        if memory(pids, self.limits.memory) > self.limits.memory:
            return "memory"
        return "timeout" if cpu(pids) > self.limits.seconds + 1 else ""

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()
        if self.is_alive():
            self.join()


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it.

    Examples
    --------
    >>> os.getpid() in family(os.getpid())
    True
    """
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{found[-1]}/task"):
                path = f"/proc/{found[-1]}/task/{task}/children"
                todo += map(int, _read(path).split())
    return found


def memory(pids: Iterable[int], enough: int = 0) -> int:
    """Return the bytes of memory that processes take, shared ones divided.

    Parameters
    ----------
    pids
        Their numbers.
    enough
        A sum that counts shared memory again for each process takes less time, and
        is returned where it is not above this.

    Examples
    --------
    >>> 2**20 < memory([os.getpid()]) < 2**40
    True
    """
    pids = list(pids)
    page = os.sysconf("SC_PAGE_SIZE")
    rough = sum(
        page * int((_read(f"/proc/{p}/statm") or "0 0").split()[1]) for p in pids
    )
    return rough if rough <= enough else sum(map(_share, pids))


def _share(pid: int) -> int:
    told = re.findall(
        r"^(?:Pss|SwapPss): +(\d+) kB", _read(f"/proc/{pid}/smaps_rollup"), re.M
    )
    return 1024 * sum(map(int, told))


def address_space(pid: int) -> int:
    """Return the bytes of address space that a process has mapped, used or not.

    Parameters
    ----------
    pid
        Its number; 0 is returned where it is gone.

    Examples
    --------
    >>> address_space(os.getpid()) > memory([os.getpid()])
    True
    """
    pages = (_read(f"/proc/{pid}/statm") or "0").split()[0]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def cpu(pids: Iterable[int]) -> float:
    """Return the seconds of CPU time of processes and those they have waited for.

    Examples
    --------
    >>> 0 < cpu([os.getpid()]) < 1e6
    True
    """
    ticks = 0
    for pid in pids:
        told = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        ticks += sum(map(int, told[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _read(path: str) -> str:
    """Return a file of /proc, "" where its process is gone."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
