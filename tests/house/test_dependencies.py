"""pyproject.toml is the one source of the dependencies; the rest follow it."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = ("data", "grading", "dev")


def direct() -> list[str]:
    extras = PROJECT["optional-dependencies"]
    return [*PROJECT["dependencies"], *(d for e in EXTRAS for d in extras[e])]


def locked() -> dict[str, str]:
    text = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, flags=re.M)
    return {canonicalize_name(name): version for name, version in pins}


def needed(requirement: Requirement, seen: set[str]) -> set[str]:
    """Names of everything that installing `requirement` brings along here."""
    name = canonicalize_name(requirement.name)
    if name in seen:
        return seen
    seen.add(name)
    extras = requirement.extras or {""}
    for text in metadata.requires(name) or []:
        child = Requirement(text)
        marker = child.marker
        if marker is None or any(marker.evaluate({"extra": e}) for e in extras):
            needed(child, seen)
    return seen


def test_environment_lists_the_same_packages_as_pyproject():
    text = (ROOT / "environment.yml").read_text()
    listed = re.findall(r'^ {6}- "(.+)"$', text, flags=re.M)
    assert sorted(listed) == sorted(direct())


def test_environment_has_the_python_of_pyproject():
    text = (ROOT / "environment.yml").read_text()
    (version,) = re.findall(r"python=([\d.]+)", text)
    assert PROJECT["requires-python"].startswith(f">={version},")


@pytest.mark.parametrize("text", direct())
def test_lock_satisfies(text):
    requirement = Requirement(text)
    if requirement.name == "torch":  # pinned in pyproject itself, see the Makefile
        assert re.fullmatch(r"torch==\d+\.\d+\.\d+", text)
        return
    assert locked()[canonicalize_name(requirement.name)] in requirement.specifier


def test_lock_pins_everything_that_is_needed():
    names: set[str] = set()
    for text in direct():
        needed(Requirement(text), names)
    assert names - {"torch"} <= set(locked())


def test_lock_carries_a_hash_for_every_pin_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    pins = [block for block in blocks if re.match(r"[A-Za-z0-9._-]+==", block)]
    assert len(pins) == len(locked())
    assert [p.split()[0] for p in pins if "--hash=sha256:" not in p] == []
    assert "://" not in text


OLDEST = "3.11.2"
"""The Python of Debian 12. Some packages ask for a later 3.11."""


@pytest.mark.parametrize("name", sorted(locked()))
def test_every_pin_runs_on_the_python_of_debian(name):
    assert metadata.version(name) == locked()[name], "installed from another lock"
    asked = metadata.metadata(name).get("Requires-Python")
    assert OLDEST in SpecifierSet(asked or "")
