"""Hidden cases of homework 2; they never leave the instructors' side.

The right answers are those of `coursekit.spatial` and `coursekit.masks`. One sweep of
ICM and one step of the mean field are written beside the visible cases, of the
pieces that `coursekit.spatial.icm` and `mean_field` are made of; so is the separation
that takes each talker from the nearer microphone.
"""

from __future__ import annotations

import numpy as np

from coursekit import fourier, spatial
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec
from coursekit.homework.hw2_ild.clustering import E_STEP, M_STEP, e_step, mixture_of
from coursekit.homework.hw2_ild.field import ICM_SWEEP, MEAN_FIELD_STEP, board, opinions
from coursekit.homework.hw2_ild.levels import EXPECTED_ILD, ILD
from coursekit.homework.hw2_ild.masking import SEPARATE, two_sounds
from coursekit.homework.hw2_ild.scene import two_voices
from coursekit.homework.own_data import RATE, Rng

CANARY = "canary-owl-between-two-gates-2360"
"""Stands here and in each solution of the notebook; must turn up nowhere else."""


_DB = "a thousandth of a dB: loud bins do not feel how the floor is set"
_SINGLE = "a ten thousandth of a dB: positions in single precision are good enough"
_ROUNDING = "a handful of float64 operations, differences of a few hundred dB"
_LABELS = "whole numbers"


def _place(rng: Rng, n: int) -> np.ndarray:
    return rng.uniform(-3, 3, n)


def _on_the_floor(rng: Rng) -> Args:
    return tuple(tuple(_place(rng, 2).tolist()) for _ in range(3))


def _in_the_room(rng: Rng) -> Args:
    return tuple(tuple(_place(rng, 3).tolist()) for _ in range(3))


def _equally_far(rng: Rng) -> Args:
    """Return a talker on the line that halves the one between the microphones."""
    middle, half = _place(rng, 2), rng.uniform(0.1, 1.5, 2)
    source = middle + rng.uniform(0.5, 3) * np.array([half[1], -half[0]])
    return tuple(source), tuple(middle - half), tuple(middle + half)


def _complex(rng: Rng, *shape: int) -> np.ndarray:
    """Return numbers of any phase, none of them much quieter than the others."""
    return rng.uniform(0.5, 2, shape) * np.exp(1j * rng.uniform(-np.pi, np.pi, shape))


def _noise(rng: Rng) -> Args:
    L, R = _complex(rng, 2, 9, 12)
    return L, 3 * R


def _silence(rng: Rng) -> Args:
    shape = tuple(rng.integers(2, 6, 2))
    return np.zeros(shape, complex), np.zeros(shape, complex)


def _very_quiet(rng: Rng) -> Args:
    L, R = 1e-9 * _complex(rng, 2, 5, 7)
    L[rng.integers(5), 2] = 0
    R[rng.integers(5), 3] = 0
    return L, R


def _near_the_floor(rng: Rng) -> Args:
    """Return bins that are a million times quieter than the loudest one."""
    L, R = _complex(rng, 2, 4, 6)
    L[:, 1:] *= 1e-6
    R[:, :5] *= 1e-6
    L[0, 0] = 3
    return L, R


def _one_talker(rng: Rng) -> Args:
    return (rng.uniform(-9, 9, 5), *mixture_of(rng, 1))


def _samples(rng: Rng, n: int, K: int) -> Args:
    pi, mu, var = mixture_of(rng, K)
    who = rng.choice(K, n, p=pi)
    return mu[who] + np.sqrt(var[who]) * rng.standard_normal(n), pi, mu, var


def _many_samples(rng: Rng) -> Args:
    return _samples(rng, 400 + int(rng.integers(9)), 2)


def _rare_talker(rng: Rng) -> Args:
    x, _, mu, var = _samples(rng, 30, 3)
    return x, rng.permutation([0.02, 0.08, 0.9]), mu, var


def _farther(rng: Rng) -> Args:
    x, pi, mu, var = _samples(rng, 8, 3)
    return x + rng.choice([-1, 1], 8) * rng.uniform(300, 900, 8), pi, mu, var


def _shared(rng: Rng, n: int, K: int) -> Args:
    """Return samples that the E-step has shared out, and weights of any size."""
    x, pi, mu, var = _samples(rng, n, K)
    return x, e_step(x, pi, mu, var), rng.uniform(0, 5, n) ** 2, 0.01


