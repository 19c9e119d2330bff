"""Things to play with in a lecture: sliders that redraw a figure or a sound."""

from coursekit.demos.board import Board, Choice, Slider, slide

__all__ = ["Board", "Choice", "Slider", "slide"]
