"""The command `report`: what becomes one submission and what a comparison, names, exit codes, provenance."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from semeval_emo.cli.app import main
from semeval_emo.data.sample import sample_folder
from semeval_emo.report.contents import TrainingLog, key_of, load_contents
from semeval_emo.report.html.headline import headline_of
from semeval_emo.report.html.parts import table_block
from semeval_emo.report.html.render import json_for_script
from semeval_emo.report.html.report import report_page
from semeval_emo.report.plots.selection import files_without_plots, plots_of
from semeval_emo.report.table import Column, Table
from semeval_emo.scoring import score
from semeval_emo.scoring.intervals import Interval
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.task import load_task

STRONG = "strong/track_a/pred_eng.csv"
WEAK = "weak/track_a/pred_eng.csv"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the sample's prediction files."""
    shutil.copytree(sample_folder() / "predictions", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*words: str) -> int:
    return main(["report", *words, "--gold", "sample", "--resamples", "300"])


def gathered(*paths: str) -> Any:
    return load_contents(paths, source="sample", resamples=300, seed=1)


def test_the_page_is_written_to_the_printed_path(files: Path, capsys: pytest.CaptureFixture[str]):
    assert report(STRONG) == 0
    shown = capsys.readouterr()
    assert shown.out == "report.html\n"
    assert "The page contains texts" in shown.err
    assert (files / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert report(STRONG, "-o", "other.html", "--no-texts", "-q") == 0
    assert capsys.readouterr() == ("other.html\n", "")


def test_progress_and_the_next_command_are_on_stderr(files: Path, capsys: pytest.CaptureFixture[str]):
    assert report(STRONG, "--no-texts") == 0
    assert capsys.readouterr().err.splitlines() == [
        "computing intervals, 300 resamples", "writing report.html", "",
        f"Next: semeval-emo analyse {STRONG} --gold sample",
    ]  # fmt: skip
    assert report(f"a={STRONG}", f"b={WEAK}", "--no-texts") == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "comparing 2 systems, 300 resamples"
    assert lines[-1] == f"Next: semeval-emo compare a={STRONG} b={WEAK} --pairs --gold sample"


def test_two_systems_with_the_same_name_are_refused(files: Path, capsys: pytest.CaptureFixture[str]):
    """The page had two systems of one name, of which one was shown twice."""
    assert report(f"a={STRONG}", f"a={WEAK}", "--no-texts", "-q") == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: Two systems have the name 'a'.",
        "  fix: give each its own name, or the files of one system in a folder: a=FOLDER",
    ]


def test_a_kind_of_problem_is_one_row_that_says_whose_and_where_it_is(files: Path):
    """A report of 28 systems had the same row 28 times, for pred_eng.csv."""
    systems = [f"s{at}" for at in range(5)]
    lines = Path(STRONG).read_text(encoding="utf-8").splitlines()
    for at, name in enumerate(systems):
        rows = [line.split(",") for line in lines]
        for row in rows[1:]:
            row[1 if at % 2 else 2] = "0"
        Path(name).mkdir()
        # Line endings of all files, decimals of two of them.
        rows[3][4] = rows[5][4] = "1.0" if at > 2 else "1"
        Path(name, "pred_eng.csv").write_text("\r\n".join(map(",".join, [*rows, [""]])), encoding="utf-8", newline="")
    assert problem_rows(*(f"{name}/pred_eng.csv" for name in systems)) == [
        ["W323", "warning", "all 5 files", "5"],
        ["E509", "error", f"{lines[0].split(',')[4]}: s3 (lines 4, 6), s4 (lines 4, 6)", "4"],
        ["W517", "warning", "fear: s0, s2; anger: s1", "3"],
    ]  # fmt: skip
    (*_, last) = problem_rows("s4/pred_eng.csv")
    assert last == ["E509", "error", f"{lines[0].split(',')[4]}: pred_eng.csv (lines 4, 6)", "2"]


def problem_rows(*paths: str) -> list[list[str]]:
    """The rows of the table of problems: code, severity, files with their columns and lines, number."""
    report(*paths, "--no-texts", "-q")
    body = plain(Path("report.html"))
    table = body[body.index("Problems in the files") : body.index("Inputs, signatures and hashes")]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)]
    return [[re.sub("<.*?>", "", one) for one in (*row[:3], row[-1])] for row in cells if row]


