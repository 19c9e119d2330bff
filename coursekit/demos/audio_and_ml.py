"""Lecture 03: the map of the field, and one scene that holds most of its problems.

EDICS is the list of topics by which the IEEE Signal Processing Society sorts
its papers. The deck shows the part of the Audio and Acoustic Signal Processing
committee; `field_map` shows that slide with every item linked to the lectures
of this course that touch it.

`use_case` is the deck's real-world use case: somebody talks in a noisy room where
music plays and a far-end voice comes out of a loudspeaker; `draw_scene` shows it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve

from coursekit import audio, fourier
from coursekit.plots import Picture
from coursekit.plots.style import BLUE, GREY, ORANGE, drawing, subplots
from coursekit.syllabus import LECTURES, Lecture, lecture

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Item:
    """One line of the slide.

    Parameters
    ----------
    text
        The words of the slide.
    lectures
        Keys of the lectures that touch it, as in `coursekit.syllabus`; empty
        where this course has nothing to say.
    """

    text: str
    lectures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Area:
    """One heading of the slide with its items, and the colour it has on the map."""

    name: str
    colour: str
    items: tuple[Item, ...]


# fmt: off
AREAS: tuple[Area, ...] = (
    Area("Audio signal processing", "#2f6db5", (
        Item("Signal enhancement, restoration, and extraction",
             ("04_generalist", "05_specialists", "06_personalization")),
        Item("Audio and speech source separation",
             ("07_ild_clustering", "08_mrf_smoothing", "16_spain_net")),
        Item("Audio and speech coding, transmission, and representations",
             ("09_neural_coding", "12_perceptual_loss")),
        Item("Audio and speech quality and intelligibility measures",
             ("03_audio_and_ml", "10_perception")),
        Item("Auditory modeling and hearing instruments",
             ("10_perception", "11_pam1")),
        Item("System identification and dereverberation",
             ("13_echo_and_noise", "14_music_echo")),
        Item("Acoustic sensor array processing",
             ("07_ild_clustering",)),
        Item("Fundamental theory and algorithms for audio and acoustic "
             "signal processing",
             ("00_readiness", "01_dft", "02_stft")),
    )),
    Area("Acoustic scenes and events", "#b5532f", (
        Item("Audio captioning, retrieval, and understanding"),
        Item("Sound event and anomaly detection and sound scene classification",
             ("18_scenes_and_events",)),
        Item("Sound generation and synthesis"),
    )),
    Area("Acoustic environment processing", "#2e8056", (
        Item("Modeling, analysis, and synthesis of acoustic environments",
             ("07_ild_clustering", "14_music_echo")),
        Item("Spatial audio recording and reproduction",
             ("15_upmixing",)),
        Item("Active noise control; acoustic echo and feedback cancellation",
             ("13_echo_and_noise", "14_music_echo")),
    )),
    Area("Music analysis, processing, and generation", "#8a4fa3", (
        Item("Music analysis",
             ("17_autotune",)),
        Item("Music signal processing, production, and separation",
             ("15_upmixing", "16_spain_net", "17_autotune")),
        Item("Audio- and symbolic-domain music generation and content creation"),
    )),
    Area("Applications and other topics in audio and acoustic signal processing",
         "#6b6f76", (
        Item("Bioacoustics and medical acoustics"),
        Item("Audio security"),
        Item("Audio for video and multimedia",
             ("15_upmixing",)),
        Item("Data and open source for audio and acoustic signal processing",
             ("03_audio_and_ml",)),
    )),
)
# fmt: on

_STYLE = """
.ck-map { display: grid; gap: 10px; grid-template-columns: 1.2fr 1fr 1fr;
  max-width: 66em; font-size: 13px; line-height: 1.35;
  color: var(--jp-content-font-color1, #1c1c1c); }
.ck-map section { border: 1px solid var(--jp-border-color2, #cfd3d8);
  border-top: 4px solid var(--ck-area); border-radius: 4px; padding: 8px 12px; }
.ck-map section:first-of-type { grid-row: span 2; }
.ck-map h4 { margin: 0 0 6px; font-size: 14px; font-weight: 600;
  color: inherit; }
nav.ck-map section ul.ck-items { list-style: none; margin: 0; padding: 0; }
nav.ck-map section ul.ck-items li { margin: 0 0 9px; }
.ck-map .ck-go { display: inline-block; margin: 3px 5px 0 0; padding: 1px 8px;
  border-radius: 9px; border: 1px solid var(--ck-area); font-size: 12px;
  white-space: nowrap; }
.ck-map a.ck-go { background: var(--ck-area); color: #fff; text-decoration: none; }
.ck-map a.ck-go:hover { filter: brightness(1.2); text-decoration: underline; }
.ck-map a.ck-go:focus-visible { outline: 3px solid #e8a200; outline-offset: 2px; }
.ck-map span.ck-go { border-style: dashed; color: inherit; opacity: .8; }
.ck-map .ck-none { font-size: 12px; font-style: italic; opacity: .75; }
.ck-map .ck-key { grid-column: 1 / -1; margin: 0; --ck-area: #2f6db5; }
@media (max-width: 700px) { .ck-map { grid-template-columns: 1fr; } }
"""


class FieldMap:
    """The EDICS slide as a page of links; shows itself in a notebook.

    Parameters
    ----------
    areas
        What the map shows.
    folder
        Where the notebooks lie, seen from the page that shows the map; "" where
        it is shown by one of them.
    """

    def __init__(self, areas: tuple[Area, ...] = AREAS, folder: str = "") -> None:
        self.areas = areas
        self.folder = folder

    def _repr_html_(self) -> str:
        sections = "".join(self._section(area) for area in self.areas)
        label = "Map of the field: the EDICS list, each item with its lectures"
        return (
            f'<style>{_STYLE}</style><nav class="ck-map" aria-label="{label}">'
            f"{sections}{_key()}</nav>"
        )

    def _section(self, area: Area) -> str:
        items = "".join(
            f"<li>{escape(item.text)}<br>{self._links(item)}</li>"
            for item in area.items
        )
        return (
            f'<section style="--ck-area: {area.colour}">'
            f"<h4>{escape(area.name)}</h4>"
            f'<ul class="ck-items">{items}</ul></section>'
        )

    def _links(self, item: Item) -> str:
        if not item.lectures:
            return '<span class="ck-none">not in this course</span>'
        return "".join(self._link(lecture(key)) for key in item.lectures)

    def _link(self, entry: Lecture) -> str:
        title = escape(entry.teaches, quote=True)
        if not entry.ready:
            label = f"{_title(entry)} (to come)"
            return f'<span class="ck-go" title="{title}">{label}</span>'
        return (
            f'<a class="ck-go" href="{self.folder}{entry.notebook}" '
            f'title="{title}">{_title(entry)}</a>'
        )

    def __repr__(self) -> str:
        """Return the map as an indented list, for whoever reads plain text."""
        lines = []
        for area in self.areas:
            lines.append(area.name)
            for item in area.items:
                where = ", ".join(_plain(lecture(key)) for key in item.lectures)
                lines.append(f"  {item.text}: {where or 'not in this course'}")
        return "\n".join(lines)


def field_map(folder: str = "") -> FieldMap:
    """Return the map of the field, each item linked to its lectures.

    Lectures that are ready are links, which a Tab key reaches too; lectures
    still to come are marked so and lead nowhere. Used in lecture 03.

    Parameters
    ----------
    folder
        Path from the page that shows the map to the notebooks, ending in "/".

    Raises
    ------
    ValueError
        Where `folder` names a folder but does not end in "/".

    Source: the deck's slide "Audio and Machine Learning".

    Examples
    --------
    >>> print(repr(field_map()).splitlines()[0])
    Audio signal processing
    >>> '<a class="ck-go" href="02_stft.ipynb"' in field_map()._repr_html_()
    True
    """
    if folder and not folder.endswith("/"):
        raise ValueError(f"folder must end in '/', not {folder!r}: write '{folder}/'")
    return FieldMap(AREAS, folder)


def lectures_on_map() -> dict[str, list[str]]:
    """Return, for each lecture of the syllabus, the items that lead to it.

    Examples
    --------
    >>> lectures_on_map()["18_scenes_and_events"]
    ['Sound event and anomaly detection and sound scene classification']
    """
    leads: dict[str, list[str]] = {entry.key: [] for entry in LECTURES}
    for area in AREAS:
        for item in area.items:
            for key in item.lectures:
                leads[key].append(item.text)
    return leads


def _title(entry: Lecture) -> str:
    """Return how a lecture is called on the map: ``07 ild clustering``."""
    return f"{entry.number:02d} {entry.name.replace('_', ' ')}"


def _plain(entry: Lecture) -> str:
    return _title(entry) + ("" if entry.ready else " (to come)")


def _key() -> str:
    """Return the line that explains the two kinds of labels."""
    return (
        '<p class="ck-key"><span class="ck-go">dashed</span> a lecture still to '
        "come; a filled label is a link that opens the lecture.</p>"
    )


# --- a real-world use case -------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """One thing that the microphone of the use case hears.

    Parameters
    ----------
    name
        What the class calls it.
    source
        The sound it is made of, a key of what `use_case` is given.
    place
        Where its source stands on the plan, in metres from the lower left corner.
    problem
        What somebody has to do about it, and the lecture that does.
    """

    name: str
    source: str
    place: tuple[float, float]
    problem: str

    @property
    def metres(self) -> float:
        """How far the source is from the microphone."""
        return math.dist(self.place, MICROPHONE)


ROOM = (5.0, 3.4)
"""Width and depth of the room in metres."""

MICROPHONE = (2.6, 1.2)
CRITICAL_METRES = 1.5
"""Where the direct sound and the answer of the room are equally strong."""

# fmt: off
LAYERS: tuple[Layer, ...] = (
    Layer("the talker", "talker", (2.3, 1.6), "what we want: s"),
    Layer("the room's answer", "talker", (2.3, 1.6), "dereverberation"),
    Layer("people around", "crowd", (0.5, 2.8), "enhancement"),
    Layer("music from a player", "music", (4.2, 2.1), "separation"),
    Layer("the far end, out of a loudspeaker", "far end", (3.6, 0.75),
          "echo cancellation"),
)
# fmt: on


@dataclass(frozen=True)
class UseCase:
    """What reaches the microphone, layer by layer.

    Parameters
    ----------
    layers
        ``(samples,)`` each, in the order of `LAYERS`, as they arrive.
    rate
        Samples per second.
    """

    layers: tuple[Real, ...]
    rate: int

    def microphone(self, count: int) -> Real:
        """Return the sum of the first `count` layers, ``(samples,)``."""
        if not 1 <= count <= len(self.layers):
            raise ValueError(
                f"count is {count}, but the scene has 1 to {len(self.layers)} layers"
            )
        return np.asarray(np.sum(self.layers[:count], axis=0))


def split_response(response: ArrayLike, rate: int) -> tuple[Real, Real]:
    """Split a room's response into the direct sound and the answer of the walls.

    The direct sound is the peak and 2.5 ms on both sides of it; what came before it
    is left out.

    Parameters
    ----------
    response
        ``(samples,)``, measured: a click as it arrives.
    rate
        Samples per second.

    Returns
    -------
    direct, tail
        ``(samples,)`` each, scaled to an energy of 1; the tail starts with as many
        zeros as it is late.

    Raises
    ------
    ValueError
        Where nothing comes after the direct sound.

    Examples
    --------
    >>> direct, tail = split_response([0, 2, 0, 0, 0, 0.5], 400)
    >>> direct.tolist(), tail.tolist()
    ([0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    """
    h = np.asarray(response, dtype=float)
    reach = round(0.0025 * rate)
    start = max(0, int(np.argmax(np.abs(h))) - reach)
    end = int(np.argmax(np.abs(h))) + reach + 1
    direct, tail = h[start:end], h[start:].copy()
    tail[: end - start] = 0
    if not tail.any():
        raise ValueError(
            f"the response of {len(h)} samples holds nothing later than 2.5 ms after "
            "its peak: give the response of a room, not of a cable"
        )
    return direct / np.linalg.norm(direct), tail / np.linalg.norm(tail)


def use_case(
    sounds: Mapping[str, ArrayLike], response: ArrayLike, rate: int
) -> UseCase:
    """Return the deck's real-world use case, built of recordings.

    The direct sound falls as 1 / distance; what the walls send back is everywhere
    equally strong, and as strong as the direct sound at `CRITICAL_METRES`. The
    talker's two arrive as two layers. All are scaled by one factor, so that the sum
    peaks at 0.9.

    Parameters
    ----------
    sounds
        ``(samples,)`` each, of one length, as loud as they are at one metre; the
        keys are the sources of `LAYERS`: "talker", "crowd", "music", "far end".
    response
        A measured response of a room, ``(samples,)``.
    rate
        Samples per second.

    Raises
    ------
    ValueError
        Where a source is missing or the lengths differ.

    Source: the deck's slide "A Real-World Use Case"; the deck's slide on sound
    pressure level for 1 / distance. Lecture 03.
    """
    need = {layer.source for layer in LAYERS}
    if set(sounds) != need:
        raise ValueError(f"the sources are {sorted(need)}, got {sorted(sounds)}")
    lengths = {name: np.shape(x) for name, x in sounds.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the sounds must be of one length, got {lengths}")
    direct, tail = split_response(response, rate)
    tail = tail / CRITICAL_METRES
    parts = []
    for layer in LAYERS:
        x = np.asarray(sounds[layer.source], dtype=float)
        near = fftconvolve(x, direct)[: len(x)] / layer.metres
        far = fftconvolve(x, tail)[: len(x)]
        parts.append(near + far)
        if layer.source == "talker":
            parts[-1] = far if len(parts) == 2 else near
    scale = 0.9 / np.max(np.abs(np.sum(parts, axis=0)))
    return UseCase(tuple(scale * part for part in parts), rate)


@drawing
def draw_scene(scene: UseCase, count: int) -> Picture:
    """Draw the plan of the room and what the microphone hears of `count` layers.

    Parameters
    ----------
    scene
        What `use_case` returned.
    count
        How many layers sound, 1 to 5.
    """
    x = scene.microphone(count)
    figure, panels = subplots(3.9, columns=2, width_ratios=[1, 1.15])
    _draw_plan(panels[0], count)
    X = np.abs(fourier.stft(x, 512, 128)) / (512 / 4)  # a sine reads its amplitude
    level = 20 * np.log10(np.maximum(X, 1e-6))
    seconds = len(x) / scene.rate
    image = panels[1].imshow(
        level,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=-85,
        vmax=-15,
        extent=(0, seconds, 0, scene.rate / 2000),
    )
    panels[1].set(xlabel="time in s", ylabel="frequency in kHz")
    ratio = talker_to_rest(scene, count)
    title = (
        "nothing but the talker" if count == 1 else f"talker to rest: {ratio:.1f} dB"
    )
    panels[1].set_title(title)
    figure.colorbar(image, ax=panels[1], label="level in dB re full scale")
    heard = ", ".join(layer.name for layer in LAYERS[:count])
    alt = (
        f"Left, the plan of a room with a microphone; sounding are {heard}. Right, "
        f"the spectrogram of what the microphone hears: {title}."
    )
    return Picture(figure, alt, tuple(panels))


def talker_to_rest(scene: UseCase, count: int) -> float:
    """Return the power of the talker over all the rest, in dB.

    Infinite where nothing else sounds.
    """
    if count == 1:
        return float("inf")
    rest = scene.microphone(count) - scene.layers[0]
    return audio.level_db(scene.layers[0]) - audio.level_db(rest)


def _draw_plan(axes: Axes, count: int) -> None:
    """Draw the room from above; what does not sound yet is grey."""
    axes.add_patch(Rectangle((0, 0), *ROOM, fill=False, lw=3))
    axes.add_patch(Circle(MICROPHONE, 0.1, color="black"))
    axes.annotate(
        "microphone", MICROPHONE, (-6, -16), textcoords="offset points", ha="right"
    )
    for number, layer in enumerate(LAYERS, start=1):
        if number == 2:
            _draw_walls(axes, layer, number <= count)
        else:
            _draw_source(axes, layer, number, number <= count)
    axes.set(xlim=(-0.1, 5.1), ylim=(-0.1, 3.5), aspect="equal", xticks=[], yticks=[])
    axes.set_axis_off()
    axes.set_title(f"the room from above, {ROOM[0]:g} m by {ROOM[1]:g} m")


def _draw_source(axes: Axes, layer: Layer, number: int, sounds: bool) -> None:
    colour = (BLUE if number == 1 else ORANGE) if sounds else GREY
    arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2 if sounds else 1}
    axes.annotate("", MICROPHONE, layer.place, arrowprops=arrow)
    axes.add_patch(Circle(layer.place, 0.16, color=colour, zorder=3))
    axes.text(
        *layer.place, str(number), color="white", ha="center", va="center", zorder=4
    )
    x, y = layer.place
    axes.text(x, y + 0.24, layer.source, color=colour, ha="center")


def _draw_walls(axes: Axes, layer: Layer, sounds: bool) -> None:
    """Draw two ways round: by the wall at the top and by the one on the left."""
    colour = ORANGE if sounds else GREY
    (x, y), (mx, my) = layer.place, MICROPHONE
    up, left = (ROOM[1] - y) / (2 * ROOM[1] - y - my), x / (x + mx)
    for wall in ((x + up * (mx - x), ROOM[1]), (0.0, y + left * (my - y))):
        axes.plot([x, wall[0]], [y, wall[1]], ":", color=colour, lw=1.5)
        arrow = {"arrowstyle": "-|>", "color": colour, "ls": ":", "lw": 1.5}
        axes.annotate("", (mx, my), wall, arrowprops=arrow)
    axes.text(0.12, 1.05, "2 walls", color=colour)
