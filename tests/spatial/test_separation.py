"""The chain from two channels to sources, on sounds whose answer is known."""

from __future__ import annotations

import warnings

import mir_eval.separation
import numpy as np
import pytest

from coursekit import masks
from coursekit.spatial import (
    Em,
    Front,
    cluster,
    deck_scene,
    downmix,
    fit_gmm,
    icm,
    independent,
    mean_field,
    observe,
    oracle_masks,
    resynthesise,
    score,
    separate,
    three_talkers,
    unary,
)
from coursekit.spatial.table_deck import RATE, render_equally, talkers


def speech(seed: int = 0, scene=None):
    scene = scene or deck_scene()
    x = talkers("test", np.random.default_rng(seed), len(scene.sources), seconds=3)
    return render_equally(scene, x)


def taking_turns(scene, samples: int = 8000):
    """Noise from one place after the other: nothing ever overlaps."""
    K = len(scene.sources)
    x = np.random.default_rng(0).standard_normal((K, K * samples))
    return scene.render(x * np.repeat(np.eye(K), samples, axis=1), RATE)


@pytest.mark.parametrize("seed", range(4))
def test_fitted_means_are_within_a_decibel_of_the_geometry(seed):
    found = separate(speech(seed).mixture)
    assert found.gmm.means == pytest.approx(deck_scene().expected_ilds(), abs=1)


@pytest.mark.parametrize("seed", range(3))
def test_clean_level_differences_come_near_the_oracle(seed):
    heard = speech(seed)
    found = separate(heard.mixture, infer=lambda U: independent(U).harden())
    best = resynthesise(oracle_masks(heard.images), found.observation)
    reached, possible = score(heard.images, found.estimates), score(heard.images, best)
    assert reached.mean() > 10
    assert reached.mean() > possible.mean() - 2
    mixture = np.stack([downmix(heard.mixture)] * 2)
    assert score(heard.images, mixture) == pytest.approx([0, 0], abs=0.6)


def test_talkers_who_take_turns_are_separated_almost_completely():
    for scene in (deck_scene(), three_talkers()):
        heard = taking_turns(scene)
        found = separate(heard.mixture, len(scene.sources))
        assert found.gmm.means == pytest.approx(scene.expected_ilds(), abs=0.5)
        assert score(heard.images, found.estimates).min() > 15


def test_estimates_add_up_to_the_masked_channel():
    heard = speech()
    for channel, truth in (
        ("mono", heard.mixture.mean(axis=0)),
        ("left", heard.mixture[0]),
        ("right", heard.mixture[1]),
    ):
        found = separate(heard.mixture, front=Front(channel=channel))
        assert np.max(np.abs(found.estimates.sum(axis=0) - truth)) < 1e-12
        assert score(heard.images, found.estimates, channel).mean() > 8


def test_the_reference_is_the_image_in_the_masked_channel():
    """Against the other channel's image the same estimates look worse."""
    heard = speech()
    left = separate(heard.mixture, front=Front(channel="left")).estimates
    right = score(heard.images, left, "left").mean()
    assert right > score(heard.images, left, "right").mean() + 0.5


def test_the_score_is_bss_eval():
    heard = speech()
    estimates = separate(heard.mixture).estimates
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # leaves mir_eval with 0.9
        truth = downmix(heard.images)
        sdr, _, _, order = mir_eval.separation.bss_eval_sources(truth, estimates)
    assert order.tolist() == [0, 1]
    assert score(heard.images, estimates) == pytest.approx(sdr, abs=0.01)


def test_exchanged_channels_exchange_the_sources():
    heard = speech()
    one, other = separate(heard.mixture), separate(heard.mixture[::-1])
    assert other.gmm.means == pytest.approx(-one.gmm.means[::-1], abs=0.2)
    assert score(heard.images, other.estimates[::-1]).mean() == pytest.approx(
        score(heard.images, one.estimates).mean(), abs=0.5
    )


def test_level_does_not_matter():
    heard = speech()
    quiet = separate(1e-4 * heard.mixture)
    assert quiet.estimates == pytest.approx(1e-4 * separate(heard.mixture).estimates)


