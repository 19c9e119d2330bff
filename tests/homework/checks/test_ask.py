"""Calls of a student's code: they always come back, with an answer."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

from coursekit.homework.checks.answers import (
    ChangedInput,
    NotCallable,
    NotWritten,
    Raised,
    TooSlow,
    Unsupported,
    Value,
)
from coursekit.homework.checks.ask import answer, ask
from coursekit.homework.checks.cases import Part


class EqualsEverything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __array__(self, *args, **kwargs):
        raise AssertionError("nobody may ask")


class Explodes:
    def __getattribute__(self, name):
        raise SystemExit(name)


# --- answer ---------------------------------------------------------------------


def test_value():
    assert answer(lambda a, b: a + b, (1, 2), 1.0) == Value(3)


@pytest.mark.parametrize("thing", [3, "dft", None, np.ones(2)])
def test_what_is_no_function(thing):
    assert answer(thing, (), 1.0) == NotCallable(type(thing).__name__)


def test_an_object_that_explodes_when_looked_at():
    assert answer(Explodes(), (), 1.0) == NotCallable("Explodes")
    assert answer(lambda: Explodes(), (), 1.0) == Unsupported("Explodes")
    part = Part("frame", 1, "02_stft", is_value=True)
    assert ask(part, Explodes(), (), 1.0) == Unsupported("Explodes")


def test_stub_is_not_written_yet():
    def stub(x):
        raise NotImplementedError

    assert answer(stub, (1,), 1.0) == NotWritten()


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()]
)
def test_exceptions_are_answers(error):
    def raises(x):
        raise error

    found = answer(raises, (1,), 1.0)
    assert type(found) is Raised
    assert found.kind == type(error).__name__
    assert found.line == "raise error"
    assert found.number == raises.__code__.co_firstlineno + 1


def test_line_is_the_students_own():
    def calls_numpy(x):
        return np.linalg.inv(np.zeros((2, 2)))

    found = answer(calls_numpy, (1,), 1.0)
    assert found.kind == "LinAlgError"
    assert found.line == "return np.linalg.inv(np.zeros((2, 2)))"


def test_exception_whose_text_fails():
    class MeanError(Exception):
        def __str__(self):
            raise RuntimeError

    def raises():
        raise MeanError

    assert answer(raises, (), 1.0).message == ""


def test_a_pressed_interrupt_goes_on():
    def pressed():
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        answer(pressed, (), 1.0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_deep_recursion_is_an_answer():
    def forever(x):
        return forever(x)

    assert answer(forever, (1,), 5.0).kind == "RecursionError"


def test_endless_loop_is_stopped():
    def endless():
        while True:
            pass

    start = time.monotonic()
    assert answer(endless, (), 0.2) == TooSlow(0.2)
    assert time.monotonic() - start < 2


def test_endless_loop_that_swallows_exceptions_is_stopped():
    def stubborn():
        try:
            while True:
                pass
        except BaseException:
            pass
        while True:
            pass

    assert answer(stubborn, (), 0.1) == TooSlow(0.1)


def test_slow_code_that_nothing_can_stop_is_measured():
    found = []
    thread = threading.Thread(
        target=lambda: found.append(answer(lambda: time.sleep(0.1), (), 0.02))
    )
    thread.start()
    thread.join()
    assert found == [TooSlow(0.02)]


def test_alarm_of_others_goes_on():
    rang = []
    old = signal.signal(signal.SIGALRM, lambda *_: rang.append(True))
    before = signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        assert answer(lambda: 1, (), 5.0) == Value(1)
        time.sleep(0.3)
    finally:
        signal.signal(signal.SIGALRM, old)
        signal.setitimer(signal.ITIMER_REAL, *before)
    assert rang == [True]


def test_changed_input_is_seen_and_does_no_harm():
    def windows(x, y):
        y *= 2
        return y

    x, y = np.ones(3), np.ones(3)
    assert answer(windows, (x, y), 1.0) == ChangedInput(1)
    assert y.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (EqualsEverything(), "EqualsEverything"),
        (sys, "module"),
    ],
)
def test_values_of_unknown_classes(thing, name):
    assert answer(lambda: thing, (), 1.0) == Unsupported(name)


# --- ask ------------------------------------------------------------------------


def test_value_parts():
    part = Part("frame", 1, "02_stft", is_value=True)
    assert ask(part, 512, (), 1.0) == Value(512)
    assert ask(part, None, (), 1.0) == NotWritten()
    assert ask(part, ..., (), 1.0) == NotWritten()
    assert ask(part, {1}, (), 1.0) == Unsupported("set")
