"""Streams: what is written is read, what is broken is refused, and cheaply."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.coding import (
    StreamError,
    SymbolReader,
    SymbolWriter,
    read_stream,
    write_stream,
)
from coursekit.coding.bitstream import MAX_SAMPLES
from coursekit.coding.entropy import entropy, frozen_frequencies

rng = np.random.default_rng(94)
ODDS = rng.dirichlet(np.full(12, 0.4), 5)
TABLES = frozen_frequencies(ODDS)


def message(n, seed=0):
    draw = np.random.default_rng(seed)
    contexts = draw.integers(len(ODDS), size=n)
    return np.array([draw.choice(12, p=ODDS[c]) for c in contexts]), contexts


def sealed(body):
    return body + zlib.crc32(body).to_bytes(4, "little")


@given(st.integers(0, 300), st.lists(st.integers(0, 2**20), max_size=5))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read(n, large):
    symbols, contexts = message(n, seed=n)
    writer = SymbolWriter()
    writer.put(symbols, TABLES, contexts)
    writer.put_excess(np.array(large, int))
    writer.mark()
    reader = SymbolReader(writer.payload())
    np.testing.assert_array_equal(reader.take(TABLES, contexts), symbols)
    np.testing.assert_array_equal(reader.take_excess(len(large)), large)
    reader.check_mark()


def test_the_coder_spends_the_entropy():
    symbols, contexts = message(20000)
    writer = SymbolWriter()
    writer.put(symbols, TABLES, contexts)
    ideal = -np.log2(TABLES[contexts, symbols] / TABLES[0].sum()).sum()
    assert 0 <= 8 * len(writer.payload()) - ideal < 64 + 1e-4 * ideal
    assert ideal / 20000 == pytest.approx(float(np.mean(entropy(ODDS))), rel=0.03)


def test_the_bytes_of_a_stream_are_as_the_format_says():
    # Written out by hand: a format that others may read does not change unnoticed.
    body = b"ck\x01" + bytes([4, 3, 2, 1]) + bytes([0x80, 0x3E, 0, 0]) + b"abcd"
    assert write_stream(0x01020304, 16000, b"abcd") == sealed(body)


def test_a_stream_kept_is_still_read():
    # 3, 1, 4, 1, 5, 9, 2, 6 by an even table of 16, and a mark; from version 1.
    kept = bytes.fromhex(KEPT)
    samples, payload = read_stream(kept, tag=7)
    reader = SymbolReader(payload)
    even = frozen_frequencies(np.ones((1, 16)))
    taken = reader.take(even, np.zeros(8, int))
    reader.check_mark()
    assert (samples, taken.tolist()) == (8, [3, 1, 4, 1, 5, 9, 2, 6])


KEPT = "636b0107000000080000002659413100b005a3415c7a52"


def test_every_wrong_header_is_named():
    good = write_stream(7, 100, b"12345678")
    cases = {
        "bytes that are no stream": [b"", b"ck", b"RIFF" + good[4:], good[:14]],
        "version 9; this course reads version 1": [sealed(b"ck\x09" + good[3:-4])],
        "checksum does not match": [good[:-1], good[:-5], good[:20] + good[21:]],
        "written by the model 00000007, read by 00000008": [write_stream(7, 1, b"")],
        f"claims {MAX_SAMPLES + 1} samples": [
            sealed(good[:7] + (MAX_SAMPLES + 1).to_bytes(4, "little") + good[11:-4])
        ],
    }
    for text, streams in cases.items():
        for stream in streams:
            with pytest.raises(StreamError, match=text):
                read_stream(stream, tag=8 if "read by" in text else 7)


def test_every_bit_of_a_stream_is_guarded():
    good = write_stream(7, 100, b"12345678")
    for bit in range(8 * len(good)):
        broken = bytearray(good)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(StreamError):
            read_stream(bytes(broken), tag=7)


def test_a_mark_is_missed_where_the_bits_are_not_the_writers():
    _, contexts = message(64)
    found = 0
    for seed in range(200):
        payload = np.random.default_rng(seed).bytes(400)
        reader = SymbolReader(payload)
        reader.take(TABLES, contexts)
        try:
            reader.check_mark()
            found += 1
        except StreamError:
            pass
    assert found < 8  # 200 / 256 expected
    beyond = SymbolReader(b"")
    beyond.take(TABLES, contexts)
    with pytest.raises(StreamError, match="a mark is missing"):
        beyond.check_mark()


def test_numbers_without_end_are_refused():
    writer = SymbolWriter()
    writer.put_excess(np.array([2**23]))
    assert SymbolReader(writer.payload()).take_excess(1).tolist() == [2**23]
    writer = SymbolWriter()
    writer.put_excess(np.array([2**25]))
    with pytest.raises(StreamError, match="of 26 binary digits; 24 is the limit"):
        SymbolReader(writer.payload()).take_excess(1)
    with pytest.raises(ValueError, match=f"a stream holds up to {MAX_SAMPLES}"):
        write_stream(7, MAX_SAMPLES + 1, b"")
