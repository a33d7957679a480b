"""The page as a person uses it, in a real headless Chromium with Python in WebAssembly: it needs `make web`."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from semeval_emo.scoring import score
from semeval_emo.submission import fix, pack, validate

PATIENCE = 300
"""Seconds after which a page that shows nothing has failed, also on a busy machine."""


class Checker:
    """The open page."""

    def __init__(self, browser: Any, address: str, downloads: Path) -> None:
        self.browser, self.address, self.downloads = browser, address, downloads
        browser.get_log("browser")
        browser.get_log("performance")
        browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
        browser.get(address)
        self.wait("Ready.")

    def one(self, css: str) -> Any:
        return self.browser.find_element("css selector", css)

    def texts(self, css: str) -> list[str]:
        return [each.text for each in self.browser.find_elements("css selector", css)]

    def script(self, body: str, *given: Any) -> Any:
        return self.browser.execute_script(body, *given)

    def wait(self, start: str) -> None:
        end = time.monotonic() + PATIENCE
        while not (status := self.one("#status").text).startswith(start):
            assert time.monotonic() < end, (
                f"{status!r}, {self.one('#result').text!r}, {self.browser.get_log('browser')}"
            )
            time.sleep(0.03)

    def clear(self) -> None:
        self.one("#clear").click()

    def choose(self, kind: str, *paths: Path) -> None:
        """Choose files and wait for the result."""
        self.script("document.getElementById('status').textContent = ''")
        self.one(f"#{kind}").send_keys("\n".join(map(str, paths)))
        self.wait("Done")

    @property
    def verdict(self) -> str:
        return self.one("#verdict").text

    @property
    def codes(self) -> list[str]:
        return self.texts(".problems h4 code")

    def download(self, words: str) -> bytes:
        """Click the link with some words and return the file that is saved."""
        (link,) = [each for each in self.browser.find_elements("css selector", ".downloads a") if words in each.text]
        path = self.downloads / link.get_attribute("download")
        path.unlink(missing_ok=True)
        link.click()
        end = time.monotonic() + PATIENCE
        while not path.is_file():
            assert time.monotonic() < end, f"{path.name} is not saved"
            time.sleep(0.03)
        return path.read_bytes()

    def media(self, scheme: str = "") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}] if scheme else []
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def hosts(self) -> set[str]:
        """Return where requests of the page went since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return {url.split("/")[2] for url in urls if url.startswith("http")}


