"""coursekit.audio: files, levels, mixing and resampling against closed forms."""

import numpy as np
import pytest
import scipy.signal
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit import audio

RATE = 16_000


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def sine(hz, rate, seconds=1.0, phase=0.3):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate + phase)


# files ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("shape", [(500,), (2, 500)])
def test_what_is_saved_is_read_again_within_half_a_step(tmp_path, rng, suffix, shape):
    x = rng.uniform(-1, 1, shape)
    path = tmp_path / f"x{suffix}"
    audio.save(path, x, 22_050)
    y, rate = audio.load(path)
    assert rate == 22_050
    assert y.shape == shape
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, x, atol=2**-15)


def test_channels_keep_their_places(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.array([[0.5, -0.25]] * 10), RATE)  # (samples, channels)
    x, _ = audio.load(path)
    assert x.shape == (2, 10)
    assert np.all(x[0] == 0.5)
    assert np.all(x[1] == -0.25)
    assert x.flags["C_CONTIGUOUS"]


def test_load_resamples(tmp_path):
    path = tmp_path / "x.wav"
    audio.save(path, 0.5 * sine(440, 44_100), 44_100)
    x, rate = audio.load(path, RATE)
    assert rate == RATE
    assert x.shape == (RATE,)


def test_a_clipping_sound_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "loud.wav"
    x = np.array([0.0, -2.5])
    with pytest.raises(ValueError, match=r"peaks at 2\.5.*multiply it by 0\.4 or less"):
        audio.save(path, x, RATE)
    assert not path.exists()
    audio.save(path, 0.4 * x, RATE)
    assert path.exists()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([], "empty"),
        ([0.0, np.nan, np.inf], "2 samples that are NaN or infinite"),
        (np.zeros((1, 2, 3)), r"\(samples,\) or \(channels, samples\).*\(1, 2, 3\)"),
        (np.zeros((1000, 2)), "transpose it with x.T"),
        (np.array([0, 20_000], dtype=np.int16), "divide 16-bit samples by 32768"),
        (np.array([0, -32_768], dtype=np.int16), "divide 16-bit samples by 32768"),
    ],
)
def test_what_is_no_sound_is_refused(tmp_path, x, message):
    with pytest.raises(ValueError, match=message):
        audio.save(tmp_path / "x.wav", x, RATE)
    with pytest.raises(ValueError, match=message):
        audio.rms(x)


def test_other_refusals_of_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no sound file at .*gone\.wav"):
        audio.load(tmp_path / "gone.wav")
    (tmp_path / "text.wav").write_text("not a sound")
    with pytest.raises(ValueError, match=r"text\.wav is not a sound file"):
        audio.load(tmp_path / "text.wav")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    with pytest.raises(ValueError, match="holds no sample"):
        audio.load(tmp_path / "empty.wav")
    with pytest.raises(ValueError, match="no ending that names a format"):
        audio.save(tmp_path / "x", [0.1], RATE)
    with pytest.raises(ValueError, match="rate must be a whole number of Hz above 0"):
        audio.save(tmp_path / "x.wav", [0.1], 0)
    with pytest.raises(TypeError, match="real numbers, got complex128"):
        audio.save(tmp_path / "x.wav", [0.1j], RATE)
    with pytest.raises(TypeError, match="real numbers"):
        audio.rms(["loud"])


