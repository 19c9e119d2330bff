"""How a table is made, made again, and found to have drifted.

An experiment is a function ``one_seed(seed, configuration)`` that yields records, with
the configuration it is given and the seeds it is run for. `build` runs all of it;
`recompute` runs the *probe*, a part of the first seed that is cheap enough for a
test and gives records that the table has too; `drift` compares the two.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import math
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit import topics
from coursekit.evidence.table import TABLES, Record, Table, sha256_of

Configuration = Mapping[str, Any]

NOT_INSTALLED = "not installed"
"""The version of a package that is not there."""


_PREFIX = "table_"  # of a topic's modules that make one


@dataclass(frozen=True)
class Experiment:
    """How a table is made.

    Lectures 08, 09 and 12.

    Parameters
    ----------
    name, title
        Of the table.
    one_seed
        Takes a seed and a configuration and yields records without "seed".
    parts
        Splits a configuration into some that give a few records each, so that a run
        that was stopped, or a table that grows, does not begin from nothing.
    configuration
        What JSON can hold.
    seeds
        To be run.
    keys
        Entries of a record that name its row.
    probe
        What to change in the configuration for a part that a test can afford.
    tolerance
        How far each measure of a record may be off when it is computed again.
    packages
        Whose versions the table notes. A measure may need one that is not installed;
        it is then None.
    """

    name: str
    title: str
    one_seed: Callable[[int, Configuration], Iterable[Record]]
    parts: Callable[[Configuration], Iterable[Configuration]]
    configuration: Configuration
    seeds: tuple[int, ...]
    keys: tuple[str, ...]
    probe: Configuration
    tolerance: Mapping[str, float]
    packages: tuple[str, ...] = ("numpy", "scipy")


def names() -> tuple[str, ...]:
    """Return the names of all tables.

    Lectures 08, 09 and 12.

    Examples
    --------
    >>> "codecs" in names()
    True
    """
    return tuple(_modules())


def experiment_of(name: str) -> Experiment:
    """Return the experiment that makes a table.

    Lectures 08, 09 and 12.

    Raises
    ------
    ValueError
        Where there is none; the message lists those that exist.

    Examples
    --------
    >>> experiment_of("codecs").keys
    ('kind', 'family', 'codec')
    """
    if name not in names():
        raise ValueError(f"there is no table {name!r}, only {names()}")
    experiment: Experiment = importlib.import_module(_modules()[name]).EXPERIMENT
    return experiment


def _modules() -> dict[str, str]:
    """Return the modules of the topics that make tables, by the table's name."""
    found = topics.modules(f"{_PREFIX}*")
    return {module.split(".")[-1].removeprefix(_PREFIX): module for module in found}


def build(
    experiment: Experiment,
    folder: Path = TABLES,
    tell: Callable[[str], None] = lambda _: None,
) -> Table:
    """Run an experiment for all its seeds and save the table.

    Parameters
    ----------
    experiment
        The experiment.
    folder
        Where to save. A run that was stopped leaves ``<name>.partial`` there, and
        the next one goes on from it.
    tell
        Called with a line of text after each part.
    """
    partial = folder / f"{experiment.name}.partial"
    done = json.loads(partial.read_text()) if partial.is_file() else {}
    log = []
    for seed in experiment.seeds:
        for part in experiment.parts(experiment.configuration):
            key = f"{seed} {sha256_of(part)}"
            if key not in done:
                done[key] = _timed(experiment, seed, part)
                partial.write_text(json.dumps(done))
                tell(f"{experiment.name}: seed {seed}, {done[key]['seconds']} s")
            log.append({"seed": seed, "part": key[-64:], **done[key]})
    table = _table(experiment, log)
    table.save(folder)
    partial.unlink(missing_ok=True)
    return table


def reopen(table: Table, folder: Path = TABLES) -> None:
    """Turn a table back into a stopped run, so that `build` runs only what is new.

    For a table that grows, or after new weights. Whoever changed code runs all of it.

    Parameters
    ----------
    table
        As committed.
    folder
        Where `build` will look.
    """
    done, first = {}, 0
    for part in table.log:
        records = table.records[first : first + part["records"]]
        key = f"{part['seed']} {part['part']}"
        done[key] = {"records": records, "seconds": part["seconds"]}
        first += part["records"]
    (folder / f"{table.name}.partial").write_text(json.dumps(done))


def _timed(experiment: Experiment, seed: int, part: Configuration) -> Record:
    start = time.perf_counter()
    records = [_rounded({"seed": seed, **r}) for r in experiment.one_seed(seed, part)]
    return {"records": records, "seconds": round(time.perf_counter() - start, 1)}


def _table(experiment: Experiment, log: list[Record]) -> Table:
    """Gather the records of all parts, and leave their number in the log."""
    return Table(
        name=experiment.name,
        title=experiment.title,
        keys=experiment.keys,
        records=tuple(record for part in log for record in part["records"]),
        configuration=experiment.configuration,
        sha256=sha256_of(experiment.configuration),
        seeds=experiment.seeds,
        versions=versions(experiment.packages),
        log=tuple({**part, "records": len(part["records"])} for part in log),
    )


def recompute(experiment: Experiment) -> list[Record]:
    """Run the probe of an experiment for its first seed.

    Lectures 08, 09 and 12.

    Parameters
    ----------
    experiment
        The experiment.

    Returns
    -------
    records
        Some of the table's, computed now.
    """
    seed, part = experiment.seeds[0], {**experiment.configuration, **experiment.probe}
    return [_rounded({"seed": seed, **r}) for r in experiment.one_seed(seed, part)]


def drift(table: Table, records: Iterable[Record], experiment: Experiment) -> list[str]:
    """Return one sentence for each figure that is off by more than its tolerance.

    Lectures 08, 09 and 12.

    Parameters
    ----------
    table
        As committed.
    records
        As `recompute` returned them.
    experiment
        The experiment, for its tolerances. A measure without a tolerance must agree
        exactly; one that either side could not run is passed over.

    Examples
    --------
    >>> experiment = experiment_of("codecs")
    >>> table = Table("t", "", ("codec",), ({"seed": 0, "codec": "a", "snr": 10.0},))
    >>> drift(table, [{"seed": 0, "codec": "a", "snr": 12.0}], experiment)
    ["{'codec': 'a', 'seed': 0}: snr is 12 and the table says 10, more than 0.3 off"]
    """
    sentences = []
    for record in records:
        keys = {k: record[k] for k in (*table.keys, "seed")}
        (stated,) = table.select(**keys).records
        for measure in sorted(set(record) - set(keys)):
            now, then = record[measure], stated.get(measure)
            allowed = experiment.tolerance.get(measure, 0.0)
            if None not in (now, then) and not abs(now - then) <= allowed:
                sentences.append(
                    f"{keys}: {measure} is {now:g} and the table says {then:g}, more "
                    f"than {allowed:g} off"
                )
    return sentences


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of packages, or `NOT_INSTALLED`.

    Examples
    --------
    >>> sorted(versions(["numpy"]))
    ['numpy', 'python']
    """
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = NOT_INSTALLED
    return found


def _rounded(record: Record) -> Record:
    """Return a record with five digits a number, and None for what is not one."""
    tidy = {}
    for key, value in record.items():
        if isinstance(value, float):
            value = float(f"{value:.5g}") if math.isfinite(value) else None
        tidy[key] = value
    return tidy
