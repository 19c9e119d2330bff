"""Homework 3: the standard's values, the slides' claims, and what the checks see."""

import numpy as np
import pytest
import torch
from scipy.signal import get_window

from coursekit import metrics, psychoacoustics
from coursekit.homework.checks.ask import answer
from coursekit.homework.checks.calls import Gradient
from coursekit.homework.checks.cases import (
    draw,
)
from coursekit.homework.checks.judge import diagnosis
from coursekit.homework.hw3_pam import HOMEWORK, check, magnitudes, my_recordings

STUDENTS = ["Ada", "Grace", "anyone", "Bob"]


@pytest.fixture(scope="module")
def held(all_hw):
    return next(h for h in all_hw if h.name == "hw3_pam")


@pytest.fixture(scope="module")
def space(held):
    """What the reference's notebook has defined."""
    return held.run(held.reference, "Ada")["psd"]


def case(part, name):
    return next(c for c in HOMEWORK.cases(part) if c.name == name)


# --- the reference of the notebook, against values of the standard ----------------


def test_values_of_the_standard(space):
    hz = np.array([100.0, 1000.0, 4000.0, 10000.0])
    quiet = space["threshold_in_quiet"](hz)
    np.testing.assert_allclose(quiet, [22.95, 3.37, -3.39, 10.58], atol=5e-3)
    np.testing.assert_allclose(space["bark"](hz[1:3]), [8.511, 17.259], atol=5e-4)
    z = space["bark"](1000.0)
    places = z + np.array([0, 1, -1, 3])
    LT = space["masker_threshold"](80.0, z, places, "tonal")
    np.testing.assert_allclose(LT, [71.63, 54.63, 33.63, 44.63], atol=5e-3)


def test_a_full_scale_sine_reads_ninety_six(space):
    n = np.arange(512)
    X = space["psd"](np.sin(2 * np.pi * 32 * n / 512))
    np.testing.assert_allclose(X[32], 96)
    np.testing.assert_allclose(
        X[31:34].max() - psychoacoustics.FULL_SCALE_DB, -7.782, atol=1e-3
    )


def test_psd_is_scipys_spectrum_of_a_scaled_window(space):
    x = np.random.default_rng(1).standard_normal(512) / 10
    h = np.sqrt(8 / 3) * get_window("hann", 512)
    expected = 20 * np.log10(np.abs(np.fft.rfft(h * x)) / 512)
    expected += psychoacoustics.FULL_SCALE_DB
    np.testing.assert_allclose(space["psd"](x), expected, atol=1e-9)


def test_two_equal_maskers_are_three_decibels_more(space):
    LT = np.full((2, 1), 50.0)
    together = space["global_threshold"](LT, np.array([-100.0]))
    np.testing.assert_allclose(together, 50 + 10 * np.log10(2))


@pytest.mark.parametrize(
    ("line", "bump", "is_tone"),
    [
        *((40, 2, False), (40, 3, True), (80, 3, False), (80, 4, True)),
        *((200, 6, False), (200, 7, True), (250, 6, False), (251, 7, False)),
        *((62, 3, True), (63, 3, False), (126, 4, True), (127, 4, False)),
    ],
)
def test_the_neighbourhood_is_that_of_layer_one(space, line, bump, is_tone):
    X = np.zeros(264)[:257]
    X[line] = 60
    X[min(line + bump, 256) if line + bump < 257 else line - bump] = 54
    lines, _ = space["tonal_maskers"](X)
    assert (line in lines) == is_tone


def test_gradients_are_those_of_finite_differences(space):
    args = draw(HOMEWORK, case("noise_modulation_loss", "its gradient"), "Ada")
    for name in "priority_loss", "noise_modulation_loss":
        loss = space[name]
        slope = answer(loss, args, 5.0, Gradient(of=1)).value
        step = 1e-7 * np.random.default_rng(0).standard_normal(args[1].shape)
        ends = [
            loss(*map(torch.from_numpy, (args[0], args[1] + s)), args[2])
            for s in (step, -step)
        ]
        rise = (ends[0] - ends[1]).item() / 2
        np.testing.assert_allclose(np.sum(slope * step), rise, rtol=1e-3)


# --- what students are given --------------------------------------------------------


def test_magnitudes_carry_the_calibration_of_psd():
    s = np.random.default_rng(2).standard_normal((2, 1, 1024)) / 10
    x = magnitudes(torch.from_numpy(s)).numpy()
    level = psychoacoustics.psd(psychoacoustics.frames_of(s))
    np.testing.assert_allclose(20 * np.log10(x) + 96, level, atol=1e-9)
    assert x.shape == psychoacoustics.mask_of(torch.from_numpy(s), 16000).shape


def test_magnitudes_of_silence_have_a_gradient():
    s = torch.zeros(1024, dtype=torch.float64, requires_grad=True)
    magnitudes(s).sum().backward()
    assert torch.equal(s.grad, torch.zeros(1024, dtype=torch.float64))


@pytest.mark.parametrize("student", STUDENTS)
def test_recordings_show_what_the_question_asks_about(student):
    """SNR and L3 rank the hidden noise last, L4 ranks it first, by a wide margin."""
    mine = my_recordings(student)
    s = torch.from_numpy(mine.s)
    snr, L3, L4 = {}, {}, {}
    for name, version in mine.versions.items():
        assert np.abs(version).max() < 1
        s_hat = torch.from_numpy(version)
        snr[name] = metrics.snr(mine.s, version)
        L3[name] = psychoacoustics.priority_loss(s, s_hat, 16000).item()
        L4[name] = psychoacoustics.noise_modulation_loss(s, s_hat, 16000).item()
    np.testing.assert_allclose(list(snr.values()), [20.14, 18.30, 30.0])
    assert L3["whistle"] * 5 < L3["hiss"] < L3["hidden"] / 1.5
    assert L4["hidden"] * 20 < min(L4["hiss"], L4["whistle"])
    assert not np.array_equal(mine.s, my_recordings(student + "?").s)


# --- what the checks see --------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "misconception"),
    [
        ("threshold_in_quiet", "no-cap"),
        ("psd", "natural-log"),
        ("psd", "amplitude-for-power"),
        ("psd", "no-floor"),
        ("tonal_maskers", "neighbourhood-too-narrow"),
        ("tonal_maskers", "more-than-seven"),
        ("spreading", "mirrored"),
        ("masker_threshold", "offsets-swapped"),
        ("global_threshold", "decibels-added"),
        ("priority_weights", "natural-log"),
        ("noise_modulation_loss", "error-not-calibrated"),
        ("noise_modulation_loss", "max-over-frames"),
    ],
)
def test_the_fields_misconceptions_are_told_at_once(part, misconception):
    wrong = next(
        m.wrong
        for m in HOMEWORK.misconceptions
        if (m.part, m.name) == (part, misconception)
    )
    found = check.findings(part, wrong)
    assert diagnosis(found, part) == misconception


def test_a_cut_gradient_costs_the_gradients_points_alone(space):
    def cut(s, s_hat, rate):
        return space["priority_loss"](s, s_hat, rate).item()

    value, slope = check.findings("priority_loss", cut)
    assert value.passed
    assert (slope.status, slope.diagnosis) == ("type", "gradient-cut")
    assert "should return a tensor" in slope.sentence


def test_ties_are_ties_in_every_spectrum_that_is_drawn(held):
    """Levels lie on a grid of half decibels, so no rounding decides what is a tone."""
    for one in held.homework.cases("tonal_maskers"):
        for student in STUDENTS:
            (X,) = draw(held.homework, one, student, b"key")
            assert np.array_equal(2 * X, np.round(2 * X)), one.name
