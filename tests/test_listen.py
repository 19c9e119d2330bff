"""The player is honest: what arrives in the page is what the numbers say."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import listen

RATE = 16000
STEP = 1 / 32767  # of 16 bits


def tone(amplitude: float, samples: int = 800) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * 440 * np.arange(samples) / RATE)


class Page(HTMLParser):
    """The elements of a page, with attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def heard(player: listen.Player) -> list[tuple[np.ndarray, int]]:
    """Decode what a browser would play."""
    sounds = []
    for audio in Page(player._repr_html_()).all("audio"):
        head, data = audio["src"].split(",", 1)
        assert head == "data:audio/wav;base64"
        samples, rate = soundfile.read(
            io.BytesIO(base64.b64decode(data)), dtype="int16"
        )
        sounds.append((samples.T, rate))
    return sounds


@pytest.mark.parametrize("amplitude", [1.0, 0.5, 1e-2, 1e-3])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_what_is_heard_is_what_was_given(amplitude, rate):
    x = tone(amplitude)
    ((samples, heard_rate),) = heard(listen.play(x, rate, "a tone"))
    assert heard_rate == rate
    assert np.abs(samples * STEP - x).max() <= 0.5 * STEP * (1 + 1e-9)


def test_a_quiet_sound_stays_quiet():
    player = listen.play({"loud": tone(0.9), "quiet": tone(0.9e-3)}, RATE)
    (loud, _), (quiet, _) = heard(player)
    ratio = np.sqrt(
        np.mean(loud.astype(float) ** 2) / np.mean(quiet.astype(float) ** 2)
    )
    assert 20 * np.log10(ratio) == pytest.approx(60, abs=0.2)


@given(gain=st.floats(-60, 0), scale=st.floats(0.01, 1))
@settings(max_examples=25, deadline=None)
def test_all_sounds_of_a_row_have_one_gain(gain, scale):
    x, y = tone(1.0, 200), scale * tone(1.0, 200)
    (a, _), (b, _) = heard(listen.play({"x": x, "y": y}, RATE, gain_db=gain))
    factor = 10 ** (gain / 20)
    assert np.abs(a * STEP - factor * x).max() <= 0.51 * STEP
    assert np.abs(b * STEP - factor * y).max() <= 0.51 * STEP


def test_stereo_keeps_left_left():
    left = np.stack([tone(0.5), np.zeros(800)])
    ((samples, _),) = heard(listen.play(left, RATE, "left only"))
    assert samples.shape == (2, 800)
    assert samples[0].any()
    assert not samples[1].any()


def test_the_sound_that_was_given_is_left_alone():
    x = tone(0.5)
    before = x.copy()
    listen.play(x, RATE, "a tone", gain_db=-20)._repr_html_()
    np.testing.assert_array_equal(x, before)


def test_full_scale_is_allowed_and_does_not_wrap():
    ((samples, _),) = heard(listen.play([1.0, -1.0, 1.0, -1.0], RATE, "the limits"))
    assert samples.tolist() == [32767, -32767, 32767, -32767]


def test_the_gain_is_said_and_its_absence_is_not():
    x = tone(0.1)
    assert "played at" not in repr(listen.play(x, RATE, "a tone"))
    one = listen.play(x, RATE, "a tone", gain_db=6)
    row = listen.play({"a": x, "b": x}, RATE, "two tones", gain_db=-6.5)
    assert "played at +6.0 dB" in Page(one._repr_html_()).text
    assert "two tones; all played at -6.5 dB" in Page(row._repr_html_()).text


def test_length_and_level_stand_beside_the_caption():
    square = 0.1 * np.tile([1.0, -1.0], RATE)
    assert repr(listen.play(square, RATE, "a buzz")) == (
        "[audio] a buzz (2.0 s, -20.0 dBFS)"
    )
    assert "silence" in repr(listen.play(np.zeros(9), RATE, "nothing"))
    lost = listen.play(1e-5 * square, RATE, "hardly anything")
    assert "silent: quieter than a 16-bit step" in repr(lost)


def test_markup_in_a_caption_is_shown_and_not_run():
    bad = '"><script>alert(1)</script> & x < y'
    page = Page(listen.play({bad: tone(0.1), "b": tone(0.1)}, RATE, bad)._repr_html_())
    assert page.all("script") == []
    assert page.all("audio")[0]["aria-label"] == bad
    assert page.text.count(bad) == 2


def test_each_player_is_a_figure_with_a_caption_and_a_name():
    page = Page(listen.play({"s": tone(0.1), "s + n": tone(0.2)}, RATE)._repr_html_())
    assert len(page.all("figure")) == len(page.all("figcaption")) == 2
    audios = page.all("audio")
    assert [a["aria-label"] for a in audios] == ["s", "s + n"]
    assert all("controls" in a and "autoplay" not in a for a in audios)
    assert all(a["data-lm-suppress-shortcuts"] == "true" for a in audios)
    assert len(set(re.findall(r"\(\d\.\d s, -\d\d\.\d dBFS\)", page.text))) == 2


def test_it_shows_itself_as_html_and_as_text():
    player = listen.play(tone(0.1), RATE, "a tone")
    bundle = player._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/plain"] == repr(player)


def test_it_is_small():
    x = np.random.default_rng(0).uniform(-0.3, 0.3, 10 * RATE)
    page = listen.play(x, RATE, "noise")._repr_html_()
    assert len(page) < 2 * len(x) * 4 / 3 + 700


