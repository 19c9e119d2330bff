"""One thread for everybody: tests already run side by side, one process a core."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

# Has to be said before numpy and torch are loaded; kernels and children inherit it.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

OURS = ("coursekit-*", "tmp*.json")
"""Folders of submissions, and files that tell where a kernel listens."""


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_behind(tmp_path_factory):
    """Each process that tests has a temporary folder, in which it leaves none of ours.

    Its name is short: paths of sockets, of 107 bytes at most, begin with it.
    """
    tmp_path_factory.getbasetemp()  # stays where pytest wants it
    with pytest.MonkeyPatch.context() as patch:
        mine = Path(tempfile.mkdtemp(prefix="ck-"))
        mine.chmod(0o755)
        patch.setenv("TMPDIR", str(mine))
        patch.setattr(tempfile, "tempdir", str(mine))
        yield
        left = sorted(path.name for kind in OURS for path in mine.glob(kind))
    shutil.rmtree(mine, ignore_errors=True)
    assert left == [], f"these were left in the temporary folder: {left}"
