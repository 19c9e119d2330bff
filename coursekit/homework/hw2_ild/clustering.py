"""Whose sample is it: the two steps of EM for a mixture of Gaussians."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit import spatial
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes
from coursekit.homework.hw2_ild.scene import Triple
from coursekit.homework.own_data import Numbers, Rng

# --- the homework's own functions -----------------------------------------------


def e_step(x: Numbers, pi: Numbers, mu: Numbers, var: Numbers) -> Numbers:
    """Return who is responsible for each sample.

    Parameters
    ----------
    x
        Level differences in dB, ``(n,)``.
    pi, mu, var
        Shares, means and variances of the talkers, ``(K,)``.

    Returns
    -------
    R
        ``(n, K)``, each row sums to 1: those of `coursekit.spatial.e_step`.

    Examples
    --------
    >>> e_step(np.array([0.0]), np.ones(2) / 2, np.array([-7.0, 7.0]), np.ones(2))
    array([[0.5, 0.5]])
    """
    return spatial.e_step(x, spatial.Gmm(pi, mu, var))[0]


def m_step(x: Numbers, R: Numbers, w: Numbers, floor: float) -> Triple:
    """Return the shares, means and variances that fit best.

    Parameters
    ----------
    x
        Level differences in dB, ``(n,)``.
    R
        Responsibilities ``(n, K)``.
    w
        How much each sample counts, ``(n,)``.
    floor
        The least variance.

    Returns
    -------
    pi, mu, var
        ``(K,)`` each: those of `coursekit.spatial.m_step`.

    Examples
    --------
    >>> R = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> found = m_step(np.array([1.0, 3.0, 9.0]), R, np.ones(3), 0.5)
    >>> [part.round(3).tolist() for part in found]
    [[0.667, 0.333], [2.0, 9.0], [1.0, 0.5]]
    """
    gmm = spatial.m_step(x, R, w, floor=floor)
    return gmm.weights, gmm.means, gmm.variances


def _densities(x: Numbers, pi: Numbers, mu: Numbers, var: Numbers) -> Numbers:
    z = (x[:, None] - mu) ** 2 / var
    return pi * np.exp(-z / 2) / np.sqrt(2 * np.pi * var)


def _rows_to_one(p: Numbers) -> Numbers:
    return p / p.sum(axis=1, keepdims=True)


def _hardened(x: Numbers, pi: Numbers, mu: Numbers, var: Numbers) -> Numbers:
    R = e_step(x, pi, mu, var)
    return np.eye(len(pi))[R.argmax(axis=1)]


def _without_width(x: Numbers, pi: Numbers, mu: Numbers, var: Numbers) -> Numbers:
    return e_step(x, pi * np.sqrt(var), mu, var)


_WRONG_EXPECTATIONS: Mistakes = {
    "wrong-axis": (
        "these are normalised over the samples: each sample is shared out, so each row "
        "sums to 1",
        lambda *given: _densities(*given) / _densities(*given).sum(axis=0),
    ),
    "not-normalised": (
        "these are the densities: divide each row by its sum",
        _densities,
    ),
    "weights-ignored": (
        "pi is left out: a talker who speaks more often is the likelier one",
        lambda x, pi, mu, var: e_step(x, np.full(len(pi), 1 / len(pi)), mu, var),
    ),
    "variance-for-deviation": (
        "var was taken for the standard deviation: it is squared already",
        lambda x, pi, mu, var: e_step(x, pi, mu, var**2),
    ),
    "no-half": (
        "the half in the exponent is missing: the Gaussians are too narrow",
        lambda x, pi, mu, var: e_step(x, pi, mu, var / 2),
    ),
    "no-width": (
        "the factor 1/σ before the exponential is missing: a wide one is low",
        _without_width,
    ),
    "underflow": (
        "far from all means the densities are rounded to 0, and 0/0 is no number: "
        "subtract the largest logarithm before the exponential",
        lambda *given: _rows_to_one(_densities(*given)),
    ),
    "transposed": (
        "the talkers stand in the rows: one sample is one row, one talker one column",
        lambda *given: e_step(*given).T,
    ),
    "hard-decision": (
        "each sample is given to the likeliest talker whole: asked for are the shares",
        _hardened,
    ),
    "logarithms": (
        "these are the logarithms of the responsibilities",
        lambda *given: np.log(np.maximum(e_step(*given), 1e-300)),
    ),
}


def _moments(
    x: Numbers, R: Numbers, w: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return N_k, shares, means and bare variances."""
    W = R * w[:, None]
    N = W.sum(axis=0)
    mu = W.T @ x / N
    return N, N / N.sum(), mu, (W * (x[:, None] - mu) ** 2).sum(axis=0) / N


def _about_the_common_mean(x: Numbers, R: Numbers, w: Numbers, floor: float) -> Triple:
    N, pi, mu, _ = _moments(x, R, w)
    middle = np.average(x, weights=w)
    var = (R * w[:, None]).T @ (x - middle) ** 2 / N
    return pi, mu, np.maximum(var, floor)


def _over_all(x: Numbers, R: Numbers, w: Numbers, floor: float) -> Triple:
    N, pi, mu, _ = _moments(x, R, w)
    mu = mu * N / len(x)
    var = (R * w[:, None] * (x[:, None] - mu) ** 2).sum(axis=0) / N
    return pi, mu, np.maximum(var, floor)


def _unweighted_spread(x: Numbers, R: Numbers, w: Numbers, floor: float) -> Triple:
    _, pi, mu, _ = _moments(x, R, w)
    var = (R * (x[:, None] - mu) ** 2).sum(axis=0) / R.sum(axis=0)
    return pi, mu, np.maximum(var, floor)


