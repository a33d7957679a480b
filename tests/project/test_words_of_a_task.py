"""No word of Task 11 is shown under the files of another task, whatever the command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from other_task import LABELS, make_moods

from semeval_emo.submission import catalogue
from semeval_emo.task import load_task

ONE, DATA = "one/track_kinds/pred_tur.csv", ("--data", "data", "--task", "moods")
RUN = "runs/moods-2027/constant-all/tur"
COMMANDS = (
    "validate one", "validate one -f json", f"validate {ONE} --gold data", "fix bad -o fixed", "pack one -o all.zip",
    "score one --ci --resamples 200", "score one -f json", f"score {ONE} -f latex", "score flat",
    "compare one/track_kinds two/track_kinds --resamples 200 --trials 200 --power", f"analyse {ONE}",
    "compare one/track_force two/track_force --resamples 200 --trials 200 -f json",
    "analyse one/track_force/pred_fin.csv -f json", "report one/track_force -o page.html",
    "report one/track_kinds two/track_kinds -o two.html --resamples 200", "leaderboard --task moods",
    "leaderboard show --task moods --list all", "leaderboard place one --task moods",
    "leaderboard add 0.5 -t kinds -l tur -s x --where here --task moods",
    "leaderboard place 0.6 -t kinds -l tur --task moods",
    "leaderboard export -f html --task moods", "leaderboard check --task moods", "leaderboard ours --task moods",
    "data list --task moods", "data list data", "data stats data", "data check data --task moods",
    "data pin data --task moods", "data fetch --task moods", "ensemble one two -o voted",
    "zoo train constant-all --track kinds --language tur", "zoo train tfidf-logreg --track kinds --language tur",
    "zoo evaluate RUN --split dev", "zoo results RUN", "zoo card RUN", "zoo export RUN -o model",
    "zoo predict RUN hello", "zoo tune RUN", "zoo submit RUN -o submissions/own",
)  # fmt: skip
# What is refused: broken files, another vote of two systems, and what the task does not have.
REFUSED = {
    "fix bad -o fixed", "leaderboard place one --task moods", "leaderboard ours --task moods",
    "data fetch --task moods", "ensemble one two -o voted",
}  # fmt: skip
# Broken files: the name, and what is done to the lines of a valid file.
BROKEN: dict[str, Callable[[list[str]], list[str]]] = {
    "pred_tr.csv": lambda lines: lines,
    "pred_TUR_kinds (1).csv": lambda lines: lines,
    "tur.tsv": lambda lines: [line.replace(",", "\t") for line in lines],
    "pred_xyz.csv": lambda lines: [line.upper() for line in lines],
    "pred_tur.csv": lambda lines: [lines[0].replace("glee", "cheer"), *lines[3:], lines[5], lines[6].replace("0", "9")],
    "pred_fin.csv": lambda lines: [f"{line},x" for line in lines],
    "mood_tur.csv": lambda lines: lines[1:],
    "logits_tur.csv": lambda lines: [lines[0], *(re.sub(",[01]", ",0.75", line) for line in lines[1:])],
    "train_tur.csv": lambda lines: [line.replace(":test:", ":train:") for line in lines],
    "numbers_tur.csv": lambda lines: [re.sub("^tur:test:kinds:", "", line) for line in lines],
    "empty_tur.csv": lambda lines: [],
    "zero_tur.csv": lambda lines: [lines[0], *(re.sub(",1", ",0", line) for line in lines[1:])],
}


def words_of_task_11() -> Iterator[str]:
    """Yield patterns: the names of Task 11, its scorers, releases and repositories, its tracks, and its years."""
    task = load_task()
    yield from (r"SemEval-2025", "Task ?11", "BRIGHTER", r"CC BY", "organisers", "Codabench", r"check_submission")
    yield from (re.escape(name) for scorer in task.scorers.values() for name in (scorer.key, scorer.title))
    yield from (re.escape(key) for key in task.releases if "-" in key)
    yield from (re.escape(name) for release in task.releases.values() for name in release.hub.values())
    # Links and numbers can have the letters of a track, so only the words for it count; the task's own year is 2027.
    yield from (
        r"[Tt]racks? [ABC]\b",
        r"\btrack [abc]\b",
        r"\btracks [abc](?= and|,)",
        r"track_[abc]\b",
        r"\(B\)",
        r"\b202[45]\b",
        r"(?:28|32) languages",
    )
    yield from (rf"\b{re.escape(language.name)}\b" for language in task.languages.values())


EMOTIONS = [rf"\b{name}\b" for name in load_task().emotions]
WORDS = re.compile("|".join([*words_of_task_11(), *EMOTIONS]))
# `explain` names emotions in its examples, and help names Task 11 as an example.
WORDS_WITHOUT_EMOTIONS = re.compile("|".join(words_of_task_11()))


@pytest.fixture
def moods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a task, its data and predictions, and broken files in ``bad``."""
    make_moods(tmp_path)
    lines = (tmp_path / ONE).read_text(encoding="utf-8").splitlines()
    flat = [re.sub(r",\d", ",1", line.replace("kinds", "force"), count=1) for line in lines]
    for folder in ("bad", "flat"):
        (tmp_path / folder).mkdir()
    (tmp_path / "flat" / "pred_tur.csv").write_text("\n".join(flat) + "\n")
    for name, change in BROKEN.items():
        (tmp_path / "bad" / name).write_text("\n".join(change(list(lines))) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_EMO_TASKS", "tasks")
    monkeypatch.setenv("SEMEVAL_EMO_DATA", "data")
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", "board.csv")
    monkeypatch.setenv("SEMEVAL_EMO_SUBMISSIONS", "submissions")
    return tmp_path


def test_no_command_says_a_word_of_task_11_under_another_task(moods: Path, cli):
    seen: dict[str, str] = {}
    codes: dict[str, int] = {}
    for words in COMMANDS:
        more = DATA if words.startswith("zoo train") else ()
        code, out, err = cli(*words.replace("RUN", RUN).split(), *more)
        assert code in (0, 1, 2, 3), (words, err)
        seen[words] = out + err
        codes[words] = code
    assert {words for words, code in codes.items() if code} == REFUSED
    for name in BROKEN:
        seen[f"validate {name}"] = "".join(map(str, cli("validate", f"bad/{name}", "--task", "moods")[1:]))
    for path in (*moods.glob("*.html"), *moods.glob("runs/**/*.md"), *moods.glob("runs/**/*.json")):
        seen[path.name] = path.read_text(encoding="utf-8")
    assert any(LABELS[0] in text for text in seen.values())
    assert {where: found[0] for where, text in seen.items() if (found := WORDS.search(text))} == {}
    # The labels of this task are moods. The same in every task: keys of JSON, the signature, ids in a page, and the
    # title of a recipe, which is part of its hash.
    usual = r"(?s)<script.*?</script>|<style.*?</style>|<[^>]*>|emotions:\d+|Every emotion for every text"
    shown = {where: re.sub(usual, "", text) for where, text in seen.items() if "json" not in where}
    assert {where: found[0] for where, text in shown.items() if (found := re.search("(?i)emotions?", text))} == {}
    # The task is not on the hub.
    assert "data fetch" not in seen["data list --task moods"]
    # Only one letter is a capital; the tracks are "kinds" and "force".
    assert {
        where: found[0] for where, text in shown.items() if (found := re.search(r"(?<!:)\b(KINDS|FORCE)\b", text))
    } == {}
    assert any("rack kinds" in text for text in shown.values())
    assert any("Errors by mood" in text for text in shown.values())


def test_explain_says_nothing_of_task_11_under_another_task(moods: Path, cli):
    for style in ("text", "markdown", "json"):
        words = ("explain", "--task", "moods", "-f", style)
        shown = cli(*words).out + "".join(cli(*words[:1], name, *words[1:]).out for name in catalogue())
        assert WORDS_WITHOUT_EMOTIONS.findall(shown) == []
        # The words are there where they belong.
        assert WORDS_WITHOUT_EMOTIONS.search(cli("explain", "missing-column", "-f", style).out)


@pytest.mark.parametrize("name", ["semeval-2018-ec", "semeval-2026-polar"])
def test_explain_is_in_the_layout_of_the_task(name: str, cli):
    task = load_task(name)
    page = cli("explain", "--task", name, "-f", "markdown").out
    assert WORDS_WITHOUT_EMOTIONS.findall(page) == []
    # The names of problems are the same in every task.
    shown = re.sub("|".join(catalogue()), "", page)
    usual = [r"track_\w", "emotion", r"\{"] + ["pred_&lt;", "lowercase"] * (name == "semeval-2018-ec")
    assert re.findall("|".join(usual), shown) == []
    fixes = "\n".join(line for line in page.splitlines() if line.startswith("- Fix: "))
    delimiters = {"semeval-2018-ec": "tabs", "semeval-2026-polar": "commas"}[name]
    assert f"write the file with {delimiters} " in fixes and f"cells separated by {delimiters}" in fixes
    assert ("CSV" in fixes, "commas" in fixes) == (delimiters == "commas",) * 2
    assert page.count(task.layout.predictions.name.replace("{language}", "&lt;language>")) >= 5


def test_the_words_are_found_where_they_are():
    for text in ("macro F1 of track A", "the Codabench scorer", "Afrikaans", "in track_b/pred_x.csv", "anger"):
        assert WORDS.search(text), text
