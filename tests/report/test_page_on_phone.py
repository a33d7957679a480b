"""The pages on a phone, and where lines end: nothing is cut, and tokens stay whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from semeval_emo.cli.app import main
from semeval_emo.data.sample import sample_folder

PHONE = 390
OVERFLOWS = """
const wide = innerWidth + 1;
return [document.documentElement.scrollWidth,
  [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && !one.closest(".scroll")
    && one.getBoundingClientRect().right > wide).map((one) => one.outerHTML.slice(0, 80))];
"""
# Elements whose words are cut: captions wider than what is seen of their table, and the words chosen in a menu.
CUT = """
const measure = document.createElement("canvas").getContext("2d");
const cut = [...document.querySelectorAll("caption span, figcaption, .bar a")].filter(
  (one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1);
for (const one of document.querySelectorAll("select")) {
  const style = getComputedStyle(one);
  measure.font = style.font;
  const words = one.selectedOptions.length ? one.selectedOptions[0].text : "";
  const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 20;
  if (one.checkVisibility() && measure.measureText(words).width > room) cut.push(one);
}
return cut.map((one) => one.textContent.slice(0, 60));
"""
SMALLEST = """
return [...document.querySelectorAll("svg.plot")].flatMap((svg) => {
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll("text")].map((one) => parseFloat(getComputedStyle(one).fontSize) * scale);
});
"""


# Ids, options with their number, versions, and signs with what is beside them, of which a line has only a part.
BROKEN = r"""
const token = /[a-z]+_test_\w*\d|--[a-z]+ \d+|semeval-emo|v:[\d.]+\d|[\d.]+ %|\bp [<=>≤≥] [\d.]+\d/g, found = [];
for (const one of document.querySelectorAll("p, td, dd, li, figcaption, caption, .detail")) {
  if (!one.checkVisibility() || one.querySelector("p, td, li")) continue;
  const nodes = [], walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
  let text = "";
  while (walker.nextNode()) { nodes.push([text.length, walker.currentNode]); text += walker.currentNode.data; }
  const place = (at) => { const [start, node] = nodes.findLast(([start]) => start <= at); return [node, at - start]; };
  for (const match of text.matchAll(token)) {
    const range = document.createRange();
    range.setStart(...place(match.index));
    const [node, at] = place(match.index + match[0].length - 1);
    range.setEnd(node, at + 1);
    const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.bottom / 8)));
    found.push([match[0], lines.size]);
  }
}
return found;
"""


@pytest.fixture
def on_phone(browser: Any) -> Any:
    size = {"width": PHONE, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_long_names_continue_on_the_next_line_after_a_separator(open_page: Any, nine: Path):
    page = open_page(nine)
    assert page.script("return document.querySelectorAll('.tile .name wbr').length") > 4
    assert page.script(CUT) == []
    # What is read and copied has no mark of it.
    assert "layers1_lr1e-4_batch16_seed1" in page.script(
        "return document.querySelectorAll('.tile .name')[0].textContent"
    )


@pytest.mark.usefixtures("on_phone")
def test_a_box_that_continues_to_the_right_has_a_shade_until_its_end(open_page: Any, nine: Path):
    page = open_page(nine)
    assert page.script("return document.querySelectorAll('.scroll.more').length") > 2
    # The shade is behind the digits: a mask made them pale.
    styles = page.script(
        "return [...document.querySelectorAll('.scroll.more')].map((one) => getComputedStyle(one))"
        ".map((style) => [style.maskImage, style.backgroundImage.split('(')[0]])"
    )
    assert {tuple(style) for style in styles} == {("none", "linear-gradient")}
    script = (
        "const done = arguments[0], box = document.querySelector('.scroll.more'); box.scrollLeft = box.scrollWidth;"
        "setTimeout(() => done(box.classList.contains('more')), 200)"
    )
    assert page.browser.execute_async_script(script) is False


@pytest.mark.usefixtures("on_phone")
def test_short_words_of_a_cell_stay_on_one_line(open_page: Any, page_file: Path):
    """Columns beyond the edge took the room of those that are seen, which had a word a line."""
    page = open_page(page_file)
    lines = page.script(
        "return [...document.querySelectorAll('td:not(.n):not(.prose) bdi')].filter((one) => one.checkVisibility()"
        " && one.textContent.length < 16).map((one) => one.getBoundingClientRect().height)"
    )
    assert len(lines) > 20
    assert max(lines) < 30


@pytest.mark.usefixtures("on_phone")
def test_pages_fit_a_phone(open_page: Any, page_file: Path, long_names: Path, nine: Path):
    """Nothing is wider than 390 pixels, no caption and no menu is cut, and text of plots has at least 9 pixels."""
    for path in (page_file, long_names, nine):
        page = open_page(path)
        assert page.script(OVERFLOWS) == [PHONE, []]
        assert page.script(CUT) == []
        sizes = page.script(SMALLEST)
        assert len(sizes) > 20
        assert min(sizes) >= 8.95


@pytest.fixture
def real_names(hostile: Any, report_of: Any, tmp_path: Path) -> Path:
    """A comparison of two systems whose names have more than 40 characters and nothing in common."""
    first = f"gemma_finetuned_with_all_layers_and_the_seed_42={hostile.good}"
    second = f"mpnet_finetuned_with_twelve_layers_lr1e-4_seed_42={hostile.poor}"
    return report_of(tmp_path / "names.html", first, second, *hostile.options)


@pytest.mark.usefixtures("on_phone")
def test_menus_show_the_start_and_the_end_of_a_long_name(open_page: Any, real_names: Path):
    page = open_page(real_names)
    assert page.script(CUT) == []
    names = [one.text for one in page.all("#system option")]
    assert names == ["gemma_finetuned…_and_the_seed_42", "mpnet_finetuned…s_lr1e-4_seed_42"]
    assert "mpnet_finetuned_with_twelve_layers_lr1e-4_seed_42" in page.one("#rows").text


@pytest.mark.usefixtures("on_phone")
def test_a_line_never_ends_inside_of_an_id_a_number_or_an_option(open_page: Any, report_of: Any, tmp_path: Path):
    predictions = sample_folder() / "predictions" / "weak" / "track_a" / "pred_eng.csv"
    page = open_page(report_of(tmp_path / "sample.html", str(predictions), "--gold", "sample"))
    for width in range(320, 400, 6):
        size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True}
        page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        found = page.script(BROKEN)
        assert len({token for token, _ in found}) > 10
        assert [(width, token) for token, lines in found if lines > 1] == []


@pytest.mark.usefixtures("on_phone")
def test_columns_and_groups_keep_their_distance(open_page: Any, report_of: Any, hostile: Any, tmp_path: Path):
    page = open_page(report_of(tmp_path / "two.html", str(hostile.good), str(hostile.intensity_file), *hostile.options))
    gaps = page.script(
        "const pad = (one, side) => parseFloat(getComputedStyle(one)[side]);"
        "return [...document.querySelectorAll('td.n + td:not(.n)')].filter((one) => one.checkVisibility())"
        ".map((one) => pad(one, 'paddingLeft') + pad(one.previousElementSibling, 'paddingRight'))"
    )
    assert gaps
    assert min(gaps) >= 20
    above = page.script(
        "return [...document.querySelectorAll('.blocks + details')].map((one) =>"
        " one.getBoundingClientRect().top - one.previousElementSibling.getBoundingClientRect().bottom)"
    )
    assert above
    assert min(above) >= 24


@pytest.mark.usefixtures("on_phone")
def test_the_first_three_columns_of_the_board_fit_a_phone(open_page: Any, tmp_path: Path):
    path = tmp_path / "board.html"
    assert main(["leaderboard", "export", "-f", "html", "--list", "official", "--output", str(path)]) == 0
    page = open_page(path)
    edges = page.script(
        "return [...document.querySelectorAll('#every tr:not([hidden]) > :nth-child(3)')]"
        ".map((cell) => cell.getBoundingClientRect().right)"
    )
    assert len(edges) > 100
    assert max(edges) <= PHONE


@pytest.mark.usefixtures("on_phone")
def test_the_next_page_of_texts_is_below_the_texts(open_page: Any, page_file: Path):
    page = open_page(page_file)
    below = [one for one in page.all("#rows ~ .turn button") if one.is_displayed()]
    assert [(one.text, one.is_enabled()) for one in below] == [("← Previous", False), ("Next →", True)]
    page.script("arguments[0].click()", below[1])
    assert "page 2 of 7" in page.one("#count").text
    assert [one.is_enabled() for one in below] == [True, True]
    assert 0 <= page.script("return document.getElementById('texts').getBoundingClientRect().top") < 100
    page.search("text 1 ")
    assert not any(one.is_displayed() for one in below)
