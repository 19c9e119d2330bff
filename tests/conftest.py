"""One thread for everybody: tests already run side by side, one process a core."""

import os

# Has to be said before numpy and torch are loaded; kernels and children inherit it.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
