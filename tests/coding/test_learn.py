"""Training of codecs: plans, the objectives, what a few steps already do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from coursekit import data, training
from coursekit.coding import (
    OBJECTIVES,
    MdctCodec,
    MdctPlan,
    MdctSettings,
    WaveCodec,
    WavePlan,
    WaveSettings,
    train_mdct,
    train_wave,
)
from coursekit.coding.learn import MDCT_TRAINING
from coursekit.coding.objectives import Weights

rng = np.random.default_rng(99)
FEW = replace(MDCT_TRAINING, steps=6, warm_up=1, progress=False)


@pytest.fixture(scope="module")
def sounds():
    return [data.clip(name).audio(16000)[:48000] for name in ("paola_it_01",)]


def test_objectives_add_up_as_their_names_say():
    s = torch.from_numpy(rng.standard_normal((2, 1, 4000))).float() / 10
    s_hat = (0.3 * s).requires_grad_()
    terms = {name: f(s, s_hat, 16000, Weights()) for name, f in OBJECTIVES.items()}
    assert list(terms["time"]) == ["time"]
    assert list(terms["time+mel"]) == ["time", "mel"]
    assert list(terms["time+mel+pam"]) == ["time", "mel", "priority", "modulation"]
    rms = 0.7 * s.square().mean().sqrt().item()
    assert terms["time"]["time"].item() == pytest.approx(50 * rms, rel=1e-2)
    doubled = OBJECTIVES["time+mel+pam"](s, s_hat, 16000, Weights(100, 2, 1e5, 25))
    for name, term in terms["time+mel+pam"].items():
        torch.testing.assert_close(doubled[name], 2 * term)
        (gradient,) = torch.autograd.grad(term, s_hat, retain_graph=True)
        assert gradient.abs().sum() > 0


def test_a_higher_price_buys_fewer_bits(sounds):
    lengths = []
    for price in (0.01, 10.0):
        with training.seeded(0):
            codec = MdctCodec(MdctSettings(step=0.01))
        history = train_mdct(codec, sounds, MdctPlan("time", price, batch=1), FEW)
        lengths.append(len(codec.encode(sounds[0])))
        assert set(history.terms) == {"time", "bits", "kbps"}
    assert lengths[1] < 0.95 * lengths[0]


def test_training_twice_gives_the_same_stream(sounds):
    streams = []
    for _ in range(2):
        with training.seeded(3):
            codec = MdctCodec(MdctSettings(frame=256, bands=6))
        plan = MdctPlan("time+mel+pam", batch=1, samples=4096)
        train_mdct(codec, sounds, plan, replace(FEW, seed=3))
        streams.append(codec.encode(sounds[0][:8000]))
    assert streams[0] == streams[1]
    codec.encode(np.zeros(100))


def test_the_wave_codec_is_steered_and_sharpened(sounds):
    with training.seeded(0):
        codec = WaveCodec(WaveSettings(channels=(4, 8, 8), blocks=1, bins=4, stages=2))
    plan = WavePlan("time", kbps=1.0, free_steps=2, batch=1, samples=4800)
    before = codec.stage(1).decoder[0].weight.clone()
    history = train_wave(codec, sounds, plan, replace(FEW, steps=5))
    assert codec.quantised
    assert codec.stage(0).quantiser.alpha.item() == pytest.approx(
        plan.sharpness_at(4 / 5), rel=1e-4
    )
    assert set(history.terms) == {"time", "bits", "kbps"}
    bits, kbps = (np.array(history.terms[k]) for k in ("bits", "kbps"))
    # Far too many bits: from the third step on each of them weighs more than before.
    np.testing.assert_allclose(
        bits / kbps, 0.05 * 1.005 ** np.array([0, 0, 1, 2, 3]), rtol=1e-4
    )
    assert torch.equal(codec.stage(1).decoder[0].weight, before)  # not its turn yet
    first = codec.stage(0).decoder[0].weight.clone()
    train_wave(codec, sounds, replace(plan, active=2), replace(FEW, steps=3))
    assert torch.equal(codec.stage(0).decoder[0].weight, first)
    assert not torch.equal(codec.stage(1).decoder[0].weight, before)
    x = sounds[0][:5000]
    np.testing.assert_allclose(
        codec.decode(codec.encode(x)), codec.reconstruct(x), atol=1e-5
    )


def test_a_few_hundred_bits_of_training_beat_none(sounds):
    # The wave net learns to give back more than silence, from few steps.
    with training.seeded(0):
        codec = WaveCodec(WaveSettings(channels=(8, 16, 16), blocks=1))
    plan = WavePlan("time", kbps=40.0, free_steps=30, batch=2, samples=4800)
    descent = training.Settings(60, 3e-3, warm_up=5, clip=10.0, progress=False)
    train_wave(codec, sounds, plan, descent)
    x = sounds[0]
    error = np.mean((codec.decode(codec.encode(x)) - x) ** 2)
    assert error < 0.7 * np.mean(x**2)
