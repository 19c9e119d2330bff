"""The slides' questions: what is played, and what the model answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.psychoacoustics import (
    BANDS,
    BEEP_OFFSETS_HZ,
    amplitude,
    band_noise,
    band_threshold,
    beat_depth,
    beep_beside_noise,
    beep_beside_tone,
    beep_threshold,
    frames_of,
    hearing_threshold,
    hidden_beeps,
    masker_threshold,
    psd,
    ramped,
    silent_bands,
    tone,
)
from coursekit.psychoacoustics.stimuli import RATE


def spectrum(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies and powers of a whole sound, its mean square in all."""
    X = np.abs(np.fft.rfft(x)) ** 2 * 2 / x.size**2
    return np.fft.rfftfreq(x.size, 1 / RATE), X


# --- sounds ---


@pytest.mark.parametrize("level", [10, 60, 96])
def test_levels_are_those_of_the_calibrated_spectrum(level):
    hz = 20 * RATE / 512
    X = psd(frames_of(tone(hz, level)))
    middle = X[len(X) // 2]
    assert middle.max() == pytest.approx(level, abs=1e-3)
    assert middle.argmax() == 20
    assert amplitude(level) == pytest.approx(10 ** ((level - 96) / 20))


@pytest.mark.parametrize("band", BANDS)
def test_bands_hold_what_they_say_at_equal_power(band):
    x = band_noise(band, 40, np.random.default_rng(0), seconds=1)
    f, X = spectrum(x)
    inside = (f >= band[0] - 60) & (f <= band[1] + 60)  # the ramps widen it
    assert X[inside].sum() > 0.9999 * X.sum()
    assert np.mean(x**2) == pytest.approx(amplitude(40) ** 2 / 2, rel=0.06)
    assert abs(x[0]) < 1e-3 * np.abs(x).max()


def test_sounds_begin_and_end_softly():
    x = ramped(np.ones(RATE))
    n = round(0.02 * RATE)
    assert np.array_equal(x[:n], x[::-1][:n])
    assert np.all(np.diff(x[:n]) > 0)
    assert np.all(x[n:-n] == 1)
    assert x[0] < 1e-5


def test_the_slide_is_kept():
    assert set(BEEP_OFFSETS_HZ) == {20, -40, -20, 30, 10, -10}
    assert BANDS[2] == (0, 160)
    assert len(BANDS) == 5
    assert {high - low for low, high in BANDS} == {160}


@pytest.mark.parametrize("offset", BEEP_OFFSETS_HZ)
def test_a_mixture_is_tone_plus_beeps(offset):
    x, s, n = beep_beside_tone(offset, seconds=1)
    assert np.array_equal(x, s + n)
    f, S = spectrum(s)
    assert f[S.argmax()] == pytest.approx(785, abs=1)
    f, N = spectrum(n)
    assert f[N.argmax()] == pytest.approx(785 + offset, abs=5)
    assert 20 * np.log10(s.max() / n.max()) == pytest.approx(10, abs=0.1)
    assert np.all(n[: RATE // 4] == 0)


def test_beside_noise_nothing_is_steady():
    x, s, n = beep_beside_noise(10, np.random.default_rng(0), seconds=1)
    assert np.array_equal(x, s + n)
    f, S = spectrum(s)
    assert S[(f > 700) & (f < 870)].sum() > 0.999 * S.sum()


# --- answers ---


def test_only_the_lowest_band_is_silent():
    least = [15.8, 3.5, -2.9, 1.6, 4.5]
    assert sorted(band_threshold(b) for b in BANDS) == pytest.approx(
        sorted(least), abs=0.05
    )
    for level in (5, 10, 15):
        assert silent_bands(level) == ((0, 160),)
    assert silent_bands(-5) == BANDS
    assert silent_bands(16) == ()


def test_a_bands_centre_tells_the_same():
    for band, quiet in zip(BANDS, (1.7, -2.5, 27.4, 3.8, 4.6), strict=True):
        assert hearing_threshold(sum(band) / 2) == pytest.approx(quiet, abs=0.05)


@pytest.mark.parametrize(
    ("level", "offsets", "thresholds"),
    [
        (
            80,
            (-40, -20, -10, 10, 20, 30, 40),
            (60.7, 66.4, 69.2, 70.8, 69.6, 68.3, 67.1),
        ),
        (
            60,
            (-40, -20, -10, 10, 20, 30, 40),
            (43.1, 47.6, 49.8, 50.8, 49.6, 48.3, 47.1),
        ),
        (70, (-40, -30, -20, -10, 10), (51.9, 54.4, 57.0, 59.5, 60.8)),
    ],
)
def test_thresholds_beside_785_hz(level, offsets, thresholds):
    found = [beep_threshold(f, level) for f in offsets]
    assert found == pytest.approx(thresholds, abs=0.06)


@given(st.floats(40, 90), st.sampled_from(["tonal", "noise"]))
def test_40_below_is_the_most_exposed_and_10_above_the_best_masked(level, kind):
    threshold = {f: beep_threshold(f, level, kind) for f in BEEP_OFFSETS_HZ}
    assert min(threshold, key=threshold.get) == -40
    assert max(threshold, key=threshold.get) == 10


def test_which_beep_is_not_there():
    assert hidden_beeps() == (10,)
    assert hidden_beeps(70, 60) == (10,)
    assert hidden_beeps(70, 52) == (20, -20, 30, 10, -10)
    assert hidden_beeps(70, 45) == BEEP_OFFSETS_HZ
    assert hidden_beeps(70, 65) == ()


def test_quiet_counts_too():
    assert beep_threshold(10, 0) == pytest.approx(hearing_threshold(795), abs=0.7)
    masked = masker_threshold(20, 785, 745, "tonal")
    quiet = hearing_threshold(745)
    both = 10 * np.log10(10 ** (masked / 10) + 10 ** (quiet / 10))
    assert beep_threshold(-40, 20) == pytest.approx(both)


@given(st.floats(-40, -1))
def test_beats_swell_and_fade_as_deep_as_the_formula(relative):
    t = np.linspace(0, 1, 4000, endpoint=False)
    envelope = np.abs(1 + 10 ** (relative / 20) * np.exp(2j * np.pi * t))
    ripple = 20 * np.log10(envelope.max() / envelope.min())
    assert beat_depth(relative) == pytest.approx(ripple, rel=1e-4)


# --- what is refused ---


def test_what_cannot_be_played():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="loudest sine is 96 dB SPL, got 97"):
        tone(1000, 97)
    with pytest.raises(ValueError, match="between 0 and 22050 Hz, got 30000"):
        tone(30000, 60)
    with pytest.raises(ValueError, match="got 300 to 200"):
        band_noise((300, 200), 60, rng)
    with pytest.raises(ValueError, match="do not fit into 10"):
        ramped(np.ones(10))
    with pytest.raises(ValueError, match="below 0 dB of the stronger, got 3"):
        beat_depth(3)
    with pytest.raises(ValueError, match="'tonal' or 'noise', got 'hum'"):
        beep_threshold(10, 70, "hum")
