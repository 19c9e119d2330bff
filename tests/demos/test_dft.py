"""The pictures of lecture 01 show what the transform computes."""

import itertools

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit import data, fourier, metrics
from coursekit.demos import dft
from coursekit.plots import style


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def titles(picture):
    return [axes.get_title() or axes.get_title("left") for axes in picture.axes]


# --- signals ------------------------------------------------------------------


@given(st.integers(1, 31), st.floats(0, 6.28))
def test_a_wave_has_one_bin_and_its_lag_is_the_arrow_s_angle(cycles, lag):
    X_r, X_i = fourier.dft(dft.wave(cycles, 64, lag))
    assert X_r[cycles] + 1j * X_i[cycles] == pytest.approx(32 * np.exp(1j * lag))
    others = np.delete(np.hypot(X_r, X_i), [cycles, 64 - cycles])
    assert others.max() < 1e-9


@given(st.integers(0, 2**32), st.integers(1, 8))
def test_a_mystery_is_solved_by_its_own_secret(seed, count):
    x, secret = dft.mystery(np.random.default_rng(seed), count)
    sums = np.array([x @ dft.wave(f) for f in range(33)])
    assert tuple(np.flatnonzero(sums > 1)) == secret
    assert len(secret) == count
    assert np.delete(np.abs(sums), secret).max() < 1e-9
    assert all(b - a >= 2 for a, b in itertools.pairwise(secret))


def test_a_mystery_without_room_says_how_much_there_is():
    with pytest.raises(ValueError, match=r"64 samples have room for 1 to 8 .* for 9"):
        dft.mystery(np.random.default_rng(1), 9)


