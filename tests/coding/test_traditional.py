"""MP3, Opus and FLAC: in line with the original, as large as they say, distrustful."""

import io
import struct
import zlib

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import audio, data, metrics
from coursekit.coding import traditional
from coursekit.coding.bitstream import StreamError
from coursekit.coding.traditional import Flac, Mp3, Opus

CODECS = [
    Mp3(16), Mp3(32), Mp3(40), Mp3(160), Mp3(48, 44_100), Mp3(96, 44_100),
    Mp3(64, 48_000), Mp3(24, 22_050), Opus(8), Opus(24), Opus(64), Opus(24, 44_100),
    Opus(64, 48_000), Flac(), Flac(44_100),
]  # fmt: skip


def named(codec):
    return f"{codec.name} at {codec.rate}"


@pytest.fixture(scope="module")
def voice():
    return data.clip("singer_woman").audio()[44_100 * 2 : 44_100 * 4]


def at(rate, voice):
    return audio.resample(voice, 44_100, rate)


def best_lag(x, y, reach=1500):
    """Where y lies behind x, by trying each shift."""
    n = len(x) - 2 * reach
    scores = [
        x[reach : reach + n] @ y[reach + k : reach + k + n] for k in range(-8, reach)
    ]
    return int(np.argmax(scores)) - 8


@pytest.mark.parametrize("codec", CODECS, ids=named)
def test_what_comes_back_is_as_long_and_in_line(codec, voice):
    x = at(codec.rate, voice)
    y = codec.decode(codec.encode(x))
    assert y.shape == x.shape
    assert y.dtype == np.float64
    # Opus resamples inside, by a fraction of a sample that depends on the bit rate.
    assert abs(best_lag(x, y)) <= (2 if isinstance(codec, Opus) else 0)
    assert metrics.snr(x, y) > 8


@pytest.mark.parametrize("kbps", [8, 16, 24, 32])
def test_an_mp3_without_its_tag_is_late_and_is_put_right(kbps, voice):
    x = at(16_000, voice)
    codec = Mp3(kbps)
    raw, _ = soundfile.read(io.BytesIO(codec.file(x)))
    assert len(raw) > len(x)
    assert best_lag(x, raw) == traditional.delay(codec) == 1105
    late, right = raw[: len(x)], codec.decode(codec.encode(x))
    assert metrics.snr(x, late) < 1
    assert metrics.snr(x, right) > metrics.snr(x, late) + 5


@given(
    samples=st.integers(1, 5000), which=st.sampled_from([Mp3(24), Mp3(64), Opus(16)])
)
@settings(max_examples=25, deadline=None)
def test_any_length_comes_back(samples, which):
    x = 0.1 * np.random.default_rng(samples).standard_normal(samples).clip(-9, 9)
    assert which.decode(which.encode(x)).shape == (samples,)


@pytest.mark.parametrize(
    ("rate", "bitrates"), [(16_000, (8, 24, 64, 160)), (44_100, (32, 40, 128, 320))]
)
def test_an_mp3_takes_the_bytes_it_says(rate, bitrates, voice):
    x = np.tile(at(rate, voice), 2)
    for kbps in bitrates:
        file = Mp3(kbps, rate).file(x)
        taken = 8 * len(file) * rate / len(x) / 1000
        # A first frame of its own, and whole frames: one or two more than the sound.
        assert kbps < taken < kbps * (1 + 2 * 1152 / len(x) + 0.02) + 0.5


def test_more_bits_bring_more_of_the_sound(voice):
    x = at(16_000, voice)
    for family in (Mp3, Opus):
        streams = [family(kbps).encode(x) for kbps in (16, 32, 64)]
        assert sorted(len(s) for s in streams) == [len(s) for s in streams]
        heard = [
            metrics.snr(x, family(k).decode(s))
            for k, s in zip((16, 32, 64), streams, strict=True)
        ]
        assert heard[0] + 2 < heard[1] < heard[2] - 1


def test_opus_takes_about_the_bytes_it_is_asked_for(voice):
    x = np.tile(at(16_000, voice), 4)
    for kbps in (16, 32, 64):
        taken = 8 * len(Opus(kbps).encode(x)) * 16_000 / len(x) / 1000
        assert 0.8 * kbps < taken < 1.25 * kbps + 2


def test_flac_loses_nothing_that_16_bits_hold():
    x = np.round(2**15 * data.clip("austen_en_01").audio()[:8000]) / 2**15
    stream = Flac().encode(x)
    assert np.array_equal(Flac().decode(stream), x)
    assert len(stream) < 2 * len(x)


def test_the_file_inside_is_one_that_any_player_reads(voice):
    x = at(44_100, voice)
    for codec, kind in (
        (Mp3(64, 44_100), "MP3"),
        (Opus(24, 44_100), "OGG"),
        (Flac(44_100), "FLAC"),
    ):
        inside = soundfile.info(io.BytesIO(codec.encode(x)[12:]))
        assert (inside.format, inside.channels) == (kind, 1)


def test_silence_passes():
    for codec in (Mp3(16), Opus(16), Flac()):
        assert np.max(np.abs(codec.decode(codec.encode(np.zeros(4000))))) < 1e-3


# what is refused --------------------------------------------------------------


@pytest.mark.parametrize("codec", [Mp3(24), Opus(16), Flac()], ids=named)
def test_a_damaged_stream_is_refused(codec, voice):
    stream = codec.encode(at(16_000, voice)[:4000])
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(stream)
        damaged[rng.integers(len(stream))] ^= 1 << rng.integers(8)
        with pytest.raises(StreamError, match="changed"):
            codec.decode(bytes(damaged))
    for cut in (0, 3, 11, 12, 40, len(stream) - 1):
        with pytest.raises(StreamError, match=r"cut short|fewer than its header"):
            codec.decode(stream[:cut])


def sealed(samples, lag, number, file):
    body = struct.pack("<IhH", samples, lag, number) + file
    return struct.pack("<I", zlib.crc32(body)) + body


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (sealed(4000, 0, 1, b"no sound at all"), "no file to read"),
        (sealed(2**31, 0, 1, Mp3(64).file(np.zeros(4000))), "tells of 2147483648"),
        (sealed(4000, 30_000, 1, Mp3(64).file(np.zeros(4000))), "has 0"),
        (sealed(4000, 0, 2, Opus(16).file(np.zeros(4000))), "not Mp3's"),
        (sealed(4000, 0, 1, Mp3(64, 44_100).file(np.zeros(4000))), "at 44100 Hz"),
    ],
    ids=["no sound", "too long", "a lag", "of Opus", "another rate"],  # not the bytes
)  # fmt: skip
def test_a_stream_that_lies_is_refused(stream, message):
    with pytest.raises(StreamError, match=message):
        Mp3(64).decode(stream)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Mp3(64, 8000), "no sampling rate of 8000.*16000"),
        (lambda: Mp3(33), "no bit rate of 33"),
        (lambda: Mp3(16, 44_100), "no bit rate of 16 .*one of .32"),
        (lambda: Opus(5), "6 to 256.*not 5"),
        (lambda: Opus(16, 96_000), "not 96000; resample"),
    ],
)
def test_a_codec_that_does_not_exist_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 100)), "one channel"),
        (np.zeros(0), r"shape \(0,\)"),
        (np.array([0, np.nan]), "NaN"),
        (np.array([0, -1.5]), "peaks at 1.5.*0.6667"),
    ],
)
def test_a_sound_that_cannot_be_coded_is_refused(x, message):
    for codec in (Mp3(24), Opus(16), Flac()):
        with pytest.raises(ValueError, match=message):
            codec.encode(x)
