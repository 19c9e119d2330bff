"""Homework 2: its scene, its boards, one sweep and one step of the random field."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import fourier, metrics, spatial
from coursekit.homework.checks.cases import draw
from coursekit.homework.hw2_ild import HOMEWORK, clustering, field, masking, my_scene
from coursekit.homework.hw2_ild.field import board, opinions
from coursekit.homework.hw2_ild.scene import LOUDEST
from coursekit.spatial.gmm import Em, fit_gmm

STUDENTS = [f"student {n}" for n in range(6)]
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def hw2(all_hw):
    return next(hw for hw in all_hw if hw.name == "hw2_ild")


def test_thirty_points_are_given_by_checks(hw2):
    assert sum(part.points for part in hw2.homework.parts) == 30
    assert sum(f.earned for f in hw2.judge(hw2.reference)) == 30


def test_each_function_has_many_misconceptions():
    for part in HOMEWORK.parts:
        named = [m for m in HOMEWORK.misconceptions if m.part == part.name]
        assert len(named) >= 8, part.name


def test_the_bank_is_large(hw2):
    assert sum(answer.right for answer in hw2.answers) >= 6
    assert sum(not answer.right for answer in hw2.answers) >= 20
    told = {(p, name) for a in hw2.answers for p, name in a.diagnosis.items()}
    assert len(told) >= 35


def test_solutions_use_nothing_ready_made(hw2):
    for name, code in hw2.reference.items():
        assert "import" not in code, name
        assert "spatial" not in code.replace("fourier", ""), name
        assert name == "separate" or "fourier" not in code, name


# --- the field, one sweep and one step ------------------------------------------


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(2, 4), st.floats(0, 3))
def test_a_sweep_and_a_step_are_those_of_the_course(seed, K, beta):
    U = np.random.default_rng(seed).standard_normal((K, 7, 6))
    swept = field.icm_sweep(U.argmax(axis=0), U, beta)
    np.testing.assert_array_equal(swept, spatial.icm(U, beta, iterations=1).labels)
    stepped = field.mean_field_step(spatial.independent(U).posterior, U, beta)
    course = spatial.mean_field(U, beta, iterations=1).posterior
    np.testing.assert_allclose(stepped, course, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.floats(0, 3))
def test_a_sweep_from_any_labels_never_raises_the_energy(seed, beta):
    rng = np.random.default_rng(seed)
    labels, U = rng.integers(0, 3, (6, 5)), rng.standard_normal((3, 6, 5))
    after = field.icm_sweep(labels, U, beta)
    assert spatial.energy(after, U, beta) <= spatial.energy(labels, U, beta) + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_boards_tell_all_mistakes_apart(seed):
    given_ = board(np.random.default_rng(seed), 3, 5, 6)
    mistakes = [m for m in HOMEWORK.misconceptions if m.part == "icm_sweep"]
    answers = {m.wrong(*given_).tobytes() for m in mistakes}
    answers.add(field.icm_sweep(*given_).tobytes())
    assert len(answers) == len(mistakes) + 1


def test_opinions_stay_opinions():
    Q, U, beta = opinions(np.random.default_rng(0), 3, 4, 5)
    for _ in range(3):
        Q = field.mean_field_step(Q, U, beta)
        np.testing.assert_allclose(Q.sum(axis=0), 1)
        assert (Q >= 0).all()


@pytest.mark.filterwarnings("error")
def test_mistakes_divide_by_zero_in_silence(hw2):
    for case, args in hw2.drawn("Ada", b"key"):
        for mistake in HOMEWORK.misconceptions:
            if mistake.part == case.part:
                assert not isinstance(answer_of(mistake, args), Warning), mistake.name


def answer_of(mistake, args):
    try:
        return mistake.wrong(*args)
    except (ValueError, ZeroDivisionError, Warning) as error:
        return error


# --- the two steps of EM --------------------------------------------------------


def test_the_two_steps_in_turn_are_the_courses_em():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(-7, 2, 300), rng.normal(8, 3, 200)])
    w = rng.uniform(0.1, 2, 500)
    pi, mu, var = np.full(2, 0.5), np.array([-3.0, 3.0]), np.full(2, 25.0)
    for _ in range(200):
        pi, mu, var = clustering.m_step(x, clustering.e_step(x, pi, mu, var), w, 1.0)
    gmm = fit_gmm(x, 2, w, settings=Em(floor=1.0, tolerance=1e-12))
    np.testing.assert_allclose(mu, gmm.means, atol=1e-3)
    np.testing.assert_allclose(var, gmm.variances, atol=1e-2)
    np.testing.assert_allclose(pi, gmm.weights, atol=1e-4)


# --- masks ----------------------------------------------------------------------


def test_two_talkers_who_take_turns_come_out_whole():
    """One in the lower half of the spectrum, one in the upper: nothing is lost."""
    rate, n = 8000, 2000
    t = np.arange(n) / rate
    low, high = np.sin(2 * np.pi * 500 * t), np.sin(2 * np.pi * 3000 * t)
    x = np.stack([low + 0.5 * high, 0.5 * low + high])
    X = fourier.stft(x, 256, 64)
    labels = (np.indices(X.shape[1:])[0] >= 64).astype(int)
    talkers = masking.separate(labels, X, 256, 64, n)
    np.testing.assert_allclose(
        talkers[:, 256:-256], [low[256:-256], high[256:-256]], atol=0.01
    )


# --- the scene ------------------------------------------------------------------


@pytest.mark.parametrize("student", STUDENTS)
def test_scene_has_two_talkers_apart_and_loud_enough(student):
    mine = my_scene(student)
    left, right = mine.scene.expected_ilds()
    assert -12 < left < -4
    assert 4 < right < 12
    assert mine.x.shape == (2, 64000)
    assert np.abs(mine.x).max() == pytest.approx(LOUDEST)
    np.testing.assert_allclose(mine.images.sum(axis=0), mine.x, atol=1e-12)
    assert np.sqrt(np.mean(mine.images**2, axis=-1)).min() > 0.01


def test_scenes_are_ones_own():
    mine, again, other = my_scene("Ada"), my_scene(" ada"), my_scene("Grace")
    assert np.array_equal(mine.x, again.x)
    assert mine.scene == again.scene
    assert not np.array_equal(mine.x, other.x)
    assert mine.scene != other.scene
    assert np.array_equal(my_scene("").x, my_scene().x)


def test_notebook_and_check_ask_about_the_same_talker():
    case = next(c for c in HOMEWORK.visible if c.name == "your first talker")
    source, left, right = draw(HOMEWORK, case, "Ada")
    scene = my_scene("Ada").scene
    assert (source, left, right) == (scene.sources[0], scene.left, scene.right)


@pytest.mark.parametrize("student", STUDENTS[:3])
def test_the_homework_works_on_every_scene(student):
    """What the notebook does: clusters help, noise hurts, neighbours help again."""
    mine = my_scene(student)
    X = fourier.stft(mine.x, 1024, 256)
    A, loudness = spatial.ild(*X), np.abs(X).sum(axis=0)
    noisy = spatial.jitter(A, 6.5, np.random.default_rng(2))
    clean, R = shares(A, loudness), shares(noisy, loudness)
    U = np.log(np.maximum(R, 1e-12))
    Q = R
    for _ in range(5):
        Q = field.mean_field_step(Q, U, 0.75)
    alone, good, bad, smooth = (
        score(mine, sounds)
        for sounds in (mine.x, *(taken_apart(mine, X, P) for P in (clean, R, Q)))
    )
    assert alone + 4 < good
    assert bad + 2 < good
    assert bad + 0.5 < smooth


def shares(A, loudness):
    loudest = np.argsort(loudness.ravel())[-4000:]
    x, w = A.ravel()[loudest], loudness.ravel()[loudest]
    pi, mu, var = np.full(2, 0.5), np.array([-3.0, 3.0]), np.full(2, 25.0)
    for _ in range(30):
        pi, mu, var = clustering.m_step(x, clustering.e_step(x, pi, mu, var), w, 1.0)
    return clustering.e_step(A.ravel(), pi, mu, var).T.reshape(2, *A.shape)


def taken_apart(mine, X, Q):
    return masking.separate(Q.argmax(axis=0), X, 1024, 256, mine.x.shape[1])


def score(mine, sounds):
    truth = mine.images[[0, 1], [0, 1]]
    return np.mean([metrics.si_sdr(t, s) for t, s in zip(truth, sounds, strict=True)])
