"""The noise-to-mask ratio."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from coursekit import data
from coursekit.psychoacoustics import (
    frames_of,
    mask_shaped_noise,
    masking_threshold,
    nmr,
    nmr_bands,
    psd,
    tables_for,
)

RATE = 16000


@cache
def speech() -> np.ndarray:
    return data.clips("speech", split="test")[0].audio()[RATE : 2 * RATE]


def test_it_is_the_mean_of_the_bands_then_decibels_then_the_mean_of_the_frames():
    s = speech()[:4000]
    e = 0.003 * np.random.default_rng(0).standard_normal(s.size)
    n = 10 ** (psd(frames_of(e)) / 10)
    m = 10 ** (masking_threshold(frames_of(s), RATE) / 10)
    edges = tables_for(RATE, 512).edges
    of_frames, worst = [], -np.inf
    for n_t, m_t in zip(n, m, strict=True):
        ratios = [n_t[a:b].sum() / m_t[a:b].sum() for a, b in pairwise(edges)]
        of_frames.append(10 * np.log10(np.mean(ratios)))
        worst = max(worst, 10 * np.log10(max(ratios)))
    found = nmr(s, s + e, RATE)
    assert found.mean == pytest.approx(np.mean(of_frames))
    assert found.maximum == pytest.approx(worst)
    assert found.audible_share == pytest.approx(np.mean(n > m))
    assert nmr_bands(s, s + e, RATE).max() == pytest.approx(worst)
    assert nmr_bands(s, s + e, RATE).shape == (len(edges) - 1, len(n))


def test_ten_decibels_more_error_are_ten_decibels():
    s = speech()
    e = 0.003 * np.random.default_rng(0).standard_normal(s.size)
    soft, loud = (nmr(s, s + g * e, RATE) for g in (1, np.sqrt(10)))
    assert loud.mean - soft.mean == pytest.approx(10, abs=1e-3)
    assert loud.maximum - soft.maximum == pytest.approx(10)
    assert loud.audible_share > soft.audible_share


@pytest.mark.parametrize("seed", range(2))
def test_noise_on_the_mask_reads_about_zero(seed):
    s = speech()
    n = mask_shaped_noise(s, RATE, np.random.default_rng(seed))
    assert -2 < nmr(s, s + n, RATE).mean < 3
    assert nmr(s, s + n / 10, RATE).mean < -17
    assert nmr(s, s + n / 10, RATE).audible_share < 0.01


def test_silence_scores_about_zero_on_speech():
    """What a codec has to beat: facts about other voices gave -0.2 dB and 16 %."""
    for clip in data.clips("speech", split="test")[::5]:
        s = clip.audio()[: 2 * RATE]
        found = nmr(s, 0 * s, RATE)
        assert -3 < found.mean < 3, clip.name
        assert 0.08 < found.audible_share < 0.25, clip.name


def test_no_error_is_the_floor_and_silence_is_no_accident():
    s = speech()[:4000]
    assert nmr(s, s, RATE) == (pytest.approx(-60), pytest.approx(-60), 0)
    assert nmr(0 * s, 0 * s, RATE).audible_share == 0


def test_channels_and_layers():
    s = np.stack([speech(), speech()[::-1]])
    e = 0.003 * np.random.default_rng(0).standard_normal(s.shape)
    both = nmr(s, s + e, RATE)
    each = [nmr(a, a + b, RATE) for a, b in zip(s, e, strict=True)]
    assert both.mean == pytest.approx(np.mean([a.mean for a in each]))
    assert both.maximum == max(a.maximum for a in each)
    assert nmr(s, s + e, RATE, frame=1024).mean < both.mean + 10


def test_a_level_counts_unlike_for_snr():
    """Turned down with its noise, the noise sinks under the threshold in quiet."""
    s = speech()
    x = s + 0.003 * np.random.default_rng(0).standard_normal(s.size)
    assert nmr(s / 100, x / 100, RATE).mean < nmr(s, x, RATE).mean - 10


def test_what_cannot_be_compared():
    with pytest.raises(ValueError, match=r"\(100,\) but the estimate \(99,\); align"):
        nmr(np.zeros(100), np.zeros(99), RATE)
    with pytest.raises(ValueError, match="got 22050; resample"):
        nmr(np.zeros(1000), np.zeros(1000), 22050)
