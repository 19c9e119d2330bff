"""Calling a student's function, or reading a value, and what came back.

`ask` runs the student's code in this process. It is for the notebook and for
the sandboxed child of the grader, never for the process that keeps the marks.
"""

from __future__ import annotations

import linecache
import signal
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from types import FrameType, TracebackType

from coursekit.homework.checks.answers import (
    LONGEST_TEXT,
    Answer,
    ChangedInput,
    NotCallable,
    NotPlainError,
    NotWritten,
    Raised,
    TooSlow,
    Unsupported,
    Value,
    copy_of,
    plain,
    same,
)
from coursekit.homework.checks.calls import (
    PLAIN_CALL,
    Args,
    CallMode,
    NoAnswerError,
    call,
    prepare,
)
from coursekit.homework.checks.cases import (
    Part,
)


class _OutOfTimeError(BaseException):
    """Raised by the alarm inside the student's code.

    A BaseException, so that ``except Exception`` in that code lets it pass.
    """


# --- asking -------------------------------------------------------------------


def ask(
    part: Part, thing: object, args: Args, seconds: float, mode: CallMode = PLAIN_CALL
) -> Answer:
    """Return the student's answer to one question.

    Parameters
    ----------
    part
        What the student was to write.
    thing
        What stands under the part's name in the notebook: the function, or for
        a value part the value.
    args
        The arguments of the call; a value part needs none of them.
    seconds
        How long the call may take.
    mode
        How the function is asked (`coursekit.homework.checks.cases.Case.mode`).

    Examples
    --------
    >>> ask(Part("n", 1, "01_dft", is_value=True), 512, (), 1.0)
    Value(value=512)
    >>> ask(Part("halve", 1, "01_dft"), lambda x: x / 2, (3,), 1.0)
    Value(value=1.5)
    """
    if not part.is_value:
        return answer(thing, args, seconds, mode)
    if thing is None or thing is NotImplemented or thing is Ellipsis:
        return NotWritten()
    return _as_value(thing)


def answer(
    function: object, args: Args, seconds: float, mode: CallMode = PLAIN_CALL
) -> Answer:
    """Call a student's function on copies of `args` and return what came back.

    Never raises, whatever the function does, but for a KeyboardInterrupt that
    somebody pressed.

    Parameters
    ----------
    function
        The student's.
    args
        Plain data; the function gets copies.
    seconds
        After so long the call is interrupted (in the main thread of a system
        that has SIGALRM; elsewhere it is measured when it ends).
    mode
        How it is asked.

    Examples
    --------
    >>> answer(lambda x: x + 1, (1,), 1.0)
    Value(value=2)
    >>> answer(lambda x: 1 / x, (0,), 1.0).kind
    'ZeroDivisionError'
    """
    if not callable(function):
        return NotCallable(type(function).__name__[:LONGEST_TEXT])
    given = copy_of(args)
    prepare(mode)
    start = time.monotonic()
    try:
        with _time_limit(seconds), _pressed_interrupts() as pressed:
            returned = call(mode, function, given)
    except _OutOfTimeError:
        return TooSlow(seconds)
    except NoAnswerError as error:
        return error.answer
    except NotImplementedError:
        return NotWritten()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and pressed():
            raise
        if time.monotonic() - start > seconds:
            return TooSlow(seconds)
        return _raised(error)
    if time.monotonic() - start > seconds:
        return TooSlow(seconds)
    for position, (before, after) in enumerate(zip(args, given, strict=True)):
        if not same(before, after):
            return ChangedInput(position)
    return _as_value(returned)


def _as_value(thing: object) -> Value | Unsupported:
    try:
        return Value(plain(thing))
    except NotPlainError as error:
        return Unsupported(str(error))
    except Exception:
        # A student's class may fail in any way while it is looked at.
        return Unsupported(type(thing).__name__[:LONGEST_TEXT])


def _raised(error: BaseException) -> Raised:
    number, line = _own_line(error.__traceback__)
    try:
        message = str(error)
    except Exception:
        message = ""
    kind = type(error).__name__
    return Raised(kind[:LONGEST_TEXT], message[:LONGEST_TEXT], line, number)


def _own_line(traceback: TracebackType | None) -> tuple[int, str]:
    """Return number and text of the last line that the student wrote."""
    number, line = 0, ""
    for frame, at in walk_tb(traceback):
        name = frame.f_code.co_filename
        if not name.startswith(_NOT_THEIRS):
            number, line = at, linecache.getline(name, at).strip()
    return number, line[:LONGEST_TEXT]


_NOT_THEIRS = tuple(
    dict.fromkeys(
        str(path)
        for path in (
            *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
            Path(__file__).parents[2],
            "<frozen",
            "<__array_function__",
        )
    )
)


# --- limits -------------------------------------------------------------------


def _has_signals() -> bool:
    main = threading.current_thread() is threading.main_thread()
    return main and hasattr(signal, "SIGALRM")


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `_OutOfTimeError` in the block once `seconds` are over.

    An alarm that was already running (a test runner's) goes on afterwards.
    """
    if not _has_signals():
        yield
        return
    running = True

    def stop(number: int, frame: FrameType | None) -> None:
        if running:
            raise _OutOfTimeError

    start = time.monotonic()
    handler = signal.signal(signal.SIGALRM, stop)
    # Again and again: a bare ``except:`` in a loop swallows the first one.
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.25)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            left = max(left - (time.monotonic() - start), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


@contextmanager
def _pressed_interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells a pressed interrupt from a raised one."""
    pressed = False
    previous = signal.getsignal(signal.SIGINT)
    if not (_has_signals() and callable(previous)):
        yield lambda: True
        return

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        previous(number, frame)

    signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, previous)