def test_a_page_names_no_folder_of_this_machine(files: Path):
    """A page is made to be sent: paths are relative to this folder, or the last parts of an absolute one."""
    strong, weak = files / STRONG, files / WEAK
    elsewhere = files / "elsewhere"
    elsewhere.mkdir()
    gold = files / "gold"
    shutil.copytree(sample_folder(), gold)
    words = ["--gold", str(gold), "--resamples", "200", "-q"]
    for paths in ([str(strong)], [f"a={strong}", f"b={weak}"]):
        assert main(["report", *paths, *words]) == 0
        body = plain(files / "report.html")
        assert str(files) not in body
        assert STRONG in body
    os.chdir(elsewhere)
    assert main(["report", str(strong), *words]) == 0
    body = plain(elsewhere / "report.html")
    assert str(files) not in body and str(files.parent) not in body
    assert f"…/{STRONG}" in body


def plain(page: Path) -> str:
    """Return a page without the places where a line may end inside of a word."""
    return html.unescape(re.sub(r'<wbr>|<span class="whole">|</span>', "", page.read_text(encoding="utf-8")))


def test_text_of_a_user_with_the_marks_of_line_ends_stays_as_it_is():
    value = "a \ue000very_long_name_of_a_system\ue001"
    assert json.loads(json_for_script(value)) == value
    assert "\ue000" not in json_for_script(value)


def test_the_page_has_the_scores_and_the_signature_of_score(files: Path):
    assert report(STRONG, "--seed", "5") == 0
    scores = with_intervals(score(STRONG, source="sample"), resamples=300, seed=5, source="sample")
    card = scores.card
    body = plain(files / "report.html")
    one = card.intervals.whole["macro_f1"]
    assert f"{one.low:.4f} to {one.high:.4f}" in body
    assert card.signature in body
    for value in card.metrics.by_emotion["f1"]:
        assert f"{value:.4f}" in body


def test_the_micro_row_has_the_sums_of_the_counts(files: Path):
    assert report(STRONG) == 0
    body = plain(files / "report.html")
    foot = re.findall(r"<tr>(.*?)</tr>", body[body.index(">macro<") - 200 :].partition("</tfoot>")[0], re.S)
    cells = {row[0]: row[-4:] for row in (re.sub(r"<[^>]*>|\s+", " ", one).split() for one in foot)}
    # Support, TP, FP and FN.
    assert cells == {"macro": ["–"] * 4, "micro": ["253", "213", "29", "40"]}


def test_the_same_command_gives_the_same_page(files: Path):
    assert report(STRONG, "-o", "one.html") == report(STRONG, "-o", "two.html") == 0
    assert (files / "one.html").read_bytes() == (files / "two.html").read_bytes()


def test_files_of_one_language_are_compared_best_first(files: Path):
    found = gathered(WEAK, STRONG)
    assert [one.name for one in found.systems] == ["strong", "weak"]
    assert found.comparison is not None
    assert found.scores is None


def test_files_of_several_tracks_are_one_submission(files: Path):
    found = gathered(STRONG, "strong/track_b/pred_eng.csv")
    assert found.comparison is None
    assert [card.spec.track for card in found.cards] == ["a", "b"]
    assert len(found.placements) == 2
    assert report(STRONG, "strong/track_b/pred_eng.csv") == 0


def test_texts_with_all_labels_correct_are_called_exact_match(files: Path):
    """The head of a page had another name for a metric of its tables."""
    found = replace(gathered(STRONG), placements={})
    tile, _ = headline_of(found).tiles
    assert (tile.name, tile.value, tile.detail) == ("exact match", "69.5 %", "all labels correct in 139 of 200 texts")
    assert found.cards[0].metrics.whole["exact_match"] == 139 / 200


def test_two_folders_are_not_called_files(files: Path):
    """A page of two folders was titled "2 files", above "60 files valid"."""
    shutil.copytree("strong/track_b", "other/track_b")
    assert headline_of(gathered("strong/track_a", "other")).title == "2 folders"
    assert headline_of(gathered(STRONG, "other")).title == "2 paths"
    assert headline_of(gathered(STRONG, "other/track_b/pred_eng.csv")).title == "2 files"


