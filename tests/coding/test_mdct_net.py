"""The codec on the MDCT: rounding, contexts, exactness, streams, corruption."""

import time
import tracemalloc
import zlib

import numpy as np
import pytest
import torch

from coursekit import data, training
from coursekit.coding import MdctCodec, MdctSettings, StreamError
from coursekit.coding.mdct_net import (
    ENVELOPE_DB,
    LOWEST_DB,
    band_edges,
    neighbours,
)

rng = np.random.default_rng(96)


def codec(seed=0):
    """A codec whose step follows the envelope, as after training."""
    with training.seeded(seed):
        made = MdctCodec(MdctSettings(frame=128, bands=6))
        torch.nn.init.normal_(made.step_net.direct, std=0.05)
        torch.nn.init.normal_(made.step_net.outside, std=0.05)
        torch.nn.init.normal_(made.refine[-1].weight, std=0.3)
    return made


def frozen(seed=0):
    made = codec(seed)
    made.freeze([data.clip("paola_it_01").audio(16000)[:48000]])
    return made


def test_bands_grow_on_the_bark_scale():
    edges = band_edges(12, 256, 16000)
    assert (edges[0], edges[-1], len(edges)) == (0, 256, 13)
    assert np.diff(edges).min() >= 4
    assert np.diff(edges)[-1] > 4 * np.diff(edges)[0]


def test_the_envelope_is_the_level_of_each_band():
    made = MdctCodec()
    X = torch.zeros(1, 256, 4)
    X[..., :2], X[..., 2:] = 0.1, 1.0
    levels = made.envelope(X)[0]
    expected = [round((db - LOWEST_DB) / ENVELOPE_DB) for db in (-20, 0)]
    assert levels.T.tolist() == [[e] * 12 for e in expected]


def test_rounding_has_a_dead_zone_and_the_soft_choice_its_gradient():
    made = MdctCodec(MdctSettings(dead_zone=0.2))
    y = torch.tensor([0.0, 0.69, 0.71, -1.69, -1.71, 0.3], requires_grad=True)
    q = made.round_softly(y)
    assert q.tolist() == [0, 0, 1, -1, -2, 0]
    q.sum().backward()
    assert y.grad.tolist() == [0.0, 2.5, 2.5, 2.5, 2.5, 0.0]


def test_neighbours_see_only_what_the_decoder_has_already():
    size = torch.from_numpy(rng.integers(0, 4, (1, 32, 10)))
    seen = neighbours(size)
    for bin_ in (5, 8):
        changed = size.clone()
        changed[0, bin_, 4] += 9
        rows, columns = (seen != neighbours(changed))[0].nonzero(as_tuple=True)
        now = rows[columns == 4].tolist()
        assert set(columns.tolist()) <= {4, 5}
        assert all(row % 2 == 1 and bin_ % 2 == 0 for row in now)


def test_the_step_network_is_exact_once_rounded():
    net = codec().step_net
    net.exactly()
    envelope = torch.from_numpy(rng.integers(0, 16, (1, 6, 50))).double()
    weights = {k: v.double() for k, v in net.named_parameters()}
    whole = torch.func.functional_call(net, weights, (envelope,))
    order = torch.from_numpy(rng.permutation(6))
    shuffled = weights | {
        "direct": weights["direct"][:, order],
        "inside": weights["inside"][:, torch.cat([order, order + 6])],
    }
    again = torch.func.functional_call(net, shuffled, (envelope[:, order],))
    assert torch.equal(whole, again)  # sums in another order: the very same bits
    assert torch.equal(whole * 2**24, (whole * 2**24).round())


def test_freezing_leaves_a_step_network_that_no_machine_sums_otherwise():
    grid = [w * 4096 for w in codec().step_net.parameters()]
    assert not all(torch.equal(w, w.round()) for w in grid)
    grid = [w * 4096 for w in frozen().step_net.parameters()]
    assert all(torch.equal(w, w.round()) for w in grid)


def test_gradients_reach_everything_that_is_learnt():
    made = codec()
    x = torch.from_numpy(rng.standard_normal((2, 1, 900))).float() / 10
    coded = made(x)
    (coded.estimate.square().mean() + coded.kbps).backward()
    idle = [n for n, p in made.named_parameters() if p.grad is None]
    assert idle == ["envelope_entropy.logits"]  # counted, not learnt


def test_a_larger_step_costs_fewer_bits_and_more_error():
    x = data.clip("austen_en_01").audio(16000)[:32000]
    bits, errors = [], []
    for step in (0.003, 0.01, 0.03, 0.1):
        made = MdctCodec(MdctSettings(step=step))
        made.freeze([x])
        stream = made.encode(x)
        bits.append(len(stream))
        errors.append(np.mean((made.decode(stream) - x) ** 2))
    assert bits == sorted(bits, reverse=True)
    assert errors == sorted(errors)


