"""What the learnt codecs share: from a sound to bytes and back.

A learnt codec is a torch module. `NeuralCodec.forward` is for training: batches in,
batches out, with gradients and the cost in bits. `NeuralCodec.encode` and `decode`
are for use: one sound to bytes and back, by whole-number symbols in between. A
codec says how in four methods: `symbols`, `synthesise`, `write` and `read`.

Taught in lecture 09.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from coursekit.coding.bitstream import (
    MAX_SAMPLES,
    StreamError,
    SymbolCost,
    SymbolReader,
    SymbolWriter,
    read_stream,
    write_stream,
)

Numbers = np.ndarray[Any, np.dtype[Any]]
Symbols = dict[str, Numbers]


class Coded(NamedTuple):
    """What `NeuralCodec.forward` returns.

    Lecture 09.

    Parameters
    ----------
    estimate
        The decoded sounds, the shape of the batch.
    kbps
        The bits that they cost by the learnt distributions, in kbit/s.
    softness
        How undecided the quantiser is, 0 where it is hard.
    """

    estimate: Tensor
    kbps: Tensor
    softness: Tensor


class NeuralCodec(nn.Module):
    """A learnt codec; what it does with a sound is up to its subclasses.

    Lecture 09.

    Parameters
    ----------
    name
        For tables and captions.
    rate
        Sampling rate in Hz.
    """

    def __init__(self, name: str, rate: int) -> None:
        super().__init__()
        self.name, self.rate = name, rate

    def encode(self, x: Numbers) -> bytes:
        """Return the stream of a sound.

        Parameters
        ----------
        x
            ``(samples,)``, at least one, at the codec's `rate`.

        Raises
        ------
        ValueError
            Where it is not one row of finite real numbers, or hours long.
        """
        x = _sound(x)
        symbols = self.symbols(x)
        writer = SymbolWriter()
        self.write(symbols, writer)
        return write_stream(self.tag(), len(x), writer.payload())

    def decode(self, stream: bytes) -> Numbers:
        """Return the sound of a stream, float64 ``(samples,)``.

        Raises
        ------
        StreamError
            Where the stream is damaged, cut short, or of another model.
        """
        samples, payload = read_stream(stream, self.tag())
        if samples == 0:
            raise StreamError("claims no samples at all")
        return self.synthesise(self.read(SymbolReader(payload), samples), samples)

    def reconstruct(self, x: Numbers) -> Numbers:
        """Return what decoding the stream of `x` gives, ``(samples,)``, without it."""
        x = _sound(x)
        return self.synthesise(self.symbols(x), len(x))

    def ideal_bits(self, x: Numbers) -> float:
        """Return the bits that a sound ``(samples,)`` costs by the tables, at least.

        Compare ``8 * len(codec.encode(x))``, which adds the header and what the coder
        rounds up.
        """
        cost = SymbolCost()
        self.write(self.symbols(_sound(x)), cost)
        return cost.bits

    def tag(self) -> int:
        """Return a checksum of all parameters: only the same model reads a stream."""
        tag = 0
        for name, value in sorted(self.state_dict().items()):
            tag = zlib.crc32(name.encode(), tag)
            tag = zlib.crc32(value.detach().cpu().contiguous().numpy().tobytes(), tag)
        return tag

    def parameters_count(self) -> int:
        """Return the number of learnt numbers."""
        return sum(p.numel() for p in self.parameters())

    def freeze(self, sounds: Iterable[Numbers]) -> None:
        """Count the symbols of sounds ``(samples,)``; set the range coder's tables."""
        raise NotImplementedError

    def symbols(self, x: Numbers) -> Symbols:
        """Return the whole numbers to be sent for a sound ``(samples,)``."""
        raise NotImplementedError

    def synthesise(self, symbols: Symbols, samples: int) -> Numbers:
        """Return the sound that symbols stand for, ``(samples,)``."""
        raise NotImplementedError

    def write(self, symbols: Symbols, writer: SymbolWriter) -> None:
        """Write the symbols of `symbols`."""
        raise NotImplementedError

    def read(self, reader: SymbolReader, samples: int) -> Symbols:
        """Read back what `write` wrote for a sound of so many samples."""
        raise NotImplementedError


def as_batch(x: Numbers) -> Tensor:
    """Return a sound as a batch of one, float32 ``(1, 1, samples)``.

    Lecture 09.

    Examples
    --------
    >>> as_batch(np.zeros(5)).shape
    torch.Size([1, 1, 5])
    """
    return torch.from_numpy(np.ascontiguousarray(x))[None, None].float()


def _sound(x: Numbers) -> Numbers:
    x = np.asarray(x)
    if x.ndim != 1 or not 0 < x.size <= MAX_SAMPLES or x.dtype.kind not in "fiu":
        raise ValueError(
            f"a codec takes one row of 1 to {MAX_SAMPLES} real numbers, "
            f"got the shape {x.shape} of {x.dtype}"
        )
    x = x.astype(float)
    if not np.all(np.isfinite(x)):
        raise ValueError("the sound has values that are not finite")
    return x
