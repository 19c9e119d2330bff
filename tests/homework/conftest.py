"""Homework 1 as the grader holds it, and ways to judge an answer of the bank."""

import functools
import importlib.util
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from coursekit.homework import hw1_dft
from coursekit.homework.answers import Missing, ask
from coursekit.homework.cases import Args, Case, Homework, draw
from coursekit.homework.judge import Finding, judge, settle

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "solutions" / "source" / "hw1_dft" / "dft.ipynb"
STUDENT = "Ada Lovelace"
KEY = b"a key of these tests"

Drawn = list[tuple[Case, Args]]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def source() -> dict:
    return json.loads(SOURCE.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def hidden_cases() -> ModuleType:
    """The instructors' module of hidden cases."""
    path = ROOT / "solutions" / "cases" / "hw1_dft.py"
    spec = importlib.util.spec_from_file_location("hidden_hw1_dft", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def homework(hidden_cases: ModuleType) -> Homework:
    return hw1_dft.HOMEWORK.with_hidden(hidden_cases.HIDDEN)


def draw_all(homework: Homework, student: str, key: bytes) -> Drawn:
    return [
        (case, draw(homework, case, student, b"" if homework.is_visible(case) else key))
        for part in homework.parts
        for case in homework.cases(part.name)
    ]


@functools.cache
def recordings(student: str) -> dict[str, object]:
    tones, clicks = hw1_dft.my_tones(student), hw1_dft.my_clicks(student)
    return {"np": np, "tones": tones, "clicks": clicks}


def run_cells(cells: dict[str, str], student: str) -> dict[str, object]:
    """Run solution cells as the notebook does, each on its own, errors and all."""
    space = dict(recordings(student))
    for name, code in cells.items():
        try:
            exec(compile(code, f"<{name}>", "exec"), space)
        except NotImplementedError:
            continue
    return space


def judge_all(
    homework: Homework, drawn: Drawn, space: dict[str, object]
) -> tuple[Finding, ...]:
    """Judge what stands in a namespace: all cases, as a grader does."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wrong answers divide by zero
        for case, args in drawn:
            part = homework.part(case.part)
            if part.name in space:
                answer = ask(part, space[part.name], args, case.seconds)
            else:
                answer = Missing()
            found.append(judge(homework, case, args, answer))
    return settle(found)


Judge = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="session")
def judge_cells(homework: Homework) -> Judge:
    """Judge solution cells given by grade_id."""
    drawn = functools.cache(functools.partial(draw_all, homework))

    def judged(
        cells: dict[str, str], student: str = STUDENT, key: bytes = KEY
    ) -> tuple[Finding, ...]:
        return judge_all(homework, drawn(student, key), run_cells(cells, student))

    return judged
