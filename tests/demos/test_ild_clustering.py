"""The pictures of lecture 07, and the few numbers that they are made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from coursekit import audio, spatial
from coursekit.demos import ild_clustering as demo

RATE = 16_000


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def heard():
    """Two noises, one after the other, in the deck's scene."""
    noises = np.random.default_rng(1).standard_normal((2, 6000))
    noises *= np.repeat([[1, 0], [0, 1]], 3000, axis=1)
    return demo.balance(spatial.deck_scene().render(noises, RATE))


@pytest.fixture(scope="module")
def seen(heard):
    return spatial.observe(heard.mixture)


TWO = spatial.Gmm(np.array([0.3, 0.7]), np.array([-7.0, 8.0]), np.array([4.0, 9.0]))


# --- sounds --------------------------------------------------------------------


@pytest.mark.parametrize("level", [-29.0, -40.0])
def test_balanced_talkers_are_equally_loud_where_they_are_masked(rng, level):
    scene = spatial.three_talkers()
    noises = rng.standard_normal((3, 4000)) * [[1.0], [0.01], [5.0]]
    before = scene.render(noises, RATE)
    after = demo.balance(before, level)
    mono = [audio.level_db(spatial.downmix(image)) for image in after.images]
    assert mono == pytest.approx([level] * 3)
    assert np.allclose(after.mixture, after.images.sum(axis=0))
    for one, other in zip(before.images, after.images, strict=True):
        ratios = other / one  # one factor for both channels
        assert np.ptp(ratios) < 1e-9 * abs(ratios).max()


def test_a_silent_talker_cannot_be_balanced(rng):
    noises = rng.standard_normal((2, 400)) * [[1.0], [0.0]]
    with pytest.raises(ValueError, match="a silent one cannot be made"):
        demo.balance(spatial.deck_scene().render(noises, RATE))


@given(st.floats(0.1, 10), st.floats(0, 30), st.permutations(range(4)))
def test_sparseness_is_the_share_of_energy_that_stands_out(level, margin, order):
    sources = np.array([[4.0, 0.0, 1.0, 0.0], [0.0, 2.0, 1.0, 0.0]])
    share = demo.sparseness(level * sources[:, order], margin)
    assert share == pytest.approx(20 / 22)  # of 16 + 4 + 2


def test_sparseness_knows_the_margin_and_more_than_two_sources():
    sources = [[10.0], [1.0], [3.0]]  # the second largest is 10.5 dB below
    assert demo.sparseness(sources, 10) == 1
    assert demo.sparseness(sources, 11) == 0
    assert demo.sparseness(np.array(sources) * 1j, 10) == 1


@pytest.mark.parametrize("sources", [np.ones((1, 5)), np.zeros((2, 5))])
def test_sparseness_of_one_source_or_of_silence_is_refused(sources):
    with pytest.raises(ValueError, match="give two or more, with some sound"):
        demo.sparseness(sources)


def test_the_judge_separates_and_compares_with_the_oracle(heard, rng):
    gmm, ours, ceiling = demo.judge(heard.mixture, heard.images)
    assert gmm.means == pytest.approx(spatial.deck_scene().expected_ilds(), abs=1)
    assert ceiling - 2 < ours <= ceiling
    noise = 0.005 * rng.standard_normal(heard.mixture.shape)
    swapped = demo.judge(heard.mixture + noise, heard.images[::-1])
    assert swapped[1] < -3  # what is left is compared with who was right
    assert 10 < swapped[2] < ceiling - 1  # the oracle is never mistaken


# --- where everybody stands ------------------------------------------------------

SPOT = st.tuples(st.floats(-3, 3), st.floats(0.3, 3))


@given(SPOT)
def test_the_map_is_the_expected_ild_of_every_place(place):
    scene = spatial.deck_scene()
    said = spatial.expected_ild(place, scene.left, scene.right)
    assert demo.ild_at(scene, *place) == pytest.approx(said, abs=1e-9)


