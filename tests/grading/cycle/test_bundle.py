"""The students' archive: what is in it, and that it works on its own."""

from __future__ import annotations

import json
import re
import site
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from coursekit.grading.course.nbgrader_steps import CourseError
from coursekit.grading.publishing import bank, bundle, release
from coursekit.grading.publishing.requirements import names_of

Names = dict[str, bytes]


@pytest.fixture(scope="module")
def archive(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.pack(root, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def contents(archive: Path) -> Names:
    with zipfile.ZipFile(archive) as opened:
        names = {entry.filename: opened.read(entry) for entry in opened.infolist()}
    tops = {name.split("/")[0] for name in names}
    assert tops == {archive.stem}
    return {name.split("/", 1)[1]: data for name, data in names.items()}


def test_it_holds_what_students_need(contents: Names, root: Path) -> None:
    assert contents["LICENSE"] == (root / "LICENSE").read_bytes()
    wanted = {"README.md", "pyproject.toml", "coursekit/fourier.py"}
    wanted |= {"notebooks/01_dft.ipynb", "assignments/hw1_dft/dft.ipynb"}
    wanted |= {"coursekit/homework/hw1_dft/__init__.py", "coursekit/data/MANIFEST.toml"}
    assert wanted <= set(contents)


def test_it_holds_every_homework_with_its_checks(contents: Names, root: Path) -> None:
    folders = [p for p in (root / "solutions" / "source").iterdir() if p.is_dir()]
    assert folders
    for folder in folders:
        assert f"coursekit/homework/{folder.name}/__init__.py" in contents
        for path in folder.glob("*.ipynb"):
            assert f"assignments/{folder.name}/{path.name}" in contents, (
                f"run `coursekit release {folder.name}`"
            )


def test_it_holds_nothing_of_the_instructors(contents: Names, root: Path) -> None:
    for name in contents:
        assert not name.startswith(("solutions", "tests", "coursekit/grading")), name
        assert not name.endswith((".pyc", ".db", ".key")), name
        assert not any(part.startswith(".") for part in name.split("/")), name
    secrets = release.canaries(root)
    assert secrets
    texts = [(name, data.decode("utf-8", "replace")) for name, data in contents.items()]
    assert release.leaks(texts, secrets) == []


def test_its_project_file_installs_the_course_and_no_tools(
    contents: Names, root: Path
) -> None:
    ours = tomllib.loads((root / "pyproject.toml").read_text())
    theirs = tomllib.loads(contents["pyproject.toml"].decode())
    assert theirs["project"]["dependencies"] == ours["project"]["dependencies"]
    assert theirs["build-system"] == ours["build-system"]
    assert "optional-dependencies" not in theirs["project"]
    assert set(theirs["tool"]) == {"setuptools"}
    data = theirs["tool"]["setuptools"]["package-data"]
    assert not [name for name in data if name.startswith("coursekit.grading")]


def _closure(name: str, seen: set[str]) -> set[str]:
    """Names of everything that an installed package needs, by its own metadata."""
    if name in seen:
        return seen
    seen.add(name)
    for text in metadata.requires(name) or []:
        needed = Requirement(text)
        if name == "torch" and needed.name.startswith(("nvidia", "cuda", "triton")):
            continue  # of the build for graphics cards alone
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            _closure(canonicalize_name(needed.name), seen)
    return seen


def test_its_lock_pins_what_the_course_needs_and_no_tools(contents: Names) -> None:
    project = tomllib.loads(contents["pyproject.toml"].decode())["project"]
    lock = contents["requirements.lock"].decode()
    pinned = set(re.findall(r"^([A-Za-z0-9._-]+)==", lock, flags=re.M))
    needed: set[str] = set()
    for name in names_of(project["dependencies"]):
        _closure(name, needed)
    assert needed - {"torch"} <= pinned
    assert not pinned & {"ruff", "mypy", "playwright", "pytest-xdist", "av"}
    assert lock.count("--hash=sha256:") > len(pinned)
    environment = contents["environment.yml"].decode()
    listed = re.findall(r'^ {6}- "(.+)"$', environment, flags=re.M)
    assert sorted(listed) == sorted(project["dependencies"])


def test_its_readme_installs_the_release_of_torch_that_the_project_asks_for(
    contents: Names,
) -> None:
    project = tomllib.loads(contents["pyproject.toml"].decode())["project"]
    (torch,) = [name for name in project["dependencies"] if name.startswith("torch")]
    readme = contents["README.md"].decode()
    assert f"python -m pip install {torch}\n" in readme
    assert "Python 3.11 to 3.14" in readme
    assert "    .venv\\Scripts\\activate\n" in readme


def test_the_same_files_give_the_same_archive(
    archive: Path, root: Path, tmp_path: Path
) -> None:
    assert bundle.pack(root, tmp_path).read_bytes() == archive.read_bytes()


def _repository(at: Path) -> Path:
    for folder in "notebooks", "assignments/hw0", "coursekit", "solutions/cases":
        (at / folder).mkdir(parents=True)
    (at / "pyproject.toml").write_text(
        '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11,<3.13"\n'
    )
    for name in bundle.FILES:
        (at / name).write_text("text")
    (at / "notebooks" / "00_start.ipynb").write_text("{}")
    (at / "solutions" / "cases" / "hw0.py").write_text('CANARY = "a-heron-at-dusk"\n')
    return at


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("coursekit/helpers.py", "# A-Heron-at-dusk"),
        ("assignments/hw0/a.ipynb", "### BEGIN SOLUTION"),
    ],
)
def test_what_is_hidden_stops_the_bundle(tmp_path: Path, where: str, text: str) -> None:
    repository = _repository(tmp_path)
    assert bundle.pack(repository).is_file()
    (repository / "dist" / "ml-for-audio-1.zip").unlink()
    (repository / where).write_text(text)
    with pytest.raises(CourseError, match=f"would show what is hidden: {where}"):
        bundle.pack(repository)
    assert not list((repository / "dist").iterdir())


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    repository = _repository(tmp_path)
    (repository / "requirements.lock").unlink()
    with pytest.raises(CourseError, match=r"needs requirements\.lock"):
        bundle.pack(repository)
    (repository / "pyproject.toml").unlink()
    with pytest.raises(CourseError, match="--no-bundle"):
        bundle.pack(repository)


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    repository = _repository(tmp_path)
    (repository / "coursekit" / "secret.py").symlink_to(
        repository / "solutions" / "cases" / "hw0.py"
    )
    with pytest.raises(CourseError, match="symbolic link"):
        bundle.pack(repository)


