"""The answer bank: notebooks that prove the grader, and fill the demo's class.

An answer is one file ``solutions/bank/<hw>/{right,wrong}/<name>.py``, written as
a student would write it: a docstring that says what was (mis)understood, the
points that it loses and the diagnosis that it gets, and then the cells, each
under a line ``# %% <grade_id>`` of the solution cell that it replaces. Cells that
an answer does not have are those of the instructors' notebook.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_CELL = re.compile(r"^# %% (\S+)[ \t]*\n", re.MULTILINE)
_REGION = re.compile(r"(BEGIN|END) SOLUTION")
_CANARY = re.compile(r"canary[-_]", re.IGNORECASE)
_NAME = re.compile(r"^STUDENT = .*$", re.MULTILINE)


@dataclass(frozen=True)
class BankAnswer:
    """One answer of the bank.

    Parameters
    ----------
    name
        ``"right/with_loops"``: where it lies and its file without suffix.
    path
        Of the file.
    right
        Whether it must get full marks.
    about
        The file's docstring.
    cells
        Code by the ``grade_id`` of the solution cell that it replaces.
    loses
        Points that it must lose, by part; parts that lose none are left out.
    diagnosis
        The misconception that it must be told, by part; parts that lose points
        without one are left out.
    rest
        The reference's code for the cells that the answer does not have.
    """

    name: str
    path: Path
    right: bool
    about: str
    cells: Mapping[str, str]
    loses: Mapping[str, float]
    diagnosis: Mapping[str, str]
    rest: Mapping[str, str] = field(default_factory=dict, repr=False)


def load(homework: str, root: Path | str = ".") -> tuple[BankAnswer, ...]:
    """Return the bank of a homework: right answers, then wrong ones, by name.

    Parameters
    ----------
    homework
        Its name, for example ``"hw1_dft"``.
    root
        The course directory, the folder that holds ``solutions``.

    Raises
    ------
    ValueError
        Where a file does not follow the format; the message names it and says how.
    FileNotFoundError
        Where the homework has no bank.
    """
    folder = Path(root) / "solutions" / "bank" / homework
    if not folder.is_dir():
        raise FileNotFoundError(f"{homework} has no bank: {folder} is not there")
    rest = reference(homework, root)
    paths = [*sorted(folder.glob("right/*.py")), *sorted(folder.glob("wrong/*.py"))]
    return tuple(read(path, rest) for path in paths)


def reference(homework: str, root: Path | str = ".") -> dict[str, str]:
    """Return the instructors' solutions by ``grade_id``, without their markers.

    Parameters
    ----------
    homework, root
        Its name, and the repository.
    """
    folder = Path(root) / "solutions" / "source" / homework
    return {
        grade_id: _clean("".join(cell["source"]))
        for path in sorted(folder.glob("*.ipynb"))
        for grade_id, cell in _solutions(json.loads(path.read_text("utf-8")))
    }


def read(path: Path, rest: Mapping[str, str]) -> BankAnswer:
    """Return one answer from its file.

    Parameters
    ----------
    path
        ``…/right/<name>.py`` or ``…/wrong/<name>.py``.
    rest
        The reference's cells.

    Raises
    ------
    ValueError
        Where the file does not follow the format.
    """
    text = path.read_text(encoding="utf-8")
    head, *pieces = _CELL.split(text)
    names, sources = pieces[::2], pieces[1::2]
    about, facts = _head(path, head)
    right = path.parent.name == "right"
    loses, diagnosis = facts.get("LOSES", {}), facts.get("DIAGNOSIS", {})
    unknown = sorted(set(names) - set(rest))
    if not names or unknown:
        raise ValueError(
            f"{path}: cells are marked '# %% <grade_id>' with one of {sorted(rest)}, "
            f"got {unknown or 'no cell'}"
        )
    if right == bool(loses) or not set(diagnosis) <= set(loses):
        raise ValueError(
            f"{path}: LOSES names the points that a wrong answer loses, DIAGNOSIS only "
            f"parts that lose some; got {loses} and {diagnosis}"
        )
    return BankAnswer(
        name=f"{path.parent.name}/{path.stem}",
        path=path,
        right=right,
        about=about,
        cells={n: s.strip("\n") for n, s in zip(names, sources, strict=True)},
        loses={part: float(points) for part, points in loses.items()},
        diagnosis=dict(diagnosis),
        rest=dict(rest),
    )


def _head(path: Path, head: str) -> tuple[str, dict[str, Any]]:
    """Return docstring and literals above the first cell."""
    tree = ast.parse(head, str(path))
    facts: dict[str, Any] = {}
    for node in tree.body[1:]:
        match node:
            case ast.Assign(targets=[ast.Name(id=("LOSES" | "DIAGNOSIS") as name)]):
                facts[name] = ast.literal_eval(node.value)
            case _:
                raise ValueError(
                    f"{path}, line {node.lineno}: above the first cell stand only a "
                    "docstring, LOSES and DIAGNOSIS"
                )
    about = ast.get_docstring(tree)
    if not about:
        raise ValueError(f"{path}: begins with a docstring that says what was meant")
    return about, facts


def fill(
    notebook: Mapping[str, Any], answer: BankAnswer, student: str | None = None
) -> Any:
    """Return the notebook with an answer written into its solution cells.

    Parameters
    ----------
    notebook
        The released notebook, or the instructors'; it is not changed.
    answer
        Of the bank. What it does not answer is answered as the instructors do.
    student
        The name to write into the notebook, or None to leave it.

    Returns
    -------
    Mapping
        Of the type of `notebook`.
    """
    filled = copy.deepcopy(notebook)
    for grade_id, cell in _solutions(filled):
        code = answer.cells.get(grade_id, answer.rest.get(grade_id))
        if cell["cell_type"] == "code" and code is not None:
            cell["source"] = code
    for cell in filled["cells"] if student is not None else ():
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            cell["source"] = _NAME.sub(lambda _: f"STUDENT = {student!r}", source)
    return filled


def _solutions(notebook: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return grade_id and cell of the cells in which students write code."""
    return [
        (cell["metadata"]["nbgrader"]["grade_id"], cell)
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
        and cell["metadata"].get("nbgrader", {}).get("solution")
    ]


def _clean(source: str) -> str:
    """Return a solution without nbgrader's markers and without canaries."""
    lines = source.splitlines()
    kept = [s for s in lines if not (_REGION.search(s) or _CANARY.search(s))]
    return "\n".join(kept)
