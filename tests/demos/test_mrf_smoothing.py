"""The pictures of lecture 08, and the few numbers that they are made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from coursekit import spatial
from coursekit.demos import mrf_smoothing

LABELS = arrays(int, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
                elements=st.integers(0, 2))  # fmt: skip


def neighbours_of(y, i, j):
    around = ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
    return [y[a, b] for a, b in around if 0 <= a < len(y) and 0 <= b < len(y[0])]


@given(LABELS)
def test_a_pixel_is_alone_if_no_neighbour_has_its_label(y):
    by_hand = [
        [all(n != y[i, j] for n in neighbours_of(y, i, j)) for j in range(len(y[0]))]
        for i in range(len(y))
    ]
    assert mrf_smoothing.alone(y).tolist() == by_hand


@given(LABELS)
def test_equal_neighbours_and_torn_edges_are_all_there_are(y):
    """Torn pairs are what the energy charges where pixels have no opinion."""
    blank = np.zeros((3, *y.shape))
    for axis, beta in ((1, (1.0, 0.0)), (0, (0.0, 1.0))):
        torn = spatial.energy(y, blank, beta)
        pairs = y.size - y.size // y.shape[axis]
        share = mrf_smoothing.share_of_equal_neighbours(y, axis)
        assert share == pytest.approx(1 - torn / pairs)


def test_a_checkerboard_is_lonely_and_a_wall_is_not():
    board = np.indices((4, 5)).sum(axis=0) % 2
    assert mrf_smoothing.alone(board).all()
    assert mrf_smoothing.share_of_equal_neighbours(board, 0) == 0
    assert not mrf_smoothing.alone(np.ones((4, 5), int)).any()
    assert mrf_smoothing.share_of_equal_neighbours(np.ones((4, 5)), 1) == 1


@pytest.mark.parametrize("seed", range(3))
def test_the_field_tears_the_edges_that_the_energy_charges(seed):
    rng = np.random.default_rng(seed)
    y, A = rng.integers(0, 2, (4, 7)), rng.normal(0, 10, (4, 7))
    picture = mrf_smoothing.draw_field(y, A)
    torn = spatial.energy(y, np.zeros((2, 4, 7)), 1.0)
    edges = 3 * 7 + 4 * 6
    assert f"{edges - torn:.0f} edges join equal labels, {torn:.0f} are torn" in (
        picture.alt
    )
    drawn = [
        line for line in picture.axes[0].lines if line.get_color() == mrf_smoothing.TORN
    ]
    assert len(drawn) == torn + 1  # and one in the explanation
    written = [text.get_text() for text in picture.axes[0].texts]
    assert [f"{round(a):+d}" for a in A.ravel()] == written[: A.size]


@pytest.mark.parametrize("shape", [(7, 3), (3, 11), (3,)])
def test_a_patch_that_does_not_fit_is_refused(shape):
    with pytest.raises(ValueError, match="at most 6 bins by 10 frames"):
        mrf_smoothing.draw_field(np.zeros(shape, int), np.zeros(shape))


def test_labels_and_measurements_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 4\) and \(4, 3\)"):
        mrf_smoothing.draw_field(np.zeros((3, 4), int), np.zeros((4, 3)))


def test_energies_are_drawn_above_the_minimum_and_end_on_the_dotted_line():
    picture = mrf_smoothing.draw_energies(
        {"slow": [9.0, 7.0], "exact": [6.0, 5.0]}, 5.0
    )
    (axes,) = picture.axes
    slow, exact, floor = axes.lines
    assert slow.get_ydata().tolist() == [4, 2]
    assert exact.get_ydata().tolist() == [1, 0.5]
    assert set(floor.get_ydata()) == {0.5}
    assert axes.get_yscale() == "log"
    assert "slow ends 2 above; exact ends 0 above" in picture.alt


def test_gains_are_bars_of_the_mean_with_every_scene_as_a_dot():
    ours = {"mixture": [-0.1, 0.3], "GMM": [8.0, 9.0], "oracle": [13.0, 14.0]}
    picture = mrf_smoothing.draw_gains({"mixture": 0.06, "GMM": 8.08}, ours)
    widths = [bar.get_width() for bar in picture.axes[0].patches]
    assert widths == pytest.approx([0.1, 0.06, 8.5, 8.08, 13.5, 0, 0])
    dots = [line.get_xdata().tolist() for line in picture.axes[0].lines[:3]]
    assert dots == list(ours.values())
    assert "GMM: ours 8.50 dB, from 8.00 to 9.00, the deck 8.08 dB" in picture.alt
    assert "oracle: ours 13.50 dB, from 13.00 to 14.00." in picture.alt
