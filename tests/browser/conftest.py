"""JupyterLab in a headless browser, over a copy of what people open."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
# Every cell is drawn at once, so that a test can look at all of them.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false"},
}


REMEDY = "Debian: apt-get install chromium libatomic1"


def absent(what: str) -> None:
    """Fail where a browser must be, in CI; elsewhere report the tests as not run."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI must have it ({REMEDY})")
    pytest.skip(f"not run: {what} ({REMEDY})")


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        absent("no Chromium here")
    return found


@pytest.fixture(scope="session")
def page_maker(chromium):
    driver, _ = compute_driver_executable()
    if subprocess.run([driver, "--version"], capture_output=True).returncode:
        absent("what drives Chromium does not start here")
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=FLAGS)
        yield lambda: browser.new_page(viewport={"width": 1300, "height": 1000})
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_settings(folder: Path) -> None:
    for name, values in SETTINGS.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """Start JupyterLab over the lectures and the homework; yield its address."""
    home = tmp_path_factory.mktemp("home")
    course = tmp_path_factory.mktemp("course")
    for name in ("notebooks", "assignments"):
        shutil.copytree(ROOT / name, course / name)
    write_settings(home / "settings")
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.token=", "--ServerApp.password=", f"--ServerApp.port={port}"),
        *("--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={course}"),
    ]
    env = os.environ | {
        "HOME": str(home),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "COURSE_FAST": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    log = (home / "lab.log").open("wb")
    server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=course)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if answers(f"{address}/api/status"):
                break
            time.sleep(0.25)
        else:
            pytest.fail((home / "lab.log").read_text()[-3000:])
        yield address
    finally:
        server.terminate()
        server.wait(20)


class Notebook:
    """One notebook open in JupyterLab, with the few things a person does."""

    def __init__(self, page: Page, address: str, path: str) -> None:
        self.page = page
        page.goto(f"{address}/lab/tree/{path}?reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        page.wait_for_function(KERNEL_IS_THERE, timeout=60_000)

    def run_all(self, timeout: float = 120) -> None:
        """Run all cells and wait until every code cell has been executed."""
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function(EXECUTED, timeout=timeout * 1000)

    def write_cell(self, contains: str, source: str) -> None:
        """Replace the whole text of the code cell that contains a phrase."""
        self.page.locator(f".jp-CodeCell .cm-content:has-text('{contains}')").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def errors(self) -> list[str]:
        """Return what the error outputs say."""
        outputs = self.page.locator(
            ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error'], "
            ".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']"
        )
        return outputs.all_inner_texts()


KERNEL_IS_THERE = """() => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  return panel?.sessionContext?.session?.kernel;
}"""
# The mark in the toolbar says idle a little before the kernel listens, and cells
# that are run in between are dropped: so wait for the kernel itself.
RUN_ALL = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await window.jupyterapp.commands.execute('notebook:run-all-cells');
}"""
EXECUTED = """() => {
  const cells = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')];
  const filled = cells.filter(c => c.querySelector('.cm-content')?.innerText.trim());
  return filled.length > 0 && filled.every(
    c => /^\\[\\d+\\]:$/.test(c.querySelector('.jp-InputPrompt').innerText.trim()));
}"""


@pytest.fixture
def open_notebook(page_maker, lab):
    pages = []

    def go(path: str) -> Notebook:
        pages.append(page_maker())
        return Notebook(pages[-1], lab, path)

    yield go
    for page in pages:
        page.close()
