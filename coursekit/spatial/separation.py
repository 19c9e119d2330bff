"""From two channels to one sound a source: level differences, clusters, masks.

`separate` is the whole chain of lectures 07 and 08; `oracle_masks` says how well any
masks could do, `score` how well some did. What is masked is one channel of the
mixture, by default the *mono sum* (L + R)/2, and the truth to compare with is each
source's image in that same channel: a source as the other microphone hears it would
be the wrong reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit import masks
from coursekit.fourier import stft
from coursekit.metrics import bss_sdr
from coursekit.spatial.gmm import Em, Gmm, fit_gmm, unary
from coursekit.spatial.ild import histogram, ild
from coursekit.spatial.mrf.field import Labelling, independent

Numbers = np.ndarray[Any, np.dtype[Any]]
Infer = Callable[[Numbers], Labelling]

CHANNELS = ("mono", "left", "right")
"""What can be masked: the mono sum (L + R)/2, or one of the two."""


ON_ILDS = Em(tied=True, floor=1.0)
"""EM on level differences: one width for all talkers, and not below 1 dB. With a
width each, two Gaussians can end up at one mean, a wide one and a narrow one: in
rooms, and with microphones close together, they do."""


@dataclass(frozen=True)
class Front:
    """How the sound is taken apart, and how EM is run on it.

    Lectures 07 and 08.

    Parameters
    ----------
    frame, hop
        Of the STFT, in samples.
    channel
        What is masked: one of `CHANNELS`.
    em
        Settings of EM, by default `ON_ILDS`.
    """

    frame: int = 1024
    hop: int = 256
    channel: str = "mono"
    em: Em = ON_ILDS


@dataclass(frozen=True)
class Observation:
    """What is seen of a stereo mixture.

    Lectures 07 and 08.

    Parameters
    ----------
    ilds
        dB, ``(bins, frames)``.
    loudness
        The magnitude of the louder channel in each bin, ``(bins, frames)``: how much
        a bin counts for EM.
    masked
        Complex STFT of the channel that is masked, ``(bins, frames)``.
    length
        Of the mixture, in samples.
    """

    ilds: Numbers
    loudness: Numbers
    masked: Numbers
    length: int


@dataclass(frozen=True)
class Separation:
    """What `separate` found, step by step.

    Lectures 07 and 08.

    Parameters
    ----------
    observation
        Level differences and the channel that was masked.
    gmm
        The clusters, in the order of their means.
    unary
        Log-potentials ``(K, bins, frames)``.
    labelling
        What inference made of them; its `posterior` are the masks.
    estimates
        ``(K, samples)``: the sources from left to right (lowest mean first).
    """

    observation: Observation
    gmm: Gmm
    unary: Numbers
    labelling: Labelling
    estimates: Numbers


def downmix(x: Numbers, channel: str = "mono") -> Numbers:
    """Return one channel of two, or their mean.

    Lectures 07 and 08.

    Parameters
    ----------
    x
        ``(..., 2, samples)``, left and right.
    channel
        One of `CHANNELS`.

    Returns
    -------
    y
        ``(..., samples)``; "mono" is (L + R)/2.

    Raises
    ------
    ValueError
        Where the channel is unknown, or there are not two.

    Examples
    --------
    >>> downmix(np.array([[1.0, 3.0], [3.0, 5.0]])).tolist()
    [2.0, 4.0]
    """
    x = np.asarray(x, float)
    if x.ndim < 2 or x.shape[-2] != 2 or not x.shape[-1]:
        raise ValueError(
            f"a stereo sound is (2, samples), got {x.shape}; one channel alone has no "
            "level difference"
        )
    if channel not in CHANNELS:
        raise ValueError(f"channel must be one of {CHANNELS}, got {channel!r}")
    if channel == "mono":
        return x.mean(axis=-2)
    return x[..., CHANNELS.index(channel) - 1, :]


def observe(mixture: Numbers, front: Front = Front()) -> Observation:
    """Take a stereo mixture apart and measure level differences.

    Lectures 07 and 08.

    Parameters
    ----------
    mixture
        ``(2, samples)``.
    front
        Frame, hop, channel.

    Raises
    ------
    ValueError
        Where the mixture is not stereo, empty, or not finite.

    Examples
    --------
    >>> x = np.sin(np.arange(4000.0))
    >>> float(observe(np.stack([x, 2 * x])).ilds.max().round(2))
    6.02
    """
    masked = downmix(mixture, front.channel)
    x = np.asarray(mixture, float)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError(
            f"the mixture must be (2, samples) and finite, got {x.shape} with "
            f"{np.count_nonzero(~np.isfinite(x))} values NaN or infinite"
        )
    L, R = stft(x, front.frame, front.hop)
    X = stft(masked, front.frame, front.hop)
    return Observation(ild(L, R), np.maximum(abs(L), abs(R)), X, x.shape[1])


def cluster(observation: Observation, n_sources: int, front: Front = Front()) -> Gmm:
    """Fit a mixture of Gaussians to the level differences, louder bins first.

    EM runs on a histogram of 300 cells, in which each bin counts by its magnitude.

    Lectures 07 and 08.

    Parameters
    ----------
    observation
        From `observe`.
    n_sources
        K.
    front
        Its settings of EM.

    Raises
    ------
    ValueError
        Where the mixture is silent, has fewer different level differences than
        there are sources (two equal channels have one), or as `fit_gmm`.
    """
    if not observation.loudness.any():
        raise ValueError("the mixture is silent: there is nothing to cluster")
    centres, masses = histogram(observation.ilds, observation.loudness)
    if len(centres) < n_sources:
        raise ValueError(
            f"{n_sources} sources, but only {len(centres)} different level difference "
            "in the whole mixture: are both channels the same?"
        )
    return fit_gmm(centres, n_sources, masses, settings=front.em)


def separate(
    mixture: Numbers,
    n_sources: int = 2,
    infer: Infer = independent,
    front: Front = Front(),
) -> Separation:
    """Separate sources by the level differences between two microphones.

    STFT, level differences, mixture of Gaussians, inference, masks, resynthesis.

    Lectures 07 and 08.

    Parameters
    ----------
    mixture
        ``(2, samples)``.
    n_sources
        How many to look for, K.
    infer
        Turns log-potentials into a `Labelling`. By default each bin for itself;
        ``lambda U: mean_field(U, 0.75)`` lets neighbours agree,
        ``lambda U: independent(U).harden()`` makes masks of zeros and ones.
    front
        Frame, hop, channel, settings of EM.

    Returns
    -------
    Separation
        Its `estimates` are ``(K, samples)``, from left to right.

    Raises
    ------
    ValueError
        Where the mixture is not stereo, silent or not finite, or has fewer different
        level differences than sources.

    Examples
    --------
    >>> from coursekit.spatial.geometry import deck_scene
    >>> rng = np.random.default_rng(0)
    >>> talk = rng.standard_normal((2, 16000)) * np.repeat([[1, 0], [0, 1]], 8000, 1)
    >>> heard = deck_scene().render(talk, rate=16000)
    >>> found = separate(heard.mixture)
    >>> found.gmm.means.round().tolist(), found.estimates.shape
    ([-7.0, 9.0], (2, 16000))
    """
    seen = observe(mixture, front)
    gmm = cluster(seen, n_sources, front)
    U = unary(seen.ilds, gmm)
    labelling = infer(U)
    estimates = resynthesise(labelling.posterior, seen, front)
    return Separation(seen, gmm, U, labelling, estimates)


def resynthesise(
    masks_: Numbers, observation: Observation, front: Front = Front()
) -> Numbers:
    """Return what each mask lets through, ``(K, samples)``.

    Lectures 07 and 08.
    """
    X, length = observation.masked, observation.length
    return masks.apply(masks_, X, front.frame, front.hop, length)


def oracle_masks(
    images: Numbers,
    front: Front = Front(),
    make: Callable[[Numbers], Numbers] = masks.binary_masks,
) -> Numbers:
    """Return the masks that someone would choose who knew the sources.

    Lectures 07 and 08.

    Parameters
    ----------
    images
        ``(K, 2, samples)``, as `Rendering.images`.
    front
        Frame, hop and channel.
    make
        What turns magnitudes into masks: `coursekit.masks.binary_masks`, or
        ``ratio_masks``.

    Returns
    -------
    masks
        ``(K, bins, frames)``.

    Examples
    --------
    >>> images = np.random.default_rng(0).standard_normal((3, 2, 2000))
    >>> oracle_masks(images).shape
    (3, 513, 9)
    """
    S = np.abs(stft(downmix(images, front.channel), front.frame, front.hop))
    return make(S)


def score(images: Numbers, estimates: Numbers, channel: str = "mono") -> Numbers:
    """Return the SDR of each estimate in dB, by BSS-eval, in the order given.

    Lectures 07 and 08.

    Parameters
    ----------
    images
        ``(K, 2, samples)``, the sources in the order of the estimates: from left to
        right.
    estimates
        ``(K, samples)``.
    channel
        The one that was masked.

    Returns
    -------
    sdr
        ``(K,)``; minus infinity for an estimate that is silent.

    Raises
    ------
    ValueError
        Where the shapes do not belong together, or as `coursekit.metrics.bss_sdr`.

    Examples
    --------
    >>> images = np.random.default_rng(0).standard_normal((2, 2, 4000))
    >>> mixture = downmix(images.sum(axis=0))
    >>> score(images, np.stack([mixture, mixture])).round().tolist()
    [1.0, 1.0]
    """
    truth, estimates = downmix(images, channel), np.asarray(estimates)
    if truth.ndim != 2 or truth.shape != estimates.shape:
        raise ValueError(
            f"the sources' images in one channel are {truth.shape} but the estimates "
            f"{estimates.shape}; give one estimate a source, equally long"
        )
    pairs = zip(truth, estimates, strict=True)
    return np.array([bss_sdr(s, y).sdr for s, y in pairs])
