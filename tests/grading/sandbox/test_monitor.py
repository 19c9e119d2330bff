"""What processes use, seen from outside."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coursekit.grading.sandbox.contract import Limits
from coursekit.grading.sandbox.monitor import ResourceMonitor, cpu, family, memory

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="it reads /proc, as Linux has it"
)


def wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class Burning:
    """A process that burns, and its child."""

    def __init__(self, source):
        command = [sys.executable, "-I", "-c", source]
        self.process = subprocess.Popen(command, start_new_session=True)
        self.pidfd = os.pidfd_open(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its children too
        self.process.wait()
        os.close(self.pidfd)


def test_time_is_counted_over_all_processes_together():
    with Burning("import os\nos.fork()\nwhile True: pass") as it:
        watch = ResourceMonitor(it.process.pid, it.pidfd, Limits(seconds=-0.2))
        watch.start()
        watch.join(20)
        assert watch.reason == "timeout"
        assert it.process.wait(5) == -signal.SIGKILL


def test_shared_memory_is_counted_once():
    source = (
        "import os, time\nx = bytearray(b'x') * 10**8\n"
        "os.fork() and os.fork()\ntime.sleep(60)"
    )
    with Burning(source) as it:
        assert wait_until(lambda: len(family(it.process.pid)) == 3, 10)
        pids = family(it.process.pid)
        try:
            assert memory(pids, 2**40) > 3 * 10**8
            assert 10**8 < memory(pids) < 1.5 * 10**8
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: memory(pids) == 0)


def test_nobody_takes_nothing():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert (memory([gone.pid]), cpu([gone.pid])) == (0, 0)
    assert family(gone.pid) == [gone.pid]


def test_a_family_grows_and_shrinks():
    with Burning("import os, time\nos.fork()\ntime.sleep(60)") as it:
        assert wait_until(lambda: len(family(it.process.pid)) == 2)
        _, child = family(it.process.pid)
        assert str(it.process.pid) in Path(f"/proc/{child}/stat").read_text()
        os.kill(child, signal.SIGKILL)


def test_who_takes_little_is_left_alone():
    with Burning("import time\ntime.sleep(0.5)") as it:
        watch = ResourceMonitor(it.process.pid, it.pidfd, Limits())
        watch.start()
        assert it.process.wait(20) == 0
        watch.stop()
        assert watch.reason == ""
        assert not watch.is_alive()
