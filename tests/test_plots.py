"""Figures show what they are given, in words too, and leave no trace behind."""

from __future__ import annotations

import base64
import io
import time
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from coursekit import plots

RATE = 16000
RNG = np.random.default_rng(7)
LABELS = {"xlabel": "sample n", "ylabel": "amplitude"}
T = np.arange(64)


def a_spectrogram(bins=513, frames=188) -> np.ndarray:
    return RNG.standard_normal((bins, frames)) + 1j * RNG.standard_normal(
        (bins, frames)
    )


def every_kind() -> dict[str, plots.Picture]:
    """One picture of each function, single and several."""
    X, x = a_spectrogram(65, 20), RNG.uniform(-0.5, 0.5, 4000)
    return {
        "waveform": plots.waveform(x, RATE, title="noise"),
        "waveforms": plots.waveform({"s": x, "n": 0.1 * x}, RATE),
        "spectrogram": plots.spectrogram(X, RATE, 64),
        "compare": plots.compare({"s": X, "n": 0.1 * X, "x": X}, RATE, 64, title="t"),
        "compare 5": plots.compare({str(k): X for k in range(5)}, RATE, 64),
        "spectrum": plots.spectrum({"a": X[:, 0], "b": X[:, 1]}, RATE),
        "spectrum_of": plots.spectrum_of(x, RATE),
        "lines": plots.lines(T, {"f = 1": np.sin(T), "f = 2": np.cos(T)}, **LABELS),
        "stems": plots.stems(T, np.cos(T), **LABELS),
        "matrix": plots.matrix({"C": np.cos(np.outer(T, T)), "S": np.eye(8)}),
    }


PICTURES = every_kind()


@pytest.fixture(params=PICTURES)
def picture(request):
    return PICTURES[request.param]


class Images(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append(dict(attrs))


# -- Every picture ----------------------------------------------------------------


def test_the_page_gets_an_image_with_alt_text(picture):
    (image,) = Images(picture._repr_html_()).found
    assert image["alt"] == picture.alt
    data = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
    assert data == picture.png
    width, height = Image.open(io.BytesIO(data)).size
    assert width == 1080
    assert 200 < height < 750


def test_the_bundle_serves_pages_and_printouts(picture):
    data, metadata = picture._repr_mimebundle_(include=None, exclude=None)
    assert set(data) == {"text/plain", "text/html", "image/png"}
    assert metadata["image/png"]["alt"] == picture.alt
    assert base64.b64decode(data["image/png"]) == picture.png
    assert data["text/plain"] == f"[picture] {picture.alt}"


def test_every_axis_is_labelled(picture):
    figure = picture.figure
    lowest = [axes for axes in picture.axes if axes.get_xlabel()]
    assert lowest, "no axis says what runs across"
    words = [axes.get_ylabel() for axes in figure.axes] + [
        text.get_text() for text in figure.texts
    ]
    assert any(words), "no axis says what runs upwards"
    images = [axes for axes in picture.axes if axes.images]
    if images:  # the colour bar is the last axes
        assert figure.axes[-1].get_ylabel()


def test_nothing_is_cut_off(picture):
    """A border of the image that is not white would be a label that ran out."""
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("L"))
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert border.min() >= 240


def test_letters_can_be_read_from_the_last_row(picture):
    with plots.style.figure_style():
        sizes = [
            text.get_fontsize()
            for axes in picture.figure.axes
            for text in (
                axes.xaxis.label,
                axes.yaxis.label,
                *axes.get_xticklabels(),
                *axes.get_yticklabels(),
            )
            if text.get_text()
        ]
    assert min(sizes) >= 12


def test_pictures_leave_no_trace():
    with matplotlib.rc_context({"font.size": 7.5, "text.color": "red"}):
        before = dict(matplotlib.rcParams)
        for shown in every_kind().values():
            assert shown.png
        assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_a_reader_s_own_style_does_not_change_the_picture():
    def draw():
        return plots.lines(T, {"a": np.sin(T)}, title="t", **LABELS).png

    plain = draw()
    with matplotlib.rc_context(
        {"font.size": 30, "figure.facecolor": "black", "axes.grid": True}
    ):
        assert draw() == plain


