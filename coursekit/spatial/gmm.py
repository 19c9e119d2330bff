r"""Gaussian mixtures by expectation and maximisation, in the log domain.

.. math:: p(x) = \sum_k \pi_k \mathcal{N}(x; \mu_k, \sigma_k^2)

Data are numbers of any shape ``(...)`` for a one-dimensional mixture, or vectors
``(..., D)`` for one with D dimensions and diagonal variances. Each sample can carry
a weight: bins with sound in them should count for more than silent ones. Slide
"ML/NN for Speech Enhancement" ("Clustering!"). Lecture 07.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Gmm:
    """K Gaussians, in the order of their (first) means.

    Lecture 07.

    Parameters
    ----------
    weights
        ``(K,)``, summing to 1.
    means, variances
        ``(K,)``, or ``(K, D)`` for vectors (diagonal covariances).
    log_likelihoods
        The mean log-likelihood of a sample, in nats, before each iteration of EM and
        after the last: it never falls.
    """

    weights: Numbers
    means: Numbers
    variances: Numbers
    log_likelihoods: tuple[float, ...] = ()

    def ordered(self) -> Gmm:
        """Return the same mixture with its components in order of their means.

        Examples
        --------
        >>> gmm = Gmm(np.array([0.3, 0.7]), np.array([5.0, -5.0]), np.ones(2))
        >>> gmm.ordered().means.tolist(), gmm.ordered().weights.tolist()
        ([-5.0, 5.0], [0.7, 0.3])
        """
        by = np.argsort(self.means.reshape(len(self.weights), -1)[:, 0], kind="stable")
        return replace(
            self,
            weights=self.weights[by],
            means=self.means[by],
            variances=self.variances[by],
        )


@dataclass(frozen=True)
class Em:
    """How EM is run.

    Lecture 07.

    Parameters
    ----------
    tied
        One variance for all components (for each dimension), so that none can
        collapse.
    floor
        The smallest variance, in squared units of the data, above 0. Without one a
        component that sits on a single sample has an infinite likelihood.
    starts
        How many starts to try. The first spreads the means over the quantiles of the
        data; the others draw them from the data and need an `rng`. The start with
        the best likelihood wins.
    iterations
        At most so many.
    tolerance
        Stop when the mean log-likelihood grows by less.
    """

    tied: bool = False
    floor: float = 1e-6
    starts: int = 1
    iterations: int = 200
    tolerance: float = 1e-7

    def __post_init__(self) -> None:
        """Refuse what cannot run."""
        if not 0 < self.floor < np.inf:
            raise ValueError(f"floor must be above 0 and finite, got {self.floor}")
        if self.starts < 1 or self.iterations < 1:
            raise ValueError("starts and iterations must be 1 or more")


def log_likelihoods_of(x: Numbers, gmm: Gmm) -> Numbers:
    r"""Return the log of each component's share of the density of each sample.

    Lecture 07.

    Parameters
    ----------
    x
        ``(...)``, or ``(..., D)`` for a mixture with D dimensions.
    gmm
        The mixture.

    Returns
    -------
    log_p
        ``(..., K)``, :math:`\log \pi_k + \log \mathcal{N}(x; \mu_k, \sigma_k^2)`.
        A component without weight has about -700: next to nothing, but finite.

    Raises
    ------
    ValueError
        Where `x` has values NaN or infinite, or another number of dimensions.

    Examples
    --------
    >>> gmm = Gmm(np.array([1.0]), np.array([0.0]), np.array([1.0]))
    >>> log_likelihoods_of(np.array([0.0, 2.0]), gmm).round(3).tolist()
    [[-0.919], [-2.919]]
    """
    x, mu = _finite(x), gmm.means
    if mu.ndim == 2 and (x.ndim < 1 or x.shape[-1] != mu.shape[1]):
        raise ValueError(f"x is {x.shape}; its last axis must be {mu.shape[1]}")
    log_p = []
    for weight, mean, var in zip(gmm.weights, mu, gmm.variances, strict=True):
        log_n = -0.5 * ((x - mean) ** 2 / var + np.log(2 * np.pi * var))
        log_n = log_n.sum(axis=-1) if mu.ndim == 2 else log_n
        log_p.append(np.log(max(weight, np.finfo(float).tiny)) + log_n)
    return np.moveaxis(np.stack(log_p), 0, -1)  # (..., K)


def unary(ilds: Numbers, gmm: Gmm) -> Numbers:
    r"""Return the log-potentials that a random field starts from.

    Lecture 07.

    Parameters
    ----------
    ilds
        ``(bins, frames)``, or ``(bins, frames, D)``.
    gmm
        The mixture.

    Returns
    -------
    unary
        ``(K, bins, frames)``, :math:`\log \pi_k \mathcal{N}(A_{i,j}; \mu_k,
        \sigma_k^2)`: `log_likelihoods_of` with the components first.

    Raises
    ------
    ValueError
        As `log_likelihoods_of`.

    Examples
    --------
    >>> gmm = Gmm(np.array([0.5, 0.5]), np.array([-7.0, 8.6]), np.ones(2))
    >>> unary(np.zeros((513, 20)), gmm).shape
    (2, 513, 20)
    """
    return np.ascontiguousarray(np.moveaxis(log_likelihoods_of(ilds, gmm), -1, 0))


def e_step(
    x: Numbers, gmm: Gmm, weights: Numbers | None = None
) -> tuple[Numbers, float]:
    r"""E-step: return the responsibilities, and how likely all samples are.

    Parameters
    ----------
    x
        Samples ``(n,)``, or ``(n, D)``.
    gmm
        The mixture.
    weights
        How much each sample counts in the mean, ``(n,)``.

    Returns
    -------
    responsibilities
        ``(n, K)``, :math:`\pi_k \mathcal{N}_k(x) / \sum_j \pi_j \mathcal{N}_j(x)`;
        each row sums to 1.
    log_likelihood
        The (weighted) mean of :math:`\log p(x)`, in nats a sample.

    Raises
    ------
    ValueError
        As `log_likelihoods_of`.

    See Also
    --------
    m_step, fit_gmm

    Notes
    -----
    Taking the largest logarithm out before the exponential keeps samples far from
    every mean from dividing 0 by 0. Lecture 07. Homework 2.

    Examples
    --------
    >>> gmm = Gmm(np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.ones(2))
    >>> e_step(np.array([0.0, 500.0]), gmm)[0].round(3).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    log_p = log_likelihoods_of(x, gmm)  # (n, K)
    top = log_p.max(axis=-1, keepdims=True)
    p = np.exp(log_p - top)  # the largest is 1, so the sum is never 0
    total = p.sum(axis=-1, keepdims=True)
    log_likelihood = np.average((top + np.log(total))[..., 0], weights=weights)
    return p / total, float(log_likelihood)


