"""What a homework asks to write does not answer in the student's process.

A guard stands in for a function and asks who calls. The student's own code gets a
sentence that says why not; the package's players and figures, which need a Fourier
transform as well, get their answer. Guards are set as modules are imported, so that
nothing is imported for their sake.

This stops accidents. Whoever walks around a guard on purpose is found elsewhere: the
grader's process compares and flags.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

Action = Callable[[ModuleType], None]

PASSED_THROUGH = ("numpy", "torch", "functools", "coursekit.homework", __name__)
"""Modules that call on behalf of whoever called them: `np.apply_along_axis`."""

CHECKS = "coursekit.homework.checks.checker"
"""The module whose checks do nothing here."""

STUDENT = ("__main__", "coursekit.grading.inside.child")
"""Modules whose calls are the student's: the cells, and whoever calls for them."""

HARMLESS = frozenset(
    {"fftfreq", "rfftfreq", "fftshift", "ifftshift", "next_fast_len"}
    | {"prev_fast_len", "set_workers", "get_workers", "skip_backend", "set_backend"}
    | {"set_global_backend", "register_backend"}
)
"""Helpers of the Fourier modules that transform nothing."""


class ForbiddenCallError(RuntimeError):
    """The student's code called what the homework asks to write."""


class Guards(MetaPathFinder):
    """Guards functions, now or as soon as their modules are imported.

    It stands among the finders of modules: it finds nothing itself, but acts on
    chosen modules once they have run.

    Parameters
    ----------
    forbidden
        Full names where they are defined: a function
        (``"librosa.core.spectrum.stft"``), or a module, which stands for all its
        public functions (``"numpy.fft"``).
    folder
        Where the submission's files lie: modules there are the student's code.

    Examples
    --------
    >>> guards = Guards(["numpy.fft"], "/submission")
    >>> sorted(guards.actions)
    ['coursekit.homework.checks.checker', 'numpy', 'numpy.fft']
    """

    def __init__(self, forbidden: Iterable[str], folder: str) -> None:
        self.folder = folder.rstrip(os.sep) + os.sep
        self.actions: dict[str, list[Action]] = {}
        for name in forbidden:
            module, _, attribute = name.rpartition(".")
            self.actions.setdefault(name, []).append(self._guard_all)
            if module:
                one = functools.partial(self._guard_one, attribute=attribute)
                self.actions.setdefault(module, []).append(one)
        self.actions.setdefault(CHECKS, []).append(_silence)

    def install(self) -> None:
        """Guard what is imported already, and what will be."""
        for name, todo in self.actions.items():
            for action in todo if name in sys.modules else ():
                action(sys.modules[name])
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Find a module as the others do, and act on it after it has run."""
        if name not in self.actions:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            self._follow(spec.loader, self.actions[name])
        return spec

    @staticmethod
    def _follow(loader: Any, todo: list[Action]) -> None:
        run = loader.exec_module

        def run_then_act(module: ModuleType) -> None:
            run(module)
            for action in todo:
                action(module)

        loader.exec_module = run_then_act

    def _guard_all(self, module: ModuleType) -> None:
        public = [name for name in vars(module) if not name.startswith("_")]
        for name in getattr(module, "__all__", public):
            self._guard_one(module, name)

    def _guard_one(self, module: ModuleType, attribute: str) -> None:
        function = vars(module).get(attribute)
        if attribute not in HARMLESS and _belongs(function, module):
            name = f"{module.__name__}.{attribute}"
            if isinstance(function, type) and self._guard_class(function, name):
                return
            guarded = self.guard(function, name)
            setattr(module, attribute, guarded)
            if getattr(function, "__module__", "") == module.__name__:
                for place in _packages(module):
                    if vars(place).get(attribute) is function:
                        setattr(place, attribute, guarded)

    def _guard_class(self, kind: Any, name: str) -> bool:
        """Guard the making of a class's objects: it stays a class for all others."""
        try:
            kind.__init__ = self.guard(kind.__init__, name)
        except TypeError:  # a compiled one
            return False
        return True

    def guard(self, function: Any, name: str) -> Callable[..., Any]:
        """Return `function` as it is to be called by anyone but the student.

        Parameters
        ----------
        function
            What the homework asks to write.
        name
            Its full name, for the sentence.

        Raises
        ------
        ForbiddenCallError
            From the function returned, where the student's code calls it.
        """

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if self._student_calls(sys._getframe(1)):
                raise ForbiddenCallError(
                    f"{name} does not answer here: this homework asks you to write it"
                )
            return function(*args, **kwargs)

        del guarded.__wrapped__
        return guarded

    def _student_calls(self, frame: FrameType | None) -> bool:
        """Say whether the nearest caller that acts for itself is the student."""
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if not _within(name, PASSED_THROUGH):
                beside = frame.f_code.co_filename.startswith(self.folder)
                return beside or _within(name, STUDENT)
            frame = frame.f_back
        return False


def _packages(module: ModuleType) -> Iterator[ModuleType]:
    """Yield the packages around a module: they may have its functions at hand."""
    name = module.__name__
    while "." in name:
        name = name.rpartition(".")[0]
        if name in sys.modules:
            yield sys.modules[name]


def _belongs(function: Any, module: ModuleType) -> bool:
    """Say whether something in a module can be called and is of its package."""
    if not callable(function):
        return False
    if isinstance(function, type) and issubclass(function, BaseException):
        return False
    home = getattr(function, "__module__", None) or module.__name__
    return home.split(".")[0] == module.__name__.split(".")[0]


def _silence(module: ModuleType) -> None:
    """Make the checks of the homework do nothing: the marks are made elsewhere."""
    module.inert()


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == each or name.startswith(each + ".") for each in packages)
