"""The report page as it is printed."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest


def printed(browser: Any, *, landscape: bool = False) -> bytes:
    """Print a page on A4; the PDF has an outline of its headings."""
    options = {"paperWidth": 8.27, "paperHeight": 11.69, "landscape": landscape}
    outline = {"generateTaggedPDF": True, "generateDocumentOutline": True}
    return base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", options | outline)["data"])


def pages_of_headings(pdf: bytes) -> dict[str, int]:
    """Return the page of each heading of a PDF; the first page is 1."""
    body = pdf.decode("latin-1")
    pages = re.findall(r"(\d+) 0 obj\n<</Type /Page\n", body)
    found = re.findall(r"/Title \(([^)]*)\)\n/Dest \[(\d+) 0 R", body)
    return {title: pages.index(number) + 1 for title, number in found}


@pytest.fixture
def paper(browser: Any) -> Any:
    """Pages as on A4."""
    a4 = {"width": 718, "height": 1047, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", a4)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    yield
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.usefixtures("paper")
def test_the_page_prints_without_its_controls(page: Any):
    assert not page.one(".bar").is_displayed()
    assert not page.one("#next").is_displayed()
    assert page.one("#rows").is_displayed()


@pytest.mark.usefixtures("paper")
def test_tables_are_printed_whole(open_page: Any, nine: Path):
    """Paper does not scroll: on A4, columns beyond the edge of a table's box were lost."""
    page = open_page(nine)
    boxes = page.script(
        "return [...document.querySelectorAll('.scroll')].filter((box) => box.checkVisibility())"
        ".map((box) => [getComputedStyle(box).overflowX, getComputedStyle(box).maxHeight])"
    )
    assert len(boxes) > 5
    assert {tuple(box) for box in boxes} == {("visible", "none")}
    assert page.script("return document.documentElement.scrollWidth") <= 718
    # Chromium repeats a head on the next page if it may not break, but no button in it.
    heads = page.script(
        "return [...document.querySelectorAll('table[data-sortable] thead')].map((head) =>"
        " [getComputedStyle(head).breakInside, getComputedStyle(head.querySelector('button')).display])"
    )
    assert len(heads) > 2
    assert {tuple(head) for head in heads} == {("avoid", "contents")}


def test_the_first_page_is_filled(open_page: Any, nine: Path):
    """Sentences of the headline and the table after them were kept together, so the rest of the page was empty."""
    page = open_page(nine)
    pages = pages_of_headings(printed(page.browser, landscape=True))
    assert pages["9 systems compared"] == pages["Comparison"] == 1


def test_groups_that_are_collapsed_on_the_screen_are_printed(
    open_page: Any, report_of: Any, hostile: Any, tmp_path: Path
):
    words = [str(hostile.good), str(hostile.intensity_file), *hostile.options]
    page = open_page(report_of(tmp_path / "tracks.html", *words))
    collapsed = "document.querySelectorAll('details:not([open])').length"
    before = page.script(f"return {collapsed}")
    assert before > 1
    page.script(f"addEventListener('beforeprint', () => {{ document.title = {collapsed}; }})")
    printed(page.browser)
    assert page.script("return document.title") == "0"
    assert page.script(f"return {collapsed}") == before


@pytest.mark.usefixtures("paper")
def test_words_about_the_screen_are_not_printed(
    open_page: Any, nine: Path, hostile: Any, report_of: Any, tmp_path: Path
):
    page = open_page(nine)
    page.choose("kind", "with an error")
    shown = page.one("#texts").text
    assert re.search(r"\d+ of 320 texts; on paper: 1 to 50\n", shown)
    assert "page 1 of" not in shown
    # The filters are words, without the frames of menus.
    assert page.one("#kind").is_displayed()
    styles = (
        "const style = getComputedStyle(document.getElementById('kind')); return [style.appearance, style.borderWidth]"
    )
    assert page.script(styles) == ["none", "0px"]
    assert not page.one("#search").is_displayed()
    page.script("document.getElementById('search').value = 'text'")
    assert page.one("#search").is_displayed()
    words = [f"system {n}={hostile.labels_file(f'paper-{n}', hostile.labels ^ (n % 2))}" for n in range(10)]
    page = open_page(report_of(tmp_path / "ten.html", *words, *hostile.options))
    assert "45 rows." in page.one("#scores").text
    assert "scrolls" not in page.one("#scores").text
