"""SNR, SDR, SI-SDR and BSS-eval: definitions and what each forgives."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.metrics import BssEval, bss_sdr, sdr, si_sdr, snr

seeds = st.integers(0, 2**32 - 1)
gains = st.floats(1e-3, 1e3)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def with_orthogonal_error(seed: int, db: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a sound and the same sound with an error orthogonal to it, db below."""
    s, n = noise(2, 300, seed=seed)
    n -= (n @ s) / (s @ s) * s
    return s, s + n * np.sqrt((s @ s) / (n @ n) / 10 ** (db / 10))


# --- definitions -------------------------------------------------------------------


@given(seeds, st.floats(-40, 80))
@settings(max_examples=30, deadline=None)
def test_an_error_so_far_below_is_so_many_decibels(seed, db):
    s, y = with_orthogonal_error(seed, db)
    for measure in (snr, sdr, si_sdr):
        assert measure(s, y) == pytest.approx(db, abs=1e-6)


@given(seeds, gains, gains)
@settings(max_examples=30, deadline=None)
def test_si_sdr_is_the_tangent_of_the_angle_between_the_two(seed, a, b):
    s, y = noise(2, 200, seed=seed)
    cosine = (s @ y) / np.sqrt((s @ s) * (y @ y))
    expected = 10 * np.log10(cosine**2 / (1 - cosine**2))
    assert si_sdr(a * s, b * y) == pytest.approx(expected, abs=1e-6)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_si_sdr_is_the_best_snr_over_all_levels_of_the_estimate(seed):
    s = noise(200, seed=seed)
    y = s + noise(200, seed=seed + 1)
    best = (s @ y) / (y @ y)
    # the best level of y leaves y·best − s orthogonal to y: 1/sin², where SI-SDR
    # has cot²
    ratio = 10 ** (snr(s, best * y) / 10)
    assert 10 ** (si_sdr(s, y) / 10) == pytest.approx(ratio - 1)
    assert snr(s, best * y) >= max(snr(s, g * best * y) for g in (0.9, 1.1))


def test_sdr_adds_up_channels_and_snr_does_not():
    s = noise(3, 2, 100)
    y = s + 0.1 * noise(3, 2, 100, seed=1)
    pooled = np.sum(s**2, axis=(1, 2)) / np.sum((s - y) ** 2, axis=(1, 2))
    assert sdr(s, y) == pytest.approx(10 * np.log10(pooled))
    assert snr(s, y).shape == si_sdr(s, y).shape == (3, 2)
    assert snr(s, y)[2, 1] == pytest.approx(snr(s[2, 1], y[2, 1]))
    assert si_sdr(s, y)[2, 1] == pytest.approx(si_sdr(s[2, 1], y[2, 1]))
    assert sdr(s[0, 0], y[0, 0]) == snr(s[0, 0], y[0, 0])


def test_one_sound_gives_a_float():
    s, y = with_orthogonal_error(0, 10)
    assert all(type(measure(s, y)) is float for measure in (snr, sdr, si_sdr))
    result = bss_sdr(s, y, taps=4)
    assert all(type(value) is float for value in result[:3])
    assert result.permutation == 0


def test_whole_numbers_and_single_precision_are_measured_in_double():
    s, y = np.array([100, -90, 80], np.int8), np.array([-90, 90, 80], np.int8)
    assert snr(s, y) == pytest.approx(10 * np.log10(24500 / (190**2 + 180**2)))
    s, y = with_orthogonal_error(0, 30)
    assert snr(s.astype(np.float32), y.astype(np.float32)) == pytest.approx(
        30, abs=1e-4
    )


# --- what each forgives: the table at the head of the module -----------------------

FORGIVEN = 100.0  # dB: the normal equations of BSS-eval leave some rounding
SCALE_FREE = (si_sdr, lambda s, y: bss_sdr(s, y).sdr)
STRICT = (snr, sdr)


@pytest.fixture(scope="module")
def s() -> np.ndarray:
    """White noise that falls silent before its end: delays lose nothing."""
    return np.pad(noise(4000), (600, 600))


def test_half_the_level(s):
    for measure in STRICT:
        assert measure(s, s / 2) == pytest.approx(20 * np.log10(2))
    for measure in SCALE_FREE:
        assert measure(s, s / 2) > FORGIVEN


def test_flipped_sign(s):
    for measure in STRICT:
        assert measure(s, -s) == pytest.approx(-20 * np.log10(2))
    for measure in SCALE_FREE:
        assert measure(s, -s) > FORGIVEN


def test_one_sample_late(s):
    late = np.roll(s, 1)
    for measure in STRICT:
        assert measure(s, late) == pytest.approx(-3, abs=0.3)
    assert si_sdr(s, late) < -20
    assert bss_sdr(s, late).sdr > FORGIVEN


