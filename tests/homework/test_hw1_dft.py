"""Homework 1: its STFT, its recordings, its frame lengths, and Validate."""

import json
import re

import nbformat
import numpy as np
import pytest
from nbgrader.validator import Validator

from coursekit import fourier
from coursekit.grading.publishing import bank
from coursekit.homework.checks.cases import draw
from coursekit.homework.hw1_dft import (
    HOMEWORK,
    frames,
    my_clicks,
    my_tones,
    my_voice,
    resolution,
)

STUDENTS = [f"student {n}" for n in range(12)]


def test_each_function_has_many_misconceptions():
    for part in HOMEWORK.parts:
        named = [m for m in HOMEWORK.misconceptions if m.part == part.name]
        assert len(named) >= (0 if part.is_value else 5), part.name


def test_thirty_points_are_given_by_checks(hw1):
    assert sum(part.points for part in hw1.homework.parts) == 30
    assert sum(f.earned for f in hw1.judge(hw1.reference)) == 30


def test_solutions_use_no_ready_made_transform(hw1):
    for code in hw1.reference.values():
        assert not re.search(r"\bfft\b|fourier|scipy|librosa|import", code)


# --- the homework's STFT --------------------------------------------------------


@pytest.mark.parametrize(("frame", "hop"), [(8, 4), (12, 3), (15, 5), (16, 7)])
def test_stft_is_numpys_transform_of_windowed_frames(frame, hop):
    x = np.random.default_rng(1).standard_normal(100)
    w = np.hanning(frame + 1)[:-1]
    starts = range(0, 100 - frame + 1, hop)
    expected = np.stack([np.fft.rfft(w * x[s : s + frame]) for s in starts], axis=1)
    np.testing.assert_allclose(frames.stft(x, frame, hop), expected, atol=1e-12)


def test_stft_columns_are_the_inner_ones_of_the_courses():
    x = np.random.default_rng(2).standard_normal(200)
    ours, courses = frames.stft(x, 32, 8), fourier.stft(x, 32, 8)
    np.testing.assert_allclose(ours, courses[:, 2 : 2 + ours.shape[1]], atol=1e-12)


# --- recordings -----------------------------------------------------------------


@pytest.mark.parametrize("make", [my_tones, my_clicks, my_voice])
def test_recordings_are_sound(make):
    mine, again, other = make("Ada"), make(" ada"), make("Grace")
    assert np.array_equal(mine.x, again.x)
    assert not np.array_equal(mine.x, other.x)
    assert mine.x.dtype == np.float64
    assert np.abs(mine.x).max() <= 1
    assert np.sqrt(np.mean(mine.x**2)) > 1e-3
    assert np.array_equal(make("").x, make().x)


def test_notebook_and_check_hold_the_same_recordings():
    for part, make in (("frame_for_tones", my_tones), ("frame_for_clicks", my_clicks)):
        case = HOMEWORK.cases(part)[0]
        (asked,) = draw(HOMEWORK, case, "Ada")
        assert np.array_equal(asked.x, make("Ada").x)


@pytest.mark.parametrize("student", STUDENTS)
def test_there_is_a_frame_for_each_and_not_for_both(student):
    tones, clicks = my_tones(student), my_clicks(student)
    for frame in (3600, 4096, 6000, 8000):
        assert resolution.judge_tones(frame, tones) is None
    for frame in (64, 256, 512, 900):
        assert "melt into one line" in resolution.judge_tones(frame, tones)
    for frame in (32, 64, 128, 180):
        assert resolution.judge_clicks(frame, clicks) is None
    for frame in (400, 1024, 4096):
        assert "fall into the same one" in resolution.judge_clicks(frame, clicks)


@pytest.mark.parametrize("frame", [0, -4, np.inf, 0.5])
def test_what_is_no_frame_length(frame):
    for judged in (
        resolution.judge_tones(frame, my_tones()),
        resolution.judge_clicks(frame, my_clicks()),
        resolution.judge_note(frame),
        resolution.judge_bins(frame),
    ):
        assert "number of samples" in judged


def test_frames_that_are_too_long_or_too_short():
    assert "more than the recording" in resolution.judge_tones(10**6, my_tones())
    assert "more than the recording" in resolution.judge_clicks(10**6, my_clicks())
    assert "the note only 0.5 s" in resolution.judge_note(8001)
    assert resolution.judge_note(8000) is None
    assert "bins are 516 Hz wide" in resolution.judge_bins(31)
    assert resolution.judge_bins(32) is None


# --- nbgrader's Validate --------------------------------------------------------


def test_validate_says_which_case_failed_and_why(hw1, tmp_path):
    """nbgrader's Validate, on the cells that one check needs."""
    answer = next(a for a in hw1.answers if a.name == "wrong/dft_scaled")
    notebook = nbformat.reads(json.dumps(hw1.sources["dft"]), 4)
    filled = bank.fill(notebook, answer, "Ada")
    keep = {"imports", "student", "dft-matrix", "dft", "check-dft", "check-dft-matrix"}
    filled.cells = [cell for cell in filled.cells if cell.id in keep]
    nbformat.write(filled, tmp_path / "dft.ipynb")
    result = Validator().validate(str(tmp_path / "dft.ipynb"))
    (failed,) = result["failed"]
    assert failed["source"] == 'check("dft", dft)'
    error = failed["raw_error"]
    assert error.startswith("dft: 0 of 3 checks passed")
    assert "not yet  a constant" in error
    assert "divided by N: the forward transform is unscaled" in " ".join(error.split())
    assert "Traceback" not in error
    assert ".py" not in error
