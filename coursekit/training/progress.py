"""The bar that `fit` shows: in a notebook's page, or as text."""

from __future__ import annotations

import sys
import time
from html import escape
from typing import Any

from tqdm import tqdm


class PageBar:
    """A progress bar in a notebook's page, without a widget: it stays where none run.

    Lectures 09 and 12.

    Parameters
    ----------
    last, done
        Steps in all, and how many are made.

    Examples
    --------
    >>> bar = PageBar(4, 1)
    >>> bar.set_postfix_str("squared 0.5")
    >>> bar
    step 1 of 4, squared 0.5
    """

    every = 0.3  # seconds between two looks

    def __init__(self, last: int, done: int) -> None:
        self.last, self.done, self.text = last, done, ""
        self._handle: Any = None
        self._shown = 0.0

    def __enter__(self) -> PageBar:
        from IPython.display import display

        self._handle = display(self, display_id=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._show()

    def set_postfix_str(self, text: str) -> None:
        """Set what stands behind the bar."""
        self.text = text

    def update(self) -> None:
        """Count a step."""
        self.done += 1
        if time.monotonic() - self._shown > self.every:
            self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        if self._handle is not None:
            self._handle.update(self)

    def __repr__(self) -> str:
        return f"step {self.done} of {self.last}" + (f", {self.text}" * bool(self.text))

    def _repr_html_(self) -> str:
        bar = f'<progress value="{self.done}" max="{self.last}" aria-label="training">'
        return f"<div>{bar}</progress> {escape(repr(self))}</div>"


def progress_bar(last: int, done: int, progress: bool) -> Any:
    """Return a bar of so many steps, in a notebook's page or as text."""
    if progress and _in_a_notebook():
        return PageBar(last, done)
    return tqdm(total=last, initial=done, disable=not progress)


def _in_a_notebook() -> bool:
    package = sys.modules.get("IPython")
    return package is not None and hasattr(package.get_ipython(), "kernel")
