"""The deck's table, on voices that nothing was chosen on."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import data, evidence
from coursekit.evidence import Table
from coursekit.spatial import downmix, table_deck, three_talkers
from coursekit.spatial.table_deck import (
    BETA,
    CLEAN,
    DECK,
    INFERENCE,
    JITTER_SD,
    LIMITS,
    METHODS,
    NOISY,
    Condition,
    beta_curve,
    compare_inference,
    draw,
    jitter_curve,
    markdown,
    measure,
    render_equally,
    talkers,
)

SOFT, HARD = ("mean field", "sum-product BP"), ("ICM", "mean field, hard", "graph cut")


@pytest.fixture(scope="module")
def table() -> Table:
    names = ("mixture", "GMM, hard", "GMM, soft", *SOFT, *HARD, "oracle, binary")
    return measure([NOISY], {name: METHODS[name] for name in names}, range(5))


@pytest.fixture(scope="module")
def clean_table() -> Table:
    names = ("GMM, hard", "GMM, soft", "mean field", "ICM", "oracle, binary")
    return measure([CLEAN], {name: METHODS[name] for name in names}, range(3))


def sdrs(table: Table, method: str) -> np.ndarray:
    return np.array(table.values("sdr", method=method))


def gains(table: Table, method: str, over: str) -> np.ndarray:
    return np.array(table.gain("sdr", {"method": method}, {"method": over}))


def test_the_mixture_and_clustering_alone_have_the_decks_figures(table):
    assert sdrs(table, "mixture").mean() == pytest.approx(0.06, abs=0.3)
    for gmm in ("GMM, hard", "GMM, soft"):
        assert sdrs(table, gmm).mean() == pytest.approx(DECK["GMM"], abs=0.6)


def test_the_prior_gains_more_than_the_decks_in_every_mixture(table):
    """Soft over soft and hard over hard; the mean and each seed by itself."""
    for gmm, methods in (("GMM, soft", SOFT), ("GMM, hard", ("mean field, hard",))):
        for method in methods:
            gain = gains(table, method, gmm)
            assert gain.mean() > DECK["MRF"] - DECK["GMM"]
            assert gain.min() > 2
            assert sdrs(table, method).mean() > DECK["MRF"]
    for method in HARD:
        assert gains(table, method, "GMM, hard").min() > 1.5
        assert sdrs(table, method).mean() > DECK["MRF"]


def test_a_clean_measurement_leaves_the_prior_nothing_to_gain(clean_table):
    for gmm, method in (("GMM, soft", "mean field"), ("GMM, hard", "ICM")):
        gain = gains(clean_table, method, gmm)
        assert np.abs(gain).max() < 0.5
        assert gain.mean() < 0.1
    beside = gains(clean_table, "oracle, binary", "GMM, hard")
    assert beside.mean() < 1.5


def test_nothing_beats_the_oracle(table, clean_table):
    for measured in (table, clean_table):
        best = {
            r["seed"]: r["sdr"] for r in measured.records if "oracle" in r["method"]
        }
        assert all(r["sdr"] <= best[r["seed"]] + 0.3 for r in measured.records)


def test_the_error_was_chosen_from_clustering_alone_on_other_voices():
    curve = jitter_curve((JITTER_SD - 1, JITTER_SD, JITTER_SD + 1), range(6))
    assert curve[JITTER_SD] == pytest.approx(DECK["GMM"], abs=0.3)
    assert min(curve, key=lambda sd: abs(curve[sd] - DECK["GMM"])) == JITTER_SD


def test_the_strength_was_chosen_on_other_voices_and_too_strong_a_prior_hurts():
    curve = beta_curve((0.0, BETA / 2, BETA, 2 * BETA), range(4))
    assert max(curve, key=lambda beta: curve[beta]) == BETA
    assert curve[BETA] > curve[0.0] + 2


def test_voices_do_not_cross_the_split():
    voices = [{c.speaker for c in data.clips("speech", s)} for s in ("train", "test")]
    assert not voices[0] & voices[1]
    assert min(map(len, voices)) >= 3


def test_a_seed_draws_the_same_talkers_under_every_condition():
    noisy, clean = draw(NOISY, "test", 3), draw(CLEAN, "test", 3)
    assert np.array_equal(noisy.images, clean.images)
    error = noisy.observation.ilds - clean.observation.ilds
    assert error.std() == pytest.approx(JITTER_SD, rel=0.02)
    again = draw(NOISY, "test", 3)
    assert np.array_equal(again.unary, noisy.unary)
    assert not np.array_equal(draw(NOISY, "test", 4).images, noisy.images)


def test_sources_are_equally_strong_and_in_order():
    rng = np.random.default_rng(0)
    heard = render_equally(three_talkers(), talkers("test", rng, 3))
    assert (downmix(heard.images) ** 2).mean(axis=-1) == pytest.approx([0.0025] * 3)
    assert heard.mixture == pytest.approx(heard.images.sum(axis=0))
    mirrored = three_talkers()
    swapped = type(mirrored)(mirrored.sources[::-1], mirrored.left, mirrored.right)
    problem = draw(Condition("backwards", swapped), "test", 0)
    levels = 10 * np.log10((problem.images**2).sum(axis=-1))
    assert (np.diff(levels[:, 1] - levels[:, 0]) > 0).all()


def test_sensor_noise_is_as_strong_as_said():
    noisy, clean = (draw(Condition("", noise_db=n), "test", 0) for n in (20, np.inf))
    N = np.abs(noisy.observation.masked - clean.observation.masked) ** 2
    S = np.abs(clean.observation.masked) ** 2
    stereo = clean.images.sum(axis=0).var() / downmix(clean.images.sum(axis=0)).var()
    assert N.sum() / S.sum() == pytest.approx(0.01 * stereo / 2, rel=0.05)


def test_every_limit_can_be_drawn_and_measured():
    assert len({condition.name for condition in LIMITS}) == len(LIMITS)
    rooms = [c for c in LIMITS if c.room is not None and c.room.rt60 in (0.15, 0.5)]
    few = {name: METHODS[name] for name in ("GMM, soft", "oracle, binary")}
    measured = measure([*rooms, LIMITS[-2]], few, [0])
    dry, wet, three = sdrs(measured, "GMM, soft")
    assert wet < 2 < dry < 10  # a room takes it away
    assert 3 < three < sdrs(measured, "oracle, binary")[2]


def test_all_inference_is_judged_on_the_same_problem():
    found = compare_inference([1])
    assert found.methods == tuple(INFERENCE)
    assert (found.energies >= found.energies[-1] - 1e-3).all()
    left = dict(zip(found.methods, found.way_left()[:, 0], strict=True))
    assert left["no prior (GMM)"] == 1
    assert left["graph cut (exact)"] == 0
    assert max(v for name, v in left.items() if "GMM" not in name) < 0.1
    assert (found.hard[1:] > found.hard[0] + 1.5).all()
    assert (found.seconds > 0).all()
    assert found._repr_markdown_().count("\n") == len(INFERENCE) + 1


def test_markdown_has_a_row_for_each_name():
    assert markdown(["x", "y"], [], []) == "| x | y |\n|:--|--:|"


def test_the_committed_table_says_what_the_lecture_measures_live(table):
    committed = evidence.load("deck").select(condition=NOISY.name)
    for method in ("mixture", "GMM, hard", "mean field, hard"):
        stated = committed.values("sdr", method=method)
        assert sdrs(table, method) == pytest.approx(stated, abs=0.05)


def test_bad_requests_are_refused():
    with pytest.raises(ValueError, match="9 talkers, but the test split has 3 voices"):
        talkers("test", np.random.default_rng(0), 9)
    with pytest.raises(ValueError, match="split must be"):
        draw(NOISY, "validation", 0)
    assert table_deck.SECONDS * table_deck.RATE == 64000