@given(st.floats(0.1, 0.9), st.floats(0, 2 * np.pi))
def test_places_of_one_level_difference_form_a_circle(ratio, angle):
    """Apollonius: around (2 / (1 - 1/r^2), 0) for the ratio r of the distances."""
    scene = spatial.deck_scene()  # microphones at (0, 0) and (2, 0)
    centre, radius = -2 * ratio**2 / (1 - ratio**2), 2 * ratio / (1 - ratio**2)
    x, y = centre + radius * np.cos(angle), radius * np.sin(angle)
    assert demo.ild_at(scene, x, y) == pytest.approx(20 * np.log10(ratio), abs=1e-6)


def test_the_scene_has_the_decks_numbers_in_picture_and_words():
    picture = demo.draw_scene(spatial.deck_scene())
    assert "S1: 1.00 m to L, 2.24 m to R, -6.99 dB" in picture.alt
    assert "S2: 2.15 m to L, 0.80 m to R, +8.60 dB" in picture.alt
    written = {text.get_text() for text in picture.axes[0].texts}
    assert {"1.00 m", "2.24 m", "2.15 m", "0.80 m", "S1", "S2", "L", "R"} <= written


def test_scenes_with_height_and_with_many_talkers_can_be_drawn():
    places = [(k, 1 + k / 3, 1.7) for k in range(6)]
    scene = spatial.Scene(places, (0, 0, 1.5), (2, 0, 1.5))
    assert "6 talkers" in demo.draw_scene(scene).alt


def test_the_map_is_coloured_by_the_level_difference():
    scene = spatial.close_pair(1.0)
    (axes,) = demo.draw_ild_map(scene).axes
    (image,) = axes.images
    left, right, bottom, top = image.get_extent()
    rows, columns = image.get_array().shape
    row = round((1.0 - bottom) / (top - bottom) * (rows - 1))
    column = round((0.0 - left) / (right - left) * (columns - 1))
    place = (
        left + column / (columns - 1) * (right - left),
        bottom + row / (rows - 1) * (top - bottom),
    )
    said = spatial.expected_ild(place, scene.left, scene.right)
    assert image.get_array()[row, column] == pytest.approx(said)


# --- one number per pixel ----------------------------------------------------------


def test_quiet_pixels_are_dark_and_the_others_have_their_level_difference():
    A = np.array([[-7.0, 5.0], [8.0, 3.0]])
    M = np.array([[1.0, 1e-4], [0.01, 1.0]])
    picture = demo.draw_ilds({"both": A}, {"both": M}, RATE, 256)
    shown = picture.axes[0].images[0].get_array()
    assert shown.mask.tolist() == [[False, True], [False, False]]
    assert np.array_equal(shown.data, A)
    assert "the median is 3.0 dB" in picture.alt


def test_left_is_blue_and_right_is_orange_alike_for_places_and_clusters():
    left, middle, right = demo.SIDES([0.25, 0.5, 0.75])[:, :3]
    assert left == pytest.approx(to_rgb(demo.CLUSTERS[0]), abs=0.01)
    assert middle == pytest.approx((1, 1, 1), abs=0.01)
    assert right == pytest.approx(to_rgb(demo.CLUSTERS[1]), abs=0.01)


def test_a_label_has_its_colour_and_the_loudest_pixel_the_full_one():
    y, M = np.array([[0, 1], [2, 2]]), np.array([[1.0, 0.1], [1.0, 1e-9]])
    picture = demo.draw_labels({"three": y}, M, RATE, 256)
    (image,) = picture.axes[0].images
    colours = image.cmap(image.norm(image.get_array()))[..., :3]
    assert colours[0, 0] == pytest.approx(to_rgb(demo.CLUSTERS[0]))
    assert colours[1, 0] == pytest.approx(to_rgb(demo.CLUSTERS[2]))
    pale = 0.2 * np.array(to_rgb(demo.CLUSTERS[2])) + 0.8
    assert colours[1, 1] == pytest.approx(pale)
    assert "25 % and 25 % and 50 % of the pixels" in picture.alt


def test_a_louder_pixel_is_never_paler():
    M = 10 ** (np.linspace(-80, 0, 400).reshape(2, 200) / 20)
    picture = demo.draw_labels({"one": np.zeros(M.shape, int)}, M, RATE, 256)
    shades = np.asarray(picture.axes[0].images[0].get_array()).ravel()
    assert (np.diff(shades) >= 0).all()
    assert len(set(shades)) == 8


