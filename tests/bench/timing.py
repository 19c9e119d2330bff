"""Fair timings of two rivals: alternating, so that a busy moment hits both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One line of the table: what was timed, median seconds, and the limit."""

    what: str
    ours: float
    peer: float
    ratio: float
    limit: float


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def versus(
    what: str,
    ours: Callable[[], Any],
    peer: Callable[[], Any],
    limit: float,
    runs: int = 15,
) -> Row:
    """Time two calls in turns, after one warm-up each.

    The ratio is the median over the turns of ours over the peer's: both halves of a
    turn meet the same machine. Who starts changes from turn to turn.
    """
    ours(), peer()
    pairs = []
    for turn in range(runs):
        first, second = (ours, peer) if turn % 2 else (peer, ours)
        times = _seconds(first), _seconds(second)
        pairs.append(times if turn % 2 else times[::-1])
    ratio = statistics.median(a / b for a, b in pairs)
    medians = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Row(what, *medians, ratio, limit)
