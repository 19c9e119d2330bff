"""The slider board: ipywidgets over a figure, a sound, or both.

>>> import numpy as np
>>> from coursekit import plots
>>> t = np.arange(64)
>>> def draw(f):
...     wave = np.cos(2 * np.pi * f * t / 64)
...     return plots.lines(t, wave, xlabel="sample t", ylabel="amplitude")
>>> board = slide(draw, f=Slider(0, 32, 1, value=3, unit="cycles per frame"))

In a notebook `board`, on the last line of a cell, shows the slider and the
figure. A web page or a printout, where widgets do not run, shows the figure as
it first was: nbconvert takes it as soon as the notebook holds no widget state, so
run notebooks for the web with ``store_widget_state=False``.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets
from IPython.display import Code

from coursekit.listen import Player
from coursekit.plots import Picture

SLOW = 0.25
"""Seconds: a drawing that takes longer waits until the slider is let go."""


@dataclass(frozen=True)
class Slider:
    """A number between `low` and `high`, both included, in steps of `step`.

    Parameters
    ----------
    low, high, step
        Where it can stand. All integers (with `value`) give an integer.
    value
        Where it starts.
    unit
        Shown behind the label: ``"Hz"``.
    label
        Shown beside the slider; by default the name of the argument.
    """

    low: float
    high: float
    step: float
    value: float
    unit: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse what no slider can show."""
        if not (self.low < self.high and 0 < self.step <= self.high - self.low):
            raise ValueError(
                f"a slider from {self.low} to {self.high} in steps of {self.step} "
                "cannot move: low < high, and a step that fits between them"
            )
        if not self.low <= self.value <= self.high:
            raise ValueError(
                f"the slider starts at {self.value}, outside {self.low} to {self.high}"
            )

    def widget(self, name: str) -> ipywidgets.Widget:
        """Return the ipywidgets slider for the argument `name`."""
        numbers = (self.low, self.high, self.step, self.value)
        whole = all(isinstance(number, int) for number in numbers)
        kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        look = {} if whole else {"readout_format": ".4g"}
        return kind(
            min=self.low,
            max=self.high,
            step=self.step,
            value=self.value,
            **look,
            **_look(name, self.label, self.unit),
        )


