"""The report page as a person uses it, in a real headless Chromium: sorting, filtering, searching, keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from semeval_emo.cli.app import main


@pytest.fixture(scope="module")
def comparison_file(hostile: Any, report_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("comparison")
    words = [f"{hostile.name}={hostile.good}", f"poor={hostile.poor}"]
    return report_of(folder / "pair.html", *words, *hostile.options)


@pytest.fixture
def pair(open_page: Any, comparison_file: Path) -> Any:
    return open_page(comparison_file)


def test_nothing_is_logged_and_no_request_leaves_the_page(
    open_page: Any, page_file: Path, comparison_file: Path, browser: Any
):
    for path in (page_file, comparison_file):
        opened = open_page(path)
        opened.search("made-up")
        opened.one("#next").click()
        # The tab that Chromium opens first may still be loading pages of its own.
        asked = [url for url in opened.requests() if not url.startswith(("data:", "chrome://"))]
        assert asked == [opened.address]
        assert browser.get_log("browser") == []


def test_the_policy_refuses_any_script_but_its_own(page: Any):
    page.script(
        "const planted = document.createElement('script');"
        "planted.textContent = \"document.documentElement.dataset.struck = 'yes'\";"
        "document.body.append(planted); planted.remove();"
    )
    assert page.struck is None
    refused = [entry["message"] for entry in page.browser.get_log("browser")]
    assert any("Content Security Policy" in message for message in refused)


def test_hostile_texts_ids_and_paths_are_only_text(page: Any, hostile: Any):
    assert page.struck is None
    shown = page.texts
    assert shown[0] == hostile.hostile_texts[0]
    assert shown[1] == hostile.formula
    assert shown[2] == hostile.hostile_texts[2]
    assert shown[3] == "evil [31mred[0m"
    assert shown[5] == "two lines"
    assert page.all("#rows .id")[0].text == hostile.ids[0]
    assert "<i>Exish</i>" in page.one(".over").text
    assert hostile.good.parent.parent.name in page.one("#provenance").text
    assert page.script("return document.scripts.length") == 2


def test_hostile_names_of_systems_are_only_text(pair: Any, hostile: Any):
    assert pair.struck is None
    assert hostile.name in pair.one("#provenance").text
    options = [one.text for one in pair.all("#system option")]
    assert options == [f"{hostile.name[:15]}…{hostile.name[-16:]}", "poor"]


def test_a_planted_script_in_the_data_stays_data(page_file: Path, hostile: Any):
    body = page_file.read_text(encoding="utf-8")
    assert hostile.script not in body
    assert body.count("</script>") == 2
    json_for_script = body.partition('id="data">')[2].partition("</script>")[0]
    assert len(json_for_script) > 10_000
    assert not set(json_for_script) & set("<>&")
    assert "http://www.w3.org" not in body.replace('xmlns="http://www.w3.org', "")


def test_heads_sort_by_number_and_back(page: Any):
    heads = page.all("#errors table:first-of-type th button")
    title = page.one("#errors caption").text
    gold = next(one for one in heads if one.text.startswith("gold"))
    gold.click()
    falling = [int(one.replace(",", "")) for one in page.column(title, 1)]
    assert falling == sorted(falling, reverse=True)
    gold.click()
    assert [int(one.replace(",", "")) for one in page.column(title, 1)] == falling[::-1]
    assert gold.find_element("xpath", "..").get_attribute("aria-sort") == "ascending"


def test_heads_sort_texts_by_keyboard(page: Any, hostile: Any):
    from selenium.webdriver.common.keys import Keys

    title = page.one("#errors caption").text
    page.one("#errors th button").send_keys(Keys.ENTER)
    assert page.column(title, 0) == sorted(hostile.emotions)
    page.one("#errors th button").send_keys(Keys.SPACE)
    assert page.column(title, 0) == sorted(hostile.emotions, reverse=True)


def test_means_stay_at_the_end(page: Any):
    page.one("#scores th button").click()
    assert page.one("#scores tfoot").text.split()[0] == "macro"


@pytest.mark.parametrize("kind", ["false negative", "false positive", "correct", "with an error"])
def test_filters_agree_with_the_labels(page: Any, hostile: Any, kind: str):
    predicted = (hostile.probabilities >= 0.5).astype(int)
    for at, emotion in enumerate(hostile.emotions):
        gold, given = hostile.labels[:, at], predicted[:, at]
        wanted = {
            "false negative": (gold == 1) & (given == 0),
            "false positive": (gold == 0) & (given == 1),
            "correct": (gold == 1) & (given == 1),
            "with an error": gold != given,
        }[kind]
        page.choose("emotion", emotion)
        page.choose("kind", kind)
        assert page.count == f"{int(wanted.sum())} of {hostile.rows} texts"
    page.choose("emotion", "all")
    whole = (hostile.labels == predicted).all(axis=1)
    if kind in ("correct", "with an error"):
        assert page.count == f"{int((whole if kind == 'correct' else ~whole).sum())} of {hostile.rows} texts"


def test_search_finds_texts_and_ids(page: Any, hostile: Any):
    page.search("HYPERLINK")
    assert page.texts == [hostile.formula]
    assert page.one("#rows mark").text == "HYPERLINK"
    page.search(hostile.ids[41].upper())
    assert page.texts == [hostile.texts[41]]
    page.search("no such words")
    assert page.count == f"0 of {hostile.rows} texts"


def test_the_most_confident_mistake_comes_first(page: Any, hostile: Any):
    page.choose("order", "most confident error")
    wrong = (hostile.probabilities >= 0.5).astype(int) != hostile.labels
    sure = wrong * abs(hostile.probabilities - 0.5)
    first = page.all("#rows .id")[0].text
    confident = sure.max(axis=1)[hostile.ids.index(first)]
    assert confident >= sure.max() - 0.011


def test_only_one_page_of_rows_is_drawn_and_pages_turn_by_keyboard(page: Any):
    assert len(page.texts) == 50
    first = page.texts[0]
    assert not page.one("#previous").is_enabled()
    page.press("]")
    assert "page 2 of 7" in page.one("#count").text
    assert page.texts[0] != first
    page.press("[")
    assert page.texts[0] == first


def test_the_slash_goes_to_the_search_and_types_nothing(page: Any):
    page.press("/")
    assert page.script("return document.activeElement.id") == "search"
    page.press("/]")
    assert page.one("#search").get_attribute("value") == "/]"


def test_every_control_is_reached_by_the_tab_key(page: Any):
    from selenium.webdriver.common.keys import Keys

    page.one("#emotion").send_keys("")
    reached = []
    for _ in range(6):
        page.press(Keys.TAB)
        reached.append(page.script("return document.activeElement.id"))
    assert [one for one in reached if one] == ["kind", "order", "search", "next"]


def test_two_systems_where_only_one_is_right(pair: Any, hostile: Any):
    good = (hostile.probabilities >= 0.5).astype(int)
    pair.choose("kind", "only the first is correct")
    first = int(pair.count.split()[0])
    pair.choose("kind", "only the second is correct")
    second = int(pair.count.split()[0])
    whole = (good == hostile.labels).all(axis=1)
    counted = pair.column(pair.one("#errors caption").text, 2)[0]
    assert first == int(counted)
    assert first + int((whole).sum() - first) == int(whole.sum())
    assert second == int(pair.column(pair.one("#errors caption").text, 3)[0])


def test_the_theme_follows_the_system_and_the_switch(page: Any):
    def ground() -> str:
        return page.script("return getComputedStyle(document.body).backgroundColor")

    def wish(scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    wish("light")
    light = ground()
    wish("dark")
    dark = ground()
    assert light != dark
    page.one("#theme").click()
    assert ground() == light
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    page.script("localStorage.clear()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(page: Any, contrasts: Any, scheme: str):
    page.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    found = contrasts()
    assert len(found) > 4
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_intensities_name_both_sides(open_page: Any, report_of: Any, hostile: Any, tmp_path: Path):
    page = open_page(report_of(tmp_path / "intensities.html", str(hostile.intensity_file), *hostile.options))
    assert page.struck is None
    page.choose("kind", "wrong intensity")
    assert any(", gold " in one.text for one in page.all("#rows .chip"))
    assert page.one("#wrong-intensity").text == "≠ wrong intensity"
    page = open_page(report_of(tmp_path / "labels.html", str(hostile.good), *hostile.options))
    assert not page.one("#wrong-intensity").is_displayed()


def test_without_texts_no_text_is_in_the_file(hostile: Any, tmp_path: Path, open_page: Any, report_of: Any):
    path = report_of(tmp_path / "bare.html", str(hostile.good), *hostile.options, "--no-texts")
    body = path.read_text(encoding="utf-8")
    assert "made-up text number" not in body
    assert "HYPERLINK" not in body
    page = open_page(path)
    assert page.texts == []
    assert page.count == f"{hostile.rows} of {hostile.rows} texts"


def test_the_text_browser_has_every_system(open_page: Any, nine: Path, hostile: Any):
    page = open_page(nine)
    names = [one.text for one in page.all("#system option")]
    assert len(names) == 9
    assert [one.text for one in page.all("#second option")] == ["none", "all 9 systems", *names]
    page.choose("system", names[8])
    page.choose("second", "none")
    page.choose("kind", "correct")
    labels = (hostile.probabilities >= 0.5).astype(int)
    right = (labels == hostile.labels).all(axis=1)
    right[:96] = (1 - labels[:96] == hostile.labels[:96]).all(axis=1)
    assert page.count == f"{int(right.sum())} of {hostile.rows} texts"


def test_the_text_browser_counts_the_systems_with_each_label(open_page: Any, nine: Path, hostile: Any):
    page = open_page(nine)
    page.choose("second", "all 9 systems")
    page.search(hostile.ids[0])
    shown = page.one("#rows li").text
    labels = (hostile.probabilities[0] >= 0.5).astype(int)
    # All systems but the best have the opposite labels in the first text.
    for emotion, gold, ours in zip(hostile.emotions, hostile.labels[0], labels, strict=True):
        count = 1 if ours else 8
        assert f"{'✓' if gold else '+'} {emotion}, {count} of 9" in shown
    assert f"all labels correct in {int((labels == hostile.labels[0]).all())} of 9 systems" in shown
    assert "only the first is correct" not in [one.text for one in page.all("#kind option")]


def test_every_pair_is_in_a_table_that_scrolls_by_itself(open_page: Any, hostile: Any, report_of: Any, tmp_path: Path):
    words = [f"system {n}={hostile.labels_file(f'ten-{n}', hostile.labels ^ (n % 2))}" for n in range(10)]
    page = open_page(report_of(tmp_path / "ten.html", *words, *hostile.options))
    assert len(page.column("Differences of all pairs", 0)) == 45
    box = "document.querySelector('.scroll.long')"
    high, whole = page.script(f"const one = {box}; return [one.clientHeight, one.scrollHeight]")
    assert high < whole
    # The heads stay while the rows scroll.
    head = f"{box}.querySelector('thead th').getBoundingClientRect().top - {box}.getBoundingClientRect().top"
    page.script(f"{box}.scrollTop = 600")
    assert abs(page.script(f"return {head}")) < 2
    assert "45 rows: the table scrolls." in page.one("#scores").text


def test_numbers_with_letters_and_bars_of_percentages_are_aligned(open_page: Any, nine: Path):
    page = open_page(nine)
    edges = (
        "return [...new Set([...document.querySelectorAll('#scores table:first-of-type tbody tr')].map((row) => "
        "Math.round(row.querySelector(arguments[0]).getBoundingClientRect()[arguments[1]])))]"
    )
    marks = {one.text for one in page.all("#scores .table:first-child sup")}
    assert len(marks) > 1
    script = edges.replace("#scores table:first-of-type", "#scores .table:first-child")
    # Numbers, in bold or not, end where the superscripts begin.
    assert len(page.script(script, "sup", "left")) == 1
    assert len(page.script(script, ".meter", "left")) == 1


def test_what_columns_and_plots_mean_is_below_them(open_page: Any, nine: Path, page: Any):
    for path in (None, nine):
        shown = page if path is None else open_page(path)
        figures = shown.all("figure")
        assert figures
        for figure in figures:
            assert figure.find_element("css selector", ".note").text.endswith(".")
    assert '"beats"' not in shown.one("#scores").text
    assert "P(best): share of the resamples in which the system has the best score." in shown.one("#scores").text


def test_full_names_are_in_the_provenance_and_not_in_one_long_sentence(open_page: Any, nine: Path):
    page = open_page(nine)
    assert "Shortened names" not in page.one("#scores").text
    assert "experiment_of_a_very_long_series_layers8_lr1e-4_batch16_seed8" in page.one("#provenance").text


def test_the_board_filters_and_sorts(open_page: Any, browser: Any, tmp_path: Path):
    path = tmp_path / "board.html"
    assert main(["leaderboard", "export", "-f", "html", "--output", str(path)]) == 0
    page = open_page(path)
    scores = "return [...document.querySelectorAll('#every tbody tr:not([hidden])')].map((r) => r.cells[1].textContent)"
    page.choose("track", "A")
    page.choose("language", "English (eng)")
    page.choose("list", "official")
    shown = page.script(scores)
    assert shown == ["0.8230", "0.7397", "0.7083"]
    head = next(one for one in page.all("#every th button") if one.text.startswith("score"))
    head.click()
    head.click()
    shown = page.script(scores)
    assert shown == ["0.7083", "0.7397", "0.8230"]
    # A page has room for whole words, and its tables name languages alike.
    overview = page.one("#overview").text
    assert "A: baseline" in overview and "English (eng)" in overview
    assert " top" not in overview and "eng English" not in overview
    asked = [url for url in page.requests() if not url.startswith("data:")]
    assert asked == [page.address]
    assert browser.get_log("browser") == []


def test_hostile_rows_of_ones_own_are_only_text(
    open_page: Any, hostile: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path / "mine.csv"))
    source = 'https://example.org/"onmouseover="x'
    words = ["leaderboard", "add", "0.7", "-t", "a", "-l", "eng", "--system", hostile.script, "--source", source]
    assert main([*words, "--note", hostile.formula, "--quiet"]) == 0
    path = tmp_path / "board.html"
    assert main(["leaderboard", "export", "-f", "html", "--list", "mine", "--output", str(path)]) == 0
    page = open_page(path)
    assert page.struck is None
    shown = page.one("#every tbody tr").text
    assert hostile.script in shown
    assert hostile.formula in shown
    assert page.one("#sources dd a").get_attribute("href") == source.replace('"', "%22")
    assert page.script("return document.querySelectorAll('[onmouseover]').length") == 0


@pytest.mark.data
def test_a_real_page_is_small_and_whole(data_dir: Path, tmp_path: Path, open_page: Any, report_of: Any, browser: Any):
    words = [str(data_dir / "seed" / "pred_eng.csv"), "--gold", str(data_dir), "--track", "a"]
    path = report_of(tmp_path / "seed.html", *words)
    assert path.stat().st_size < 3_000_000
    page = open_page(path)
    assert page.one(".main-score .value").text == "0.7114"
    assert page.count == "2,767 of 2,767 texts"
    assert browser.get_log("browser") == []
