"""The transform: inverse, energy, aliasing, scipy's DCT as an independent witness."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dct

from coursekit.coding.mdct import WINDOWS, imdct, mdct, mdct_matrix, mdct_window

rng = np.random.default_rng(91)


@given(st.integers(1, 700), st.integers(1, 40), st.sampled_from(WINDOWS))
@settings(max_examples=60, deadline=None)
def test_the_inverse_gives_the_sound_back(samples, half, window):
    x = np.random.default_rng(samples).standard_normal((2, samples))
    X = mdct(x, 2 * half, window)
    assert X.shape == (2, half, 1 + -(-samples // half))
    np.testing.assert_allclose(imdct(X, window, samples), x, atol=1e-11)
    np.testing.assert_allclose(np.sum(X**2, (1, 2)), np.sum(x**2, 1), rtol=1e-11)


@pytest.mark.parametrize("frame", [2, 8, 10, 64])
def test_a_frame_is_a_dct_4_of_the_folded_frame(frame):
    # Princen and Bradley: with quarters (a, b, c, d), fold to (-c_r - d, a - b_r).
    N = frame // 2
    x = rng.standard_normal(frame)
    if N % 2:
        # The fold at half a sample has no quarters; compare by the definition.
        n, k = np.arange(frame), np.arange(N)
        angles = np.pi / N * np.outer(k + 0.5, n + 0.5 + N / 2)
        expected = np.sqrt(2 / N) * np.cos(angles) @ x
    else:
        a, b, c, d = x.reshape(4, -1)
        folded = np.concatenate([-c[::-1] - d, a - b[::-1]])
        expected = dct(folded, type=4, norm="ortho")
    np.testing.assert_allclose(mdct_matrix(frame) @ x, expected, atol=1e-12)


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_meet_the_condition_of_princen_and_bradley(name):
    w = mdct_window(name, 64)
    np.testing.assert_allclose(w[:32] ** 2 + w[32:] ** 2, 1, atol=1e-14)
    np.testing.assert_allclose(w, w[::-1], atol=1e-14)


def test_a_kbd_window_leaks_less_from_afar():
    far = []
    for name in WINDOWS:
        spectrum = np.abs(np.fft.rfft(mdct_window(name, 256), 8192))
        far.append(np.max(spectrum[1000:]) / spectrum[0])
    assert far[1] < far[0] / 10


def test_a_tone_peaks_in_its_own_bin():
    x = np.sin(2 * np.pi * 1010 * np.arange(16000) / 16000)
    energy = np.mean(mdct(x, 512) ** 2, axis=1)
    assert np.argmax(energy) == int(1010 / (16000 / 512))


def test_tensors_agree_with_arrays_and_pass_gradients():
    x = rng.standard_normal((3, 1, 501))
    t = torch.tensor(x, requires_grad=True)
    np.testing.assert_allclose(mdct(t, 64).detach().numpy(), mdct(x, 64), atol=1e-12)
    imdct(mdct(t, 64), length=501).square().sum().backward()
    np.testing.assert_allclose(t.grad.numpy(), 2 * x, atol=1e-11)
    assert mdct(t.float(), 64).dtype == torch.float32


def test_what_cannot_be_transformed_is_refused():
    with pytest.raises(ValueError, match="frame is 7; an MDCT takes an even number"):
        mdct(np.ones(20), 7)
    with pytest.raises(ValueError, match="no window is called 'hann'"):
        mdct(np.ones(20), 8, "hann")
    with pytest.raises(ValueError, match=r"shape \(2, 0\): there is nothing"):
        mdct(np.ones((2, 0)), 8)
    with pytest.raises(ValueError, match="two frames or more must overlap"):
        imdct(np.ones((4, 1)))
    with pytest.raises(ValueError, match="length is 9, and 3 frames of 4 hold 8"):
        imdct(np.ones((4, 3)), length=9)
