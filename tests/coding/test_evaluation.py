"""Tables of codecs: what is measured, what counts as evidence, equal bytes."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit import data, metrics, psychoacoustics
from coursekit.coding import evaluation as ev
from coursekit.coding.evaluation import CodecScore
from coursekit.coding.traditional import Flac, Mp3, Opus

RATE = 16_000


@pytest.fixture(scope="module")
def sounds():
    names = ("austen_en_01", "ivrvoice_ru_04")
    return [
        data.clip(n).audio()[: RATE * k] for n, k in zip(names, (2, 1), strict=True)
    ]


@dataclass(frozen=True)
class Noisy:
    """A codec of known quality: so many bytes, and noise so far below the sound."""

    snr: float
    size: int
    rate: int = RATE
    name: str = "noisy"

    def encode(self, x):
        return np.float32(x).tobytes() + bytes(self.size)

    def decode(self, stream):
        x = np.frombuffer(stream[: len(stream) - self.size], np.float32).astype(float)
        noise = np.random.default_rng(0).standard_normal(len(x))
        return x + noise * np.linalg.norm(x) / np.linalg.norm(noise) / 10 ** (
            self.snr / 20
        )


# one row -------------------------------------------------------------------------


def test_bytes_are_those_of_all_streams_over_the_seconds_of_all_sounds(sounds):
    row = ev.measure(Noisy(20, 500), sounds, ())
    assert row.kbps == pytest.approx(8 * (4 * 3 * RATE + 2 * 500) / 3 / 1000)


def test_a_codec_of_known_noise_has_its_snr_and_the_metrics_own_figures(sounds):
    row = ev.measure(Noisy(20, 0), sounds, ())
    assert row.snr == pytest.approx(20, abs=1e-4)
    pairs = [(x, Noisy(20, 0).decode(Noisy(20, 0).encode(x))) for x in sounds]
    by_hand = [psychoacoustics.nmr(x, y, RATE) for x, y in pairs]
    assert row.nmr == pytest.approx(np.mean([n.mean for n in by_hand]))
    assert row.worst == pytest.approx(max(n.maximum for n in by_hand))
    assert row.audible == pytest.approx(np.mean([n.audible_share for n in by_hand]))
    assert math.isnan(row.zimtohrli)
    assert math.isnan(row.visqol)


def test_silence_has_no_bytes_and_no_snr(sounds):
    row = ev.silence(sounds, RATE, ())
    assert (row.codec, row.kbps, row.snr) == ("silence", 0.0, 0.0)
    assert abs(row.nmr) < 3  # the sound is its own error: it masks itself, nearly


def test_what_does_not_beat_silence_is_no_evidence(sounds):
    nothing = ev.silence(sounds, RATE, ())
    good = ev.measure(Opus(24), sounds, ())
    assert ev.is_evidence(good, nothing)
    assert not ev.is_evidence(nothing, nothing)
    loud = ev.measure(Noisy(10, 0), sounds, ())  # a good SNR, and heard everywhere
    assert loud.snr > ev.SNR_FLOOR_DB
    assert loud.nmr > nothing.nmr
    assert not ev.is_evidence(loud, nothing)
    assert not ev.is_evidence(replace(good, snr=2.9), nothing)


def test_all_measures_prefer_the_better_of_two_mp3s(sounds):
    coarse, fine = (ev.measure(Mp3(k), sounds[:1], ("zimtohrli",)) for k in (16, 64))
    for what in ("snr", "nmr", "worst", "audible", "zimtohrli"):
        gain = getattr(fine, what) - getattr(coarse, what)
        assert (gain > 0) == ev.HIGHER_IS_BETTER[what], what
    assert coarse.zimtohrli < 4 < fine.zimtohrli


def test_lossless_is_beyond_reproach(sounds):
    row = ev.measure(Flac(), sounds[1:], ("zimtohrli",))
    assert row.snr > 50
    assert row.audible == 0
    assert row.zimtohrli > 4.95


def test_refusals(sounds):
    with pytest.raises(ValueError, match="no sound to measure"):
        ev.measure(Flac(), [])
    with pytest.raises(ValueError, match="silent"):
        ev.silence([np.zeros(RATE)], RATE)
    with pytest.raises(ValueError, match=r"16000 samples and the estimate 15999"):
        ev.zimtohrli(np.ones(RATE), np.ones(RATE - 1), RATE)


# opinion scores ------------------------------------------------------------------


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_zimtohrli_orders_small_errors_and_forgives_a_level(rate):
    x = data.clip("singer_woman").audio(rate)[rate : 2 * rate]
    noise = np.random.default_rng(0).standard_normal(len(x)) * np.std(x)
    scores = [ev.zimtohrli(x, x + noise * 10 ** (-s / 20), rate) for s in (60, 40, 20)]
    assert scores == sorted(scores, reverse=True)
    assert all(1 <= s <= 5 for s in scores)
    assert ev.zimtohrli(x, x, rate) == 5
    assert ev.zimtohrli(x, 0.9 * x, rate) > scores[1]
    assert metrics.snr(x, 0.9 * x) == pytest.approx(20)


def test_visqol_is_taken_where_it_is_installed_and_said_to_be_missing_elsewhere(sounds):
    x = sounds[0]
    heard = ev.visqol(x, Mp3(24).decode(Mp3(24).encode(x)), RATE)
    if ev.has_visqol():
        assert 2 < heard < ev.visqol(x, x, RATE) < 5
    else:
        assert math.isnan(heard)
    assert math.isnan(ev.visqol(x, 0 * x, RATE))


# curves --------------------------------------------------------------------------


def rows(kbps, nmr, name="a"):
    return [CodecScore(name, k, 10, v, 0, 0, 3) for k, v in zip(kbps, nmr, strict=True)]


def test_a_curve_is_read_between_its_points_in_both_directions():
    line = rows([30, 10, 20], [-9, -1, -5])
    for k in (10, 12.5, 20, 29):
        v = ev.at_equal_bytes(line, k)
        assert v == pytest.approx(-1 - 0.4 * (k - 10))
        assert ev.kbps_for(line, v) == pytest.approx(k)


def test_a_curve_that_wavers_is_read_where_it_first_reaches_the_value():
    assert ev.kbps_for(rows([10, 20, 30, 40], [0, -4, -2, -8]), -3) == 17.5


@given(
    st.floats(0.3, 3),
    st.lists(st.floats(-3, -0.5), min_size=3, max_size=6),
)
def test_the_same_curve_at_a_share_of_the_bytes_saves_that_share(share, falls):
    kbps = 8 * 1.5 ** np.arange(len(falls))
    nmr = np.cumsum(falls)
    ours, theirs = rows(share * kbps, nmr), rows(kbps, nmr, "b")
    assert ev.mean_saving(ours, theirs) == pytest.approx(1 - share)
    other_way = ev.mean_saving(theirs, ours)
    assert (1 - other_way) * share == pytest.approx(1)


def test_savings_are_the_same_for_a_measure_that_rises():
    ours = [CodecScore("a", k, s, 0, 0, 0, 3) for k, s in ((9, 10), (18, 20))]
    theirs = [CodecScore("b", k, s, 0, 0, 0, 3) for k, s in ((10, 10), (20, 20))]
    assert ev.mean_saving(ours, theirs, "snr") == pytest.approx(0.1)


def test_nothing_is_extrapolated():
    line = rows([10, 20], [-1, -5])
    with pytest.raises(ValueError, match=r"from 10.0 to 20.0 kbit/s, not at 9.0"):
        ev.at_equal_bytes(line, 9)
    with pytest.raises(ValueError, match=r"nowhere -6; measure more"):
        ev.kbps_for(line, -6)
    with pytest.raises(ValueError, match="no nmr in common"):
        ev.mean_saving(line, rows([10, 20], [-6, -9], "b"))
    with pytest.raises(ValueError, match="two rates or more"):
        ev.at_equal_bytes(line[:1], 10)
    with pytest.raises(ValueError, match="no measure 'loudness'"):
        ev.curve(line, "loudness")
