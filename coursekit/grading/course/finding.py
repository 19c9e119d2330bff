"""Find the notebooks in what was handed in, in whatever way they were saved.

Browsers add ``.txt``, Windows editors a byte order mark, Macs hidden files, students
a folder or a zip file. Whatever a person would still call the notebook is found here.
"""

from __future__ import annotations

import codecs
import io
import itertools
import json
import os
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

LARGEST = 25_000_000
"""Bytes of a notebook; one full of outputs has a few million."""

MOST = 20
"""Files beside the notebook that are read, and files of a zip file."""

MOST_NAMES = 2000
"""Names that are looked at in one submission."""

ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json", ".ipynb.html", ".json")
"""How a notebook's name may end, in small letters."""


@dataclass(frozen=True)
class Found:
    """A file that may be a notebook.

    Parameters
    ----------
    name
        Where it lies in the submission, with the zip file's name if in one.
    content
        Its bytes.
    """

    name: str
    content: bytes


def text_of(content: bytes) -> str:
    """Return the text of a file, with or without a byte order mark.

    Parameters
    ----------
    content
        In UTF-8, or in UTF-16 with its mark, as PowerShell writes.

    Raises
    ------
    UnicodeDecodeError
        Where it is no text.

    Examples
    --------
    >>> text_of(b"\\xef\\xbb\\xbf{}"), text_of("{}".encode("utf-16"))
    ('{}', '{}')
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    return content.decode("utf-8-sig")


def why_unreadable(content: bytes) -> str | None:
    """Return one sentence where `content` is no notebook, else None.

    Parameters
    ----------
    content
        Of a file.
    """
    if len(content) > LARGEST:
        return too_large(len(content))
    try:
        cells = json.loads(text_of(content)).get("cells")
        if not isinstance(cells, list) or not all(map(_is_cell, cells)):
            return "its list of cells is broken"
        parse(content)
    except (json.JSONDecodeError, nbformat.reader.NotJSONError):
        return "it is not a notebook (not JSON); save it in Jupyter and try again"
    except UnicodeDecodeError:
        return "it is not text; save it in Jupyter and try again"
    except Exception as error:
        return f"it is not a valid notebook ({type(error).__name__})"
    return None if cells else "it has no cells"


def too_large(size: int) -> str:
    """Return the sentence about a notebook of too many bytes.

    Parameters
    ----------
    size
        Its bytes.
    """
    return f"it has {size / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} are read"


def _is_cell(cell: Any) -> bool:
    """Return whether `cell` has what the grader reads; the rest may be odd."""
    return (
        isinstance(cell, dict)
        and cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("source"), str | list)
        and isinstance(cell.get("metadata"), dict)
    )


def parse(content: bytes) -> NotebookNode:
    """Read a notebook; its oddities (two equal cell ids) are not worth a warning.

    Parameters
    ----------
    content
        For which `why_unreadable` has nothing to say.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nbformat.reads(text_of(content), as_version=4)


def beside(folder: Path, known: set[str]) -> Iterator[tuple[str, NotebookNode]]:
    """Yield name and notebook of what is readable in a submission.

    Parameters
    ----------
    folder
        Of the submission.
    known
        Names at its top that are expected and passed over.
    """
    for found in itertools.islice(_candidates(folder, known), MOST):
        if why_unreadable(found.content) is None:
            yield found.name, parse(found.content)


def _candidates(folder: Path, known: set[str]) -> Iterator[Found]:
    for path in itertools.islice(_files(folder), MOST_NAMES):
        name = str(path.relative_to(folder))
        if name in known or path.stat().st_size > LARGEST:
            continue
        if path.name.lower().endswith(ENDINGS):
            yield Found(name, path.read_bytes())
        elif path.name.lower().endswith(".zip"):
            yield from _zipped(name, path.read_bytes())


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that a person has put there: no hidden ones, no links."""
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if not _is_hidden(f))
        for name in sorted(names):
            path = Path(where, name)
            if not _is_hidden(name) and path.is_file() and not path.is_symlink():
                yield path


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "__pycache__", "feedback")


def _zipped(name: str, content: bytes) -> Iterator[Found]:
    """Yield the notebooks in a zip file; one that is broken holds none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if _is_notebook(m)][:MOST]
            for member in members:
                with archive.open(member) as file:
                    inner = file.read(LARGEST + 1)
                yield Found(f"{name}/{member.filename}", inner)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError):
        return
    except (ValueError, zipfile.zlib.error):  # type: ignore[attr-defined]
        return


def _is_notebook(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    hidden = any(map(_is_hidden, parts))
    return not hidden and member.filename.lower().endswith(ENDINGS)
