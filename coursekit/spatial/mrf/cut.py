r"""Graph cuts: the lowest energy of all, as the cheapest way to cut a network.

Lecture 08. Each bin is a node; a cut that separates it from the *source* gives it
label 1, from the *sink* label 0. Pipes between neighbours are as thick as beta, the
pipe to source or sink as what the bin prefers, so a cut costs what its labelling
costs, and the cheapest cut is the largest flow.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from coursekit.spatial.mrf.field import (
    Beta,
    Labelling,
    Numbers,
    check_field,
    energy,
    one_hot,
)

# Flows are whole numbers: one nat of energy is cut into as many pieces as fit.
_LARGEST = 2**24


def graph_cut(unary: Numbers, beta: Beta) -> Labelling:
    """Return the exact minimum of the energy for two labels, by a minimum cut.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(2, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.

    Returns
    -------
    Labelling
        Hard. `energies` is `energy` of each bin labelled by itself, and the lowest.

    Raises
    ------
    ValueError
        Where there are not two labels (`alpha_expansion` takes more), or as
        `coursekit.spatial.energy`.

    See Also
    --------
    alpha_expansion

    Notes
    -----
    Capacities are whole numbers, so energies are exact to 1e-6 of the price of
    disagreeing with all neighbours, in each bin. D. M. Greig, B. T. Porteous and
    A. H. Seheult, "Exact maximum a posteriori estimation for binary images",
    J. Royal Stat. Soc. B 51(2), 1989.

    Examples
    --------
    >>> U = np.zeros((2, 3, 3)); U[0] = 1; U[:, 1, 1] = 0, 1  # a lone dissenter
    >>> graph_cut(U, beta=1.0).energies  # 1 for each bin; it pays to give in
    (-5.0, -8.0)
    """
    U, (time, frequency) = check_field(unary, beta)
    if len(U) != 2:
        raise ValueError(
            f"a cut has two sides but unary {len(U)} labels; use alpha_expansion"
        )
    across, along = np.full(U.shape[1:], frequency), np.full(U.shape[1:], time)
    y = _cut(U[0] - U[1], along[:, 1:], along[:, 1:], across[1:], across[1:])
    alone = energy(np.argmax(U, axis=0), U, beta)
    return Labelling(y, one_hot(y, 2), (alone, energy(y, U, beta)))


def alpha_expansion(unary: Numbers, beta: Beta, rounds: int = 10) -> Labelling:
    r"""Lower the energy of any number of labels by a sequence of cuts.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.
    rounds
        At most so many times through all labels.

    Returns
    -------
    Labelling
        Hard. For each label in turn, the best set of bins switches to it, all at
        once. `energies` is `energy` at the start and after each round: it never
        rises. For two labels the result is that of `graph_cut`.

    Raises
    ------
    ValueError
        As `coursekit.spatial.energy`.

    See Also
    --------
    graph_cut

    Notes
    -----
    Y. Boykov, O. Veksler and R. Zabih, "Fast approximate energy minimization via
    graph cuts", IEEE Trans. PAMI 23(11), 2001: the part of the energy that comes from
    broken pairs is at most twice that of the best labelling.

    Examples
    --------
    >>> U = np.zeros((3, 3, 3)); U[0] = 1; U[:, 1, 1] = 0, 0, 1  # a lone dissenter
    >>> int(alpha_expansion(U, beta=1.0).labels[1, 1])
    0
    """
    U, beta = check_field(unary, beta)
    y = np.argmax(U, axis=0)
    trace = [energy(y, U, beta)]
    for _ in range(rounds):
        for label in range(len(U)):
            y = _expand(y, label, U, beta)
        trace.append(energy(y, U, beta))
        if trace[-1] >= trace[-2]:
            break
    return Labelling(y, one_hot(y, len(U)), tuple(trace))


def _expand(y: Numbers, label: int, U: Numbers, beta: Beta) -> Numbers:
    """Let the best set of bins switch to `label`; keep `y` where that gains nothing.

    Of a pair, with x = 1 for a bin that switches, the price is a = beta [y_i != y_j]
    for 00, b = beta [y_i != label] for 01, c = beta [label != y_j] for 10 and 0 for
    11: which is a + (c - a) x_i - c x_j + (b + c - a) (1 - x_i) x_j.
    """
    time, frequency = beta  # type: ignore[misc]
    own = np.take_along_axis(U, y[None], axis=0)[0]
    gain = U[label] - own  # what switching is worth to a bin by itself
    moved = (y != label).astype(float)
    pipes = []
    for strength, i, j in (
        (time, np.s_[:, :-1], np.s_[:, 1:]),
        (frequency, np.s_[:-1], np.s_[1:]),
    ):
        a = strength * (y[i] != y[j])
        b, c = strength * moved[i], strength * moved[j]
        gain[i] -= c - a
        gain[j] += c
        pipes.append(b + c - a)
    nothing = [np.zeros_like(pipe) for pipe in pipes]
    x = _cut(-gain, nothing[0], pipes[0], nothing[1], pipes[1])
    new = np.where(x == 1, label, y)
    return new if energy(new, U, beta) < energy(y, U, beta) else y


def _cut(
    prefer_0: Numbers, east: Numbers, west: Numbers, up: Numbers, down: Numbers
) -> Numbers:
    """Return the zeros and ones of lowest energy, ``(bins, frames)``.

    A bin pays `prefer_0` more for a 1 than for a 0. Pairs in time ``(bins, frames -
    1)`` pay `east` where the first is 1 and the second 0, `west` where it is the
    other way round; pairs in frequency ``(bins - 1, frames)`` pay `up` and `down`.
    """
    i = np.arange(prefer_0.size).reshape(prefer_0.shape)
    source, sink = i.size, i.size + 1
    prefer_0 = _bounded(prefer_0, east, west, up, down)
    ends = [  # from, to, capacity; label 1 is what still reaches the sink
        (i[:, 1:], i[:, :-1], east),
        (i[:, :-1], i[:, 1:], west),
        (i[1:], i[:-1], up),
        (i[:-1], i[1:], down),
        (np.full(i.shape, source), i, np.maximum(prefer_0, 0)),
        (i, np.full(i.shape, sink), np.maximum(-prefer_0, 0)),
    ]
    a, b, price = (np.concatenate([np.ravel(e[n]) for e in ends]) for n in range(3))
    scale = _LARGEST / max(float(price.max()), 1e-6)
    pipes = np.rint(scale * price).astype(np.int32)
    size = i.size + 2
    network = csr_array((pipes, (a, b)), shape=(size, size))
    left = network - maximum_flow(network, source, sink).flow
    left.eliminate_zeros()
    reaching = breadth_first_order(left.T, sink, return_predecessors=False)
    y = np.zeros(size, int)
    y[reaching] = 1
    return y[: i.size].reshape(i.shape)


def _bounded(prefer_0: Numbers, *pairs: Numbers) -> Numbers:
    """Limit what a bin prefers to a little more than its neighbours can outbid.

    It changes no labelling of lowest energy, and leaves whole numbers more room.
    """
    bound = 4.04 * max(float(pair.max(initial=0)) for pair in pairs) + 1e-6
    return np.clip(prefer_0, -bound, bound)
