r"""Homework 2: two talkers, two microphones, and who is where, by hand.

The parts, the visible cases and the misconceptions of the second homework, and the
scene that each student gets to take apart. Conventions are those of
`coursekit.spatial`: level differences are right over left, in decibels of amplitude;
samples in rows, talkers in columns; fields ``(K, bins, frames)`` with closed borders.

Lectures 07 and 08; slides "ML/NN for Speech Enhancement", geometry to multiple
sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps

import numpy as np
from scipy.special import softmax

from coursekit import data, fourier, masks, spatial
from coursekit.homework.checks.cases import (
    Args,
    Case,
    Homework,
    Misconception,
    Part,
    student_rng,
)
from coursekit.homework.checks.checker import ANYONE, Checker
from coursekit.spatial.ild import FLOOR
from coursekit.spatial.mrf import field

Rng = np.random.Generator
Numbers = np.ndarray
Place = tuple[float, float]
Triple = tuple[Numbers, Numbers, Numbers]

NAME = "hw2_ild"

PARTS = (
    Part("expected_ild", 3, "07_ild_clustering"),
    Part("ild", 5, "07_ild_clustering"),
    Part("e_step", 5, "07_ild_clustering"),
    Part("m_step", 5, "07_ild_clustering", results=("pi", "mu", "var")),
    Part("separate", 4, "07_ild_clustering"),
    Part("icm_sweep", 4, "08_mrf_smoothing"),
    Part("mean_field_step", 4, "08_mrf_smoothing"),
)

FORBIDDEN = (
    "coursekit.spatial.geometry.amplitude_ratio",
    "coursekit.spatial.geometry.expected_ild",
    "coursekit.spatial.ild.ild",
    "coursekit.spatial.gmm.e_step",
    "coursekit.spatial.gmm.m_step",
    "coursekit.spatial.gmm.fit_gmm",
    "coursekit.spatial.gmm.log_likelihoods_of",
    "coursekit.spatial.gmm.unary",
    "coursekit.spatial.mrf.field.neighbours",
    "coursekit.spatial.mrf.field.independent",
    "coursekit.spatial.mrf.icm.icm",
    "coursekit.spatial.mrf.mean_field.mean_field",
    "coursekit.spatial.mrf.belief.belief_propagation",
    "coursekit.spatial.mrf.belief.belief_propagation_max",
    "coursekit.spatial.mrf.cut.alpha_expansion",
    "coursekit.spatial.mrf.cut.graph_cut",
    "coursekit.spatial.mrf.gibbs.anneal",
    "coursekit.spatial.mrf.gibbs.gibbs",
    "coursekit.spatial.separation.observe",
    "coursekit.spatial.separation.cluster",
    "coursekit.spatial.separation.separate",
    "coursekit.spatial.separation.resynthesise",
    "coursekit.spatial.separation.oracle_masks",
    "coursekit.masks.from_labels",
    "coursekit.masks.apply",
    "coursekit.homework.hw2_ild.e_step",
    "coursekit.homework.hw2_ild.m_step",
    "coursekit.homework.hw2_ild.separate",
    "coursekit.homework.hw2_ild.icm_sweep",
    "coursekit.homework.hw2_ild.mean_field_step",
    "sklearn.mixture",
)
"""What the homework asks to write: functions by module and name, and modules."""


# --- a student's own scene ------------------------------------------------------

RATE = 16000
"""Samples per second of the recording."""

SECONDS = 4.0
"""How long it lasts."""

LOUDEST = 0.7
"""The largest amplitude that a microphone hears."""


@dataclass(frozen=True)
class Talkers:
    """Two people talking at once, before two microphones.

    Parameters
    ----------
    scene
        Where they stand: ``scene.sources``, ``scene.left``, ``scene.right``, in
        metres. The first talker is the one nearer to the left microphone.
    x
        What the microphones hear, left and right: float64 ``(2, samples)``.
    images
        Each talker alone, as each microphone hears it: ``(2, 2, samples)``.
    rate
        Samples per second.
    caption
        What is heard.
    """

    scene: spatial.Scene
    x: Numbers
    images: Numbers
    rate: int
    caption: str


def _scene(rng: Rng) -> spatial.Scene:
    """Return two microphones, and a talker before each of them."""
    apart = rng.integers(36, 46) / 20
    first, second = rng.integers(-4, 5, 2) / 20
    ahead = rng.integers(16, 26, 2) / 20
    sources = [(first, ahead[0]), (round(apart + second, 2), ahead[1])]
    return spatial.Scene(sources, left=(0.0, 0.0), right=(apart, 0.0))


def _voice(rng: Rng, clip: data.Clip, seconds: float) -> Numbers:
    """Return an excerpt of a clip, at an RMS of 1."""
    length = round(seconds * RATE)
    sound = clip.audio(RATE)
    start = int(rng.integers(max(1, len(sound) - length)))
    x = sound[start : start + length]
    return x / max(float(np.sqrt(np.mean(x**2))), 1e-6)


def two_voices(rng: Rng, seconds: float) -> tuple[Numbers, tuple[str, str]]:
    """Return excerpts of two different speakers, and their names.

    Parameters
    ----------
    rng
        Chooses them.
    seconds
        How long.

    Returns
    -------
    voices
        ``(2, samples)``, each at an RMS of 1.
    names
        Of the speakers in the pack.

    Examples
    --------
    >>> voices, names = two_voices(np.random.default_rng(0), 0.5)
    >>> voices.shape, names[0] == names[1]
    ((2, 8000), False)
    """
    long = [c for c in data.clips("speech") if c.seconds >= seconds]
    who = sorted({clip.speaker for clip in long})
    first, second = rng.choice(len(who), 2, replace=False)
    names = who[first], who[second]
    found = []
    for name in names:
        theirs = [clip for clip in long if clip.speaker == name]
        found.append(_voice(rng, theirs[rng.integers(len(theirs))], seconds))
    return np.stack(found), names


def my_scene(student: str = ANYONE) -> Talkers:
    """Return the student's own scene: two talkers of the pack, in places of their own.

    Parameters
    ----------
    student
        The name; each gets other people, in other places.

    Examples
    --------
    >>> mine = my_scene("Ada")
    >>> mine.x.shape, mine.images.shape, mine.rate
    ((2, 64000), (2, 2, 64000), 16000)
    >>> first, second = mine.scene.sources
    >>> first[0] < second[0]
    True
    """
    who = student or ANYONE
    scene = _scene(student_rng(NAME, who, "expected_ild/your first talker"))
    voices, names = two_voices(student_rng(NAME, who, "my_scene"), SECONDS)
    # Both equally loud, all in all: the nearer one speaks more softly.
    near = np.sqrt(np.sum(1 / scene.distances() ** 2, axis=1, keepdims=True))
    heard = scene.render(voices / near, RATE)
    loudest = LOUDEST / np.abs(heard.mixture).max()
    caption = f"two people talking at once ({names[0]} on the left, {names[1]})"
    x, images = loudest * heard.mixture, loudest * heard.images
    return Talkers(scene, x, images, RATE, caption)


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


def separate(labels: Numbers, X: Numbers, frame: int, hop: int, length: int) -> Numbers:
    """Return both talkers, each masked in the microphone that is nearer to them.

    Parameters
    ----------
    labels
        ``(bins, frames)``: 0 where the first talker is, 1 where the second is.
    X
        STFTs of the left and of the right microphone, ``(2, bins, frames)``.
    frame, hop, length
        As for `coursekit.fourier.istft`.

    Returns
    -------
    talkers
        ``(2, length)``: the first from the left microphone, the second from the
        right one.

    Examples
    --------
    >>> X = fourier.stft(np.ones((2, 40)), 16, 4)
    >>> separate(np.zeros(X.shape[1:], int), X, 16, 4, 40)[:, 20].round(3).tolist()
    [1.0, 0.0]
    """
    mine = masks.from_labels(labels, 2)
    both = [masks.apply(mine, X[k], frame, hop, length)[k] for k in (0, 1)]
    return np.stack(both)


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
    unary, beta
        As for `icm_sweep`.

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


# --- misconceptions -------------------------------------------------------------
#
# The visible cases come below: boards of labels are drawn until each of these
# mistakes would show on them.


def _reaches(source: Place, left: Place, right: Place) -> tuple[float, float]:
    return spatial.distance(source, left), spatial.distance(source, right)


_GEOMETRY = (
    Misconception(
        "expected_ild", "left-over-right",
        "this is left over right: the nearer microphone is the louder one, and right "
        "stands above the line",
        lambda source, left, right: -spatial.expected_ild(source, left, right),
    ),
    Misconception(
        "expected_ild", "power-decibels",
        "this is 10 log of the ratio: distances divide amplitudes, and decibels of "
        "amplitude are 20 log",
        lambda *places: spatial.expected_ild(*places) / 2,
    ),
    Misconception(
        "expected_ild", "natural-log",
        "this is the natural logarithm: decibels count powers of ten",
        lambda *places: spatial.expected_ild(*places) * np.log(10),
    ),
    Misconception(
        "expected_ild", "squared-distance",
        "this takes the amplitude to fall with the square of the distance: that is the "
        "power",
        lambda *places: spatial.expected_ild(*places) * 2,
    ),
    Misconception(
        "expected_ild", "no-decibels",
        "this is the ratio right over left itself: its level is asked for, in dB",
        lambda *places: 1 / spatial.amplitude_ratio(*places),
    ),
    Misconception(
        "expected_ild", "the-decks-ratio",
        "this is the deck's a, left over right and no level: asked for is right over "
        "left in dB",
        spatial.amplitude_ratio,
    ),
    Misconception(
        "expected_ild", "difference-of-distances",
        "this is the difference of the distances: levels compare by their ratio",
        lambda *places: _reaches(*places)[0] - _reaches(*places)[1],
    ),
    Misconception(
        "expected_ild", "along-one-axis",
        "this measures along the first axis alone: a distance needs all coordinates",
        lambda source, left, right: 20
        * np.log10(abs(source[0] - left[0]) / abs(source[0] - right[0])),
    ),
)  # fmt: skip


def _floor_of(*channels: Numbers) -> float:
    return FLOOR * max(np.abs(X).max() for X in channels)


def _level(X: Numbers, floor: float) -> Numbers:
    return 20 * np.log10(np.abs(X) + floor)


def _magnitudes_subtracted(L: Numbers, R: Numbers) -> Numbers:
    return np.abs(R) - np.abs(L)


_LEVELS = (
    Misconception(
        "ild", "left-over-right",
        "this is left over right: the right microphone stands above the line",
        lambda L, R: spatial.ild(R, L),
    ),
    Misconception(
        "ild", "power-decibels",
        "this is 10 log of the amplitudes: their level is 20 log",
        lambda L, R: spatial.ild(L, R) / 2,
    ),
    Misconception(
        "ild", "squared-magnitudes",
        "this is 20 log of the powers |X|²: it is 20 log of the amplitudes",
        lambda L, R: spatial.ild(L, R) * 2,
    ),
    Misconception(
        "ild", "natural-log",
        "this is the natural logarithm: decibels count powers of ten",
        lambda L, R: spatial.ild(L, R) * np.log(10),
    ),
    Misconception(
        "ild", "no-floor",
        "there is no floor: a silent bin divides by zero",
        lambda L, R: _level(R, 0) - _level(L, 0),
    ),
    Misconception(
        "ild", "absolute-floor",
        "the floor is 1e-6 for every recording: it should be 1e-6 of the largest "
        "magnitude",
        lambda L, R: _level(R, 1e-6) - _level(L, 1e-6),
    ),
    Misconception(
        "ild", "floor-below-only",
        "the floor stands below the line only: in both channels, exchanging them flips "
        "the sign and nothing else",
        lambda L, R: _level(R, 0) - _level(L, _floor_of(L, R)),
    ),
    Misconception(
        "ild", "a-floor-for-each-channel",
        "each channel has a floor of its own: with one for both, two silent bins are "
        "at 0 dB",
        lambda L, R: _level(R, _floor_of(R)) - _level(L, _floor_of(L)),
    ),
    Misconception(
        "ild", "no-decibels",
        "this is the ratio of the magnitudes: its level is asked for, in dB",
        lambda L, R: 10 ** (spatial.ild(L, R) / 20),
    ),
    Misconception(
        "ild", "difference-of-magnitudes",
        "this is the difference of the magnitudes: it grows with the loudness",
        _magnitudes_subtracted,
    ),
    Misconception(
        "ild", "real-parts",
        "this compares the real parts: what counts is the magnitude, np.abs",
        lambda L, R: spatial.ild(L.real, R.real),
    ),
)  # fmt: skip


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


_EXPECTATIONS = (
    Misconception(
        "e_step", "wrong-axis",
        "these are normalised over the samples: each sample is shared out, so each row "
        "sums to 1",
        lambda *given: _densities(*given) / _densities(*given).sum(axis=0),
    ),
    Misconception(
        "e_step", "not-normalised",
        "these are the densities: divide each row by its sum",
        _densities,
    ),
    Misconception(
        "e_step", "weights-ignored",
        "pi is left out: a talker who speaks more often is the likelier one",
        lambda x, pi, mu, var: e_step(x, np.full(len(pi), 1 / len(pi)), mu, var),
    ),
    Misconception(
        "e_step", "variance-for-deviation",
        "var was taken for the standard deviation: it is squared already",
        lambda x, pi, mu, var: e_step(x, pi, mu, var**2),
    ),
    Misconception(
        "e_step", "no-half",
        "the half in the exponent is missing: the Gaussians are too narrow",
        lambda x, pi, mu, var: e_step(x, pi, mu, var / 2),
    ),
    Misconception(
        "e_step", "no-width",
        "the factor 1/σ before the exponential is missing: a wide one is low",
        _without_width,
    ),
    Misconception(
        "e_step", "underflow",
        "far from all means the densities are rounded to 0, and 0/0 is no number: "
        "subtract the largest logarithm before the exponential",
        lambda *given: _rows_to_one(_densities(*given)),
    ),
    Misconception(
        "e_step", "transposed",
        "the talkers stand in the rows: one sample is one row, one talker one column",
        lambda *given: e_step(*given).T,
    ),
    Misconception(
        "e_step", "hard-decision",
        "each sample is given to the likeliest talker whole: asked for are the shares",
        _hardened,
    ),
    Misconception(
        "e_step", "logarithms",
        "these are the logarithms of the responsibilities",
        lambda *given: np.log(np.maximum(e_step(*given), 1e-300)),
    ),
)  # fmt: skip


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


_MAXIMISATIONS = (
    Misconception(
        "m_step", "weights-ignored",
        "the weights w are left out: silent bins count as much as loud ones",
        lambda x, R, w, floor: m_step(x, R, np.ones(len(x)), floor),
    ),
    Misconception(
        "m_step", "weights-missing-in-the-variance",
        "the variance is taken without the weights w, the rest with them",
        _unweighted_spread,
    ),
    Misconception(
        "m_step", "variance-not-floored",
        "the variance has no floor: a talker who owns a single sample collapses onto "
        "it",
        _then(lambda N, pi, mu, var, floor: (pi, mu, var)),
    ),
    Misconception(
        "m_step", "floor-added",
        "the floor is added to every variance: it is the least that one may be",
        _then(lambda N, pi, mu, var, floor: (pi, mu, var + floor)),
    ),
    Misconception(
        "m_step", "floor-under-the-deviation",
        "the floor is held under the standard deviation: it is one of the variance",
        _then(
            lambda N, pi, mu, var, floor: (pi, mu, np.maximum(np.sqrt(var), floor) ** 2)
        ),
    ),
    Misconception(
        "m_step", "deviation-for-variance",
        "the third result is the standard deviation: asked for is its square",
        _then(
            lambda N, pi, mu, var, floor: (pi, mu, np.sqrt(np.maximum(var, floor)))
        ),
    ),
    Misconception(
        "m_step", "shares-not-normalised",
        "pi is the sum of what each talker owns: divide by the sum over all talkers",
        _then(lambda N, pi, mu, var, floor: (N, mu, np.maximum(var, floor))),
    ),
    Misconception(
        "m_step", "means-over-all-samples",
        "the means are divided by the number of samples: divide by N_k, what the "
        "talker owns",
        _over_all,
    ),
    Misconception(
        "m_step", "about-the-common-mean",
        "the variances are taken about the mean of all samples: each talker has an own "
        "mean",
        _about_the_common_mean,
    ),
)  # fmt: skip


def _masked(first: tuple[int, int], second: tuple[int, int]) -> Callable[..., Numbers]:
    """Return a separation by pairs of label and channel."""

    def separated(
        labels: Numbers, X: Numbers, frame: int, hop: int, length: int
    ) -> Numbers:
        cut = [(labels == label) * X[channel] for label, channel in (first, second)]
        return fourier.istft(np.stack(cut), frame, hop, length=length)

    return separated


def _from_the_sum(
    labels: Numbers, X: Numbers, frame: int, hop: int, length: int
) -> Numbers:
    both = masks.from_labels(labels, 2)
    return masks.apply(both, X.mean(axis=0), frame, hop, length)


def _labels_for_masks(
    labels: Numbers, X: Numbers, frame: int, hop: int, length: int
) -> Numbers:
    return fourier.istft(labels * X, frame, hop, length=length)


def _without_phase(
    labels: Numbers, X: Numbers, frame: int, hop: int, length: int
) -> Numbers:
    return separate(labels, np.abs(X).astype(complex), frame, hop, length)


def _not_cut(labels: Numbers, X: Numbers, frame: int, hop: int, length: int) -> Numbers:
    whole = (X.shape[-1] - 1) * hop + 1
    return separate(labels, X, frame, hop, whole)


_SEPARATIONS = (
    Misconception(
        "separate", "wrong-channel",
        "each mask is applied to the other microphone: take each talker from the "
        "nearer one, the first from the left",
        _masked((0, 1), (1, 0)),
    ),
    Misconception(
        "separate", "talkers-exchanged",
        "the talkers come in the wrong order: label 0 is the first",
        _masked((1, 1), (0, 0)),
    ),
    Misconception(
        "separate", "masks-exchanged",
        "the masks are exchanged: label 1 belongs to the right microphone",
        _masked((1, 0), (0, 1)),
    ),
    Misconception(
        "separate", "both-from-the-left",
        "both talkers are taken from the left microphone: the second is louder in the "
        "right one",
        _masked((0, 0), (1, 0)),
    ),
    Misconception(
        "separate", "from-the-sum",
        "both talkers are taken from the mean of the microphones, where the other one "
        "is as loud",
        _from_the_sum,
    ),
    Misconception(
        "separate", "labels-for-masks",
        "the labels themselves are the mask: it lets the second talker through twice "
        "and the first never",
        _labels_for_masks,
    ),
    Misconception(
        "separate", "phase-lost",
        "the mask is applied to the magnitude: without the mixture's phase it is no "
        "voice any more",
        _without_phase,
    ),
    Misconception(
        "separate", "not-cut-to-length",
        "the sounds are not cut to the length that is asked for",
        _not_cut,
    ),
)  # fmt: skip

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


_NEIGHBOURHOODS: dict[str, tuple[str, Callable[[Numbers], Numbers]]] = {
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


_SWEEPS = (
    Misconception(
        "icm_sweep", "synchronous",
        "all bins changed at once: each looked at neighbours that changed with it, and "
        "two can swap labels for ever",
        _icm(_four, "all"),
    ),
    Misconception(
        "icm_sweep", "white-first",
        "the white squares changed first: begin with those where bin + frame is even",
        _icm(_four, "white, then black"),
    ),
    Misconception(
        "icm_sweep", "half-a-sweep",
        "only the black squares changed: the white ones are the second half of a sweep",
        _icm(_four, "black"),
    ),
    Misconception(
        "icm_sweep", "one-by-one",
        "the bins changed one by one, row by row: that is a sweep too, but asked for "
        "is the checkerboard",
        _icm(_four, "a row at a time"),
    ),
    Misconception(
        "icm_sweep", "prior-ignored",
        "each bin took the label that it likes best by itself: the neighbours are "
        "missing",
        lambda labels, unary, beta: unary.argmax(axis=0),
    ),
    Misconception(
        "icm_sweep", "labels-ignored",
        "the sweep began from the best label of each bin by itself: it should begin "
        "from the labels given",
        _icm_from_scratch,
    ),
    Misconception(
        "icm_sweep", "beta-ignored",
        "the neighbours are counted without beta",
        lambda labels, unary, beta: icm_sweep(labels, unary, 1.0),
    ),
    *(
        Misconception("icm_sweep", name, sentence, _icm(neighbours))
        for name, (sentence, neighbours) in _NEIGHBOURHOODS.items()
    ),
)  # fmt: skip


def _step_with(neighbours: Callable[[Numbers], Numbers]) -> Callable[..., Numbers]:
    def step(Q: Numbers, unary: Numbers, beta: float) -> Numbers:
        return (Q + softmax(unary + beta * neighbours(Q), axis=0)) / 2

    return step


def _undamped(Q: Numbers, unary: Numbers, beta: float) -> Numbers:
    return softmax(unary + beta * _four(Q), axis=0)


def _bare_exponential(Q: Numbers, unary: Numbers, beta: float) -> Numbers:
    e = np.exp(unary + beta * _four(Q))
    return (Q + e / e.sum(axis=0)) / 2


_STEPS = (
    Misconception(
        "mean_field_step", "not-damped",
        "the old opinion is thrown away: each bin keeps half of it",
        _undamped,
    ),
    Misconception(
        "mean_field_step", "unary-ignored",
        "only the neighbours are asked: what was measured in the bin, unary, is "
        "missing",
        lambda Q, unary, beta: (Q + softmax(beta * _four(Q), axis=0)) / 2,
    ),
    Misconception(
        "mean_field_step", "prior-ignored",
        "only the bin itself is asked: the neighbours are missing",
        lambda Q, unary, beta: (Q + softmax(unary, axis=0)) / 2,
    ),
    Misconception(
        "mean_field_step", "beta-ignored",
        "the neighbours are counted without beta",
        lambda Q, unary, beta: mean_field_step(Q, unary, 1.0),
    ),
    Misconception(
        "mean_field_step", "wrong-axis",
        "these are normalised over the frequencies: the talkers share a bin, so the "
        "sum over them is 1",
        lambda Q, unary, beta: (Q + softmax(unary + beta * _four(Q), axis=1)) / 2,
    ),
    Misconception(
        "mean_field_step", "not-normalised",
        "these are the exponentials: divide by their sum over the talkers",
        lambda Q, unary, beta: (Q + np.exp(unary + beta * _four(Q))) / 2,
    ),
    Misconception(
        "mean_field_step", "underflow",
        "where nothing is likely all exponentials are rounded to 0, and 0/0 is no "
        "number: subtract the largest first",
        _bare_exponential,
    ),
    Misconception(
        "mean_field_step", "hard-neighbours",
        "each neighbour is taken for its likeliest label: its opinion counts in parts",
        _step_with(lambda Q: _four(masks.from_labels(Q.argmax(axis=0), len(Q)))),
    ),
    Misconception(
        "mean_field_step", "its-own-neighbour",
        "the bin's own old opinion is counted among the neighbours",
        _step_with(lambda Q: _around(Q, "with itself")),
    ),
    *(
        Misconception("mean_field_step", name, sentence, _step_with(neighbours))
        for name, (sentence, neighbours) in _NEIGHBOURHOODS.items()
    ),
)  # fmt: skip


def _silently(mistake: Misconception) -> Misconception:
    """Return a mistake that divides by zero without a warning: the reader made it."""

    @wraps(mistake.wrong)
    def wrong(*args: object) -> object:
        with np.errstate(all="ignore"):
            return mistake.wrong(*args)

    return replace(mistake, wrong=wrong)


MISCONCEPTIONS = tuple(
    map(
        _silently,
        (
            *_GEOMETRY,
            *_LEVELS,
            *_EXPECTATIONS,
            *_MAXIMISATIONS,
            *_SEPARATIONS,
            *_SWEEPS,
            *_STEPS,
        ),
    )
)


# --- visible cases --------------------------------------------------------------


def _lecture_scene(rng: Rng) -> Args:
    scene = spatial.deck_scene()
    return scene.sources[1], scene.left, scene.right


def _first_talker(rng: Rng) -> Args:
    scene = _scene(rng)
    return scene.sources[0], scene.left, scene.right


_PYTHAGORAS = np.array([3 + 4j, 4 - 3j, -6 + 8j, 5j, -12 + 5j, 8 + 6j, 1j, -2, 4 + 0j])
"""Complex numbers whose magnitudes are whole numbers."""


def _few_bins(rng: Rng) -> Args:
    return tuple(rng.choice(_PYTHAGORAS, (2, 2, 3)))


def _silent_bins(rng: Rng) -> Args:
    L, R = rng.choice(_PYTHAGORAS, (2, 2, 4))
    for n, silent in enumerate([(L,), (R,), (L, R)]):
        for X in silent:
            X[rng.integers(2), n] = 0
    L[0, 2] = R[0, 2] = 0
    return L, 1.5 * R


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


def two_sounds(rng: Rng, samples: int, frame: int, hop: int) -> Args:
    """Return arguments of `separate`: random labels for the STFTs of two noises.

    Parameters
    ----------
    rng
        Draws them.
    samples, frame, hop
        How long the sounds are, and how they are cut.

    Examples
    --------
    >>> labels, X, *rest = two_sounds(np.random.default_rng(0), 64, 16, 4)
    >>> labels.shape, X.shape, rest
    ((9, 17), (2, 9, 17), [16, 4, 64])
    """
    X = fourier.stft(rng.standard_normal((2, samples)), frame, hop)
    return rng.integers(0, 2, X.shape[1:]), X, frame, hop, samples


def _one_talks(rng: Rng) -> Args:
    labels, *rest = two_sounds(rng, 30, 8, 4)
    return (0 * labels, *rest)


def _two_talk(rng: Rng) -> Args:
    return two_sounds(rng, 42 + int(rng.integers(6)), 16, 8)


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
        answers = [mistake.wrong(*given).tobytes() for mistake in _SWEEPS]
        answers.append(icm_sweep(*given).tobytes())
        if len(set(answers)) == len(answers):
            return given


def opinions(rng: Rng, K: int, bins: int, frames: int) -> Args:
    """Return arguments of `mean_field_step`: any opinions, any field.

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


