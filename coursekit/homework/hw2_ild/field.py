"""Neighbouring bins agree: one sweep of ICM, one step of the mean field."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import softmax

from coursekit import masks
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes, built_on
from coursekit.homework.own_data import Numbers, Rng
from coursekit.spatial.mrf import field


def icm_sweep(labels: Numbers, unary: Numbers, beta: float) -> Numbers:
    """Return the labels after one sweep of iterated conditional modes.

    Parameters
    ----------
    labels
        ``(bins, frames)``, whole numbers.
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        What a neighbour of the same label is worth.

    Returns
    -------
    labels
        The black squares of the checkerboard (bin + frame even) have changed first,
        then the white ones. From ``unary.argmax(axis=0)`` this is the first sweep of
        `coursekit.spatial.icm`.

    Examples
    --------
    >>> U = np.zeros((2, 3, 3)); U[0] = 1; U[:, 1, 1] = 0, 1
    >>> icm_sweep(U.argmax(axis=0), U, 1.0).tolist()
    [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
    """
    y = np.asarray(labels)
    for colour in field.checkerboard(y.shape):
        agree = field.neighbours(field.one_hot(y, len(unary)), beta)
        y = np.where(colour, np.argmax(unary + agree, axis=0), y)
    return y


def mean_field_step(Q: Numbers, unary: Numbers, beta: float) -> Numbers:
    r"""Return the opinions after one damped step of the mean field.

    Parameters
    ----------
    Q
        Opinions ``(K, bins, frames)``, summing to 1 over K.
    unary
        Log-potentials ``(K, bins, frames)``.
    beta
        What a neighbour of the same label is worth.

    Returns
    -------
    Q
        :math:`\frac{1}{2} Q + \frac{1}{2} \mathrm{softmax}(U + \beta
        \sum_{neighbours} Q)`; a step of `coursekit.spatial.mean_field`.

    Examples
    --------
    >>> Q = np.full((2, 2, 2), 0.5)
    >>> mean_field_step(Q, np.zeros((2, 2, 2)), 1.0).tolist() == Q.tolist()
    True
    """
    return (Q + softmax(unary + field.neighbours(Q, beta), axis=0)) / 2


_MARGINS = {
    "four": [(1, 0), (-1, 0), (0, 1), (0, -1)],
    "eight": [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)],
    "along time": [(0, 1), (0, -1)],
    "along frequency": [(1, 0), (-1, 0)],
    "with itself": [(1, 0), (-1, 0), (0, 1), (0, -1), (0, 0)],
}


def _around(Q: Numbers, which: str, mode: str = "constant") -> Numbers:
    """Return the sum of the chosen neighbours, the border padded in some way."""
    bins, frames = Q.shape[-2:]
    P = np.pad(Q, ((0, 0), (1, 1), (1, 1)), mode=mode)  # type: ignore[call-overload]
    sums = [
        P[:, 1 + i : 1 + i + bins, 1 + j : 1 + j + frames] for i, j in _MARGINS[which]
    ]
    return np.sum(sums, axis=0)


_NEIGHBOURHOODS: Mistakes = {
    "periodic-borders": (
        "the borders are joined, as np.roll does: beyond the last bin and the last "
        "frame there is nothing",
        lambda Q: _around(Q, "four", "wrap"),
    ),
    "mirrored-borders": (
        "beyond the borders stand copies of what is inside: there is nothing there",
        lambda Q: _around(Q, "four", "edge"),
    ),
    "eight-neighbours": (
        "eight neighbours are counted: those across a corner are none",
        lambda Q: _around(Q, "eight"),
    ),
    "along-time-only": (
        "only the frames before and after are counted: the bins above and below are "
        "neighbours too",
        lambda Q: _around(Q, "along time"),
    ),
    "along-frequency-only": (
        "only the bins above and below are counted: the frames before and after are "
        "neighbours too",
        lambda Q: _around(Q, "along frequency"),
    ),
    "neighbours-averaged": (
        "this is the mean of the neighbours: their sum is asked for",
        lambda Q: _around(Q, "four") / _around(np.ones_like(Q), "four"),
    ),
    "disagreement-rewarded": (
        "neighbours of the same label are counted against it: the prior's sign is "
        "turned over",
        lambda Q: -_around(Q, "four"),
    ),
}


def _icm(
    neighbours: Callable[[Numbers], Numbers], colours: str = "black, then white"
) -> Callable[..., Numbers]:
    """Return a sweep that counts other neighbours, or in another order."""

    def sweep(labels: Numbers, unary: Numbers, beta: float) -> Numbers:
        y = labels.copy()
        for colour in _steps(y.shape, colours):
            one_hot = masks.from_labels(y, len(unary))
            liked = unary + beta * neighbours(one_hot)
            y = np.where(colour, liked.argmax(axis=0), y)
        return y

    return sweep


def _steps(shape: tuple[int, ...], order: str) -> Iterator[Numbers]:
    """Yield which bins change at once, one step after the other."""
    black, white = field.checkerboard(shape)
    steps: dict[str, list[Numbers]] = {
        "black, then white": [black, white],
        "white, then black": [white, black],
        "all": [np.ones(shape, bool)],
        "black": [black],
        "a row at a time": [
            np.arange(np.prod(shape)).reshape(shape) == n for n in range(np.prod(shape))
        ],
    }
    yield from steps[order]


def _four(Q: Numbers) -> Numbers:
    return _around(Q, "four")


def _icm_from_scratch(labels: Numbers, unary: Numbers, beta: float) -> Numbers:
    return icm_sweep(unary.argmax(axis=0), unary, beta)


_OTHER_SWEEPS: Mistakes = {
    "synchronous": (
        "all bins changed at once: each looked at neighbours that changed with it, and "
        "two can swap labels for ever",
        _icm(_four, "all"),
    ),
    "white-first": (
        "the white squares changed first: begin with those where bin + frame is even",
        _icm(_four, "white, then black"),
    ),
    "half-a-sweep": (
        "only the black squares changed: the white ones are the second half of a sweep",
        _icm(_four, "black"),
    ),
    "one-by-one": (
        "the bins changed one by one, row by row: that is a sweep too, but asked for "
        "is the checkerboard",
        _icm(_four, "a row at a time"),
    ),
    "prior-ignored": (
        "each bin took the label that it likes best by itself: the neighbours are "
        "missing",
        lambda labels, unary, beta: unary.argmax(axis=0),
    ),
    "labels-ignored": (
        "the sweep began from the best label of each bin by itself: it should begin "
        "from the labels given",
        _icm_from_scratch,
    ),
    "beta-ignored": (
        "the neighbours are counted without beta",
        lambda labels, unary, beta: icm_sweep(labels, unary, 1.0),
    ),
}

_WRONG_SWEEPS = (_OTHER_SWEEPS, built_on(_NEIGHBOURHOODS, "{}", _icm))


def _step_with(neighbours: Callable[[Numbers], Numbers]) -> Callable[..., Numbers]:
    def step(Q: Numbers, unary: Numbers, beta: float) -> Numbers:
        return (Q + softmax(unary + beta * neighbours(Q), axis=0)) / 2

    return step


def _undamped(Q: Numbers, unary: Numbers, beta: float) -> Numbers:
    return softmax(unary + beta * _four(Q), axis=0)


def _bare_exponential(Q: Numbers, unary: Numbers, beta: float) -> Numbers:
    e = np.exp(unary + beta * _four(Q))
    return (Q + e / e.sum(axis=0)) / 2


_OTHER_STEPS: Mistakes = {
    "not-damped": (
        "the old opinion is thrown away: each bin keeps half of it",
        _undamped,
    ),
    "unary-ignored": (
        "only the neighbours are asked: what was measured in the bin, unary, is "
        "missing",
        lambda Q, unary, beta: (Q + softmax(beta * _four(Q), axis=0)) / 2,
    ),
    "prior-ignored": (
        "only the bin itself is asked: the neighbours are missing",
        lambda Q, unary, beta: (Q + softmax(unary, axis=0)) / 2,
    ),
    "beta-ignored": (
        "the neighbours are counted without beta",
        lambda Q, unary, beta: mean_field_step(Q, unary, 1.0),
    ),
    "wrong-axis": (
        "these are normalised over the frequencies: the talkers share a bin, so the "
        "sum over them is 1",
        lambda Q, unary, beta: (Q + softmax(unary + beta * _four(Q), axis=1)) / 2,
    ),
    "not-normalised": (
        "these are the exponentials: divide by their sum over the talkers",
        lambda Q, unary, beta: (Q + np.exp(unary + beta * _four(Q))) / 2,
    ),
    "underflow": (
        "where nothing is likely all exponentials are rounded to 0, and 0/0 is no "
        "number: subtract the largest first",
        _bare_exponential,
    ),
    "hard-neighbours": (
        "each neighbour is taken for its likeliest label: its opinion counts in parts",
        _step_with(lambda Q: _four(masks.from_labels(Q.argmax(axis=0), len(Q)))),
    ),
    "its-own-neighbour": (
        "the bin's own old opinion is counted among the neighbours",
        _step_with(lambda Q: _around(Q, "with itself")),
    ),
}

_WRONG_STEPS = (_OTHER_STEPS, built_on(_NEIGHBOURHOODS, "{}", _step_with))


def _dissenter(K: int, rng: Rng) -> tuple[Numbers, Numbers, float]:
    """Return the opinion of all but one, the unary terms, and beta."""
    own = int(rng.integers(K))
    y = np.full((3, 3), own)
    y[1, 1] = (own + 1) % K
    return y, masks.from_labels(y, K), float(rng.integers(2, 4)) / 2


def _lone_label(rng: Rng) -> Args:
    return _dissenter(2, rng)


def _lone_opinion(rng: Rng) -> Args:
    _, U, beta = _dissenter(2, rng)
    return softmax(U, axis=0), U, beta


def board(rng: Rng, K: int, bins: int, frames: int) -> Args:
    """Return arguments of `icm_sweep` on which every known mistake would show.

    Parameters
    ----------
    rng
        Draws them, again and again until all misconceptions have answers of their
        own.
    K, bins, frames
        Sizes.

    Returns
    -------
    labels, unary, beta
        Whole numbers ``(bins, frames)``, log-potentials ``(K, bins, frames)``, and
        what a neighbour of the same label is worth.

    Examples
    --------
    >>> labels, unary, beta = board(np.random.default_rng(0), 2, 6, 7)
    >>> labels.shape, unary.shape
    ((6, 7), (2, 6, 7))
    """
    while True:
        labels = rng.integers(0, K, (bins, frames))
        unary = rng.standard_normal((K, bins, frames)).round(2)
        given = labels, unary, float(rng.choice([0.6, 0.7, 1.4, 1.6]))
        answers = [
            wrong(*given).tobytes()
            for table in _WRONG_SWEEPS
            for _, wrong in table.values()
        ]
        answers.append(icm_sweep(*given).tobytes())
        if len(set(answers)) == len(answers):
            return given


def opinions(rng: Rng, K: int, bins: int, frames: int) -> Args:
    """Return arguments of `mean_field_step`: any opinions, any field.

    Parameters
    ----------
    rng
        Draws them.
    K, bins, frames
        Sizes.

    Returns
    -------
    Q, unary, beta
        Two arrays ``(K, bins, frames)``, and what a neighbour is worth.

    Examples
    --------
    >>> Q, unary, beta = opinions(np.random.default_rng(0), 3, 4, 5)
    >>> Q.shape, unary.shape, bool(np.allclose(Q.sum(axis=0), 1))
    ((3, 4, 5), (3, 4, 5), True)
    """
    Q = softmax(rng.standard_normal((K, bins, frames)), axis=0)
    unary = rng.standard_normal((K, bins, frames)).round(2)
    return Q, unary, float(rng.choice([0.6, 0.7, 1.4, 1.6]))


def _own_board(rng: Rng) -> Args:
    return board(rng, 2, 6, 7)


def _own_opinions(rng: Rng) -> Args:
    return opinions(rng, 2, 3, 4)


def _unlikely(rng: Rng) -> Args:
    Q, unary, beta = opinions(rng, 2, 2, 3)
    return Q, unary - float(rng.integers(800, 5000)), beta


# --- exercises ------------------------------------------------------------------

ICM_SWEEP = Exercise(
    "icm_sweep", 4, "08_mrf_smoothing", icm_sweep,
    visible=(
        CaseSpec(
            "a lone dissenter", _lone_label, 0.5,
            "Four neighbours outvote one bin, if beta lets them.",
        ),
        CaseSpec(
            "a board of your own", _own_board, 1,
            "Black first, (bin + frame) % 2 == 0; then white, "
            "who see the new black ones.",
        ),
    ),
    mistakes=_WRONG_SWEEPS,
    forbidden=(
        "coursekit.spatial.mrf.field.neighbours",
        "coursekit.spatial.mrf.field.independent", "coursekit.spatial.mrf.icm.icm",
        "coursekit.spatial.mrf.belief.belief_propagation",
        "coursekit.spatial.mrf.belief.belief_propagation_max",
        "coursekit.spatial.mrf.cut.alpha_expansion",
        "coursekit.spatial.mrf.cut.graph_cut", "coursekit.spatial.mrf.gibbs.anneal",
        "coursekit.spatial.mrf.gibbs.gibbs",
    ),
)  # fmt: skip

MEAN_FIELD_STEP = Exercise(
    "mean_field_step", 4, "08_mrf_smoothing", mean_field_step,
    visible=(
        CaseSpec(
            "a lone dissenter", _lone_opinion, 0.5,
            "Sum the four neighbours' opinions, talker by talker; at a border fewer.",
        ),
        CaseSpec(
            "opinions of your own", _own_opinions, 1,
            "Half of the old opinion, half of the softmax over the talkers (axis 0).",
        ),
        CaseSpec(
            "nothing is likely", _unlikely, 0.5,
            "A constant in all exponents changes nothing: subtract the largest.",
        ),
    ),
    mistakes=_WRONG_STEPS,
    forbidden=("coursekit.spatial.mrf.mean_field.mean_field",),
)  # fmt: skip

EXERCISES = (ICM_SWEEP, MEAN_FIELD_STEP)
