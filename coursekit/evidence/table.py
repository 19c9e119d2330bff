"""A committed table: one record for each seed and row, and how it came about.

A table is a JSON file in ``tables/`` beside this one. Its records hold numbers and
the *keys* that name a row (such as the codec); `Table.summary` gives mean and spread
over the seeds. Lectures load tables and never state a figure of their own.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

TABLES = Path(__file__).parent / "tables"
"""The folder of the committed tables."""

Record = dict[str, Any]


class Summary(NamedTuple):
    """One row of a table over all seeds.

    Lectures 08, 09 and 12.

    Parameters
    ----------
    keys
        What names the row.
    mean
        The mean of each measure over the seeds that have it.
    spread
        Its standard deviation over the seeds (with n - 1); NaN for one seed.
    seeds
        How many seeds there are.
    """

    keys: dict[str, Any]
    mean: dict[str, float]
    spread: dict[str, float]
    seeds: int


@dataclass(frozen=True)
class Table:
    """What an experiment gave, and all that is needed to ask it again.

    Lectures 08, 09 and 12.

    Parameters
    ----------
    name, title
        The experiment's.
    keys
        Which entries of a record name its row; "seed" and the measures are the rest.
    records
        One for each seed and row.
    configuration
        What the experiment was told.
    sha256
        Of the configuration, see `sha256_of`.
    seeds
        In the order they were run.
    versions
        Of the packages that have a say.
    log
        One record for each part of the run: seed, SHA-256 of its configuration, number
        of records, seconds.

    Examples
    --------
    >>> records = [{"seed": s, "codec": "a", "snr": 10.0 + s} for s in (0, 1, 2)]
    >>> table = Table("t", "A table", ("codec",), tuple(records))
    >>> table.mean("snr", codec="a"), table.spread("snr", codec="a")
    (11.0, 1.0)
    """

    name: str
    title: str
    keys: tuple[str, ...]
    records: tuple[Record, ...]
    configuration: Mapping[str, Any] | None = None
    sha256: str = ""
    seeds: tuple[int, ...] = ()
    versions: Mapping[str, str] | None = None
    log: tuple[Record, ...] = ()

    @property
    def measures(self) -> tuple[str, ...]:
        """What was measured: the names that are neither keys nor the seed.

        Examples
        --------
        >>> Table("t", "", ("codec",), ({"seed": 0, "codec": "a", "snr": 1},)).measures
        ('snr',)
        """
        every = dict.fromkeys(name for record in self.records for name in record)
        return tuple(name for name in every if name not in {*self.keys, "seed"})

    def select(self, **wanted: Any) -> Table:
        """Return the table with the records that match.

        Parameters
        ----------
        **wanted
            Values of keys (or of "seed").

        Raises
        ------
        ValueError
            Where nothing matches; the message lists what there is.

        Examples
        --------
        >>> load("codecs").select(kind="speech", codec="MP3 24").records[0]["kind"]
        'speech'
        """
        for key, value in wanted.items():
            there = list(dict.fromkeys(record.get(key) for record in self.records))
            if value not in there:
                raise ValueError(f"no {key} is {value!r} in {self.name}: {there}")
        match = [r for r in self.records if all(r[k] == v for k, v in wanted.items())]
        if not match:
            raise ValueError(f"no record of {self.name} has all of {wanted}")
        return replace(self, records=tuple(match))

    def values(self, measure: str, **wanted: Any) -> list[float]:
        """Return a measure of one row, seed by seed, leaving out what was not run.

        Parameters
        ----------
        measure
            One of `measures`.
        **wanted
            Values of keys (or of "seed").

        Raises
        ------
        ValueError
            Where nothing matches, or there is no such measure.

        Examples
        --------
        >>> records = ({"seed": 0, "codec": "a", "snr": 1}, {"seed": 1, "codec": "a"})
        >>> Table("t", "", ("codec",), records).values("snr")
        [1]
        """
        if measure not in self.measures:
            raise ValueError(f"{self.name} has no {measure!r}, only {self.measures}")
        records = self.select(**wanted).records
        return [r[measure] for r in records if r.get(measure) is not None]

    def mean(self, measure: str, **wanted: Any) -> float:
        """Return the mean of a measure over seeds; NaN where it was never run.

        Parameters
        ----------
        measure
            One of `measures`.
        **wanted
            Values of keys (or of "seed").
        """
        values = self.values(measure, **wanted)
        return float(np.mean(values)) if values else math.nan

    def spread(self, measure: str, **wanted: Any) -> float:
        """Return the standard deviation over seeds; NaN for one, or for infinities.

        Parameters
        ----------
        measure
            One of `measures`.
        **wanted
            Values of keys (or of "seed").
        """
        values = self.values(measure, **wanted)
        if len(values) < 2 or not np.isfinite(values).all():
            return math.nan
        return float(np.std(values, ddof=1))

    def gain(
        self, measure: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> list[float]:
        """Return by how much one row is above another, seed by seed: paired.

        Parameters
        ----------
        measure
            One of `measures`.
        ours, theirs
            Values of keys that pick either row.

        Raises
        ------
        ValueError
            Where nothing matches, or a seed has but one of the two.

        Examples
        --------
        >>> records = [{"seed": s, "codec": c, "snr": s + 5.0 * (c == "b")}
        ...            for s in (0, 1) for c in "ab"]
        >>> table = Table("t", "", ("codec",), tuple(records))
        >>> table.gain("snr", {"codec": "b"}, {"codec": "a"})
        [5.0, 5.0]
        """
        pairs = self._by_seed(measure, ours), self._by_seed(measure, theirs)
        if set(pairs[0]) != set(pairs[1]):
            raise ValueError(
                f"{ours} has {measure} for the seeds {[*pairs[0]]}, {theirs} for "
                f"{[*pairs[1]]}: only the same seeds can be compared"
            )
        return [value - pairs[1][seed] for seed, value in pairs[0].items()]

    def _by_seed(self, measure: str, wanted: Mapping[str, Any]) -> dict[int, float]:
        """Return a measure of one row by seed; two values for a seed are two rows."""
        self.values(measure, **wanted)  # refuses what is not there
        found: dict[int, float] = {}
        for record in self.select(**wanted).records:
            if record["seed"] in found:
                raise ValueError(
                    f"{dict(wanted)} picks more than one row of {self.name}"
                )
            if record.get(measure) is not None:
                found[record["seed"]] = record[measure]
        return found

    def summary(self) -> list[Summary]:
        """Return mean and spread of every row, in the order of the records.

        Examples
        --------
        >>> records = [{"seed": s, "codec": "a", "snr": 10.0 + s} for s in (0, 1, 2)]
        >>> (row,) = Table("t", "", ("codec",), tuple(records)).summary()
        >>> row.keys, row.mean, row.spread, row.seeds
        ({'codec': 'a'}, {'snr': 11.0}, {'snr': 1.0}, 3)
        """
        names = dict.fromkeys(tuple(r[k] for k in self.keys) for r in self.records)
        return [self._summary(dict(zip(self.keys, n, strict=True))) for n in names]

    def _summary(self, keys: dict[str, Any]) -> Summary:
        part = self.select(**keys)
        mean = {m: part.mean(m) for m in self.measures}
        spread = {m: part.spread(m) for m in self.measures}
        return Summary(keys, mean, spread, len({r["seed"] for r in part.records}))

    def markdown(self, measures: Sequence[str] = (), digits: int = 2) -> str:
        """Return the table for a notebook: mean ± spread, "–" where not run.

        Parameters
        ----------
        measures
            Which, in this order; all of them by default.
        digits
            Behind the point.

        Examples
        --------
        >>> records = [{"seed": s, "codec": "a", "snr": 10.0 + s} for s in (0, 1, 2)]
        >>> print(Table("t", "", ("codec",), tuple(records)).markdown())
        | codec | snr |
        | --- | --- |
        | a | 11.00 ± 1.00 |
        """
        shown = tuple(measures) or self.measures
        lines = [list(self.keys) + list(shown), ["---"] * (len(self.keys) + len(shown))]
        for row in self.summary():
            cells = [_cell(row.mean[m], row.spread[m], digits) for m in shown]
            lines.append([str(v) for v in row.keys.values()] + cells)
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def _repr_markdown_(self) -> str:
        """Return the table for a page: one measure of two keys as a cross table."""
        if len(self.keys) != 2 or len(self.measures) != 1:
            return self.markdown()
        (measure,) = self.measures
        cells = {
            tuple(row.keys.values()): _cell(row.mean[measure], row.spread[measure], 2)
            for row in self.summary()
        }
        return _cross_table(self.title, cells)

    def save(self, folder: Path = TABLES) -> Path:
        """Write the table as JSON, one record a line, and return the file.

        Parameters
        ----------
        folder
            Where to.
        """
        everything = asdict(self)
        records = ",\n".join(f"  {json.dumps(r)}" for r in everything.pop("records"))
        head = json.dumps(everything, indent=1, sort_keys=True)
        path = folder / f"{self.name}.json"
        path.write_text(f'{head[:-2]},\n "records": [\n{records}\n ]\n}}\n')
        return path


def load(name: str, folder: Path = TABLES) -> Table:
    """Return a committed table.

    Lectures 08, 09 and 12.

    Parameters
    ----------
    name
        Such as "codecs".
    folder
        Where from.

    Raises
    ------
    ValueError
        Where there is none of that name; the message lists those that exist.

    Examples
    --------
    >>> table = load("codecs")
    >>> table.keys
    ('kind', 'family', 'codec')
    """
    path = folder / f"{name}.json"
    if not path.is_file():
        there = sorted(p.stem for p in folder.glob("*.json"))
        raise ValueError(f"there is no table {name!r}, only {there}")
    fields = json.loads(path.read_text())
    for key in ("keys", "seeds", "log", "records"):
        fields[key] = tuple(fields[key])
    return Table(**fields)


def sha256_of(configuration: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a configuration written in one agreed way.

    Parameters
    ----------
    configuration
        What JSON can hold.

    Examples
    --------
    >>> sha256_of({"a": 1, "b": [2]}) == sha256_of({"b": (2,), "a": 1})
    True
    """
    text = json.dumps(configuration, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _cross_table(title: str, cells: Mapping[tuple[Any, ...], str]) -> str:
    """Return cells named by pairs; the longer list of names makes the rows."""
    down, across = (list(dict.fromkeys(pair[i] for pair in cells)) for i in (0, 1))
    if len(down) < len(across):
        down, across = across, down
        cells = {(b, a): cell for (a, b), cell in cells.items()}
    lines = [[title, *map(str, across)], [":--"] + ["--:"] * len(across)]
    for name in down:
        lines.append([str(name), *(cells.get((name, other), "–") for other in across)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(mean: float, spread: float, digits: int) -> str:
    if math.isnan(mean):
        return "–"
    return f"{mean:.{digits}f}" + (
        "" if math.isnan(spread) else f" ± {spread:.{digits}f}"
    )