@pytest.mark.parametrize("N", [24, 25])
def test_keeping_everything_changes_nothing(rng, N):
    x = rng.standard_normal(N)
    assert dft.keep_strongest(x, N // 2 + 1) == pytest.approx(x)


@pytest.mark.parametrize("N", [16, 17])
def test_what_is_kept_is_the_best_choice_of_all(rng, N):
    """Against every single frequency, by brute force."""
    x = rng.standard_normal(N) + 0.4
    X_r, X_i = fourier.dft(x)
    errors = []
    for f in range(N // 2 + 1):
        mask = np.isin(np.arange(N), [f, (N - f) % N])
        errors.append(np.sum((x - fourier.idft(X_r * mask, X_i * mask)) ** 2))
    best = np.sum((x - dft.keep_strongest(x, 1)) ** 2)
    assert best == pytest.approx(min(errors))


def test_more_frequencies_never_make_it_worse(rng):
    x = rng.standard_normal(40)
    snrs = [metrics.snr(x, dft.keep_strongest(x, k)) for k in range(1, 21)]
    assert (np.diff(snrs) > 0).all()


@pytest.mark.parametrize("k", [0, 34])
def test_keeping_none_or_too_many_says_how_many_there_are(k):
    with pytest.raises(ValueError, match=rf"k is {k}; 64 samples have 1 to 33"):
        dft.keep_strongest(dft.wave(3), k)


def test_strongest_peaks_of_a_wavering_voice_count_once():
    x = dft.wave(20, 400) + 0.8 * dft.wave(23, 400) + 0.5 * dft.wave(60, 400)
    assert [f for f, *_ in dft.strongest(x, 4000, 3)] == [20, 23, 60]
    assert [f for f, *_ in dft.strongest(x, 4000, 2, apart=100)] == [20, 60]
    (f, hertz, magnitude), *_ = dft.strongest(x, 4000, 1)
    assert (f, hertz) == (20, 200.0)
    assert magnitude == pytest.approx(200)


def test_the_matrix_product_falls_behind_the_fast_transform(rng):
    ratios = dft.cost_ratios([64, 1024], rng, repeats=3)
    assert list(ratios) == [64, 1024]
    assert ratios[1024] > 3 * ratios[64] > 0


# --- pictures -----------------------------------------------------------------


def test_the_product_picture_tells_the_sum():
    same = dft.draw_product(dft.wave(5), 5)
    other = dft.draw_product(dft.wave(5), 6)
    assert titles(same)[2] == "sum = 32.0"
    assert titles(other)[2] == "sum = 0.0"
    assert same.alt.endswith("its sum: 32.0.")


def test_the_product_picture_shades_the_product():
    x = dft.wave(2, 16) + 0.3
    bars = dft.draw_product(x, 3).axes[1].patches
    heights = [bar.get_height() for bar in bars]
    assert np.add(heights[:16], heights[16:]) == pytest.approx(x * dft.wave(3, 16))


@pytest.mark.parametrize(
    ("lag", "end"), [(0, (32.0, 0.0)), (90, (0.0, 32.0)), (180, (-32.0, 0.0))]
)
def test_the_phase_picture_turns_with_the_lag(lag, end):
    """With the deck's plus sign, later is counter-clockwise."""
    picture = dft.draw_phase(lag)
    assert f"X_r = {end[0]:.1f}, X_i = {end[1]:.1f}" in picture.alt
    assert "length 32.0" in titles(picture)[1]


def test_the_matrices_are_those_of_the_package():
    picture = dft.draw_matrices(20, 32)
    C, S = fourier.dft_matrix(32)
    shown = [axes.images[0].get_array() for axes in picture.axes[:2]]
    assert np.array_equal(shown, [C, S])
    dots = [axes.lines[1].get_ydata() for axes in picture.axes[2:]]
    assert np.array_equal(dots, [C[20], S[20]])


@pytest.mark.parametrize("f", [-1, 32])
def test_a_row_that_is_not_there_is_refused(f):
    with pytest.raises(ValueError, match=rf"no row {f}; the rows are 0 to 31"):
        dft.draw_matrices(f)


def test_leakage_touches_one_bin_or_all():
    assert "1 of 33 bins" in dft.draw_leakage(8).alt
    assert "33 of 33 bins" in dft.draw_leakage(8.5).alt


def test_spectra_share_a_scale_and_end_where_asked():
    hertz = np.arange(100.0)
    loud, quiet = 1 + np.exp(-((hertz - 20) ** 2)), 0.2 * np.exp(-((hertz - 40) ** 2))
    picture = dft.draw_spectra(hertz, {"loud": loud, "quiet": quiet + 1e-3}, 50, [20])
    (first, second) = (axes.lines[-1].get_ydata() for axes in picture.axes)
    assert len(first) == 51
    assert first.max() == 0
    assert second.max() == pytest.approx(20 * np.log10(0.201 / 2))
    assert "loud is highest at 20 Hz; quiet is highest at 40 Hz" in picture.alt


def test_the_rebuilt_picture_tells_the_energy():
    x = dft.wave(3, 800) + 0.5 * dft.wave(9, 800)
    picture = dft.draw_rebuilt(x, dft.keep_strongest(x, 1), 8000, 0.05)
    assert titles(picture) == ["80.0 % of the energy"]
    assert picture.axes[0].get_xlim() == pytest.approx((50, 79.875))


def test_drawing_leaves_matplotlib_s_settings_alone():
    before = dict(matplotlib.rcParams)
    dft.draw_product(dft.wave(5), 3)
    assert dict(matplotlib.rcParams) == before


def test_drawing_restores_the_settings_after_an_error():
    before = matplotlib.rcParams["font.size"]

    @style.drawing
    def fails():
        raise RuntimeError(str(matplotlib.rcParams["font.size"]))

    with pytest.raises(RuntimeError, match=r"12\.0"):
        fails()
    assert matplotlib.rcParams["font.size"] == before


# --- what lecture 01 tells about its recording -----------------------------------


@pytest.fixture(scope="module")
def melody():
    return data.clip("singer_man").audio(8000)


def test_the_sung_note_is_a_row_of_whole_multiples(melody):
    note = melody[47600:51600]
    peaks = dft.strongest(note, 8000, 4000, apart=120)
    high = max(magnitude for *_, magnitude in peaks)
    hertz = np.array([hz for _, hz, m in peaks if m > high / 100])
    assert hertz[:8] / hertz[0] == pytest.approx(np.arange(1, 9), abs=0.1)
    assert 10 <= len(hertz) <= 20


def test_more_than_three_frequencies_make_the_voice(melody):
    note = melody[47600:51600]
    snr = [metrics.snr(note, dft.keep_strongest(note, k)) for k in (3, 50, 300)]
    assert snr[0] < 3 < 8 < snr[1] < 15 < snr[2]


def test_the_melody_backwards_has_the_same_magnitudes(melody):
    there, back = (np.abs(np.fft.rfft(x)) for x in (melody, melody[::-1]))
    assert back == pytest.approx(there, abs=1e-9)