def test_a_text_with_a_wrong_intensity_is_not_said_to_have_all_labels_correct(files: Path, capsys):
    """Next to it stood a lower number of texts with a wrong label set, which counts no intensities."""
    for track, noun in (("a", "labels"), ("b", "intensities")):
        assert main(["analyse", f"weak/track_{track}/pred_eng.csv", "--gold", "sample", "--no-texts", "-q"]) == 0
        assert f"; all {noun} correct in " in capsys.readouterr().out


def test_rows_of_two_tracks_are_not_called_texts(files: Path):
    found = gathered(STRONG, "strong/track_b/pred_eng.csv")
    assert headline_of(found).place == "Tracks A and B · English · test · release 1 · 400 rows"
    assert headline_of(gathered(STRONG)).place == "Track A · English · test · release 1 · 200 texts"


def test_a_page_of_several_files_has_no_words_of_the_command_and_one_name_for_a_difference(files: Path, cli: Any):
    assert report("strong", "--no-texts", "-q") == 0
    body = plain(files / "report.html")
    assert "Place a single file" not in body
    assert re.findall(r"<th[^>]*>((?:minus|to) [^<]*)</th>", body) == ["minus rank 1", "minus baseline"]
    assert re.findall(r'class="name">((?:minus|to) [^<\n]*)', body) == ["minus baseline", "minus rank 1"]
    assert "<bdi>English (eng)</bdi>" in body and "eng English" not in body
    assert "Place a single file for more details." in cli("leaderboard", "place", "strong", "--gold", "sample").out


@pytest.mark.parametrize("is_interval", [True, False])
def test_a_rank_is_called_an_interval_only_if_it_is_one(files: Path, is_interval: bool):
    found = gathered(STRONG)
    ((key, placed),) = found.placements.items()
    own = replace(placed.placement, low=2, high=5 if is_interval else 2)
    page = report_page(replace(found, placements={key: replace(placed, placement=own)}), plots=[])
    assert ("A list has only some of its scores, so a rank is an interval." in page) == is_interval
    assert "Lists are never mixed." not in page
    two = replace(placed, placement=own, everywhere=placed.everywhere * 2)
    assert "Lists are never mixed." in report_page(replace(found, placements={key: two}), plots=[])


def test_a_page_has_the_name_of_a_track_whose_key_is_a_word(files: Path):
    """A page said "Track ec", which is only the word of an option."""
    found = gathered(STRONG, WEAK)
    track = replace(found.task.tracks["a"], key="ec", title="Moods of tweets")
    systems = tuple(
        replace(one, cards=tuple(replace(card, spec=replace(card.spec, track="ec")) for card in one.cards))
        for one in found.systems
    )
    comparison = replace(found.comparison, track="ec")
    changed = replace(found, task=replace(found.task, tracks={"ec": track}), systems=systems, placements={})
    for contents in (replace(changed, comparison=comparison), replace(changed, comparison=None, systems=systems[:1])):
        page = re.sub("<[^>]*>", "", report_page(contents, plots=[]))
        assert "track ec" not in page.lower()
        assert "Moods of tweets · English · test · release 1 · 200 texts" in page


def test_the_placed_system_of_a_comparison_has_its_name(files: Path):
    assert report(f"ours={STRONG}", f"theirs={WEAK}", "--no-texts", "-q") == 0
    body = plain(files / "report.html")
    assert "this score" not in body
    (mine,) = re.findall(r'<tr class="mine">(.*?)</tr>', body, re.S)
    assert "<bdi>ours</bdi>" in mine
    # What a star means.
    assert "p of the emotions is corrected over the 5 emotions (Holm); *: significant." in body


def test_a_table_of_long_label_sets_has_the_width_of_the_page():
    """Beside another table, its last column was below the fade at the right edge."""
    short, long = ("joy", "joy + fear", 3), ("anger + disgust + pessimism + sadness", "anger + disgust + fear", 3)
    columns = (Column("gold"), Column("predicted"), Column("texts", "int"))
    assert [table_block(Table("Sets", columns, (row,))).is_wide for row in (short, long)] == [False, True]