@pytest.mark.parametrize(("late", "forgiven"), [(511, True), (512, False)])
def test_bss_forgives_delays_shorter_than_its_filter(s, late, forgiven):
    assert (bss_sdr(s, np.roll(s, late)).sdr > FORGIVEN) is forgiven


def test_one_sample_early(s):
    early = np.roll(s, -1)
    for measure in STRICT:
        assert measure(s, early) == pytest.approx(-3, abs=0.3)
    for measure in SCALE_FREE:
        assert measure(s, early) < 0


def test_a_causal_filter(s):
    y = scipy.signal.lfilter(noise(64) * 0.9 ** np.arange(64), 1, s)
    assert snr(s, y) < 10
    assert sdr(s, y) == snr(s, y)
    assert si_sdr(s, y) < 10
    assert bss_sdr(s, y).sdr > FORGIVEN
    assert bss_sdr(s, y, taps=32).sdr < 30


def test_a_constant(s):
    y = s + 0.5
    for measure in (*STRICT, *SCALE_FREE):
        assert measure(s, y) < 10
    assert si_sdr(s - s.mean(), y - y.mean()) > FORGIVEN


def test_one_channel_louder(s):
    stereo = np.stack([s, np.roll(s, 9)])
    y = stereo * [[1], [2]]
    assert sdr(stereo, y) == pytest.approx(10 * np.log10(2))
    assert snr(stereo, y).tolist() == [np.inf, 0]
    assert min(si_sdr(stereo, y)) > FORGIVEN
    assert all(bss_sdr(a, b).sdr > FORGIVEN for a, b in zip(stereo, y, strict=True))


# --- the ends of the scale ---------------------------------------------------------


def test_a_perfect_estimate(s):
    assert snr(s, s) == sdr(s, s) == np.inf
    assert si_sdr(s, s) > 250
    assert bss_sdr(s, s).sdr > 200


def test_a_silent_estimate():
    s = noise(2, 500)
    assert snr(s, 0 * s).tolist() == [0, 0]
    assert sdr(s, 0 * s) == 0
    assert si_sdr(s, 0 * s).tolist() == [-np.inf, -np.inf]
    one_silent = bss_sdr(s, s * [[1], [0]], taps=4)
    assert one_silent.permutation.tolist() == [0, 1]
    assert one_silent.sdr[0] > FORGIVEN
    assert [x[1] for x in one_silent[:3]] == [-np.inf] * 3


def test_an_orthogonal_estimate_has_nothing_of_the_reference():
    assert si_sdr([1.0, 0.0], [0.0, 1.0]) == -np.inf


# --- BSS-eval ----------------------------------------------------------------------


