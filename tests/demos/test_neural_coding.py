import math

import numpy as np
import pytest
import torch

from coursekit.coding import (
    CodecScore,
    Mp3,
    WaveCodec,
    WaveSettings,
    write_stream,
)
from coursekit.demos import neural_coding as demo


@pytest.fixture(autouse=True)
def _full_length(monkeypatch):
    monkeypatch.delenv("COURSE_FAST", raising=False)


@pytest.fixture
def rng():
    return np.random.default_rng(9)


# --- quantisers ---------------------------------------------------------------------


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_equally_frequent_symbols_cost_their_fixed_length(bits):
    spent = demo.spend(np.tile(np.arange(2.0**bits), 3), step=1.0)
    assert spent.fixed == bits
    assert spent.entropy == pytest.approx(bits)
    assert spent.snr > 200


@pytest.mark.parametrize("seed", range(3))
def test_half_a_step_gains_six_decibels_and_costs_at_most_a_bit(seed):
    x = np.random.default_rng(seed).laplace(size=20000)
    coarse, fine = demo.spend(x, 0.2), demo.spend(x, 0.1)
    assert fine.snr - coarse.snr == pytest.approx(6.02, abs=0.15)
    uniform = 10 * np.log10(np.mean(x**2) / (0.1**2 / 12))
    assert fine.snr == pytest.approx(uniform, abs=0.1)
    assert 0.9 < fine.entropy - coarse.entropy < 1.01


def test_entropy_is_below_a_bit_where_nearly_all_symbols_are_zero(rng):
    x = np.where(rng.random(5000) < 0.95, 0.0, 1.0)
    spent = demo.spend(x, 1.0)
    p = np.mean(x)
    assert spent.entropy == pytest.approx(-p * np.log2(p) - (1 - p) * np.log2(1 - p))
    assert spent.fixed == 1


def test_spend_refuses_a_step_of_nothing():
    with pytest.raises(ValueError, match="step is 0"):
        demo.spend([1.0], 0.0)


def test_uniform_picture_draws_stairs_and_shares(rng):
    x = rng.standard_normal(1000)
    left, right = demo.draw_uniform(x, 0.5, 2.0).axes
    stairs = left.get_lines()[1]
    at, y = stairs.get_xdata(), stairs.get_ydata()
    assert np.allclose(y / 0.5, np.round(y / 0.5))
    assert np.abs(y - at).max() <= 0.25 + 1e-12
    assert sum(bar.get_height() for bar in right.patches) == pytest.approx(100)


def test_soft_curve_becomes_the_stairs_and_its_slope_adds_up_to_the_range():
    gaps = []
    for alpha in (3, 30, 300):
        left, right = demo.draw_soft_to_hard(alpha, bins=5).axes
        hard, soft = (line.get_ydata() for line in left.get_lines()[:2])
        gaps.append(np.mean(np.abs(hard - soft)))
        slope = right.get_lines()[0]
        rise = np.trapezoid(slope.get_ydata(), slope.get_xdata())
        assert rise == pytest.approx(soft[-1] - soft[0], rel=0.02)
    assert gaps[0] > 4 * gaps[1] > 16 * gaps[2]


@pytest.mark.parametrize("target", [1.5, 2.2])
def test_centroids_learn_within_the_bits_that_were_asked_for(rng, target):
    values = np.clip(rng.laplace(scale=0.15, size=20000), -1, 1)
    learnt = demo.learn_centroids(values, target)
    assert np.mean(learnt.bits[-30:]) == pytest.approx(target, abs=0.12)
    b = learnt.quantiser.centroids.detach().numpy()
    error = np.abs(values[:, None] - b).min(axis=1)
    start = np.abs(values[:, None] - np.linspace(-1, 1, 4)).min(axis=1)
    assert np.mean(error**2) < 0.7 * np.mean(start**2)  # of four even ones: two bits
    assert f"{target:g} asked for" in demo.draw_learnt(values, learnt).alt


def test_centroids_come_out_the_same_each_time(rng):
    values = rng.uniform(-1, 1, 5000)
    a, b = (demo.learn_centroids(values, 2.0, steps=5) for _ in range(2))
    assert torch.equal(a.quantiser.centroids, b.quantiser.centroids)


# --- diagrams -----------------------------------------------------------------------

SHAPES = (
    WaveSettings(),
    WaveSettings(strides=(2,), channels=(16,), code_channels=1),
    WaveSettings(strides=(8, 4), channels=(8, 24), code_channels=5),
)