def test_stereo_at_a_high_rate_reaches_the_limit_of_weight_first():
    with pytest.raises(ValueError, match="an excerpt of at most 23 s"):
        listen.play(np.zeros((2, 24 * 44100)), 44100, "long")
    listen.play(np.zeros(24 * 44100), 44100, "long, but mono")


def test_a_tensor_is_welcome():
    torch = pytest.importorskip("torch")
    x = tone(0.5)
    ((samples, _),) = heard(listen.play(torch.from_numpy(x), RATE, "a tensor"))
    assert np.abs(samples * STEP - x).max() < STEP


@pytest.mark.parametrize(
    ("sound", "caption", "message"),
    [
        (tone(0.1), "", "the caption is missing"),
        (tone(0.1), "  \n", "the caption is missing"),
        ({"": tone(0.1)}, "two", "the caption is missing"),
        ({3: tone(0.1)}, "", "the caption is missing"),
        ({}, "nothing", "the mapping is empty"),
        ([], "a", r"'a' is empty: its shape is \(0,\)"),
        (np.zeros((2, 0)), "a", r"is empty: its shape is \(2, 0\)"),
        (0.5, "a", r"'a' has the shape \(\)"),
        (np.zeros((3, 9)), "a", r"'a' has the shape \(3, 9\)"),
        (np.zeros((9, 2)), "a", r"\(9, 2\).*transpose"),
        (np.zeros((1, 2, 9)), "a", r"\(1, 2, 9\)"),
        ([0.1, np.nan, np.nan], "a", "'a' holds 2 times nan"),
        ([0.1, -np.inf], "a", "'a' holds 1 times -inf"),
        ([0.1, -1.25], "a", r"'a' would clip: .* 1\.25, .*gain_db=-3"),
        ([0.1j], "a", "'a' is not a real sound: its dtype is complex128"),
        (["a"], "a", "'a' is not a real sound"),
        (np.zeros(61 * RATE), "a", r"'a' lasts 61 s .* excerpt of at most 60 s"),
    ],
)
def test_what_cannot_be_played_says_why(sound, caption, message):
    with pytest.raises(ValueError, match=message):
        listen.play(sound, RATE, caption)


def test_the_gain_that_a_clipping_error_proposes_is_enough():
    x = 40 * tone(1.0)
    with pytest.raises(ValueError, match="would clip") as error:
        listen.play({"a": x, "b": 0.1 * x}, RATE, gain_db=3)
    remedy = float(re.search(r"gain_db=(-\d+)", str(error.value)).group(1))
    (a, _), _ = heard(listen.play({"a": x, "b": 0.1 * x}, RATE, gain_db=remedy))
    assert 0.7 < np.abs(a).max() * STEP < 1


@pytest.mark.parametrize("rate", [0, -1, 3999, 16000.5, 1e6, float("nan")])
def test_a_rate_that_no_browser_plays_is_refused(rate):
    with pytest.raises(ValueError, match="cannot be played"):
        listen.play(tone(0.1), rate, "a tone")


@pytest.mark.parametrize("gain_db", [float("nan"), float("inf")])
def test_a_gain_is_a_number(gain_db):
    with pytest.raises(ValueError, match="gain_db is"):
        listen.play(tone(0.1), RATE, "a tone", gain_db=gain_db)


def test_the_channel_test_tells_left_from_right():
    sounds = listen.channel_test(RATE, seconds=0.5, hz=1000)
    left, right, both = sounds.values()
    assert left.shape == right.shape == both.shape == (2, 8000)
    assert not left[1].any()
    assert not right[0].any()
    np.testing.assert_array_equal(left[0], right[1])
    np.testing.assert_array_equal(both, left - right)
    assert np.abs(left).max() == pytest.approx(0.1, rel=1e-2)
    assert left[0, 0] == left[0, -1] == 0
    assert np.abs(np.fft.rfft(left[0])).argmax() * RATE / 8000 == 1000
    listen.play(sounds, RATE)


@pytest.mark.parametrize(
    "arguments", [{"hz": 8000}, {"hz": 0}, {"seconds": 0.05}, {"hz": float("nan")}]
)
def test_a_channel_test_that_cannot_be_is_refused(arguments):
    with pytest.raises(ValueError, match="the tone needs"):
        listen.channel_test(RATE, **arguments)


@pytest.mark.parametrize("level_db", [-60.0, -30.0, -15.0])
def test_calibration_noise_has_its_level_and_is_pink(level_db):
    rng = np.random.default_rng(1)
    x = listen.calibration_noise(rng, RATE, seconds=8, level_db=level_db)
    assert 10 * np.log10(np.mean(x**2)) == pytest.approx(level_db, abs=1e-9)
    assert np.abs(x).max() < 1
    power = np.abs(np.fft.rfft(x)) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / RATE)
    octaves = [power[(hz >= f) & (hz < 2 * f)].sum() for f in (100, 400, 1600, 3200)]
    assert 10 * np.log10(max(octaves) / min(octaves)) < 1
    assert power[hz < 49].sum() < 1e-12 * power.sum()


def test_calibration_noise_repeats_with_its_seed_only():
    make = listen.calibration_noise
    a, b, c = (make(np.random.default_rng(s), RATE, seconds=0.1) for s in (5, 5, 6))
    np.testing.assert_array_equal(a, b)
    assert not np.allclose(a, c)


@pytest.mark.parametrize(
    "arguments", [{"level_db": -3.0}, {"seconds": 0}, {"level_db": float("nan")}]
)
def test_calibration_noise_that_could_hurt_is_refused(arguments):
    with pytest.raises(ValueError, match="the noise needs"):
        listen.calibration_noise(np.random.default_rng(0), RATE, **arguments)
