"""Tables that lectures quote: every figure over several seeds, with its recipe.

``load("codecs")`` returns a committed table; ``python -m coursekit.evidence codecs``
makes it anew. A table carries its configuration, seeds, versions and log, and a test
computes a part of one seed again and compares.
"""

from coursekit.evidence.experiment import Recipe, drift, names, recipe, recompute
from coursekit.evidence.table import Summary, Table, load

__all__ = [
    "Recipe",
    "Summary",
    "Table",
    "drift",
    "load",
    "names",
    "recipe",
    "recompute",
]
