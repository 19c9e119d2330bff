"""Iterated conditional modes: each bin takes the label it likes best. Lecture 08."""

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


def icm(
    unary: Numbers, beta: Beta, iterations: int = 50, start: Numbers | None = None
) -> Labelling:
    r"""Lower the energy bin by bin until no bin wants another label.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        Strength of the prior, or one in time and one in frequency.
    iterations
        Sweeps at most.
    start
        Labels to begin with, ``(bins, frames)``; by default those of each bin by
        itself.

    Returns
    -------
    Labelling
        Hard. Each bin has :math:`y_i = \arg\max_k U_{k,i} + \beta \cdot`
        (neighbours labelled k). `energies` is `energy` at the start and after
        each sweep: it never rises.

    Raises
    ------
    ValueError
        As `coursekit.spatial.energy`.

    See Also
    --------
    mean_field

    Notes
    -----
    All black squares of the checkerboard change first, then all white ones. Changed
    all at once, two neighbours can swap their labels forever. J. Besag, "On the
    statistical analysis of dirty pictures", J. Royal Stat. Soc. B 48(3), 1986.

    Examples
    --------
    >>> U = np.zeros((2, 3, 3)); U[0] = 1; U[:, 1, 1] = 0, 1  # a lone dissenter
    >>> [int(icm(U, beta).labels[1, 1]) for beta in (0.0, 1.0)]
    [1, 0]
    """
    U, beta = check_field(unary, beta)
    y = np.argmax(U, axis=0) if start is None else np.asarray(start)
    trace = [energy(y, U, beta)]
    for _ in range(iterations):
        before = y
        for colour in checkerboard(y.shape):
            liked = U + neighbours(one_hot(y, len(U)), beta)  # (K, bins, frames)
            y = np.where(colour, np.argmax(liked, axis=0), y)
        trace.append(energy(y, U, beta))
        if np.array_equal(y, before):
            break
    return Labelling(y, one_hot(y, len(U)), tuple(trace))
