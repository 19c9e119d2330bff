"""Typing assembled from single keys."""

import numpy as np
import pytest

from coursekit.data.making.keys import typing

RATE = 16_000


def click(height):
    return np.array([height, 0.0, 0.0])


def test_strokes_come_as_fast_as_a_typist_types():
    x = typing([click(1.0)], [click(0.001)], 60.0, RATE, np.random.default_rng(0))
    strokes = np.flatnonzero(x > 0.5)
    assert 60 * 3 < len(strokes) < 60 * 7  # strokes a minute
    assert np.median(np.diff(strokes)) / RATE == pytest.approx(0.16, rel=0.2)


def test_each_key_that_goes_down_comes_up_within_110_ms():
    x = typing([click(1.0)], [click(-1.0)], 20.0, RATE, np.random.default_rng(1))
    down, up = np.flatnonzero(x > 0.1), np.flatnonzero(x < -0.1)
    assert len(up) in (len(down) - 1, len(down))
    held = [min(u - d for u in up if u > d) / RATE for d in down[: len(up)]]
    assert max(held) <= 0.1101


def test_every_recording_is_used_and_no_stroke_is_like_another():
    presses = [click(1.0), click(10.0), click(100.0)]
    x = typing(presses, [np.zeros(3)], 30.0, RATE, np.random.default_rng(2))
    heights = x[x > 0]
    assert {round(np.log10(height)) for height in heights} == {0, 1, 2}
    assert len(set(heights)) == len(heights)
    assert heights.min() >= 0.55


def test_length_and_seed():
    runs = [
        typing([click(1.0)], [click(0.5)], 2.5, RATE, np.random.default_rng(seed))
        for seed in (4, 4, 5)
    ]
    assert runs[0].shape == (40_000,)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_no_keys():
    with pytest.raises(ValueError, match="going down and up, got 0 and 1"):
        typing([], [click(1.0)], 1.0, RATE, np.random.default_rng(0))
