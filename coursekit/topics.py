"""What all topics have alike, found by the names of their modules.

A topic is a package of `coursekit`, such as `coursekit.spatial`. Its tables for
lectures are modules called ``table_*``, the recipes of its weights are in ``models``.
Nobody keeps a list of them by hand.
"""

from __future__ import annotations

import pkgutil
from fnmatch import fnmatch
from pathlib import Path

import coursekit


def modules(pattern: str) -> list[str]:
    """Return the full names of the topics' modules that match; none is imported.

    Parameters
    ----------
    pattern
        Of the module's own name, such as ``table_*``.

    Examples
    --------
    >>> modules("table_codec*")
    ['coursekit.coding.table_codecs']
    """
    root = Path(coursekit.__path__[0])
    topics = [m.name for m in pkgutil.iter_modules([str(root)]) if m.ispkg]
    return [
        f"coursekit.{topic}.{module.name}"
        for topic in topics
        for module in pkgutil.iter_modules([str(root / topic)])
        if fnmatch(module.name, pattern)
    ]
