"""The options of all commands: one name, one meaning; where results go; next steps; colours."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from semeval_emo.cli.app import RENAMED, command, modern
from semeval_emo.data.sample import sample_folder


def commands(group: Any = None, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command by its words."""
    found = {}
    for name, child in (group or command()).commands.items():
        found |= commands(child, (*path, name)) if hasattr(child, "commands") else {(*path, name): child}
    return found


COMMANDS = commands()
OPTIONS = [(path, one) for path, child in COMMANDS.items() for one in child.params if one.opts[0].startswith("-")]
# Add a row to the user's board, whose place is not an option.
WITHOUT_OUTPUT = {("leaderboard", "add")}


@pytest.fixture(autouse=True)
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the sample's prediction files."""
    shutil.copytree(sample_folder() / "predictions", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("SEMEVAL_EMO_SUBMISSIONS", str(tmp_path / "submissions"))
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path / "board.csv"))
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return tmp_path


def test_every_command_has_the_option_output():
    missing = {path for path, child in COMMANDS.items() if not any("--output" in one.opts for one in child.params)}
    assert missing == WITHOUT_OUTPUT
    assert {tuple(sorted(one.opts)) for _, one in OPTIONS if "--output" in one.opts} == {("--output", "-o")}


def test_every_command_that_reads_gold_can_accept_unverified_gold():
    with_option = {
        name: {path for path, one in OPTIONS if name in one.opts} for name in ("--gold", "--unverified-gold")
    }
    assert with_option["--gold"] == with_option["--unverified-gold"]
    assert ("zoo", "train") in with_option["--gold"]


def test_an_option_has_one_meaning():
    """The first sentence of its help, its short form and its value are the same in every command."""
    meanings: dict[str, dict[tuple[Any, ...], list[str]]] = {}
    for path, one in OPTIONS:
        for name in one.opts:
            sentence = re.split(r"(?<=\.) ", one.help, maxsplit=1)[0]
            meaning = (sentence, tuple(sorted(one.opts)), one.metavar, one.is_flag)
            meanings.setdefault(name, {}).setdefault(meaning, []).append(" ".join(path))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", RENAMED, ids=" ".join)
def test_renamed_options_exist_under_their_new_name_only(path: tuple[str, ...]):
    names = {name for one in COMMANDS[path].params for name in one.opts}
    assert not names & set(RENAMED[path])
    assert set(RENAMED[path].values()) <= names


@pytest.mark.parametrize(
    ("old", "new", "renamed"),
    [
        ("fix a.csv --out b", "fix a.csv --output b", ["--out"]),
        ("fix a.csv --out b --output r.txt", "fix a.csv --output b --save-report r.txt", ["--out", "--output"]),
        ("fix a.csv -o b --output r.txt", "fix a.csv -o b --save-report r.txt", ["--output"]),
        ("fix a.csv --output b", "fix a.csv --output b", []),
        ("pack a.csv --out=b.zip", "pack a.csv --output=b.zip", ["--out"]),
        ("compare a b --runs", "compare a b --one-recipe", ["--runs"]),
        ("analyse a --most 3", "analyse a --limit 3", ["--most"]),
        ("zoo tune r --rule global", "zoo tune r --threshold-rule global", ["--rule"]),
        ("zoo submit r --to s --output t", "zoo submit r --output s --save-report t", ["--to", "--output"]),
        ("zoo export r --to s", "zoo export r --output s", ["--to"]),
        ("zoo ensemble r s -o pair", "zoo ensemble r s --name pair", ["-o"]),
        ("zoo ensemble r s --name pair -o t", "zoo ensemble r s --name pair -o t", []),
        ("demo --into d", "demo --output d", ["--into"]),
        ("zoo train r --runs s", "zoo train r --runs s", []),
        ("score a --rule codabench", "score a --rule codabench", []),
        ("fix -- --out", "fix -- --out", []),
    ],
)
def test_old_spellings_are_translated(old: str, new: str, renamed: list[str]):
    words, names = modern(old.split())
    assert words == new.split()
    assert [name for name, _ in names] == renamed


def test_an_old_spelling_works_with_a_note(cli):
    old = cli("analyse", "strong/track_a/pred_eng.csv", "--gold", "sample", "--most", "2", "-f", "json")
    new = cli("analyse", "strong/track_a/pred_eng.csv", "--gold", "sample", "--limit", "2", "-f", "json")
    assert (old.code, old.out) == (new.code, new.out)
    assert old.err == f"note: --most is now --limit\n{new.err}"
    assert cli("analyse", "strong/track_a/pred_eng.csv", "--gold", "sample", "--most", "2", "-q").err == ""


@pytest.mark.parametrize(
    "words",
    [
        "validate strong/track_a/pred_eng.csv",
        "explain E311",
        "score strong/track_a/pred_eng.csv --gold sample",
        "compare strong/track_a/pred_eng.csv weak/track_a/pred_eng.csv --gold sample --resamples 100 --trials 100",
        "analyse weak/track_a/pred_eng.csv --gold sample",
        "leaderboard show -t a",
        "leaderboard place 0.7 -t a -l eng",
        "leaderboard check",
        "leaderboard export -t a",
        "data list sample",
        "data check sample",
        "data stats sample",
        "data pin sample",
        "zoo list",
        "zoo show tfidf-logreg",
    ],
)
def test_output_has_what_the_screen_shows(words: str, cli):
    style = [] if words.startswith("data pin") else ["-f", "csv"]
    code, shown, _ = cli(*words.split(), *style, "-q")
    assert cli(*words.split(), *style, "-q", "-o", "result.txt") == (code, "", "")
    assert Path("result.txt").read_text(encoding="utf-8") == shown


