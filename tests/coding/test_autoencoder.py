"""The codec on the waveform: frames, shapes, gradients, cascade, streams."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import data, training
from coursekit.coding import StreamError, WaveCodec, WaveSettings
from coursekit.coding.autoencoder import (
    FRAME,
    SubPixelUp,
    frames_of,
    join,
    level_gain,
    level_of,
    split,
)

rng = np.random.default_rng(95)
SMALL = WaveSettings(channels=(8, 12, 16), blocks=1, bins=8, stages=2)


def small(seed=0):
    with training.seeded(seed):
        return WaveCodec(SMALL)


@given(st.integers(1, 3000))
@settings(max_examples=40, deadline=None)
def test_frames_cross_fade_to_the_sound(samples):
    x = torch.from_numpy(np.random.default_rng(samples).standard_normal(samples))
    frames = split(x[None, None])
    assert frames.shape == (1, frames_of(samples), FRAME)
    torch.testing.assert_close(join(frames, samples)[0, 0], x)


def test_sub_pixels_are_dealt_out_in_time():
    up = SubPixelUp(1, 2, 3, 1)
    with torch.no_grad():
        up.convolution.weight.copy_(torch.arange(6.0).reshape(6, 1, 1))
        up.convolution.bias.zero_()
    y = up(torch.tensor([[[1.0, 10.0]]]))
    assert y.tolist() == [[[0, 1, 2, 0, 10, 20], [3, 4, 5, 30, 40, 50]]]


def test_levels_are_steps_of_3_db():
    tone = torch.sin(torch.arange(FRAME) * 2 * torch.pi / 32)
    frames = torch.stack([tone * 10 ** (-db / 20) for db in (0, 3, 30, 200)])
    level = level_of(frames)
    assert level.tolist() == [30, 29, 20, 0]
    rms = frames[:3].square().mean(-1).sqrt()
    assert ((20 * (level_gain(level[:3]) / rms).log10()).abs() <= 1.5).all()


def test_the_paper_s_shape_has_256_codes_in_one_row():
    codec = WaveCodec(WaveSettings(strides=(2,), channels=(16,), code_channels=1))
    code = codec.stage(0).code(torch.zeros(3, FRAME), torch.zeros(3, dtype=torch.long))
    assert code.shape == (3, 1, 256)


def test_every_parameter_of_a_stage_gets_a_gradient():
    codec = small()
    x = torch.from_numpy(rng.standard_normal((2, 1, 900))).float() / 10
    coded = codec(x)
    (coded.estimate.square().mean() + coded.kbps + coded.softness).backward()
    idle = [n for n, p in codec.named_parameters() if p.grad is None]
    assert idle == ["level_entropy.logits"]  # counted, not learnt


def test_a_later_stage_codes_what_is_left_over():
    codec = small()
    x = rng.standard_normal(2000) / 10
    both = codec.reconstruct(x)
    codec.active = 1
    first = codec.reconstruct(x)
    second = codec.stage(1)
    with torch.no_grad():
        for parameter in list(second.decoder.parameters())[-2:]:
            parameter.zero_()
    codec.active = 2
    assert not np.allclose(both, first)
    np.testing.assert_allclose(codec.reconstruct(x), first, atol=1e-7)


def test_forward_in_use_is_what_the_stream_gives():
    codec = small().eval()
    x = rng.standard_normal(3000) / 10
    with torch.no_grad():
        estimate = codec(torch.from_numpy(x)[None, None].float()).estimate[0, 0]
    np.testing.assert_allclose(codec.decode(codec.encode(x)), estimate, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 447, 448, 449, 5000, 40000])
def test_decoding_what_was_encoded(samples):
    codec = small()
    x = rng.standard_normal(samples)
    y = codec.decode(codec.encode(x))
    assert y.shape == (samples,)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, codec.reconstruct(x), atol=1e-5)


def test_freezing_brings_the_bytes_down_to_the_entropy():
    codec = small(1)
    x = data.clip("austen_en_01").audio(16000)[:80000]
    before = len(codec.encode(x))
    codec.freeze([x])
    after = codec.encode(x)
    assert len(after) < 0.7 * before
    spent = 8 * len(after) - 8 * 15  # without the header
    assert 0 <= spent - codec.ideal_bits(x) < 64 + 1e-3 * spent
    symbols, counted = codec.symbols(x), 0.0
    for stage, code in zip(codec.stages, symbols["codes"], strict=True):
        tables, contexts = codec._tables(stage, symbols["level"])
        counted -= np.log2(tables[contexts, code.ravel()] / 2**16).sum()
    assert counted == pytest.approx(codec.ideal_bits(x), rel=0.02)
    np.testing.assert_allclose(codec.decode(after), codec.reconstruct(x), atol=1e-5)


def test_only_the_model_that_wrote_a_stream_reads_it():
    stream = small(1).encode(np.zeros(1000))
    with pytest.raises(StreamError, match="load the weights that it was encoded with"):
        small(2).decode(stream)


def test_what_cannot_be_coded_is_refused():
    with pytest.raises(ValueError, match=r"strides \(4,\) and channels \(8, 8\)"):
        WaveSettings(strides=(4,), channels=(8, 8))
    for bad in (np.zeros((2, 50)), np.zeros(0), np.zeros(5, complex)):
        with pytest.raises(ValueError, match="a codec takes one row of 1 to"):
            small().encode(bad)
    with pytest.raises(ValueError, match="not finite"):
        small().encode(np.array([0.0, np.nan]))