def _then(
    change: Callable[[Numbers, Numbers, Numbers, Numbers, float], Triple],
) -> Callable[..., Triple]:
    """Return an M-step that does something else with the right moments."""

    def step(x: Numbers, R: Numbers, w: Numbers, floor: float) -> Triple:
        return change(*_moments(x, R, w), floor)

    return step


_WRONG_MAXIMISATIONS: Mistakes = {
    "weights-ignored": (
        "the weights w are left out: silent bins count as much as loud ones",
        lambda x, R, w, floor: m_step(x, R, np.ones(len(x)), floor),
    ),
    "weights-missing-in-the-variance": (
        "the variance is taken without the weights w, the rest with them",
        _unweighted_spread,
    ),
    "variance-not-floored": (
        "the variance has no floor: a talker who owns a single sample collapses onto "
        "it",
        _then(lambda N, pi, mu, var, floor: (pi, mu, var)),
    ),
    "floor-added": (
        "the floor is added to every variance: it is the least that one may be",
        _then(lambda N, pi, mu, var, floor: (pi, mu, var + floor)),
    ),
    "floor-under-the-deviation": (
        "the floor is held under the standard deviation: it is one of the variance",
        _then(
            lambda N, pi, mu, var, floor: (pi, mu, np.maximum(np.sqrt(var), floor) ** 2)
        ),
    ),
    "deviation-for-variance": (
        "the third result is the standard deviation: asked for is its square",
        _then(lambda N, pi, mu, var, floor: (pi, mu, np.sqrt(np.maximum(var, floor)))),
    ),
    "shares-not-normalised": (
        "pi is the sum of what each talker owns: divide by the sum over all talkers",
        _then(lambda N, pi, mu, var, floor: (N, mu, np.maximum(var, floor))),
    ),
    "means-over-all-samples": (
        "the means are divided by the number of samples: divide by N_k, what the "
        "talker owns",
        _over_all,
    ),
    "about-the-common-mean": (
        "the variances are taken about the mean of all samples: each talker has an own "
        "mean",
        _about_the_common_mean,
    ),
}


def mixture_of(rng: Rng, K: int) -> Triple:
    """Return shares, means in dB and variances of K talkers, in any order.

    Parameters
    ----------
    rng
        Draws them.
    K
        How many.

    Returns
    -------
    pi, mu, var
        ``(K,)`` each.

    Examples
    --------
    >>> pi, mu, var = mixture_of(np.random.default_rng(0), 3)
    >>> round(float(pi.sum()), 6), mu.shape, bool((var > 1).all())
    (1.0, (3,), True)
    """
    pi = rng.permutation(np.arange(1, K + 1) + rng.uniform(0, 0.5, K))
    mu = rng.permutation(np.linspace(-7, 8, K)) + rng.uniform(-1, 1, K)
    var = rng.permutation(np.linspace(4, 12, K)) + rng.uniform(-1, 1, K)
    return pi / pi.sum(), mu.round(1), var.round(1)


def _two_gaussians(rng: Rng) -> Args:
    return (rng.integers(-6, 7, 4).astype(float), *mixture_of(rng, 2))


def _three_gaussians(rng: Rng) -> Args:
    return (rng.uniform(-12, 12, 6).round(1), *mixture_of(rng, 3))


def _far_away(rng: Rng) -> Args:
    x = np.array([0.0, float(rng.integers(110, 121)), float(-rng.integers(400, 500))])
    return (x, *mixture_of(rng, 2))


def _few_samples(rng: Rng) -> Args:
    x = rng.permutation([-9.0, -7.0, -4.0, 6.0, 8.0, 11.0])
    R = rng.integers(1, 4, 6) / 4
    w = rng.permutation([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    return x, np.stack([R, 1 - R], axis=1), w, 0.5


def _lonely_sample(rng: Rng) -> Args:
    x = rng.permutation([-9.0, -6.0, -5.0, 8.0])
    R = np.stack([x < 0, x > 0], axis=1).astype(float)
    return x, R, rng.permutation([1.0, 2.0, 3.0, 4.0]), float(rng.choice([0.25, 2.0]))


# --- exercises ------------------------------------------------------------------

E_STEP = Exercise(
    "e_step", 5, "07_ild_clustering", e_step,
    visible=(
        CaseSpec(
            "two talkers", _two_gaussians, 0.5,
            "Each row: two densities times their shares, divided by their sum.",
        ),
        CaseSpec(
            "three talkers", _three_gaussians, 1,
            "Give x a second axis, x[:, None], and all K densities come at once.",
        ),
        CaseSpec(
            "far from everybody", _far_away, 0.5,
            "Work with logarithms; subtract each row's largest before np.exp.",
        ),
    ),
    mistakes=(_WRONG_EXPECTATIONS,),
    forbidden=(
        "coursekit.spatial.gmm.e_step", "coursekit.spatial.gmm.fit_gmm",
        "coursekit.spatial.gmm.log_likelihoods_of", "coursekit.spatial.gmm.unary",
        "sklearn.mixture",
    ),
)  # fmt: skip

M_STEP = Exercise(
    "m_step", 5, "07_ild_clustering", m_step, results=("pi", "mu", "var"),
    visible=(
        CaseSpec(
            "a few samples", _few_samples, 1,
            "Multiply the responsibilities by w first; "
            "all three are averages with that.",
        ),
        CaseSpec(
            "a sample of one's own", _lonely_sample, 1,
            "One sample has no spread: np.maximum(var, floor).",
        ),
    ),
    mistakes=(_WRONG_MAXIMISATIONS,),
    forbidden=("coursekit.spatial.gmm.m_step",),
)  # fmt: skip

EXERCISES = (E_STEP, M_STEP)
