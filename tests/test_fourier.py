"""The DFT, windows, the STFT and resolution."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import fourier
from coursekit.fourier import (
    WINDOWS,
    bin_frequencies,
    click_dip,
    click_resolution,
    clicks_separated,
    cola_deviation,
    dft,
    dft_matrix,
    frame_times,
    idft,
    istft,
    main_lobe_width,
    overlap_add,
    pad_ends,
    split_frames,
    stft,
    symmetric_window,
    tone_dip,
    tone_resolution,
    tones_separated,
    window,
)

lengths = st.integers(1, 200)
seeds = st.integers(0, 2**32 - 1)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def farthest(a, b) -> float:
    """Return the largest difference, 0 where there is none."""
    return float(np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0))


# --- the discrete Fourier transform ----------------------------------------------


def test_matrices_are_the_decks_cosines_and_sines():
    C, S = dft_matrix(5)
    for f in range(5):
        for t in range(5):
            assert C[f, t] == pytest.approx(np.cos(2 * np.pi * f * t / 5))
            assert S[f, t] == pytest.approx(+np.sin(2 * np.pi * f * t / 5))
    assert C.dtype == S.dtype == np.float64


@pytest.mark.parametrize("n", [1, 2, 7, 64, 333])
def test_rows_are_orthogonal(n):
    C, S = dft_matrix(n)
    F = C - 1j * S
    assert farthest(F @ F.conj().T, n * np.eye(n)) < 1e-11 * n


@given(lengths, seeds)
@settings(max_examples=40, deadline=None)
def test_dft_is_numpys_with_the_sine_part_negated(n, seed):
    x = noise(n, seed=seed)
    X_r, X_i = dft(x)
    X = np.fft.fft(x)
    assert farthest(X_r, X.real) < 1e-9 * n
    assert farthest(X_i, -X.imag) < 1e-9 * n


def test_a_long_dft_keeps_its_digits():
    x = noise(2048)
    X_r, X_i = dft(x)
    assert farthest(X_r - 1j * X_i, np.fft.fft(x)) < 1e-14 * 2048


def test_a_sine_is_found_with_a_plus_sign():
    t = np.arange(32)
    X_r, X_i = dft(np.sin(2 * np.pi * 3 * t / 32))
    assert farthest(X_r, 0) < 1e-12
    assert X_i[3] == pytest.approx(16)
    assert X_i[-3] == pytest.approx(-16)


@given(lengths, seeds)
@settings(max_examples=30, deadline=None)
def test_parseval(n, seed):
    x = noise(n, seed=seed)
    X_r, X_i = dft(x)
    assert np.sum(X_r**2 + X_i**2) == pytest.approx(n * np.sum(x**2))


@given(lengths, seeds, st.floats(-5, 5), st.floats(-5, 5))
@settings(max_examples=30, deadline=None)
def test_dft_is_linear(n, seed, a, b):
    x, y = noise(2, n, seed=seed)
    mixed = np.array(dft(a * x + b * y))
    assert farthest(mixed, a * np.array(dft(x)) + b * np.array(dft(y))) < 1e-11 * n


@given(lengths, seeds)
@settings(max_examples=30, deadline=None)
def test_idft_undoes_dft(n, seed):
    x = noise(n, seed=seed)
    assert farthest(idft(*dft(x)), x) < 1e-10


def test_idft_of_a_pair_no_real_sound_has_is_the_real_part():
    X_r, X_i = noise(2, 9)
    assert farthest(idft(X_r, X_i), np.fft.ifft(X_r - 1j * X_i).real) < 1e-15


def test_dft_of_a_stack_is_the_dft_of_each():
    x = noise(2, 3, 8)
    X_r, X_i = dft(x)
    assert X_r.shape == X_i.shape == (2, 3, 8)
    assert farthest(X_r[1, 2], dft(x[1, 2])[0]) < 1e-14
    assert farthest(X_i[1, 2], dft(x[1, 2])[1]) < 1e-14
    assert farthest(idft(X_r, X_i), x) < 1e-14


def test_whole_numbers_and_lists_are_taken_as_float64():
    X_r, _ = dft([1, 2, 3])
    assert X_r.dtype == np.float64
    assert X_r[0] == pytest.approx(6)


def test_the_dft_is_two_products_with_the_matrices(monkeypatch):
    A, B = noise(2, 4, 4)
    A, B = A + A.T, B + B.T
    monkeypatch.setattr(fourier, "dft_matrix", lambda n: (A, B))
    x = noise(4)
    X_r, X_i = dft(x)
    assert farthest(X_r, A @ x) < 1e-15
    assert farthest(X_i, B @ x) < 1e-15


# --- the same in torch -------------------------------------------------------------


def on_torch(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x).requires_grad_()


@pytest.mark.parametrize("name", WINDOWS)
def test_torch_agrees_with_numpy(name):
    x = noise(2, 3, 101)
    t = torch.from_numpy(x)
    for ours, theirs in zip(dft(t), dft(x), strict=True):
        assert farthest(ours, theirs) < 1e-13
    X = stft(x, 15, 7, name)
    assert farthest(stft(t, 15, 7, name), X) < 1e-13
    y = istft(torch.from_numpy(X), 15, 7, name, length=101)
    assert farthest(y, istft(X, 15, 7, name, length=101)) < 1e-13


@pytest.mark.parametrize("lib", ["numpy", "torch"])
def test_kind_and_precision_of_the_input_are_kept(lib):
    x = noise(50).astype(np.float32)
    x = torch.from_numpy(x) if lib == "torch" else x
    X = stft(x, 8, 2)
    results = [
        *dft(x),
        idft(*dft(x)),
        istft(X, 8, 2),
        overlap_add(split_frames(x, 8, 2), 2),
    ]
    assert all(type(y) is type(x) and y.dtype == x.dtype for y in results)
    assert str(X.dtype).endswith("complex64")
    assert farthest(results[3][:50], x) < 1e-6


def test_whole_numbers_in_torch_become_float64():
    assert dft(torch.tensor([1, 2, 3]))[0].dtype == torch.float64


@pytest.mark.parametrize(
    "function",
    [
        dft,
        lambda x: idft(x, 2 * x),
        lambda x: stft(x, 5, 2),
        lambda x: istft(stft(x, 5, 2), 5, 2, length=12),
        lambda x: split_frames(x, 5, 3),
        lambda x: overlap_add(x.reshape(2, 3, 4), 2),
        lambda x: pad_ends(x, 5, 2),
    ],
    ids=["dft", "idft", "stft", "istft", "split_frames", "overlap_add", "pad_ends"],
)
def test_gradients(function):
    assert torch.autograd.gradcheck(function, on_torch(noise(2, 12)))


def test_gradient_with_respect_to_a_spectrogram():
    X = torch.from_numpy(stft(noise(12), 6, 2)).requires_grad_()
    assert torch.autograd.gradcheck(lambda X: istft(X, 6, 2, length=11), X)


def test_second_gradients():
    x = on_torch(noise(9))
    assert torch.autograd.gradgradcheck(lambda x: stft(x, 4, 2).abs().square().sum(), x)


# --- windows -----------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5, 16, 1024])
@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "rect"])
def test_windows_are_scipys(name, n):
    scipys = "boxcar" if name == "rect" else name
    assert farthest(window(name, n), scipy.signal.get_window(scipys, n)) < 1e-15
    expected = scipy.signal.get_window(scipys, n, fftbins=False)
    assert farthest(symmetric_window(name, n), expected) < 1e-15


@pytest.mark.parametrize("n", [2, 5, 1024])
def test_sqrt_hann_squared_is_hann(n):
    assert farthest(window("sqrt_hann", n) ** 2, window("hann", n)) < 1e-15
    squared = symmetric_window("sqrt_hann", n) ** 2
    assert farthest(squared, symmetric_window("hann", n)) < 1e-15


@pytest.mark.parametrize("n", [2, 5, 16, 333])
@pytest.mark.parametrize("name", WINDOWS)
def test_periodic_and_symmetric_windows_mirror_where_they_should(name, n):
    periodic, symmetric = window(name, n), symmetric_window(name, n)
    assert np.array_equal(periodic[1:], periodic[:0:-1])
    assert np.array_equal(symmetric, symmetric[::-1])
    assert farthest(periodic, symmetric_window(name, n + 1)[:-1]) == 0
    assert periodic.min() >= 0
    assert periodic.max() <= 1


@pytest.mark.parametrize("hop", [512, 256, 128])
def test_periodic_hann_is_cola_and_symmetric_hann_is_not(hop):
    assert cola_deviation(window("hann", 1024), hop) < 1e-14
    assert cola_deviation(symmetric_window("hann", 1024), hop) > 4e-5


def test_cola_of_windows_applied_twice():
    assert cola_deviation(window("sqrt_hann", 64) ** 2, 32) < 1e-14
    assert cola_deviation(window("hann", 64) ** 2, 32) > 0.3
    assert cola_deviation(window("hann", 64) ** 2, 16) < 1e-14
    assert cola_deviation(window("rect", 64), 64) == 0


@given(st.integers(1, 40), st.data(), st.sampled_from(WINDOWS))
@settings(max_examples=50, deadline=None)
def test_cola_deviation_is_the_ripple_of_a_long_sum(n, data, name):
    hop = data.draw(st.integers(1, n))
    w = window(name, n)
    total = np.zeros(20 * n)
    for start in range(0, 19 * n, hop):
        total[start : start + n] += w
    middle = total[10 * n : 10 * n + hop]
    expected = np.abs(middle - middle.mean()).max() / middle.mean()
    assert cola_deviation(w, hop) == pytest.approx(expected, abs=1e-12)


# --- frames ------------------------------------------------------------------------


@given(st.integers(1, 12), st.data())
@settings(max_examples=50, deadline=None)
def test_frames_are_slices_and_overlap_add_adds_them(frame, data):
    hop = data.draw(st.integers(1, frame))
    x = noise(data.draw(st.integers(frame, 60)))
    frames = split_frames(x, frame, hop)
    starts = range(0, x.size - frame + 1, hop)
    assert frames.shape == (frame, len(starts))
    total = np.zeros(starts[-1] + frame)
    for t, start in enumerate(starts):
        assert np.array_equal(frames[:, t], x[start : start + frame])
        total[start : start + frame] += x[start : start + frame]
    assert farthest(overlap_add(frames, hop), total) < 1e-14


def test_frames_are_a_view_and_follow_leading_axes():
    x = noise(2, 3, 30)
    frames = split_frames(x, 8, 4)
    assert frames.shape == (2, 3, 8, 6)
    assert np.shares_memory(frames, x)
    assert overlap_add(frames, 4).shape == (2, 3, 28)
    assert farthest(overlap_add(frames, 4)[1, 2], overlap_add(frames[1, 2], 4)) == 0


@given(lengths, st.integers(1, 40), st.data())
@settings(max_examples=60, deadline=None)
def test_every_sample_lies_between_the_centres_of_two_frames(samples, frame, data):
    hop = data.draw(st.integers(1, frame))
    x = 1 + np.arange(float(samples))
    frames = split_frames(pad_ends(x, frame, hop), frame, hop)
    T = frames.shape[1]
    assert frames.shape[1] == 1 + np.ceil((samples - 1) / hop)
    assert (T - 1) * hop >= samples - 1 > (T - 2) * hop
    centres = frames[frame // 2]
    inside = np.arange(T) * hop < samples
    assert np.array_equal(centres, np.where(inside, 1 + np.arange(T) * hop, 0))
    assert set(x) <= set(frames.ravel())


def test_axes_of_a_spectrogram():
    assert bin_frequencies(5, 1000).tolist() == [0, 200, 400]
    assert frame_times(3, 441, 44100).tolist() == pytest.approx([0, 0.01, 0.02])
    X = stft(noise(100), 10, 3)
    assert X.shape == (bin_frequencies(10, 1).size, frame_times(34, 3, 1).size)


# --- the short-time Fourier transform ----------------------------------------------


@pytest.mark.parametrize(("frame", "hop"), [(16, 4), (15, 7), (1, 1), (2, 1)])
def test_each_frame_is_the_matrix_dft_of_the_windowed_frame(frame, hop):
    x, w = noise(100), window("hann", frame)
    X = stft(x, frame, hop)
    padded = np.concatenate([np.zeros(frame), x, np.zeros(2 * frame)])
    for t in range(X.shape[1]):
        start = frame + t * hop - frame // 2
        X_r, X_i = dft(w * padded[start : start + frame])
        bins = frame // 2 + 1
        assert farthest(X[:, t], (X_r - 1j * X_i)[:bins]) < 1e-12


def test_blocks_of_frames_leave_no_seam():
    x = noise(2, 3 * fourier._BLOCK)
    X = stft(x, 64, 16)
    frames = split_frames(pad_ends(x, 64, 16), 64, 16) * window("hann", 64)[:, None]
    assert X.shape[-1] * 64 > 3 * fourier._BLOCK  # more than one block was needed
    assert farthest(X, np.fft.rfft(frames, axis=-2)) < 1e-12


@pytest.mark.parametrize(("frame", "hop"), [(64, 16), (63, 10), (64, 64), (50, 49)])
@pytest.mark.parametrize("name", ["hann", "blackman", "rect"])
def test_stft_is_scipys(frame, hop, name):
    x = noise(2, 1001)
    theirs = scipy.signal.ShortTimeFFT(window(name, frame), hop, fs=1, phase_shift=None)
    X = stft(x, frame, hop, name)
    T = min(X.shape[-1], theirs.p_max(1001))  # theirs ends where x does
    assert farthest(X[..., :T], theirs.stft(x, p0=0, p1=T)) < 1e-12
    assert farthest(X[..., T:], 0) == 0


@pytest.mark.parametrize(("frame", "hop"), [(64, 16), (64, 10), (63, 21)])
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_stft_is_librosas(frame, hop, precision):
    import librosa

    x = noise(2, 1000).astype(precision)
    S = librosa.stft(x, n_fft=frame, hop_length=hop, pad_mode="constant")
    X = stft(x, frame, hop)
    assert X.dtype == S.dtype
    assert 0 <= X.shape[-1] - S.shape[-1] <= 1
    assert S.shape[-1] == 1 + 1000 // hop
    assert farthest(X[..., : S.shape[-1]], S) < 1e4 * np.finfo(precision).eps


def test_stft_of_a_stack_is_the_stft_of_each():
    x = noise(2, 3, 77)
    X = stft(x, 16, 5)
    assert X.shape == (2, 3, 9, 17)
    assert farthest(X[1, 2], stft(x[1, 2], 16, 5)) == 0
    assert farthest(istft(X, 16, 5, length=77)[0, 1], x[0, 1]) < 1e-14


def test_not_a_number_stays_in_the_frames_that_hold_it():
    x = noise(100)
    x[50] = np.nan
    lost = np.isnan(stft(x, 10, 5, "rect")).any(axis=0)
    assert np.flatnonzero(lost).tolist() == [10, 11]
    assert np.isnan(dft(x)[0]).all()


def sum_of_squares(w: np.ndarray, hop: int, T: int, samples: int) -> np.ndarray:
    weight = np.zeros(T * hop + 2 * w.size)
    for t in range(T):
        weight[t * hop : t * hop + w.size] += w**2
    return weight[w.size // 2 :][:samples]


@given(st.integers(1, 70), lengths, st.sampled_from(WINDOWS), st.data())
@settings(max_examples=200, deadline=None)
def test_round_trip_is_exact_or_refused(frame, samples, name, data):
    hop = data.draw(st.integers(1, frame))
    x = noise(samples, seed=frame)
    X = stft(x, frame, hop, name)
    weight = sum_of_squares(window(name, frame), hop, X.shape[1], samples)
    if weight.min() > 0:
        assert farthest(istft(X, frame, hop, name, length=samples), x) < 1e-10
    else:
        with pytest.raises(ValueError, match="without weight"):
            istft(X, frame, hop, name, length=samples)


@pytest.mark.parametrize(
    ("frame", "hop"), [(1024, 333), (1024, 256), (1023, 511), (1023, 1000), (999, 1)]
)
@pytest.mark.parametrize("samples", [8001, 3333])
def test_round_trip_of_sizes_met_in_class(frame, hop, samples):
    t = np.arange(samples)
    x = np.sin(2e-5 * t**2) * np.exp(-t / 4000) + 0.01 * noise(samples)
    y = istft(stft(x, frame, hop), frame, hop, length=samples)
    assert y.shape == x.shape
    assert farthest(y, x) < 1e-10


@pytest.mark.parametrize(
    ("frame", "hop"), [(1024, 256), (1024, 333), (1024, 512), (1023, 333), (513, 400)]
)
def test_round_trip_of_real_speech(frame, hop):
    from coursekit import data

    x = data.clips("speech")[0].audio()
    x = x[: x.size - 1 + x.size % 2]  # an odd number of samples
    assert x.size % 2 == 1
    y = istft(stft(x, frame, hop), frame, hop, length=x.size)
    assert farthest(y, x) < 1e-10


@given(lengths, st.integers(2, 30), st.data())
@settings(max_examples=50, deadline=None)
def test_without_a_length_the_sound_is_followed_by_a_few_zeros(samples, frame, data):
    hop = data.draw(st.integers(1, frame - 1))
    x = noise(samples)
    y = istft(stft(x, frame, hop), frame, hop)
    assert 0 <= y.size - samples < hop
    assert farthest(y[:samples], x) < 1e-10
    assert farthest(y[samples:], 0) < 1e-10


def test_round_trip_with_ones_own_window():
    x, w = noise(500), symmetric_window("hann", 101) + 0.1
    assert farthest(istft(stft(x, 101, 50, w), 101, 50, w, length=500), x) < 1e-12


def test_plain_overlap_add_of_a_cola_window_is_the_sound():
    x = noise(1000)
    w = window("hann", 64)[:, None]
    y = overlap_add(w * split_frames(pad_ends(x, 64, 16), 64, 16), 16) / 2
    assert farthest(y[64:900], pad_ends(x, 64, 16)[64:900]) < 1e-14


def test_sqrt_hann_before_and_after_is_the_sound():
    x, w = noise(1000), window("sqrt_hann", 64)[:, None]
    frames = np.fft.irfft(stft(x, 64, 32, "sqrt_hann"), 64, axis=0)
    y = overlap_add(w * frames, 32)[32:1032]
    assert farthest(y, x) < 1e-14


def test_istft_is_the_least_squares_sound():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((9, 12)) + 1j * rng.standard_normal((9, 12))
    X[[0, -1]] = X[[0, -1]].real
    y = istft(X, 16, 5)
    both_sides = np.r_[1, np.full(7, 2), 1][:, None]  # what the one side stands for
    error = both_sides * (stft(y, 16, 5) - X)
    for k in range(y.size):  # no sample can be changed to come nearer to X
        change = stft(np.eye(y.size)[k], 16, 5)
        assert abs(np.sum(change.conj() * error).real) < 1e-10


def test_the_suggested_hop_is_the_largest_that_works():
    x = noise(1000)
    message = (
        "leave 10 of 1000 samples without weight, at 50, 150, 250, 350, ….*hop of 99"
    )
    with pytest.raises(ValueError, match=message) as error:
        istft(stft(x, 100, 100), 100, 100, length=1000)
    assert "50, 150" in str(error.value)
    assert farthest(istft(stft(x, 100, 99), 100, 99, length=1000), x) < 1e-10


@pytest.mark.parametrize(
    ("dtype", "enough", "too_little"), [(float, 1e-12, 1e-17), (np.float32, 1e-5, 1e-9)]
)
def test_a_weight_below_the_last_digit_counts_as_none(dtype, enough, too_little):
    """Dividing by it would raise the rounding of the frames to the size of a sound."""
    x = noise(64).astype(dtype)
    w = np.r_[enough, np.ones(6), enough]
    y = istft(stft(x, 8, 8, w), 8, 8, w, length=60)
    assert farthest(y, x[:60]) < 0.1
    w[[0, -1]] = too_little
    with pytest.raises(ValueError, match="of 60 samples without weight, at 3, 4, 11"):
        istft(stft(x, 8, 8, w), 8, 8, w, length=60)


# --- resolution ----------------------------------------------------------------------


@pytest.mark.parametrize("name", WINDOWS)
def test_main_lobe_ends_at_the_first_zeros(name):
    frame, rate, fine = 256, 8000, 64
    W = (
        np.abs(np.fft.rfft(window(name, frame), frame * fine))
        / window(name, frame).sum()
    )
    width = main_lobe_width(name, frame, rate) / (rate / frame)  # bins
    edge = round(width / 2 * fine)
    assert W[edge] < 1e-3
    assert np.all(np.diff(W[: edge + 1]) < 0)  # falls down to the edge
    assert W[edge + fine // 2] > 2 * W[edge]  # and rises again beyond it


def test_tone_resolution_is_harris_table():
    bins = {name: tone_resolution(name, 1000, 1000) for name in WINDOWS}
    harris = {"rect": 1.21, "sqrt_hann": 1.65, "hann": 2.00, "hamming": 1.81}
    for name, expected in harris.items():
        assert bins[name] == pytest.approx(expected, abs=0.011)
    assert bins["hann"] == pytest.approx(2, abs=1e-6)
    assert tone_resolution("hann", 512, 16000) == pytest.approx(2 * 16000 / 512)


@pytest.mark.parametrize("name", WINDOWS)
def test_tone_resolution_is_the_width_of_the_spectrum_at_half_height(name):
    frame, fine = 512, 1000
    half = tone_resolution(name, frame, frame) / 2  # bins
    n = np.arange(frame)
    w = window(name, frame)
    height = abs(w @ np.exp(-2j * np.pi * half * n / frame)) / w.sum()
    assert height == pytest.approx(0.5, abs=2 / fine)


def test_click_resolution_closed_forms():
    frame, rate = 1200, 8000
    seconds = {name: click_resolution(name, frame, rate) for name in WINDOWS}
    assert seconds["rect"] == frame / rate
    assert seconds["hann"] == pytest.approx(frame / rate / 2)
    assert seconds["sqrt_hann"] == pytest.approx(frame / rate * 2 / 3)
    for name in WINDOWS:
        above = np.mean(window(name, frame) >= 0.5)
        assert seconds[name] == pytest.approx(above * frame / rate, abs=2 / rate)


@pytest.mark.parametrize("name", WINDOWS)
def test_what_time_wins_frequency_loses(name):
    products = [
        tone_resolution(name, frame, rate) * click_resolution(name, frame, rate)
        for frame, rate in [(64, 8000), (1023, 44100)]
    ]
    assert products[0] == pytest.approx(products[1])
    assert 0.9 < products[0] < 1.3


def two_tones(f1: float, f2: float, rate: int, phase: float = 0.0) -> np.ndarray:
    t = np.arange(rate) / rate
    return np.sin(2 * np.pi * f1 * t) + np.sin(2 * np.pi * f2 * t + phase)


@pytest.mark.parametrize("phase", [0, 1.5, 3.1])
@pytest.mark.parametrize("frame", [256, 500])
@pytest.mark.parametrize("name", WINDOWS)
def test_tones_separate_at_the_tone_resolution(name, frame, phase):
    rate, apart = 8000, tone_resolution(name, frame, 8000)
    near, far = 0.9 * apart, 1.15 * apart
    x = two_tones(1000, 1000 + near, rate, phase)
    assert not tones_separated(x, rate, frame, 1000, 1000 + near, name)
    x = two_tones(1000, 1000 + far, rate, phase)
    assert tones_separated(x, rate, frame, 1000, 1000 + far, name)


def test_two_bins_of_hann_leave_a_dip_of_three_decibels():
    x = two_tones(1000, 1000 + 2 * 8000 / 400, 8000)
    assert tone_dip(x, 8000, 400, 1000, 1040) == pytest.approx(3.01, abs=0.05)


@pytest.mark.parametrize("frame", [256, 501])
@pytest.mark.parametrize("name", WINDOWS)
def test_clicks_separate_at_the_click_resolution(name, frame):
    rate, apart = 8000, click_resolution(name, frame, 8000) * 8000
    for distance, separated in [(int(0.9 * apart), False), (int(1.1 * apart), True)]:
        x = np.zeros(rate)
        x[[4000, 4000 + distance]] = 1
        t1, t2 = 4000 / rate, (4000 + distance) / rate
        assert clicks_separated(x, rate, frame, t1, t2, name) is separated


def test_click_dip_closed_form_of_hann():
    x = np.zeros(8000)
    x[[3000, 3000 + 256]] = 1  # w = 1/2 for both in the middle, w = 0 beside either
    assert click_dip(x, 8000, 512, 0.375, 0.407) == pytest.approx(10 * np.log10(2))


def test_click_dip_reads_the_energy_of_a_spectrogram():
    x = 0.1 * noise(600)
    x[[300, 364]] += 1
    X = np.abs(stft(x, 64, 1)) ** 2
    energy = (2 * X[1:-1].sum(axis=0) + X[0] + X[-1])[300:365]
    dip = 10 * np.log10(min(energy[0], energy[-1]) / energy.min())
    assert click_dip(x, 1, 64, 300, 364) == pytest.approx(dip)
    assert dip > 3


def test_a_longer_frame_parts_tones_and_joins_clicks():
    rate = 8000
    clicks = np.zeros(rate)
    clicks[[4000, 4200]] = 1
    tones = two_tones(1000, 1030, rate)
    seen = [
        (
            tones_separated(tones, rate, frame, 1000, 1030),
            clicks_separated(clicks, rate, frame, 0.5, 0.525),
        )
        for frame in (256, 1024)
    ]
    assert seen == [(False, True), (True, False)]


def test_dips_of_silence():
    x = np.zeros(1000)
    assert tone_dip(x, 1000, 64, 100, 200) == 0
    assert click_dip(x, 1000, 64, 0.1, 0.5) == 0
    x[[100, 500]] = 1
    assert click_dip(x, 1000, 64, 0.1, 0.5) == np.inf


# --- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dft_matrix(0), ValueError, "n must be at least 1, not 0"),
        (lambda: dft_matrix(2.0), TypeError, "whole number, not 2.0"),
        (lambda: dft(np.ones(3) + 1j), TypeError, "x is complex .complex128. but"),
        (lambda: dft(torch.ones(3) + 1j), TypeError, "x is complex .torch.complex64"),
        (lambda: dft(3.0), ValueError, r"x has the shape \(\); it needs"),
        (lambda: dft([]), ValueError, r"x has the shape \(0,\)"),
        (lambda: dft(["a"]), TypeError, "x must hold numbers, not <U1"),
        (lambda: idft(np.ones(3), np.ones(4)), ValueError, r"\(3,\) but X_i \(4,\)"),
        (lambda: idft(np.ones(3) + 1j, np.ones(3)), TypeError, "X_r is complex"),
        (
            lambda: window("kaiser", 8),
            ValueError,
            "'kaiser'; there are rect, sqrt_hann",
        ),
        (lambda: window(None, 8), ValueError, "no window is called None"),
        (lambda: window("hann", -1), ValueError, "n must be at least 1, not -1"),
        (lambda: symmetric_window("han", 8), ValueError, "'han'"),
        (lambda: cola_deviation(np.ones((2, 2)), 1), ValueError, r"shape \(2, 2\)"),
        (lambda: cola_deviation(np.zeros(4), 1), ValueError, "sum 0"),
        (lambda: cola_deviation(np.ones(4), 5), ValueError, "hop 5 is longer"),
        (lambda: split_frames(np.ones(5), 8, 2), ValueError, "5 samples, fewer than"),
        (lambda: overlap_add(np.ones(5), 2), ValueError, r"shape \(5,\); it needs two"),
        (lambda: stft(np.ones(9), 4, 5), ValueError, "hop 5 is longer than the frame"),
        (lambda: stft(np.ones(9), 4, 0), ValueError, "hop must be at least 1, not 0"),
        (lambda: stft(np.ones(9), 0, 1), ValueError, "frame must be at least 1, not 0"),
        (lambda: stft(np.ones(9), 4.0, 1), TypeError, "frame must be a whole number"),
        (lambda: stft(np.ones(9), 4, True), TypeError, "hop must be.*not True"),
        (lambda: stft(np.ones(9), 4, 1, "hanning"), ValueError, "'hanning'"),
        (lambda: stft(np.ones(9), 4, 1, np.ones(5)), ValueError, r"\(5,\), but the"),
        (lambda: istft(np.ones((3, 4)), 4, 1), TypeError, "X is real .float64"),
        (lambda: istft(np.ones((3, 4)) + 0j, 8, 1), ValueError, "3 bins.* 8 .*has 5"),
        (lambda: istft(np.ones(3) + 0j, 4, 1), ValueError, "two axes or more"),
        (
            lambda: istft(np.ones((3, 4)) + 0j, 4, 2, length=9),
            ValueError,
            "length 9 goes beyond the 4 frames of 4 at hop 2, which end after 8",
        ),
        (
            lambda: istft(np.ones((3, 4)) + 0j, 4, 2, np.zeros(4)),
            ValueError,
            "7 of 7 samples without weight.*no hop would do",
        ),
        (lambda: main_lobe_width("x", 8, 8), ValueError, "'x'"),
        (lambda: tone_resolution("hann", 8, 0), ValueError, "rate must be above 0"),
        (lambda: click_resolution("hann", 0, 8), ValueError, "frame must be"),
        (lambda: bin_frequencies(8, -1), ValueError, "rate must be above 0, not -1"),
        (lambda: tone_dip(np.ones(99), 8, 9, 3, 2), ValueError, "0 to 4 Hz, got 3, 2"),
        (lambda: tone_dip(np.ones(9), 8, 99, 1, 2), ValueError, "9 samples, fewer"),
        (lambda: tone_dip(np.ones((2, 99)), 8, 9, 1, 2), ValueError, "one channel"),
        (lambda: click_dip(np.ones(9), 2, 4, 1, 5), ValueError, "0 to 4 s, got 1, 5"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
