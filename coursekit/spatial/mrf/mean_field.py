"""Mean field: each bin feels its neighbours' opinions on average. Lecture 08."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from coursekit.spatial.mrf.field import (
    Beta,
    Labelling,
    Numbers,
    check_field,
    neighbours,
)


def mean_field(
    unary: Numbers, beta: Beta, iterations: int = 15, damping: float = 0.5
) -> Labelling:
    r"""Mean-field variational inference: the independent opinions nearest to the field.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.
    iterations
        How often each bin listens to its neighbours.
    damping
        How much of its old opinion a bin keeps, from 0 to below 1.

    Returns
    -------
    Labelling
        Soft. After each step :math:`Q \leftarrow \frac{1}{2} Q + \frac{1}{2}
        \mathrm{softmax}(U + \beta \sum_{neighbours} Q)`. `energies` is the free
        energy, at the start and after each step (below).

    Raises
    ------
    ValueError
        As `coursekit.spatial.energy`, and where the damping is out of range.

    See Also
    --------
    icm

    Notes
    -----
    The free energy :math:`F(Q) = \langle E \rangle_Q - H(Q)` is the Kullback-Leibler
    divergence from Q to the field, up to a constant. With all bins changed at once
    it is bound to fall as long as (1 − damping) times (beta in time + beta in
    frequency) is at most 1: for the usual half, up to a beta of 1. For a stronger
    prior it may rise for a step. D. Koller and N. Friedman, "Probabilistic Graphical
    Models", MIT Press, 2009, chapter 11.

    Examples
    --------
    >>> U = np.zeros((2, 3, 3)); U[0] = 1; U[:, 1, 1] = 0, 1  # a lone dissenter
    >>> int(mean_field(U, beta=1.0).labels[1, 1])
    0
    """
    U, beta = check_field(unary, beta)
    if not 0 <= damping < 1:
        raise ValueError(f"damping must be from 0 to below 1, got {damping}")
    Q = _softmax(U)
    felt = neighbours(Q, beta)
    trace = [_free_energy(Q, U, felt, beta)]
    for _ in range(iterations):
        Q = damping * Q + (1 - damping) * _softmax(U + felt)
        felt = neighbours(Q, beta)
        trace.append(_free_energy(Q, U, felt, beta))
    return Labelling(np.argmax(Q, axis=0), Q, tuple(trace))


def _softmax(L: Numbers) -> Numbers:
    L = np.exp(L - L.max(axis=0))
    return L / L.sum(axis=0)


def _free_energy(Q: Numbers, U: Numbers, felt: Numbers, beta: Beta) -> float:
    """Return the mean energy less the entropy; `felt` has each pair twice."""
    time, frequency = beta  # type: ignore[misc]
    bins, frames = Q.shape[1:]
    pairs = time * bins * (frames - 1) + frequency * (bins - 1) * frames
    agreement = 0.5 * np.vdot(Q, felt)
    return float(pairs - agreement - np.vdot(Q, U) + xlogy(Q, Q).sum())
