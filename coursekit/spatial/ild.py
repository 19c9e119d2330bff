r"""Inter-channel level differences: who is nearer to which microphone, bin by bin.

Right over left, as on the deck, :math:`A_{i,j} = 20 \log_{10} |X^R_{i,j}|/|X^L_{i,j}|`.
Lecture 07.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]

FLOOR = 1e-6
"""Added to both magnitudes, as a share of the largest: 120 dB below the peak."""


def ild(left_stft: Numbers, right_stft: Numbers) -> Numbers:
    r"""Return the level difference of each bin, right over left, in dB of amplitude.

    Parameters
    ----------
    left_stft, right_stft
        Complex STFTs (or magnitudes) of the two channels, of one shape
        ``(bins, frames)``.

    Returns
    -------
    A
        ``(bins, frames)``, :math:`20 \log_{10} \frac{|X^R| + \epsilon}{|X^L| +
        \epsilon}`. The same small :math:`\epsilon` (`FLOOR` times the largest
        magnitude) stands in both, so that exchanging the channels only flips the
        sign, and a bin without sound in either has exactly 0 dB.

    Raises
    ------
    ValueError
        Where the shapes differ, there is no bin, or a value is not finite.

    Notes
    -----
    Slide "ML/NN for Speech Enhancement". Lecture 07. All values lie within ±120 dB.

    Examples
    --------
    >>> L, R = np.array([[1.0, 2.0, 0.0]]), np.array([[10.0, 1.0, 0.0]])
    >>> ild(L, R).round(2).tolist()
    [[20.0, -6.02, 0.0]]
    """
    L, R = _magnitude(left_stft, "left"), _magnitude(right_stft, "right")
    if L.shape != R.shape:
        raise ValueError(
            f"the left STFT has the shape {L.shape} but the right one {R.shape}; "
            "transform both channels with the same frame and hop"
        )
    eps = FLOOR * max(L.max(), R.max())
    if eps == 0:
        return np.zeros(L.shape)  # silence is nowhere
    return 20 * (np.log10(R + eps) - np.log10(L + eps))


def jitter(ilds: Numbers, sd: float, rng: np.random.Generator) -> Numbers:
    """Return a noisy measurement: an independent Gaussian error on each bin.

    Lecture 08.

    Parameters
    ----------
    ilds
        dB, any shape.
    sd
        Standard deviation of the error in dB; 0 changes nothing.
    rng
        Where the errors are drawn from.

    Raises
    ------
    ValueError
        Where the standard deviation is negative or not finite.

    Examples
    --------
    >>> noisy = jitter(np.zeros((100, 100)), 6.5, np.random.default_rng(0))
    >>> round(float(noisy.std()), 1)
    6.5
    """
    if not 0 <= sd < np.inf:
        raise ValueError(f"sd must be 0 dB or more and finite, got {sd}")
    ilds = np.asarray(ilds, float)
    return ilds + sd * rng.standard_normal(ilds.shape)


def histogram(
    ilds: Numbers, weights: Numbers | None = None, bins: int = 300
) -> tuple[Numbers, Numbers]:
    """Gather level differences into a histogram: where they are, and how much.

    EM on the histogram (`fit_gmm` of the centres with the masses as weights) finds
    the same Gaussians as EM on all bins, in a fraction of the time.

    Lecture 07.

    Parameters
    ----------
    ilds
        dB, any shape.
    weights
        How much each counts, of the same shape; by default 1 each.
    bins
        How many cells to divide the range into.

    Returns
    -------
    centres, masses
        ``(n,)`` each, of the n cells that are not empty: the weighted mean of what
        lies in a cell, and the sum of its weights.

    Raises
    ------
    ValueError
        Where nothing has a weight above 0, or the shapes differ.

    Examples
    --------
    >>> centres, masses = histogram(np.array([1.0, 1.0, 5.0]), bins=4)
    >>> centres.tolist(), masses.tolist()
    ([1.0, 5.0], [2.0, 1.0])
    """
    x = np.ravel(np.asarray(ilds, float))
    w = np.ones_like(x) if weights is None else np.ravel(np.asarray(weights, float))
    if x.shape != w.shape or not w.sum() > 0 or not np.isfinite(x).all():
        raise ValueError(
            f"give as many weights as level differences, with a sum above 0 and no NaN:"
            f" got {x.size} level differences, {w.size} weights of the sum {w.sum():g}"
        )
    span = max(np.ptp(x), 1e-12)
    cell = np.minimum((bins * ((x - x.min()) / span)).astype(int), bins - 1)
    masses = np.bincount(cell, w, bins)
    sums = np.bincount(cell, w * x, bins)
    full = masses > 0
    return sums[full] / masses[full], masses[full]


def _magnitude(X: Any, name: str) -> Numbers:
    magnitude = np.abs(np.asarray(X))
    if magnitude.ndim < 1 or not magnitude.size:
        raise ValueError(f"the {name} STFT has the shape {magnitude.shape}: no bins")
    if not np.isfinite(magnitude).all():
        raise ValueError(f"the {name} STFT has values that are NaN or infinite")
    return magnitude
