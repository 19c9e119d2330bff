"""Symbols to bytes and back: a range coder, a header, and distrust.

A stream is ``ck``, a version, a tag of the model that wrote it, the number of
samples, the payload, and a checksum over all of it. `read_stream` and
`SymbolReader` answer whatever is wrong with a stream with `StreamError`, and do no
more work than the bytes at hand are worth: between blocks of symbols the writer
puts a *mark*, which random bits hit once in 256 times, so a decoder that has lost
the thread stops within a block or two, whatever length the header claims.

The range coder is that of the package `constriction`; the frequencies it works
with are integers (`entropy.frozen_frequencies`), so that every machine reads the
same symbols.

Taught in lecture 09.
"""

from __future__ import annotations

import zlib
from typing import Any

import constriction
import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]

MAGIC = b"ck"
VERSION = 1
MAX_SAMPLES = 2**28
"""More than four hours at 16 kHz; a header that claims more is not believed."""

_MARK, _MARKS = 165, 256  # not 0, which is what a coder reads beyond the end
_Categorical = constriction.stream.model.Categorical
_UNIFORM = {n: constriction.stream.model.Uniform(n) for n in (2, 32, _MARKS)}


class StreamError(ValueError):
    """The bytes are not a stream of this codec, or not a whole one.

    Lecture 09.
    """


def write_stream(tag: int, samples: int, payload: bytes) -> bytes:
    """Return a stream: header, payload, checksum.

    Lecture 09.

    Parameters
    ----------
    tag
        Of the model that can read the payload, 32 bits.
    samples
        Number of samples that the payload decodes to, at most `MAX_SAMPLES`.
    payload
        What `SymbolWriter.payload` gave.

    Returns
    -------
    stream
        ``ck``, version (1 byte), tag (4), samples (4), payload, CRC-32 (4); numbers
        little-endian.

    Raises
    ------
    ValueError
        Where there are too many samples.

    Examples
    --------
    >>> len(write_stream(7, 16000, b"1234"))
    19
    """
    if not 0 <= samples <= MAX_SAMPLES:
        raise ValueError(f"{samples} samples: a stream holds up to {MAX_SAMPLES}")
    head = MAGIC + bytes([VERSION]) + _word(tag) + _word(samples)
    return _sealed(head + payload)


def read_stream(stream: bytes, tag: int) -> tuple[int, bytes]:
    """Return the number of samples and the payload of a stream.

    Lecture 09.

    Parameters
    ----------
    stream
        As `write_stream` returned it.
    tag
        Of the model at hand.

    Raises
    ------
    StreamError
        Where it is too short, of another format or version, damaged, of another
        model, or claims an impossible length.

    Examples
    --------
    >>> read_stream(write_stream(7, 16000, b"1234"), tag=7)
    (16000, b'1234')
    >>> read_stream(write_stream(7, 16000, b"1234")[:-1], tag=7)
    Traceback (most recent call last):
    ...
    coursekit.coding.bitstream.StreamError: the checksum does not match: ...
    """
    stream = bytes(stream)
    if stream[:2] != MAGIC or len(stream) < 15:
        raise StreamError(f"{len(stream)} bytes that are no stream of the course")
    if stream[2] != VERSION:
        raise StreamError(f"version {stream[2]}; this course reads version {VERSION}")
    if zlib.crc32(stream[:-4]) != _number(stream[-4:]):
        raise StreamError("the checksum does not match: damaged, or cut short")
    written, samples = _number(stream[3:7]), _number(stream[7:11])
    if written != tag:
        raise StreamError(
            f"written by the model {written:08x}, read by {tag:08x}: "
            "load the weights that it was encoded with"
        )
    if samples > MAX_SAMPLES:
        raise StreamError(f"claims {samples} samples, and {MAX_SAMPLES} is the limit")
    return samples, stream[11:-4]