# resampling -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "new_rate"),
    [
        (44_100, 16_000),
        (16_000, 44_100),
        (48_000, 16_000),
        (8000, 16_000),
        (96_000, 44_100),
    ],
)
@pytest.mark.parametrize(("share", "atol"), [(0.05, 1e-8), (0.5, 1e-5), (0.9, 1e-3)])
def test_a_sine_stays_that_sine(rate, new_rate, share, atol):
    hz = share * min(rate, new_rate) / 2
    y = audio.resample(sine(hz, rate), rate, new_rate)
    wanted = sine(hz, new_rate)
    assert y.shape == wanted.shape
    middle = slice(new_rate // 4, -new_rate // 4)  # the ends meet silence
    np.testing.assert_allclose(y[middle], wanted[middle], atol=atol)


def test_what_the_new_rate_cannot_hold_is_gone():
    y = audio.resample(sine(9000, 44_100), 44_100, RATE)
    assert audio.level_db(y[2000:-2000]) < -100


def test_resampling_agrees_with_scipy(rng):
    b = scipy.signal.firwin(201, 0.5)
    x = scipy.signal.lfilter(b, 1, rng.standard_normal(48_000))
    y = audio.resample(x, 48_000, 16_000 * 2)
    wanted = scipy.signal.resample_poly(x, 2, 3, window=("kaiser", 14.0))
    error = y[3000:-3000] - wanted[3000:-3000]
    assert audio.level_db(error) < audio.level_db(wanted) - 40


@given(
    samples=st.integers(1, 300),
    rate=st.sampled_from([8000, 11_025, 16_000, 44_100]),
    new_rate=st.sampled_from([8000, 16_000, 22_050, 48_000]),
    channels=st.integers(1, 3),
)
def test_resampled_length_is_the_documented_one(samples, rate, new_rate, channels):
    y = audio.resample(np.ones((channels, samples)), rate, new_rate)
    assert y.shape == (channels, int(np.ceil(samples * new_rate / rate)))
    assert np.all(np.isfinite(y))


def test_resampling_to_the_same_rate_is_a_copy(rng):
    x = rng.standard_normal(10)
    y = audio.resample(x, RATE, RATE)
    np.testing.assert_array_equal(x, y)
    assert not np.shares_memory(x, y)


@pytest.mark.parametrize("rate", [0, -1, 0.5, np.nan])
def test_no_rate(rate):
    with pytest.raises(ValueError, match="whole number of Hz"):
        audio.resample([0.0, 1.0], RATE, rate)


# levels -----------------------------------------------------------------------


def test_levels_in_closed_form():
    assert audio.rms(sine(1000, RATE)) == pytest.approx(1 / np.sqrt(2), rel=1e-12)
    assert audio.level_db(sine(1000, RATE)) == pytest.approx(-3.0102999566, abs=1e-9)
    assert audio.level_db([1, -1, 1, -1]) == 0
    assert audio.level_db(np.zeros(5)) == -np.inf


@given(
    x=arrays(np.float64, (2, 40), elements=st.floats(-1, 1)),
    db=st.floats(-90, 20),
)
def test_a_level_that_is_set_is_that_level(x, db):
    x[0, 0] = 0.5
    assert audio.level_db(audio.set_level(x, db)) == pytest.approx(db, abs=1e-9)


def test_silence_has_no_level_to_set():
    with pytest.raises(ValueError, match="x is silent"):
        audio.set_level(np.zeros(10), -20)
    with pytest.raises(ValueError, match="finite number of dBFS, got nan"):
        audio.set_level([0.1], np.nan)


def test_pauses_do_not_count_for_the_active_level(rng):
    tone = sine(500, RATE) * 0.1
    spoken = np.concatenate([tone, np.zeros(3 * RATE), tone])
    assert audio.active_level(spoken, RATE) == pytest.approx(audio.level_db(tone))
    assert audio.level_db(spoken) == pytest.approx(
        audio.level_db(tone) - 10 * np.log10(5 / 2)
    )
    murmur = 1e-3 * rng.standard_normal(len(spoken))  # 40 dB below: does not count
    assert audio.active_level(spoken + murmur, RATE) == pytest.approx(
        audio.level_db(tone), abs=0.01
    )
    assert audio.active_level([0.5], RATE) == pytest.approx(20 * np.log10(0.5))


# mixing -----------------------------------------------------------------------


@given(
    snr_db=st.floats(-60, 60),
    s=arrays(np.float64, (2, 50), elements=st.floats(-1, 1)),
    n=arrays(np.float64, (2, 50), elements=st.floats(-1, 1)),
)
def test_the_mixture_has_the_snr_that_was_asked_for(snr_db, s, n):
    s[0, 0], n[0, 1] = 0.7, -0.4
    x, s_out, n_out = audio.mix_at_snr(s, n, snr_db)
    measured = 10 * np.log10(np.sum(s_out**2) / np.sum(n_out**2))
    assert measured == pytest.approx(snr_db, abs=1e-9)
    np.testing.assert_array_equal(x, s_out + n_out)
    np.testing.assert_array_equal(s_out, s)
    np.testing.assert_allclose(n_out / n_out[0, 1], n / n[0, 1], atol=1e-9)


def test_mixing_changes_neither_input(rng):
    s, n = rng.standard_normal(20), rng.standard_normal(20)
    before = s.copy(), n.copy()
    x, s_out, n_out = audio.mix_at_snr(s, n, 0)
    for array in (x, s_out, n_out):
        array[:] = 0
    np.testing.assert_array_equal(s, before[0])
    np.testing.assert_array_equal(n, before[1])


@pytest.mark.parametrize(
    ("s", "n", "message"),
    [
        (np.ones(5), np.ones(4), r"\(5,\) and n has shape \(4,\): fit_length\(n, 5\)"),
        (np.ones((2, 5)), np.ones(5), r"x\.mean\(axis=0\)"),
        (np.zeros(5), np.ones(5), "s is silent"),
        (np.ones(5), np.zeros(5), "n is silent"),
        (np.ones(5), np.full(5, np.nan), "n holds 5 samples that are NaN"),
    ],
)
def test_what_cannot_be_mixed(s, n, message):
    with pytest.raises(ValueError, match=message):
        audio.mix_at_snr(s, n, 0)


def test_an_snr_must_be_a_number():
    with pytest.raises(ValueError, match="finite number of dB, got inf"):
        audio.mix_at_snr([1.0], [1.0], np.inf)


# lengths ----------------------------------------------------------------------


@given(
    have=st.integers(1, 60),
    want=st.integers(1, 200),
    fade=st.integers(0, 40),
    seed=st.one_of(st.none(), st.integers(0, 99)),
)
def test_a_background_gets_the_length_wanted(have, want, fade, seed):
    n = np.arange(1.0, have + 1)
    rng = None if seed is None else np.random.default_rng(seed)
    y = audio.fit_length(np.stack([n, -n]), want, rng, fade)
    assert y.shape == (2, want)
    np.testing.assert_array_equal(y[0], -y[1])
    if want <= have:  # a cut: neighbours stay neighbours
        np.testing.assert_array_equal(np.diff(y[0]), np.ones(want - 1))
        assert seed is not None or y[0, 0] == 1


def test_a_random_cut_may_begin_anywhere():
    rng = np.random.default_rng(0)
    starts = {audio.fit_length(np.arange(5.0), 3, rng)[0] for _ in range(200)}
    assert starts == {0, 1, 2}


def test_a_loop_has_no_seam_and_keeps_its_power(rng):
    slow = np.cumsum(rng.standard_normal(4000)) / 100
    plain = audio.fit_length(slow, 8000, fade=0)
    faded = audio.fit_length(slow, 8000, fade=256)
    largest_step = np.max(np.abs(np.diff(slow)))
    assert np.max(np.abs(np.diff(plain))) > 5 * largest_step
    assert np.max(np.abs(np.diff(faded))) < 2 * largest_step
    noise = rng.standard_normal(4000)
    looped = audio.fit_length(noise, 20_000)
    seam = looped[4000 - 256 : 4000]
    assert audio.level_db(seam) == pytest.approx(0, abs=1)


def test_cutting_gives_a_copy():
    n = np.arange(5.0)
    audio.fit_length(n, 3)[:] = 9
    np.testing.assert_array_equal(n, np.arange(5.0))
    with pytest.raises(ValueError, match="at least 1 sample, got 0"):
        audio.fit_length(n, 0)