def test_a_folder_of_several_systems_is_compared(files: Path):
    (files / "all").mkdir()
    shutil.copy(STRONG, files / "all" / "first.csv")
    shutil.copy(WEAK, files / "all" / "second.csv")
    assert [one.name for one in gathered("all").systems] == ["first", "second"]


def test_the_folder_of_a_track_has_the_name_of_its_system(files: Path):
    """A page was titled "track_a"."""
    assert headline_of(gathered("strong/track_a")).title == "strong"


def test_systems_have_the_given_names(files: Path):
    found = gathered(f"theirs={STRONG}", f"ours={WEAK}")
    assert [one.name for one in found.systems] == ["theirs", "ours"]
    assert report(f"theirs={STRONG}", f"ours={WEAK}") == 0
    body = (files / "report.html").read_text(encoding="utf-8")
    assert "2 systems compared" in body
    assert "a is theirs, b is ours" in body


def test_several_runs_of_one_system_are_one_system(files: Path):
    found = gathered(f"ours={STRONG},{WEAK}", f"theirs={WEAK}")
    ours = next(one for one in found.comparison.lead.standings if one.name == "ours")
    assert len(ours.run_scores) == 2
    assert [len(system.cards) for system in found.systems] == [1, 1]


def test_a_named_path_may_contain_commas(files: Path):
    (files / "lr=0.1,epochs=2").mkdir()
    shutil.copy(STRONG, files / "lr=0.1,epochs=2" / "pred_eng.csv")
    found = gathered("ours=lr=0.1,epochs=2", f"theirs={WEAK}")
    assert [one.name for one in found.systems] == ["ours", "theirs"]


def test_a_file_that_cannot_be_scored_still_gets_its_page(files: Path, capsys: pytest.CaptureFixture[str]):
    assert report("mistakes/pred_eng_a.csv") == 1
    assert "Not scored: mistakes/pred_eng_a.csv; the page shows why." in capsys.readouterr().err
    body = (files / "report.html").read_text(encoding="utf-8")
    assert "No file could be scored" in body
    assert "E509" in body
    assert "frame.astype(int)" in body


def test_a_missing_file_is_an_error_and_nothing_is_written(files: Path, capsys: pytest.CaptureFixture[str]):
    assert report("nothing.csv") == 3
    assert "nothing.csv does not exist" in capsys.readouterr().err
    assert report(STRONG, "-o", "no/such/folder.html") == 3
    assert not (files / "report.html").exists()


def test_json_for_script_is_read_back():
    value = ["</script>", "<!--", "&amp;", "\u2028", "שלום", '"']
    spelled = str(json_for_script(value))
    assert json.loads(spelled) == value
    assert not set(spelled) & set("<>&\u2028")


@pytest.mark.data
def test_every_language_on_one_page(data_dir: Path, tmp_path: Path):
    """Gold as its own prediction, of a few languages: a mean, a plot of languages, a part a language."""
    from semeval_emo.data import load_gold
    from semeval_emo.submission import write_predictions

    for language in ("afr", "hin", "yor"):
        gold = load_gold("a", language, source=data_dir)
        write_predictions(gold.spec, gold.labels, tmp_path / f"pred_{language}.csv")
    page = tmp_path / "page.html"
    words = ["report", str(tmp_path), "--gold", str(data_dir), "-o", str(page), "--resamples", "200", "--no-texts"]
    assert main(words) == 0
    body = page.read_text(encoding="utf-8")
    assert "mean macro F1 over 3 languages" in body
    assert not re.search(r"<th[^>]*>interval<", body) and "95 % interval</th>" in body
    assert "macro F1 of each language" in body
    assert body.count("<summary>") == 9
    for language in ("afr", "hin"):
        gold = load_gold("c", language, source=data_dir)
        (tmp_path / "track_c").mkdir(exist_ok=True)
        write_predictions(gold.spec, gold.labels, tmp_path / "track_c" / f"pred_{language}.csv")
    assert main(words) == 0
    assert "mean macro F1 over 3 languages, track A" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("baseline", "detail", "tone"),
    [
        ("below", "baseline has 0.7000", "good"),
        ("low", "0.8000 is inside the interval", ""),
        ("value", "0.8500 is inside the interval", ""),
        ("high", "0.9000 is inside the interval", ""),
        ("above", "baseline has 0.9500", "bad"),
    ],
)
def test_a_difference_has_a_colour_only_outside_the_interval(files: Path, baseline: str, detail: str, tone: str):
    found = gathered(STRONG)
    (card,) = found.cards
    bounds = {"below": 0.7, "low": 0.8, "value": 0.85, "high": 0.9, "above": 0.95}
    own = replace(card.intervals, whole=card.intervals.whole | {card.metric: Interval(0.85, 0.8, 0.9, 0.02)})
    placed = found.placements[key_of(card)]
    row = replace(placed.placement.baseline, score=bounds[baseline], decimals=4)
    contents = replace(
        found,
        systems=(replace(found.systems[0], cards=(replace(card, intervals=own),)),),
        placements={key_of(card): replace(placed, placement=replace(placed.placement, score=0.85, baseline=row))},
    )
    tile = next(tile for tile in headline_of(contents).tiles if tile.name == "minus baseline")
    assert (tile.detail, tile.tone) == (detail, tone)
    assert tile.value == f"{0.85 - bounds[baseline]:+.4f}".replace("-", "−").replace("+0.0000", "0.0000")


