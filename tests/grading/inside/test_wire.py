import contextlib
import json
import socket
import struct
import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from coursekit.grading.inside import wire
from coursekit.grading.inside.wire import WireError, decode, encode

dtypes = st.sampled_from([np.dtype(name) for name in wire.DTYPES])
arrays = dtypes.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), texts
)
values = st.recursive(
    scalars | arrays | arrays.map(lambda a: a.reshape(-1)[:1].sum()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(texts, inner, max_size=4),
    ),
    max_leaves=8,
)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray | np.generic):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, float | complex):
        return repr(a) == repr(b)
    return a == b


def raw(header, body=b""):
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack("<I", len(text)) + text + body


@given(values)
def test_what_goes_in_comes_out(value):
    assert same(decode(encode(value)), value)


@settings(max_examples=400)
@given(values, st.data())
def test_no_corruption_gets_past_a_wire_error(value, data):
    message = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(message) - 1))
        message[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        encode(decode(bytes(message)))  # what comes out is in the closed set


@given(st.binary(max_size=200))
def test_random_bytes_are_a_wire_error(message):
    with pytest.raises(WireError, match=r"[a-z]{3}"):
        decode(message)


@given(values, st.data())
def test_a_truncated_message_is_a_wire_error(value, data):
    message = encode(value)
    with pytest.raises(WireError):
        decode(message[: data.draw(st.integers(0, len(message) - 1))])


def test_arrays_of_any_order_arrive_fresh_and_little_endian():
    x = np.arange(6, dtype=">f8").reshape(2, 3)
    for given_array in (x, x.T, np.asfortranarray(x), x[:, ::2]):
        got = decode(encode(given_array))
        np.testing.assert_array_equal(got, given_array)
        assert got.dtype == "<f8"
        assert got.flags.writeable
        assert got.base is None


def test_half_a_character_does_not_arrive():
    assert decode(encode("a\ud800b")) == "a?b"
    with pytest.raises(WireError, match="half a character"):
        decode(raw(b'"\\ud800"'))


class Tricky(float):
    pass


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (object(), "a object is no number"),
        (Tricky(1), "a Tricky is no number"),
        ({1.5: 2}, "key of type float"),
        (np.array([object()]), "array of object"),
        (np.array(["a"]), "array of <U1"),
        (np.zeros(1, dtype="longdouble"), "not among the number types"),
        (np.ma.masked_array([1.0]), "a MaskedArray is no number"),
        (np.zeros((1,) * 17), "more than 16 dimensions"),
        (2**5000, "more than 4000 bits"),
        ([0] * (wire.MAX_COUNT + 1), "more than 200000 elements"),
        ("a" * (wire.MAX_HEADER + 1), "header of more than"),
        (np.broadcast_to(np.float64(0), (10**9,)), "more than 268435456 bytes"),
    ],
)
def test_what_is_no_plain_data_is_refused_with_a_sentence(value, match):
    with pytest.raises(WireError, match=match):
        encode(value)


def test_a_list_in_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(WireError, match="deeper than 16"):
        encode(loop)


@pytest.mark.parametrize(
    ("message", "match"),
    [
        (b"", "too short"),
        (b"\xff\xff\xff\x7f", "header has more than"),
        (raw({"a": ["<f8", [10**12]]}), "impossible shape|more than"),
        (raw({"a": ["<f8", [2**39, 2**39]]}), "more than 268435456 bytes"),
        (raw({"a": ["<f8", [1000]]}, b"12"), "longer than the message"),
        (raw({"a": ["<f8", [-1]]}), "impossible shape"),
        (raw({"a": ["<f8", [True]]}), "impossible shape"),
        (raw({"a": ["<f8", "ab"]}), "no list"),
        (raw({"a": ["O", [1]]}, b"12345678"), "not among the number types"),
        (raw({"a": [["<f8"], [1]]}, b"12345678"), "not among the number types"),
        (raw({"a": ["|b1", [1]]}, b"\x02"), "truth values"),
        (raw({"l": [1], "t": [1]}), "not exactly one kind"),
        (raw({"x": [1]}), "unknown kind 'x'"),
        (raw({"f": "1"}), "has no content"),
        (raw({"d": [[1]]}), "no pair"),
        (raw({"d": [["a", 1], ["a", 2]]}), "key twice"),
        (raw({"d": [[None, 1]]}), "key twice, or one of the wrong type"),
        (raw({"c": [1, 2]}), "no float"),
        (raw([1]), "list without a kind"),
        (raw(b"NaN"), "as NaN"),
        (raw(b"1e999"), "too large"),
        (raw(b"9" * 3000), "more than 4000 bits"),
        (raw(b"9" * 5000), "not valid JSON"),
        (raw(b"[" * 100_000), "not valid JSON"),
        (raw(b'{"l":[' * 40 + b"]}" * 40), "deeper than 16"),
        (raw({"l": [0] * (wire.MAX_COUNT + 1)}), "more than 200000 elements"),
        (raw(b"1", b"x"), "left over"),
        (raw("é".encode("latin-1")), "not valid JSON"),
    ],
)
def test_a_forged_message_is_refused_with_a_sentence(message, match):
    with pytest.raises(WireError, match=match):
        decode(message)


def test_a_forged_header_takes_no_memory_for_what_it_announces():
    message = raw({"l": [{"a": ["<f8", [30_000_000]]}] * 50})
    tracemalloc.start()
    with pytest.raises(WireError):
        decode(message)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_messages_cross_a_channel_one_by_one(pair):
    ours, theirs = pair
    messages = [encode(np.arange(300_000.0)), encode("a"), encode(None)]

    def send():
        for message in messages:
            wire.write_message(theirs, message)

    thread = threading.Thread(target=send)
    thread.start()
    assert [wire.read_message(ours) for _ in messages] == messages
    thread.join()


def test_a_message_that_announces_too_much_is_not_waited_for(pair):
    ours, theirs = pair
    theirs.sendall(struct.pack("<Q", 2**60))
    with pytest.raises(WireError, match=r"1152921504606846976 bytes is longer than 10"):
        wire.read_message(ours, limit=10)


def test_a_slow_drip_does_not_outlast_the_deadline(pair):
    ours, theirs = pair
    stop = threading.Event()

    def drip():
        theirs.sendall(struct.pack("<Q", 10_000))
        while not stop.wait(0.02):
            theirs.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    start = time.monotonic()
    with pytest.raises(wire.WireTimeoutError, match="in time"):
        wire.read_message(ours, deadline=start + 0.2)
    assert time.monotonic() - start < 1
    stop.set()
    thread.join()


def test_nobody_reading_does_not_outlast_the_deadline(pair):
    with pytest.raises(wire.WireTimeoutError, match="not taken"):
        wire.write_message(pair[0], bytes(10**7), time.monotonic() + 0.2)


def test_a_closed_channel_says_so(pair):
    ours, theirs = pair
    theirs.sendall(struct.pack("<Q", 100) + b"half")
    theirs.close()
    with pytest.raises(wire.WireClosedError, match="before the message ended"):
        wire.read_message(ours)
    with pytest.raises(wire.WireClosedError, match="channel is closed"):
        wire.write_message(ours, bytes(10**6))