def m_step(
    x: Numbers,
    responsibilities: Numbers,
    weights: Numbers | None = None,
    tied: bool = False,
    floor: float = 1e-6,
) -> Gmm:
    r"""M-step: return the mixture that fits best, given the responsibilities.

    Lecture 07.

    Parameters
    ----------
    x
        Samples ``(n,)``, or ``(n, D)``.
    responsibilities
        ``(n, K)``, as by `e_step`.
    weights
        How much each sample counts, ``(n,)``; by default 1.
    tied, floor
        As in `Em`.

    Returns
    -------
    Gmm
        With :math:`N_k = \sum_n w_n r_{nk}`: weights :math:`N_k / \sum_j N_j`, means
        :math:`\sum_n w_n r_{nk} x_n / N_k`, variances around these means alike. The
        components keep their order. One that is responsible for nothing gets no
        weight, and the mean of all.

    Raises
    ------
    ValueError
        Where the shapes do not belong together.

    See Also
    --------
    e_step, fit_gmm

    Examples
    --------
    >>> gmm = m_step(np.array([1.0, 3.0, 9.0]), np.array([[1, 0], [1, 0], [0, 1]]))
    >>> gmm.means.tolist(), gmm.variances.round(6).tolist()
    ([2.0, 9.0], [1.0, 1e-06])
    """
    X = _columns(x)  # (n, D)
    R = np.asarray(responsibilities, float)
    if R.ndim != 2 or len(R) != len(X) or not R.any():
        raise ValueError(
            f"{len(X)} samples need responsibilities (n, K) with a sum above 0, "
            f"got the shape {R.shape}"
        )
    R = R if weights is None else R * _sample_weights(weights, len(X))[:, None]
    N = R.sum(axis=0)  # (K,)
    some, safe = N[:, None] > 0, np.where(N > 0, N, 1)[:, None]
    mu = R.T @ X / safe  # (K, D)
    mu = np.where(some, mu, N @ mu / N.sum())
    var = np.stack([r @ (X - m) ** 2 for r, m in zip(R.T, mu, strict=True)]) / safe
    if tied:
        var = np.broadcast_to(N @ var / N.sum(), var.shape)
    var = np.maximum(var, floor)
    shape = (len(N), *np.shape(x)[1:])
    return Gmm(N / N.sum(), mu.reshape(shape), var.reshape(shape))


