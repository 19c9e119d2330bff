"""Two contaminated versions: the better signal-to-noise ratio sounds worse."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import audio, data, metrics
from coursekit.psychoacoustics import (
    frames_of,
    mask_shaped_noise,
    masking_threshold,
    nmr,
    psd,
    tables_for,
    two_versions,
)

CLIPS = [("allison_en_04", 16000), ("ivrvoice_ru_01", 16000), ("music_system", 44100)]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("name", "rate"), CLIPS)
def test_the_slides_two_versions(name, rate, seed):
    s = audio.resample(data.clip(name).audio()[: 2 * 16000], 16000, rate)
    v = two_versions(s, rate, np.random.default_rng(seed))
    assert np.array_equal(v.original, s)
    assert round(float(metrics.snr(s, v.first)), 2) == 20.14
    assert round(float(metrics.snr(s, v.second)), 2) == 18.30
    first, second = (nmr(s, x, rate) for x in (v.first, v.second))
    assert first.mean > 1  # heard
    assert second.mean < -7  # not heard
    assert first.audible_share > 0.3
    assert second.audible_share < 0.03
    assert np.abs(np.stack(v)).max() < 1


def test_mask_shaped_noise_has_the_shape_of_the_mask():
    rate, rng = 16000, np.random.default_rng(0)
    s = 0.1 * rng.standard_normal(4 * rate)
    n = mask_shaped_noise(s, rate, rng)
    power = np.mean(10 ** (psd(frames_of(n)) / 10), axis=0)
    mask = np.mean(10 ** (masking_threshold(frames_of(s), rate) / 10), axis=0)
    t = tables_for(rate, 512)
    inside = (t.hz > 300) & (t.hz < 7500)
    off = 10 * np.log10(power[inside] / mask[inside])
    assert np.abs(np.mean(off)) < 0.5
    assert np.abs(off).max() < 3
    assert power[t.hz < 100].max() < mask[t.hz < 100].min() / 50


def test_what_cannot_be_contaminated():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="silent"):
        two_versions(np.zeros(16000), 16000, rng)
    with pytest.raises(ValueError, match="got 8000; resample"):
        two_versions(np.ones(16000), 8000, rng)
