"""What every codec of the course has, learnt or traditional. Lecture 09."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]


@runtime_checkable
class Codec(Protocol):
    """Anything that turns a sound into bytes and back.

    Lecture 09.

    Examples
    --------
    >>> from coursekit.coding import Flac, MdctCodec
    >>> isinstance(MdctCodec(), Codec), isinstance(Flac(), Codec)
    (True, True)
    """

    @property
    def name(self) -> str:
        """What tables and captions call it."""

    @property
    def rate(self) -> int:
        """The sampling rate in Hz that it wants."""

    def encode(self, x: Numbers) -> bytes:
        """Return the stream of a sound ``(samples,)``."""

    def decode(self, stream: bytes) -> Numbers:
        """Return the sound of a stream, ``(samples,)``, as long as the one encoded."""
