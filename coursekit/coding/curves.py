"""Rate-distortion curves out of a table, and what one codec saves over another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from coursekit.coding.evaluation import CodecScore, mean_saving
from coursekit.evidence.table import Table


class Saving(NamedTuple):
    """A share of bytes saved at equal quality.

    Lectures 09 and 12.

    Parameters
    ----------
    mean, spread
        Over the seeds; the spread is a standard deviation, NaN for one seed.
    each
        Seed by seed.
    """

    mean: float
    spread: float
    each: tuple[float, ...]


def curve_of(table: Table, **wanted: Any) -> list[CodecScore]:
    """Return one codec's rows, rates rising, each the mean over the seeds.

    Lectures 09 and 12.

    Parameters
    ----------
    table
        Whose records have the fields of a `coding.evaluation.CodecScore`.
    **wanted
        Values of keys, such as ``kind="speech", family="MP3"``.

    Examples
    --------
    >>> from coursekit.evidence import load
    >>> rows = curve_of(load("codecs"), kind="speech", family="MP3")
    >>> rows[0].codec, rows[0].kbps < rows[-1].kbps
    ('MP3 16', True)
    """
    measures = [f.name for f in fields(CodecScore) if f.name != "codec"]
    rows = [
        CodecScore(str(s.keys["codec"]), **{m: s.mean[m] for m in measures})
        for s in table.select(**wanted).summary()
    ]
    return sorted(rows, key=lambda row: row.kbps)


def saving(
    table: Table,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    what: str = "nmr",
) -> Saving:
    """Return what share of the bytes one codec saves over another at equal quality.

    Lectures 09 and 12.

    Parameters
    ----------
    table
        Whose records have the fields of a `CodecScore`.
    ours, theirs
        Values of keys that pick either curve.
    what
        The measure in which they are to be equal, see `coding.evaluation.MEASURES`.

    Returns
    -------
    Saving
        The curves of each seed are compared with each other, then averaged.

    Examples
    --------
    >>> from coursekit.evidence import load
    >>> flat = {"kind": "speech", "family": "flat MDCT"}
    >>> masked = {"kind": "speech", "family": "masked MDCT"}
    >>> saving(load("codecs"), masked, flat, "audible").mean > 0
    True
    """
    each = []
    for seed in table.seeds:
        part = table.select(seed=seed)
        pair = curve_of(part, **ours), curve_of(part, **theirs)
        each.append(mean_saving(*pair, what))
    spread = float(np.std(each, ddof=1)) if len(each) > 1 else math.nan
    return Saving(float(np.mean(each)), spread, tuple(each))
