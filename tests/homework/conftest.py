"""Each homework as the grader holds it, and ways to judge an answer of its bank.

A homework is found by its folder in ``solutions/source``. A test that asks for `hw`
runs on each of them; one that also asks for `part`, `answer` or `stem` runs on each
part, each answer of the bank, each notebook.
"""

import ast
import functools
import hashlib
import importlib
import importlib.util
import json
import pickle
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from coursekit.grading.publishing import bank
from coursekit.homework.checks.answers import Missing, plain
from coursekit.homework.checks.ask import ask
from coursekit.homework.checks.calls import Args, CallMode, call
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    draw,
)
from coursekit.homework.checks.judge import Finding, judge, settle

judging = importlib.import_module("coursekit.homework.checks.judge")

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "solutions" / "source"
STUDENT = "Ada Lovelace"
KEY = b"a key of these tests"

Cells = dict[str, str]


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"hidden_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True, eq=False)
class Held:
    """A homework with all that the instructors have of it."""

    name: str

    @functools.cached_property
    def students(self) -> ModuleType:
        """The module that students have."""
        return importlib.import_module(f"coursekit.homework.{self.name}")

    @functools.cached_property
    def cases(self) -> ModuleType:
        """The instructors' module of hidden cases."""
        return _module(ROOT / "solutions" / "cases" / f"{self.name}.py")

    @functools.cached_property
    def homework(self) -> Homework:
        homework: Homework = self.students.HOMEWORK
        return homework.with_hidden(self.cases.HIDDEN)

    @functools.cached_property
    def sources(self) -> dict[str, dict]:
        """The instructors' notebooks by name."""
        paths = sorted((SOURCES / self.name).glob("*.ipynb"))
        return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in paths}

    @functools.cached_property
    def reference(self) -> Cells:
        return bank.reference(self.name, ROOT)

    @functools.cached_property
    def answers(self) -> tuple[bank.BankAnswer, ...]:
        return bank.load(self.name, ROOT)

    @property
    def stems(self) -> list[str]:
        """Names of its notebooks."""
        return sorted(path.stem for path in (SOURCES / self.name).glob("*.ipynb"))

    # --- running ---

    def solutions(self, stem: str) -> list[str]:
        """The grade_ids of a notebook's solution cells, in order."""
        cells = self.sources[stem]["cells"]
        marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
        return [
            mark["grade_id"]
            for mark, cell in zip(marks, cells, strict=True)
            if mark.get("solution") and cell["cell_type"] == "code"
        ]

    def notebook_of(self, part: str) -> str:
        """The notebook in which a part is written."""
        (stem,) = (s for s in self.stems if part in self.solutions(s))
        return stem

    @functools.cache  # noqa: B019 - as many as there are homeworks
    def stage(self, stem: str, student: str) -> dict[str, object]:
        """What a notebook's names are before anything is written in it.

        Its ungraded cells set the stage, but for those that may fail: they use
        what the student writes.
        """
        space: dict[str, object] = {}
        for cell in self.sources[stem]["cells"]:
            meta = cell["metadata"]
            bare = "nbgrader" not in meta
            if bare and "raises-exception" not in meta.get("tags", ()):
                run(cell, student, space)
        return space

    def run(self, cells: Cells, student: str) -> dict[str, dict[str, object]]:
        """Run solution cells, each on its own, errors and all; names by part."""
        spaces = {}
        for stem in self.stems:
            space = dict(self.stage(stem, student))
            for name in self.solutions(stem):
                try:
                    exec(compile(cells.get(name, ""), f"<{name}>", "exec"), space)
                except NotImplementedError:
                    continue
            spaces |= dict.fromkeys(self.solutions(stem), space)
        return spaces

    # --- judging ---

    @functools.cache  # noqa: B019
    def drawn(self, student: str, key: bytes) -> list[tuple[Case, Args]]:
        homework = self.homework
        cases = [c for part in homework.parts for c in homework.cases(part.name)]
        keys = [b"" if homework.is_visible(case) else key for case in cases]
        return [
            (case, draw(homework, case, student, each))
            for case, each in zip(cases, keys, strict=True)
        ]

    def judge(
        self, cells: Cells, student: str = STUDENT, key: bytes = KEY
    ) -> tuple[Finding, ...]:
        """Judge solution cells given by grade_id: all cases, as a grader does."""
        return self._judge(cells, student, key, {p.name for p in self.homework.parts})

    def _judge(
        self, cells: Cells, student: str, key: bytes, parts: Iterable[str]
    ) -> tuple[Finding, ...]:
        spaces = self.run(cells, student)
        found = []
        remembered = patch.object(judging, "call", CALL)
        with remembered, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # wrong answers divide by zero
            for case, args in self.drawn(student, key):
                if case.part in parts:
                    part, space = self.homework.part(case.part), spaces[case.part]
                    answer = (
                        ask(part, space[part.name], args, case.seconds, case.mode)
                        if part.name in space
                        else Missing()
                    )
                    found.append(judge(self.homework, case, args, answer))
        return settle(found)

    def judge_answer(
        self, answer: bank.BankAnswer, student: str = STUDENT, key: bytes = KEY
    ) -> tuple[Finding, ...]:
        """Judge an answer of the bank: those parts that it can have changed.

        A part is passed over if neither its cell nor any that it relies on is
        other than the reference, which gets full marks in a test of its own.
        """
        cells = {**answer.rest, **answer.cells}
        changed = reached(answer.rest, cells, set(answer.cells))
        return self._judge(cells, student, key, changed)


