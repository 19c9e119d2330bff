"""The recipes of the codecs that ship with the course, one per file of weights.

``python -m coursekit.training wave`` trains one of them. The card beside each file of
weights says what it was made of and what it reached on speakers it never heard
(`figures`); a test holds it to both.

Taught in lectures 09 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from coursekit import data, training
from coursekit.coding.autoencoder import WaveCodec, WaveSettings
from coursekit.coding.evaluation import measure
from coursekit.coding.learn import (
    MDCT_TRAINING,
    MdctPlan,
    WavePlan,
    train_mdct,
    train_wave,
)
from coursekit.coding.mdct_net import MdctCodec, MdctSettings
from coursekit.coding.neural import NeuralCodec
from coursekit.coding.objectives import Weights

Numbers = np.ndarray[Any, np.dtype[Any]]

RATE = 16000
KINDS = ("speech", "music")
"""What the codecs are trained on: the train split of these kinds."""


@dataclass(frozen=True)
class CodecRecipe(training.Recipe):
    """How one learnt codec is made.

    Lectures 09 and 12.

    Parameters
    ----------
    name
        Of the file, without its ending.
    descent
        Settings of `training.fit`.
    codec
        The shape: `WaveSettings` or `MdctSettings`.
    plan
        `WavePlan` or `MdctPlan`.
    """

    codec: WaveSettings | MdctSettings
    plan: WavePlan | MdctPlan

    def build(self) -> NeuralCodec:
        """Return the codec with random weights."""
        if isinstance(self.codec, WaveSettings):
            return WaveCodec(self.codec, RATE)
        return MdctCodec(self.codec, RATE, f"MDCT net, {self.plan.objective}")

    def train(self, model: Any, checkpoint: Path) -> training.History:
        """Train on the train split of `KINDS`."""
        how: Any = (model, _material(), self.plan, self.descent, checkpoint)
        return train_wave(*how) if isinstance(model, WaveCodec) else train_mdct(*how)

    def configuration(self) -> dict[str, Any]:
        """Return what the card must say of codec and data."""
        sounds = [clip for kind in KINDS for clip in data.clips(kind, "train")]
        return {
            "data": f"{len(sounds)} clips of {' and '.join(KINDS)}, split train",
            "seconds": round(sum(clip.seconds for clip in sounds), 1),
            "codec": asdict(self.codec),
            "plan": asdict(self.plan),
        }

    def figures(self, model: Any) -> dict[str, float]:
        """Return `figures` of the codec."""
        return figures(model)


WAVE = CodecRecipe(
    "wave",
    training.Settings(
        steps=5000,
        learning_rate=2e-3,
        warm_up=100,
        clip=10.0,
        lr_multipliers=(("entropy", 10.0),),
        save_every=250,
    ),
    WaveSettings(),
    WavePlan(weights=Weights(50.0, 5.0, 5.0, 5.0), kbps=20.0),
)

# Prices that give three bitrates with each objective.
_PRICES = {
    "time": (0.06, 0.03, 0.012),
    "time+mel": (0.06, 0.03, 0.012),
    "time+mel+pam": (2.4, 1.2, 0.5),
}

RECIPES = {"wave": WAVE} | {
    name: CodecRecipe(
        name, MDCT_TRAINING, MdctSettings(), MdctPlan(objective, price=price)
    )
    for objective, prices in _PRICES.items()
    for size, price in zip(("low", "middle", "high"), prices, strict=True)
    for name in [f"mdct_{objective.replace('+', '_')}_{size}"]
}
"""The recipes by name."""


def load(name: str) -> Any:
    """Return a codec with the weights that ship.

    Lectures 09 and 12.

    Parameters
    ----------
    name
        Of `RECIPES`.

    Raises
    ------
    ValueError
        Where there is no such recipe.
    FileNotFoundError
        Where its weights are not there.

    Examples
    --------
    >>> codec = load("mdct_time_low")
    >>> codec.name, codec.rate
    ('MDCT net, time', 16000)
    """
    if name not in RECIPES:
        raise ValueError(
            f"no recipe is called {name!r}; there are {', '.join(RECIPES)}"
        )
    return RECIPES[name].load()


def figures(codec: Any) -> dict[str, float]:
    """Return what a codec reaches on five seconds of each held-out speaker.

    Lectures 09 and 12.

    Returns
    -------
    figures
        "kbps" (bytes of the streams), "snr" and "nmr" in dB, "audible" (a share).
    """
    row = measure(codec, held_out(), listeners=())
    names = ("kbps", "snr", "nmr", "audible")
    return {name: round(float(getattr(row, name)), 4) for name in names}


@lru_cache(maxsize=1)
def held_out() -> Sequence[Numbers]:
    """Return the first five seconds of the first clip of each held-out speaker.

    Each is ``(samples,)`` at `RATE`.

    Lectures 09 and 12.

    Examples
    --------
    >>> [x.size for x in held_out()]
    [80000, 80000, 80000]
    """
    first = {clip.speaker: clip for clip in reversed(data.clips("speech", "test"))}
    return tuple(clip.audio(RATE)[: 5 * RATE] for clip in first.values())


@lru_cache(maxsize=1)
def _material() -> Sequence[Numbers]:
    return [c.audio(RATE) for kind in KINDS for c in data.clips(kind, "train")]
