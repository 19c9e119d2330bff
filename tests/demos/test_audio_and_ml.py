"""Lecture 03: the map of the field and the scene with all its problems."""

import ast
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import numpy as np
import pytest

from coursekit import syllabus
from coursekit.demos import audio_and_ml

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

# The deck's slide "Audio and Machine Learning", heading by heading.
SLIDE = {
    "Audio signal processing": [
        "Signal enhancement, restoration, and extraction",
        "Audio and speech source separation",
        "Audio and speech coding, transmission, and representations",
        "Audio and speech quality and intelligibility measures",
        "Auditory modeling and hearing instruments",
        "System identification and dereverberation",
        "Acoustic sensor array processing",
        "Fundamental theory and algorithms for audio and acoustic signal processing",
    ],
    "Acoustic scenes and events": [
        "Audio captioning, retrieval, and understanding",
        "Sound event and anomaly detection and sound scene classification",
        "Sound generation and synthesis",
    ],
    "Acoustic environment processing": [
        "Modeling, analysis, and synthesis of acoustic environments",
        "Spatial audio recording and reproduction",
        "Active noise control; acoustic echo and feedback cancellation",
    ],
    "Music analysis, processing, and generation": [
        "Music analysis",
        "Music signal processing, production, and separation",
        "Audio- and symbolic-domain music generation and content creation",
    ],
    "Applications and other topics in audio and acoustic signal processing": [
        "Bioacoustics and medical acoustics",
        "Audio security",
        "Audio for video and multimedia",
        "Data and open source for audio and acoustic signal processing",
    ],
}


