"""What a grader must have before anything is marked: cases, secret, parts, runner."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import secrets
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException

from coursekit.grading.marking import verdict as marks
from coursekit.grading.sandbox.contract import Runner
from coursekit.homework.checks.cases import Homework


@cache
def runner_of(runner_class: type[Runner]) -> Runner:
    """Return the one runner of this process: it may hold what is dear to start.

    Parameters
    ----------
    runner_class
        What runs submissions.
    """
    return runner_class()


def load_homework(name: str, cases: Path) -> Homework:
    """Return a homework as the grader holds it, with its hidden cases.

    Parameters
    ----------
    name
        The assignment's: that of the module ``coursekit.homework.<name>``, which has
        `HOMEWORK`, and of the file ``<name>.py``, which has `HIDDEN`.
    cases
        The folder of the hidden cases.

    Raises
    ------
    NbGraderException
        Where there is no such homework, or no such file.

    Examples
    --------
    >>> load_homework("hw9_none", Path("."))
    Traceback (most recent call last):
    nbgrader.converters.base.NbGraderException: there is no homework 'hw9_none' ...
    """
    module = f"coursekit.homework.{name}"
    is_name = re.fullmatch(r"[a-z][a-z0-9_]*", name)
    if not is_name or importlib.util.find_spec(module) is None:
        raise NbGraderException(
            f"there is no homework {name!r} to mark with: coursekit/homework/ has no "
            f"module of that name. An assignment that is graded by its own cells "
            "needs nbgrader's Execute in Autograde.autograde_preprocessors"
        )
    homework = getattr(importlib.import_module(module), "HOMEWORK", None)
    if not isinstance(homework, Homework):
        raise NbGraderException(f"{module} is no homework: it has no HOMEWORK")
    return homework.with_hidden(_hidden(cases / f"{name}.py"))


def _hidden(path: Path) -> tuple[Any, ...]:
    spec = importlib.util.spec_from_file_location(f"_hidden_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise NbGraderException(
            f"the hidden cases are missing: there is no {path}. Set "
            "VerdictPreprocessor.cases to their folder"
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.HIDDEN)


def read_secret(path: Path) -> bytes:
    """Return the instructors' secret; make one, for the owner alone, if there is none.

    Parameters
    ----------
    path
        Its file.

    Raises
    ------
    NbGraderException
        Where the file holds fewer than 16 bytes, or others may read it.
    """
    if not path.exists():
        _make_secret(path)
    if path.stat().st_mode & 0o077:
        raise NbGraderException(
            f"others may read {path}, and with it compute the hidden inputs: "
            f"chmod 600 {path}"
        )
    secret = path.read_bytes().strip()
    if len(secret) < 16:
        raise NbGraderException(
            f"{path} holds {len(secret)} bytes, too few for a secret; delete it for a "
            "new one"
        )
    return secret


def _make_secret(path: Path) -> None:
    """Write a secret whole or not at all, also where two graders start at once."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        os.link(name, path)
    except FileExistsError:
        pass  # the other one's is as good
    finally:
        os.unlink(name)


def graded_parts(nb: NotebookNode, homework: Homework) -> tuple[str, ...]:
    """Return the names of the parts that a notebook's test cells mark.

    Parameters
    ----------
    nb
        With nbgrader's metadata.
    homework
        Its tables.

    Raises
    ------
    NbGraderException
        For a test cell that belongs to no part (nbgrader would give it full marks),
        or that is worth something else than its part.
    """
    parts = {part.grade_id: part for part in homework.parts}
    names = []
    for cell in filter(is_code_test, nb.cells):
        mine = marks.grading(cell)
        part = parts.get(mine["grade_id"])
        if part is None:
            raise NbGraderException(
                f"the cell {mine['grade_id']!r} is graded, but {homework.name} has no "
                f"part for it; its parts' cells are {sorted(parts)}"
            )
        if abs(float(mine["points"]) - part.points) > 1e-9:
            raise NbGraderException(
                f"the cell {part.grade_id!r} is worth {float(mine['points']):g} points "
                f"in the notebook, but {part.points:g} in the tables of {homework.name}"
            )
        names.append(part.name)
    return tuple(dict.fromkeys(names))


def is_code_test(cell: NotebookNode) -> bool:
    """Return whether nbgrader takes marks from a code cell.

    Parameters
    ----------
    cell
        With nbgrader's metadata.
    """
    return cell.cell_type == "code" and marks.is_test(cell)
