"""Run every benchmark beside this file and print what we cost against others.

``python tests/bench/run.py [folder]``: each ``bench_*.py`` has a function `rows`
that yields ``(what, ours seconds, peer seconds, ratio, limit)``. The exit status is
1 where a ratio is above its limit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

# One thread for everybody; has to be said before numpy is loaded.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def rows_of(path: Path) -> Iterable[tuple[str, float, float, float, float]]:
    """Load one benchmark file and return its rows."""
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load the benchmark {path}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.rows()


def line(what: str, ours: float, peer: float, ratio: float, limit: float) -> str:
    """Return one line of the table."""
    verdict = "ok" if ratio <= limit else "TOO SLOW"
    return f"{what:<58} {ours:9.4f} {peer:9.4f} {ratio:6.2f} {limit:6.2f}  {verdict}"


def main(folder: Path) -> int:
    """Print the table; return the exit status."""
    files = sorted(folder.glob("bench_*.py"))
    if not files:
        print(f"no bench_*.py in {folder}")
        return 1
    print(f"{'median seconds':<58} {'ours':>9} {'peer':>9} {'ratio':>6} {'limit':>6}")
    slow = 0
    for path in files:
        for row in rows_of(path):
            print(line(*row), flush=True)
            slow += not row[3] <= row[4]  # a ratio that is no number is too slow
    print(f"{slow} above the limit" if slow else "all within their limits")
    return int(slow > 0)


if __name__ == "__main__":
    here = Path(__file__).parent
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else here))
