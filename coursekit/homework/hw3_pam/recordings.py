"""A student's own voice, three ways to spoil it, and the magnitudes of its lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from coursekit import fourier, psychoacoustics
from coursekit.homework.checks.checker import ANYONE
from coursekit.homework.own_data import (
    RATE,
    Numbers,
    any_of,
    excerpt,
    own_rng,
    peak,
    spoken,
)
from coursekit.psychoacoustics import FULL_SCALE_DB, frames_of, mask_of

NAME = "hw3_pam"


# --- what the students are given ----------------------------------------------------

FRAME = 512
"""Samples in a frame: Layer I."""

LOUDEST_SINE_DB = 96.0
"""dB SPL of a sine of amplitude 1, whose line has the magnitude 1 in `magnitudes`."""


def magnitudes(x: Tensor) -> Tensor:
    r"""Return the magnitudes of the lines of sounds, with gradients.

    Parameters
    ----------
    x
        ``(..., time)``, full scale ±1.

    Returns
    -------
    magnitudes
        ``(..., T, 257)``: frames of 512 samples, 256 apart, under the standard's
        window. The loudest sine reads 1, so that
        :math:`20 \log_{10} x_f + 96` is the level of a line in dB SPL.

    Examples
    --------
    >>> t = torch.arange(2048, dtype=torch.float64)
    >>> x = magnitudes(torch.sin(2 * torch.pi * 32 * t / 512))
    >>> x.shape, round(x[4, 32].item(), 6)
    (torch.Size([9, 257]), 1.0)
    """
    frames = frames_of(x)
    h = torch.as_tensor(psychoacoustics.analysis_window(FRAME), dtype=x.dtype)
    lines = torch.fft.rfft(h * frames) / FRAME
    power = lines.real**2 + lines.imag**2
    heard = power > 1e-24  # the root of 0 has no slope
    root = torch.where(heard, torch.where(heard, power, 1).sqrt(), 0)
    return root * 10 ** ((FULL_SCALE_DB - LOUDEST_SINE_DB) / 20)


@dataclass(frozen=True)
class Recordings:
    """A voice, and three ways to spoil it, made for one student.

    Parameters
    ----------
    s
        float64 ``(samples,)`` in [-1, 1]: the voice.
    hiss, hidden, whistle
        The voice with white noise, with noise of the shape of its mask, and with a
        quiet tone of 7 kHz.
    rate
        Samples per second.
    """

    s: Numbers
    hiss: Numbers
    hidden: Numbers
    whistle: Numbers
    rate: int

    @property
    def versions(self) -> dict[str, Numbers]:
        """The spoilt versions by name, each ``(samples,)``."""
        return {name: getattr(self, name) for name in ("hiss", "hidden", "whistle")}


SNR_HISS, SNR_HIDDEN, SNR_WHISTLE = 20.14, 18.30, 30.0
"""In dB. The first two are the slide's: the better-sounding version has less."""

WHISTLE_HZ = 7000.0

SECONDS = 3.0
"""How long the voice is."""


def my_recordings(student: str = ANYONE) -> Recordings:
    """Return the student's voice and its spoilt versions.

    Parameters
    ----------
    student
        The name; each gets another voice or another excerpt.

    Examples
    --------
    >>> mine = my_recordings("Ada")
    >>> mine.s.shape, mine.rate
    ((48000,), 16000)
    >>> from coursekit.metrics import snr
    >>> [round(snr(mine.s, version), 2) for version in mine.versions.values()]
    [20.14, 18.3, 30.0]
    """
    rng = own_rng(NAME, student, "my_recordings")
    voice = excerpt(rng, any_of(rng, spoken(SECONDS)), SECONDS)
    s = 0.5 * voice / peak(voice)
    white = rng.standard_normal(s.size)
    hiss = s + _at_snr(s, white, SNR_HISS)
    hidden = s + _at_snr(s, _shaped(s, white), SNR_HIDDEN)
    tone = np.sin(2 * np.pi * WHISTLE_HZ * np.arange(s.size) / RATE)
    whistle = s + _at_snr(s, tone, SNR_WHISTLE)
    return Recordings(s, hiss, hidden, whistle, RATE)


def _at_snr(s: Numbers, noise: Numbers, snr: float) -> Numbers:
    gain = np.sqrt(np.mean(s**2) / np.mean(noise**2)) * 10 ** (-snr / 20)
    return gain * noise


def _shaped(s: Numbers, white: Numbers) -> Numbers:
    """Return noise whose spectrum follows the mask of `s`, frame by frame."""
    mask = mask_of(torch.from_numpy(s), RATE).numpy()
    hop = FRAME // 2
    N = fourier.stft(white, FRAME, hop)
    level = np.minimum(mask, 60).T  # what masks at 0 Hz would be felt, not heard
    return fourier.istft(N * 10 ** (level / 20), FRAME, hop, length=s.size)
