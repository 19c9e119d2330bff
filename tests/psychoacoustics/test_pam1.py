"""The readable model: tables, rules, spreading, decimation, a whole frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.psychoacoustics import (
    FULL_SCALE_DB,
    Maskers,
    analyse,
    analysis_window,
    bark,
    hearing_threshold,
    masker_threshold,
    noise_offset,
    psd,
    spreading,
    tables_for,
    to_power,
    tonal_offset,
)
from coursekit.psychoacoustics.pam1 import (
    above_quiet,
    global_threshold,
    individual_thresholds,
    nearest_dropped,
    noise_maskers,
    quiet_offset_db,
    subband_level,
    subband_minimum,
    tonal_maskers,
)
from coursekit.psychoacoustics.tables import RATES, spreading_lines

LAYER_I, LAYER_II = tables_for(44100, 512), tables_for(44100, 1024)
levels = st.floats(0, 96)
distances = st.floats(-3, 7.99)


# --- spreading ---


@pytest.mark.parametrize(
    ("dz", "threshold"), [(0, 71.63), (1, 54.63), (-1, 33.63), (3, 44.63)]
)
def test_an_80_db_tone_at_one_kilohertz(dz, threshold):
    found = 80 + tonal_offset(bark(1000)) + spreading(dz, 80.0)
    assert found == pytest.approx(threshold, abs=5e-3)


def test_masker_threshold_is_read_anywhere_on_the_bark_axis():
    assert masker_threshold(80, 1000, 1000, "tonal") == pytest.approx(71.63, abs=5e-3)
    hz = 1000 + np.array([-300.0, -1.5, 0.25, 700.0])
    dz = bark(hz) - bark(1000)
    for kind, offset in (("tonal", tonal_offset), ("noise", noise_offset)):
        expected = 60 + offset(bark(1000)) + spreading(dz, 60)
        found = masker_threshold(60, 1000, hz, kind)
        assert np.abs(found - expected).max() < 1e-12
    with pytest.raises(ValueError, match="'tonal' or 'noise', got 'loud'"):
        masker_threshold(60, 1000, hz, "loud")


@given(levels)
def test_spreading_at_its_corners(X):
    assert spreading(0, X) == 0
    assert spreading(-1e-12, X) == pytest.approx(0, abs=1e-9)
    assert spreading(-1, X) == pytest.approx(-(0.4 * X + 6))
    assert spreading(-1 - 1e-12, X) == pytest.approx(spreading(-1, X))
    assert spreading(1, X) == pytest.approx(-17)
    assert spreading(1 - 1e-12, X) == pytest.approx(-17)
    assert spreading(-3, X) == pytest.approx(-34 - 0.4 * X - 6)
    assert spreading(np.array([-3.001, 8.0, 20.0]), X).tolist() == [-np.inf] * 3


@given(distances, levels)
def test_spreading_in_the_form_of_painter_and_spanias(dz, P):
    if dz < -1:
        form = 17 * dz - 0.4 * P + 11
    elif dz < 0:
        form = (0.4 * P + 6) * dz
    elif dz < 1:
        form = -17 * dz
    else:
        form = (0.15 * P - 17) * dz - 0.15 * P
    assert spreading(dz, P) == pytest.approx(form, abs=1e-9)


@given(distances, levels)
def test_spreading_is_a_straight_line_in_the_level(dz, X):
    a, b = spreading_lines(dz)
    assert a * X + b == pytest.approx(spreading(dz, X), abs=1e-9)
    assert 1 + a > 0.5  # a louder masker never hides less


@given(st.floats(0, 25))
def test_noise_masks_more_than_a_tone(z):
    assert noise_offset(z) > tonal_offset(z)
    assert tonal_offset(z) == pytest.approx(-6.025 - 0.275 * z)
    assert noise_offset(z) == pytest.approx(-2.025 - 0.175 * z)


# --- tables ---


@pytest.mark.parametrize("size", [512, 1024])
@pytest.mark.parametrize("rate", RATES)
def test_bands_are_about_a_bark_and_cover_the_lines(rate, size):
    t = tables_for(rate, size)
    assert t.lines == size // 2 + 1
    assert np.array_equal(t.hz, np.fft.rfftfreq(size, 1 / rate))
    assert np.array_equal(t.bark, bark(t.hz))
    assert np.array_equal(t.quiet, hearing_threshold(t.hz))
    assert t.edges[0] == 1
    assert t.hz[t.edges[-1] - 1] <= 20000
    assert t.edges[-1] in (size // 2, np.sum(t.hz <= 20000))
    width = t.bark[t.edges[1:]] - t.bark[t.edges[:-1]]
    assert width.max() < 1.7  # where lines are nearly a Bark apart
    assert np.median(width) == pytest.approx(1, abs=0.12)
    assert np.all((t.edges[:-1] <= t.noise_lines) & (t.noise_lines < t.edges[1:]))


def test_band_edges_are_near_those_that_the_standard_prints():
    printed = [1, 2, 3, 5, 6, 8, 9, 11, 13, 15, 17, 20, 23, 27, 32, 37, 45, 52, 62, 74]
    printed += [88, 108, 132, 180, 232]
    assert len(LAYER_I.edges) == len(printed)
    assert np.abs(LAYER_I.edges - printed).max() <= 2


def test_noise_is_put_at_the_geometric_mean():
    low, high = LAYER_I.edges[-2:]
    product = np.prod(np.arange(low, high, dtype=float) ** (1 / (high - low)))
    assert LAYER_I.noise_lines[-1] == round(product)


def test_where_tones_are_looked_for_and_how_far():
    ends = {2: 0, 3: 2, 62: 2, 63: 3, 126: 3, 127: 6, 250: 6, 251: 0}
    assert {k: LAYER_I.reach[k] for k in ends} == ends
    ends = {2: 0, 3: 2, 62: 2, 63: 3, 126: 3, 127: 6, 254: 6, 255: 12, 500: 12, 501: 0}
    assert {k: LAYER_II.reach[k] for k in ends} == ends


def test_tables_are_shared_and_cannot_be_changed():
    assert tables_for(44100, 512) is LAYER_I
    with pytest.raises(ValueError, match="read-only"):
        LAYER_I.quiet[3] = 0


def test_what_has_no_tables():
    with pytest.raises(ValueError, match=r"512 samples .* got 500"):
        tables_for(44100, 500)
    with pytest.raises(ValueError, match=r"got 22050; resample"):
        tables_for(22050, 512)


# --- maskers ---


def spectrum(t, **peaks: float) -> np.ndarray:
    X = np.full(t.lines, 20.0)
    for line, level in peaks.items():
        X[int(line[1:])] = level
    return X


@pytest.mark.parametrize("j", [2, 3, 4, 5, 6, 7, 12, 13])
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("t", [LAYER_I, LAYER_II], ids=["I", "II"])
@pytest.mark.parametrize("k", [30, 100, 200, 245, 400])
def test_a_tone_stands_7_db_above_its_neighbourhood(k, side, j, t):
    if k + 13 >= t.lines or not t.reach[k]:
        return
    X = spectrum(t)
    X[k] = 60
    X[k + side * j] = 53.01  # 6.99 dB below
    assert (k in tonal_maskers(X, t).lines) == (j > t.reach[k])
    X[k + side * j] = 53.0
    assert k in tonal_maskers(X, t).lines


def test_the_line_next_to_a_tone_may_be_nearly_as_loud():
    X = spectrum(LAYER_I, k100=60, k101=59.9, k99=59.9)
    tones = tonal_maskers(X, LAYER_I)
    assert tones.lines.tolist() == [100]
    expected = 10 * np.log10(10**6 + 2 * 10**5.99)
    assert tones.levels[0] == pytest.approx(expected)


def test_of_two_equal_lines_the_lower_is_the_tone():
    X = spectrum(LAYER_I, k100=60, k101=60)
    assert tonal_maskers(X, LAYER_I).lines.tolist() == [100]


def test_noise_is_what_the_search_for_tones_left():
    X = spectrum(LAYER_I, k100=60)  # examined: 97 to 103
    tones = tonal_maskers(X, LAYER_I)
    noise = noise_maskers(X, tones, LAYER_I)
    for low, high, line, level in zip(
        LAYER_I.edges[:-1], LAYER_I.edges[1:], *noise, strict=True
    ):
        left = set(range(low, high)) - set(range(97, 104))
        assert level == pytest.approx(20 + 10 * np.log10(len(left)))
        assert low <= line < high


def test_a_band_with_nothing_left_has_no_noise():
    X = spectrum(LAYER_I, k8=60)  # examined: 6 to 10
    noise = noise_maskers(X, tonal_maskers(X, LAYER_I), LAYER_I)
    assert LAYER_I.edges[4:8].tolist() == [6, 8, 9, 11]  # three whole bands
    assert set(LAYER_I.noise_lines) - set(noise.lines) == {6, 8, 9}


def test_tone_and_noise_share_the_power():
    x = 0.3 * np.random.default_rng(0).standard_normal(512)
    x += np.sin(2 * np.pi * 60 * np.arange(512) / 512)
    a = analyse(x, 44100)
    kept = to_power(a.tonal.levels).sum() + to_power(a.noise.levels).sum()
    assert kept <= to_power(a.psd[1:-1]).sum() * (1 + 1e-9)
    assert kept > 0.8 * to_power(a.psd[1:232]).sum()


# --- decimation ---


def tones(*pairs: tuple[int, float]) -> Maskers:
    return Maskers(*(np.array(c) for c in zip(*pairs, strict=True)))


def test_what_quiet_hides_masks_nothing():
    kept = above_quiet(tones((10, 3.91), (20, 30.0)), LAYER_I.quiet)
    assert kept.lines.tolist() == [20]
    assert above_quiet(tones((10, 3.93)), LAYER_I.quiet).lines.tolist() == [10]


@pytest.mark.parametrize(
    ("some", "kept"),
    [
        (tones((100, 50.0), (103, 60.0)), [103]),
        (tones((100, 60.0), (103, 50.0)), [100]),
        (tones((100, 50.0), (103, 50.0)), [100]),
        (tones((100, 50.0), (130, 60.0)), [100, 130]),
        (tones((100, 50.0), (105, 60.0), (110, 70.0)), [110]),
        (tones((100, 70.0), (105, 60.0), (113, 50.0)), [100, 113]),
    ],
)
def test_of_two_tones_within_half_a_bark_the_stronger_stays(some, kept):
    assert nearest_dropped(some, LAYER_I).lines.tolist() == kept


@given(st.dictionaries(st.integers(3, 250), st.floats(0, 96), max_size=30))
@settings(max_examples=60, deadline=None)
def test_decimated_tones_are_half_a_bark_apart(found):
    some = Maskers(
        np.array(sorted(found), int), np.array([found[k] for k in sorted(found)])
    )
    kept = nearest_dropped(some, LAYER_I)
    assert np.all(np.diff(LAYER_I.bark[kept.lines]) >= 0.5)
    assert set(kept.lines) <= set(found)
    if found:
        assert kept.levels.max() == pytest.approx(max(found.values()), abs=1e-5)
    again = nearest_dropped(kept, LAYER_I)
    assert np.array_equal(again.lines, kept.lines)


# --- thresholds ---


def test_powers_add_up_not_decibels():
    two = global_threshold(np.full((2, 1), 40.0), np.array([-200.0]))
    assert two[0] == pytest.approx(43.0103)
    alone = global_threshold(np.empty((0, 257)), LAYER_I.quiet)
    assert np.abs(alone - LAYER_I.quiet).max() < 1e-12


def test_a_tone_of_layer_one_is_where_the_standards_numbers_put_it():
    LT = individual_thresholds(tones((50, 80.0)), Maskers(*np.empty((2, 0))), LAYER_I)
    z = LAYER_I.bark[50]
    assert LT.shape == (1, 257)
    assert LT[0, 50] == pytest.approx(80 - 1.525 - 0.275 * z - 4.5)
    reached = (LAYER_I.bark - z >= -3) & (LAYER_I.bark - z < 8)
    assert np.array_equal(np.isfinite(LT[0]), reached)


def test_subbands_are_an_equal_share_of_the_lines():
    for t in (LAYER_I, LAYER_II):
        X = np.random.default_rng(0).uniform(0, 90, t.lines)
        width = (t.lines - 1) // 32
        for n in range(32):
            part = X[n * width : (n + 1) * width]
            assert subband_minimum(X)[n] == part.min()
            assert subband_level(X)[n] == part.max()


def test_scale_factors_raise_the_level():
    X, scf = np.zeros(257), np.zeros(32)
    scf[3] = 0.5
    level = subband_level(X, scf)
    assert level[3] == pytest.approx(20 * np.log10(0.5 * 32768) - 10)
    assert np.delete(level, 3).tolist() == [0] * 31
    with pytest.raises(ValueError, match="one scale factor"):
        subband_level(X, np.zeros(31))


def test_quiet_is_lowered_at_high_bitrates():
    assert [quiet_offset_db(r) for r in (32, 95.9, 96, 192)] == [0, 0, -12, -12]
    silence = np.zeros(512)
    higher, lower = analyse(silence, 44100), analyse(silence, 44100, quiet_offset=-12)
    assert np.abs(higher.threshold - lower.threshold - 12).max() < 1e-9


# --- the whole of a frame, against a second writing ---


def by_the_book(x: np.ndarray, rate: int) -> np.ndarray:
    """PAM-1 once more, from the formulae, with sets and dictionaries."""
    N = len(x)
    K = N // 2 + 1
    spectrum = np.fft.fft(analysis_window(N) * x)[:K] / N
    X = [10 * np.log10(max(abs(c) ** 2, 1e-20)) + FULL_SCALE_DB for c in spectrum]
    z = [bark(k * rate / N) for k in range(K)]
    quiet = [hearing_threshold(k * rate / N) for k in range(K)]

    def reach(k):
        zones = [(63, 2), (127, 3), (251, 6)]
        if N == 1024:
            zones = [(63, 2), (127, 3), (255, 6), (501, 12)]
        return next((j for end, j in zones if k < end), 0) if k > 2 else 0

    found, rest = {}, set(range(K))
    for k in range(3, K):
        J = range(2, reach(k) + 1)
        if not J or X[k] <= X[k - 1] or X[k] < X[k + 1]:
            continue
        if all(X[k] - X[k + s * j] >= 7 for j in J for s in (-1, 1)):
            found[k] = 10 * np.log10(sum(10 ** (X[i] / 10) for i in (k - 1, k, k + 1)))
            rest -= set(range(k - reach(k), k + reach(k) + 1))
    tone = {k: v for k, v in found.items() if v >= quiet[k]}
    for k in sorted(tone):
        for other in sorted(tone):
            if other < k in tone and z[k] - z[other] < 0.5:
                tone.pop(k if tone[k] <= tone[other] else other)
    edges = tables_for(rate, N).edges
    total = [10 ** (q / 10) for q in quiet]
    maskers = [(k, v, -6.025 - 0.275 * z[k]) for k, v in tone.items()]
    for low, high, at in zip(
        edges, edges[1:], tables_for(rate, N).noise_lines, strict=False
    ):
        power = sum(10 ** (X[k] / 10) for k in range(low, high) if k in rest)
        if power > 10 ** (quiet[at] / 10):
            maskers.append((at, 10 * np.log10(power), -2.025 - 0.175 * z[at]))
    for k, level, offset in maskers:
        for i in range(K):
            dz = z[i] - z[k]
            if -3 <= dz < 8:
                slope = [17 * dz - 0.4 * level + 11, (0.4 * level + 6) * dz, -17 * dz]
                slope.append((0.15 * level - 17) * dz - 0.15 * level)
                vf = slope[sum(int(dz >= corner) for corner in (-1, 0, 1))]
                total[i] += 10 ** ((level + offset + vf) / 10)
    return 10 * np.log10(total)


@pytest.mark.parametrize("size", [512, 1024])
@pytest.mark.parametrize("rate", RATES)
def test_a_second_writing_agrees(rate, size):
    rng = np.random.default_rng(rate + size)
    n = np.arange(size)
    x = 0.01 * rng.standard_normal(size)
    for hz in rng.uniform(200, 0.4 * rate, 5):
        x += rng.uniform(0.001, 0.2) * np.sin(2 * np.pi * hz * n / rate)
    a = analyse(x, rate)
    assert np.abs(a.threshold - by_the_book(x, rate)).max() < 1e-9
    assert len(a.kept_tonal.lines) >= 2
    assert a.individual.shape == (
        len(a.kept_tonal.lines) + len(a.kept_noise.lines),
        a.psd.size,
    )
    assert np.abs(a.smr - (a.level - a.minimum)).max() == 0
    assert np.array_equal(a.psd, psd(x))


def test_the_threshold_never_lies_below_quiet_and_grows_with_the_sound():
    rng = np.random.default_rng(0)
    x = 0.1 * rng.standard_normal(512)
    louder, softer = analyse(x, 44100).threshold, analyse(0.5 * x, 44100).threshold
    assert np.all(softer >= LAYER_I.quiet)
    assert np.all(louder >= softer)


def test_one_frame_at_a_time():
    with pytest.raises(ValueError, match=r"one frame \(N,\), got the shape \(2, 512\)"):
        analyse(np.zeros((2, 512)), 44100)
    with pytest.raises(ValueError, match="got 100"):
        analyse(np.zeros(100), 44100)
