"""Fixtures of every test: the command line, and folders of real data; one thread, for the same numbers everywhere."""

from __future__ import annotations

import gc
import importlib
import os
import shutil

# Set before numpy and torch are imported. With small models more threads are slower, and tests run in parallel.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from semeval_emo.cli.app import main
from semeval_emo.cli.start import COLLECTIONS

WIDE = 10_000


class Result(NamedTuple):
    """What a command line returned and printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs a command line: ``code, out, err = cli("score", path, "--quiet")``. No error may show a traceback.

    No text wraps, unless the test sets $COLUMNS: where it breaks depends on the length of the paths in it.
    """

    def run(*words: object) -> Result:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            if "COLUMNS" not in os.environ:
                patch.setenv("COLUMNS", str(WIDE))
                patch.setattr("semeval_emo.text.LONGEST_LINE", WIDE)
            code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(code, out, err)

    return run


def _folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"left out: needs real files, set ${variable} (see CONTRIBUTING.md)")
    folder = Path(value)
    # Set but wrong is a mistake to report, not a reason to skip.
    assert folder.is_dir(), f"${variable} names {folder}, which is not a folder"
    return folder


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds brighter-2025/, releases/ and seed/."""
    return _folder("SEMEVAL_EMO_DATA")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder that contains docs/facts and leaderboard/ next to the data."""
    return _folder("SEMEVAL_EMO_SHARED")


def _program(*names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        said = f"needs {names[0]} (Debian: apt-get install chromium chromium-driver)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI {said}")
        pytest.skip(f"left out: {said}")
    return found


FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--force-prefers-reduced-motion --disable-component-update --disable-sync --window-size=1280,1000"
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium with a profile of its own."""
    chromium, driver = _program("chromium", "chromium-browser", "google-chrome"), _program("chromedriver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


def _luminance(colour: str) -> float:
    parts = [int(one) / 255 for one in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


COLOURS = """
const found = new Map();
for (const one of document.querySelectorAll("main *, nav *, footer")) {
  if (![...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
  if (!one.checkVisibility() || one.disabled) continue;
  let behind = one, ground = "rgba(0, 0, 0, 0)";
  while (behind && /, 0\\)$/.test(ground)) {
    ground = getComputedStyle(behind).backgroundColor;
    behind = behind.parentElement;
  }
  const style = getComputedStyle(one), ink = one.closest("svg") ? style.fill : style.color;
  found.set(`${ink} ${ground}`, [ink, ground, one.className.baseVal ?? one.className, one.tagName]);
}
return [...found.values()];
"""


@pytest.fixture
def contrasts(browser: Any) -> Callable[[], dict[str, float]]:
    """Returns the contrast of each visible text of the open page with the nearest ground behind it, by the colours."""

    def measure() -> dict[str, float]:
        ratios = {}
        for ink, ground, kind, tag in browser.execute_script(COLOURS):
            if ink.startswith("rgb(") and ground.startswith("rgb("):
                light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
                ratios[f"{ink} on {ground} ({tag} {kind})"] = (light + 0.05) / (dark + 0.05)
        return ratios

    return measure


def pytest_configure() -> None:
    """Collects garbage as rarely as the command does, and forgets the size of the terminal.

    Processes of pytest-xdist have a size even without a terminal, which readline has set in their parent.
    """
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    gc.set_threshold(*COLLECTIONS)


def pytest_collection_finish() -> None:
    """Leaves all tests and modules out of later collections; each training with transformers asks for one."""
    # Imported before, because it asks what refers to the random generators that packages register with it.
    importlib.import_module("hypothesis")
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter) -> None:
    """Reports at the end which tests were left out, and what they need."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda one: -one[1]):
        terminalreporter.write_line(f"{count} test{'s' if count > 1 else ''} {reason}")
