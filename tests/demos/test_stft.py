"""The pictures and sounds of lecture 02."""

import ast
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit import fourier
from coursekit.demos import Board
from coursekit.demos import stft as demo

RATE = 16_000


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# --- sounds --------------------------------------------------------------------


def test_a_tone_has_its_frequency_and_amplitude():
    x = demo.tone(1000, RATE, 1.0, amplitude=0.3)
    X = np.abs(np.fft.rfft(x))
    assert X.argmax() == 1000
    assert X[1000] == pytest.approx(0.3 * RATE / 2)


@given(st.integers(100, 3000), st.integers(100, 3000))
def test_a_sweep_climbs_on_a_straight_line(start, end):
    x = demo.sweep(start, end, RATE, 1.0)
    phase = np.unwrap(np.angle(_analytic(x)))[2000:-2000]
    hz = np.diff(phase) * RATE / (2 * np.pi)
    t = np.arange(2000, len(x) - 2001) / RATE
    expected = start + (end - start) * t
    assert abs(np.median(hz - expected)) < 2


def _analytic(x):
    X = np.fft.fft(x)
    X[len(x) // 2 :] = 0
    return np.fft.ifft(2 * X)


def test_a_sweep_beyond_half_the_rate_is_refused():
    with pytest.raises(ValueError, match=r"9000 Hz passes half the rate, 8000"):
        demo.sweep(100, 9000, RATE, 1.0)


def test_pieces_are_the_windowed_frames_with_rests_between(rng):
    x, w = rng.standard_normal(100), rng.random(20)
    y = demo.pieces(x, w, pause=7).reshape(5, 27)
    assert np.array_equal(y[:, :20], w * x.reshape(5, 20))
    assert not y[:, 20:].any()


@pytest.mark.parametrize(("name", "hop"), [("hann", 32), ("hann", 16), ("rect", 64)])
def test_plain_overlap_add_gives_the_sound_back_where_windows_add_up(rng, name, hop):
    x = rng.standard_normal(1000)
    y = demo.plain_overlap_add(x, fourier.window(name, 64), hop)
    assert np.abs(y - x).max() < 1e-12


@pytest.mark.parametrize("hop", [8, 20, 48])
def test_plain_overlap_add_ripples_as_much_as_the_cola_condition_says(hop):
    w = fourier.symmetric_window("hann", 64)
    y = demo.plain_overlap_add(np.ones(1000), w, hop)
    deviation = fourier.cola_deviation(w, hop)
    # the mean over samples and over one period of the sum differ a little
    assert np.abs(y - 1).max() == pytest.approx(deviation, rel=0.05)
    assert np.allclose(y[hop:], y[:-hop])


def test_a_broken_sum_makes_new_tones_one_hop_rate_away():
    x = demo.tone(440, RATE, 1.0)
    y = demo.plain_overlap_add(x, fourier.symmetric_window("hann", 16), 8)
    Y = np.abs(np.fft.rfft(y))
    found = sorted(np.argsort(Y)[::-1][:3])
    assert found == [440, 2000 - 440, 2000 + 440]


def test_scrambled_sounds_keep_level_and_spectrogram_but_not_the_phase(rng):
    x = np.sin(0.1 * np.arange(20_000) ** 1.05) * np.hanning(20_000)
    y = demo.scramble_phase(x, 512, rng)
    assert np.sqrt(np.mean(y**2)) == pytest.approx(np.sqrt(np.mean(x**2)))
    X, Y = (np.abs(fourier.stft(z, 512, 128)).ravel() for z in (x, y))
    assert np.corrcoef(X, Y)[0, 1] > 0.8
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.2


def test_longer_pieces_lose_the_moment(rng):
    """A burst stays where it was if the pieces are short, and spreads if not."""
    x = np.zeros(32_000)
    x[16_000:16_400] = rng.standard_normal(400)
    near = slice(15_000, 17_400)
    kept = []
    for frame in (256, 2048, 16_384):
        y = demo.scramble_phase(x, frame, rng)
        kept.append(np.sum(y[near] ** 2) / np.sum(y**2))
    assert kept[0] > 0.99
    assert kept[0] > kept[1] > kept[2]
    assert kept[2] < 0.5


@pytest.mark.parametrize("slope", [2000, 5000, 20_000])
def test_the_best_frame_draws_a_sweep_thinnest(slope):
    x = demo.sweep(500, 500 + 0.3 * slope, RATE, 0.3)
    best = demo.best_frame(slope, RATE)
    widths = [demo.ridge_width(x, RATE, round(best * k)) for k in (0.5, 1, 2)]
    assert widths[1] < 0.8 * min(widths[0], widths[2])


def test_a_steady_tone_has_no_best_frame():
    with pytest.raises(ValueError, match="0 Hz/s: a steady tone"):
        demo.best_frame(0, RATE)


@pytest.mark.parametrize("name", fourier.WINDOWS[1:])
def test_no_window_passes_gabors_bound(name):
    seconds, hertz = demo.spread(fourier.window(name, 512), RATE)
    assert 4 * np.pi * seconds * hertz > 1


def test_the_bell_curve_reaches_gabors_bound():
    t = np.arange(512) - 256
    seconds, hertz = demo.spread(np.exp(-((t / 70) ** 2) / 2), RATE)
    assert 4 * np.pi * seconds * hertz == pytest.approx(1, abs=1e-3)
    assert seconds == pytest.approx(70 / np.sqrt(2) / RATE, rel=1e-3)


def test_hanns_spreads_have_their_closed_form():
    seconds, hertz = demo.spread(fourier.window("hann", 512), RATE)
    assert hertz == pytest.approx(RATE / 512 / np.sqrt(3), rel=1e-3)
    exact = np.sqrt(1 / 12 - 5 / (8 * np.pi**2))  # of frame lengths
    assert seconds == pytest.approx(exact * 512 / RATE, rel=1e-3)


@pytest.mark.parametrize("frame", [64, 500, 2048])
@pytest.mark.parametrize("window", fourier.WINDOWS)
def test_levels_read_the_amplitude_of_a_sine_at_every_frame(frame, window):
    hz = 8 * RATE / frame
    M = demo.sine_levels(demo.tone(hz, RATE, 1.0, 0.25), frame, frame // 4, window)
    assert M[8, M.shape[1] // 2] == pytest.approx(0.25, rel=1e-2)


# --- two tones, two clicks ---------------------------------------------------------


@pytest.mark.parametrize("frame", [256, 512, 1024])
def test_the_verdicts_follow_the_rule_of_the_lecture(frame):
    hz, ms = 2 * RATE / frame, 1000 * frame / (2 * RATE)
    said = [demo.draw_tones_and_clicks(frame, k * hz, k * ms).alt for k in (0.8, 1.25)]
    assert said[0].count("are merged") == 2
    assert said[1].count("are seen apart") == 2


def test_no_frame_shows_tones_and_clicks_that_are_too_close_together():
    verdicts = [
        demo.draw_tones_and_clicks(frame, 40, 20).alt.count("seen apart")
        for frame in (128, 256, 512, 640, 1024, 2048, 4096)
    ]
    assert max(verdicts) == 1
    assert demo.draw_tones_and_clicks(800, 45, 30).alt.count("seen apart") == 2


def test_clicks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"0\.01 ms apart do not fit"):
        demo.two_clicks(0.01, RATE)
    with pytest.raises(ValueError, match="2000 ms apart do not fit"):
        demo.two_clicks(2000, RATE)


# --- pictures ------------------------------------------------------------------


def test_a_cut_off_the_bins_leaks_with_hard_edges_and_not_with_soft_ones():
    hard, soft = (demo.draw_cut(8.5, name).alt for name in ("rect", "hann"))
    assert "at most -23 dB" in hard
    assert "at most -60 dB" in soft
    assert "below -120 dB" in demo.draw_cut(8, "rect").alt


@pytest.mark.parametrize(
    ("window", "hop", "words"),
    [
        (fourier.window("hann", 64), 32, "the sum is constant"),
        (fourier.window("hann", 64), 48, "ripples by 56 %"),
        (fourier.symmetric_window("hann", 1024), 512, "ripples by 0.098 %"),
    ],
)
def test_the_copies_say_how_much_their_sum_ripples(window, hop, words):
    picture = demo.draw_copies(window, hop)
    assert words in picture.alt
    (axes,) = picture.axes
    assert words in axes.get_title()


def test_the_copies_fill_the_picture():
    """Within the limits of the axes the drawn sum is the sum of all copies."""
    w = fourier.window("hann", 64)
    for hop in (8, 13, 32, 64):
        (axes,) = demo.draw_copies(w, hop).axes
        (line,) = [one for one in axes.lines if one.get_label() == "sum"]
        n, total = line.get_data()
        low, high = axes.get_xlim()
        shown = total[(n >= low) & (n <= high)]
        periods = len(shown) // hop * hop
        assert shown[:periods].mean() == pytest.approx(w.sum() / hop)


def test_the_sum_in_the_decks_picture_follows_the_sound(rng):
    x = rng.standard_normal(5000)
    picture = demo.draw_overlap_add(x, RATE, 512, 256)
    sound, total = (line.get_ydata() for line in picture.axes[-1].lines)
    middle = slice(256, 1280)
    assert np.allclose(sound[middle], total[middle])
    assert not np.allclose(sound[:256], total[:256])
    assert len(picture.axes) == 7


def test_a_spectrogram_says_what_its_frame_can_tell_apart(rng):
    picture = demo.spectrogram(rng.standard_normal(8000), RATE, 512, 128)
    assert "hann, frame 512 = 32 ms, hop 128" in picture.alt
    assert "tones 62 Hz, clicks 16.0 ms apart" in picture.alt


def test_a_hop_longer_than_the_frame_is_cut_to_it(rng):
    picture = demo.spectrogram(rng.standard_normal(8000), RATE, 64, 256)
    assert "hop 64:" in picture.alt


def test_silence_can_be_drawn():
    assert "Spectrogram" in demo.spectrogram(np.zeros(8000), RATE, 512).alt
    assert demo.draw_resolutions(np.zeros(8000), RATE, (64, 512), 4000).png


def test_resolutions_share_one_scale(rng):
    x = demo.tone(1000, RATE, 0.5) + demo.two_clicks(20, RATE, 0.6)[: RATE // 2]
    picture = demo.draw_resolutions(x, RATE, (64, 512, 4096), 4000)
    limits = {axes.images[0].get_clim() for axes in picture.axes}
    assert len(limits) == 1
    assert [axes.get_title(loc="left") for axes in picture.axes] == ["A", "B", "C"]
    assert "4 ms, 32 ms, 256 ms" in picture.alt


# --- the boards of the lecture --------------------------------------------------

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_stft.ipynb"


def boards_of(path):
    """Run a lecture's cells and return what they end with, where it is a board."""
    names = {"display": lambda *_: None}
    boards = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        *body, last = ast.parse(cell.source).body
        exec(compile(ast.Module(body, []), cell.id, "exec"), names)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), cell.id, "exec"), names)
            continue
        value = eval(compile(ast.Expression(last.value), cell.id, "eval"), names)
        if isinstance(value, Board):
            boards[cell.id] = value
    return boards


def ends(control):
    """Return the positions of a control that are likeliest to fail."""
    if hasattr(control, "options"):
        values = [value for _, value in control.options]
        return values if isinstance(values[0], str) else [values[0], values[-1]]
    return [control.min, control.max]


def test_every_slider_of_the_lecture_can_be_moved_to_its_ends():
    boards = boards_of(NOTEBOOK)
    assert len(boards) == 6
    for name, board in boards.items():
        for control in board.controls.values():
            start = control.value
            for value in ends(control):
                control.value = value
                assert board.error == "", f"{name}: {board.error}"
            control.value = start