def test_a_gap_has_no_colour_without_bounds(files: Path):
    found = gathered(STRONG)
    (card,) = found.cards
    nan = float("nan")
    own = replace(card.intervals, whole=card.intervals.whole | {card.metric: Interval(card.score, nan, nan, nan)})
    contents = replace(found, systems=(replace(found.systems[0], cards=(replace(card, intervals=own),)),))
    tiles = [tile for tile in headline_of(contents).tiles if tile.name.startswith("minus")]
    assert [tile.tone for tile in tiles] == ["", ""]
    assert not any("inside" in tile.detail for tile in tiles)


@pytest.fixture
def eight(files: Path) -> list[str]:
    """Eight systems: the strong file with more and more texts without labels."""
    lines = Path(STRONG).read_text(encoding="utf-8").splitlines()
    for number in range(8):
        empty = [line.partition(",")[0] + ",0" * line.count(",") for line in lines[1 : 1 + 12 * number]]
        Path(f"s{number}.csv").write_text("\n".join([lines[0], *empty, *lines[1 + len(empty) :], ""]), encoding="utf-8")
    return [f"s{number}.csv" for number in range(8)]


def test_a_comparison_of_eight_systems_has_all_of_them(files: Path, eight: list[str]):
    found = gathered(*eight)
    plots = {plot.name: plot.about for plot in plots_of(found)}
    assert list(plots) == ["p-values", "emotions-a-eng-test", "position-a-eng-test"]
    assert all(f"s{number}" in plots["emotions-a-eng-test"] for number in range(8))
    assert report(*eight, "--plots", "plots", "-o", "report.html") == 0
    body = html.unescape((files / "report.html").read_text(encoding="utf-8"))
    assert "not shown" not in body
    assert "5 more systems" in body
    assert all(f"<bdi>{pair}</bdi>" in body for pair in ("a − b", "a − h", "g − h"))
    assert "each of the two best of 8 systems is correct: a is s0, b is s1." in body
    for name in ("emotions-a-eng-test", "position-a-eng-test", "p-values"):
        drawn = (files / "plots" / f"{name}.svg").read_text(encoding="utf-8")
        assert all(f"s{number}" in drawn for number in range(8))


def test_the_first_of_several_runs_is_named(files: Path, eight: list[str]):
    assert report("ours=s1.csv,s2.csv", f"theirs={WEAK}") == 0
    found = gathered("ours=s1.csv,s2.csv", f"theirs={WEAK}")
    own = found.comparison.lead.standings[0]
    words = f"Only the first run of ours ({own.run_scores[0]:.4f}; mean of 2 runs {own.score.value:.4f})."
    # With the text browser, the rank and the disagreements.
    assert html.unescape((files / "report.html").read_text(encoding="utf-8")).count(words) == 3


def test_runs_without_a_plot_of_training_are_named(files: Path, eight: list[str]):
    found = gathered(*eight)
    rows = tuple({"epoch": epoch, "loss": 1.0 / epoch, "dev": {"macro_f1": 0.5}} for epoch in (1, 2))
    logs = tuple(TrainingLog(f"r{at}", rows[:1] if at == 1 else rows, {"kept": 2}) for at in range(8))
    (plot,) = plots_of(replace(found, comparison=None, systems=(), placements={}, logs=logs))
    assert plot.about.endswith("7 of 8 runs; not shown: r1 (one epoch).")


