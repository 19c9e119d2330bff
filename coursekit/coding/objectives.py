"""What the learnt codecs are trained for: three losses, from deaf to listening.

Each objective is a sum of named terms. "time" sees the waveform alone; "time+mel"
adds the distance of mel spectra; "time+mel+pam" adds what PAM-1 says: the priority
weights (L3) and the noise that breaks through the mask, as ``log10(1 + L4)``. The
bits come on top, and are the same for all.

Taught in lectures 09 and 12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from coursekit.psychoacoustics import (
    log_noise_modulation_loss,
    mask_of,
    mel_loss,
    priority_loss,
    time_loss,
)

Terms = dict[str, Tensor]


class Weights(NamedTuple):
    """How much each term counts.

    Lectures 09 and 12.

    Parameters
    ----------
    time, mel
        50 to 1. The paper's released configuration has 50 to 5; a codec that rounds
        whole bands to silence then makes the mel distance jump, and training erratic.
    priority, modulation
        Of L3 and of ``log10(1 + L4)``, so that both count beside the others. L3 is
        small by itself: it squares shares of full scale.

    Examples
    --------
    >>> Weights(priority=5).priority
    5
    """

    time: float = 50.0
    mel: float = 1.0
    priority: float = 5e4
    modulation: float = 12.5


Objective = Callable[[Tensor, Tensor, int, Weights], Terms]
WEIGHTS = Weights()


def time(s: Tensor, s_hat: Tensor, rate: int, weights: Weights = WEIGHTS) -> Terms:
    """Return the root of the mean squared error, weighted: the waveform alone.

    Lectures 09 and 12.

    Parameters
    ----------
    s, s_hat
        ``(batch, 1, time)``, to be coded and decoded.
    rate
        In Hz.
    weights
        See `Weights`.

    Returns
    -------
    terms
        By name; their sum is to be descended.

    Examples
    --------
    >>> import torch
    >>> s = torch.zeros(1, 1, 1600)
    >>> round(time(s, s + 0.01, 16000)["time"].item(), 2)
    0.5
    """
    return {"time": weights.time * (time_loss(s, s_hat) + 1e-7).sqrt()}


def time_mel(s: Tensor, s_hat: Tensor, rate: int, weights: Weights = WEIGHTS) -> Terms:
    """Return the terms of `time`, and the distance of mel spectra.

    Sound and estimate are ``(batch, 1, time)``.

    Lectures 09 and 12.

    Examples
    --------
    >>> import torch
    >>> s = torch.zeros(1, 1, 1600)
    >>> sorted(time_mel(s, s + 0.01, 16000))
    ['mel', 'time']
    """
    mel = {"mel": weights.mel * mel_loss(s, s_hat, rate)}
    return time(s, s_hat, rate, weights) | mel


def time_mel_pam(
    s: Tensor, s_hat: Tensor, rate: int, weights: Weights = WEIGHTS
) -> Terms:
    """Return the terms of `time_mel`, and those of the psychoacoustic model.

    Sound and estimate are ``(batch, 1, time)``.

    Lectures 09 and 12.

    Examples
    --------
    >>> import torch
    >>> s = torch.zeros(1, 1, 1600)
    >>> sorted(time_mel_pam(s, s + 0.01, 16000))
    ['mel', 'modulation', 'priority', 'time']
    """
    mask = mask_of(s, rate)
    L3 = priority_loss(s, s_hat, rate, mask=mask)
    L4 = log_noise_modulation_loss(s, s_hat, rate, mask=mask)
    pam = {"priority": weights.priority * L3, "modulation": weights.modulation * L4}
    return time_mel(s, s_hat, rate, weights) | pam


OBJECTIVES: dict[str, Objective] = {
    "time": time,
    "time+mel": time_mel,
    "time+mel+pam": time_mel_pam,
}
"""The three objectives by name."""
