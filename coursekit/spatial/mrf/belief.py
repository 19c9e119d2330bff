r"""Loopy belief propagation: bins tell their neighbours what they believe. Lecture 08.

Bin i tells its neighbour j what it knows without having heard it from j:

.. math:: m_{i \to j}(l) = \log \sum_k e^{h_i(k) - \beta [k \neq l]}, \quad
          h_i = U_i + \sum_{n \neq j} m_{n \to i}

(or the maximum over k in place of the log of the sum). On a chain or a tree this is
exact; on a grid messages come back round the loops and count twice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import softmax

from coursekit.spatial.mrf.field import (
    Beta,
    Labelling,
    Numbers,
    check_field,
    energy,
    one_hot,
)

# What is sent: from the sender's (K, ...) log-beliefs and the price of disagreeing.
Send = Callable[[Numbers, float], Numbers]


def belief_propagation(
    unary: Numbers, beta: Beta, iterations: int = 15, damping: float = 0.3
) -> Labelling:
    """Estimate how probable each label is by the sum-product algorithm.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.
    iterations
        How often every bin tells every neighbour.
    damping
        How much of an old message is kept, from 0 to below 1.

    Returns
    -------
    Labelling
        Soft: the posterior of a chain or tree is exact after as many iterations as
        it is long, without damping. `energies` is `energy` of the most probable
        labels after each iteration; nothing makes it fall.

    Raises
    ------
    ValueError
        As `coursekit.spatial.energy`, and where the damping is out of range.

    See Also
    --------
    belief_propagation_max

    Notes
    -----
    J. Pearl, "Probabilistic Reasoning in Intelligent Systems", 1988; on grids J. S.
    Yedidia, W. T. Freeman and Y. Weiss, "Generalized belief propagation", 2000.

    Examples
    --------
    >>> U = np.zeros((2, 1, 2)); U[0, 0, 0] = 2  # a bin that knows, one that does not
    >>> belief_propagation(U, beta=1.0, damping=0).posterior[0].round(3).tolist()
    [[0.881, 0.676]]
    """
    beliefs, trace = _propagate(unary, beta, iterations, damping, sum_product_message)
    posterior = softmax(beliefs, axis=0)
    return Labelling(np.argmax(beliefs, axis=0), posterior, trace)


def belief_propagation_max(
    unary: Numbers, beta: Beta, iterations: int = 15, damping: float = 0.3
) -> Labelling:
    """Look for the most probable labels by the max-product algorithm.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.
    iterations
        How often every bin tells every neighbour.
    damping
        How much of an old message is kept, from 0 to below 1.

    Returns
    -------
    Labelling
        Hard; on a chain or a tree the labels of lowest energy. `energies` as for
        `belief_propagation`.

    Raises
    ------
    ValueError
        As `belief_propagation`.

    See Also
    --------
    belief_propagation

    Examples
    --------
    >>> U = np.zeros((2, 3, 3)); U[0] = 1; U[:, 1, 1] = 0, 1  # a lone dissenter
    >>> int(belief_propagation_max(U, beta=1.0).labels[1, 1])
    0
    """
    beliefs, trace = _propagate(unary, beta, iterations, damping, max_product_message)
    y = np.argmax(beliefs, axis=0)
    return Labelling(y, one_hot(y, len(beliefs)), trace)


def _propagate(
    unary: Numbers, beta: Beta, iterations: int, damping: float, send: Send
) -> tuple[Numbers, tuple[float, ...]]:
    """Return the log-beliefs ``(K, bins, frames)`` and the trace of energies.

    Messages lie where they arrive: `east[..., t]` came from frame t - 1 and travels
    on to t + 1, `west` the other way, `up` from the bin below, `down` from above.
    """
    U, (time, frequency) = check_field(unary, beta)
    if not 0 <= damping < 1:
        raise ValueError(f"damping must be from 0 to below 1, got {damping}")
    east, west, up, down = (np.zeros(U.shape) for _ in range(4))
    trace, fresh, beliefs = [], 1 - damping, U
    for _ in range(iterations):
        to_east = send((beliefs - west)[..., :-1], time)
        to_west = send((beliefs - east)[..., 1:], time)
        to_up = send((beliefs - down)[:, :-1], frequency)
        to_down = send((beliefs - up)[:, 1:], frequency)
        east[..., 1:] += fresh * (to_east - east[..., 1:])
        west[..., :-1] += fresh * (to_west - west[..., :-1])
        up[:, 1:] += fresh * (to_up - up[:, 1:])
        down[:, :-1] += fresh * (to_down - down[:, :-1])
        beliefs = U + east + west + up + down
        trace.append(energy(np.argmax(beliefs, axis=0), U, beta))
    return beliefs, tuple(trace)


def sum_product_message(h: Numbers, beta: float) -> Numbers:
    """Return the message of sum-product: log sum_k exp(h_k - beta [k != l]) for all l.

    Lecture 08.

    Parameters
    ----------
    h
        The sender's log-beliefs ``(K, ...)``, without what the receiver told it.
    beta
        Strength of the prior: the price of disagreeing, in nats.

    Returns
    -------
    message
        ``(K, ...)``, up to a constant over the labels.

    See Also
    --------
    max_product_message

    Examples
    --------
    >>> m = sum_product_message(np.array([2.0, 0.0]), beta=1.0)
    >>> round(float(m[0] - m[1]), 3)  # a neighbour is told less than is believed
    0.735
    """
    disagree = np.exp(-beta)
    p = np.exp(h - h.max(axis=0))  # the largest is 1
    return np.log((1 - disagree) * p + disagree * p.sum(axis=0) + 1e-300)


def max_product_message(h: Numbers, beta: float) -> Numbers:
    """Return the message of max-product: max_k h_k - beta [k != l] for all l.

    Lecture 08.

    Parameters
    ----------
    h
        The sender's log-beliefs ``(K, ...)``, without what the receiver told it.
    beta
        Strength of the prior: the price of disagreeing, in nats.

    Returns
    -------
    message
        ``(K, ...)``, up to a constant over the labels.

    See Also
    --------
    sum_product_message

    Examples
    --------
    >>> max_product_message(np.array([2.0, 0.0]), beta=1.0).tolist()
    [0.0, -1.0]
    """
    return np.maximum(h - h.max(axis=0), -beta)
