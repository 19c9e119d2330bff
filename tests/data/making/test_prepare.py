"""The steps from a source's file to a clip, on sounds with known answers."""

import builtins

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from coursekit import audio
from coursekit.data.making import prepare

RATE = 16_000


def tone(seconds, hz=500.0, height=0.5):
    return height * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def silence(seconds):
    return np.zeros(round(seconds * RATE))


def test_silence_is_trimmed_but_for_60_ms():
    x = np.concatenate([silence(1), tone(0.5), silence(2)])
    y = prepare.trim(x, RATE)
    assert len(y) / RATE == pytest.approx(0.5 + 2 * 0.06, abs=0.011)
    np.testing.assert_array_equal(prepare.trim(tone(0.5), RATE), tone(0.5))


@pytest.mark.parametrize("pause", [0.3, 0.6, 0.9, 3.0])
def test_long_pauses_become_short_ones(pause):
    x = np.concatenate([tone(0.5), silence(pause), tone(0.5)])
    y = prepare.shorten_pauses(x, RATE)
    rest = len(y) / RATE - 1
    assert rest == pytest.approx(min(pause, 0.58), abs=0.03)
    np.testing.assert_array_equal(y[: RATE // 2], x[: RATE // 2])
    np.testing.assert_array_equal(y[-RATE // 2 :], x[-RATE // 2 :])


def test_speech_is_cut_in_a_pause():
    x = np.concatenate([tone(2), silence(0.4), tone(2), silence(0.4), tone(2)])
    y = prepare.until_pause(x, RATE, 5.0)
    assert 4.4 < len(y) / RATE < 4.8  # within the second pause
    np.testing.assert_array_equal(prepare.until_pause(x, RATE, 9.0), x)
    with pytest.raises(ValueError, match=r"no pause in the first 1\.5 s"):
        prepare.until_pause(x, RATE, 1.5)


def test_fades_leave_the_middle_alone():
    x = np.ones(RATE)
    y = prepare.fade(x, RATE, 0.01)
    assert y[0] < 1e-4
    assert y[-1] < 1e-4
    np.testing.assert_array_equal(y[160:-160], 1)
    np.testing.assert_allclose(y[:160] + y[:160][::-1], 1)
    assert np.all(x == 1)


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=5),
    overlap=st.integers(0, 60),
)
def test_cross_fading_two_equal_halves_of_noise(lengths, overlap):
    pieces = [np.ones(n) for n in lengths]
    y = prepare.cross_fade(pieces, overlap)
    assert len(y) <= sum(lengths)
    assert np.all(y > 0)
    if overlap == 0:
        np.testing.assert_array_equal(y, np.ones(sum(lengths)))


def test_a_cross_fade_keeps_the_power_of_noise():
    rng = np.random.default_rng(0)
    y = prepare.cross_fade([rng.standard_normal(50_000) for _ in range(2)], 20_000)
    assert len(y) == 80_000
    assert audio.level_db(y[30_000:50_000]) == pytest.approx(0, abs=0.2)


def test_prompts_are_joined_with_pauses():
    y = prepare.with_pauses([np.ones(100), np.ones(50)], RATE, 0.01)
    assert len(y) == 100 + 160 + 50
    np.testing.assert_array_equal(y[100:260], 0)


def test_rumble_is_taken_out_and_the_rest_left():
    x = tone(2) + 0.3 + tone(2, hz=3.0)
    y = prepare.without_rumble(x, RATE)
    middle = slice(RATE // 2, -RATE // 2)
    np.testing.assert_allclose(y[middle], tone(2)[middle], atol=0.02)


def test_levels_and_the_peak_that_none_passes():
    x = prepare.background([tone(1)], RATE, 0.0)
    assert audio.level_db(x) == pytest.approx(-26, abs=0.01)
    click = np.zeros(RATE)
    click[8000] = 1e-3
    assert np.max(np.abs(prepare.background([click], RATE, 0.0))) == pytest.approx(0.9)
    spoken = np.concatenate([silence(0.5), tone(1), silence(2), tone(1)])
    y = prepare.speech([spoken, spoken], RATE, 20.0)
    assert audio.active_level(y, RATE) == pytest.approx(-23, abs=0.01)
    assert len(y) / RATE < 6


def test_an_impulse_response_keeps_its_onset():
    rng = np.random.default_rng(0)
    x = np.zeros(RATE)
    x[100:] = rng.standard_normal(RATE - 100) * np.exp(-np.arange(RATE - 100) / 2000)
    x[100] = 8.0
    y = prepare.response(x, RATE)
    assert np.argmax(np.abs(y)) == 100
    assert np.max(np.abs(y)) == pytest.approx(0.9)
    np.testing.assert_array_equal(y[:100], 0)
    assert abs(y[-1]) < 1e-6


def test_what_is_written_has_16_bits_and_is_whole(tmp_path):
    path = tmp_path / "a" / "b" / "x.flac"
    prepare.write(path, np.array([0.0, 0.5, -1.0, 1.0]), RATE)
    x, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(x, [0, 16_384, -32_767, 32_767])
    assert [file.name for file in path.parent.iterdir()] == ["x.flac"]


def test_decoding_wav_averages_and_resamples(tmp_path):
    path = tmp_path / "x.wav"
    audio.save(path, np.stack([np.full(8000, 0.5), np.full(8000, 0.25)]), 8000)
    x, rate = prepare.decode(path, None)
    assert rate == 8000
    np.testing.assert_array_equal(x, 0.375)
    x, rate = prepare.decode(path, RATE)
    assert (len(x), rate) == (RATE, RATE)


def test_decoding_the_telephone_formats(tmp_path):
    """GSM written by libsndfile and read by PyAV: the same tone."""
    pytest.importorskip("av", reason="PyAV comes with the extra `data`")
    path = tmp_path / "x.gsm"
    x = 0.5 * np.sin(2 * np.pi * 500 * np.arange(8000) / 8000)
    soundfile.write(path, x, 8000, format="RAW", subtype="GSM610")
    y, rate = prepare.decode(path, None)
    assert rate == 8000
    assert np.corrcoef(x[:7900], y[:7900])[0, 1] > 0.98
    wanted, _ = soundfile.read(
        path, samplerate=8000, channels=1, format="RAW", subtype="GSM610"
    )
    np.testing.assert_allclose(y[: len(wanted)], wanted, atol=2e-4)


def test_without_pyav_the_remedy_is_named(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "av":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"x\.g722 needs PyAV.*coursekit\[data\]"):
        prepare.decode(tmp_path / "x.g722", RATE)
