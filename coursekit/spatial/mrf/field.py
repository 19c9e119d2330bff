r"""The pairwise Markov random field on the grid of time and frequency.

A label :math:`y_i` a bin; what the bin itself says is its *unary* log-potential
:math:`U_{k,i}`; the Potts prior charges beta for each pair of neighbours that
disagree:

.. math:: E(y) = -\sum_i U_{y_i, i} + \beta \sum_{\langle i,j \rangle} [y_i \neq y_j]

Neighbours are the bin above, the bin below, the frame before and the frame after;
the borders are closed: the first bin and the last are no neighbours. `beta` may be a
pair, in time and in frequency. The lower the energy, the more probable the labels:
:math:`p(y) \propto e^{-E(y)}`. Slide "The same pairwise MRF design". Lecture 08.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

Numbers = np.ndarray[Any, np.dtype[Any]]
Beta = float | tuple[float, float]


@dataclass(frozen=True)
class Labelling:
    """What a method of inference found.

    Lecture 08.

    Parameters
    ----------
    labels
        The label of each bin, ``(bins, frames)``: the most probable one.
    posterior
        How probable each label is, ``(K, bins, frames)``, summing to 1 over K; zeros
        and ones from a method that only finds labels. It is a set of masks.
    energies
        What the method watched from one iteration to the next; each says what it is.
    """

    labels: Numbers
    posterior: Numbers
    energies: tuple[float, ...] = ()

    def harden(self) -> Labelling:
        """Return the same labels with a posterior of zeros and ones.

        Examples
        --------
        >>> soft = independent(np.log([[[0.8]], [[0.2]]]))
        >>> soft.harden().posterior.ravel().tolist()
        [1.0, 0.0]
        """
        return Labelling(self.labels, one_hot(self.labels, len(self.posterior)))


def energy(labels: Numbers, unary: Numbers, beta: Beta) -> float:
    r"""Return the energy of a labelling: its unary terms and its broken pairs.

    Lecture 08.

    Parameters
    ----------
    labels
        Whole numbers from 0 to K − 1, ``(bins, frames)``.
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        What a pair that disagrees costs, in nats: a number, or one for neighbours in
        time and one for neighbours in frequency.

    Returns
    -------
    E
        :math:`-\sum_i U_{y_i,i} + \beta \sum_{\langle i,j\rangle} [y_i \neq y_j]`.

    Raises
    ------
    ValueError
        Where shapes do not fit, a label is out of range, a log-potential is not
        finite, or beta is negative.

    Examples
    --------
    >>> U = np.zeros((2, 2, 2)); U[1, 0, 0] = 3
    >>> energy(np.array([[1, 0], [0, 0]]), U, beta=1.0)  # -3, and 2 broken pairs
    -1.0
    """
    U, (time, frequency) = check_field(unary, beta)
    y = np.asarray(labels)
    if y.shape != U.shape[1:] or y.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be whole numbers of the shape {U.shape[1:]}, got {y.dtype} "
            f"{y.shape}"
        )
    if not (y.min() >= 0 and y.max() < len(U)):
        raise ValueError(f"labels must be from 0 to {len(U) - 1}")
    own = np.take_along_axis(U, y[None], axis=0).sum()
    broken_in_time = np.count_nonzero(y[:, 1:] != y[:, :-1])
    broken_in_frequency = np.count_nonzero(y[1:] != y[:-1])
    return float(-own + time * broken_in_time + frequency * broken_in_frequency)


def independent(unary: Numbers) -> Labelling:
    """Label each bin by itself: the mixture of Gaussians without a prior, beta 0.

    Lecture 08.

    Parameters
    ----------
    unary
        Log-potentials ``(K, bins, frames)``.

    Returns
    -------
    Labelling
        The posterior is the E-step's responsibilities.

    Raises
    ------
    ValueError
        As `energy`.

    Examples
    --------
    >>> independent(np.log([[[0.8]], [[0.2]]])).posterior.ravel().round(2).tolist()
    [0.8, 0.2]
    """
    U, _ = check_field(unary, 0.0)
    return Labelling(np.argmax(U, axis=0), softmax(U, axis=0))


def neighbours(Q: Numbers, beta: Beta) -> Numbers:
    """Return the sum of each bin's four neighbours, times beta.

    Lecture 08.

    Parameters
    ----------
    Q
        ``(..., bins, frames)``.
    beta
        A number, or one for time and one for frequency.

    Returns
    -------
    sums
        Of the same shape; beyond the borders there is nothing.

    Examples
    --------
    >>> neighbours(np.eye(3), 1.0).tolist()
    [[0.0, 2.0, 0.0], [2.0, 0.0, 2.0], [0.0, 2.0, 0.0]]
    """
    time, frequency = strengths(beta)
    S = np.zeros(Q.shape)
    S[..., 1:] += Q[..., :-1]
    S[..., :-1] += Q[..., 1:]
    S *= time
    up_and_down = frequency * Q
    S[..., 1:, :] += up_and_down[..., :-1, :]
    S[..., :-1, :] += up_and_down[..., 1:, :]
    return S


def checkerboard(shape: tuple[int, ...]) -> tuple[Numbers, Numbers]:
    """Return the black squares and the white ones, boolean ``(bins, frames)``.

    No two squares of a colour are neighbours, so all of one colour can be changed at
    once and each still sees what its neighbours really are.

    Lecture 08.

    Examples
    --------
    >>> checkerboard((2, 3))[0].astype(int).tolist()
    [[1, 0, 1], [0, 1, 0]]
    """
    bins, frames = np.ogrid[: shape[0], : shape[1]]
    black = (bins + frames) % 2 == 0
    return black, ~black


def one_hot(labels: Numbers, K: int) -> Numbers:
    """Return labels as one-hot vectors, zeros and ones ``(K, ...)``.

    Lecture 08.

    Examples
    --------
    >>> one_hot(np.array([0, 1]), 2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    k = np.arange(K).reshape(-1, *[1] * labels.ndim)
    return (labels == k).astype(float)


def strengths(beta: Beta) -> tuple[float, float]:
    """Return beta as a pair, in time and in frequency.

    Lecture 08.

    Raises
    ------
    ValueError
        Where it is neither a number nor a pair, or one is negative or not finite.

    Examples
    --------
    >>> strengths(0.5), strengths((1.0, 0.0))
    ((0.5, 0.5), (1.0, 0.0))
    """
    pair = np.asarray(beta, float)
    if pair.shape not in {(), (2,)} or not (np.isfinite(pair) & (pair >= 0)).all():
        raise ValueError(
            f"beta must be 0 or more, one number or a pair (time, frequency), got "
            f"{beta}; a negative one would reward disagreement"
        )
    time, frequency = np.broadcast_to(pair, 2).tolist()
    return time, frequency


def check_field(unary: Any, beta: Beta) -> tuple[Numbers, tuple[float, float]]:
    """Return the field's parts as float64 and a pair, or say what is wrong.

    Lecture 08.

    Raises
    ------
    ValueError
        Where the log-potentials are not ``(K, bins, frames)`` or not finite, or as
        `strengths`.
    """
    U = np.asarray(unary, float)
    if U.ndim != 3 or not U.size:
        raise ValueError(
            f"unary must be log-potentials (K, bins, frames) with at least one of "
            f"each, got the shape {U.shape}"
        )
    if not np.isfinite(U).all():
        raise ValueError("unary has values that are NaN or infinite; use large finite")
    return U, strengths(beta)