def fit_gmm(
    x: Numbers,
    n_components: int,
    weights: Numbers | None = None,
    rng: np.random.Generator | None = None,
    settings: Em = Em(),
) -> Gmm:
    """Fit a mixture of Gaussians by EM.

    Parameters
    ----------
    x
        Samples ``(n,)`` for one dimension, ``(n, D)`` for D.
    n_components
        K, from 1 to the number of samples with a weight above 0.
    weights
        How much each sample counts, ``(n,)``, none negative; by default 1.
    rng
        Needed where `settings.starts` is above 1.
    settings
        Ties, floor, starts, when to stop.

    Returns
    -------
    Gmm
        In the order of the (first) means, with the trace of the likelihood.

    Raises
    ------
    ValueError
        Where a value is NaN or infinite, weights are negative or all zero, there are
        fewer samples than components, or several starts have no `rng`.

    See Also
    --------
    e_step, m_step

    Notes
    -----
    A. P. Dempster, N. M. Laird and D. B. Rubin, "Maximum likelihood from incomplete
    data via the EM algorithm", J. Royal Stat. Soc. B 39(1), 1977. Lecture 07.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = np.concatenate([rng.normal(-7, 1, 500), rng.normal(8.6, 1, 500)])
    >>> fit_gmm(x, 2).means.round().tolist()
    [-7.0, 9.0]
    """
    X = _columns(x)
    w = np.ones(len(X)) if weights is None else _sample_weights(weights, len(X))
    if not 1 <= n_components <= np.count_nonzero(w):
        raise ValueError(
            f"{n_components} components for {np.count_nonzero(w)} samples that count; "
            "give between 1 and as many as there are samples"
        )
    if settings.starts > 1 and rng is None:
        raise ValueError(f"{settings.starts} starts need an rng to draw them with")
    starts = [_quantiles(X, w, n_components)]
    for _ in range(settings.starts - 1):
        starts.append(X[rng.choice(len(X), n_components, False, w / w.sum())])  # type: ignore[union-attr]
    shape = (n_components, *np.shape(x)[1:])
    runs = [_em(np.asarray(x, float), w, mu.reshape(shape), settings) for mu in starts]
    return max(runs, key=lambda gmm: gmm.log_likelihoods[-1]).ordered()


def _em(x: Numbers, w: Numbers, means: Numbers, settings: Em) -> Gmm:
    """Alternate the two steps, from the given means and one broad variance."""
    K, trace = len(means), []
    whole = m_step(x, np.ones((len(x), 1)), w, floor=settings.floor).variances
    gmm = Gmm(np.full(K, 1 / K), means, np.broadcast_to(whole / K**2, means.shape))
    gmm = replace(gmm, variances=np.maximum(gmm.variances, settings.floor))
    for _ in range(settings.iterations):
        R, log_likelihood = e_step(x, gmm, w)
        trace.append(log_likelihood)
        gmm = m_step(x, R, w, settings.tied, settings.floor)
        if len(trace) > 1 and trace[-1] - trace[-2] < settings.tolerance:
            break
    trace.append(e_step(x, gmm, w)[1])
    return replace(gmm, log_likelihoods=tuple(trace))


def _quantiles(X: Numbers, w: Numbers, K: int) -> Numbers:
    """Return K means spread over the (weighted) data, ``(K, D)``."""
    means = np.empty((K, X.shape[1]))
    for d, column in enumerate(X.T):
        by = np.argsort(column, kind="stable")
        passed = np.cumsum(w[by]) / w.sum()
        at = np.searchsorted(passed, (np.arange(K) + 0.5) / K)
        means[:, d] = column[by][np.minimum(at, len(by) - 1)]
    return means


def _finite(x: Any) -> Numbers:
    x = np.asarray(x, float)
    bad = np.count_nonzero(~np.isfinite(x))
    if bad:
        raise ValueError(f"x has {bad} values that are NaN or infinite; leave them out")
    return x


def _columns(x: Any) -> Numbers:
    """Return samples as ``(n, D)``."""
    x = _finite(x)
    if x.ndim not in {1, 2} or not x.size:
        raise ValueError(f"x must be samples (n,) or (n, D), got the shape {x.shape}")
    return x.reshape(len(x), -1)


def _sample_weights(weights: Any, n: int) -> Numbers:
    w = np.asarray(weights, float)
    if w.shape != (n,):
        raise ValueError(f"{n} samples need weights ({n},), got the shape {w.shape}")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.any()):
        raise ValueError("weights must be finite, none negative, and not all zero")
    return w
