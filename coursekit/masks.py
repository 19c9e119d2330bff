"""Time-frequency masks, binary and ratio: who owns which part of a mixture.

A set of masks is float64 ``(K, bins, frames)``, one mask a source, each value from 0
to 1 and together 1 in every bin: what one source does not get, another one gets. A
mask multiplies the mixture's complex STFT; the phase stays the mixture's.

`binary_masks` and `ratio_masks` are made of the sources' own magnitudes. Where these
are the true ones, the masks are *oracle* masks: no method that masks the mixture can
be expected to do much better. Lectures 04, 07, 08 and 16 use them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.arrays import Numbers
from coursekit.fourier import istft


def binary_masks(magnitudes: Numbers) -> Numbers:
    """Give each bin to the source that is largest in it.

    Lectures 04, 07, 08 and 16.

    Parameters
    ----------
    magnitudes
        One magnitude (or energy) spectrogram a source, ``(K, bins, frames)``.

    Returns
    -------
    masks
        Zeros and ones ``(K, bins, frames)``, one 1 in each bin; a tie goes to the
        first.

    Raises
    ------
    ValueError
        Where there are not three axes, or a value is negative or not finite.
    TypeError
        Where the spectrograms are complex.

    See Also
    --------
    ratio_masks, from_labels

    Examples
    --------
    >>> binary_masks(np.array([[[3.0, 1.0]], [[2.0, 1.0]]])).tolist()
    [[[1.0, 1.0]], [[0.0, 0.0]]]
    """
    M = _magnitudes(magnitudes)
    return from_labels(np.argmax(M, axis=0), len(M))


def ratio_masks(magnitudes: Numbers, power: float = 1.0) -> Numbers:
    r"""Share each bin between the sources in proportion to their magnitudes.

    Lectures 04, 07, 08 and 16.

    Parameters
    ----------
    magnitudes
        One magnitude spectrogram a source, ``(K, bins, frames)``.
    power
        The magnitudes are raised to it: 1 shares by amplitude, 2 by energy (the
        Wiener filter of independent sources); the larger, the harder.

    Returns
    -------
    masks
        ``(K, bins, frames)``, :math:`M_k^p / \sum_j M_j^p`; 1/K where all are zero.

    Raises
    ------
    ValueError
        As `binary_masks`, and where the power is not positive.
    TypeError
        As `binary_masks`.

    See Also
    --------
    binary_masks

    Examples
    --------
    >>> ratio_masks(np.array([[[3.0, 0.0]], [[1.0, 0.0]]])).tolist()
    [[[0.75, 0.5]], [[0.25, 0.5]]]
    """
    if not 0 < power < np.inf:
        raise ValueError(f"power must be above 0 and finite, got {power}")
    M = _magnitudes(magnitudes)
    top = M.max(axis=0)
    share = np.divide(M, top, out=np.ones_like(M), where=top > 0) ** power
    return share / share.sum(axis=0)


def from_labels(labels: Numbers, K: int) -> Numbers:
    """Turn one label a bin into masks of zeros and ones.

    Lectures 04, 07, 08 and 16.

    Parameters
    ----------
    labels
        Whole numbers from 0 to K − 1, ``(bins, frames)``.
    K
        Number of sources.

    Returns
    -------
    masks
        ``(K, bins, frames)``.

    Raises
    ------
    ValueError
        Where a label is not from 0 to K − 1.
    TypeError
        Where the labels are not whole numbers.

    See Also
    --------
    binary_masks

    Examples
    --------
    >>> from_labels(np.array([[0, 1, 1]]), 2).tolist()
    [[[1.0, 0.0, 0.0]], [[0.0, 1.0, 1.0]]]
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be whole numbers, not {labels.dtype}")
    if labels.size and not (labels.min() >= 0 and labels.max() < K):
        raise ValueError(
            f"labels must be from 0 to {K - 1}, got {labels.min()} to {labels.max()}"
        )
    k = np.arange(K).reshape(-1, *[1] * labels.ndim)
    return (labels == k).astype(np.float64)


def apply(
    masks: Numbers, X: Numbers, frame: int, hop: int, length: int | None = None
) -> Numbers:
    """Multiply a mixture's STFT by each mask and make each product a sound.

    Lectures 04, 07, 08 and 16.

    Parameters
    ----------
    masks
        ``(K, bins, frames)``.
    X
        The mixture's complex STFT ``(bins, frames)``, by `coursekit.fourier.stft`.
    frame, hop
        In samples, those of the STFT; the window is Hann's.
    length
        Samples of each sound; None gives what `coursekit.fourier.istft` gives.

    Returns
    -------
    sounds
        ``(K, length)``. Masks that sum to 1 give sounds that sum to the mixture.

    Raises
    ------
    ValueError
        Where a mask and the STFT have different shapes, or as `istft`.

    Examples
    --------
    >>> from coursekit.fourier import stft
    >>> x = np.sin(np.arange(1000.0))
    >>> X = stft(x, 64, 16)
    >>> halves = apply(np.full((2, *X.shape), 0.5), X, 64, 16, x.size)
    >>> bool(np.allclose(halves.sum(axis=0), x))
    True
    """
    masks, X = np.asarray(masks), np.asarray(X)
    if masks.ndim != 3 or masks.shape[1:] != X.shape:
        raise ValueError(
            f"the masks have the shape {masks.shape} and the STFT {X.shape}; give "
            "masks (K, bins, frames) for an STFT (bins, frames)"
        )
    return istft(masks * X, frame, hop, length=length)


def _magnitudes(M: Any) -> Numbers:
    """Return the magnitudes as float64, or say what is wrong with them."""
    M = np.asarray(M)
    if M.dtype.kind == "c":
        raise TypeError("magnitudes are real; give np.abs(X) of the STFTs X")
    if M.ndim != 3 or not len(M):
        raise ValueError(
            f"magnitudes must be (K, bins, frames) with K of 1 or more, got {M.shape}"
        )
    if not (np.isfinite(M).all() and (M >= 0).all()):
        raise ValueError("magnitudes must be finite and not negative; give np.abs(X)")
    return M.astype(np.float64)
