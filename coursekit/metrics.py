r"""SNR, SI-SDR and BSS-eval: how near an estimate is to the truth, in decibels.

Every measure divides the energy of what should be there by the energy of what
should not. They differ in what they call "what should be there", that is, in
which changes of the reference they forgive:

==============================  =====  =====  ========  =========
the estimate is the reference   `snr`  `sdr`  `si_sdr`  `bss_sdr`
==============================  =====  =====  ========  =========
at half the level               6 dB   6 dB   forgiven  forgiven
with the sign flipped           −6 dB  −6 dB  forgiven  forgiven
one sample late                 no     no     no        forgiven
one sample early                no     no     no        no
through a short causal filter   no     no     no        forgiven
with a constant added           no     no     no        no
one channel louder (stereo)     no     no     per ch.   per ch.
==============================  =====  =====  ========  =========

*Forgiven* means infinitely good up to rounding, *no* that it counts as error,
*per ch.* that each channel is measured by itself and forgiven there. A figure is
comparable only with figures of the same measure.

Sounds are numpy arrays ``(..., samples)``. Lecture 03 teaches these measures; the
lectures on enhancement and separation report them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import LinAlgError, cho_factor, cho_solve, lstsq, toeplitz
from scipy.optimize import linear_sum_assignment

from coursekit.arrays import Numbers


def snr(reference: Numbers, estimate: Numbers) -> Any:
    r"""Return the signal-to-noise ratio of each sound, in dB (power).

    .. math:: 10 \log_{10} \frac{\sum_t s_t^2}{\sum_t (s_t - \hat s_t)^2}

    All that differs from the reference is noise: a wrong level, too.

    Parameters
    ----------
    reference
        The truth s, ``(..., samples)``.
    estimate
        What is measured, of the same shape.

    Returns
    -------
    snr
        ``(...)``, a float for one sound. Infinite where the two are equal; a silent
        estimate gives exactly 0 dB, so an estimate below 0 dB is worse than silence.

    Raises
    ------
    ValueError
        Where the shapes differ, a reference is silent, or a value is not finite.
    TypeError
        Where the sounds are complex or tensors.

    See Also
    --------
    sdr, si_sdr, bss_sdr

    Notes
    -----
    Slide "Perceptual Nature of Audio: objective metrics", there with the sign of a
    loss. Lectures 03 and 10.

    Examples
    --------
    >>> s = np.array([1.0, -1.0, 1.0, -1.0])
    >>> round(snr(s, 0.9 * s), 6)
    20.0
    """
    s, y = _pair(reference, estimate)
    return _decibels(_energy(_sounding(s)), _energy(s - y))


def sdr(reference: Numbers, estimate: Numbers) -> Any:
    r"""Return the signal-to-distortion ratio of whole recordings, in dB (power).

    The formula of `snr` with the sums over the channels, too: one figure for a
    stereo recording, in which the louder channel counts for more. For one channel
    it is `snr`.

    Parameters
    ----------
    reference
        The truth, ``(samples,)`` or ``(..., channels, samples)``.
    estimate
        What is measured, of the same shape.

    Returns
    -------
    sdr
        ``(...)``, a float for one recording; infinite where the two are equal, 0 for
        a silent estimate.

    Raises
    ------
    ValueError, TypeError
        As `snr`; a recording is silent where all its channels are.

    See Also
    --------
    snr, si_sdr

    Notes
    -----
    "SDR" names three things: this one in music separation (Y. Mitsufuji et al.,
    "Music Demixing Challenge 2021", Frontiers in Signal Processing, 2022); the one
    that forgives a filter in older separation papers (`bss_sdr`); and sometimes
    `si_sdr`. Lecture 03.

    Examples
    --------
    >>> s = np.array([[3.0, 3.0], [1.0, 1.0]])
    >>> y = np.array([[3.0, 3.0], [0.0, 0.0]])  # the quiet channel is lost
    >>> sdr(s, y), snr(s, y).tolist()
    (10.0, [inf, 0.0])
    """
    s, y = _pair(reference, estimate)
    if s.ndim > 1:
        s, y = (z.reshape(*z.shape[:-2], -1) for z in (s, y))
    return _decibels(_energy(_sounding(s)), _energy(s - y))


def si_sdr(reference: Numbers, estimate: Numbers) -> Any:
    r"""Return the scale-invariant signal-to-distortion ratio, in dB (power).

    The reference may take the level that suits the estimate best:

    .. math::

        \alpha = \frac{\langle s, y \rangle}{\lVert s \rVert^2}, \qquad
        10 \log_{10} \frac{\lVert \alpha s \rVert^2}{\lVert \alpha s - y \rVert^2}

    Parameters
    ----------
    reference
        The truth s, ``(..., samples)``.
    estimate
        What is measured, y, of the same shape.

    Returns
    -------
    si_sdr
        ``(...)``, a float for one sound. It depends on the angle between the two
        alone; a negative `alpha` counts like a positive one. Infinite (or some 300
        dB, by rounding) where the estimate is the reference at any level; minus
        infinity where it has nothing of it, as a silent one.

    Raises
    ------
    ValueError, TypeError
        As `snr`.

    See Also
    --------
    sdr, bss_sdr

    Notes
    -----
    No mean is removed. Others first take its mean away from each of the two, which
    forgives a constant; for their figure give ``s - s.mean()`` and ``y - y.mean()``.
    J. Le Roux, S. Wisdom, H. Erdogan and J. R. Hershey, "SDR – half-baked or well
    done?", ICASSP 2019. Lecture 03. Lectures 04 to
    06 train with it.

    Examples
    --------
    >>> s = np.array([1.0, 1.0, 1.0, 1.0])
    >>> n = np.array([0.1, -0.1, 0.1, -0.1])
    >>> round(si_sdr(s, s + n), 6), round(si_sdr(s, 5 * (s + n)), 6)
    (20.0, 20.0)
    """
    s, y = _pair(reference, estimate)
    alpha = np.sum(s * y, axis=-1, keepdims=True) / _energy(_sounding(s))[..., None]
    return _decibels(_energy(alpha * s), _energy(alpha * s - y))


class BssEval(NamedTuple):
    """What `bss_sdr` returns, in dB (power), one entry per reference.

    Lectures 03, 07, 08 and 16.

    Parameters
    ----------
    sdr
        Signal to distortion: the target against all errors together.
    sir
        Signal to interference: the target against the other sources.
    sar
        Signal to artefacts: all sources against what is no source.
    permutation
        ``permutation[j]`` is the number of the estimate that belongs to reference j.
    """

    sdr: Any
    sir: Any
    sar: Any
    permutation: Any


def bss_sdr(reference: Numbers, estimate: Numbers, taps: int = 512) -> BssEval:
    r"""Return SDR, SIR and SAR of separated sources as BSS-eval (version 3) does.

    A source may be changed by any causal filter of so many taps: what of an estimate
    can be made by filtering its own reference is target, what else can be made by
    filtering all references is interference, the rest is artefact.

    .. math::

        s_{target} = P_{s_j} y, \quad e_{interf} = P_{s} y - P_{s_j} y, \quad
        e_{artif} = y - P_{s} y

    with P the orthogonal projection onto references delayed by 0 to `taps` − 1
    samples.

    Lectures 03, 07, 08 and 16.

    Parameters
    ----------
    reference
        The true sources ``(sources, samples)``, or one of them ``(samples,)``.
    estimate
        The estimates, of the same shape, in any order.
    taps
        Length of the filter that is forgiven.

    Returns
    -------
    BssEval
        ``sdr, sir, sar, permutation``, each ``(sources,)`` in the references' order,
        or numbers where one source is given (its `sir` is infinite). The order of
        the estimates is the one with the best mean SIR. A silent estimate gives
        minus infinity in all three.

    Raises
    ------
    ValueError
        Where the shapes differ, a reference is silent, a value is not finite, there
        are more axes than two, or `taps` is not from 1 to the number of samples.
    TypeError
        Where the sounds are complex or tensors.

    See Also
    --------
    si_sdr

    Notes
    -----
    The filtered reference may ring for `taps` − 1 samples beyond the end, where the
    estimate is taken to be silent: an estimate that is late but cut off at the end
    is charged for what is cut. E. Vincent, R. Gribonval and C. Févotte, "Performance
    measurement in blind audio source separation", IEEE Trans. ASLP 14(4), 2006. The
    rows are sources: measure the channels of one source one by one. Slide "ML/NN for
    Speech Enhancement: multiple sources" reports an SDR.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = rng.standard_normal((2, 4000))
    >>> y = s[::-1] + 0.1 * s  # in the wrong order, with a leak at -20 dB
    >>> result = bss_sdr(s, y, taps=8)
    >>> result.permutation.tolist(), result.sir.round().tolist()
    ([1, 0], [20.0, 20.0])
    """
    s, y = _pair(reference, estimate)
    _check_taps(taps, s.shape)
    S, Y = np.atleast_2d(_sounding(s)), np.atleast_2d(y)
    target = np.stack([_project(s_j[None], Y, taps) for s_j in S])  # (ref, est, time)
    sources = _project(S, Y, taps)  # (est, time)
    artefact = np.pad(Y, ((0, 0), (0, taps - 1))) - sources
    every_sdr = _decibels(_energy(target), _energy(sources - target + artefact))
    every_sir = _decibels(_energy(target), _energy(sources - target))
    sar = _decibels(_energy(sources), _energy(artefact))
    order = _best_order(every_sir)
    j = np.arange(len(S))
    result = (every_sdr[j, order], every_sir[j, order], sar[order], order)
    return BssEval(*(r if s.ndim == 2 else r[0].item() for r in result))


def _check_taps(taps: int, shape: tuple[int, ...]) -> None:
    if not isinstance(taps, int | np.integer) or not 1 <= taps <= shape[-1]:
        raise ValueError(
            f"taps must be a whole number from 1 to the number of samples, "
            f"{shape[-1]}, not {taps!r}"
        )
    if len(shape) > 2:
        raise ValueError(
            f"bss_sdr takes (sources, samples), not the shape {shape}; give one "
            "channel or one example at a time"
        )


def _project(S: Numbers, Y: Numbers, taps: int) -> Numbers:
    """Project each row of Y onto the rows of S and their delayed copies.

    Solves the normal equations ``G c = d`` with correlations by the FFT, and filters:
    ``(sources, samples)`` and ``(estimates, samples)`` to
    ``(estimates, samples + taps - 1)``.
    """
    length = S.shape[-1] + taps - 1
    n_fft = next_fast_len(length, real=True)
    F_S, F_Y = rfft(S, n_fft), rfft(Y, n_fft)
    d = irfft(F_S.conj()[:, None] * F_Y, n_fft)[..., :taps]  # (sources, est, taps)
    d = np.moveaxis(d, 1, -1).reshape(len(S) * taps, len(Y))
    c = _solve(_gram(F_S, n_fft, taps), d).reshape(len(S), taps, len(Y))
    F_c = rfft(c, n_fft, axis=1)
    return irfft(np.einsum("jf,jfe->ef", F_S, F_c), n_fft)[:, :length]


def _gram(F_S: Numbers, n_fft: int, taps: int) -> Numbers:
    """Return the inner products of all delayed references, block by Toeplitz block."""
    blocks = []
    for F_i in F_S:
        r = irfft(F_i.conj() * F_S, n_fft)  # r[j, m] = sum_t s_i[t] s_j[t + m]
        blocks.append([toeplitz(r_j[:taps], np.roll(r_j[::-1], 1)[:taps]) for r_j in r])
    return np.block(blocks)


def _solve(G: Numbers, d: Numbers) -> Numbers:
    """Solve ``G c = d``, by least squares where the copies depend on each other.

    They do so, up to rounding, wherever a reference has a silent band.
    """
    try:
        return cho_solve(cho_factor(G), d)
    except LinAlgError:
        return lstsq(G, d)[0]


def _best_order(sir: Numbers) -> Numbers:
    """Return which estimate (column) goes to which reference (row)."""
    finite = np.clip(sir, -1e6, 1e6)
    return linear_sum_assignment(finite, maximize=True)[1]


def _energy(x: Numbers) -> Numbers:
    return np.sum(x * x, axis=-1)


def _decibels(signal: Any, noise: Any) -> Any:
    """Return the ratio of energies in dB; without any signal, minus infinity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 10 * np.log10(np.divide(signal, noise))
    ratio = np.where(np.equal(signal, 0), -np.inf, ratio)
    return ratio if ratio.ndim else ratio.item()


