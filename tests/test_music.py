"""Scores, stems, places: what is heard is what the score says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import music
from coursekit.music import Note, Score

RATE = 16000
KEYS = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")


def piece(seed=0, seconds=12.0, bpm=100.0) -> Score:
    return music.score(np.random.default_rng(seed), seconds, bpm)


def one_note(name: str, note: Note, seconds=2.0, rate=RATE) -> np.ndarray:
    return music.render(Score("C major", ("I",), 100, seconds, {name: (note,)}), rate)[
        name
    ]


@pytest.fixture(scope="module")
def stems():
    return music.ensemble(np.random.default_rng(3), seconds=6, rate=RATE)


# -- Pitch ------------------------------------------------------------------------


def test_concert_pitch_octaves_and_semitones():
    assert music.midi_to_hz(69) == 440
    np.testing.assert_allclose(music.midi_to_hz([57, 81]), [220, 880])
    np.testing.assert_allclose(music.midi_to_hz(60), 261.6255653, rtol=1e-9)


@given(st.floats(-20, 150))
def test_pitch_and_frequency_are_inverse(pitch):
    assert music.hz_to_midi(music.midi_to_hz(pitch)) == pytest.approx(pitch, abs=1e-9)


@pytest.mark.parametrize("hz", [0.0, -440.0, float("nan")])
def test_what_has_no_pitch_is_refused(hz):
    with pytest.raises(ValueError, match="has no pitch"):
        music.hz_to_midi([440.0, hz])


# -- Scores -----------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.floats(1, 30), st.floats(40, 240))
@settings(max_examples=40, deadline=None)
def test_every_note_lies_in_the_piece_in_the_key_and_in_range(seed, seconds, bpm):
    written = piece(seed, seconds, bpm)
    tonic = KEYS.index(written.key.removesuffix(" major"))
    scale = {(tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    ranges = {"Gtr1": (48, 71), "Gtr2": (64, 75), "piano": (55, 66), "bass": (28, 39)}
    assert set(written.parts) == set(ranges)
    for name, notes in written.parts.items():
        low, high = ranges[name]
        assert list(notes) == sorted(notes, key=lambda n: (n.start, n.pitch))
        for note in notes:
            assert note.pitch % 12 in scale
            assert low <= note.pitch <= high
            assert 1 <= note.velocity <= 127
            assert note.start >= 0
            assert note.start + note.seconds <= seconds + 1e-9


def test_the_bass_plays_the_root_of_each_chord():
    degrees = {"I": 0, "ii": 2, "iii": 4, "IV": 5, "V": 7, "vi": 9}
    for seed in range(8):
        written = piece(seed, 12, 120)
        tonic = KEYS.index(written.key.removesuffix(" major"))
        for bar, chord in enumerate(written.chords):
            at = [n for n in written.parts["bass"] if n.start == bar * 2]
            assert [n.pitch % 12 for n in at] == [(tonic + degrees[chord]) % 12]


def test_seeds_differ_and_repeat():
    assert piece(1) == piece(1)
    assert len({(piece(s).key, piece(s).chords) for s in range(12)}) > 6


@pytest.mark.parametrize(
    "arguments", [(0.5, 100), (601, 100), (10, 20), (10, 500), (float("nan"), 100)]
)
def test_a_piece_that_cannot_be_written_is_refused(arguments):
    with pytest.raises(ValueError, match="a piece lasts 1 to 600 s"):
        music.score(np.random.default_rng(0), *arguments)


# -- Sound ------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize(
    ("name", "pitch"), [("Gtr1", 57), ("Gtr2", 66), ("piano", 62), ("bass", 33)]
)
def test_a_note_sounds_when_and_where_the_score_says(name, pitch, rate):
    x = one_note(name, Note(0.5, 0.8, pitch, 90), rate=rate)
    assert x.shape == (2 * rate,)
    loud = np.flatnonzero(np.abs(x) > 0.05 * np.abs(x).max())
    assert loud[0] / rate == pytest.approx(0.5, abs=0.01)
    # pitch by autocorrelation, an octave around the score's
    held = x[int(0.6 * rate) : int(1.2 * rate)]
    n = 1 << 17
    spectrum = np.abs(np.fft.rfft(held, n)) ** 2
    factor = 8  # finer lags: interpolate the autocorrelation
    lags = np.fft.irfft(np.pad(spectrum, (0, (factor - 1) * n // 2)), factor * n)
    f0 = float(music.midi_to_hz(pitch))
    low, high = (int(factor * rate / (f0 * r)) for r in (1.4, 0.71))
    lag = low + int(lags[low:high].argmax())
    assert abs(1200 * np.log2(factor * rate / lag / f0)) < 15


def test_a_note_that_is_let_go_dies_away():
    x = one_note("bass", Note(0.0, 0.5, 33, 90))
    rms = [
        np.sqrt(np.mean(x[int(a * RATE) : int((a + 0.2) * RATE)] ** 2))
        for a in (0.2, 1)
    ]
    assert rms[1] < 0.01 * rms[0]


def test_onsets_of_a_whole_part_are_where_the_score_says():
    """Eight picked notes: the energy jumps at each of them, and only there."""
    notes = tuple(Note(0.25 + 0.5 * k, 0.3, 60 + k, 90) for k in range(8))
    x = music.render(Score("C major", ("I",), 120, 5.0, {"Gtr1": notes}), RATE)["Gtr1"]
    hop = 80  # 5 ms
    energy = np.square(x[: len(x) // hop * hop]).reshape(-1, hop).mean(axis=1)
    level = 10 * np.log10(energy + 1e-9)
    jump = level[2:] - level[:-2]
    at = np.flatnonzero(jump > 12) + 1
    onsets = at[np.diff(at, prepend=-100) > 20] * hop / RATE
    np.testing.assert_allclose(onsets, [note.start for note in notes], atol=0.015)


def test_the_two_guitars_share_one_timbre():
    note = Note(0.1, 0.5, 60, 90)
    np.testing.assert_array_equal(one_note("Gtr1", note), one_note("Gtr2", note))
    assert np.abs(one_note("piano", note) - one_note("Gtr1", note)).max() > 0.1


def test_an_ensemble_has_four_stems_that_all_play(stems):
    assert list(stems) == ["Gtr1", "Gtr2", "piano", "bass"]
    for stem in stems.values():
        assert stem.shape == (6 * RATE,)
        assert stem.dtype == np.float64
        assert 20 * np.log10(np.sqrt(np.mean(stem**2))) > -40


def test_no_way_to_pan_the_stems_clips(stems):
    magnitudes = np.sum([np.abs(stem) for stem in stems.values()], axis=0)
    assert magnitudes.max() == pytest.approx(music.LOUDEST)


def test_an_ensemble_repeats_with_its_seed_only(stems):
    again = music.ensemble(np.random.default_rng(3), 6, RATE)
    other = music.ensemble(np.random.default_rng(4), 6, RATE)
    for name, stem in stems.items():
        np.testing.assert_array_equal(stem, again[name])
        assert np.abs(stem - other[name]).max() > 0.05


def test_the_end_does_not_click():
    x = one_note("bass", Note(0.5, 0.5, 33, 90), seconds=1.0)
    assert abs(x[-1]) < 1e-2
    assert np.abs(x[-400:-200]).max() > 0.05


def test_an_empty_part_is_silent_and_an_unknown_one_refused():
    silent = Score("C major", ("I",), 100, 1.0, {"bass": ()})
    assert not music.render(silent, RATE)["bass"].any()
    with pytest.raises(ValueError, match=r"no instrument \['flute'\]; there are"):
        music.render(Score("C major", ("I",), 100, 1.0, {"flute": ()}), RATE)
    with pytest.raises(ValueError, match="the score is empty"):
        music.render(Score("C major", ("I",), 100, 1.0, {}), RATE)


# -- Space ------------------------------------------------------------------------


@given(st.floats(-45, 45))
def test_panning_keeps_the_power(degrees):
    left, right = music.pan([1.0], degrees)[:, 0]
    assert left**2 + right**2 == pytest.approx(1, abs=1e-12)
    # the deck's law is a turn by 45 degrees: R/L = tan(theta + 45)
    theta = np.deg2rad(degrees)
    assert left == pytest.approx(np.cos(theta + np.pi / 4), abs=1e-12)
    assert right == pytest.approx(np.sin(theta + np.pi / 4), abs=1e-12)


def test_minus_45_is_left_only_and_0_the_middle():
    x = np.random.default_rng(0).uniform(-1, 1, 9)
    np.testing.assert_allclose(music.pan(x, -45), [x, 0 * x], atol=1e-15)
    np.testing.assert_allclose(music.pan(x, 45), [0 * x, x], atol=1e-15)
    np.testing.assert_allclose(music.pan(x, 0), np.sqrt(0.5) * np.stack([x, x]))


def test_stems_sum_to_the_mix(stems):
    angles = {"Gtr1": -40, "Gtr2": 40, "piano": -10, "bass": 0}
    mix = music.mixdown(stems, angles)
    parts = [music.pan(stems[name], angle) for name, angle in angles.items()]
    np.testing.assert_allclose(mix, sum(parts), atol=1e-15)
    assert mix.shape == (2, 6 * RATE)
    assert np.abs(mix).max() < 1


def test_all_in_the_middle_is_the_mono_sum(stems):
    mix = music.mixdown(stems, dict.fromkeys(stems, 0))
    np.testing.assert_allclose(mix[0] * np.sqrt(2), sum(stems.values()), atol=1e-12)
    np.testing.assert_array_equal(mix[0], mix[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: music.pan([1.0], 46), "46 degrees"),
        (lambda: music.pan([1.0], float("nan")), "nan degrees"),
        (lambda: music.pan([[1.0]], 0), r"the shape \(1, 1\)"),
        (lambda: music.mixdown({"a": [1.0]}, {"b": 0}), r"\['a'\].*\['b'\]"),
        (lambda: music.mixdown({}, {}), "one angle for each stem"),
        (
            lambda: music.mixdown({"a": [1.0], "b": [1.0, 2.0]}, {"a": 0, "b": 0}),
            r"differ in length: \{'a': 1, 'b': 2\}",
        ),
    ],
)
def test_what_cannot_be_placed_says_why(call, message):
    with pytest.raises(ValueError, match=message):
        call()
