"""How the learnt codecs are trained: what is added to `training.fit`.

A codec is trained with the bits that it spends: `WavePlan` steers them towards a
target, `MdctPlan` gives them a fixed price. Both lead to `training.fit`, which does
the rest.

Taught in lectures 09 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from coursekit import training
from coursekit.coding.autoencoder import WaveCodec
from coursekit.coding.entropy import RateControl
from coursekit.coding.mdct_net import MdctCodec
from coursekit.coding.objectives import OBJECTIVES, WEIGHTS, Weights

Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class WavePlan:
    """How a `WaveCodec` is trained.

    Lectures 09 and 12.

    Parameters
    ----------
    objective
        A name of `objectives.OBJECTIVES`.
    kbps
        Bitrate to steer for, of all active stages together.
    weights
        Of the objective's terms.
    free_steps
        Steps to begin with in which nothing is quantised.
    sharpness
        Of the quantiser at the start and at the end; it grows geometrically.
    samples, batch
        Length and number of the pieces in a batch.
    active
        Stages that take part. Earlier ones than the last are held fixed: a cascade
        learns one stage after the other.

    Examples
    --------
    >>> WavePlan().sharpness_at(0.5)
    100.0
    """

    objective: str = "time+mel+pam"
    kbps: float = 20.0
    weights: Weights = WEIGHTS
    free_steps: int = 300
    sharpness: tuple[float, float] = (50.0, 200.0)
    samples: int = 15840
    batch: int = 4
    active: int = 1

    def sharpness_at(self, done: float) -> float:
        """Return the sharpness after a share of the steps."""
        first, last = self.sharpness
        return first * (last / first) ** done


class Trainee(nn.Module):
    """A codec and the control of its bitrate, kept in one checkpoint.

    Lectures 09 and 12.

    Parameters
    ----------
    codec
        To be trained.
    kbps
        Target.
    """

    def __init__(self, codec: WaveCodec, kbps: float) -> None:
        super().__init__()
        self.codec = codec
        self.control = RateControl(kbps, weight=0.05, step=1.005)


def train_wave(
    codec: WaveCodec,
    sounds: Sequence[Numbers],
    plan: WavePlan,
    settings: training.Settings,
    checkpoint: Path | None = None,
) -> training.History:
    """Train the last active stage of a `WaveCodec` and freeze its tables.

    Lectures 09 and 12.

    Parameters
    ----------
    codec
        Changed in place.
    sounds
        To train on, arrays ``(samples,)`` at the codec's rate.
    plan, settings
        See `WavePlan` and `training.Settings`.
    checkpoint
        Where to keep the state of the run.

    Returns
    -------
    history
        With the terms of the objective, "bits" (weighted), and "kbps" for the log.

    Notes
    -----
    The weights are found with hard choices forward and soft gradients backward, after
    a start without quantisation (Kankanahalli, ICASSP 2018).
    """
    codec.active = plan.active
    codec.requires_grad_(False)
    learning = codec.stage(plan.active - 1).requires_grad_(True)
    learning.quantiser.log_alpha.requires_grad_(False)
    objective = OBJECTIVES[plan.objective]

    def loss(model: Trainee, x: Tensor, step: int) -> dict[str, Tensor]:
        learning.quantiser.alpha = plan.sharpness_at(step / settings.steps)
        codec.quantised = step >= plan.free_steps
        coded = codec(x)
        if codec.quantised:
            model.control.update(coded.kbps.item())
        bits = model.control.weight * coded.kbps
        terms = objective(x, coded.estimate, codec.rate, Weights(*plan.weights))
        return {**terms, "bits": bits, "kbps": coded.kbps.detach()}

    sample_batch = training.Crops(sounds, plan.samples, plan.batch)
    trainee = Trainee(codec, plan.kbps)
    history = training.fit(trainee, sample_batch, loss, settings, checkpoint=checkpoint)
    codec.quantised = True
    codec.cpu().requires_grad_(True)  # a stream is written by the processor
    codec.freeze(sounds)
    return history


@dataclass(frozen=True)
class MdctPlan:
    """How a `MdctCodec` is trained.

    Lectures 09 and 12.

    Parameters
    ----------
    objective
        A name of `objectives.OBJECTIVES`.
    price
        What a kbit/s costs in the loss: the higher, the fewer bits.
    weights
        Of the objective's terms.
    samples, batch
        Length and number of the pieces in a batch.
    """

    objective: str = "time+mel+pam"
    price: float = 1.0
    weights: Weights = WEIGHTS
    samples: int = 16384
    batch: int = 4


MDCT_TRAINING = training.Settings(
    steps=300,
    learning_rate=1e-2,
    warm_up=10,
    clip=5.0,
    lr_multipliers=(("entropy", 5.0), ("step_net", 2.0)),
)
"""How the codecs on the MDCT are trained unless told otherwise."""


def train_mdct(
    codec: MdctCodec,
    sounds: Sequence[Numbers],
    plan: MdctPlan,
    settings: training.Settings = MDCT_TRAINING,
    checkpoint: Path | None = None,
) -> training.History:
    """Train a `MdctCodec` and freeze its tables.

    Lectures 09 and 12.

    Parameters
    ----------
    codec
        Changed in place; ``codec.double()`` is trained in double precision.
    sounds
        To train on, arrays ``(samples,)`` at the codec's rate.
    plan, settings
        See `MdctPlan` and `training.Settings`.
    checkpoint
        Where to keep the state of the run.

    Returns
    -------
    history
        With the terms of the objective, "bits" (kbit/s times the price), and "kbps"
        for the log.
    """
    codec.freeze(sounds)
    objective = OBJECTIVES[plan.objective]

    def loss(model: MdctCodec, x: Tensor, step: int) -> dict[str, Tensor]:
        x = x.to(model.bin_step.dtype)
        coded = model(x)
        bits = plan.price * coded.kbps
        terms = objective(x, coded.estimate, model.rate, Weights(*plan.weights))
        return {**terms, "bits": bits, "kbps": coded.kbps.detach()}

    sample_batch = training.Crops(sounds, plan.samples, plan.batch)
    history = training.fit(codec, sample_batch, loss, settings, checkpoint=checkpoint)
    codec.cpu().freeze(sounds)  # a stream is written by the processor
    return history