@pytest.mark.parametrize("samples", [1, 63, 64, 65, 129, 2000, 9000])
def test_decoding_what_was_encoded(samples):
    made = frozen()
    x = rng.standard_normal(samples)
    y = made.decode(made.encode(x))
    assert y.shape == (samples,)
    np.testing.assert_allclose(y, made.reconstruct(x), atol=1e-5)


def test_loud_and_silent_sounds_come_through():
    made = frozen()
    silence = made.decode(made.encode(np.zeros(5000)))
    np.testing.assert_array_equal(silence, 0)
    loud = 50 * rng.standard_normal(3000)
    y = made.decode(made.encode(loud))
    assert np.mean((y - loud) ** 2) < 1e-3 * np.mean(loud**2)


def test_forward_in_use_is_what_the_stream_gives():
    made = frozen().eval()
    x = data.clip("austen_en_01").audio(16000)[:16000]
    with torch.no_grad():
        estimate = made(torch.from_numpy(x)[None, None].float()).estimate[0, 0]
    np.testing.assert_allclose(made.decode(made.encode(x)), estimate, atol=1e-5)


def test_the_bytes_are_near_the_learnt_cost():
    made = frozen()
    x = data.clip("austen_en_01").audio(16000)[:64000]
    made.entropy.logits.data = made.entropy.frequencies.log()
    with torch.no_grad():
        soft = made(torch.from_numpy(x)[None, None].float()).kbps.item()
    assert 8 * len(made.encode(x)) / 4 / 1000 == pytest.approx(soft, rel=0.06)


def test_the_bytes_are_the_tables_cost_and_a_header():
    made = frozen()
    for x in (data.clip("austen_en_01").audio(16000)[:32000], np.full(700, 9.0)):
        spent = 8 * len(made.encode(x)) - 8 * 15
        assert 0 <= spent - made.ideal_bits(x) < 64 + 1e-3 * spent


def small_stream():
    made = frozen()
    return made, made.encode(data.clip("austen_en_01").audio(16000)[8000:9600])


def sealed(body):
    return body + zlib.crc32(body).to_bytes(4, "little")


def corrupted(stream, draw):
    broken = bytearray(stream)
    for _ in range(draw.integers(1, 4)):
        broken[draw.integers(len(broken))] = draw.integers(256)
    cut = draw.integers(len(broken) + 1) if draw.random() < 0.1 else len(broken)
    return bytes(broken[:cut])


def test_ten_thousand_corruptions_neither_crash_nor_hang():
    made, stream = small_stream()
    tag = made.tag()
    made.tag = lambda: tag  # the checksum of the weights, taken once
    draw = np.random.default_rng(97)
    start, untouched = time.monotonic(), made.decode(stream)
    for _ in range(10_000):
        broken = corrupted(stream, draw)
        try:
            np.testing.assert_array_equal(made.decode(broken), untouched)
            assert broken == stream  # a byte may be replaced by itself
        except StreamError:
            assert broken != stream
    assert time.monotonic() - start < 100


def test_the_decoder_itself_stands_corruption_and_does_not_swell():
    made, stream = small_stream()
    draw = np.random.default_rng(98)
    tracemalloc.start()
    for _ in range(60):  # with a good checksum, and any length in the header
        broken = corrupted(stream[11:-4], draw)
        length = int(2 ** draw.uniform(0, 28)).to_bytes(4, "little")
        try:
            y = made.decode(sealed(stream[:7] + length + broken))
            assert np.isfinite(y).all()
        except StreamError:
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6


def test_a_header_that_claims_hours_costs_no_more_than_its_bytes():
    made, stream = small_stream()
    claims = stream[:7] + (2**28).to_bytes(4, "little") + stream[11:-4]
    start = time.monotonic()
    with pytest.raises(StreamError, match=r"a mark is missing|lost|range"):
        made.decode(sealed(claims))
    assert time.monotonic() - start < 10
    with pytest.raises(StreamError, match="no samples at all"):
        made.decode(sealed(stream[:7] + bytes(4) + stream[11:-4]))


def test_a_codec_in_double_precision_stays_in_it():
    made = codec().double()
    x = torch.from_numpy(rng.standard_normal((2, 1, 4000)))
    coded = made(x)
    assert coded.estimate.dtype == coded.kbps.dtype == torch.float64
    sound = data.clip("paola_it_01").audio(16000)[:48000]
    made.freeze([sound])
    heard = made.decode(made.encode(sound))
    np.testing.assert_allclose(heard, made.reconstruct(sound), atol=1e-14)
    single = made.float().reconstruct(sound)
    assert 1e-10 < np.abs(heard - single).mean() < 1e-4
