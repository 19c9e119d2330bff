"""Masks: shares of bins, and the sounds that they let through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from coursekit import masks
from coursekit.fourier import stft

magnitudes = hnp.arrays(
    float,
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)),
    elements=st.floats(0, 1e6),
)


@given(magnitudes, st.sampled_from([0.5, 1.0, 2.0, 40.0]))
def test_masks_share_each_bin_out_completely(M, power):
    for share in (masks.binary_masks(M), masks.ratio_masks(M, power)):
        assert share.shape == M.shape
        assert share.dtype == np.float64
        assert (share >= 0).all()
        assert np.allclose(share.sum(axis=0), 1)


@given(magnitudes)
def test_the_binary_mask_goes_to_a_largest_source(M):
    owner = masks.binary_masks(M)
    assert set(np.unique(owner)) <= {0.0, 1.0}
    assert np.array_equal((owner * M).sum(axis=0), M.max(axis=0))


def test_a_tie_goes_to_the_first_and_silence_is_shared():
    M = np.array([[[0.0, 2.0]], [[0.0, 2.0]]])
    assert masks.binary_masks(M)[0].tolist() == [[1, 1]]
    assert masks.ratio_masks(M).tolist() == [[[0.5, 0.5]], [[0.5, 0.5]]]


def test_ratio_masks_follow_the_formula_at_any_scale():
    M = np.random.default_rng(0).uniform(0.1, 1, (3, 4, 5))
    for power in (1.0, 2.0):
        for scale in (1e-200, 1.0, 1e200):
            expected = M**power / (M**power).sum(axis=0)
            assert np.allclose(masks.ratio_masks(scale * M, power), expected)


def test_labels_become_masks():
    labels = np.array([[0, 2], [1, 0]])
    made = masks.from_labels(labels, 3)
    assert np.array_equal(np.argmax(made, axis=0), labels)
    assert np.array_equal(made.sum(axis=0), np.ones((2, 2)))
    assert masks.from_labels(labels, 4)[3].sum() == 0


def test_parts_add_up_to_the_mixture():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(5000)
    X = stft(x, 256, 64)
    share = masks.ratio_masks(rng.uniform(size=(3, *X.shape)))
    parts = masks.apply(share, X, 256, 64, x.size)
    assert parts.shape == (3, 5000)
    assert np.max(np.abs(parts.sum(axis=0) - x)) < 1e-12


def test_a_band_mask_keeps_the_tone_in_its_band():
    t = np.arange(8000) / 8000
    low, high = np.sin(2 * np.pi * 500 * t), np.sin(2 * np.pi * 3000 * t)
    X = stft(low + high, 256, 64)
    lower = np.broadcast_to((np.arange(129) < 64)[:, None], X.shape).astype(float)
    parts = masks.apply(np.stack([lower, 1 - lower]), X, 256, 64, t.size)
    inside = slice(500, -500)
    assert np.max(np.abs(parts[0] - low)[inside]) < 0.01
    assert np.max(np.abs(parts[1] - high)[inside]) < 0.01


def test_bad_input_is_named():
    M = np.ones((2, 3, 4))
    with pytest.raises(TypeError, match=r"give np.abs"):
        masks.binary_masks(M * 1j)
    with pytest.raises(ValueError, match=r"\(K, bins, frames\).*\(3, 4\)"):
        masks.ratio_masks(M[0])
    with pytest.raises(ValueError, match="finite and not negative"):
        masks.binary_masks(-M)
    with pytest.raises(ValueError, match="finite and not negative"):
        masks.ratio_masks(M * np.nan)
    with pytest.raises(ValueError, match="above 0 and finite, got 0"):
        masks.ratio_masks(M, 0)
    with pytest.raises(ValueError, match="from 0 to 1, got 0 to 2"):
        masks.from_labels(np.array([[0, 2]]), 2)
    with pytest.raises(TypeError, match="whole numbers, not float64"):
        masks.from_labels(np.ones((1, 2)), 2)
    with pytest.raises(ValueError, match=r"\(2, 3, 4\) and the STFT \(3, 5\)"):
        masks.apply(M, np.ones((3, 5), complex), 4, 2)
