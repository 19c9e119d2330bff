"""The runner of the benchmarks: its table and its exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")

BENCH = """
from timing import Row, versus

def rows():
    yield "as fast", 0.25, 0.5, 0.5, 1.0
    yield Row("the slower one", 0.5, 0.25, {ratio}, 1.0)
    yield versus("timed", lambda: sum(range(9)), lambda: sum(range(90000)), 1.0, runs=3)
"""


def bench(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("ratio", "status", "verdict", "summary"),
    [
        ("0.9", 0, "ok", "all within their limits"),
        ("2.0", 1, "TOO SLOW", "1 above the limit"),
        ("float('nan')", 1, "TOO SLOW", "1 above the limit"),
    ],
)
def test_a_broken_limit_fails(tmp_path, ratio, status, verdict, summary):
    (tmp_path / "bench_thing.py").write_text(BENCH.format(ratio=ratio))
    done = bench(tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == status, done.stderr
    assert lines[1].split() == ["as", "fast", "0.2500", "0.5000", "0.50", "1.00", "ok"]
    assert lines[2].startswith("the slower one")
    assert lines[2].endswith(verdict)
    assert lines[3].startswith("timed")
    assert lines[3].endswith("ok")
    assert lines[4] == summary


def test_every_file_runs_and_an_empty_folder_is_no_success(tmp_path):
    assert bench(tmp_path).returncode == 1
    for name in ("a", "b"):
        text = f"def rows():\n    yield '{name}', 1.0, 1.0, 1.0, 1.0\n"
        (tmp_path / f"bench_{name}.py").write_text(text)
    (tmp_path / "other.py").write_text("raise SystemExit(9)\n")
    done = bench(tmp_path)
    assert done.returncode == 0
    assert [row[0] for row in done.stdout.splitlines()[1:3]] == ["a", "b"]


def test_a_broken_benchmark_is_a_failure(tmp_path):
    (tmp_path / "bench_broken.py").write_text("def rows():\n    yield 1 / 0\n")
    assert bench(tmp_path).returncode == 1