class SymbolWriter:
    """Writes symbols with a range coder.

    Lecture 09.

    Examples
    --------
    >>> table = np.array([[60000, 5536]], np.int32)
    >>> writer = SymbolWriter()
    >>> writer.put(np.array([0, 0, 1]), table, np.zeros(3, int))
    >>> reader = SymbolReader(writer.payload())
    >>> reader.take(table, np.zeros(3, int)).tolist()
    [0, 0, 1]
    """

    def __init__(self) -> None:
        self._coder = constriction.stream.queue.RangeEncoder()

    def put(self, symbols: Numbers, frequencies: Numbers, contexts: Numbers) -> None:
        """Write symbols ``(n,)``, each by the table of its context.

        Parameters
        ----------
        symbols
            ``(n,)``, each below K.
        frequencies
            int32 ``(C, K)``, rows as `entropy.frozen_frequencies` makes them.
        contexts
            ``(n,)``, each below C.
        """
        tables = np.asarray(frequencies)[contexts].astype(np.float32)
        symbols = np.asarray(symbols).astype(np.int32)
        self._coder.encode(symbols, _Categorical(perfect=False), tables)

    def put_excess(self, values: Numbers) -> None:
        """Write whole numbers from 0 ``(n,)``, each as its length and its digits."""
        for value in np.ravel(values).tolist():
            digits = [int(d) for d in format(value + 1, "b")]
            self._coder.encode(len(digits), _UNIFORM[32])
            self._coder.encode(np.array(digits[1:], np.int32), _UNIFORM[2])

    def mark(self) -> None:
        """Write the mark that a reader must find at this place."""
        self._coder.encode(_MARK, _UNIFORM[_MARKS])

    def payload(self) -> bytes:
        """Return all that was written."""
        return self._coder.get_compressed().astype("<u4").tobytes()


class SymbolCost(SymbolWriter):
    """Counts what symbols cost by their tables, and writes nothing.

    It stands in for a `SymbolWriter`: what a codec would write to it, it adds up.

    Lecture 09.

    Attributes
    ----------
    bits
        Sum of ``-log2`` of all probabilities: what no coder can go below.

    Examples
    --------
    >>> cost = SymbolCost()
    >>> cost.put(np.array([0, 1]), np.array([[2**15, 2**15]]), np.zeros(2, int))
    >>> cost.bits
    2.0
    """

    def __init__(self) -> None:
        super().__init__()
        self.bits = 0.0

    def put(self, symbols: Numbers, frequencies: Numbers, contexts: Numbers) -> None:
        """Add the cost of symbols ``(n,)``, each by the table of its context."""
        tables = np.asarray(frequencies)[contexts]
        share = tables[np.arange(len(tables)), np.asarray(symbols, int)]
        self.bits += float(np.sum(np.log2(tables.sum(-1) / share)))

    def put_excess(self, values: Numbers) -> None:
        """Add the cost of whole numbers from 0 ``(n,)``: 5 bits, and their digits."""
        self.bits += sum(4 + len(format(v + 1, "b")) for v in np.ravel(values).tolist())

    def mark(self) -> None:
        """Add the cost of a mark."""
        self.bits += float(np.log2(_MARKS))


class SymbolReader:
    """Reads what `SymbolWriter` wrote, with the same tables in the same order.

    Lecture 09.

    Parameters
    ----------
    payload
        As `SymbolWriter.payload` returned it.

    Raises
    ------
    StreamError
        Where the payload is not a whole number of 32-bit words; and from every
        method, where the bits cannot have been written by it.

    Examples
    --------
    >>> SymbolReader(b"123")
    Traceback (most recent call last):
    ...
    coursekit.coding.bitstream.StreamError: a payload of 3 bytes, not whole words
    """

    def __init__(self, payload: bytes) -> None:
        if len(payload) % 4:
            raise StreamError(f"a payload of {len(payload)} bytes, not whole words")
        words = np.frombuffer(payload, "<u4").astype(np.uint32)
        self._coder = constriction.stream.queue.RangeDecoder(words)

    def take(self, frequencies: Numbers, contexts: Numbers) -> Numbers:
        """Return one symbol for each context, int32 ``(n,)``."""
        tables = np.asarray(frequencies)[contexts].astype(np.float32)
        return self._decode(_Categorical(perfect=False), tables)

    def take_excess(self, n: int) -> Numbers:
        """Return ``(n,)`` whole numbers that `SymbolWriter.put_excess` wrote, int64."""
        return np.array([self._excess() for _ in range(n)], np.int64)

    def check_mark(self) -> None:
        """Read on over a mark, and refuse to go on where there is none."""
        if self._decode(_UNIFORM[_MARKS]) != _MARK:
            raise StreamError("a mark is missing: damaged, or cut short")

    def _excess(self) -> int:
        length = int(self._decode(_UNIFORM[32]))
        if not 1 <= length <= 24:
            raise StreamError(f"a number of {length} binary digits; 24 is the limit")
        value = 1
        for digit in self._decode(_UNIFORM[2], length - 1).tolist():
            value = 2 * value + digit
        return value - 1

    def _decode(self, model: Any, *what: Any) -> Any:
        try:
            return self._coder.decode(model, *what)
        except (AssertionError, ValueError) as error:
            raise StreamError(f"the range coder lost the thread: {error}") from error


def _sealed(body: bytes) -> bytes:
    """Put the checksum behind a stream."""
    return body + _word(zlib.crc32(body))


def _word(value: int) -> bytes:
    return int(value).to_bytes(4, "little")


def _number(word: bytes) -> int:
    return int.from_bytes(word, "little")