@dataclass(frozen=True)
class Choice:
    """One of some options.

    Parameters
    ----------
    options
        A sequence, or a mapping of the text that is shown to the value. Numbers
        in a sequence become a slider that stops at each of them (frame lengths),
        anything else a drop-down list.
    value
        The value it starts with.
    unit
        Shown behind the label: ``"samples"``.
    label
        Shown beside it; by default the name of the argument.
    """

    options: Sequence[Any] | Mapping[str, Any]
    value: Any
    unit: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty choice, and a start that is not among the options."""
        values = list(dict(self.pairs()).values())
        if len(values) < 2 or not any(_same(self.value, v) for v in values):
            raise ValueError(
                f"the choice starts with {self.value!r}, its options are {values}: "
                "give two options or more and start with one of them"
            )

    def pairs(self) -> list[tuple[str, Any]]:
        """Return the options as ``(shown text, value)``."""
        if isinstance(self.options, Mapping):
            return list(self.options.items())
        return [(str(option), option) for option in self.options]

    def widget(self, name: str) -> ipywidgets.Widget:
        """Return the ipywidgets control for the argument `name`."""
        numbers = not isinstance(self.options, Mapping) and all(
            isinstance(option, int | float) and not isinstance(option, bool)
            for option in self.options
        )
        kind = ipywidgets.SelectionSlider if numbers else ipywidgets.Dropdown
        start = next(v for _, v in self.pairs() if _same(self.value, v))
        return kind(
            options=self.pairs(), value=start, **_look(name, self.label, self.unit)
        )


def _same(a: Any, b: Any) -> bool:
    """Return whether two options are the same, where True is not 1."""
    return a is b or (type(a) is type(b) and bool(a == b))


def _look(name: str, label: str, unit: str) -> dict[str, Any]:
    """Return description and layout: the whole label, its unit, a wide control."""
    text = label or name.replace("_", " ")
    return {
        "description": f"{text} ({unit})" if unit else text,
        "style": {"description_width": "15em"},
        "layout": ipywidgets.Layout(width="min(100%, 46em)"),
    }


class Board:
    """Sliders and what they draw; displays itself (`slide` makes it).

    Attributes
    ----------
    controls
        The ipywidgets by the name of their argument.
    shown
        What was drawn last, a tuple of pictures and players; empty after an
        error.
    error
        The sentence that is shown where the last drawing failed, else "".
    widget
        The whole board as one widget.
    """

    def __init__(
        self, draw: Callable[..., Any], controls: Mapping[str, Slider | Choice]
    ) -> None:
        _check_names(draw, controls)
        self._draw = draw
        self.controls = {name: c.widget(name) for name, c in controls.items()}
        self.error = ""
        started = time.perf_counter()
        self.shown = _parts(draw(**self.values))  # an error here stops the cell
        self._places = [ipywidgets.HTML(part._repr_html_()) for part in self.shown]
        self._pace(time.perf_counter() - started)
        self._still = tuple(self.shown)
        self._held = False
        self._box = ipywidgets.VBox(self._places)
        self.widget = ipywidgets.VBox([*self.controls.values(), self._box])
        for control in self.controls.values():
            control.observe(self._redraw, names="value")

    @property
    def values(self) -> dict[str, Any]:
        """Where the sliders stand now, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def set(self, **values: Any) -> Board:
        """Move sliders from code, redraw, and return the board."""
        unknown = sorted(set(values) - set(self.controls))
        if unknown:
            raise ValueError(f"no slider {unknown}; there are {sorted(self.controls)}")
        self._held = True  # one drawing for all that move
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self._held = False
        self._redraw()
        return self

    def _redraw(self, _: Any = None) -> None:
        """Draw for the sliders' values and show it, or say what went wrong."""
        if self._held:
            return
        started = time.perf_counter()
        try:
            self.shown = _parts(self._draw(**self.values))
            pages = [part._repr_html_() for part in self.shown]
            self.error = ""
        except Exception as error:  # whatever the lecture's function raises
            self.shown, self.error = (), _sentence(error, self.values)
            pages = [f'<p role="alert"><strong>{escape(self.error)}</strong></p>']
        self._show(pages)
        self._pace(time.perf_counter() - started)

    def _show(self, pages: list[str]) -> None:
        """Put each page in its place; a place whose page stays is left alone."""
        while len(self._places) < len(pages):
            self._places.append(ipywidgets.HTML())
        for place, page in zip(self._places, pages, strict=False):
            place.value = page
        visible = tuple(self._places[: len(pages)])
        if self._box.children != visible:
            self._box.children = visible

    def _pace(self, seconds: float) -> None:
        """Follow the slider while it moves, unless drawing is too slow for that."""
        for control in self.controls.values():
            if control.has_trait("continuous_update"):
                control.continuous_update = seconds < SLOW

    def __repr__(self) -> str:
        """Return the sliders and what they first drew, in words."""
        sliders = ", ".join(c.description for c in self.controls.values())
        return "\n".join([f"[sliders] {sliders}", *map(repr, self._still)])

    def _repr_mimebundle_(
        self, **_: Any
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return the widget, and the first drawing for where widgets do not run."""
        view = "application/vnd.jupyter.widget-view+json"
        data: dict[str, Any] = {
            view: {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.widget.model_id,
            },
            "text/plain": repr(self),
            "text/html": "".join(part._repr_html_() for part in self._still),
        }
        metadata: dict[str, dict[str, Any]] = {}
        pictures = [part for part in self._still if isinstance(part, Picture)]
        if pictures:
            still, about = pictures[0]._repr_mimebundle_()
            data["image/png"] = still["image/png"]
            metadata = about
        return data, metadata


def _check_names(
    draw: Callable[..., Any], controls: Mapping[str, Slider | Choice]
) -> None:
    """Refuse controls that `draw` does not take, and arguments without one."""
    if not controls:
        raise ValueError("a board needs a slider: slide(draw, f=Slider(0, 8, 1, 3))")
    for name, control in controls.items():
        if not isinstance(control, Slider | Choice):
            raise TypeError(f"{name} is {control!r}: give a Slider or a Choice")
    try:
        inspect.signature(draw).bind(**dict.fromkeys(controls))
    except TypeError as error:
        raise TypeError(
            f"the sliders are {sorted(controls)}, but the function that draws takes "
            f"{inspect.signature(draw)}: {error}"
        ) from None


def _parts(drawn: Any) -> tuple[Picture | Player, ...]:
    """Return what a lecture's function drew as a tuple, or say what is wrong."""
    parts = tuple(drawn) if isinstance(drawn, list | tuple) else (drawn,)
    if not parts:
        raise TypeError("the function drew nothing: return a picture or a player")
    for part in parts:
        if not isinstance(part, Picture | Player):
            raise TypeError(
                f"the function returned a {type(part).__name__}: return a picture of "
                "coursekit.plots, a player of coursekit.listen, or a list of them"
            )
    return parts


def _sentence(error: Exception, values: Mapping[str, Any]) -> str:
    """Return an error as one sentence that says at which values it happened."""
    at = ", ".join(f"{name} = {value}" for name, value in values.items())
    what = " ".join(str(error).split()) or "no reason given"
    return f"Nothing to show at {at}: {what} ({type(error).__name__})."


def slide(draw: Callable[..., Any], **controls: Slider | Choice) -> Board:
    """Return sliders that call ``draw(**values)`` and show what it returns.

    The drawing follows the slider while it moves, unless it takes more than a
    quarter of a second: then it waits until the slider is let go. An error inside
    `draw` after the first drawing is shown as a sentence; in the first it stops
    the cell, as any error does.

    Parameters
    ----------
    draw
        Takes the values by name; returns a `plots.Picture`, a `listen.Player`, or
        a list of them.
    controls
        A `Slider` or a `Choice` for each argument of `draw`.

    Returns
    -------
    Board
        Displays itself: leave it on the last line of a cell.

    Raises
    ------
    TypeError
        Where the sliders' names are not the arguments of `draw`, or `draw`
        returns something else.

    Examples
    --------
    >>> from coursekit import plots
    >>> def draw(f, sign):
    ...     return plots.stems([0, 1], [0, sign * f], xlabel="n", ylabel="x")
    >>> board = slide(draw, f=Slider(1, 9, 1, value=2), sign=Choice((1, -1), 1))
    >>> board.shown[0].alt
    'Stems. x over n, 0 to 1. From 0 at 0 to 2 at 1.'
    >>> board.set(f=5).shown[0].alt
    'Stems. x over n, 0 to 1. From 0 at 0 to 5 at 1.'
    """
    return Board(draw, controls)


def source(*functions: Callable[..., Any]) -> Code:
    """Return the source of short functions, their docstrings left out.

    Parameters
    ----------
    functions
        Plain functions whose source Python can find.

    Raises
    ------
    TypeError
        Where one of them is not written in Python, such as ``np.dot``.

    Examples
    --------
    >>> print(source(_same).data)
    def _same(a: Any, b: Any) -> bool:
        return a is b or (type(a) is type(b) and bool(a == b))
    """
    return Code("\n\n\n".join(map(_without_docstring, functions)), language="python")


def _without_docstring(function: Callable[..., Any]) -> str:
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (TypeError, OSError):
        raise TypeError(
            f"{function!r} has no Python source; give a function written in Python"
        ) from None
    lines = text.splitlines()
    definition = ast.parse(text).body[0]
    if isinstance(definition, ast.FunctionDef) and ast.get_docstring(definition):
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)
