"""Two talkers taken apart by masks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit import fourier, masks
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes
from coursekit.homework.own_data import Numbers, Rng


def separate(labels: Numbers, X: Numbers, frame: int, hop: int, length: int) -> Numbers:
    """Return both talkers, each masked in the microphone that is nearer to them.

    Parameters
    ----------
    labels
        ``(bins, frames)``: 0 where the first talker is, 1 where the second is.
    X
        STFTs of the left and of the right microphone, ``(2, bins, frames)``.
    frame, hop
        Frame length and hop size of the STFTs, in samples.
    length
        Samples of the sounds.

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


_WRONG_SEPARATIONS: Mistakes = {
    "wrong-channel": (
        "each mask is applied to the other microphone: take each talker from the "
        "nearer one, the first from the left",
        _masked((0, 1), (1, 0)),
    ),
    "talkers-exchanged": (
        "the talkers come in the wrong order: label 0 is the first",
        _masked((1, 1), (0, 0)),
    ),
    "masks-exchanged": (
        "the masks are exchanged: label 1 belongs to the right microphone",
        _masked((1, 0), (0, 1)),
    ),
    "both-from-the-left": (
        "both talkers are taken from the left microphone: the second is louder in the "
        "right one",
        _masked((0, 0), (1, 0)),
    ),
    "from-the-sum": (
        "both talkers are taken from the mean of the microphones, where the other one "
        "is as loud",
        _from_the_sum,
    ),
    "labels-for-masks": (
        "the labels themselves are the mask: it lets the second talker through twice "
        "and the first never",
        _labels_for_masks,
    ),
    "phase-lost": (
        "the mask is applied to the magnitude: without the mixture's phase it is no "
        "voice any more",
        _without_phase,
    ),
    "not-cut-to-length": (
        "the sounds are not cut to the length that is asked for",
        _not_cut,
    ),
}


def two_sounds(rng: Rng, samples: int, frame: int, hop: int) -> Args:
    """Return arguments of `separate`: random labels for the STFTs of two noises.

    Parameters
    ----------
    rng
        Draws them.
    samples, frame, hop
        How long the sounds are, and how they are cut.

    Returns
    -------
    labels, X, frame, hop, length
        0 or 1, ``(bins, frames)``; two STFTs ``(2, bins, frames)``; three numbers.

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


# --- exercises ------------------------------------------------------------------

SEPARATE = Exercise(
    "separate", 4, "07_ild_clustering", separate,
    visible=(
        CaseSpec(
            "only the first one talks", _one_talks, 0.5,
            "The first talker is then the left channel, the second is silent.",
        ),
        CaseSpec(
            "both talk", _two_talk, 1,
            "labels == 0 is a mask for the left STFT, labels == 1 for the right one.",
        ),
    ),
    mistakes=(_WRONG_SEPARATIONS,),
    forbidden=(
        "coursekit.spatial.separation.observe", "coursekit.spatial.separation.cluster",
        "coursekit.spatial.separation.separate",
        "coursekit.spatial.separation.resynthesise",
        "coursekit.spatial.separation.oracle_masks", "coursekit.masks.from_labels",
        "coursekit.masks.apply",
    ),
)  # fmt: skip

EXERCISES = (SEPARATE,)
