import importlib.util
import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.sandbox import bubblewrap


@pytest.fixture(scope="session", autouse=True)
def programs_of_this_environment():
    """nbgrader looks for `alembic` on PATH: as in an activated environment."""
    mine = str(Path(sys.executable).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", mine + os.pathsep + os.environ["PATH"])
        if bubblewrap.probe() and not os.environ.get("CI"):
            patch.setenv("COURSE_UNSAFE", "1")  # the rest of grading can be tested
        yield


@pytest.fixture(scope="session")
def toy():
    """The module ``toy.py`` beside this file: a homework to grade quickly."""
    path = Path(__file__).with_name("toy.py")
    spec = importlib.util.spec_from_file_location("toy_homework", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ROOT = Path(__file__).parents[2]
CONFIG = """
import importlib.util, sys
from importlib.machinery import ModuleSpec
from pathlib import Path
load_subconfig("ours.py")
path = Path(__file__).resolve().parent / "solutions" / "cases" / "toy.py"
spec = importlib.util.spec_from_file_location("toy", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.__spec__ = ModuleSpec("coursekit.homework.toy", None)
sys.modules["coursekit.homework.toy"] = module
c = get_config()
c.CourseDirectory.course_id = "course"
c.VerdictPreprocessor.runner_class = "coursekit.grading.sandbox.local.LocalRunner"
"""


@pytest.fixture(scope="module")
def toy_course():
    """A function that makes a course of the small homework, with our configuration.

    It takes a folder that is not there, and the notebook of the instructors; the
    homework's module is there as long as the tests of a file need it.
    """

    def make(root, notebook):
        for folder in "cases", "source/toy":
            (root / "solutions" / folder).mkdir(parents=True)
        toy = Path(__file__).with_name("toy.py")
        shutil.copyfile(toy, root / "solutions" / "cases" / "toy.py")
        nbformat.write(notebook, root / "solutions" / "source" / "toy" / "waves.ipynb")
        shutil.copyfile(ROOT / "nbgrader_config.py", root / "ours.py")
        (root / "nbgrader_config.py").write_text(CONFIG)
        return root

    yield make
    sys.modules.pop("coursekit.homework.toy", None)
