"""A made-up task whose every name is hostile, and pages as a reader uses them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semeval_emo.cli.app import main

EMOTIONS = ("calm", "hope", "rage")
ROWS = 320
STRIKE = "document.documentElement.dataset.struck='yes'"
SCRIPT = f"<script>{STRIKE}</script>"
ID = f'<img src=x onerror="{STRIKE}">'
NAME = f"<script>{STRIKE.replace('=', '/')}</script>'\"&"
FORMULA = '=HYPERLINK("https://example.org/","win")'
TEXTS = (
    f"</script>{SCRIPT}<!--",
    FORMULA,
    f"{{{{ 7*7 }}}} {{% raw %}} $x$ {SCRIPT}",
    "\u202eevil\u202c \x1b[31mred\x1b[0m",
    "שלום עולם",
    "two\nlines",
)

TASK = """
key = "hostile"
title = "Hostile <b>task</b>"
default_release = "1"
emotions = ["calm", "hope", "rage"]
ids = { prefix = '''%s-{language}-{split}-{track}-''', width = 3 }
[tracks.a]
title = "Yes or no"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean <b>over</b> emotions"
[tracks.b]
title = "Intensities"
values = ["0", "1", "2"]
metric = "pearson"
averaging = "mean"
[languages]
xx = ["<i>Exish</i>", "Made-up", "Latin"]
[releases.1]
title = "First"
published = 2021-01-01
source = "here"
[releases.1.files]
"a/xx/test" = { rows = %d }
"b/xx/test" = { rows = %d }
"""


def text_of(number: int) -> str:
    return TEXTS[number] if number < len(TEXTS) else f"made-up text number {number}"


def write(path: Path, header: list[str], rows: list[list[Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, *rows])
    return path


class Hostile:
    """The task's files in a folder of a hostile name: gold, two systems with probabilities, and intensities."""

    emotions, rows, script, name, formula, hostile_texts = EMOTIONS, ROWS, SCRIPT, NAME, FORMULA, TEXTS

    def __init__(self, home: Path) -> None:
        self.home = home
        self.task = home / "hostile.toml"
        self.task.write_text(TASK % (ID, ROWS, ROWS), encoding="utf-8")
        self.gold = home / "gold"
        random = np.random.default_rng(11)
        self.ids = [f"{ID}-xx-test-a-{n:03d}" for n in range(1, ROWS + 1)]
        self.texts = [text_of(n) for n in range(ROWS)]
        self.labels = random.integers(0, 2, (ROWS, 3))
        self.probabilities = np.where(self.labels > 0, random.beta(4, 2, (ROWS, 3)), random.beta(2, 4, (ROWS, 3)))
        self.good = self.labels_file("good<b>'\"&", (self.probabilities >= 0.5).astype(int))
        self.poor = self.labels_file("poor", self.labels ^ (random.random((ROWS, 3)) < 0.4))
        rows = [[one, *(f"{p:.3f}" for p in row)] for one, row in zip(self.ids, self.probabilities, strict=True)]
        write(self.good.parent / "prob_xx.csv", ["id", *EMOTIONS], rows)
        both = zip(self.ids, self.texts, self.labels.tolist(), strict=True)
        write(self.gold / "track_a/test/xx.csv", ["id", "text", *EMOTIONS], [[i, t, *row] for i, t, row in both])
        self.intensities = random.integers(0, 3, (ROWS, 3))
        other = [one.replace("-a-", "-b-") for one in self.ids]
        both = zip(other, self.texts, self.intensities.tolist(), strict=True)
        write(self.gold / "track_b/test/xx.csv", ["id", "text", *EMOTIONS], [[i, t, *row] for i, t, row in both])
        guess = np.clip(self.intensities + random.integers(-1, 2, (ROWS, 3)), 0, 2).tolist()
        rows = [[one, *row] for one, row in zip(other, guess, strict=True)]
        self.intensity_file = write(home / "intensities/track_b/pred_xx.csv", ["id", *EMOTIONS], rows)

    def labels_file(self, name: str, labels: np.ndarray) -> Path:
        rows = [[one, *row] for one, row in zip(self.ids, labels.tolist(), strict=True)]
        return write(self.home / name / "track_a/pred_xx.csv", ["id", *EMOTIONS], rows)

    @property
    def options(self) -> list[str]:
        return ["--gold", str(self.gold), "--task", str(self.task)]


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return Hostile(tmp_path_factory.mktemp("hostile"))


class Page:
    """What a reader does with an open page."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.browser = browser
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(path.as_uri())
        self.address = browser.current_url

    def all(self, css: str) -> list[Any]:
        return self.browser.find_elements("css selector", css)

    def one(self, css: str) -> Any:
        return self.browser.find_element("css selector", css)

    def script(self, body: str, *given: Any) -> Any:
        return self.browser.execute_script(body, *given)

    def choose(self, name: str, words: str) -> None:
        from selenium.webdriver.support.ui import Select

        Select(self.one(f"#{name}")).select_by_visible_text(words)

    def search(self, words: str) -> None:
        field = self.one("#search")
        field.clear()
        field.send_keys(words)

    def press(self, key: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(key).perform()

    @property
    def count(self) -> str:
        return self.one("#count").text.partition(", page")[0]

    @property
    def texts(self) -> list[str]:
        return self.script("return [...document.querySelectorAll('#rows .text')].map((one) => one.textContent)")

    def column(self, title: str, at: int) -> list[str]:
        """The cells of a column of the table with this title, from top to bottom."""
        return self.script(
            "const tables = [...document.querySelectorAll('table')];"
            "const found = tables.find((one) => one.caption && one.caption.textContent === arguments[0]);"
            "return [...found.tBodies[0].rows].map((row) => row.cells[arguments[1]].textContent)",
            title,
            at,
        )

    @property
    def struck(self) -> Any:
        return self.script("return document.documentElement.dataset.struck || document.querySelector('img, iframe')")

    def requests(self) -> list[str]:
        messages = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def made(into: Path, *words: str) -> Path:
    assert main(["report", *words, "--output", str(into), "--resamples", "500", "--quiet"]) == 0
    return into


@pytest.fixture(scope="session")
def report_of() -> Callable[..., Path]:
    """Writes a report page: the file, then the words of the command."""
    return made


@pytest.fixture
def open_page(browser: Any) -> Callable[[Path], Page]:
    return lambda path: Page(browser, path)


@pytest.fixture(scope="session")
def page_file(hostile: Any, report_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page <b>")
    return report_of(folder / "single.html", str(hostile.good), *hostile.options)


@pytest.fixture
def page(open_page: Any, page_file: Path) -> Any:
    return open_page(page_file)


@pytest.fixture(scope="session")
def long_names(hostile: Any, report_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison of three systems with long names of one beginning."""
    name = "prediction_test_LLAMA_{}Ep_batch6_with_4layer_unfreezed"
    words = [f"{name.format(n)}={path}" for n, path in enumerate((hostile.good, hostile.poor, hostile.good))]
    return report_of(tmp_path_factory.mktemp("long") / "long.html", *words, *hostile.options)


@pytest.fixture(scope="session")
def nine(hostile: Any, report_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison of nine systems with long names of one beginning; all are different."""
    folder, words = tmp_path_factory.mktemp("nine"), []
    for n in range(9):
        labels = (hostile.probabilities >= 0.5).astype(int)
        labels[: 12 * n] = 1 - labels[: 12 * n]
        file = hostile.labels_file(f"nine-{n}", labels)
        words.append(f"experiment_of_a_very_long_series_layers{n}_lr1e-4_batch16_seed{n}={file}")
    return report_of(folder / "nine.html", *words, *hostile.options)