class Remembering:
    """`calls.call`, which knows at once what it has been asked before.

    The whole bank is compared with one reference and the same misconceptions, on the
    same inputs.
    """

    def __init__(self) -> None:
        self.known: dict[tuple, tuple[Any, Exception | None]] = {}

    def __call__(self, mode: CallMode, function: Callable[..., Any], args: Args) -> Any:
        """Return plain data, or raise what was raised."""
        key = mode, function, hashlib.sha256(pickle.dumps(args)).digest()
        if key not in self.known:
            try:
                self.known[key] = plain(call(mode, function, args)), None
            except Exception as error:
                self.known[key] = None, error
        value, error = self.known[key]
        if error is not None:
            raise error
        return value


CALL = Remembering()


def run(cell: dict, student: str, space: dict[str, object]) -> None:
    """Run a cell of the notebook under a student's name."""
    if cell["cell_type"] == "code":
        source = "".join(cell["source"])
        source = source.replace('STUDENT = ""', f"STUDENT = {student!r}")
        exec(compile(source, f"<{cell['id']}>", "exec"), space)


def reached(before: Cells, after: Cells, changed: set[str]) -> set[str]:
    """Return the cells that other code in the changed ones can make behave otherwise.

    A cell relies on another where it mentions a name that the other one sets, before
    or after the change.
    """
    sets = {c: _sets(before.get(c, "")) | _sets(after[c]) for c in after}
    uses = {c: _uses(before.get(c, "")) | _uses(after[c]) for c in after}
    todo, found = set(changed), set()
    while todo:
        found |= todo
        new = set().union(*(sets[c] for c in todo))
        todo = {c for c in after if uses[c] & new} - found
    return found


def _sets(code: str) -> set[str]:
    """Return the names that code leaves behind in the notebook."""
    found: set[str] = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        else:
            names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            found |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return found


def _uses(code: str) -> set[str]:
    """Return the names that code mentions."""
    nodes = ast.walk(ast.parse(code))
    return {n.id for n in nodes if isinstance(n, ast.Name)}


# --- each of them ---------------------------------------------------------------


def pieces(name: str) -> list[Path]:
    """Where the pieces of a homework lie."""
    return [
        SOURCES / name,
        ROOT / "coursekit" / "homework" / name,
        ROOT / "solutions" / "cases" / f"{name}.py",
        ROOT / "solutions" / "bank" / name,
    ]


NAMES = sorted(path.name for path in SOURCES.glob("hw*"))

# One that lacks a piece fails a test of its own, and not those of all the others.
HELD = {n: Held(n) for n in NAMES if all(path.exists() for path in pieces(n))}

LISTS = {
    "part": lambda hw: [(part.name, part) for part in hw.students.HOMEWORK.parts],
    "answer": lambda hw: [(answer.name, answer) for answer in hw.answers],
    "stem": lambda hw: [(stem, stem) for stem in hw.stems],
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each homework, and on each of what it asks for beside it."""
    if "hw" not in metafunc.fixturenames:
        return
    asked = [name for name in LISTS if name in metafunc.fixturenames]
    if not asked:
        metafunc.parametrize("hw", HELD.values(), ids=list(HELD))
        return
    (name,) = asked
    params = [
        pytest.param(held, item, id=f"{held.name}-{word}")
        for held in HELD.values()
        for word, item in LISTS[name](held)
    ]
    metafunc.parametrize(("hw", name), params)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def hw1() -> Held:
    """Homework 1, for tests of what all homework has in common."""
    return HELD["hw1_dft"]


@pytest.fixture(scope="session")
def all_hw() -> list[Held]:
    return list(HELD.values())


@pytest.fixture(scope="session")
def missing_pieces() -> list[Path]:
    """What is not there of a homework that has a source."""
    return [path for name in NAMES for path in pieces(name) if not path.exists()]