_DB = "a thousandth of a dB: loud bins do not feel how the floor is set"
_SINGLE = "a ten thousandth of a dB: positions in single precision are good enough"

VISIBLE = (
    Case(
        "expected_ild", "the lecture's second talker", _lecture_scene,
        spatial.expected_ild, 0.5,
        "The slide has 2.15 m to the left microphone, 0.8 m to the right: +8.60 dB.",
        atol=1e-4, because=_SINGLE,
    ),
    Case(
        "expected_ild", "your first talker", _first_talker, spatial.expected_ild, 0.5,
        "The nearer microphone is the louder one; here it is the left, so below 0 dB.",
        atol=1e-4, because=_SINGLE,
    ),
    Case(
        "ild", "a few bins", _few_bins, spatial.ild, 1,
        "Twice as loud on the right is +6.02 dB, twice as loud on the left -6.02 dB.",
        atol=1e-3, because=_DB,
    ),
    Case(
        "ild", "silent bins", _silent_bins, spatial.ild, 1,
        "Add the same small ε to both magnitudes: two silent bins then have 0 dB.",
        atol=1e-3, because=_DB,
    ),
    Case(
        "e_step", "two talkers", _two_gaussians, e_step, 0.5,
        "Each row: two densities times their shares, divided by their sum.",
    ),
    Case(
        "e_step", "three talkers", _three_gaussians, e_step, 1,
        "Give x a second axis, x[:, None], and all K densities come at once.",
    ),
    Case(
        "e_step", "far from everybody", _far_away, e_step, 0.5,
        "Work with logarithms; subtract each row's largest before np.exp.",
    ),
    Case(
        "m_step", "a few samples", _few_samples, m_step, 1,
        "Multiply the responsibilities by w first; all three are averages with that.",
    ),
    Case(
        "m_step", "a sample of one's own", _lonely_sample, m_step, 1,
        "One sample has no spread: np.maximum(var, floor).",
    ),
    Case(
        "separate", "only the first one talks", _one_talks, separate, 0.5,
        "The first talker is then the left channel, the second is silent.",
    ),
    Case(
        "separate", "both talk", _two_talk, separate, 1,
        "labels == 0 is a mask for the left STFT, labels == 1 for the right one.",
    ),
    Case(
        "icm_sweep", "a lone dissenter", _lone_label, icm_sweep, 0.5,
        "Four neighbours outvote one bin, if beta lets them.",
    ),
    Case(
        "icm_sweep", "a board of your own", _own_board, icm_sweep, 1,
        "Black first, (bin + frame) % 2 == 0; then white, who see the new black ones.",
    ),
    Case(
        "mean_field_step", "a lone dissenter", _lone_opinion, mean_field_step, 0.5,
        "Sum the four neighbours' opinions, talker by talker; at a border fewer.",
    ),
    Case(
        "mean_field_step", "opinions of your own", _own_opinions, mean_field_step, 1,
        "Half of the old opinion, half of the softmax over the talkers (axis 0).",
    ),
    Case(
        "mean_field_step", "nothing is likely", _unlikely, mean_field_step, 0.5,
        "A constant in all exponents changes nothing: subtract the largest.",
    ),
)  # fmt: skip

HOMEWORK = Homework(NAME, PARTS, VISIBLE, MISCONCEPTIONS, forbidden=FORBIDDEN)

check = Checker(HOMEWORK)