def _silent_samples(rng: Rng) -> Args:
    x, R, w, floor = _shared(rng, 40, 2)
    silent = rng.random(40) < 0.4
    x[silent] = 0.0  # where nothing sounds the level difference is 0
    w[silent] = 0.0
    return x, R, w, floor


def _narrow(rng: Rng) -> Args:
    """Return one talker who is everywhere and one who never moves."""
    x = np.concatenate([rng.uniform(-12, 2, 30), np.full(10, 7.5)])
    R = np.stack([np.arange(40) < 30, np.arange(40) >= 30], axis=1).astype(float)
    by = rng.permutation(40)
    return x[by], R[by], rng.uniform(1, 3, 40), float(rng.choice([0.3, 3.0]))


def _short_sounds(rng: Rng) -> Args:
    return two_sounds(rng, 90 + int(rng.integers(1, 7)), 24, 8)


def _speech(rng: Rng) -> Args:
    """Return half a second of two people, and who is the louder one where."""
    voices, _ = two_voices(rng, 0.5)
    heard = spatial.deck_scene().render(voices, RATE)
    X, images = fourier.stft(heard.mixture, 256, 64), heard.images.mean(axis=1)
    labels = np.abs(fourier.stft(images, 256, 64)).argmax(axis=0)
    return labels, X, 256, 64, heard.mixture.shape[1]


def _without_prior(rng: Rng) -> Args:
    labels, unary, _ = board(rng, 2, 6, 7)
    return labels, unary, 0.0


def _opinions_without_prior(rng: Rng) -> Args:
    Q, unary, _ = opinions(rng, 2, 5, 6)
    return Q, unary, 0.0


HIDDEN = (
    *EXPECTED_ILD.make_cases(
        CaseSpec(
            "equally far from both", _equally_far, 0.5, atol=1e-4, because=_SINGLE,
        ),
        CaseSpec(
            "anywhere on the floor", _on_the_floor, 0.5, atol=1e-4, because=_SINGLE,
        ),
        CaseSpec("anywhere in the room", _in_the_room, 1, atol=1e-4, because=_SINGLE),
    ),
    *ILD.make_cases(
        CaseSpec("noise", _noise, 1, atol=1e-3, because=_DB),
        CaseSpec("nothing but silence", _silence, 0.5, because=_ROUNDING),
        CaseSpec("a very quiet recording", _very_quiet, 1, atol=1e-3, because=_DB),
        CaseSpec("close to the floor", _near_the_floor, 0.5, because=_ROUNDING),
    ),
    *E_STEP.make_cases(
        CaseSpec("one talker", _one_talker, 0.5, because=_ROUNDING),
        CaseSpec("many samples", _many_samples, 1, because=_ROUNDING),
        CaseSpec("one who hardly speaks", _rare_talker, 1, because=_ROUNDING),
        CaseSpec("farther from everybody", _farther, 0.5, because=_ROUNDING),
    ),
    *M_STEP.make_cases(
        CaseSpec(
            "many samples", lambda rng: _shared(rng, 300, 2), 1, because=_ROUNDING,
        ),
        CaseSpec(
            "three talkers", lambda rng: _shared(rng, 60, 3), 1, because=_ROUNDING,
        ),
        CaseSpec("silent samples", _silent_samples, 0.5, because=_ROUNDING),
        CaseSpec("a talker without spread", _narrow, 0.5, because=_ROUNDING),
    ),
    *SEPARATE.make_cases(
        CaseSpec("a length that no hop divides", _short_sounds, 1, because=_ROUNDING),
        CaseSpec("half a second of two people", _speech, 1.5, because=_ROUNDING),
    ),
    *ICM_SWEEP.make_cases(
        CaseSpec("no prior", _without_prior, 0.5, because=_LABELS),
        CaseSpec("three talkers", lambda rng: board(rng, 3, 6, 5), 1, because=_LABELS),
        CaseSpec(
            "a larger board", lambda rng: board(rng, 2, 12, 15), 1, because=_LABELS,
        ),
    ),
    *MEAN_FIELD_STEP.make_cases(
        CaseSpec("no prior", _opinions_without_prior, 0.5, because=_ROUNDING),
        CaseSpec(
            "three talkers", lambda rng: opinions(rng, 3, 7, 6), 1, because=_ROUNDING,
        ),
        CaseSpec(
            "one frame", lambda rng: opinions(rng, 2, 9, 1), 0.5, because=_ROUNDING,
        ),
    ),
)  # fmt: skip