@contextmanager
def serving(builder: Any, site: Path) -> Iterator[str]:
    """Serve a folder while the context lasts; gives its address."""
    server = builder.server(site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def address(builder: Any) -> Iterator[str]:
    """The address of a static server of the built page."""
    if not (builder.SITE / "index.html").is_file():
        pytest.skip("left out: needs the page of build/web (make web)")
    if builder.stale():
        said = "needs the page of this version of the code: repeat make web"
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI {said}")
        pytest.skip(f"left out: {said}")
    with serving(builder, builder.SITE) as address:
        yield address


@pytest.fixture(scope="module")
def opened(browser: Any, address: str, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return Checker(browser, address, tmp_path_factory.mktemp("downloads"))


@pytest.fixture
def page(opened: Checker) -> Iterator[Checker]:
    """The page without files, at the size of a desktop; whatever a test does, nothing may be logged as an error."""
    opened.clear()
    yield opened
    opened.media()
    opened.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_page_says_that_nothing_is_uploaded_and_asks_only_its_own_host(page: Checker, valid: Path, gold: Path):
    assert "Nothing is uploaded." in page.one(".private").text
    page.choose("files", valid)
    page.choose("gold", gold)
    assert page.hosts() <= {page.address.split("/")[2]}
    assert page.browser.get_log("browser") == []


def test_the_policy_refuses_other_hosts_in_the_page_and_in_its_worker(page: Checker):
    ask = "fetch('https://example.org/').then(() => 'sent', (error) => error.name)"
    assert page.browser.execute_async_script(f"{ask}.then(arguments[0])") == "TypeError"
    page.browser.get_log("browser")
    in_worker = page.browser.execute_async_script(
        f"const source = `{ask}.then((answer) => postMessage(answer))`;"
        "const address = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));"
        "const done = arguments[0], worker = new Worker(address, {type: 'module'});"
        "worker.onmessage = ({data}) => done(data); worker.onerror = () => done('the worker could not start');"
    )
    assert in_worker == "TypeError"
    logged = [entry["message"] for entry in page.browser.get_log("browser")]
    assert any("Content Security Policy" in message for message in logged)
    assert "example.org" not in page.hosts()


def test_a_valid_file_gives_the_zip_to_upload(page: Checker, valid: Path, tmp_path: Path):
    page.choose("files", valid)
    assert page.verdict == "Valid"
    assert page.texts(".file p") == ["pred_eng.csv: valid, 200 rows of 1 track a eng test"]
    pack(valid, tmp_path / "track_a.zip")
    assert page.download("track_a.zip, to upload") == (tmp_path / "track_a.zip").read_bytes()


def test_gold_labels_give_the_scores(page: Checker, valid: Path, gold: Path):
    page.choose("files", valid)
    page.choose("gold", gold)
    card = score(valid, source=gold).card
    rows = dict(zip(page.texts("#result tbody th"), page.texts("#result tbody td"), strict=True))
    assert rows["macro F1"] == f"{card.score:.4f}"
    assert rows["F1, anger"] == f"{card.metrics.value('f1.anger'):.4f}"
    page.clear()
    page.choose("files", valid)
    assert page.texts("#result table") == []


@pytest.mark.parametrize("name", ["probabilities", "incomplete", "archive", "picture"])
def test_a_malformed_file_shows_every_problem_with_its_line(page: Checker, malformed: Any, name: str):
    path = malformed(name)
    report = validate(path)
    page.choose("files", path)
    assert page.verdict.startswith("Not valid: ")
    assert page.codes == list(dict.fromkeys(problem.code for problem in report.problems))
    lines = {f"line {problem.line:,}" for problem in report.problems if problem.line is not None}
    assert set(filter(None, page.texts(".problems .where"))) == lines
    shown = page.one("#result").text
    assert all(problem.message in shown for problem in report.problems)
    named = [problem for problem in report.problems if problem.column and problem.column not in problem.message]
    assert all(f"{problem.column}: {problem.message}" in shown for problem in named)
    assert named or name != "incomplete"


def test_the_fixed_file_is_that_of_fix(page: Checker, malformed: Any, tmp_path: Path):
    path = malformed("archive")
    page.choose("files", path)
    assert "All errors can be fixed automatically" in page.one("#result").text
    assert fix(path, tmp_path / "fixed.csv").ok
    assert page.download("the fixed file") == (tmp_path / "fixed.csv").read_bytes()


def test_a_threshold_is_an_option(page: Checker, malformed: Any, valid: Path):
    from selenium.webdriver.common.keys import Keys

    page.choose("files", malformed("probabilities"))
    assert "To be fixed by hand" in page.one("#result").text
    assert page.texts(".downloads a") == []
    page.one("#options summary").click()
    page.one("#threshold").send_keys("0.5", Keys.TAB)
    page.wait("Done")
    assert page.download("the fixed file") == valid.read_bytes()
    page.one("#options summary").click()


def test_words_and_a_file_with_ids_are_options(page: Checker, valid: Path, gold: Path, tmp_path: Path):
    from selenium.webdriver.common.keys import Keys

    header, *rows = valid.read_text("utf-8").splitlines()
    other = tmp_path / "other" / "pred_eng.csv"
    other.parent.mkdir()
    cells = [",".join("absent" if cell == "0" else "present" for cell in row.split(",")[1:]) for row in rows]
    other.write_text("\n".join([header.partition(",")[2], *cells]) + "\n", "utf-8")
    page.choose("files", other)
    page.choose("gold", gold)
    shown = page.one("#result").text
    assert "the option File with ids" in shown
    assert "the option Words: absent=LABEL,present=LABEL" in shown
    assert "Not scored: pred_eng.csv. It has errors; it is scored once they are fixed." in shown
    page.one("#options summary").click()
    page.choose("ids-from", valid)
    page.script("document.getElementById('status').textContent = ''")
    page.one("#map").send_keys("absent=0,present=1", Keys.TAB)
    page.wait("Done")
    assert page.download("the fixed file") == valid.read_bytes()
    assert len(page.texts("#result table")) == 1
    page.one("#options summary").click()


def test_names_of_files_are_only_text(page: Checker, valid: Path):
    name = "<img src=x onerror=\"document.title='struck'\">_eng.csv"
    page.choose("files", Path(shutil.copyfile(valid, valid.with_name(name))), valid)
    assert page.texts(".chosen li")[0].startswith(name)
    assert name in page.one("#result").text
    assert page.script("return document.querySelector('img')") is None
    assert page.script("return document.title").startswith("Check a prediction file")


def drop(page: Checker, zone: str, path: Path) -> None:
    """Drop a file or folder as a person does, from outside the browser."""
    x, y = page.script(
        "const at = document.getElementById(arguments[0]).getBoundingClientRect(); return [at.x + 20, at.y + 20]", zone
    )
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    page.script("document.getElementById('status').textContent = ''")
    for kind in ("dragEnter", "dragOver", "drop"):
        page.browser.execute_cdp_cmd("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})


def test_a_file_can_be_dropped(page: Checker, valid: Path, tmp_path: Path):
    drop(page, "files-zone", valid)
    page.wait("Done")
    assert page.verdict == "Valid"
    assert page.script("return document.getElementById('files').files[0].name") == "pred_eng.csv"
    (tmp_path / "empty").mkdir()
    drop(page, "gold-zone", tmp_path / "empty")
    page.wait("There is no file in what was dropped.")


def test_a_folder_can_be_dropped_and_is_checked_as_a_whole(page: Checker, valid: Path, gold: Path, tmp_path: Path):
    folder = tmp_path / "dropped" / "track_a"
    folder.mkdir(parents=True)
    shutil.copyfile(valid, folder / "pred_eng.csv")
    (folder / ".DS_Store").write_bytes(b"\0")
    drop(page, "files-zone", folder.parent)
    page.wait("Done")
    assert page.verdict == "Valid"
    assert page.texts(".chosen li") == ["dropped/track_a/pred_eng.csv (7 kB)"]
    assert page.texts(".file p") == ["dropped/track_a/pred_eng.csv: valid, 200 rows of 1 track a eng test"]
    released = tmp_path / "gold" / "track_a" / "test" / "eng.csv"
    released.parent.mkdir(parents=True)
    shutil.copyfile(gold, released)
    drop(page, "gold-zone", tmp_path / "gold")
    page.wait("Done")
    assert len(page.texts("#result table")) == 1


def test_a_file_that_was_edited_is_to_be_chosen_again(page: Checker, valid: Path):
    page.choose("files", valid)
    assert page.verdict == "Valid"
    time.sleep(1.1)  # times of files have seconds in some file systems
    body = valid.read_text("utf-8")
    valid.write_text(body.replace("anger,fear", "fear,anger", 1), "utf-8")
    page.one("#check").click()
    end = time.monotonic() + PATIENCE
    while page.verdict != "Not checked":
        assert time.monotonic() < end, page.one("#result").text
    assert page.one("#result").text.splitlines()[1:] == [
        "pred_eng.csv cannot be read: it has changed since it was chosen, or it is gone.", "Fix: choose it again.",
    ]  # fmt: skip
    page.clear()
    page.choose("files", valid)
    assert page.codes == ["E311"]


def test_files_that_are_too_large_are_refused_before_they_are_read(page: Checker, tmp_path: Path):
    path = tmp_path / "pred_eng.csv"
    with path.open("wb") as stream:
        stream.truncate(201_000_000)
    page.one("#files").send_keys(str(path))
    end = time.monotonic() + PATIENCE
    while not page.texts("#verdict"):
        assert time.monotonic() < end
    assert page.one("#result").text.splitlines() == [
        "Not checked", "The files have 201.0 MB; this page takes 200.0 MB at most.",
        "Fix: choose fewer files, or files with the columns of the task only.",
    ]  # fmt: skip


def test_a_page_without_its_parts_says_that_python_could_not_be_loaded(page: Checker, builder: Any, tmp_path: Path):
    site = Path(shutil.copytree(builder.SITE, tmp_path / "site"))
    (site / "package.zip").unlink()
    first = page.browser.current_window_handle
    page.browser.switch_to.new_window("tab")
    try:
        with serving(builder, site) as address:
            page.browser.get(address)
            end = time.monotonic() + PATIENCE
            while not page.texts("#verdict"):
                assert time.monotonic() < end
        shown = page.one("#result").text.splitlines()
    finally:
        page.browser.close()
        page.browser.switch_to.window(first)
    assert shown[:2] == ["Not checked", "Python could not be loaded."]
    assert shown[2] == "Fix: reload the page; if it comes again, use another browser."
    assert shown[3].endswith("package.zip: 404")


def test_problems_of_a_file_that_is_not_fixed_are_not_called_fixed(page: Checker, malformed: Any, tmp_path: Path):
    body = malformed("probabilities").read_text("utf-8").replace(";", ",")
    path = tmp_path / "mine_eng.csv"
    path.write_text(body, "utf-8")
    page.choose("files", path)
    shown = page.one("#result").text
    assert "Fixed automatically:" not in shown
    assert "Fixed automatically once the other problems are fixed by hand: renamed." in shown
    assert page.texts(".downloads a") == []
    assert "(the option Threshold: 0.5)" in shown


def test_everything_is_reached_by_the_keyboard_and_the_verdict_gets_the_focus(page: Checker, valid: Path):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(key: str) -> None:
        ActionChains(page.browser).send_keys(key).perform()

    page.choose("files", valid)
    assert page.script("return document.activeElement.id") == "verdict"
    page.script("document.getElementById('files').focus()")
    reached = []
    for _ in range(5):
        reached.append(page.script("const at = document.activeElement; return at.id || at.parentElement.id"))
        press(Keys.TAB)
    assert reached == ["files", "gold", "options", "check", "clear"]
    page.script("document.getElementById('status').textContent = ''; document.getElementById('check').focus()")
    press(Keys.ENTER)
    page.wait("Done")
    assert page.script("return document.activeElement.id") == "verdict"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_fits_and_every_text_has_the_contrast_of_wcag_aa(
    page: Checker, malformed: Any, contrasts: Any, gold: Path, scheme: str
):
    page.media(scheme)
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.choose("files", malformed("archive"))
    page.choose("gold", gold)
    assert page.script("return document.documentElement.scrollWidth") == 390
    ground = page.script("return getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(252, 252, 251)", "dark": "rgb(17, 22, 28)"}[scheme]
    found = contrasts()
    assert len(found) > 5
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.data
def test_the_reference_file_is_explained_split_and_scored(page: Checker, data_dir: Path, tmp_path: Path):
    page.choose("files", data_dir / "seed" / "pred_eng.csv")
    assert page.verdict == "Not valid: 2 errors"
    assert page.codes == ["E311", "E410"]
    assert page.texts(".problems .where") == ["line 1", "line 2,769"]
    page.choose("gold", data_dir / "brighter-2025" / "track_a" / "test" / "eng.csv")
    assert page.texts("#result tbody tr.main td") == ["0.7114"]
    # Code is shown as code, not between backticks.
    shown = page.script("return document.getElementById('result').textContent")
    assert "--release" not in shown
    assert "`" not in shown
    path = tmp_path / "fixed.zip"
    path.write_bytes(page.download("fixed.zip"))
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["fixed/track_a/pred_eng.csv", "fixed/track_c/pred_eng.csv"]
    zips = [words for words in page.texts(".downloads a") if "to upload" in words]
    assert zips == ["Download track_a.zip, to upload", "Download track_c.zip, to upload"]
