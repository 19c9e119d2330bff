import numpy as np
import pytest

from coursekit import psychoacoustics as pa
from coursekit.demos import perception as demo


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_bands_have_one_power_and_beeps_too(rng):
    bands = [np.mean(x**2) for x in demo.band_sounds(rng, 10).values()]
    assert len(bands) == 5
    assert np.ptp(10 * np.log10(bands)) < 0.2
    beeps = demo.beep_sounds(60)
    assert list(beeps) == [demo.beep_name(f) for f in pa.BEEP_OFFSETS_HZ]


# --- pictures -----------------------------------------------------------------------


def test_bands_picture_names_the_silent_ones():
    assert "so silent: 0 to 160 Hz." in demo.draw_bands(10).alt
    assert "so silent: none." in demo.draw_bands(20).alt
    assert demo.draw_bands(3).alt.count(" to ") >= 3


def test_beeps_picture_follows_the_model():
    assert "Hidden by the model: +10 Hz." in demo.draw_beeps(60).alt
    assert "Hidden by the model: none." in demo.draw_beeps(64).alt
    assert demo.draw_beeps(60, "noise").alt.count("Hz,") > 2


def test_beat_picture_draws_the_true_envelope():
    picture = demo.draw_beat(20, -6)
    signal, envelope = picture.axes[0].get_lines()
    y, e = signal.get_ydata(), envelope.get_ydata()
    assert np.all(np.abs(y) <= e + 1e-9)
    assert 20 * np.log10(e.max() / e.min()) == pytest.approx(pa.beat_depth(-6), 1e-3)


def test_errors_picture_shades_only_what_is_audible(rng):
    s = 0.05 * rng.standard_normal(8000)
    faint, loud = s + 1e-6 * s, s + 0.05 * rng.standard_normal(8000)
    alt = demo.draw_errors(s, {"faint": faint, "loud": loud}, 16000).alt
    assert "faint: above the mask on 0 % of the lines." in alt
    assert "loud: above the mask on 0 %" not in alt
