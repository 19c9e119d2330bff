"""What our codec in Python costs beside codecs in C, and the price of a score."""

from __future__ import annotations

from collections.abc import Iterator

from timing import Row, versus

from coursekit import data
from coursekit.coding.evaluation import zimtohrli
from coursekit.coding.masked_mdct import MaskedMdctCodec
from coursekit.coding.traditional import Mp3, Opus
from coursekit.psychoacoustics import nmr

RATE = 16_000


def rows() -> Iterator[Row]:
    """Yield one row a comparison."""
    x = data.clip("austen_en_01").audio()[: 4 * RATE]
    masked, opus, mp3 = MaskedMdctCodec(-6), Opus(24), Mp3(24)
    streams = masked.encode(x), opus.encode(x)
    y = opus.decode(streams[1])
    yield versus(
        "masked MDCT, encode 4 s, against Opus (libsndfile)",
        lambda: masked.encode(x),
        lambda: opus.encode(x),
        limit=3.0,
        runs=7,
    )
    yield versus(
        "masked MDCT, encode 4 s, against MP3 (LAME)",
        lambda: masked.encode(x),
        lambda: mp3.encode(x),
        limit=10.0,
        runs=7,
    )
    yield versus(
        "NMR of 4 s, against Zimtohrli",
        lambda: nmr(x, y, RATE),
        lambda: zimtohrli(x, y, RATE),
        limit=1.0,
        runs=7,
    )
