"""Read when something was handed in; what cannot be read for sure is never late.

nbgrader takes the third word of a time for a zone, and drops what it does not know:
"9:30 PM" is half past nine in the morning, "CEST" is UTC. Here a time is understood
or not, and where it is not, a person hears of it.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from pathlib import Path

import dateutil.parser
import dateutil.tz
from nbgrader.utils import parse_utc

NAME = "timestamp.txt"
SET_ASIDE = f"{NAME}.unreadable"
AS_IT_CAME = f"{NAME}.as-it-came.unreadable"
"""The second is left out of what is graded and sent back, as the first is."""

LONGEST = 80
"""Characters of a time."""

ZONES = {
    **{"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2},
    **{"MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4},
    **{"CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9},
    **{"AKDT": -8, "HST": -10, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11},
    **{"NZST": 12, "NZDT": 13},
}
"""Hours east of Greenwich, of abbreviations that mean one zone only."""

NUMBERS = re.compile(r"^\s*(\d{1,2})([./-])(\d{1,2})\2\d{2,4}\b")
PLACE = re.compile(r"\s([A-Z][A-Za-z]+/[A-Z][\w/-]+)$")
"""A zone by its place, such as Europe/Vienna."""

OFFSET = re.compile(r"\b(?:UTC|GMT)(?=\s*[+-]\d)")
"""POSIX reads "GMT+2" as west, people as east: only the number is left of it."""


def read(text: str) -> datetime | None:
    """Return the time that a text says, in UTC and without a zone, or None.

    Parameters
    ----------
    text
        A date, a time, perhaps AM or PM, perhaps a zone; UTC if there is none.

    Examples
    --------
    >>> read("2025-09-02 21:30:00 CEST"), read("2025-09-02 09:30 PM").hour
    (datetime.datetime(2025, 9, 2, 19, 30), 21)
    >>> read("soon"), read("2025-09-02 21:30 IST"), read("02/09/2025 21:30")
    (None, None, None)
    """
    text = text.strip()
    if not 8 <= len(text) <= LONGEST or not text.isascii() or _is_doubtful(text):
        return None
    place = PLACE.search(text)
    zone = dateutil.tz.gettz(place[1]) if place else None
    if place and zone is None:
        return None
    try:
        when = _parsed(PLACE.sub("", OFFSET.sub("", text)))
        when = when.replace(tzinfo=zone) if zone else when
        moment = when.astimezone(UTC) if when.tzinfo else when
    except (ValueError, OverflowError, Warning):
        return None
    return moment.replace(tzinfo=None)


def _parsed(text: str) -> datetime:
    """Parse a time; a zone that is not known is an error."""
    zones = {name: 3600 * hours for name, hours in ZONES.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = "." in text[:3]  # 2.9.2025 is a day in September
        found: datetime = dateutil.parser.parse(text, tzinfos=zones, dayfirst=first)
    return found


def _is_doubtful(text: str) -> bool:
    """Say whether day and month could be taken for each other, or one is missing."""
    if not re.search(r"\d\d?:\d\d|\dT\d|\d\s*[AaPp]\.?[Mm]", text):
        return True  # no time of the day
    if not re.search(r"\d{4}", text):
        return True  # no year
    found = NUMBERS.match(text)
    if found is None or found[2] == ".":
        return False
    return int(found[1]) <= 12 and int(found[3]) <= 12 and found[1] != found[3]


def settle(folder: Path) -> None:
    """Let nbgrader read the time of a submission as it was meant, or not at all.

    A time that nbgrader would misread is written anew in UTC, and kept as it came;
    one that cannot be read for sure is set aside.

    Parameters
    ----------
    folder
        Of the submission.
    """
    path = folder / NAME
    if not path.is_file():
        return
    text = _text(path)
    when = read(text)
    if when is None:
        path.replace(folder / SET_ASIDE)
    elif _as_nbgrader(text) != when:
        path.replace(folder / AS_IT_CAME)
        path.write_text(f"{when.isoformat(' ')} UTC", encoding="ascii")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LONGEST * 4).decode("utf-8-sig", "replace").strip()


def _as_nbgrader(text: str) -> datetime | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: datetime = parse_utc(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return found


def notes(folder: Path) -> list[str]:
    """Return what is to be said of the time, for the student and a human.

    Parameters
    ----------
    folder
        Of the submission.
    """
    if (folder / NAME).is_file():
        return []
    path = folder / SET_ASIDE
    if not path.is_file():
        return []
    said = "".join(c for c in _text(path)[:40] if c.isprintable())
    return [
        f"the time of handing in could not be read ({said!r}): nothing is taken off "
        "for being late"
    ]