def test_the_steps_are_the_chain():
    heard = speech()
    front = Front(frame=512, hop=128)
    found = separate(heard.mixture, 2, lambda U: mean_field(U, 0.5), front)
    seen = observe(heard.mixture, front)
    gmm = cluster(seen, 2, front)
    labelling = mean_field(unary(seen.ilds, gmm), 0.5)
    assert np.array_equal(found.labelling.posterior, labelling.posterior)
    assert np.array_equal(
        found.estimates, resynthesise(labelling.posterior, seen, front)
    )
    assert found.observation.ilds.shape == found.unary.shape[1:] == (257, 376)
    every = fit_gmm(
        np.ravel(seen.ilds), 2, np.ravel(seen.loudness), settings=front.em
    )  # which the histogram stands for
    assert gmm.means == pytest.approx(every.means, abs=0.05)


def test_oracle_masks_are_the_masks_of_the_true_magnitudes():
    heard = speech()
    S = np.abs([observe(image).masked for image in heard.images])
    assert np.array_equal(oracle_masks(heard.images), masks.binary_masks(S))
    wiener = oracle_masks(heard.images, make=lambda M: masks.ratio_masks(M, 2))
    assert wiener == pytest.approx(masks.ratio_masks(S, 2))


def test_free_variances_share_one_mean_where_one_width_does_not():
    """The collapse: a wide and a narrow Gaussian over each other."""
    heard = speech()
    rng = np.random.default_rng(0)
    blurred = observe(heard.mixture).ilds * 0.1 + rng.standard_t(2, (513, 189))
    blurred = np.ravel(blurred)[::7]
    free = fit_gmm(blurred, 2, settings=Em(floor=1e-3))
    assert np.ptp(free.means) < 0.5
    assert free.variances.max() > 5 * free.variances.min()
    tied = fit_gmm(blurred, 2, settings=Em(tied=True))
    assert np.ptp(tied.variances) == 0


def test_one_source_is_the_mixture():
    heard = speech()
    for infer in (independent, lambda U: icm(U, 1), lambda U: mean_field(U, 1)):
        found = separate(heard.mixture, 1, infer)
        assert found.estimates == pytest.approx(downmix(heard.mixture)[None])


def test_one_bin_and_one_frame_are_enough():
    x = np.random.default_rng(0).standard_normal((2, 200))
    found = separate(x, 2, front=Front(frame=1, hop=1))
    assert found.observation.ilds.shape == (1, 200)
    assert found.estimates.sum(axis=0) == pytest.approx(downmix(x))
    short = separate(x[:, :1], 1, lambda U: mean_field(U, 1))
    assert short.estimates.shape == (1, 1)


def test_one_silent_channel_has_one_side():
    x = np.random.default_rng(0).standard_normal(4000)
    found = separate(np.stack([x, 0 * x]), 1)
    assert found.gmm.means[0] < -60


def test_bad_mixtures_are_refused():
    x = np.random.default_rng(0).standard_normal((2, 4000))
    with pytest.raises(ValueError, match=r"\(2, samples\), got \(4000,\).*one channel"):
        separate(x[0])
    with pytest.raises(ValueError, match=r"got \(3, 4000\)"):
        separate(np.vstack([x, x[:1]]))
    with pytest.raises(ValueError, match=r"got \(2, 0\)"):
        separate(x[:, :0])
    with pytest.raises(ValueError, match="4000 values NaN"):
        separate(x * [[np.nan], [1]])
    with pytest.raises(ValueError, match=r"\(1, 2, 4000\)"):
        separate(x[None])
    with pytest.raises(ValueError, match="silent: there is nothing to cluster"):
        separate(0 * x)
    with pytest.raises(ValueError, match="are both channels the same"):
        separate(x[[0, 0]])
    with pytest.raises(ValueError, match="0 components"):
        separate(x, 0)
    with pytest.raises(ValueError, match=r"channel must be one of .* got 'side'"):
        separate(x, front=Front(channel="side"))
    with pytest.raises(ValueError, match="beta must be 0 or more"):
        separate(x, infer=lambda U: mean_field(U, -1))
    with pytest.raises(ValueError, match="the masks have the shape"):
        resynthesise(np.ones((2, 3, 4)), observe(x))
    with pytest.raises(ValueError, match=r"\(2, 4000\) but the estimates \(1, 4000\)"):
        score(np.stack([x, x]), x[:1])
