"""``python -m coursekit.training [name ...]``: make the shipped weights anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from coursekit.training.recipes import Recipe, missing, recipes
from coursekit.training.weights import weights_path


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the recipes that are named, or all of them; return the exit status."""
    every = recipes()
    parser = argparse.ArgumentParser(
        prog="python -m coursekit.training",
        description="Train the weights that ship with the course. A run that was "
        "stopped goes on where it was; a GPU is used where there is one.",
    )
    parser.add_argument("name", nargs="*", help=f"one of {', '.join(every)}")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument(
        "--folder", type=Path, default=Path(".training"), help="of the checkpoints"
    )
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.name) - set(every))
    if unknown:
        parser.error(f"no recipe is called {unknown[0]!r}: take one of {[*every]}")
    wanted = [every[name] for name in chosen.name or every]
    if chosen.list:
        print("\n".join([*map(_line, wanted), *missing()]))
        return 0
    for recipe in wanted:
        print(recipe.ship(chosen.folder))
    return 0


def _line(recipe: Recipe) -> str:
    module = type(recipe).__module__
    path = weights_path(recipe.name)
    size = f"{path.stat().st_size / 1000:.0f} kB" if path.exists() else "not trained"
    return f"{recipe.name:24s}{recipe.descent.steps:6d} steps, {size}, {module}"


if __name__ == "__main__":
    sys.exit(main())
