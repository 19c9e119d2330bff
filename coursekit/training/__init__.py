"""Training, once and for all models of the course, and the weights that ship.

`fit` is the loop, `save_weights` and `load_weights` keep what came out of it, with a
card that says how it was made.

Used by the lectures that train: 04 to 06, 09, 12, 15 to 18.
"""

from coursekit.training.fit import (
    FAST_STEPS,
    Batch,
    Crops,
    History,
    Loss,
    SampleBatch,
    Settings,
    fit,
    seeded,
)
from coursekit.training.progress import PageBar
from coursekit.training.recipes import Recipe, missing, recipes
from coursekit.training.weights import (
    WEIGHTS,
    Card,
    load_weights,
    read_card,
    save_weights,
    weights_path,
)

__all__ = [
    "FAST_STEPS",
    "WEIGHTS",
    "Batch",
    "Card",
    "Crops",
    "History",
    "Loss",
    "PageBar",
    "Recipe",
    "SampleBatch",
    "Settings",
    "fit",
    "load_weights",
    "missing",
    "read_card",
    "recipes",
    "save_weights",
    "seeded",
    "weights_path",
]
