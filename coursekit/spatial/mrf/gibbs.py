"""Gibbs sampling: labels drawn again and again, given their neighbours. Lecture 08."""

from __future__ import annotations

import numpy as np

from coursekit.spatial.mrf.field import (
    Beta,
    Labelling,
    Numbers,
    check_field,
    checkerboard,
    energy,
    neighbours,
    one_hot,
)
from coursekit.spatial.mrf.icm import icm


def gibbs(
    unary: Numbers,
    beta: Beta,
    rng: np.random.Generator,
    sweeps: int = 40,
    burn_in: int = 10,
) -> Labelling:
    r"""Estimate how probable each label is by sampling the field.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.
    rng
        Where the samples are drawn from.
    sweeps
        How often all bins are drawn, after the first ones are thrown away.
    burn_in
        How many are thrown away, while the samples still remember the start.

    Returns
    -------
    Labelling
        Soft: the mean over the sweeps of each bin's probabilities given its
        neighbours, :math:`\mathrm{softmax}(U_i + \beta \cdot` number of neighbours
        with each label). `energies` is `energy` of the sample after each sweep,
        burn-in included: it comes down, then goes up and down for ever.

    Raises
    ------
    ValueError
        As `coursekit.spatial.energy`, and where there is no sweep.

    See Also
    --------
    anneal, gibbs_sweep

    Notes
    -----
    S. Geman and D. Geman, "Stochastic relaxation, Gibbs distributions, and the
    Bayesian restoration of images", IEEE Trans. PAMI 6(6), 1984.

    Examples
    --------
    >>> U = np.log(np.array([0.8, 0.2]))[:, None, None] * np.ones((1, 20, 20))
    >>> found = gibbs(U, beta=0.0, rng=np.random.default_rng(0))
    >>> float(found.posterior[0, 0, 0].round(3))
    0.8
    """
    U, beta = check_field(unary, beta)
    if sweeps < 1 or burn_in < 0:
        raise ValueError(f"sweeps must be 1 or more, got {sweeps} after {burn_in}")
    y = np.argmax(U, axis=0)
    total, trace = np.zeros(U.shape), []
    for sweep in range(burn_in + sweeps):
        y, P = gibbs_sweep(y, U, beta, rng)
        total += P if sweep >= burn_in else 0
        trace.append(energy(y, U, beta))
    posterior = total / sweeps
    return Labelling(np.argmax(posterior, axis=0), posterior, tuple(trace))


def anneal(
    unary: Numbers,
    beta: Beta,
    rng: np.random.Generator,
    sweeps: int = 40,
    hottest: float = 4.0,
) -> Labelling:
    """Look for the lowest energy by simulated annealing: sample an ever colder field.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.
    rng
        Where the samples are drawn from.
    sweeps
        How many temperatures, falling geometrically from `hottest` to 0.05.
    hottest
        The first: energies are divided by it, so that at 1 the field is as it is,
        above 1 everything is likelier, and near 0 only the lowest energy is left.

    Returns
    -------
    Labelling
        Hard; the last sample, tidied up by `icm`. `energies` is `energy` after each
        sweep, and at the end.

    Raises
    ------
    ValueError
        As `gibbs`, and where a temperature is not positive.

    See Also
    --------
    gibbs

    Examples
    --------
    >>> U = np.zeros((2, 3, 3)); U[0] = 1; U[:, 1, 1] = 0, 1  # a lone dissenter
    >>> int(anneal(U, 1.0, np.random.default_rng(0)).labels[1, 1])
    0
    """
    U, beta = check_field(unary, beta)
    if sweeps < 1 or not 0 < hottest < np.inf:
        raise ValueError(f"give 1 sweep or more and a temperature above 0: {hottest}")
    y, trace = np.argmax(U, axis=0), []
    for T in np.geomspace(hottest, 0.05, sweeps):
        y, _ = gibbs_sweep(y, U / T, (beta[0] / T, beta[1] / T), rng)
        trace.append(energy(y, U, beta))
    tidy = icm(U, beta, start=y)
    return Labelling(tidy.labels, tidy.posterior, (*trace, tidy.energies[-1]))


def gibbs_sweep(
    y: Numbers, U: Numbers, beta: Beta, rng: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Draw each label given its neighbours: one sweep, on a checkerboard.

    Lecture 08.

    Parameters
    ----------
    y
        Labels ``(bins, frames)``, whole numbers from 0 to K - 1.
    U
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior in time and in frequency.
    rng
        Where the labels are drawn from.

    Returns
    -------
    labels
        ``(bins, frames)``.
    probabilities
        What each label was drawn with, ``(K, bins, frames)``.

    See Also
    --------
    gibbs

    Examples
    --------
    >>> U = np.zeros((2, 3, 4)); U[1] = 50  # no doubt about any bin
    >>> y, P = gibbs_sweep(np.zeros((3, 4), int), U, (1, 1), np.random.default_rng(0))
    >>> y.tolist(), P.shape
    ([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], (2, 3, 4))
    """
    P = np.empty(U.shape)
    for colour in checkerboard(y.shape):
        score = U + neighbours(one_hot(y, len(U)), beta)  # (K, bins, frames)
        p = np.exp(score - score.max(axis=0))
        p /= p.sum(axis=0)
        drawn = (rng.random(y.shape) > np.cumsum(p, axis=0)[:-1]).sum(axis=0)
        y = np.where(colour, drawn, y)
        P = np.where(colour, p, P)
    return y, P