def mixed(sources: int, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return coloured sources and estimates with leakage, filtering and noise."""
    rng = np.random.default_rng(seed)
    poles = rng.uniform(0.5, 0.9, sources)
    white = iter(rng.standard_normal((sources, samples)))
    s = np.array([scipy.signal.lfilter([1], [1, -p], next(white)) for p in poles])
    blend = np.eye(sources) + 0.2 * rng.uniform(-1, 1, (sources, sources))
    y = scipy.signal.lfilter([1, 0.3, -0.2], 1, blend @ s)
    return s, y[rng.permutation(sources)] + 0.05 * rng.standard_normal(s.shape)


def check_against_mir_eval(s: np.ndarray, y: np.ndarray) -> None:
    import mir_eval

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # leaves mir_eval with 0.9
        theirs = mir_eval.separation.bss_eval_sources(s, y)
    ours = bss_sdr(s, y)
    assert isinstance(ours, BssEval)
    assert ours.permutation.tolist() == theirs[3].tolist()
    for mine, other in zip(ours[:3], theirs[:3], strict=True):
        assert mine.shape == (len(s),)
        assert np.allclose(mine, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("sources", "seed"), [(1, 0), (2, 1), (2, 2), (3, 3)])
def test_bss_sdr_is_mir_evals(sources, seed):
    check_against_mir_eval(*mixed(sources, 6000, seed))


def test_bss_sdr_is_mir_evals_on_real_speech():
    from coursekit import data

    clips = data.clips("speech")
    s = np.stack([clip.audio()[8000:32000] for clip in (clips[0], clips[-1])])
    check_against_mir_eval(s, s[::-1] + 0.3 * s + 1e-3 * noise(*s.shape))


@given(seeds, st.integers(1, 3), st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_bss_sdr_is_the_projection_written_out(seed, sources, taps):
    s, y = mixed(sources, 100, seed)
    result = bss_sdr(s, y, taps)
    padded = np.pad(s, ((0, 0), (0, taps - 1)))
    delayed = [[np.roll(row, k) for k in range(taps)] for row in padded]
    y = np.pad(y, ((0, 0), (0, taps - 1)))[result.permutation]
    everything = np.concatenate(delayed).T
    for j in range(sources):
        own, others = (
            basis @ np.linalg.lstsq(basis, y[j])[0]
            for basis in (np.array(delayed[j]).T, everything)
        )
        parts = [(own, y[j] - own), (own, others - own), (others, y[j] - others)]
        for measured, (signal, error) in zip(result[:3], parts, strict=True):
            if np.any(error):
                ratio = np.sum(signal**2) / np.sum(error**2)
                assert measured[j] == pytest.approx(10 * np.log10(ratio), abs=1e-6)
            else:
                assert sources == 1
                assert measured[j] == np.inf


@given(st.permutations(range(3)))
@settings(max_examples=6, deadline=None)
def test_bss_finds_the_order_and_the_order_changes_no_figure(order):
    s = noise(3, 800)
    y = s + 0.1 * noise(3, 800, seed=1) + 0.05 * s[::-1]
    straight, shuffled = bss_sdr(s, y, taps=4), bss_sdr(s, y[list(order)], taps=4)
    assert [order[e] for e in shuffled.permutation] == [0, 1, 2]
    for a, b in zip(straight[:3], shuffled[:3], strict=True):
        assert a == pytest.approx(b)


def test_bss_tells_interference_from_artefacts():
    s = noise(2, 20000)
    alien = noise(20000, seed=5)
    leak = bss_sdr(s, s + 0.1 * s[::-1], taps=16)
    hiss = bss_sdr(s, s + 0.1 * alien, taps=16)
    assert leak.sir == pytest.approx([20, 20], abs=0.2)
    assert min(leak.sar) > FORGIVEN
    assert hiss.sar == pytest.approx([20, 20], abs=0.2)
    assert min(hiss.sir) > 40
    assert bss_sdr(s[0], s[0] + 0.1 * alien, taps=16).sir == np.inf


def test_more_taps_forgive_more():
    s, y = mixed(1, 3000, 0)
    figures = [bss_sdr(s, y, taps).sdr[0] for taps in (1, 2, 4, 16, 64)]
    assert figures == sorted(figures)
    assert figures[-1] > figures[0] + 1


def test_bss_of_a_reference_whose_copies_depend_on_each_other():
    t = np.arange(2000)
    tone = np.where((t > 300) & (t < 1500), np.sin(0.1 * t) * np.hanning(2000), 0)
    assert bss_sdr(tone, 0.5 * np.roll(tone, 3), taps=64).sdr > 60
    duplicates = bss_sdr(np.stack([tone, tone]), np.stack([tone, tone]), taps=8)
    assert min(duplicates.sdr) > 60


def test_the_inputs_are_left_alone():
    s, y = mixed(2, 300, 0)
    before = s.copy(), y.copy()
    snr(s, y), sdr(s, y), si_sdr(s, y), bss_sdr(s, y, taps=4)
    assert np.array_equal(s, before[0])
    assert np.array_equal(y, before[1])


# --- what is refused ---------------------------------------------------------------

GOOD = np.array([1.0, -1.0, 2.0])


@pytest.mark.parametrize("measure", [snr, sdr, si_sdr, bss_sdr])
@pytest.mark.parametrize(
    ("reference", "estimate", "error", "message"),
    [
        (GOOD, GOOD[:2], ValueError, r"shape \(3,\) but the estimate \(2,\)"),
        (0 * GOOD, GOOD, ValueError, "reference is silent: its ratio has no meaning"),
        (GOOD * np.nan, GOOD, ValueError, "the reference has 3 values that are NaN"),
        (GOOD, [1, np.inf, 0], ValueError, "the estimate has 1 values that are NaN"),
        (GOOD, 1j * GOOD, TypeError, "estimate must hold real numbers, not complex"),
        (GOOD, torch.ones(3), TypeError, r"give estimate.detach\(\).cpu\(\).numpy\(\)"),
        (GOOD, 1.0, ValueError, r"the estimate has the shape \(\), without samples"),
        ([], [], ValueError, r"the reference has the shape \(0,\), without samples"),
        ("s", "y", TypeError, "reference must hold real numbers, not <U1"),
    ],
)
def test_bad_input_is_named(measure, reference, estimate, error, message):
    with pytest.raises(error, match=message):
        measure(reference, estimate, **({"taps": 1} if measure is bss_sdr else {}))


def test_the_silent_one_is_named():
    s = np.stack([GOOD, 0 * GOOD, GOOD])
    for measure in (snr, si_sdr, lambda s, y: bss_sdr(s, y, 1)):
        with pytest.raises(ValueError, match=r"silent \(number 1\)"):
            measure(s, s)
    assert sdr(s, 0 * s) == 0  # the channels together are not silent


@pytest.mark.parametrize("taps", [0, 4, 2.0])
def test_impossible_taps(taps):
    with pytest.raises(ValueError, match=f"from 1 to the .*, 3, not {taps}"):
        bss_sdr(GOOD, GOOD, taps)


def test_bss_takes_no_stack():
    with pytest.raises(ValueError, match=r"not the shape \(2, 2, 9\)"):
        bss_sdr(np.ones((2, 2, 9)), np.ones((2, 2, 9)), 2)
