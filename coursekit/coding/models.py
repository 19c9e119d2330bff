"""The recipes of the codecs that ship with the course, one per file of weights.

``python -m coursekit.coding.models`` trains them all, ``… wave`` one of them; a run
that was stopped goes on where it was. The card beside each file of weights says what
it was made of and what it reached on speakers it never heard (`figures`); a test
holds it to both.

Taught in lectures 09 and 12.
"""

from __future__ import annotations

import argparse
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
class Recipe:
    """How one file of weights is made.

    Parameters
    ----------
    name
        Of the file.
    codec
        The shape: `WaveSettings` or `MdctSettings`.
    plan
        `WavePlan` or `MdctPlan`.
    descent
        Settings of `training.fit`.
    """

    name: str
    codec: WaveSettings | MdctSettings
    plan: WavePlan | MdctPlan
    descent: training.Settings

    def fresh(self) -> NeuralCodec:
        """Return the codec untrained, the same each time."""
        with training.seeded(self.descent.seed):
            if isinstance(self.codec, WaveSettings):
                return WaveCodec(self.codec, RATE)
            return MdctCodec(self.codec, RATE, f"MDCT net, {self.plan.objective}")

    def card(self) -> dict[str, Any]:
        """Return what the card must say of the recipe."""
        sounds = [clip for kind in KINDS for clip in data.clips(kind, "train")]
        return {
            "name": self.name,
            "steps": self.descent.steps,
            "data": f"{len(sounds)} clips of {' and '.join(KINDS)}, split train",
            "seconds": round(sum(clip.seconds for clip in sounds), 1),
            "codec": _plain(asdict(self.codec)),
            "plan": _plain(asdict(self.plan)),
            "descent": _plain(self.descent.resume_key()),
        }


WAVE = Recipe(
    "wave",
    WaveSettings(),
    WavePlan(weights=Weights(50.0, 5.0, 5.0, 5.0), kbps=20.0),
    training.Settings(
        steps=5000,
        learning_rate=2e-3,
        warm_up=100,
        clip=10.0,
        lr_multipliers=(("entropy", 10.0),),
        save_every=250,
    ),
)

# Prices that give three bitrates with each objective.
_PRICES = {
    "time": (0.06, 0.03, 0.012),
    "time+mel": (0.06, 0.03, 0.012),
    "time+mel+pam": (2.4, 1.2, 0.5),
}

RECIPES = {"wave": WAVE} | {
    name: Recipe(name, MdctSettings(), MdctPlan(objective, price=price), MDCT_TRAINING)
    for objective, prices in _PRICES.items()
    for size, price in zip(("low", "middle", "high"), prices, strict=True)
    for name in [f"mdct_{objective.replace('+', '_')}_{size}"]
}
"""The recipes by name."""


def load(name: str) -> Any:
    """Return a codec with the weights that ship.

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
    codec = RECIPES[name].fresh()
    training.load_weights(codec, weights_path(name))
    return codec.eval()


def weights_path(name: str) -> Path:
    """Return where the weights of a recipe lie.

    Examples
    --------
    >>> weights_path("wave").name
    'wave.safetensors'
    """
    return training.WEIGHTS / f"{name}.safetensors"


def ship(recipe: Recipe, folder: Path) -> Path:
    """Train, measure on held-out speakers, and write weights and card.

    A checkpoint in `folder` is gone on from.
    """
    codec, history = _trained(recipe, folder)
    log = {name: round(history.mean(name), 4) for name in history.terms}
    card = {**recipe.card(), "log": log, "figures": figures(codec)}
    return training.save_weights(codec, weights_path(recipe.name), card)


def figures(codec: Any) -> dict[str, float]:
    """Return what a codec reaches on five seconds of each held-out speaker.

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


def _trained(recipe: Recipe, folder: Path) -> tuple[Any, training.History]:
    codec: Any = recipe.fresh()
    checkpoint = folder / f"{recipe.name}.safetensors"
    how = (codec, _material(), recipe.plan, recipe.descent, checkpoint)
    wave = isinstance(codec, WaveCodec)
    return codec, train_wave(*how) if wave else train_mdct(*how)  # type: ignore[arg-type]


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table as it comes back from TOML: lists for tuples."""
    return {k: _listed(v) for k, v in table.items()}


def _listed(value: Any) -> Any:
    return [_listed(v) for v in value] if isinstance(value, tuple | list) else value


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the recipes named on the command line, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m coursekit.coding.models", description=(__doc__ or "")
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--folder", type=Path, default=Path(".training"))
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(RECIPES)
    if unknown:
        parser.error(f"no recipe is called {', '.join(sorted(unknown))}")
    for name in chosen.names or RECIPES:
        print(ship(RECIPES[name], chosen.folder))


if __name__ == "__main__":
    main()