FIRST_CHECK = """
import json, sys
import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

path, code = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
ids = [c.metadata.get("nbgrader", {}).get("grade_id") for c in notebook.cells]
check = ids.index("check_dft_matrix")
notebook.cells = notebook.cells[: check + 1]
if code:
    notebook.cells[ids.index("dft_matrix")].source = code
where = "import coursekit, sys; print(coursekit.__file__, sys.prefix)"
notebook.cells.append(nbformat.v4.new_code_cell(where))
kernel = KernelManager()
kernel.kernel_spec.argv = [
    *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
]
client = NotebookClient(notebook, km=kernel, timeout=60)
client.execute(cwd=path.rsplit("/", 1)[0])
kernel.cleanup_connection_file()
told = [
    output.get("text") or output.get("data", {}).get("text/plain") or output.evalue
    for output in notebook.cells[-2].outputs
]
print(json.dumps({"told": "".join(told), "where": notebook.cells[-1].outputs[0].text}))
"""


def _install(archive: Path, at: Path) -> tuple[Path, Path]:
    """Unpack and install in a fresh environment; return its Python and the folder."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(at)
    venv.create(at / "env", with_pip=False)
    python = at / "env" / "bin" / "python"
    (packages,) = (at / "env" / "lib").glob("python*/site-packages")
    # The third-party packages, without a network; .pth files in there are not read,
    # so this repository's own coursekit is not among them.
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    folder = at / archive.stem
    quick = ["--no-index", "--no-deps", "--no-build-isolation", "--no-compile", "-q"]
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", *quick]
    subprocess.run([*command, folder], check=True, capture_output=True, cwd=at)
    return python, folder


@pytest.mark.skipif(sys.platform == "win32", reason="venv has another layout there")
def test_a_student_unpacks_installs_and_passes_the_first_check(
    archive: Path, root: Path, tmp_path: Path
) -> None:
    python, folder = _install(archive, tmp_path)
    notebook = folder / "assignments" / "hw1_dft" / "dft.ipynb"

    def told(code: str) -> str:
        done = subprocess.run(
            [python, "-c", FIRST_CHECK, notebook, code],
            capture_output=True, text=True, check=True, cwd=tmp_path,
        )  # fmt: skip
        answer = json.loads(done.stdout.splitlines()[-1])
        package, prefix = answer["where"].split()
        assert prefix == str(tmp_path / "env")
        assert package.startswith(prefix)
        return str(answer["told"])

    assert "not written yet" in told("")
    right = next(a for a in bank.load("hw1_dft", root) if a.right)
    answer = told(right.cells.get("dft_matrix", right.rest["dft_matrix"]))
    assert "2 of 2 checks passed" in answer

    refused = subprocess.run(
        [python, "-m", "coursekit", "grade", "hw1_dft"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "students' copy" in refused.stderr