def _pair(reference: Any, estimate: Any) -> tuple[Numbers, Numbers]:
    """Return both as float64 of one shape, or say what is wrong with them."""
    s, y = _sound(reference, "reference"), _sound(estimate, "estimate")
    if s.shape != y.shape:
        raise ValueError(
            f"the reference has the shape {s.shape} but the estimate {y.shape}; cut "
            "or pad one of them so that sample t is the same moment in both"
        )
    return s, y


def _sound(x: Any, name: str) -> Numbers:
    if hasattr(x, "detach"):
        raise TypeError(f"the {name} is a tensor; give {name}.detach().cpu().numpy()")
    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"the {name} must hold real numbers, not {x.dtype}")
    if not x.ndim or 0 in x.shape:
        raise ValueError(f"the {name} has the shape {x.shape}, without samples")
    bad = np.count_nonzero(~np.isfinite(x))
    if bad:
        raise ValueError(f"the {name} has {bad} values that are NaN or infinite")
    return x.astype(np.float64, copy=False)


def _sounding(s: Numbers) -> Numbers:
    """Refuse a silent reference: no estimate of silence has a ratio."""
    silent = np.flatnonzero(~s.any(axis=-1))
    if silent.size:
        which = f" (number {', '.join(map(str, silent))})" if s.ndim > 1 else ""
        raise ValueError(
            f"a reference is silent{which}: its ratio has no meaning; leave it out"
        )
    return s
