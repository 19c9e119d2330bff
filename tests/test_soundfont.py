"""The SoundFont player against a font built here, of which all is known."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from coursekit import soundfont
from coursekit.soundfont import RATE, Envelope, read

PERIOD = 100  # samples of the recorded sine: 441 Hz at 44.1 kHz
ROOT = 69


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def listed(name: bytes, *chunks: bytes) -> bytes:
    return chunk(b"LIST", name + b"".join(chunks))


def font_file(zones, common=None, periods=40, rate=44100) -> bytes:
    """An SF2 file: one preset, one instrument, one recorded sine of 441 Hz.

    `zones` are the settings of the instrument's zones, `common` of its first,
    which has no recording of its own.
    """
    n = PERIOD * periods
    wave = np.sin(2 * np.pi * np.arange(n) / PERIOD)
    samples = np.concatenate([np.round(16384 * wave), np.zeros(46)]).astype("<i2")
    bags = ([common] if common else []) + [{**zone, 53: 0} for zone in zones]
    starts, settings = [], []
    for bag in bags:
        starts.append(len(settings))
        settings += list(bag.items())
    starts.append(len(settings))

    def pairs(rows):
        return b"".join(struct.pack("<Hh", *row) for row in [*rows, (0, 0)])

    def head(name, *rest):
        return struct.pack("<20s" + "H" * len(rest), name, *rest)

    shdr = struct.pack(
        "<20s5IBbHH", b"sine", 0, n, PERIOD, n - PERIOD, rate, ROOT, 0, 0, 1
    )
    pdta = listed(
        b"pdta",
        chunk(
            b"phdr", head(b"p", 5, 0, 0) + bytes(12) + head(b"EOP", 0, 0, 1) + bytes(12)
        ),
        chunk(b"pbag", struct.pack("<4H", 0, 0, 1, 0)),
        chunk(b"pgen", pairs([(41, 0)])),
        chunk(b"inst", head(b"i", 0) + head(b"EOI", len(bags))),
        chunk(b"ibag", b"".join(struct.pack("<2H", s, 0) for s in starts)),
        chunk(b"igen", pairs(settings)),
        chunk(b"shdr", shdr + bytes(46)),
    )
    body = listed(b"INFO") + listed(b"sdta", chunk(b"smpl", samples.tobytes())) + pdta
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"sfbk" + body


@pytest.fixture
def font(tmp_path):
    """Read a font with the given settings: ``font({54: 1}, ...)``."""

    def make(*zones, **about):
        path = tmp_path / "f.sf2"
        path.write_bytes(font_file(zones or [{54: 1}], **about))
        return read(path)

    return make


def frequency(x: np.ndarray) -> float:
    """The strongest frequency in Hz, to a thousandth of a bin of the whole sound."""
    n = 1 << 20
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), n))
    k = int(spectrum.argmax())
    a, b, c = np.log(spectrum[k - 1 : k + 2])
    return (k + 0.5 * (a - c) / (a - 2 * b + c)) * RATE / n


def cents(hz: float, expected: float) -> float:
    return 1200 * np.log2(hz / expected)


@pytest.mark.parametrize("key", [33, 57, 69, 70, 81, 93])
def test_a_note_has_the_pitch_of_its_key(font, key):
    x = font().note(program=5, key=key, velocity=127, seconds=1.0)
    expected = 441 * 2 ** ((key - ROOT) / 12)
    assert abs(cents(frequency(x[: RATE // 2]), expected)) < 0.1


def test_the_loop_keeps_the_pitch_and_the_level(font):
    """Most of this second lies behind the end of the recording of 0.09 s."""
    x = font().note(5, ROOT, 127, 1.0)[:RATE]
    late = x[RATE // 2 :]
    assert abs(cents(frequency(late), 441)) < 0.1
    t = np.arange(RATE)
    sine = 0.5 * np.sin(2 * np.pi * t / PERIOD)
    assert np.abs(x - sine)[50:].max() < 1e-4


def test_between_samples_the_sound_is_interpolated(font):
    x = font().note(5, ROOT - 7, 127, 0.5)[: RATE // 2]
    t = np.arange(len(x))
    sine = 0.5 * np.sin(2 * np.pi * t * 2 ** (-7 / 12) / PERIOD)
    assert np.abs(x - sine)[50:].max() < 1e-4


def test_without_a_loop_the_recording_ends(font):
    x = font({54: 0}).note(5, ROOT, 127, 1.0)
    assert len(x) == pytest.approx(40 * PERIOD, abs=3)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({51: 2, 52: -50}, 441 * 2 ** (1.5 / 12)),
        ({58: 81}, 441 / 2),
        ({56: 50}, 441 * 2 ** (6 / 12)),
    ],
    ids=["tuning", "another root", "half scale"],
)
def test_tuning_is_heeded(font, settings, expected):
    """An octave above the root, by the settings of the zone."""
    key = ROOT + 12 if 56 in settings else ROOT
    x = font({54: 1, **settings}).note(5, key, 127, 0.6)
    assert abs(cents(frequency(x[: RATE // 2]), expected)) < 0.1


def test_the_rate_of_the_recording_is_heeded(font):
    x = font(rate=22050).note(5, ROOT, 127, 0.6)
    assert abs(cents(frequency(x[: RATE // 2]), 220.5)) < 0.1


def test_keys_and_velocities_choose_the_recording(font):
    def byte_pair(low, high):
        return low | high << 8

    f = font(
        {43: byte_pair(0, 59), 54: 1, 51: 12},
        {43: byte_pair(60, 100), 44: byte_pair(64, 127), 54: 1},
    )
    low, high = f.note(5, 57, 100, 0.6), f.note(5, 69, 100, 0.6)
    assert abs(cents(frequency(low[: RATE // 2]), 441)) < 0.1
    assert abs(cents(frequency(high[: RATE // 2]), 441)) < 0.1
    with pytest.raises(ValueError, match="no recording for key 69 at velocity 20"):
        f.note(5, 69, 20, 0.5)
    with pytest.raises(ValueError, match="no recording for key 101"):
        f.note(5, 101, 100, 0.5)


def test_common_settings_reach_every_zone_and_a_zone_s_own_win(font):
    f = font({54: 1}, {54: 1, 51: 0}, common={51: 12})
    assert [round(v.step, 6) for v in f.voices(5, ROOT, 100)] == [2.0, 1.0]


def test_attenuation_and_velocity_set_the_level(font):
    def level(settings, velocity):
        x = font({54: 1, **settings}).note(5, ROOT, velocity, 0.5)[2000:20000]
        return 20 * np.log10(np.sqrt(np.mean(x**2)))

    full = level({}, 127)
    assert level({48: 100}, 127) == pytest.approx(full - 4, abs=1e-6)
    assert level({}, 64) == pytest.approx(full + 40 * np.log10(64 / 127), abs=1e-6)


def test_the_filter_takes_the_treble(font):
    """At its cutoff a Butterworth filter lets half of the power through."""
    at_pitch = round(1200 * np.log2(441 / 8.176))
    full = font().note(5, ROOT, 127, 0.5)[4000:20000]
    half = font({54: 1, 8: at_pitch}).note(5, ROOT, 127, 0.5)[4000:20000]
    ratio_db = 10 * np.log10(np.mean(half**2) / np.mean(full**2))
    assert ratio_db == pytest.approx(-3.01, abs=0.1)


def test_the_filter_follows_its_envelope(font):
    """It opens by four octaves within 0.25 s, from two octaves below the tone.

    At 0.055 s it is 13.4 semitones below: by its formula 13.6 dB are lost.
    """
    low = round(1200 * np.log2(441 / 8.176)) - 2400
    f = font({54: 1, 8: low, 11: 4800, 26: -2400})
    x = f.note(5, ROOT, 127, 1.0)
    early, late = (np.mean(x[a : a + 500] ** 2) for a in (2180, 30000))
    assert 10 * np.log10(late / early) == pytest.approx(13.6, abs=1)


def test_the_envelope_rises_holds_falls_and_is_let_go():
    e = Envelope(delay=0.1, attack=0.2, hold=0.1, decay=1.0, sustain=0.2, release=0.5)
    t = np.array([0.05, 0.2, 0.35, 0.5, 0.6, 0.9, 1.0, 1.1, 1.5])
    level = e.amplitude(t, held=1.0)
    expected_db = [0, -10, -20, -20, -20, -40, -120]
    np.testing.assert_allclose(level[:2], [0, 0.5], atol=1e-12)
    np.testing.assert_allclose(20 * np.log10(level[2:]), expected_db, atol=1e-9)
    value = e.value(t, held=1.0)
    np.testing.assert_allclose(
        value, [0, 0.5, 1, 0.9, 0.8, 0.8, 0.8, 0.6, 0], atol=1e-12
    )


def test_a_key_let_go_early_never_reaches_the_top():
    e = Envelope(0.001, 1.0, 0.001, 1.0, 0.0, 0.2)
    t = np.arange(0, 1, 0.01)
    level = e.amplitude(t, held=0.25)
    assert level.max() == pytest.approx(0.249, abs=1e-6)
    assert t[level.argmax()] == pytest.approx(0.25)
    assert (np.diff(level[25:]) < 0).all()


@pytest.mark.parametrize(
    ("key", "velocity", "seconds"),
    [(-1, 100, 1), (128, 100, 1), (60, 0, 1), (60, 128, 1), (60, 100, 0), (60, 1, 99)],
)
def test_a_note_out_of_range_is_refused(font, key, velocity, seconds):
    with pytest.raises(ValueError, match="keys go from 0 to 127"):
        font().note(5, key, velocity, seconds)


def test_a_missing_program_is_named(font):
    with pytest.raises(ValueError, match=r"no program 6; it has \[5\]"):
        font().note(6, ROOT, 100, 1)


def test_what_is_no_font_is_refused(tmp_path):
    path = tmp_path / "x.sf2"
    path.write_bytes(b"RIFF0000WAVEfmt ")
    with pytest.raises(ValueError, match=r"x\.sf2 is no SoundFont"):
        read(path)


@pytest.mark.parametrize("program", [0, 25, 33])
@pytest.mark.parametrize("key", [40, 52, 64, 76])
def test_the_installed_font_is_in_tune(program, key):
    """Within 16 cents: the font's own recordings are that good."""
    x = soundfont.general_midi().note(program, key, 100, 0.6)[2000:24000]
    f0, n = 440 * 2 ** ((key - 69) / 12), 1 << 19
    hz = np.arange(n // 2 + 1) * RATE / n
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), n))
    for harmonic in (1, 2):
        near = np.abs(hz / (harmonic * f0) - 1) < 0.06
        assert abs(cents(hz[near][spectrum[near].argmax()], harmonic * f0)) < 16