class Page(HTMLParser):
    """Collects what a reader finds on the map."""

    def __init__(self, html):
        super().__init__()
        self.links, self.tags, self.text = [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "a":
            self.links.append(dict(attributes)["href"])

    def handle_data(self, data):
        self.text += data + "\n"


@pytest.fixture
def page():
    return Page(audio_and_ml.field_map()._repr_html_())


# --- the map -------------------------------------------------------------------


def test_the_map_is_the_slide_word_for_word():
    found = {
        area.name: [item.text for item in area.items] for area in audio_and_ml.AREAS
    }
    assert found == SLIDE


def test_every_item_and_heading_is_on_the_page(page):
    for heading, items in SLIDE.items():
        for words in (heading, *items):
            assert words in page.text


def test_every_lecture_is_reachable_from_the_map(page):
    assert all(audio_and_ml.lectures_on_map().values())
    for entry in syllabus.LECTURES:
        assert f"{entry.number:02d} {entry.name.replace('_', ' ')}" in page.text


def test_items_name_lectures_that_exist():
    keys = {entry.key for entry in syllabus.LECTURES}
    assert set(audio_and_ml.lectures_on_map()) == keys


def test_exactly_the_lectures_that_are_ready_are_links(page):
    assert set(page.links) == {entry.notebook for entry in syllabus.ready()}


def test_every_link_points_at_a_notebook_that_is_there(page):
    for link in page.links:
        assert (NOTEBOOKS / link).is_file(), link


def test_lectures_to_come_are_marked_and_lead_nowhere(page):
    for entry in syllabus.LECTURES:
        marked = f"{entry.name.replace('_', ' ')} (to come)" in page.text
        assert marked is not entry.ready


def test_items_without_a_lecture_say_so(page):
    empty = sum(not item.lectures for area in audio_and_ml.AREAS for item in area.items)
    assert page.text.count("not in this course") == empty > 0


def test_the_map_has_a_name_for_those_who_hear_it_and_plain_links(page):
    (nav,) = [attributes for tag, attributes in page.tags if tag == "nav"]
    assert "Map of the field" in nav["aria-label"]
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "a":  # reached by the Tab key, and told what it leads to
            assert attributes.get("tabindex", "0") == "0"
            assert attributes["title"]


def test_a_lecture_that_becomes_ready_becomes_a_link(tmp_path, monkeypatch):
    monkeypatch.setattr(syllabus, "NOTEBOOKS", tmp_path)
    assert "href=" not in audio_and_ml.field_map()._repr_html_()
    (tmp_path / "04_generalist.ipynb").touch()
    assert 'href="04_generalist.ipynb"' in audio_and_ml.field_map()._repr_html_()


def test_plain_text_lists_the_same(page):
    text = repr(audio_and_ml.field_map())
    for items in SLIDE.values():
        for item in items:
            assert f"  {item}: " in text
    assert text.count("(to come)") == page.text.count("(to come)")


def test_links_start_in_the_folder_that_is_given():
    html = audio_and_ml.field_map("notebooks/")._repr_html_()
    assert 'href="notebooks/01_dft.ipynb"' in html
    with pytest.raises(ValueError, match=r"'notebooks'.*write 'notebooks/'"):
        audio_and_ml.field_map("notebooks")


# --- the scene -----------------------------------------------------------------

RATE = 8000


@pytest.fixture
def response():
    rng = np.random.default_rng(5)
    h = 0.02 * rng.standard_normal(8000) * 10 ** (-3 * np.arange(8000) / 6000)
    h[:200] = 0
    h[100] = 1.0
    return h


@pytest.fixture
def sounds():
    rng = np.random.default_rng(6)
    names = {layer.source for layer in audio_and_ml.LAYERS}
    return {name: 0.05 * rng.standard_normal(2 * RATE) for name in sorted(names)}


@pytest.fixture
def scene(sounds, response):
    return audio_and_ml.use_case(sounds, response, RATE)


def test_direct_sound_and_tail_have_energy_one_and_do_not_overlap(response):
    direct, tail = audio_and_ml.split_response(response, RATE)
    assert np.sum(direct**2) == pytest.approx(1)
    assert np.sum(tail**2) == pytest.approx(1)
    assert not tail[: len(direct)].any()
    assert np.abs(direct).argmax() == 20  # 2.5 ms


def test_a_response_without_a_room_is_refused():
    with pytest.raises(ValueError, match="not of a cable"):
        audio_and_ml.split_response([0.0, 1.0, 0.0], RATE)


def test_the_microphone_hears_the_sum_and_does_not_clip(scene):
    for count in range(1, 6):
        assert np.allclose(scene.microphone(count), sum(scene.layers[:count]))
    assert np.abs(scene.microphone(5)).max() == pytest.approx(0.9)


@pytest.mark.parametrize("count", [0, 6])
def test_there_are_one_to_five_layers(scene, count):
    with pytest.raises(ValueError, match=f"count is {count}"):
        scene.microphone(count)


def test_the_direct_sound_falls_as_one_over_the_distance(sounds, response):
    """Without an answer of the walls, level and distance are the deck's."""
    dry = response.copy()
    dry[200:] *= 1e-9
    sounds = dict.fromkeys(sounds, sounds["talker"])
    tail_free = audio_and_ml.use_case(sounds, dry, RATE)
    talker, far_end = tail_free.layers[0], tail_free.layers[4]
    assert audio_and_ml.LAYERS[4].metres / audio_and_ml.LAYERS[
        0
    ].metres == pytest.approx(2.19, 0.01)
    direct, _ = audio_and_ml.split_response(dry, RATE)
    scale = talker.std() / sounds["talker"].std() * audio_and_ml.LAYERS[0].metres
    near = np.convolve(sounds["talker"], direct)[: len(talker)] * scale
    assert np.allclose(
        talker, near / audio_and_ml.LAYERS[0].metres, rtol=0.02, atol=1e-3
    )
    assert np.dot(far_end, near) / np.dot(near, near) == pytest.approx(
        1 / audio_and_ml.LAYERS[4].metres, rel=0.1
    )


def test_direct_sound_and_room_are_equal_at_the_critical_distance(scene):
    """At half a metre the direct sound is three times the room's answer."""
    near, room = (np.sqrt(np.mean(x**2)) for x in scene.layers[:2])
    expected = audio_and_ml.CRITICAL_METRES / audio_and_ml.LAYERS[0].metres
    assert near / room == pytest.approx(expected, rel=0.15)


def test_each_layer_makes_it_worse(scene):
    ratios = [audio_and_ml.talker_to_rest(scene, count) for count in range(1, 6)]
    assert ratios[0] == np.inf
    assert all(a > b for a, b in pairwise(ratios))


def test_the_plan_says_what_sounds(scene):
    for count in (1, 5):
        alt = audio_and_ml.draw_scene(scene, count).alt
        for number, layer in enumerate(audio_and_ml.LAYERS, start=1):
            assert (layer.name in alt) is (number <= count)
    assert "nothing but the talker" in audio_and_ml.draw_scene(scene, 1).alt


def test_the_scene_of_the_lecture_can_be_heard_at_every_step():
    """With the recordings and the room that the lecture names."""
    notebook = nbformat.read(NOTEBOOKS / "03_audio_and_ml.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    names = {}
    for cell in ("imports", "opening-heard"):
        exec(cells[cell], names)
    *body, last = ast.parse(cells["scene-board"]).body
    exec(compile(ast.Module(body, []), "scene-board", "exec"), names)
    board = eval(compile(ast.Expression(last.value), "scene-board", "eval"), names)
    heard = []
    for count in range(1, 6):
        board.set(layers=count)
        assert board.error == ""
        picture, player = board.shown
        assert audio_and_ml.LAYERS[count - 1].name in player.sounds[0].caption
        heard.append(picture.alt)
    assert len(set(heard)) == 5


def test_sources_stand_in_the_room_and_the_walls_are_between():
    for layer in audio_and_ml.LAYERS:
        assert 0 < layer.place[0] < audio_and_ml.ROOM[0]
        assert 0 < layer.place[1] < audio_and_ml.ROOM[1]
        assert layer.metres > 0.3


def test_missing_sources_and_unequal_lengths_are_named(sounds, response):
    short = sounds | {"music": np.ones(10)}
    with pytest.raises(ValueError, match=r"one length.*'music': \(10,\)"):
        audio_and_ml.use_case(short, response, RATE)
    del sounds["crowd"]
    with pytest.raises(ValueError, match=r"sources are \['crowd'.*got \['far end'"):
        audio_and_ml.use_case(sounds, response, RATE)
