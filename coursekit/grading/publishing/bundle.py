"""Pack what students get into one archive: lectures, homeworks, the package.

The archive has the same bytes each time it is made from the same files, holds
nothing of the instructors' side, and installs like any Python project.
"""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.publishing.release import MARKERS, canaries, leaks
from coursekit.grading.publishing.requirements import student_environment, student_lock

FOLDERS = ("notebooks", "assignments", "coursekit")
FILES = ("LICENSE", "requirements.lock", "environment.yml")
WITHOUT = ("coursekit/grading",)
JUNK = ("__pycache__", ".ipynb_checkpoints", "feedback")
SECTIONS = ("build-system", "project", "project.scripts", "tool.setuptools")
PACKED = (".flac", ".safetensors", ".png", ".ogg", ".mp3", ".sf2")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name

README = """\
# ML for Audio Processing

Lectures that run, and homework that checks itself. You need headphones, about 3 GB of
disk, and Python {oldest} to {newest}, on Windows (64 bit), on a Mac with an Apple chip
(macOS 14 or later) or on Linux (x86-64). Older Macs with an Intel chip cannot have this
release of torch.

## Set it up once

Open a terminal in this folder, and type on Windows

    py -m venv .venv
    .venv\\Scripts\\activate

or on macOS and Linux

    python3 -m venv .venv
    . .venv/bin/activate

and then, on every system,

    python -m pip install {torch}
    python -m pip install --no-deps --require-hashes -r requirements.lock
    python -m pip install --no-deps --no-build-isolation .

If Windows will not run `activate` in PowerShell, open a Command Prompt instead. On
Linux the first pip line may fetch a large build for graphics cards, which the course
does not need: the front page of torch says how to get the one without. With conda
instead: `conda env create -f environment.yml`, and `conda activate` the environment
that it names.

Lectures and homework are the same on the three systems, but for two things: an answer
that never ends is stopped in time on Linux and macOS, and on Windows by you
(*Kernel*, *Interrupt*); and one metric of lectures 09 and 12, Zimtohrli, has no build
for macOS, where its column stays empty.

## Every time

Activate the environment again (the second line above), then

    jupyter lab

Lectures are in `notebooks/`, in order: start with `{first}`. Turn the volume down
before the first sound.

## Homework

Each homework is a folder in `assignments/`. Open its notebook, write your answers
where it asks for them, and run the cell below an answer: it shows at once what is
right, and what was expected where it is not. *Validate* in the toolbar runs the
whole notebook as the grader will. Some of the points come from cases that you do
not see, so test your functions on examples of your own as well.

Before you hand in: restart the kernel and run all cells. Keep the notebook's name,
and hand in the way your lecturer says.
"""


def pack(root: Path, dest: Path | None = None) -> Path:
    """Write the students' archive; return its path.

    Parameters
    ----------
    root
        The repository.
    dest
        The folder to write to; ``dist/`` in `root` unless given.

    Raises
    ------
    CourseError
        Where something is missing, or where anything of the instructors' side
        would be in it.
    """
    project = _project(root)
    contents = _contents(root)
    _refuse_leaks(root, contents)
    top = f"ml-for-audio-{project['version']}"
    path = (dest or root / "dist") / f"{top}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(contents.items()):
            _add(archive, f"{top}/{name}", data)
    unfinished.replace(path)
    return path


def student_pyproject(text: str) -> str:
    """Return the project file that students get: how to install, nothing else.

    Parameters
    ----------
    text
        The repository's ``pyproject.toml``.

    Examples
    --------
    >>> print(student_pyproject('[project]\\nname = "a"\\n[tool.ruff]\\nx = 1\\n'))
    [project]
    name = "a"
    <BLANKLINE>
    """
    kept, keep = [], True
    for line in text.splitlines(keepends=True):
        header = re.match(r"\[+([\w.-]+)\]", line)
        if header:
            name = header[1]
            keep = any(name == s or name.startswith(f"{s}.") for s in SECTIONS)
            keep = keep and name != "project.optional-dependencies"
        if keep and "coursekit.grading" not in line:
            kept.append(line)
    return "".join(kept)


def pythons(specifier: str) -> tuple[str, str]:
    """Return the oldest and the newest Python of a ``requires-python``.

    Examples
    --------
    >>> pythons(">=3.11,<3.15")
    ('3.11', '3.14')
    """
    oldest, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", specifier).groups()  # type: ignore[union-attr]
    return f"3.{oldest}", f"3.{int(beyond) - 1}"


def _project(root: Path) -> dict[str, str]:
    path = root / "pyproject.toml"
    if not path.is_file():
        raise CourseError(
            f"{root} has no pyproject.toml: the bundle is made in the repository "
            "(`coursekit release --no-bundle` makes the student version alone)"
        )
    return tomllib.loads(path.read_text())["project"]


def _contents(root: Path) -> dict[str, bytes]:
    """Return the files of the archive by name."""
    absent = [name for name in (*FOLDERS, *FILES) if not (root / name).exists()]
    if absent:
        raise CourseError(f"the bundle needs {', '.join(absent)} in {root}")
    paths = [path for name in FOLDERS for path in _files(root, root / name)]
    paths += [root / name for name in FILES]
    contents = {p.relative_to(root).as_posix(): p.read_bytes() for p in paths}
    pyproject = student_pyproject((root / "pyproject.toml").read_text())
    first = min(p.name for p in (root / "notebooks").glob("*.ipynb"))
    contents["pyproject.toml"] = pyproject.encode()
    needed = tomllib.loads(pyproject)["project"].get("dependencies", [])
    lock = student_lock((root / "requirements.lock").read_text(), needed)
    environment = student_environment((root / "environment.yml").read_text(), needed)
    torch = next((name for name in needed if name.startswith("torch")), "torch")
    oldest, newest = pythons(_project(root)["requires-python"])
    readme = README.format(
        first=f"notebooks/{first}", torch=torch, oldest=oldest, newest=newest
    )
    written = {"README.md": readme, "requirements.lock": lock}
    written |= {"environment.yml": environment}
    return contents | {name: text.encode() for name, text in written.items()}


def _files(root: Path, folder: Path) -> Iterable[Path]:
    """Yield the files below `folder` that students may have, in order."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(root)
        junk = any(part in JUNK or part.startswith(".") for part in name.parts)
        kept_back = any(name.as_posix().startswith(f"{w}/") for w in WITHOUT)
        if path.is_symlink():
            raise CourseError(f"{name} is a symbolic link: the bundle takes none")
        if path.is_file() and not junk and not kept_back and path.suffix != ".pyc":
            yield path


def _refuse_leaks(root: Path, contents: dict[str, bytes]) -> None:
    texts = [(name, data.decode("utf-8", "replace")) for name, data in contents.items()]
    found = leaks(texts, canaries(root))
    released = [text for text in texts if text[0].endswith(".ipynb")]
    found += leaks(released, MARKERS)
    if found:
        raise CourseError(
            "the bundle is not made, for it would show what is hidden: "
            + "; ".join(found)
        )


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add one file without a trace of when or by whom it was made."""
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    packed = name.endswith(PACKED)
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
