"""The style sheet of the documentation site, on elements as its theme makes them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

STYLE = Path(__file__).parents[2] / "docs" / "site.css"
pytestmark = pytest.mark.skipif(not STYLE.is_file(), reason="left out: not a checkout")

# The rules of the theme that decide widths: at 1280 pixels a page has 728 pixels beside both menus.
THEME = """
html { font-size: 125%; }
:root { --md-default-bg-color: #fff; --md-code-bg-color: #f5f5f5; --md-default-fg-color--lighter: #0005; }
body { margin: 0; font: .5rem/1.6 sans-serif; }
article { margin: 0 auto; width: 36.4rem; max-width: 100%; }
.md-typeset { font-size: .8rem; }
.md-typeset pre > code { display: block; overflow: auto; font-family: monospace; padding: .77em 1.18em; }
.md-typeset__scrollwrap { overflow-x: auto; }
.md-typeset__table { display: inline-block; }
.md-typeset table:not([class]) { background-color: #fff; display: inline-block; font-size: .64rem; max-width: 100%; }
.md-typeset table:not([class]) th { min-width: 5rem; }
"""
WORDS = ["recipe", "backbone", "parameters", "trained", "download", "memory", "A100", "4090", "T4", "published"]
BODY = f"""
<article class="md-typeset"><pre><code id="command">{"semeval-emo " * 20}</code></pre>
<pre><code id="output">{"-" * 92}</code></pre>
<div class="md-typeset__scrollwrap"><div class="md-typeset__table"><table>
<tr>{"".join(f"<th>{word}</th>" for word in WORDS)}</tr></table></div></div></article>
"""
BOXES = """
return [...document.querySelectorAll("code, .md-typeset__scrollwrap")].map((box) =>
  [box.scrollWidth > box.clientWidth, getComputedStyle(box).backgroundAttachment.split(",")[0],
   box.getBoundingClientRect().height / parseFloat(getComputedStyle(box).lineHeight)]);
"""


@pytest.fixture
def site(browser: Any, tmp_path: Path) -> Any:
    path = tmp_path / "page.html"
    path.write_text(
        f"<!doctype html><meta name=viewport content='width=device-width'><style>{THEME}</style>"
        f"<style>{STYLE.read_text('utf-8')}</style>{BODY}",
        "utf-8",
    )

    def boxes(width: int) -> list[tuple[bool, str, float]]:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(path.as_uri())
        return browser.execute_script(BOXES)

    yield boxes
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nothing_is_cut_on_a_desktop(site: Any):
    (command, _, lines), (output, _, line), (table, _, _) = site(1280)
    assert (command, output, table) == (False, False, False)
    assert lines >= 3
    # Output of 92 columns is on one line, so that the columns of its tables are below each other.
    assert line < 2.5


def test_boxes_that_scroll_on_a_phone_have_a_shade_that_ends_with_their_content(site: Any):
    found = site(390)
    assert [is_cut for is_cut, _, _ in found] == [True, True, True]
    assert [attachment for _, attachment, _ in found] == ["local"] * 3


def test_a_line_never_ends_inside_of_an_option_or_of_extras(browser: Any, tmp_path: Path):
    spec = importlib.util.spec_from_file_location("build_site", STYLE.with_name("build_site.py"))
    build_site = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_site)
    pre = "<pre><code>semeval-emo fix --order A,B</code></pre>"
    words = '<code>pip install ".[zoo,weights]"</code> or <code>semeval-emo fix --label-column NAME</code>, '
    made = build_site.keep_tokens_whole(f"<article class='md-typeset'>{pre}<p>{words * 20}</p></article>")
    assert pre in made
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><style>{THEME}{STYLE.read_text('utf-8')}</style>{made}", "utf-8")
    browser.get(path.as_uri())
    # The offsets of each token of the paragraph, and the number of lines that it is on.
    lines = browser.execute_script("""
      const found = [];
      for (let at = 0; at < 38 * 40; at++) {
        document.body.style.width = `${200 + 5 * Math.floor(at / 40)}px`;
        const code = document.querySelectorAll("p code")[at % 40];
        const tree = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
        while (tree.nextNode()) for (const token of tree.currentNode.data.matchAll(/--[a-z-]+|"\\.\\[.*\\]"/g)) {
          const range = document.createRange();
          range.setStart(tree.currentNode, token.index);
          range.setEnd(tree.currentNode, token.index + token[0].length);
          found.push(new Set([...range.getClientRects()].map((box) => Math.round(box.bottom))).size);
        }
      }
      return found;
    """)
    assert lines == [1] * 40 * 38