@pytest.mark.parametrize("settings", SHAPES)
def test_network_shapes_are_those_of_the_module(settings):
    stage, seen = WaveCodec(settings).stage(0), []

    def note(module, inputs, output):
        seen.append(tuple(output.shape[1:]))

    for name, module in stage.named_modules():
        of_encoder = name.startswith("encoder") and isinstance(module, torch.nn.Conv1d)
        residual = "first" in name or "second" in name
        if (of_encoder and not residual) or type(module).__name__ == "SubPixelUp":
            module.register_forward_hook(note)
    level = torch.zeros(1, dtype=torch.long)
    stage.frames(stage.code(torch.zeros(1, 512), level), level)
    drawn = demo.network_shapes(settings)
    assert drawn[0] == ("frame", 1, 512)
    layers = [(c, n) for name, c, n in drawn[1:] if not name.startswith("residual")]
    assert layers == seen
    assert f"{settings.codes} numbers a frame" in demo.draw_network(settings).alt


def test_crossfade_adds_up_to_one():
    assert "Their sum is 1 to 1 inside" in demo.draw_crossfade(4).alt


def test_cascade_and_block_diagram_say_what_they_draw():
    assert demo.draw_cascade(2).alt.startswith("2 modules in a row")
    texts = [t.get_text() for t in demo.draw_two_codecs().axes[0].texts]
    assert texts.count("bits") == 2
    assert "encoder\nnetwork" in texts


def test_letters_hide_every_sound_once():
    sounds = {f"codec {k}": [0.0] for k in range(5)}
    orders = {
        tuple(demo.lettered(sounds, np.random.default_rng(seed)).values())
        for seed in range(5)
    }
    assert all(set(order) == set(sounds) for order in orders)
    assert len(orders) > 1
    with pytest.raises(ValueError, match="9 sounds"):
        demo.lettered({str(k): [0.0] for k in range(9)}, np.random.default_rng(0))


# --- streams ------------------------------------------------------------------------


def test_fields_make_up_the_stream():
    stream = write_stream(0x01020304, 5000, bytes(range(60)))
    parts = demo.fields_of(stream)
    assert b"".join(parts.values()) == stream
    assert parts["model"] == bytes([4, 3, 2, 1])
    assert len(parts["payload"]) == 60
    assert "payload 60, checksum 4" in demo.draw_stream(stream).alt
    with pytest.raises(ValueError, match="14 bytes"):
        demo.fields_of(stream[:14])


def test_nearest_in_bytes_is_the_nearest(rng):
    x = rng.standard_normal(16000) / 10
    codecs = [Mp3(k) for k in (16, 32, 64)]
    sizes = [len(codec.encode(x)) for codec in codecs]
    for codec, size in zip(codecs, sizes, strict=True):
        assert demo.nearest_in_bytes(codecs, x, size + 9) is codec


# --- tables and curves --------------------------------------------------------------

ROWS = [CodecScore("a", 10, 8, -4, 9, 0.1, 3), CodecScore("a", 20, 12, -8, 5, 0.02, 4)]
NOTHING = CodecScore("silence", 0, 0, -0.2, 20, 0.16, 1.2)


def test_curves_are_drawn_as_they_are_and_silence_with_them():
    picture = demo.draw_rate_distortion(
        {"a": ROWS}, ("nmr", "audible"), NOTHING, most=15
    )
    nmr, audible = picture.axes
    curve, line = nmr.get_lines()
    assert (curve.get_xdata().tolist(), curve.get_ydata().tolist()) == ([10], [-4])
    assert line.get_ydata()[0] == -0.2
    assert audible.get_lines()[0].get_ydata().tolist() == [10]
    assert "silence 16" in picture.alt
    four = demo.draw_rate_distortion(
        {"a": ROWS}, ("snr", "nmr", "audible", "visqol"), NOTHING
    )
    assert len(four.axes) == 4
    assert "visqol; silence not run" in four.alt


def test_table_has_a_dash_for_what_was_not_run():
    lines = demo.table([NOTHING, *ROWS], ["snr", "visqol"]).splitlines()
    assert len(lines) == 4
    assert lines[1].split() == ["silence", "0.0", "0.0", "–"]
    assert len({len(line) for line in lines}) == 1
    assert math.isnan(NOTHING.visqol)
