r"""DFT and STFT as the lectures teach them: two matrices, then windowed frames.

The forward transform is unscaled and the inverse carries 1/N. The deck writes
both transforms of a real sound with a plus sign,

.. math::

    X_r(f) = \sum_n x[n] \cos(2\pi f n/N), \qquad
    X_i(f) = \sum_n x[n] \sin(2\pi f n/N),

so its :math:`X_i` is the *negative* of the imaginary part that numpy, scipy and
torch compute: ``X_r - 1j * X_i == np.fft.fft(x)``. `dft` and `idft` keep the deck's
pair; `stft` and `istft` speak complex numbers in numpy's convention.

Arrays in, arrays out; tensors in, tensors out, with gradients. Sounds are
``(..., samples)``, frames ``(..., frame, frames)`` (one frame per column) and
spectrograms ``(..., bins, frames)``. float32 stays float32, every other real type
becomes float64. Not-a-numbers are not searched for: they pass through to
whatever depends on them.

Taught in lectures 01 (the transform) and 02 (windows, frames, resolution).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.optimize import brentq

from coursekit.arrays import (
    Array,
    Numbers,
    count,
    epsilon,
    is_torch,
    like,
    positive,
    real,
    shaped,
    zeros,
)

# --- the discrete Fourier transform (lecture 01) --------------------------------


def dft_matrix(n: int) -> tuple[Numbers, Numbers]:
    """Return the cosines and the sines that the DFT multiplies a sound with.

    Row f is one analysing wave: it turns f times in `n` samples. With
    ``F = C - 1j * S`` the rows are orthogonal, ``F @ F.conj().T = n * I``.

    Parameters
    ----------
    n
        Number of samples, and of frequencies.

    Returns
    -------
    C, S
        float64 ``(n, n)``: ``C[f, t] = cos(2 pi f t / n)`` and
        ``S[f, t] = +sin(2 pi f t / n)``, with the deck's plus sign.

    Raises
    ------
    TypeError, ValueError
        Where `n` is not a whole number of at least 1.

    See Also
    --------
    dft

    Notes
    -----
    Slide "Discrete Fourier Transform". Lecture 01.

    Examples
    --------
    >>> C, S = dft_matrix(4)
    >>> C[1].round().tolist(), S[1].round().tolist()
    ([1.0, 0.0, -1.0, -0.0], [0.0, 1.0, 0.0, -1.0])
    """
    n = count("n", n)
    t = np.arange(n)
    turns = np.outer(t, t) % n  # whole turns change nothing but the rounding
    angle = 2 * np.pi * turns / n
    return np.cos(angle), np.sin(angle)


def dft(x: Array) -> tuple[Array, Array]:
    """Return the discrete Fourier transform by two matrix products.

    Parameters
    ----------
    x
        Real sound ``(..., N)``; the last axis is transformed.

    Returns
    -------
    X_r, X_i
        ``(..., N)`` each, unscaled, with the deck's signs:
        ``X_r - 1j * X_i == np.fft.fft(x)``.

    Raises
    ------
    TypeError
        Where `x` is complex: the two real transforms are those of a real sound.
    ValueError
        Where `x` is a single number or has no samples.

    See Also
    --------
    idft, stft

    Notes
    -----
    Slide "Discrete Fourier Transform". Lecture 01. The matrices are symmetric, so
    ``x @ C`` is the deck's ``C @ x`` and works for a stack of sounds too.

    Examples
    --------
    >>> X_r, X_i = dft(np.array([0.0, 1.0, 0.0, 0.0]))
    >>> X_i.round().tolist()
    [0.0, 1.0, 0.0, -1.0]
    """
    x = real(x, "x")
    C, S = dft_matrix(x.shape[-1])
    return x @ like(C, x), x @ like(S, x)


def idft(X_r: Array, X_i: Array) -> Array:
    """Return the real sound whose DFT is the given pair.

    ``x[n] = 1/N * sum_f (X_r(f) cos(2 pi f n/N) + X_i(f) sin(2 pi f n/N))``: each
    analysing wave, as loud as it was found.

    Lecture 01.

    Parameters
    ----------
    X_r, X_i
        ``(..., N)``, as `dft` returns them (deck's signs).

    Returns
    -------
    x
        ``(..., N)``, with ``idft(*dft(x)) == x`` up to rounding. A pair that no real
        sound has gives the real part of the complex inverse.

    Raises
    ------
    TypeError
        Where one of them is complex: split it into ``X.real`` and ``-X.imag``.
    ValueError
        Where the shapes differ or there is nothing to transform.

    See Also
    --------
    dft

    Examples
    --------
    >>> idft(*dft(np.array([3.0, 1.0, 2.0]))).round(12).tolist()
    [3.0, 1.0, 2.0]
    """
    X_r, X_i = real(X_r, "X_r"), real(X_i, "X_i")
    if X_r.shape != X_i.shape:
        raise ValueError(
            f"X_r has the shape {tuple(X_r.shape)} but X_i {tuple(X_i.shape)}; "
            "give the two halves of one transform"
        )
    N = X_r.shape[-1]
    C, S = dft_matrix(N)
    return (X_r @ like(C, X_r) + X_i @ like(S, X_i)) / N


def bin_frequencies(frame: int, rate: int) -> Numbers:
    """Return the frequency of each bin of `stft` in Hz, ``(frame // 2 + 1,)``.

    Lecture 01.

    Examples
    --------
    >>> bin_frequencies(4, 8000).tolist()
    [0.0, 2000.0, 4000.0]
    """
    frame, rate = count("frame", frame), positive("rate", rate)
    return np.arange(frame // 2 + 1) * rate / frame


# --- windows and overlap-and-add (lecture 02) -----------------------------------

# u runs from 0 to 1 over the window; each is symmetric about u = 1/2, where it is 1.
_SHAPES: dict[str, Callable[[Numbers], Numbers]] = {
    "rect": np.ones_like,
    "sqrt_hann": lambda u: np.sin(np.pi * u),
    "hann": lambda u: 0.5 - 0.5 * np.cos(2 * np.pi * u),
    "hamming": lambda u: 0.54 - 0.46 * np.cos(2 * np.pi * u),
    "blackman": lambda u: (
        0.42 - 0.5 * np.cos(2 * np.pi * u) + 0.08 * np.cos(4 * np.pi * u)
    ),
}
# Distance between the first zeros on both sides of the spectrum's peak, in bins.
_MAIN_LOBE_BINS = {"rect": 2, "sqrt_hann": 3, "hann": 4, "hamming": 4, "blackman": 6}

WINDOWS: tuple[str, ...] = tuple(_SHAPES)
"""The names that `window`, `stft` and the others know."""


def window(name: str, n: int) -> Numbers:
    """Return a periodic window: the one to cut frames with.

    Its first sample is the start of a period and the sample that would close the
    period is left out, so that copies shifted by a whole fraction of `n` add up to a
    constant (`cola_deviation`).

    Parameters
    ----------
    name
        One of `WINDOWS`: "rect", "sqrt_hann", "hann", "hamming", "blackman". Use
        "sqrt_hann" where the frames are windowed twice, before the transform and
        after its inverse: its square is the Hann window.
    n
        Length in samples; a window of one sample is 1.

    Returns
    -------
    w
        float64 ``(n,)``, between 0 and 1, highest at ``n / 2``.

    Raises
    ------
    ValueError
        Where the name is unknown or `n` is below 1.
    TypeError
        Where `n` is not a whole number.

    See Also
    --------
    symmetric_window

    Notes
    -----
    Slide "Short-Time Fourier Transform". Lecture 02. `symmetric_window` is the other
    kind, and what numpy's ``np.hanning`` returns.

    Examples
    --------
    >>> window("hann", 4).round(12).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    n = count("n", n)
    return _sample(_shape(name), n, period=n)


def symmetric_window(name: str, n: int) -> Numbers:
    """Return a symmetric window: its last sample mirrors its first.

    Right for designing filters; wrong for cutting frames, because shifted copies
    meet with both end samples and their sum ripples (`cola_deviation`).

    Lecture 02.

    Parameters
    ----------
    name
        One of `WINDOWS`.
    n
        Length in samples; a window of one sample is 1.

    Returns
    -------
    w
        float64 ``(n,)``, ``w[k] == w[n - 1 - k]``.

    Raises
    ------
    ValueError, TypeError
        As `window`.

    See Also
    --------
    window

    Examples
    --------
    >>> symmetric_window("hann", 5).round(12).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    n = count("n", n)
    return _sample(_shape(name), n, period=n - 1)


def cola_deviation(window: Numbers, hop: int) -> float:
    """Return how far a window's shifted copies are from adding up to a constant.

    COLA, *constant overlap-add*, is what plain overlap-and-add needs. The windows
    that meet it give 0 (up to rounding): periodic Hann with hops of 1/2 or 1/4.
    Where the frames are windowed before and after, give the square of the window.

    Lecture 02.

    Parameters
    ----------
    window
        The window's values ``(n,)``.
    hop
        Distance of the copies in samples, at most n.

    Returns
    -------
    deviation
        ``max |sum - mean| / mean`` of the sum of all copies: 0.01 is a ripple of one
        per cent.

    Raises
    ------
    ValueError
        Where the window is not one row of numbers with a sum above 0, or the hop is
        longer than it.

    Examples
    --------
    >>> cola_deviation(window("hann", 1024), 512) < 1e-12
    True
    >>> round(cola_deviation(symmetric_window("hann", 1024), 512), 5)
    0.00098
    """
    w = np.asarray(window, float)
    if w.ndim != 1 or not w.sum() > 0:
        raise ValueError(
            f"the window must be one row of values with a sum above 0, "
            f"got the shape {w.shape} and the sum {w.sum():g}"
        )
    total = _sum_of_copies(w, _hop(hop, w.size))
    return float(np.max(np.abs(total - total.mean())) / total.mean())


def pad_ends(x: Array, frame: int, hop: int) -> Array:
    """Put zeros around a sound so that its frames are centred and cover all of it.

    Frame t of the result is centred on sample ``t * hop`` of `x`, and every sample
    of `x` lies between the centres of two frames.

    Lecture 02.

    Parameters
    ----------
    x
        Sound ``(..., samples)``.
    frame, hop
        In samples, ``1 <= hop <= frame``.

    Returns
    -------
    padded
        ``(..., (T - 1) * hop + frame)`` for ``T = 1 + ceil((samples - 1) / hop)``
        frames; `x` starts at ``frame // 2``.

    Raises
    ------
    ValueError, TypeError
        As `stft`.

    Examples
    --------
    >>> pad_ends(np.array([1.0, 2.0, 3.0]), 4, 2).tolist()
    [0.0, 0.0, 1.0, 2.0, 3.0, 0.0]
    """
    x, frame = real(x, "x"), count("frame", frame)
    hop, samples = _hop(hop, frame), x.shape[-1]
    T = 1 + -(-(samples - 1) // hop)
    padded = zeros((*x.shape[:-1], (T - 1) * hop + frame), x)
    padded[..., frame // 2 : frame // 2 + samples] = x
    return padded


def split_frames(x: Array, frame: int, hop: int) -> Array:
    """Cut a sound into overlapping frames, one per column.

    Nothing is padded: samples after the last whole frame are left out (`pad_ends`
    sees to it that there are none).

    Lecture 02.

    Parameters
    ----------
    x
        Sound ``(..., samples)``, at least one frame long.
    frame, hop
        In samples, ``1 <= hop <= frame``.

    Returns
    -------
    frames
        ``(..., frame, T)`` with ``T = 1 + (samples - frame) // hop`` and
        ``frames[..., n, t] == x[..., t * hop + n]``. A view of `x` that copies
        nothing: read it, do not write to it.

    Raises
    ------
    ValueError, TypeError
        As `stft`, and where `x` is shorter than a frame.

    See Also
    --------
    overlap_add

    Examples
    --------
    >>> split_frames(np.arange(6.0), 4, 2)
    array([[0., 2.],
           [1., 3.],
           [2., 4.],
           [3., 5.]])
    """
    x, frame = real(x, "x"), count("frame", frame)
    hop = _hop(hop, frame)
    if x.shape[-1] < frame:
        raise ValueError(
            f"x has {x.shape[-1]} samples, fewer than one frame of {frame}; "
            "pad_ends adds zeros, or take a shorter frame"
        )
    return _windows_of(x, frame, hop).swapaxes(-1, -2)


def overlap_add(frames: Array, hop: int) -> Array:
    """Lay frames down one hop apart and add them up.

    Parameters
    ----------
    frames
        ``(..., frame, T)``, one frame per column.
    hop
        In samples, ``1 <= hop <= frame``.

    Returns
    -------
    x
        ``(..., (T - 1) * hop + frame)``.

    Raises
    ------
    ValueError, TypeError
        Where there is no frame axis, or the hop does not fit.

    See Also
    --------
    split_frames

    Notes
    -----
    Slide "Short-Time Fourier Transform". Lecture 02. Each frame is a pile of strips
    one hop long: strip k of frame t lands on hop ``t + k``, so all frames are added
    strip by strip.

    Examples
    --------
    >>> overlap_add(np.ones((4, 3)), 2).tolist()
    [1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0]
    """
    frames = real(frames, "frames", axes=2)
    *batch, frame, T = frames.shape
    hop = _hop(hop, frame)
    strips = -(-frame // hop)
    x = zeros((*batch, T + strips - 1, hop), frames)
    for k in range(strips):
        strip = frames[..., k * hop : (k + 1) * hop, :].swapaxes(-1, -2)
        x[..., k : k + T, : strip.shape[-1]] += strip  # (..., T, hop; the last fewer)
    return x.reshape(*batch, -1)[..., : (T - 1) * hop + frame]


def stft(x: Array, frame: int, hop: int, window: str | Numbers = "hann") -> Array:
    """Return the short-time Fourier transform: the DFT of each windowed frame.

    Parameters
    ----------
    x
        Real sound ``(..., samples)``, of any length from 1.
    frame, hop
        In samples, ``1 <= hop <= frame``; odd ones are fine.
    window
        A name of `WINDOWS` (the periodic window), or the window's `frame` values.

    Returns
    -------
    X
        Complex ``(..., frame // 2 + 1, T)``, unscaled, in numpy's convention
        (``X_r - 1j * X_i`` in the deck's letters). Frame t is centred on sample
        ``t * hop``, beyond the ends there are zeros, and
        ``T = 1 + ceil((samples - 1) / hop)`` frames reach over every sample.

    Raises
    ------
    ValueError
        Where `x` is a single number or empty, frame or hop is below 1, the hop is
        longer than the frame, or the window is unknown or has another length.
    TypeError
        Where `x` is complex, or frame or hop is not a whole number.

    See Also
    --------
    istft, dft

    Notes
    -----
    Slide "Short-Time Fourier Transform". Lecture 02. Each frame's transform is
    `dft`'s, computed by the fast Fourier transform. Phases count from the frame's
    first sample, as in librosa, whose frames (``center=True``,
    ``pad_mode="constant"``) are the first ``1 + samples // hop`` of these.

    Examples
    --------
    >>> X = stft(np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000), 64, 16)
    >>> X.shape, int(np.argmax(np.abs(X[:, 100])))  # bins of 125 Hz
    ((33, 501), 8)
    """
    w = _window_values(window, frame)
    frames = split_frames(pad_ends(x, frame, hop), frame, hop)
    return _rfft(w, frames)


def istft(
    X: Array,
    frame: int,
    hop: int,
    window: str | Numbers = "hann",
    length: int | None = None,
) -> Array:
    """Return the sound of an STFT by weighted overlap-and-add.

    Each frame is transformed back, windowed once more, laid down and added; the sum
    is divided by the sum of the squared windows. This is the least-squares sound:
    its STFT is as near to `X` as that of any sound, and the round trip is exact for
    every hop at which the squared windows leave no sample at zero.

    Parameters
    ----------
    X
        Complex ``(..., frame // 2 + 1, T)``, as `stft` returns it.
    frame, hop, window
        Those that `X` was made with.
    length
        Number of samples to return. None gives ``(T - 1) * hop + 1``, from the
        centre of the first frame to that of the last: after a round trip this is all
        of `x`, followed by fewer than `hop` zeros.

    Returns
    -------
    x
        ``(..., length)``.

    Raises
    ------
    ValueError
        Where a sample is under no window (the message says which, and which hop
        would do), the number of bins does not fit the frame, or the length goes
        beyond the last frame.
    TypeError
        Where `X` is real: magnitudes alone have lost their phase.

    See Also
    --------
    stft

    Notes
    -----
    Slide "Short-Time Fourier Transform". Lecture 02. D. W. Griffin and J. S. Lim,
    "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP
    32(2), 1984.

    Examples
    --------
    >>> x = np.cos(0.1 * np.arange(5000.0) ** 1.1)
    >>> y = istft(stft(x, 1024, 333), 1024, 333, length=5000)
    >>> bool(np.max(np.abs(y - x)) < 1e-10)
    True
    """
    X, w = _spectrogram(X, frame), _window_values(window, frame)
    T, start = X.shape[-1], frame // 2
    keep = slice(start, start + _length(length, T, frame, hop))
    weight = overlap_add(np.broadcast_to(w[:, None] ** 2, (frame, T)), hop)[keep]
    x = overlap_add(_windowed_irfft(w, X), hop)[..., keep]
    _check_covered(weight, w, hop, epsilon(X))
    return x / like(weight, x)


def frame_times(frames: int, hop: int, rate: int) -> Numbers:
    """Return where each frame of `stft` is centred, in seconds, ``(frames,)``.

    Lecture 02.

    Examples
    --------
    >>> frame_times(3, 80, 8000).tolist()
    [0.0, 0.01, 0.02]
    """
    frames, hop = count("frames", frames), count("hop", hop)
    return np.arange(frames) * hop / positive("rate", rate)


# --- resolution (lecture 02) ----------------------------------------------------


def main_lobe_width(name: str, frame: int, rate: int) -> float:
    """Return how wide a pure tone is in the spectrum, from zero to zero, in Hz.

    Parameters
    ----------
    name
        A name of `WINDOWS`, for its periodic window.
    frame
        Length of the frame in samples.
    rate
        Samples per second.

    Returns
    -------
    width
        Distance between the first zeros on both sides of the peak: 2 bins (of
        ``rate / frame`` Hz) for "rect", 3 for "sqrt_hann", 4 for "hann" and
        "hamming", 6 for "blackman".

    Raises
    ------
    ValueError, TypeError
        Where the name is unknown, or frame or rate is not positive.

    Notes
    -----
    Slide "Short-Time Fourier Transform: resolution". Lecture 02.

    Examples
    --------
    >>> main_lobe_width("hann", 1024, 16000)
    62.5
    """
    _shape(name)
    frame, rate = count("frame", frame), positive("rate", rate)
    return _MAIN_LOBE_BINS[name] * rate / frame


def tone_resolution(name: str, frame: int, rate: int) -> float:
    """Return how far apart two equally loud tones must be to be told apart, in Hz.

    It is the width of the window's spectrum at half its height (at -6 dB): tones
    this far apart leave a dip of about 3 dB between their peaks (`tone_dip`). For
    the Hann window it is ``2 * rate / frame``.

    Parameters
    ----------
    name
        A name of `WINDOWS`, for its periodic window.
    frame
        Length of the frame in samples.
    rate
        Samples per second.

    Returns
    -------
    hz
        About 1.21 bins of ``rate / frame`` Hz for "rect", 1.64 for "sqrt_hann",
        1.82 for "hamming", 2 for "hann", 2.3 for "blackman".

    Raises
    ------
    ValueError, TypeError
        As `main_lobe_width`.

    See Also
    --------
    click_resolution, tones_separated

    Notes
    -----
    Slide "Short-Time Fourier Transform: resolution". Lecture 02. F. J. Harris, "On
    the use of windows for harmonic analysis with the discrete Fourier transform",
    Proc. IEEE 66(1), 1978, gives the same widths.

    Examples
    --------
    >>> round(tone_resolution("hann", 1024, 16000), 2)  # 2 * 16000 / 1024
    31.25
    """
    shape, rate = _shape(name), positive("rate", rate)
    u = (np.arange(4096) + 0.5) / 4096  # the window as a function, finely
    w = shape(u) / shape(u).sum()

    def above_half(b: float) -> float:
        return float(w @ np.cos(2 * np.pi * b * (u - 0.5))) - 0.5

    half_width = brentq(above_half, 0, _MAIN_LOBE_BINS[name] / 2)
    return 2 * half_width * rate / count("frame", frame)


def click_resolution(name: str, frame: int, rate: int) -> float:
    """Return how far apart two equal clicks must be to be told apart, in seconds.

    It is the width of the window itself at half its height: clicks this far apart
    leave a dip of 3 dB or more between the frames that hold them (`click_dip`). For
    "rect" it is the whole duration of the frame, for the Hann window half of it.
    The finer the time, the coarser the frequency: the product with
    `tone_resolution` does not depend on the frame.

    Parameters
    ----------
    name
        A name of `WINDOWS`, for its periodic window.
    frame
        Length of the frame in samples.
    rate
        Samples per second.

    Returns
    -------
    seconds
        ``frame / rate`` times 1 for "rect", 2/3 for "sqrt_hann", about 0.53 for
        "hamming", 1/2 for "hann", about 0.41 for "blackman". The hop must be smaller
        still to see it.

    Raises
    ------
    ValueError, TypeError
        As `main_lobe_width`.

    See Also
    --------
    tone_resolution, clicks_separated

    Notes
    -----
    Slide "Short-Time Fourier Transform: resolution". Lecture 02.

    Examples
    --------
    >>> click_resolution("rect", 1024, 16000), click_resolution("hann", 1024, 16000)
    (0.064, 0.032)
    """
    shape, rate = _shape(name), positive("rate", rate)

    def above_half(u: float) -> float:
        return float(shape(np.asarray(u))) - 0.5

    rise = 0.0 if above_half(0.0) > 0 else brentq(above_half, 0, 0.5)
    return (1 - 2 * rise) * count("frame", frame) / rate


def tone_dip(
    x: Numbers,
    rate: int,
    frame: int,
    f1: float,
    f2: float,
    window: str | Numbers = "hann",
) -> float:
    """Measure how far the spectrum falls between two tones, in dB (power).

    The power spectra of all frames are averaged (how two tones happen to meet
    within one frame is chance) and read between `f1` and `f2` on a grid much finer
    than the bins.

    Parameters
    ----------
    x
        Sound ``(samples,)``; some frames long, so that there is something to average.
    rate
        Samples per second.
    frame
        Length of a frame in samples.
    f1, f2
        Where the tones are, in Hz, ``0 <= f1 < f2 <= rate / 2``.
    window
        A name of `WINDOWS` (the periodic window), or the window's `frame` values.

    Returns
    -------
    dip
        The lower of the powers at `f1` and `f2` over the least power between them,
        in dB: 0 where the two have merged into one (or there is no sound at all).

    Raises
    ------
    ValueError
        Where the frequencies are out of order or beyond half the rate, or `x` is not
        one channel of at least one frame.

    See Also
    --------
    click_dip

    Notes
    -----
    Slide "Short-Time Fourier Transform: resolution". Lecture 02.

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> x = np.sin(2 * np.pi * 1000 * t) + np.sin(2 * np.pi * 1025 * t)
    >>> [round(tone_dip(x, 8000, frame, 1000, 1025), 1) for frame in (256, 1024)]
    [0.0, 15.3]
    """
    x, w = _one_channel(x), _window_values(window, frame)
    if not 0 <= f1 < f2 <= positive("rate", rate) / 2:
        raise ValueError(
            f"the tones must be in order within 0 to {rate / 2:g} Hz, got {f1}, {f2}"
        )
    frames = split_frames(x, frame, max(1, frame // 16))
    f = np.linspace(f1, f2, 65)
    waves = np.exp(-2j * np.pi * np.outer(f, np.arange(frame)) / rate)
    spectra = (waves * w) @ frames  # (65, T)
    return _dip(np.mean(np.abs(spectra) ** 2, axis=1))


def click_dip(
    x: Numbers,
    rate: int,
    frame: int,
    t1: float,
    t2: float,
    window: str | Numbers = "hann",
) -> float:
    """Measure how far the energy of the frames falls between two clicks, in dB.

    A frame's energy is the energy of its column in the spectrogram (Parseval). It is
    read with frames centred at many places from `t1` to `t2`.

    Parameters
    ----------
    x
        Sound ``(samples,)``.
    rate
        Samples per second.
    frame
        Length of a frame in samples.
    t1, t2
        Where the clicks are, in seconds, ``0 <= t1 < t2``, within the sound.
    window
        A name of `WINDOWS` (the periodic window), or the window's `frame` values.

    Returns
    -------
    dip
        The lower of the energies at `t1` and `t2` over the least energy between
        them, in dB (power): 0 where the clicks have merged into one, infinite where
        silence lies between them.

    Raises
    ------
    ValueError
        Where the times are out of order or outside the sound, or `x` is not one
        channel.

    See Also
    --------
    tone_dip

    Notes
    -----
    Slide "Short-Time Fourier Transform: resolution". Lecture 02.

    Examples
    --------
    >>> x = np.zeros(8000)
    >>> x[[2000, 2240]] = 1  # 30 ms apart
    >>> [round(click_dip(x, 8000, frame, 0.25, 0.28), 1) for frame in (400, 1024)]
    [6.2, 0.0]
    """
    x, w = _one_channel(x), _window_values(window, frame)
    end = (x.size - 1) / positive("rate", rate)
    if not 0 <= t1 < t2 <= end:
        raise ValueError(
            f"the clicks must be in order within 0 to {end:g} s, got {t1}, {t2}"
        )
    centres = np.unique(np.round(np.linspace(t1, t2, 65) * rate).astype(int))
    padded = np.pad(x, frame)
    frames = sliding_window_view(padded, frame)[centres + frame - frame // 2]
    return _dip(np.sum((w * frames) ** 2, axis=1))


def tones_separated(
    x: Numbers,
    rate: int,
    frame: int,
    f1: float,
    f2: float,
    window: str | Numbers = "hann",
) -> bool:
    """Say whether a spectrum shows two tones: half the power or less between them.

    Parameters (`x` is one sound ``(samples,)``) and errors are those of `tone_dip`, of
    which this asks for 3 dB.
    Equally loud tones pass from about `tone_resolution` on.

    Lecture 02.

    See Also
    --------
    clicks_separated

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> x = np.sin(2 * np.pi * 1000 * t) + np.sin(2 * np.pi * 1025 * t)
    >>> tones_separated(x, 8000, 256, 1000, 1025)
    False
    >>> tones_separated(x, 8000, 1024, 1000, 1025)
    True
    """
    return tone_dip(x, rate, frame, f1, f2, window) >= 3


def clicks_separated(
    x: Numbers,
    rate: int,
    frame: int,
    t1: float,
    t2: float,
    window: str | Numbers = "hann",
) -> bool:
    """Say whether a spectrogram shows two clicks: half the energy or less between.

    Parameters (`x` is one sound ``(samples,)``) and errors are those of `click_dip`, of
    which this asks for 3 dB.
    Equally loud clicks pass from about `click_resolution` on.

    Lecture 02.

    See Also
    --------
    tones_separated

    Examples
    --------
    >>> x = np.zeros(8000)
    >>> x[[2000, 2240]] = 1  # 30 ms apart
    >>> clicks_separated(x, 8000, 400, 0.25, 0.28)
    True
    >>> clicks_separated(x, 8000, 1024, 0.25, 0.28)
    False
    """
    return click_dip(x, rate, frame, t1, t2, window) >= 3


def _dip(power: Numbers) -> float:
    lower, least = min(power[0], power[-1]), power.min()
    if least == 0:
        return float("inf") if lower > 0 else 0.0
    return float(10 * np.log10(lower / least))


# --- what numpy and torch spell differently -------------------------------------

_BLOCK = 1 << 16  # samples windowed at a time: they stay in the processor's cache


def _windows_of(x: Any, frame: int, hop: int) -> Any:
    """Return a view ``(..., T, frame)`` of x."""
    if is_torch(x):
        return x.unfold(-1, frame, hop)
    return sliding_window_view(x, frame, axis=-1)[..., ::hop, :]


def _rfft(w: Numbers, frames: Any) -> Any:
    """Return the transforms of windowed columns, ``(..., bins, T)``."""
    if is_torch(frames):
        return sys.modules["torch"].fft.rfft(like(w, frames)[:, None] * frames, dim=-2)
    rows, w = frames.swapaxes(-1, -2), like(w, frames)  # (..., T, frame)
    *batch, T, frame = rows.shape
    X = np.empty((*batch, T, frame // 2 + 1), np.result_type(rows, np.complex64))
    step = max(1, _BLOCK // (frame * max(1, int(np.prod(batch)))))
    block = np.empty((*batch, min(step, T), frame), rows.dtype)
    for t in range(0, T, step):
        some = block[..., : min(step, T - t), :]
        np.multiply(rows[..., t : t + step, :], w, out=some)
        np.fft.rfft(some, out=X[..., t : t + step, :])
    return X.swapaxes(-1, -2)


def _windowed_irfft(w: Numbers, X: Any) -> Any:
    """Return the frames of X, windowed, ``(..., frame, T)``."""
    lib = sys.modules["torch"] if is_torch(X) else np
    rows = lib.fft.irfft(X.swapaxes(-1, -2), w.size)  # (..., T, frame)
    rows *= like(w, rows)  # in place: a minute of frames is 80 MB
    return rows.swapaxes(-1, -2)


def _spectrogram(X: Any, frame: int) -> Any:
    """Return X as complex numbers ``(..., frame // 2 + 1, T)``."""
    X = X if is_torch(X) else np.asarray(X)
    if not (X.is_complex() if is_torch(X) else X.dtype.kind == "c"):
        raise TypeError(
            f"X is real ({X.dtype}): magnitudes alone have lost their phase; multiply "
            "them with np.exp(1j * phase), or write X + 0j if zero phase is meant"
        )
    X, bins = shaped(X, "X", 2), count("frame", frame) // 2 + 1
    if X.shape[-2] != bins:
        raise ValueError(
            f"X has {X.shape[-2]} bins, but a frame of {frame} samples has {bins}; "
            f"give the frame that X was made with, {2 * X.shape[-2] - 2} or one more"
        )
    return X


# --- checks ---------------------------------------------------------------------


def _hop(hop: int, frame: int) -> int:
    hop = count("hop", hop)
    if hop > frame:
        raise ValueError(
            f"hop {hop} is longer than the frame of {frame} samples and would skip "
            f"some; take a hop of at most {frame}"
        )
    return hop


def _one_channel(x: Any) -> Numbers:
    x = np.asarray(real(x, "x"))
    if x.ndim != 1:
        raise ValueError(
            f"x has the shape {x.shape}; give one channel, for example x[0]"
        )
    return x


def _shape(name: str) -> Callable[[Numbers], Numbers]:
    if not isinstance(name, str) or name not in _SHAPES:
        raise ValueError(
            f"no window is called {name!r}; there are {', '.join(WINDOWS)}"
        )
    return _SHAPES[name]


def _sample(shape: Callable[[Numbers], Numbers], n: int, period: int) -> Numbers:
    if n == 1:
        return np.ones(1)
    k = np.arange(n)
    u = np.minimum(k, period - k) / period  # both halves from one: equal to the digit
    return np.maximum(shape(u), 0.0)  # Blackman's first sample rounds to -1e-17


def _window_values(window_: str | Numbers, frame: int) -> Numbers:
    frame = count("frame", frame)
    if isinstance(window_, str):
        return window(window_, frame)
    w = np.asarray(window_, float)
    if w.shape != (frame,):
        raise ValueError(
            f"the window has the shape {w.shape}, but the frame {frame} samples; give "
            f"{frame} values, or one of the names {', '.join(WINDOWS)}"
        )
    return w


def _length(length: int | None, T: int, frame: int, hop: int) -> int:
    last = (T - 1) * _hop(hop, frame)  # the centre of the last frame
    if length is None:
        return last + 1
    if count("length", length) > last + frame - frame // 2:
        raise ValueError(
            f"length {length} goes beyond the {T} frames of {frame} at hop {hop}, "
            f"which end after {last + frame - frame // 2} samples; has X lost frames?"
        )
    return length


def _sum_of_copies(w: Numbers, hop: int) -> Numbers:
    """Return one period ``(hop,)`` of the sum of w's copies, shifted by hops."""
    return np.pad(w, (0, -w.size % hop)).reshape(-1, hop).sum(axis=0)


def _check_covered(weight: Numbers, w: Numbers, hop: int, epsilon: float) -> None:
    """Refuse weights that are zero, or so small that no digit would be right."""
    least = (epsilon * np.abs(w).max()) ** 2
    bare = np.flatnonzero(weight <= least)
    if not bare.size:
        return
    fits = (h for h in range(hop - 1, 0, -1) if _sum_of_copies(w**2, h).min() > least)
    enough = next(fits, None)
    remedy = f"a hop of {enough} would do" if enough else "no hop would do"
    raise ValueError(
        f"at hop {hop} the windows of {w.size} samples leave {bare.size} of "
        f"{weight.size} samples without weight, at {', '.join(map(str, bare[:4]))}"
        f"{', …' if bare.size > 4 else ''}: they cannot be recovered; {remedy}"
    )