# Every command that names a next step, in an order in which the later ones use the files of the earlier ones.
STORY = (
    "validate strong/track_a/pred_eng.csv",
    "validate mistakes/pred_eng_a.csv",
    "validate strong/track_a/pred_eng.csv --track a --task sample",
    "fix mistakes/pred_eng_a.csv -o fixed",
    "fix strong/track_a/pred_eng.csv",
    "fix probable/probabilities.csv",
    "pack mistakes/pred_eng_a.csv -o packed.zip",
    "score strong/track_a/pred_eng.csv",
    "score strong/track_a/pred_eng.csv --gold sample --language eng",
    "score strong/track_a/pred_eng.csv weak/track_a/pred_eng.csv",
    "score",
    "leaderboard",
    "task new sample -o my-task.toml",
    "zoo train constant-all --data sample",
    "zoo train constant-majority --data sample",
    "zoo train constant-all --data sample --jobs 1",
    "zoo ensemble runs/sample/constant-all/eng runs/sample/constant-majority/eng --name both --data sample",
    "zoo tune runs/sample/constant-majority/eng --data sample",
    "zoo submit runs/sample/constant-all/eng -o submissions/mine --data sample",
)


def test_every_next_step_works_as_printed(cli):
    Path("probable").mkdir()
    lines = Path("strong/track_a/pred_eng.csv").read_text().splitlines()
    Path("probable/probabilities.csv").write_text(
        "\n".join([lines[0], *(re.sub(r",([01])(?=,|$)", r",0.\g<1>5", line) for line in lines[1:])]) + "\n"
    )
    steps: dict[str, str] = {}
    for words in STORY:
        _, out, err = cli(*words.split())
        found = re.findall(r"^Next: semeval-emo (.*)$", out + err, re.M)
        assert len(re.findall(r"next: ", out + err, re.I)) == len(found), f"another spelling of 'Next:' in {words}"
        for step in found:
            steps.setdefault(step, words)
            # Each run suggests the same name for its zip.
            Path("track_a.zip").unlink(missing_ok=True)
            code, _, error = cli(*shlex.split(step))
            assert code == 0, f"semeval-emo {step} (printed by {words}) exits with {code}: {error}"
    named = {words for words in STORY if words in steps.values()}
    assert len(steps) >= 15 and len(named) >= 12, steps


def test_golden_files_name_next_steps_of_one_spelling():
    golden = Path(__file__).parents[1] / "report" / "golden"
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(golden.iterdir()))
    assert re.findall(r"(?i)^next:.*$", text, re.M) == ["Next: semeval-emo fix mistakes/pred_eng_a.csv"]


@pytest.mark.skipif(os.name == "nt", reason="left out: terminals of Unix")
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("validate strong/track_a/pred_eng.csv", "\x1b[1m\x1b[32mValid\x1b[0m: 1 file."),
        ("validate mistakes/pred_eng_a.csv", "\x1b[1m\x1b[31mNot valid\x1b[0m: "),
        ("validate gone.csv", "\x1b[31merror:\x1b[0m gone.csv does not exist."),
        ("score strong/track_a/pred_eng.csv --gold sample", "\x1b[1mmacro F1 0.8589\x1b[0m"),
        ("fix mistakes/pred_eng_a.csv", "\x1b[32mWritten and validated\x1b[0m"),
    ],
)
def test_colours_on_a_terminal_and_nowhere_else(words: str, shown: str):
    import pty

    def run(**environment: str) -> str:
        """What a terminal receives."""
        reader, writer = pty.openpty()
        settings = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        done = subprocess.Popen(
            [sys.executable, "-m", "semeval_emo", *words.split()],
            stdout=writer, stderr=writer, env={**settings, "TERM": "xterm", **environment},
        )  # fmt: skip
        os.close(writer)
        received = b""
        try:
            while part := os.read(reader, 65536):
                received += part
        except OSError:  # Linux reports the closed terminal as an error.
            pass
        os.close(reader)
        done.wait(60)
        return received.decode()

    assert shown in run()
    assert "\x1b" not in run(NO_COLOR="1")
    assert "\x1b" not in run(TERM="dumb")
    piped = subprocess.run([sys.executable, "-m", "semeval_emo", *words.split()], capture_output=True, check=False)
    assert b"\x1b" not in piped.stdout + piped.stderr


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_has_plain_words(path: tuple[str, ...], cli):
    code, out, _ = cli(*path, "--help")
    assert code == 0
    assert not re.findall(r"<(?:str|int|float|path|int range)>", out), "an option without a metavar"
    words = r"(?i)\b(mend\w*|figures?|floor|stands?|beside|whoever|nobody|told|meant|invented|missed (?!\.)|room|kin)\b"
    assert not re.findall(words, out.replace("--fail-under is missed", ""))