def test_the_same_data_give_the_same_picture():
    X = a_spectrogram(65, 20)
    one, two = (plots.spectrogram(X, RATE, 64, title="t").png for _ in range(2))
    assert one == two


def test_alt_text_can_be_replaced_and_is_escaped():
    own = 'A "wave" < 1 & > 0'
    shown = plots.lines(T, np.sin(T), alt=own, **LABELS)
    assert shown.alt == own
    assert Images(shown._repr_html_()).found[0]["alt"] == own


def test_alt_text_cannot_be_blank():
    with pytest.raises(ValueError, match="the alt text is empty"):
        plots.Picture(PICTURES["lines"].figure, " ", PICTURES["lines"].axes)


def test_saving_writes_the_image(tmp_path):
    shown = PICTURES["lines"]
    assert shown.save(tmp_path / "a.png").read_bytes() == shown.png
    with pytest.raises(ValueError, match=r"a\.jpg: pictures are saved as \.png"):
        shown.save(tmp_path / "a.jpg")


def test_zoom_shows_a_part_and_says_so():
    tone = np.sin(np.arange(8000) / 5)
    shown = plots.waveform(tone, 8000)
    whole = shown.png
    assert shown.zoom(x=(0.1, 0.2)) is shown
    assert shown.axes[0].get_xlim() == (0.1, 0.2)
    assert shown.png != whole
    assert shown.alt.endswith("The view is limited to 0.1 to 0.2 across.")
    upwards = plots.spectrogram(a_spectrogram(65, 9), RATE, 64).zoom(y=(0, 500))
    assert upwards.axes[0].get_ylim() == (0, 500)
    assert upwards.alt.endswith("limited to 0 to 500 upwards.")
    with pytest.raises(ValueError, match=r"x is \(2, 1\)"):
        shown.zoom(x=(2, 1))


def test_a_spectrogram_is_redrawn_fast_enough_for_a_slider():
    """Three seconds at 16 kHz; twice the aim, since the machine may be busy."""
    X = a_spectrogram()
    plots.spectrogram(X, RATE, 256, title="warm up").png  # noqa: B018
    seconds = []
    for _ in range(5):
        started = time.process_time()
        shown = plots.spectrogram(X, RATE, 256, title="t")
        size = len(shown.png)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.2
    assert size < 250_000


# -- Waveforms --------------------------------------------------------------------


def test_a_waveform_draws_the_samples_where_they_lie():
    x = RNG.uniform(-0.3, 0.3, 500)
    (axes,) = plots.waveform(x, RATE).axes
    t, y = axes.lines[0].get_data()
    np.testing.assert_allclose(t, np.arange(500) / RATE)
    np.testing.assert_array_equal(y, x)
    assert axes.get_xlabel() == "time (s)"


def ink(shown: plots.Picture) -> np.ndarray:
    """Which pixels of the first panel are dark, top row first."""
    pixels = np.asarray(Image.open(io.BytesIO(shown.png)).convert("L"))
    box, (height, width) = shown.axes[0].get_position(), pixels.shape
    rows = slice(round((1 - box.y1) * height) + 4, round((1 - box.y0) * height) - 4)
    columns = slice(round(box.x0 * width) + 4, round(box.x1 * width) - 4)
    return pixels[rows, columns] < 170


def dark_columns(shown: plots.Picture) -> np.ndarray:
    """Share of dark pixels in each pixel column of the first panel."""
    return ink(shown).mean(axis=0)


def test_a_long_waveform_loses_no_peak():
    """One sample of two million reaches its height in the picture, at its place."""
    x = 0.01 * RNG.standard_normal(2_000_000)
    x[1_234_567] = 1.0
    dark = dark_columns(plots.waveform(x, 44100))
    assert dark.max() > 0.4
    assert dark.argmax() / len(dark) == pytest.approx(1_234_567 / 2e6, abs=0.005)


