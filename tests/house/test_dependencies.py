"""pyproject.toml is the one source of the dependencies; the rest follow it."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from coursekit.grading.publishing.requirements import student_lock

ROOT = Path(__file__).parents[2]
WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOLS = WHOLE["project"], WHOLE["tool"]
(TORCH,) = re.findall(r"torch==([\d.]+)", str(PROJECT["dependencies"]))
EXTRAS = ("data", "grading", "dev")


def direct() -> list[str]:
    extras = PROJECT["optional-dependencies"]
    return [*PROJECT["dependencies"], *(d for e in EXTRAS for d in extras[e])]


def pins(text: str) -> list[Requirement]:
    """The pins of a lock with their markers."""
    rows = re.findall(r"^([A-Za-z0-9._-]+==[^\\\n]+?) *\\?$", text, flags=re.M)
    return [Requirement(row) for row in rows]


LOCK = (ROOT / "requirements.lock").read_text()
PINS = pins(LOCK)

LINUX = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"}
MACOS = {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"}
WINDOWS = {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"}
MACHINES = {
    "linux": LINUX | {"platform_machine": "x86_64"},
    "macos": MACOS | {"platform_machine": "arm64"},
    "windows": WINDOWS | {"platform_machine": "AMD64"},
}
SPAN = SpecifierSet(PROJECT["requires-python"])
PYTHONS = [f"3.{minor}" for minor in range(9, 30) if f"3.{minor}" in SPAN]

# What some packages need that are not installed on every system, so that nobody here
# can ask them. (What pip shows of them where they are.)
ELSEWHERE: dict[str, list[str]] = {
    "appnope": [],
    "audioop-lts": [],
    "colorama": [],
    "overrides": ["typing; python_version < '3.5'"],
    "pywinpty": [],
    "standard-aifc": [
        "standard-chunk; python_version >= '3.13'",
        "audioop-lts; python_version >= '3.13'",
    ],
    "standard-chunk": [],
    "standard-sunau": ["audioop-lts; python_version >= '3.13'"],
}


def asked_by(name: str) -> list[str]:
    """What a package asks for; of torch, what its build without graphics cards does."""
    if name == "torch":
        (told,) = TOOLS["uv"]["dependency-metadata"]
        return list(told["requires-dist"])
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return ELSEWHERE[name]


def world(system: str, python: str) -> dict[str, str]:
    """What the markers of requirements are read under."""
    patch = f"{python}.2" if python == "3.11" else f"{python}.0"
    cpython = {"implementation_name": "cpython"}
    cpython |= {"platform_python_implementation": "CPython"}
    return {
        **MACHINES[system],
        **cpython,
        "python_version": python,
        "python_full_version": patch,
        "implementation_version": patch,
        "platform_release": "",
        "platform_version": "",
    }


def holds(requirement: Requirement, where: dict[str, str], extra: str = "") -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({**where, "extra": extra})


def unmet(requirements: list[str], lock: list[Requirement], where: dict) -> set[str]:
    """Every requirement, of whatever depth, that no pin of the lock satisfies there."""
    versions = {
        canonicalize_name(p.name): str(p.specifier).removeprefix("==")
        for p in lock
        if holds(p, where)
    }
    versions["torch"] = TORCH
    asked, seen, found = [Requirement(r) for r in requirements], set(), set()
    while asked:
        one = asked.pop()
        name, extras = canonicalize_name(one.name), one.extras or {""}
        if not holds(one, where) or (name, *extras) in seen:
            continue
        seen.add((name, *extras))
        if versions.get(name, "") not in one.specifier or name not in versions:
            found.add(str(one))
            continue
        for text in asked_by(name):
            child = Requirement(text)
            if any(holds(child, where, extra) for extra in extras):
                child.marker = None  # it holds, by the extra that was asked for
                asked.append(child)
    return found


def locked() -> dict[str, str]:
    """The pins that hold on the Python and the system of this test."""
    there = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate()]
    return {
        canonicalize_name(p.name): str(p.specifier).removeprefix("==") for p in there
    }


def test_environment_lists_the_same_packages_as_pyproject():
    text = (ROOT / "environment.yml").read_text()
    listed = re.findall(r'^ {6}- "(.+)"$', text, flags=re.M)
    assert sorted(listed) == sorted(direct())


def test_environment_has_the_python_of_pyproject():
    text = (ROOT / "environment.yml").read_text()
    (version,) = re.findall(r"python=([\d.]+)", text)
    assert PROJECT["requires-python"].startswith(f">={version},")


def test_torch_is_pinned_in_pyproject_and_its_needs_are_those_of_the_lock():
    (text,) = [d for d in direct() if d.startswith("torch")]
    assert re.fullmatch(r"torch==\d+\.\d+\.\d+", text)
    (told,) = TOOLS["uv"]["dependency-metadata"]
    assert (told["name"], told["version"]) == ("torch", TORCH)
    asked = [Requirement(r) for r in metadata.requires("torch") or []]
    here = [r for r in asked if holds(r, world("linux", "3.11"))]
    installed = {canonicalize_name(r.name) for r in here}
    listed = {canonicalize_name(Requirement(r).name) for r in told["requires-dist"]}
    # A build for graphics cards asks for their libraries too.
    of_cards = {n for n in installed if n.startswith(("nvidia", "cuda", "triton"))}
    assert listed == installed - of_cards


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", MACHINES)
def test_the_lock_has_all_that_any_of_its_pins_needs(system, python):
    where = world(system, python)
    assert unmet([d for d in direct() if "bubblewrap" not in d], PINS, where) == set()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", MACHINES)
def test_the_students_lock_does_too(system, python):
    theirs = pins(student_lock(LOCK, PROJECT["dependencies"]))
    assert len(theirs) < len(PINS)
    assert unmet(PROJECT["dependencies"], theirs, world(system, python)) == set()


def test_a_pin_that_only_windows_needs_would_be_missed():
    less = [pin for pin in PINS if pin.name != "pywinpty"]
    found = unmet(direct(), less, world("windows", "3.12"))
    assert any("pywinpty" in each for each in found)
    assert unmet(direct(), less, world("linux", "3.12")) == set()


def test_lock_carries_a_hash_for_every_pin_and_names_no_host():
    blocks = re.split(r"\n(?=[A-Za-z0-9])", LOCK)
    blocks = [block for block in blocks if re.match(r"[A-Za-z0-9._-]+==", block)]
    assert len(blocks) == len(PINS)
    assert [b.split()[0] for b in blocks if "--hash=sha256:" not in b] == []
    assert "://" not in LOCK


OLDEST = "3.11.2"
"""The Python of Debian 12. Some packages ask for a later 3.11."""


@pytest.mark.parametrize("name", sorted(locked()))
def test_every_pin_is_installed_and_runs_on_the_python_of_debian(name):
    assert metadata.version(name) == locked()[name], "installed from another lock"
    asked = metadata.metadata(name).get("Requires-Python")
    assert OLDEST in SpecifierSet(asked or "") or name in ELSEWHERE
