"""Tables that lectures quote: every figure over several seeds, and what made it.

``load("codecs")`` returns a committed table; ``python -m coursekit.evidence codecs``
makes it anew. A table carries its configuration, seeds, versions and log, and a test
computes a part of one seed again and compares. Lectures 08, 09 and 12.
"""

from coursekit.evidence.experiment import (
    Experiment,
    drift,
    experiment_of,
    names,
    recompute,
)
from coursekit.evidence.table import Summary, Table, load

__all__ = [
    "Experiment",
    "Summary",
    "Table",
    "drift",
    "experiment_of",
    "load",
    "names",
    "recompute",
]
