"""The codec that asks where noise is hidden: its noise, its bits, its streams."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit import audio, data, metrics, psychoacoustics
from coursekit.coding import masked_mdct as mm
from coursekit.coding.bitstream import StreamError
from coursekit.coding.masked_mdct import FlatMdctCodec, MaskedMdctCodec
from coursekit.coding.mdct import imdct, mdct

RATE = 16_000


def over_bins(values, rate=RATE):
    return values.repeat(np.diff(mm.band_edges(rate, mm.FRAMES[rate] // 2)), 0)


def line_powers(x):
    frames = x[: len(x) // 512 * 512].reshape(-1, 512)
    return psychoacoustics.to_power(psychoacoustics.psd(frames))


@pytest.fixture(scope="module")
def speech():
    return data.clip("armelle_fr_01").audio()[: 3 * RATE]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# the noise lies where it was put ------------------------------------------------


@pytest.mark.parametrize(("rate", "frame"), mm.FRAMES.items())
def test_bands_cover_each_coefficient_once_and_are_as_wide_as_they_say(rate, frame):
    edges = mm.band_edges(rate, frame // 2)
    assert (edges[0], edges[-1]) == (0, frame // 2)
    assert np.all(np.diff(edges) >= 4)
    z = np.diff(psychoacoustics.bark(edges * rate / frame))[:-1]
    one = np.diff(psychoacoustics.bark(np.arange(3) * rate / frame)).max()
    assert np.all((z > 1.3) & (z < 1.6 + one))


@pytest.mark.parametrize("level", [0.0, 20.0, 50.0])
def test_a_step_makes_noise_of_its_level(level, rng):
    frame = 512
    step = mm.step_for(level, frame)
    x = 50 * step * rng.uniform(-1, 1, 400 * frame)
    error = np.round(x / step) * step - x
    power = line_powers(error)
    assert 10 * np.log10(power[:, 2:-2].mean()) == pytest.approx(level, abs=0.1)


def test_the_masked_codec_puts_its_noise_at_the_mask(speech):
    """Where a band is coded at all, its noise is at the level that was asked for."""
    for above in (-20.0, -12.0):
        codec = MaskedMdctCodec(above)
        y = codec.decode(codec.encode(speech))
        E, S = mdct(y - speech, 512), mdct(speech, 512)
        step = over_bins(mm.step_for(codec.noise_levels(speech), 512))
        coded = np.abs(S) > 3 * step
        noise = np.mean((E[coded] / step[coded]) ** 2) * 12
        # 12 times the square of an even error in one step is 1; held steps are up
        # to 4 dB off, and the dead zone makes it a little more.
        assert 0 < 10 * np.log10(noise) < 2


def test_the_flat_codec_makes_white_noise(speech, rng):
    x = speech + 0.01 * rng.standard_normal(len(speech))  # nothing below the step
    codec = FlatMdctCodec(12)
    error = codec.decode(codec.encode(x)) - x
    power = line_powers(error)
    by_band = 10 * np.log10([p.mean() for p in np.split(power[:, 1:], 16, axis=1)])
    assert np.ptp(by_band) < 1.0
    assert np.mean(by_band) == pytest.approx(12, abs=2)


def test_hidden_noise_is_as_strong_as_its_mask_on_the_whole(speech):
    """By hand, for one frame, from the readable PAM-1."""
    t, frame = 60, speech[59 * 256 : 61 * 256]
    mask = 10 ** (psychoacoustics.analyse(frame, RATE).threshold / 10)
    edges = mm.band_edges(RATE, 256)
    for band, level in enumerate(mm.hidden_noise(speech, RATE)[:, t]):
        noise = 10 ** (level / 10)
        ks = range(edges[band], edges[band + 1])
        ratios = [noise / min(mask[k], mask[k + 1]) for k in ks]
        assert sum(ratios) / len(ratios) == pytest.approx(1, rel=1e-6)


@given(arrays(float, (3, 12), elements=st.floats(-40, 120)))
@settings(max_examples=50, deadline=None)
def test_a_held_level_is_near_and_moves_only_when_it_must(levels):
    numbers = mm.held(levels)
    sent = -16 * mm.GRID_DB + numbers * mm.GRID_DB
    assert np.max(np.abs(sent - levels)) <= 4 + 1e-9
    moved = np.diff(numbers, axis=1) != 0
    assert np.all(np.abs(levels[:, 1:] - sent[:, :-1])[moved] > 4 - 1e-9)


def test_a_loud_sound_is_not_announced_by_noise(rng):
    """A burst after near-silence: the guard lowers the noise just before it."""
    x = 1e-3 * rng.standard_normal(RATE)
    x[8000:] += 0.3 * rng.standard_normal(RATE // 2)
    levels = mm.hidden_noise(x, RATE)
    unguarded = over_bins(mm.step_for(levels, 512))
    guarded = over_bins(mm.step_for(mm.guarded(levels), 512))
    before = slice(7690, 7930)
    noise = [
        np.mean((imdct(mm.quantise(mdct(x, 512), s) * s, length=RATE) - x)[before] ** 2)
        for s in (guarded, unguarded)
    ]
    assert 10 * np.log10(noise[1] / noise[0]) > 10
    steady = np.full((14, 5), 3.0)
    assert np.array_equal(mm.guarded(steady), steady)


def test_quantising_errs_by_six_tenths_of_a_step_at_most(rng):
    X, steps = rng.standard_normal(5000), rng.uniform(0.01, 2, 5000)
    q = mm.quantise(X, steps)
    assert np.all(np.abs(q * steps - X) <= 0.6 * steps + 1e-12)
    assert np.array_equal(mm.quantise(-X, steps), -q)
    assert np.all(q[np.abs(X) < 0.59 * steps] == 0)


# streams --------------------------------------------------------------------------


@pytest.mark.parametrize("rate", mm.FRAMES)
@pytest.mark.parametrize("codec", [MaskedMdctCodec, FlatMdctCodec])
def test_what_is_decoded_is_what_was_quantised(rate, codec):
    x = audio.resample(data.clip("singer_woman").audio()[44_100:77_000], 44_100, rate)
    c = codec(rate=rate)
    numbers = mm.held(c.noise_levels(x))
    N = mm.FRAMES[rate] // 2
    levels = -16 * mm.GRID_DB + mm.GRID_DB * numbers
    steps = over_bins(mm.step_for(levels, 2 * N), rate)
    q = mm.quantise(mdct(x, 2 * N), steps)
    y = c.decode(c.encode(x))
    np.testing.assert_allclose(y, imdct(q * steps, length=len(x)), atol=1e-12)


@given(st.integers(1, 3000), st.sampled_from([0.0, 1e-4, 0.3]), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_any_length_and_level_comes_back(samples, level, seed):
    x = level * np.random.default_rng(seed).uniform(-1, 1, samples)
    for codec in (MaskedMdctCodec(-10), FlatMdctCodec(0)):
        y = codec.decode(codec.encode(x))
        assert y.shape == x.shape
        if level == 0:
            assert not y.any()


def test_full_scale_and_the_finest_steps_go_through_the_excess(rng):
    x = rng.choice([-1.0, 1.0], 3000)
    y = FlatMdctCodec(-40).decode(FlatMdctCodec(-40).encode(x))
    assert metrics.snr(x, y) > 100


def test_either_class_reads_what_the_other_wrote(speech):
    stream = MaskedMdctCodec(-5).encode(speech)
    ours, other = MaskedMdctCodec(3).decode(stream), FlatMdctCodec(20).decode(stream)
    assert np.array_equal(ours, other)


def test_one_step_everywhere_costs_next_to_nothing_to_say(rng):
    """Silence: all there is to send is the steps and zeros."""
    stream = FlatMdctCodec(20).encode(np.zeros(10 * RATE))
    assert len(stream) < 150


def test_side_information_is_counted(speech, monkeypatch):
    """The same coefficients behind steps that are held for ever take fewer bytes."""
    whole = MaskedMdctCodec(-5).encode(speech)
    numbers = mm.held(MaskedMdctCodec(-5).noise_levels(speech))
    q = mm.quantise(mdct(speech, 512), mm._steps(numbers, RATE))
    constant = mm._written(np.repeat(numbers[:, :1], q.shape[1], 1), q, RATE)
    side = 8 * (len(whole) - len(constant)) * RATE / len(speech) / 1000
    assert 0.5 < side < 4  # kbit/s


def test_the_coder_comes_near_the_entropy_of_its_symbols(rng):
    """Independent coefficients of one known law: within 4 % of what they must cost."""
    q = (rng.geometric(0.4, (256, 300)) - 1) * rng.choice([-1, 1], (256, 300))
    payload = mm._written(np.full((14, 300), 20), q, RATE)
    k = np.arange(60)
    p = 0.4 * 0.6**k
    bits = q.size * (-(p * np.log2(p)).sum() + 0.6)  # a sign where q is not 0
    assert 1.0 < 8 * len(payload) / bits < 1.04


@pytest.mark.parametrize("codec", [MaskedMdctCodec, FlatMdctCodec])
def test_lower_noise_costs_more_and_brings_more(speech, codec):
    levels = {MaskedMdctCodec: (0, -8, -16), FlatMdctCodec: (36, 24, 12)}[codec]
    family = [codec(level) for level in levels]
    streams = [c.encode(speech) for c in family]
    assert np.all(np.diff([len(s) for s in streams]) > 0)
    heard = [c.decode(s) for c, s in zip(family, streams, strict=True)]
    snrs = [metrics.snr(speech, y) for y in heard]
    assert np.all(np.diff(snrs) > 4)


@pytest.mark.parametrize("name", ["ivrvoice_ru_02", "armelle_fr_01", "austen_en_02"])
def test_bits_are_spent_where_they_are_heard(name):
    """With no more bytes than the flat codec, less is audible at a worse SNR."""
    x = data.clip(name).audio()[: 4 * RATE]
    stream = FlatMdctCodec(26).encode(x)
    theirs = FlatMdctCodec(26).decode(stream)
    finest = (MaskedMdctCodec(a).encode(x) for a in (-9, -8, -7, -6, -5))
    ours = MaskedMdctCodec().decode(next(s for s in finest if len(s) <= len(stream)))
    audible = [psychoacoustics.nmr(x, y, RATE).audible_share for y in (ours, theirs)]
    assert audible[0] < 0.75 * audible[1]
    assert metrics.snr(x, ours) < metrics.snr(x, theirs) - 6


# what is refused ----------------------------------------------------------------


def test_a_damaged_stream_is_refused(speech, rng):
    stream = MaskedMdctCodec(0).encode(speech[:8000])
    for _ in range(300):
        damaged = bytearray(stream)
        damaged[rng.integers(len(stream))] ^= 1 << rng.integers(8)
        with pytest.raises(StreamError):
            MaskedMdctCodec(0).decode(bytes(damaged))
    for cut in (0, 5, 14, len(stream) - 1):
        with pytest.raises(StreamError):
            MaskedMdctCodec(0).decode(stream[:cut])


def resealed(stream, samples=None, payload=None):
    """A stream with another length or payload and a checksum that is right."""
    samples = stream[7:11] if samples is None else struct.pack("<I", samples)
    body = stream[:7] + samples + (stream[11:-4] if payload is None else payload)
    return body + struct.pack("<I", zlib.crc32(body))


def test_a_stream_that_lies_is_refused_before_it_costs_much(speech, rng):
    codec = MaskedMdctCodec(0)
    stream = codec.encode(speech[:8000])
    assert np.array_equal(codec.decode(resealed(stream)), codec.decode(stream))
    lies = [resealed(stream, samples=2**28), resealed(stream, payload=b"")]
    lies += [resealed(stream, 2**28, rng.bytes(n)) for n in (4, 400)]
    for lie in lies:
        with pytest.raises(StreamError, match=r"mark|thread|digits"):
            codec.decode(lie)
    with pytest.raises(StreamError, match="no sample"):
        codec.decode(resealed(stream, samples=0))


def test_random_payloads_end_in_an_error_or_a_sound(speech, rng):
    codec = MaskedMdctCodec(0)
    stream = codec.encode(speech[:4000])
    for _ in range(60):
        try:
            y = codec.decode(
                resealed(stream, payload=rng.bytes(4 * rng.integers(0, 60)))
            )
        except StreamError:
            continue
        assert y.shape == (4000,)


def test_a_stream_of_another_rate_is_refused(speech):
    stream = MaskedMdctCodec(0).encode(speech[:4000])
    with pytest.raises(StreamError, match="written by the model"):
        MaskedMdctCodec(0, 44_100).decode(stream)


def test_what_cannot_be_coded_is_refused():
    with pytest.raises(ValueError, match=r"no sampling rate of 8000 .*16000"):
        MaskedMdctCodec(0, 8000)
    with pytest.raises(ValueError, match="one channel"):
        FlatMdctCodec(20).encode(np.zeros((2, 99)))
    with pytest.raises(ValueError, match="peaks at 2"):
        MaskedMdctCodec(0).encode(np.array([2.0]))
