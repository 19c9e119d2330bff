"""The batched model says what the readable one says, and passes gradients."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from coursekit import audio, data
from coursekit.psychoacoustics import (
    Maskers,
    analyse,
    batched,
    masking_threshold,
    psd,
    tables_for,
    threshold_of_psd,
)
from coursekit.psychoacoustics.batched import spreader
from coursekit.psychoacoustics.pam1 import nearest_dropped, tonal_maskers
from coursekit.psychoacoustics.tables import RATES


@cache
def recording(kind: str) -> np.ndarray:
    return data.clips(kind, split="test")[0].audio()[20000:40000]


@cache
def sounds(rate: int) -> dict[str, np.ndarray]:
    n = np.arange(rate // 3)
    rng = np.random.default_rng(rate)
    speech, music = (
        audio.resample(recording(kind), 16000, rate)[: n.size]
        for kind in ("speech", "music")
    )
    return {
        "speech": speech,
        "music": music,
        "noise": 0.1 * rng.standard_normal(n.size),
        "silence": np.zeros(n.size),
        "click": (n == 200).astype(float),
        "clicks": (n % 97 == 0).astype(float),
        "tone": np.sin(2 * np.pi * 1000 * n / rate),
        "tone on a line": np.sin(2 * np.pi * 20 * n / 512),
        "tone between lines": 0.9 * np.cos(2 * np.pi * 20.5 * n / 512),
        "full scale": np.sign(np.sin(2 * np.pi * 440 * n / rate)),
    }


def frames(x: np.ndarray, size: int, hop: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(x, size)[::hop]


@pytest.mark.parametrize("size", [512, 1024])
@pytest.mark.parametrize("rate", RATES)
def test_numpy_and_torch_agree(rate, size):
    for name, x in sounds(rate).items():
        some = frames(x, size, x.size // 3)
        expected = np.array([analyse(frame, rate).threshold for frame in some])
        found = masking_threshold(torch.tensor(some), rate).numpy()
        assert np.abs(found - expected).max() < 1e-6, name
        assert np.array_equal(masking_threshold(some, rate), found), name


@pytest.mark.parametrize("size", [512, 1024])
def test_the_same_tones_are_found(size):
    t = tables_for(44100, size)
    s = spreader(44100, size, "cpu", torch.float64)
    X = psd(frames(sounds(44100)["music"], size, 1000))
    for x, row in zip(X, s.tones(torch.tensor(X)), strict=True):
        assert row.nonzero()[:, 0].tolist() == tonal_maskers(x, t).lines.tolist()


def test_the_same_tones_are_dropped():
    t, s = tables_for(44100, 512), spreader(44100, 512, "cpu", torch.float64)
    rng = np.random.default_rng(0)
    there = rng.random((50, 257)) < np.linspace(0, 0.3, 50)[:, None]
    level = rng.integers(40, 50, there.shape).astype(float)  # with many ties
    frame, line = (torch.tensor(i) for i in there.nonzero())
    in_octaves = torch.tensor(level[there]) * np.log2(10) / 10
    kept = s.nearest_dropped(frame, line, in_octaves, 50)
    for f in range(50):
        tones = Maskers(there[f].nonzero()[0], level[f][there[f]])
        expected = nearest_dropped(tones, t).lines.tolist()
        assert line[kept & (frame == f)].tolist() == expected


def test_float32_is_near_enough():
    x = frames(sounds(44100)["music"], 512, 200)
    exact, quick = (masking_threshold(x.astype(p), 44100) for p in ("f8", "f4"))
    assert quick.dtype == np.float32
    assert np.mean(np.abs(exact - quick) > 0.01) < 1e-3


def test_leading_axes_blocks_and_kinds():
    rng = np.random.default_rng(0)
    x = 0.1 * rng.standard_normal((2, 3, 70, 512))  # more than one block
    m = masking_threshold(x, 44100)
    assert m.shape == (2, 3, 70, 257)
    assert 2 * batched._BLOCK["cpu"] < 2 * 3 * 70
    assert np.abs(m[1, 2, 5] - masking_threshold(x[1, 2, 5], 44100)).max() < 1e-9
    assert isinstance(masking_threshold(torch.tensor(x[0, 0]), 44100), torch.Tensor)
    whole = masking_threshold(np.ones(512, int), 44100)
    assert np.array_equal(whole, masking_threshold(np.ones(512), 44100))


def test_quiet_offset_goes_through():
    x = 0.001 * np.random.default_rng(1).standard_normal((4, 512))
    found = masking_threshold(x, 44100, -12.0)
    expected = [analyse(frame, 44100, -12.0).threshold for frame in x]
    assert np.abs(found - expected).max() < 1e-9


@pytest.mark.parametrize("size", [512, 1024])
def test_gradient_of_the_threshold(size):
    rng = np.random.default_rng(2)
    X = torch.tensor(rng.uniform(20, 60, (1, size // 2 + 1)))
    X[0, 40::30] += 30
    assert spreader(32000, size, "cpu", X.dtype).tones(X).sum() > 5
    X.requires_grad_()
    some = slice(None, None, 16)
    assert torch.autograd.gradcheck(
        lambda X: threshold_of_psd(X, 32000)[:, some], X, atol=1e-6, fast_mode=True
    )


def test_gradient_reaches_the_samples_and_is_finite_at_silence():
    x = torch.zeros(3, 512, dtype=torch.float64)
    x[1] = 0.3 * torch.sin(torch.arange(512) * 0.3)
    x.requires_grad_()
    masking_threshold(x, 44100).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert x.grad[1].abs().max() > 0
    assert x.grad[0].abs().max() == 0


def test_ten_decibels_louder_lift_a_maskers_threshold_by_ten_at_its_line():
    n = np.arange(512)
    tone = np.sin(2 * np.pi * 40 * n / 512)
    soft, loud = (masking_threshold(g * tone, 44100)[40] for g in (0.01, 0.0316227766))
    assert loud - soft == pytest.approx(10, abs=0.01)
    z = tables_for(44100, 512).bark[40]
    assert soft == pytest.approx(56 + 1.761 - 6.025 - 0.275 * z, abs=0.01)


def test_what_the_model_is_not_defined_for():
    with pytest.raises(ValueError, match=r"512 samples .* got 500"):
        masking_threshold(np.zeros((2, 500)), 44100)
    with pytest.raises(ValueError, match="got 8000; resample"):
        masking_threshold(torch.zeros(512), 8000)
    with pytest.raises(ValueError, match=r"the shape \(0, 512\)"):
        masking_threshold(np.zeros((0, 512)), 44100)
    with pytest.raises(ValueError, match="got 0"):
        masking_threshold(np.float64(3.0), 44100)
