r"""The modified discrete cosine transform: the filter bank of MP3, AAC and Opus.

Frames of ``2N`` samples overlap by half and give ``N`` coefficients each, so that
there are as many numbers as samples. Inside one frame the transform aliases; in
overlap-and-add the neighbours' aliases cancel, if the window meets the condition
of Princen and Bradley, ``w[n]**2 + w[n + N]**2 == 1``. With

.. math::

    X(k) = \sqrt{2/N} \sum_{n=0}^{2N-1} w[n]\, x[n]
           \cos\!\left(\frac{\pi}{N} (n + 1/2 + N/2)(k + 1/2)\right)

the transform is orthonormal: energies and squared errors are the same before and
after it. Arrays in, arrays out; tensors in, tensors out, with gradients.

Taught in lectures 09 and 12.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from scipy.special import i0

from coursekit import fourier
from coursekit.arrays import like

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", np.ndarray, "torch.Tensor")
Numbers = np.ndarray[Any, np.dtype[Any]]

WINDOWS = ("sine", "kbd")
"""The names of windows that `mdct` and `imdct` know."""

KBD_ALPHA = 4.0  # as in AAC


def mdct_window(name: str, frame: int) -> Numbers:
    """Return a window with which the aliases of neighbouring frames cancel.

    Parameters
    ----------
    name
        "sine", whose main lobe is narrow, or "kbd" (Kaiser-Bessel derived, alpha 4),
        which lets less through from afar.
    frame
        Length in samples: even, at least 2.

    Returns
    -------
    w
        float64 ``(frame,)``, symmetric, with ``w[n]**2 + w[n + frame // 2]**2 == 1``.

    Raises
    ------
    ValueError
        Where the name is unknown or the frame is not even.

    Notes
    -----
    J. P. Princen and A. B. Bradley, IEEE Trans. ASSP 34(5), 1986. Lecture 09.

    Examples
    --------
    >>> w = mdct_window("kbd", 512)
    >>> bool(np.allclose(w[:256] ** 2 + w[256:] ** 2, 1))
    True
    """
    if name not in WINDOWS:
        raise ValueError(f"no window is called {name!r}; take one of {WINDOWS}")
    N = _half(frame)
    n = np.arange(2 * N)
    if name == "sine":
        return np.sin(np.pi * (n + 0.5) / (2 * N))
    kaiser = i0(np.pi * KBD_ALPHA * np.sqrt(1 - (2 * n[: N + 1] / N - 1) ** 2))
    rise = np.sqrt(np.cumsum(kaiser)[:N] / kaiser.sum())
    return np.concatenate([rise, rise[::-1]])


def mdct_matrix(frame: int) -> Numbers:
    """Return the cosines of the transform: one analysing wave per row.

    Lectures 09 and 12.

    Parameters
    ----------
    frame
        Length in samples: even, at least 2.

    Returns
    -------
    C
        float64 ``(N, 2 N)`` for ``N = frame // 2``:
        ``C[k, n] = sqrt(2 / N) cos(pi / N (n + 1/2 + N/2) (k + 1/2))``. With a
        window of `mdct_window` on its columns, the rows of all frames together are
        orthonormal.

    Raises
    ------
    ValueError
        Where the frame is not even.

    See Also
    --------
    mdct

    Examples
    --------
    >>> C = mdct_matrix(8) * mdct_window("sine", 8)
    >>> bool(np.allclose(C @ C.T, np.eye(4)))
    True
    """
    N = _half(frame)
    n, k = np.arange(2 * N), np.arange(N)
    # In steps of 1 / (8 N) turn: whole turns change nothing but the rounding.
    steps = np.outer(2 * k + 1, 2 * n + 1 + N) % (8 * N)
    return np.sqrt(2 / N) * np.cos(np.pi / (4 * N) * steps)


def mdct(x: Array, frame: int, window: str = "sine") -> Array:
    """Return the modified discrete cosine transform of a sound.

    Parameters
    ----------
    x
        Sound ``(..., samples)``, real, of any length from 1.
    frame
        Length of a frame in samples, even; frames overlap by half.
    window
        "sine" or "kbd", see `mdct_window`.

    Returns
    -------
    X
        ``(..., N, T)`` for ``N = frame // 2`` bins, bin k around
        ``(k + 1/2) * rate / frame`` Hz, and ``T = 1 + ceil(samples / N)`` frames. Half
        a frame of zeros stands before the sound, and enough after it that each
        sample lies in two frames. Orthonormal: ``sum(X**2) == sum(x**2)``.

    Raises
    ------
    ValueError
        Where the frame is not even, the window is unknown, or `x` is empty.

    See Also
    --------
    imdct, mdct_matrix

    Notes
    -----
    Lecture 09. One matrix product a frame, which is plain to read and fast enough;
    codecs use a fast Fourier transform of a quarter of the length.

    Examples
    --------
    >>> x = np.sin(0.3 * np.arange(1000))
    >>> X = mdct(x, 256)
    >>> X.shape, bool(np.isclose(np.sum(X**2), np.sum(x**2)))
    ((128, 9), True)
    """
    N = _half(frame)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(f"x has the shape {tuple(x.shape)}: there is nothing to code")
    frames = fourier.split_frames(_pad(x, N), frame, N)  # (..., 2 N, T)
    return like(_analysis(frame, window), frames) @ frames


def imdct(X: Array, window: str = "sine", length: int | None = None) -> Array:
    """Return the sound of an MDCT: transform back, window again, overlap and add.

    Parameters
    ----------
    X
        ``(..., N, T)``, as `mdct` returns it; at least two frames.
    window
        The one that `X` was made with.
    length
        Number of samples to return; all ``(T - 1) * N`` where None.

    Returns
    -------
    x
        ``(..., length)``, with ``imdct(mdct(x, frame), length=x.shape[-1]) == x`` up
        to rounding.

    Raises
    ------
    ValueError
        Where there are fewer than two frames, or the length goes beyond them.

    See Also
    --------
    mdct

    Notes
    -----
    Lecture 09. The inverse is the transpose: the transform is orthonormal.

    Examples
    --------
    >>> x = np.sin(0.3 * np.arange(1000))
    >>> y = imdct(mdct(x, 256, "kbd"), "kbd", length=1000)
    >>> bool(np.max(np.abs(y - x)) < 1e-12)
    True
    """
    if X.ndim < 2 or X.shape[-1] < 2:
        raise ValueError(
            f"X has the shape {tuple(X.shape)}: two frames or more must overlap; "
            "mdct makes them, (..., bins, frames)"
        )
    N, T = X.shape[-2:]
    whole = (T - 1) * N
    length = whole if length is None else operator.index(length)
    if not 0 <= length <= whole:
        raise ValueError(f"length is {length}, and {T} frames of {N} hold {whole}")
    x = fourier.overlap_add(like(_analysis(2 * N, window).T, X) @ X, N)
    return x[..., N : N + length]


@lru_cache(maxsize=16)
def _analysis(frame: int, window: str) -> Numbers:
    """Return the windowed cosines, made once; nobody writes to them."""
    return mdct_matrix(frame) * mdct_window(window, frame)


def _half(frame: int) -> int:
    frame = operator.index(frame)
    if frame < 2 or frame % 2:
        raise ValueError(f"frame is {frame}; an MDCT takes an even number from 2")
    return frame // 2


def _pad(x: Array, N: int) -> Array:
    """Put N zeros before the sound and N to 2 N - 1 after it."""
    samples = x.shape[-1]
    after = N + -samples % N
    if isinstance(x, np.ndarray):
        return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(N, after)])
    from torch.nn.functional import pad

    return pad(x, (N, after))
