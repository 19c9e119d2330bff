"""`coursekit.spatial` against scikit-learn, a plain loop, and its own methods.

The field is that of a mixture as the lectures have it: 513 bins, four seconds.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from timing import Row, versus

from coursekit.spatial import (
    Em,
    alpha_expansion,
    anneal,
    belief_propagation,
    belief_propagation_max,
    fit_gmm,
    gibbs,
    graph_cut,
    histogram,
    icm,
    mean_field,
)
from coursekit.spatial.table_deck import BETA, NOISY, draw

ITERATIONS = 20  # of EM, for both


def rows() -> Iterator[Row]:
    """Yield EM, the sweep of a field, and inference against the exact cut."""
    problem = draw(NOISY, "train", 0)
    yield from _mixtures(np.ravel(problem.observation.ilds))
    U = problem.unary
    yield versus(
        "ICM, one sweep of 513 by 251 bins, a loop over bins",
        lambda: icm(U, BETA, iterations=1),
        lambda: loop_sweep(U, BETA),
        limit=0.2,
        runs=3,
    )
    for name, run, limit in _inference(U):
        yield versus(
            f"{name}, 513 by 251 bins, graph cut",
            run,
            lambda: graph_cut(U, BETA),
            limit=limit,
            runs=3,
        )


def _mixtures(x: np.ndarray) -> Iterator[Row]:
    start = np.quantile(x, [0.25, 0.75])[:, None]
    settings = Em(iterations=ITERATIONS, tolerance=-1)

    def peer() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            GaussianMixture(
                2, covariance_type="diag", tol=0, max_iter=ITERATIONS, means_init=start
            ).fit(x[:, None])

    every = "EM, 20 iterations on 513 by 251 bins, scikit-learn"
    yield versus(every, lambda: fit_gmm(x, 2, settings=settings), peer, 1.0, runs=5)

    def on_histogram() -> None:
        centres, masses = histogram(x)
        fit_gmm(centres, 2, masses, settings=settings)

    yield versus("the same on a histogram, scikit-learn", on_histogram, peer, 0.2, 5)


def _inference(U: np.ndarray) -> Iterator[tuple]:
    rng = np.random.default_rng(0)
    yield "ICM", lambda: icm(U, BETA), 2.0
    yield "mean field, 15 steps", lambda: mean_field(U, BETA), 2.0
    yield "BP, sum, 15 steps", lambda: belief_propagation(U, BETA), 4.0
    yield "BP, max, 15 steps", lambda: belief_propagation_max(U, BETA), 3.0
    yield "Gibbs, 50 sweeps", lambda: gibbs(U, BETA, rng), 10.0
    yield "annealing, 40 sweeps", lambda: anneal(U, BETA, rng), 8.0
    yield "alpha-expansion", lambda: alpha_expansion(U, BETA), 8.0


def loop_sweep(U: np.ndarray, beta: float) -> np.ndarray:
    """Change one bin after the other, as one would write it down first."""
    bins, frames = U.shape[1:]
    y = np.argmax(U, axis=0)
    for f in range(bins):
        for t in range(frames):
            score = U[:, f, t].copy()
            for g, u in ((f - 1, t), (f + 1, t), (f, t - 1), (f, t + 1)):
                if 0 <= g < bins and 0 <= u < frames:
                    score[y[g, u]] += beta
            y[f, t] = np.argmax(score)
    return y
