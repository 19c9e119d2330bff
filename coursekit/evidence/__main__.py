"""``python -m coursekit.evidence [name ...]``: make the committed tables anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from coursekit.evidence.experiment import (
    NOT_INSTALLED,
    build,
    experiment_of,
    names,
    reopen,
    versions,
)
from coursekit.evidence.table import TABLES, load


def main(arguments: list[str] | None = None) -> int:
    """Build the tables that are named, or all of them; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m coursekit.evidence",
        description="Make the tables that lectures quote anew, all seeds of them.",
    )
    parser.add_argument("name", nargs="*", help=f"one of {', '.join(names())}")
    parser.add_argument(
        "--new", action="store_true", help="run only what the table does not have"
    )
    parser.add_argument("--folder", type=Path, default=TABLES, help="where to save")
    chosen = parser.parse_args(arguments)
    wanted = chosen.name or names()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        parser.error(f"there is no table {unknown[0]!r}: take one of {names()}")
    for name in wanted:
        experiment = experiment_of(name)
        for package, version in versions(experiment.packages).items():
            if version == NOT_INSTALLED:
                print(f"{name}: {package} is {version}: its columns stay empty")
        if chosen.new:
            reopen(load(name, chosen.folder), chosen.folder)
        table = build(experiment, chosen.folder, tell=print)
        print(f"{name}: {len(table.records)} records")
    return 0


if __name__ == "__main__":
    sys.exit(main())
