"""Streams that were written once are still read: the format does not drift.

The models have no learnt weights but short binary fractions counted out by a rule,
so that every machine and every release of torch has the very same ones.
"""

import zlib

import numpy as np
import pytest
import torch

from coursekit.coding import MdctCodec, MdctSettings, WaveCodec, WaveSettings
from coursekit.coding.bitstream import SymbolReader, read_stream
from coursekit.coding.entropy import frozen_frequencies


def counted_out(codec):
    """Fill a model with fractions of 1024, and its tables by a rule."""
    with torch.no_grad():
        for i, (name, value) in enumerate(sorted(codec.state_dict().items())):
            n = torch.arange(value.numel()).reshape(value.shape)
            if "frequencies" in name:
                falling = 1 / (1 + np.arange(value.shape[1]) % 7)
                rows = np.broadcast_to(falling, value.shape)
                value.copy_(torch.from_numpy(frozen_frequencies(rows)))
            elif name != "step_net.bias":
                value.copy_(((n * 37 + 11 * i) % 101 - 50) / 1024)
            else:
                value.fill_(-5.0)
    return codec


def sound(samples):
    n = np.arange(samples)
    return ((n * n * 7 + n * 13) % 2001 - 1000) / 4096.0


MODELS = {
    "mdct": lambda: counted_out(MdctCodec(MdctSettings(frame=64, bands=4, hidden=3))),
    "wave": lambda: counted_out(
        WaveCodec(WaveSettings(channels=(2, 3, 4), blocks=1, bins=4, code_channels=2))
    ),
}
KEPT = {
    "mdct": (
        "636b01bedbeae3c80000004bf88dcd216753cda8dc481adec42928921e16bbef3247e9"
        "c5b1fae94f0a3fde5eaed5ad3b1ad311500e30e154e7113d392b6f8eb7c738b5d792e9"
        "97be9dd081c93c999d40eaf7383238f0dc67b0c0040b3af5287d273fade5171c8c65df"
        "417ae5f27bdea39fea74c2db154789f76835bbc382cf9ac4e100fd0e169ea266e4db0e"
        "d9dc32c03f7f22f068c92ce48697d66468537ea446a27f92803eaa9b3648bb5a8222fe"
        "b37306f95dbd4a392fe4a716fd00002dd8311b7630428105036cf1ec89dd28aff6514d"
        "b6",
        1235296381,
    ),
    "wave": (
        "636b01ce3e8e9c84030000f57901ce23089ae08654527d8e7ccb646d33367fb9a1cbd6"
        "a70b26db86aace68",
        2267162821,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_stream_kept_is_still_read(name):
    stream, checksum = KEPT[name]
    codec = MODELS[name]()
    samples, payload = read_stream(bytes.fromhex(stream), codec.tag())
    symbols = codec.read(SymbolReader(payload), samples)
    assert symbol_checksum(symbols) == checksum
    y = codec.decode(bytes.fromhex(stream))
    np.testing.assert_allclose(y, codec.synthesise(symbols, samples), atol=1e-5)
    assert np.mean(y**2) > 0


def symbol_checksum(symbols):
    total = 0
    for key in sorted(symbols):
        total = zlib.crc32(symbols[key].astype("<i8").tobytes(), total)
    return total