@pytest.mark.parametrize("seconds", [0.5, 1.0, 4.0, 60.0])
def test_a_dense_waveform_has_no_holes(seconds):
    x = 0.3 * np.sin(2 * np.pi * 3000.7 * np.arange(int(seconds * RATE)) / RATE)
    dark = dark_columns(plots.waveform(x, RATE))
    assert dark.min() > 0.85


def test_a_zoomed_waveform_shows_its_samples():
    x = np.zeros(60 * RATE)
    x[30 * RATE] = 1.0
    shown = plots.waveform(x, RATE).zoom(x=(30 - 5 / RATE, 30 + 5 / RATE))
    dark = ink(shown)
    upper = dark[: dark.shape[0] * 2 // 5].any(axis=0)  # above a fifth of the peak
    wide = np.flatnonzero(upper)  # a triangle two samples wide at its foot
    assert len(wide) / len(upper) == pytest.approx(0.16, abs=0.02)
    assert wide.mean() / len(upper) == pytest.approx(0.5, abs=0.01)


def test_several_waveforms_share_one_scale():
    x = np.array([0.5, -0.5, 0.2])
    shown = plots.waveform({"loud": x, "quiet": 0.01 * x}, RATE)
    assert len({axes.get_ylim() for axes in shown.axes}) == 1
    stereo = plots.waveform(np.stack([x, 0.1 * x]), RATE)
    assert "channel 1: " in stereo.alt
    assert "channel 2: " in stereo.alt


def test_the_words_of_a_waveform_are_true():
    x = np.zeros(RATE)
    x[4000] = -0.8
    alt = plots.waveform({"a click": x}, RATE, title="Clicks").alt
    assert alt == (
        "Waveform: Clicks. a click: 1 s at 16000 Hz. Peak 0.8 at 0.25 s, RMS 0.00632."
    )


# -- Spectrograms -----------------------------------------------------------------


def test_a_spectrogram_shows_decibels_where_bins_and_frames_lie():
    X = a_spectrogram(5, 4)
    (axes,) = plots.spectrogram(X, 8000, 100).axes
    image = axes.images[0]
    np.testing.assert_allclose(image.get_array(), 20 * np.log10(np.abs(X)))
    left, right, bottom, top = image.get_extent()
    dt, df = 100 / 8000, 1000
    np.testing.assert_allclose([left, right], [-dt / 2, 3.5 * dt])
    np.testing.assert_allclose([bottom, top], [-df / 2, 4000 + df / 2])
    assert axes.get_xlabel() == "time (s)"
    assert axes.get_ylabel() == "frequency (Hz)"


def test_a_tone_lies_at_its_frequency_in_the_picture():
    """The brightest row of pixels, read back from the image, is 2 of 8 kHz."""
    X = np.full((9, 40), 1e-3)
    X[2] = 1.0
    shown = plots.spectrogram(X, RATE, 256)
    pixels = np.asarray(Image.open(io.BytesIO(shown.png)).convert("L")).astype(float)
    box = shown.axes[0].get_position()
    height, width = pixels.shape
    middle = pixels[:, round((box.x0 + 0.5 * box.width) * width)]
    top, bottom = round((1 - box.y1) * height), round((1 - box.y0) * height)
    inside = middle[top + 3 : bottom - 3]
    bright = np.flatnonzero(inside > 0.9 * inside.max()).mean()
    assert 1 - bright / len(inside) == pytest.approx(0.25, abs=0.01)


def test_magnitudes_and_complex_values_look_alike():
    X = a_spectrogram(17, 9)
    assert plots.spectrogram(X, RATE, 8).png == plots.spectrogram(abs(X), RATE, 8).png


def test_colours_follow_the_given_range_or_the_maximum():
    X = np.full((5, 4), 0.1)
    X[1, 2] = 10.0
    by_default = plots.spectrogram(X, 8000, 100)
    assert by_default.axes[0].images[0].get_clim() == (-60, 20)
    fixed = plots.spectrogram(X, 8000, 100, range_db=(-30, 0))
    assert fixed.axes[0].images[0].get_clim() == (-30, 0)
    assert "colours from -30 to 0 dB" in fixed.alt


def test_compared_spectrograms_share_their_colours():
    X = a_spectrogram(17, 9)
    shown = plots.compare({"loud": X, "quiet": 1e-3 * X}, RATE, 64)
    limits = {axes.images[0].get_clim() for axes in shown.axes}
    assert len(limits) == 1
    assert max(limits)[1] == np.ceil(20 * np.log10(np.abs(X).max()))
    assert [axes.get_title() for axes in shown.axes] == ["loud", "quiet"]


def test_a_long_spectrogram_keeps_its_maxima():
    X = np.full((3, 30_000), 1e-3)
    X[1, 12_345] = 1.0
    image = plots.spectrogram(X, RATE, 256).axes[0].images[0]
    assert image.get_array().shape[1] <= 4000
    assert image.get_array().max() == 0


def test_the_words_of_a_spectrogram_are_true():
    X = np.full((9, 11), 1e-6)
    X[3, 5] = 100.0
    alt = plots.spectrogram(X, RATE, 1600, title="A beep").alt
    assert alt.startswith("Spectrogram: A beep. Time 0 to 1 s in 11 frames, ")
    assert "frequency 0 to 8000 Hz in 9 bins" in alt
    assert "Strongest: 40 dB at 0.5 s and 3000 Hz" in alt
    assert "Half of the energy lies below 3000 Hz." in alt


def test_silence_can_be_drawn():
    X = np.zeros((5, 4))
    assert plots.spectrogram(X, RATE, 64).png
    assert "RMS 0." in plots.waveform(np.zeros(9), RATE).alt


# -- Spectra, curves, matrices ----------------------------------------------------


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.003])
def test_a_sine_reads_its_level(amplitude):
    x = amplitude * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    (axes,) = plots.spectrum_of(x, RATE).axes
    hz, level = axes.lines[0].get_data()
    assert hz[level.argmax()] == 1000
    assert level.max() == pytest.approx(20 * np.log10(amplitude), abs=1e-9)


