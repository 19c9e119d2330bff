"""The recipes of all weights that ship with the course, from all topics.

A topic's ``models.py`` has a mapping ``RECIPES`` from names to recipes, each a
subclass of `Recipe` that says how its model is built, trained and judged.
``python -m coursekit.training`` makes any of them; `missing` says which file is not
there.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from coursekit import topics
from coursekit.training import weights
from coursekit.training.fit import History, Settings, seeded


@dataclass(frozen=True)
class Recipe:
    """How one file of weights is made.

    Lectures 09 and 12.

    A subclass defines `build`, `train`, `configuration` and `figures`.

    Parameters
    ----------
    name
        Of the file, without its ending.
    descent
        Settings of `training.fit`; its seed is that of the first weights, too.
    """

    name: str
    descent: Settings

    def build(self) -> nn.Module:
        """Return the model with random weights, from torch's generator."""
        raise NotImplementedError

    def train(self, model: Any, checkpoint: Path) -> History:
        """Train the model in place, and go on from the checkpoint if it is there."""
        raise NotImplementedError

    def configuration(self) -> Mapping[str, Any]:
        """Return what the card must say of model and data, besides name and descent."""
        raise NotImplementedError

    def figures(self, model: Any) -> Mapping[str, float]:
        """Return what the model reaches on data held out."""
        raise NotImplementedError

    def fresh(self) -> Any:
        """Return the model untrained, the same each time."""
        with seeded(self.descent.seed):
            return self.build()

    def load(self) -> Any:
        """Return the model with the weights that ship, in evaluation mode.

        Raises
        ------
        FileNotFoundError
            Where weights or card are not there.
        """
        model = self.fresh()
        weights.load_weights(model, weights.weights_path(self.name))
        return model.eval()

    def card(self) -> dict[str, Any]:
        """Return what the card must say of the recipe, as it comes back from TOML."""
        return {
            "name": self.name,
            "steps": self.descent.steps,
            **_plain(self.configuration()),
            "descent": _plain(self.descent.resume_key()),
        }

    def ship(self, folder: Path) -> Path:
        """Train, measure on data held out, write weights and card; return the card.

        Parameters
        ----------
        folder
            Of the checkpoint, ``<name>.safetensors``: a run that was stopped resumes.
        """
        model = self.fresh()
        history = self.train(model, folder / f"{self.name}.safetensors")
        model.cpu()  # figures and streams are the processor's
        log = {name: round(history.mean(name), 4) for name in history.terms}
        card = {**self.card(), "log": log, "figures": dict(self.figures(model))}
        return weights.save_weights(model, weights.weights_path(self.name), card)


def recipes() -> dict[str, Recipe]:
    """Return the recipes of all topics by name; imports every topic that has some.

    Lectures 09 and 12.

    Raises
    ------
    ValueError
        Where two recipes would write the same file.

    Examples
    --------
    >>> "wave" in recipes()
    True
    """
    found = [
        recipe
        for module in topics.modules("models")
        for recipe in importlib.import_module(module).RECIPES.values()
    ]
    counts = Counter(recipe.name for recipe in found)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"two recipes are called {twice[0]!r}: rename one of them")
    return {recipe.name: recipe for recipe in found}


def missing() -> list[str]:
    """Return one sentence for each recipe, file of weights or card without the others.

    Lectures 09 and 12.

    Examples
    --------
    >>> missing()
    []
    """
    has = {
        "recipe in a topic's models.py": set(recipes()),
        "file of weights (make train NAMES={name})": {
            p.stem for p in weights.WEIGHTS.glob("*.safetensors")
        },
        "card": {p.stem for p in weights.WEIGHTS.glob("*.toml")},
    }
    every = sorted(set().union(*has.values()))
    return [
        f"{name} has no {what.format(name=name)}"
        for name in every
        for what, names in has.items()
        if name not in names
    ]


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table as it comes back from TOML: lists for tuples."""
    return {key: _listed(value) for key, value in table.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _plain(value)
    return [_listed(v) for v in value] if isinstance(value, tuple | list) else value