def test_several_runs_are_rows_of_one_table(files: Path):
    """Each run had a list of seven lines, with the same versions in each."""
    found = gathered(STRONG, WEAK)
    state = {"kept": 2, "seed": 42, "seconds": 3.14, "hash": "ab12", "versions": {"torch": "2.13", "numpy": "2.4"}}
    epochs = tuple({"epoch": at, "loss": 1.0 / at, "dev": {"macro_f1": 0.5}} for at in (1, 2))
    settings = ({"epoch": 1, "strength": 0.5, "dev": {"macro_f1": 0.5}},)
    logs = (TrainingLog("deep", epochs, state), TrainingLog("linear", settings, state | {"kept": 1}))
    page = report_page(replace(found, logs=logs), plots=[])
    section = page[page.index('id="training"') : page.index('id="problems"')]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", section, re.S)]
    assert [[re.sub("<.*?>", "", one) for one in row] for row in rows if row] == [
        ["deep", "2 epochs", "2", "42", "3.1", "ab12"],
        ["linear", "1 setting", "1 (strength 0.5)", "42", "3.1", "ab12"],
    ]
    assert section.count("Versions: torch 2.13, numpy 2.4.") == section.count("torch") == 1
    alone = report_page(replace(found, logs=logs[1:]), plots=[])
    assert "best setting" in alone and "torch 2.13, numpy 2.4" in alone


def test_files_without_plots_of_their_own_are_named(files: Path, capsys: pytest.CaptureFixture[str]):
    found = gathered(STRONG)
    assert files_without_plots(found) == ""
    (card,) = found.cards
    places = [(language, track) for language in ("eng", "deu") for track in "abc"]
    cards = [replace(card, spec=replace(card.spec, language=code, track=track)) for code, track in places]
    several = replace(found, task=load_task(), systems=(replace(found.systems[0], cards=tuple(cards)),))
    assert files_without_plots(several) == (
        "Plots of a single file are shown for 4 of 6 files: English in track A, English in track B, "
        "English in track C, German in track A. A report of another file has its plots."
    )


@pytest.mark.parametrize(("metric", "title"), [("spearman", "Spearman rho"), ("mae", "MAE")])
def test_the_scores_of_labels_begin_with_the_official_metric(metric: str, title: str, tmp_path: Path, cli):
    rng = np.random.default_rng(3)
    gold = rng.integers(0, 5, (40, 2))
    files = {"data/test_en.csv": gold}
    files |= {f"{name}/pred_en.csv": np.minimum(gold + rng.integers(0, top, gold.shape), 4)
              for name, top in (("one", 2), ("two", 4))}  # fmt: skip
    for path, labels in files.items():
        has_texts = path.startswith("data")
        rows = [["id", *(["text"] if has_texts else []), "joy/fun", "gloom"]]
        rows += [[f"t{at}", *([f"Text {at}"] if has_texts else []), *map(str, row)] for at, row in enumerate(labels)]
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("".join(",".join(row) + "\n" for row in rows))
    toml, page = tmp_path / "x.toml", tmp_path / "page.html"
    assert cli("task", "new", tmp_path / "data", "-o", toml).code == 0
    toml.write_text(toml.read_text().replace('"pearson"', f'"{metric}"'))
    assert cli("report", tmp_path / "one/pred_en.csv", "--task", toml, "-o", page).code == 0
    heads = re.findall(r"<th[^>]*>(.*?)</th>", page.read_text().partition("By emotion")[2], re.S)
    assert re.sub("<.*?>", "", heads[1]).strip() == title
    both = cli("score", tmp_path / "one", tmp_path / "two", "--task", toml, "--per-emotion").out
    predicted = files["one/pred_en.csv"][:, 0]
    value = spearmanr(gold[:, 0], predicted)[0] if metric == "spearman" else abs(gold[:, 0] - predicted).mean()
    assert f"{value:.4f}" in both.partition(f"{title} of each emotion")[2]
