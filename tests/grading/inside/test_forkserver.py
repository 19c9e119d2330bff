"""What the process that forks does before it forks; the rest is in test_sandbox."""

import os
import subprocess
import sys

import numpy as np
import pytest

from coursekit.grading.inside import child, forkserver

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="it runs in the sandbox, which needs Linux"
)


def run(source, tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path)}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    environment["MPLCONFIGDIR"] = environment["NUMBA_CACHE_DIR"] = str(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-I", "-c", source],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_the_cache_is_read_as_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(forkserver, "CACHE", str(tmp_path))
    files = {
        "a": np.arange(256, dtype=np.uint8),
        "deep/er/b": np.zeros(0, dtype=np.uint8),
    }
    child.write_files(files, tmp_path)
    again = forkserver._read_cache()
    assert list(again) == ["a", "deep/er/b"]
    for name in files:
        np.testing.assert_array_equal(again[name], files[name])


def test_no_more_of_it_is_read_than_there_is_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr(forkserver, "CACHE", str(tmp_path))
    for name in "abc":
        (tmp_path / name).write_bytes(bytes(100))
    monkeypatch.setattr(forkserver, "LARGEST_CACHE", 250)
    assert list(forkserver._read_cache()) == ["a", "b"]


PRELOAD = """
import sys
from coursekit.grading.inside import forkserver
shell = forkserver.preload(
    ["scipy.fft", "no_such_module", "coursekit.fourier", "coursekit.homework.hw1_dft"]
)
import coursekit, coursekit.homework
print("scipy.fft" in sys.modules)
print(sorted(n for n in sys.modules if n.startswith(("coursekit.f", "coursekit.h"))))
print(hasattr(coursekit, "fourier"), hasattr(coursekit.homework, "hw1_dft"))
print(shell.run_cell("6 * 7", store_history=False).result)
"""


def test_libraries_are_imported_ahead_and_the_course_is_forgotten(tmp_path):
    scipy, course, attributes, result = run(PRELOAD, tmp_path).split("\n")
    assert scipy == "True"
    kept = [
        f"coursekit.homework.checks.{name}"
        for name in ("answers", "ask", "calls", "cases")
    ]
    packages = ["coursekit.homework", "coursekit.homework.checks"]
    assert course == str([*packages, *kept])
    assert attributes == "False False"
    assert result == "42"


REFUSAL = """
import threading, time
from coursekit.grading.inside import forkserver
if {threads}:
    threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
if {broken}:
    def broken():
        raise OSError("no room in the namespace")
    forkserver._leave = broken
print(forkserver.refusal())
"""


def test_it_is_said_why_forks_cannot_be_isolated(tmp_path):
    threads = run(REFUSAL.format(threads=True, broken=False), tmp_path)
    assert threads.startswith("2 threads are running")
    broken = run(REFUSAL.format(threads=False, broken=True), tmp_path)
    assert broken == "no room in the namespace"


def test_a_trial_that_works_is_told_from_one_that_ends_without_a_word(tmp_path):
    silent = REFUSAL.format(threads=False, broken=False).replace(
        "print(", "import os\nforkserver._leave = lambda: os._exit(0)\nprint("
    )
    assert run(silent, tmp_path) == "the trial ended without a word"