def test_a_spectrum_draws_every_bin_up_to_half_the_rate():
    X = RNG.standard_normal(17) + 1j
    (axes,) = plots.spectrum(X, 8000).axes
    hz, level = axes.lines[0].get_data()
    np.testing.assert_allclose(hz, np.arange(17) * 250)
    np.testing.assert_allclose(level, 20 * np.log10(np.abs(X)))


def test_the_words_of_a_spectrum_name_its_peaks():
    X = np.full(81, 1e-3)
    X[[10, 40]] = 1.0, 0.5
    assert "Strongest: 0 dB at 1000 Hz; peaks at 1000, 4000 Hz." in (
        plots.spectrum({"two tones": X}, RATE).alt
    )


def test_curves_differ_in_more_than_colour():
    named = {f"f = {f}": np.sin(f * T) for f in range(7)}
    lines = plots.lines(T, named, **LABELS).axes[0].lines
    assert len({str(line._dash_pattern) for line in lines}) == 7
    assert len({line.get_color() for line in lines}) == 7
    markers = [
        line.get_marker()
        for line in plots.stems(T, named, **LABELS).axes[0].lines
        if line.get_marker() != "None"
    ]
    assert len(set(markers)) == 7


def test_curves_are_drawn_where_they_lie():
    (axes,) = plots.lines(T, np.cos(T), xlabel="n", ylabel="x (V)").axes
    x, y = axes.lines[0].get_data()
    np.testing.assert_array_equal(x, T)
    np.testing.assert_array_equal(y, np.cos(T))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("n", "x (V)")


def test_the_words_of_curves_are_true():
    alt = plots.lines([0, 1, 2], {"a": [5, -1, 0], "b": [2, 2, 2]}, **LABELS).alt
    assert "amplitude over sample n, 0 to 2." in alt
    assert "a: from -1 at 1 to 5 at 0." in alt
    assert "b: 2 throughout." in alt