def test_an_image_of_one_bin_is_refused():
    with pytest.raises(ValueError, match="1 bin has no frequency axis"):
        demo.draw_labels({"one": np.zeros((1, 4), int)}, np.ones((1, 4)), RATE, 256)


# --- hills -----------------------------------------------------------------------


def areas(axes):
    """Return the area under every curve of a panel."""
    curves = [line.get_data() for line in axes.lines if len(line.get_xdata()) > 100]
    return [float(np.trapezoid(y, x)) for x, y in curves]


def test_a_component_holds_its_weight_and_the_dashed_curve_their_sum(rng):
    x = rng.normal(-7, 2, 500)
    (axes,) = demo.draw_histogram(x, gmm=TWO).axes
    assert areas(axes) == pytest.approx([0.3, 0.7, 1.0], abs=1e-3)


def test_the_bars_are_a_density_in_which_loud_pixels_count_more():
    x, w = np.array([-6.9, -6.9, 8.1]), np.array([1.0, 1.0, 6.0])
    heights = {}
    for name, weights in (("alike", None), ("loud", w)):
        (bars,) = demo.draw_histogram(x, weights).axes[0].patches
        values, edges, _ = bars.get_data()
        assert np.sum(values * np.diff(edges)) == pytest.approx(1)
        heights[name] = values[np.searchsorted(edges, 8.1) - 1] / values.sum()
    assert heights == pytest.approx({"alike": 1 / 3, "loud": 6 / 8})


def test_the_histogram_says_where_bells_and_talkers_are(rng):
    x = rng.normal(0, 5, 100)
    picture = demo.draw_histogram(x, gmm=TWO, expected=(-6.99, 8.6))
    assert "-7.0 dB (standard deviation 2.0, weight 0.30)" in picture.alt
    assert "Geometry expects -7.0, 8.6 dB" in picture.alt
    assert (
        picture.axes[0].get_title() == "bells at -7.0 dB, wide 2.0,  +8.0 dB, wide 3.0"
    )
    assert demo.draw_histogram(x, title="bare").axes[0].get_title() == "bare"


def test_every_step_of_em_shows_its_bells_and_the_likelihood_so_far(seen):
    x, w = spatial.histogram(seen.ilds, seen.loudness)
    steps = [spatial.Gmm(np.full(2, 0.5), np.array([-20.0, 0.0]), np.full(2, 25.0))]
    for _ in range(3):
        r, _ = spatial.e_step(x, steps[-1], w)
        steps.append(spatial.m_step(x, r, w))
    for k in range(4):
        picture = demo.draw_em(x, w, steps, k)
        rise, now = picture.axes[1].lines
        said = [spatial.e_step(x, gmm, w)[1] for gmm in steps]
        assert rise.get_ydata() == pytest.approx(said)
        assert now.get_ydata()[0] == pytest.approx(said[k])
        assert f"after {k} step" in picture.axes[0].get_title()
        assert f"{steps[k].means[0]:.1f} dB" in picture.alt


def test_the_e_step_divides_the_bars_and_loses_nothing(seen):
    x, w = spatial.histogram(seen.ilds, seen.loudness)
    grey, whole, part = demo.draw_em(x, w, [TWO], 0).axes[0].patches
    assert whole.get_data().values == pytest.approx(grey.get_data().values)
    assert (part.get_data().values <= whole.get_data().values + 1e-12).all()


def test_a_moved_talker_is_drawn_with_what_geometry_and_clusters_say(seen):
    scene = spatial.Scene([(0.5, 1), (2, 0.8)], (0, 0), (2, 0))
    picture = demo.draw_move(scene, seen.ilds, seen.loudness, TWO)
    assert "S1 -4.1, S2 +8.6 dB" in picture.alt
    assert "Gaussians fitted at -7.0 dB" in picture.alt
    assert picture.axes[1].get_title() == "the GMM: -7.0 and +8.0 dB"
