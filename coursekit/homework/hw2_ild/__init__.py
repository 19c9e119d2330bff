r"""Homework 2: two talkers, two microphones, and who is where, by hand.

The parts, the visible cases and the misconceptions of the second homework, and the
scene that each student gets to take apart. Conventions are those of
`coursekit.spatial`: level differences are right over left, in decibels of amplitude;
samples in rows, talkers in columns; fields ``(K, bins, frames)`` with closed borders.

Lectures 07 and 08; slides "ML/NN for Speech Enhancement", geometry to multiple
sources.
"""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

import numpy as np

from coursekit import spatial
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    Misconception,
    Part,
)
from coursekit.homework.checks.checker import Checker
from coursekit.homework.hw2_ild.clustering import (
    _EXPECTATIONS,
    _MAXIMISATIONS,
    _far_away,
    _few_samples,
    _lonely_sample,
    _three_gaussians,
    _two_gaussians,
    e_step,
    m_step,
)
from coursekit.homework.hw2_ild.field import (
    _STEPS,
    _SWEEPS,
    _lone_label,
    _lone_opinion,
    _own_board,
    _own_opinions,
    _unlikely,
    icm_sweep,
    mean_field_step,
)
from coursekit.homework.hw2_ild.levels import (
    _DB,
    _GEOMETRY,
    _LEVELS,
    _SINGLE,
    _few_bins,
    _first_talker,
    _lecture_scene,
    _silent_bins,
)
from coursekit.homework.hw2_ild.masking import (
    _SEPARATIONS,
    _one_talks,
    _two_talk,
    separate,
)
from coursekit.homework.hw2_ild.scene import (
    NAME,
    my_scene,
)

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
    "coursekit.homework.hw2_ild.clustering.e_step",
    "coursekit.homework.hw2_ild.clustering.m_step",
    "coursekit.homework.hw2_ild.masking.separate",
    "coursekit.homework.hw2_ild.field.icm_sweep",
    "coursekit.homework.hw2_ild.field.mean_field_step",
    "sklearn.mixture",
)
"""What the homework asks to write: functions by module and name, and modules."""


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

__all__ = ["HOMEWORK", "check", "my_scene"]