def test_a_matrix_has_zero_in_the_middle_of_its_colours():
    (axes,) = plots.matrix([[3.0, -1.0], [0.0, 1.0]]).axes
    assert axes.images[0].get_clim() == (-3, 3)
    assert axes.images[0].get_array()[0, 1] == -1
    assert axes.yaxis_inverted()
    positive = plots.matrix([[1.0, 2.0]]).axes[0].images[0]
    assert positive.get_clim() == (1, 2)


def test_matrices_share_one_scale():
    shown = plots.matrix({"a": [[1.0, -4.0]], "b": [[2.0, 3.0]]})
    assert {axes.images[0].get_clim() for axes in shown.axes} == {(-4, 4)}


def test_a_small_matrix_is_read_out():
    shown = plots.matrix([[1, 0.70711], [-1e-17, -1]], xlabel="t", ylabel="f")
    assert shown.alt.endswith("Rows: 1, 0.707; 0, -1.")
    written = [text.get_text() for text in shown.axes[0].texts]
    assert written == ["1", "0.71", "0", "-1"]
    assert "Rows:" not in plots.matrix(np.eye(9)).alt


# -- What cannot be drawn ---------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.waveform([], RATE), r"x has the shape \(0,\)"),
        (lambda: plots.waveform([0.1, np.nan], RATE), "x holds 1 times nan"),
        (lambda: plots.waveform([1j], RATE), "x is complex"),
        (lambda: plots.waveform(["a"], RATE), "does not hold numbers"),
        (lambda: plots.waveform({}, RATE), "0 to draw"),
        (lambda: plots.waveform({"": [1.0]}, RATE), "'' is no label"),
        (lambda: plots.waveform({"s": [[1.0]]}, RATE), "x 's' has the shape"),
        (lambda: plots.waveform([0.1], 0), "rate is 0"),
        (lambda: plots.spectrogram(np.ones(4), RATE, 64), r"X has the shape \(4,\)"),
        (lambda: plots.spectrogram(np.ones((1, 4)), RATE, 64), "two bins"),
        (lambda: plots.spectrogram(np.ones((4, 4)), RATE, 0), "hop is 0"),
        (lambda: plots.spectrogram(-np.ones((4, 4)), RATE, 64), "negative values"),
        (
            lambda: plots.spectrogram(np.ones((4, 4)), RATE, 64, range_db=(0, -80)),
            r"range_db is \(0, -80\)",
        ),
        (lambda: plots.compare(np.ones((4, 4)), RATE, 64), "use spectrogram"),
        (
            lambda: plots.compare({str(k): np.ones((4, 4)) for k in range(10)}, 1, 1),
            "10 to draw in one figure; 1 to 9 fit",
        ),
        (lambda: plots.spectrum(np.sin(T), RATE), "samples: spectrum_of"),
        (lambda: plots.spectrum([1.0], RATE), "one bin"),
        (lambda: plots.spectrum_of([0.1, 0.2], RATE), "2 samples have no spectrum"),
        (lambda: plots.lines(T, T[:9], **LABELS), "the curve has 9 points, x has 64"),
        (lambda: plots.lines(T, {"y": T[1:]}, **LABELS), "'y' has 63 points"),
        (lambda: plots.lines(T, 1j * T, **LABELS), "draw np.abs of it"),
        (lambda: plots.lines(T, T, xlabel="n", ylabel=" "), "name both axes"),
        (lambda: plots.matrix(T), r"M has the shape \(64,\)"),
        (lambda: plots.matrix([[1j]]), "M is complex"),
        (lambda: plots.matrix({k: [[1]] for k in "abcd"}), "4 to draw"),
    ],
)
def test_what_cannot_be_drawn_says_why(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_stems_over_whole_numbers_have_ticks_on_whole_numbers():
    picture = plots.stems(
        np.arange(1, 21), np.ones(20), xlabel="cycles", ylabel="sum", title="Sums"
    )
    ticks = picture.axes[0].get_xticks()
    assert len(ticks) > 3
    assert np.array_equal(ticks, np.round(ticks))
