"""An exercise keeps a part together; a homework is what its exercises make."""

import warnings

import numpy as np
import pytest

from coursekit import fourier
from coursekit.homework.checks.calls import PLAIN_CALL, Gradient, Tensors
from coursekit.homework.checks.cases import Case
from coursekit.homework.checks.exercise import (
    CaseSpec,
    Exercise,
    built_on,
    homework_of,
)


def three(rng):
    return (3.0,)


def doubled(x):
    return 2 * x


def exercise(name="double", **more):
    said = {
        "points": 3,
        "lecture": "01_dft",
        "reference": doubled,
        "visible": (CaseSpec("three", three, 1, "a hint"),),
    }
    return Exercise(name, **{**said, **more})


def test_a_part_says_what_its_exercise_says():
    part = exercise(results=("a", "b"), is_value=True).part
    assert (part.name, part.points, part.lecture) == ("double", 3, "01_dft")
    assert part.results == ("a", "b")
    assert part.is_value


def test_a_spec_that_says_little_is_an_ordinary_case():
    (case,) = exercise().cases
    assert case == Case("double", "three", three, doubled, 1, "a hint")


def test_a_spec_that_says_more_is_heard():
    def judge(answer, x):
        return None

    asked = CaseSpec(
        "three",
        three,
        2,
        rtol=0.1,
        atol=0.2,
        because="so",
        judge=judge,
        seconds=7.0,
        reference=abs,
        mode=Gradient(),
    )
    (case,) = exercise(mode=Tensors()).make_cases(asked)
    expected = Case(
        "double", "three", three, abs, 2, "", 0.1, 0.2, "so", judge, 7.0, Gradient()
    )
    assert case == expected


def test_the_mode_of_an_exercise_is_that_of_its_cases():
    assert exercise().cases[0].mode == PLAIN_CALL
    assert exercise(mode=Tensors()).cases[0].mode == Tensors()


def test_misconceptions_come_table_by_table():
    one = {"half": ("this is half", lambda x: x / 2)}
    two = {"same": ("this is the same", lambda x: x)}
    found = exercise(mistakes=(one, two)).misconceptions
    assert [(m.part, m.name, m.sentence) for m in found] == [
        ("double", "half", "this is half"),
        ("double", "same", "this is the same"),
    ]
    assert [m.wrong(3.0) for m in found] == [1.5, 3.0]


def test_mistakes_divide_by_zero_in_silence():
    table = {"over": ("this divides", lambda x: x / np.zeros(1))}
    (found,) = exercise(mistakes=(table,)).misconceptions
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isinf(found.wrong(np.ones(1)))


def test_mistakes_are_built_on_those_of_another_part():
    table = {"half": ("halved", lambda x: x / 2)}
    again = built_on(table, "its square is {}", lambda wrong: lambda x: wrong(x) ** 2)
    sentence, wrong = again["half"]
    assert (sentence, wrong(6.0)) == ("its square is halved", 9.0)
    assert built_on(table, "{}") == table


# --- what may not be called -------------------------------------------------------


def test_a_reference_of_the_course_may_not_be_called():
    own = exercise(reference=fourier.dft_matrix, forbidden=("numpy.fft",))
    home = fourier.dft_matrix.__module__
    assert own.not_to_be_called == (f"{home}.dft_matrix", "numpy.fft")


@pytest.mark.parametrize("reference", [doubled, np.fft.fft, lambda x: x])
def test_other_references_need_no_guard(reference):
    assert exercise(reference=reference).not_to_be_called == ()


def test_a_reference_of_one_case_alone_is_not_forgotten():
    specs = (CaseSpec("three", three, 1, reference=fourier.idft),)
    (name,) = exercise(visible=specs).not_to_be_called
    assert name.endswith(".idft")


# --- a homework -------------------------------------------------------------------


def test_a_homework_is_its_exercises_in_order():
    table = {"half": ("this is half", lambda x: x / 2)}
    one = exercise("one", forbidden=("numpy.fft", "torch.fft"), mistakes=(table,))
    two = exercise("two", forbidden=("torch.fft", "scipy.fft"))
    homework = homework_of("hw", one, two)
    assert homework.name == "hw"
    assert homework.parts == (one.part, two.part)
    assert homework.visible == (*one.cases, *two.cases)
    assert [m.part for m in homework.misconceptions] == ["one"]
    assert homework.forbidden == ("numpy.fft", "torch.fft", "scipy.fft")
    assert homework.hidden == ()


def test_a_mistake_of_two_tables_is_refused():
    table = {"half": ("this is half", lambda x: x / 2)}
    with pytest.raises(ValueError, match=r"'double' has two .* called 'half'"):
        homework_of("hw", exercise(mistakes=(table, table)))
