"""The leaderboard commands: output and exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from functools import partial
from pathlib import Path

import pytest

from semeval_emo.leaderboard.model import COLUMNS
from semeval_emo.task import load_task


@pytest.fixture
def run(cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "100")
    return partial(cli, "leaderboard")


NEAREST = """\
track A · English (eng) · test · macro F1 · release 2025 · every known system
    rank  system                             score  difference  list
--------  --------------------------------  ------  ----------  ------------------------
       1  (team not named)                  0.8230     −0.1116  official list and 2 more
       –  Le et al., ELECTRA                0.7152     −0.0038  later publications
29 to 75  this score                        0.7114           –  –
       –  IEGPS-CSIC                          0.71           –  claims of the teams
       –  Le et al., DeepSeek V3, prompted  0.7084     +0.0030  later publications
       –  RemBERT (baseline)                0.7083     +0.0031  official list
       –  RemBERT, fine-tuned, monolingual  0.7083     +0.0031  BRIGHTER paper
Known systems of every list: 57 (23 higher). Shown: rank 1, the baseline and the 5 nearest.
Column rank: the official list. Rank 29 to 75 of 75 (the 74 teams and this score): an interval,
because only 2 scores of the list are known.
An inference, not a rank: A third party, a student report, calls PAI the best English system, with
0.823. That agrees with the 0.8230 of rank 1, which has no name in the official list. An earlier
commit of the report says PAI / NYCU-NLP.

Other lists (--list KEY shows one)
list                    key                         rank  known  higher    best  difference
----------------------  ----------------  --------------  -----  ------  ------  ----------
second unofficial list  unofficial-v2     36 to 99 of 99      2       2  0.8230     −0.1116
first unofficial list   unofficial-v1     36 to 97 of 97      2       2  0.8230     −0.1116
claims of the teams     paper-claims                   –     19      10  0.8225     −0.1111
rescored public files   rescored                       –      2       0  0.6847     +0.0267
BRIGHTER paper          brighter-tables                –     10       0  0.7083     +0.0031
later publications      post-competition               –     23      11  0.8042     −0.0928
"""

SOMALI = """\
track C · Somali (som) · test · macro F1 · release 2025 · every known system
  rank  system               score  difference  list
------  ------------------  ------  ----------  ---------------------------------
     –  (team not named)    0.5666     −0.0666  second unofficial list and 1 more
1 to 3  this score          0.5000           –  –
     3  YNWA_PZ             0.4826     +0.0174  official list and 2 more
     –  Zero_Shot             0.37     +0.1300  claims of the teams
     –  RemBERT (baseline)  0.2727     +0.2273  official list
Known systems of every list: 4 (1 higher).
Column rank: the official list. Rank 1 to 3 of 11 (the 10 teams and this score): an interval,
because only 1 score of the list is known.
The ranks of the other rows do not count this score.
Not used because suspect: 0.4779 of rank 1 (team not named): below the 0.4826 that the same table
has at rank 3: one of the three values is wrong.
"""


def test_a_score_is_placed_among_every_known_system(run) -> None:
    """The official list has two scores of English; claims, later publications and public files are known too."""
    out = run("place", "0.7114", "--track", "a", "--language", "eng").out
    ladder = out.partition("\nKnown systems")[0].splitlines()[3:]
    scores = [float(re.search(r" (0\.\d{2,4}) ", line)[1]) for line in ladder if re.search(r" 0\.\d{2,4} ", line)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 58
    for system, title in (
        ("NYCU-NLP", "claims of the teams"), ("Empaths", "claims of the teams"), ("CIOL", "rescored public files"),
        ("Le et al., XLNet", "later publications"), ("YNWA_PZ", "official list and 2 more"),
    ):  # fmt: skip
        (line,) = [one for one in ladder if f" {system}  " in one]
        assert line.endswith(title)


def test_place_of_the_reference_score(run) -> None:
    result = run("place", "0.7114", "--track", "a", "--language", "eng", "--limit", "5")
    assert (result.code, result.out, result.err) == (0, NEAREST, "")


@pytest.mark.parametrize(
    ("language", "track", "words"),
    [
        ("swa", "a", "An inference, not a rank: Empaths prints 0.3856, the score of rank 1"),
        ("eng", "a", "An inference, not a rank: A third party, a student report, calls PAI"),
        ("amh", "a", "CSECU-Learners ranked at the top in Amharic. It does not name the track"),
        ("amh", "b", "CSECU-Learners ranked at the top in Amharic. It does not name the track"),
    ],
)
def test_inferences_are_flagged_notes_and_no_ranks(run, language: str, track: str, words: str) -> None:
    out = " ".join(run("place", "0.4", "-t", track, "-l", language).out.split())
    assert words in out
    rows = json.loads(run("show", "-t", track, "-l", language, "--list", "all", "-f", "json").out)["rows"]
    named = {row["system"]: row["rank"] for row in rows if row["system"] in ("Empaths", "PAI", "CSECU-Learners")}
    assert set(named.values()) <= {None}
    assert [row["system"] for row in rows if row["list"] == "official" and row["rank"] == 1] == [""]


def test_languages_are_named(run) -> None:
    assert "amh Amharic" in run("show", "-t", "a", "--list", "rescored").out


def test_papers(run) -> None:
    out = run("papers", "--team", "nycu").out
    assert out.splitlines()[2:5] == [
        "NYCU-NLP (2025.semeval-1.149)",
        "  NYCU-NLP at SemEval-2025 Task 11: Assembling Small Language Models for Multilabel Emotion",
        "  Detection and Intensity Prediction",
    ]
    assert "https://aclanthology.org/2025.semeval-1.149/" in out and "2 rows on the leaderboard" in out
    papers = json.loads(run("papers", "-f", "json").out)["papers"]
    # 90 system papers and the paper of the task.
    assert len(papers) == 91
    missing = run("papers", "--team", "NYCU NLP")
    assert (missing.code, missing.err) == (
        3, "error: No paper has the team 'NYCU NLP'.\n  fix: did you mean 'NYCU-NLP'?\n"
    )  # fmt: skip
    other = run("papers", "--task", "sample")
    assert other.code == 3
    assert other.err.startswith("error: There is no bibliography of ")


def test_a_note_on_a_score_is_shown_only_with_it(run, tmp_path: Path) -> None:
    (tmp_path / "notes.toml").write_text(
        '[[note]]\ntask = "semeval-2025-task-11"\ntrack = "a"\nlanguage = "eng"\nscores = [0.7114]\ntext = "Checked."\n'
    )
    words = ("-t", "a", "-l", "eng", "--extra", str(tmp_path))
    assert "Checked." in run("place", "0.7114", *words).out
    assert "Checked." not in run("place", "0.7115", *words).out


def test_the_claim_of_the_reference_notebook_is_not_repeated(run) -> None:
    for score, language in (("0.7114", "eng"), ("0.6986", "eng"), ("0.6986", "afr")):
        assert "README" not in run("place", score, "-t", "a", "-l", language).out
    assert "Afrikaans" not in run("show", "-t", "a", "-l", "eng", "--list", "seed-runs").out


def test_place_on_a_list_that_is_not_a_ranking(run) -> None:
    lines = run("place", "0.7114", "-t", "a", "-l", "eng", "--list", "paper-claims").out.splitlines()
    assert lines[3:10] == [
        "   –  NYCU-NLP (best known)              0.8225     −0.1111",
        "   –  CharsiuRice [unverified]           0.7264     −0.0150",
        "   –  this score                         0.7114           –",
        "   –  IEGPS-CSIC                           0.71           –",
        "   –  RemBERT (baseline), official list  0.7083     +0.0031",
        "   –  Amado                              0.7025     +0.0089",
        "10 higher and 1 equal among 19 known scores; the list is not a ranking, so there is no rank.",
    ]


def test_place_with_a_suspect_rank_1(run) -> None:
    assert run("place", "0.5", "-t", "c", "-l", "som").out.startswith(SOMALI)


def test_place_in_every_format(run) -> None:
    words = ("place", "0.7114", "-t", "A", "-l", "eng", "--format")
    assert "| 29 to 75 | this score" in run(*words, "markdown").out
    assert "29 to 75 & \\raggedright\\let\\\\\\tabularnewline this score & 0.7114 & -- " in " ".join(
        run(*words, "latex").out.split()
    )
    assert list(csv.reader(io.StringIO(run(*words, "csv").out)))[1][:5] == [
        "1", "(team not named)", "0.8230", "-0.1116", "official list and 2 more",
    ]  # fmt: skip
    payload = json.loads(run(*words, "json").out)
    assert payload["schema"] == "semeval-emo/leaderboard-place/1"
    (placed,) = payload["placements"]
    assert (placed["rank_low"], placed["rank_high"], placed["teams"]) == (29, 75, 74)
    assert placed["leader"]["difference"] == -0.1116
    assert placed["baseline"]["difference"] == 0.0031
    assert [other_list["list"] for other_list in placed["other_lists"]][:2] == ["unofficial-v2", "unofficial-v1"]


@pytest.mark.parametrize("command", ["show", "export"])
@pytest.mark.parametrize(
    ("option", "name", "fix"),
    [
        ("--metric", "accuracy", "use one of: macro_f1, macro_precision, "),
        ("--metric", "Macro_F1", "did you mean 'macro_f1'?"),
        ("--kind", "teem", "did you mean 'team'?"),
        ("--release", "1900", "use one of: 2024, 2025, "),
    ],
)
def test_a_name_that_no_row_has_is_an_error(run, command: str, option: str, name: str, fix: str) -> None:
    result = run(command, option, name)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: There is no {option[2:]} '{name}' on the leaderboard.\n  fix: {fix}")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("0.7",), 2, "error: A score needs its track and language.\n  fix: add them: place 0.7 -t a -l eng\n"),
        (("71.14", "-t", "a", "-l", "eng"), 2,
         "error: The score 71.14 is not from 0 to 1.\n  fix: did you mean 0.7114?\n"),
        (("0,71", "-t", "a", "-l", "eng"), 2, "error: '0,71' is not a number.\n  fix: write 0.71\n"),
        (("0.7", "-t", "a", "-l", "English"), 2,
         "error: There is no language 'English' in SemEval-2025 Task 11 (BRIGHTER).\n  fix: use the code 'eng'\n"),
        (("none.csv",), 3, "error: none.csv does not exist.\n"),
        (("0.7", "-t", "a", "-l", "eng", "--list", "seed-runs"), 2,
         "error: List seed-runs has no score of track a, English (eng), test, release 2025, macro_f1.\n"
         "  fix: the list has scores of release hub: select it with --release\n"),
    ],
)  # fmt: skip
def test_place_errors_have_a_fix(run, words: tuple[str, ...], code: int, message: str) -> None:
    result = run("place", *words)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(message)


def every_emotion(path: Path, task: str, track: str, split: str = "test") -> Path:
    spec = load_task(task).spec(track, "eng", split)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(spec.header), *(f"{one}{',1' * len(spec.emotions)}" for one in spec.ids)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_place_a_file(run, tmp_path: Path) -> None:
    path = every_emotion(tmp_path / "pred_eng.csv", "sample", "a")
    result = run("place", str(path), "--gold", "sample")
    assert result.code == 0
    assert "release 1 · sample board, not SemEval" in result.out
    assert "Rank 2 of 6 (the 5 systems and this score)." in result.out
    assert "macro F1" in result.out and "SemEval-2025" not in result.out


def test_place_several_files(run, tmp_path: Path) -> None:
    for track in ("a", "b"):
        every_emotion(tmp_path / f"track_{track}" / "pred_eng.csv", "sample", track)
    result = run("place", str(tmp_path), "--gold", "sample")
    rows = [" ".join(line.split()) for line in result.out.splitlines() if " eng English " in line]
    assert rows[0].startswith("A eng English 0.4035 2 of 6 ") and rows[1].startswith("B eng English 0.0000 3 of 6 ")


def test_a_file_with_problems_is_not_placed(run, tmp_path: Path) -> None:
    path = every_emotion(tmp_path / "pred_eng.csv", "sample", "a")
    path.write_text(path.read_text(encoding="utf-8").replace(",1,1\n", ",1,7\n", 1), encoding="utf-8")
    result = run("place", str(path), "--gold", "sample")
    assert (result.code, result.out) == (1, "")
    assert f"semeval-emo validate {path}" in result.err


def test_a_dev_file_is_not_placed_among_test_scores(run, tmp_path: Path) -> None:
    path = every_emotion(tmp_path / "pred_eng.csv", "sample", "a", "dev")
    result = run("place", str(path), "--gold", "sample")
    assert (result.code, result.out) == (2, "")
    assert "has no score of track a, English (eng), dev, release 1" in result.err


@pytest.mark.data
def test_a_note_under_several_languages_names_its_language(run, tmp_path: Path, data_dir: Path) -> None:
    for name in ("pred_rus.csv", "pred_deu.csv"):
        shutil.copy(Path(__file__).parents[2] / "submissions" / "gemma-degrees" / "track_b" / name, tmp_path)
    shown = " ".join(run("place", str(tmp_path), "--gold", str(data_dir)).out.split())
    assert "Russian: An inference, not a rank: The authors of 0.9209" in shown
    alone = " ".join(run("place", str(tmp_path / "pred_rus.csv"), "--gold", str(data_dir)).out.split())
    assert "Russian:" not in alone and "An inference, not a rank: The authors of 0.9209" in alone


@pytest.mark.data
def test_place_the_reference_file(run, data_dir: Path) -> None:
    result = run("place", str(data_dir / "seed" / "pred_eng.csv"), "--track", "a", "--gold", str(data_dir), "-n", "5")
    assert result.code == 0
    assert result.out == NEAREST


def test_overview(run) -> None:
    result = run()
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "SemEval-2025 Task 11 (BRIGHTER) · official list · release 2025"
    assert "eng English                   0.8230  0.7083   74  0.8404  0.6415   36  0.7969  0.3754   12" in lines
    assert "ind Indonesian                     –       –    –       –       –    –  0.6724  0.3764   15" in lines
    assert sum(line[:3] in load_task().languages for line in lines) >= 30
    assert "suspect: C jav top, C ron base, C som top" in result.out
    assert result.err.startswith("\nNext: semeval-emo leaderboard show")


def test_show_names_the_other_lists(run) -> None:
    result = run("show", "-t", "a", "-l", "eng")
    assert result.out.splitlines()[:6] == [
        "Official list · track A · English (eng) · test · macro F1 · release 2025 · 74 teams",
        "rank  system               score",
        "----  ------------------  ------",
        "   1  (team not named)    0.8230",
        "  28  YNWA_PZ             0.7397",
        "   –  RemBERT (baseline)  0.7083",
    ]
    assert (
        result.err
        == """
Rows in other lists (--list KEY, or --list all):
    2  second unofficial list (unofficial-v2)
    2  first unofficial list (unofficial-v1)
   23  claims of the teams (paper-claims)
    2  rescored public files (rescored)
   10  BRIGHTER paper (brighter-tables)
   24  later publications (post-competition)
   43  runs of the reference notebooks (seed-runs)
"""
    )


def test_a_list_has_a_key_and_a_title(run) -> None:
    by_key = run("show", "-t", "a", "-l", "eng", "--list", "paper-claims")
    assert run("show", "-t", "a", "-l", "eng", "--list", "Claims of the teams") == by_key
    code, _, err = run("place", "0.7", "-t", "a", "-l", "eng", "--list", "nothing like it")
    assert code == 2
    assert "use one of: official (official list), " in err
    assert "paper-claims (claims of the teams)" in " ".join(err.split())


def test_scores_of_public_files_are_headed_so_and_name_their_files(run) -> None:
    out = run("show", "-t", "a", "-l", "tat", "--list", "rescored").out
    assert out.startswith("Rescored public files · track A · Tatar (tat)")
    assert "Tue-JMS (KReLaX): HJYnoDebug/KReLaX@d21e6c2f:track_a.zip/pred_tat.csv; the abstract states rank 3." in (
        " ".join(out.split())
    )
    assert "Measured by us from prediction files that teams published" in " ".join(out.split())


def test_show_marks_selection_on_test(run) -> None:
    out = run("show", "-t", "a", "-l", "eng", "--list", "seed-runs").out
    (line,) = [line for line in out.splitlines() if "0.7114  test" in line]
    assert "final model" in line


def test_show_filters_limits_and_lists(run) -> None:
    assert run("show", "-t", "b", "--kind", "published-model", "-n", "3").err.startswith("98 more: --limit 0 shows all")
    everything = run("show", "-t", "a", "-l", "eng", "--list", "all", "--metric", "all").out
    titles = [line for line in everything.splitlines() if "English (eng)" in line]
    assert len(titles) == 12
    assert "  0.71\n" in everything and "0.7100" not in everything
    nothing = run("show", "-t", "a", "-l", "xho")
    assert (nothing.code, nothing.out) == (0, "")
    assert nothing.err.startswith("No row matches")
    assert json.loads(run("show", "-t", "a", "-l", "xho", "-f", "json").out)["rows"] == []


def test_extra_reads_an_export(run, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    result = run("export", "--output", str(path))
    assert result.code == 0
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(json.loads(run("show", "-f", "json").out)["rows"])
    again = run("check", "--extra", str(path), "-f", "json")
    assert again.code == 1
    # Read back unchanged, so each line is reported as already on the leaderboard.
    faults = json.loads(again.out)["faults"]
    assert {fault["code"] for fault in faults} == {"duplicate"}
    assert len(faults) == len(rows)


def test_the_plots_of_a_page_are_in_the_order_of_the_tracks(run) -> None:
    page = run("export", "-f", "html").out
    assert re.findall(r"<figcaption>(Track \w)", page) == ["Track A", "Track B", "Track C"]


def test_export_in_other_formats(run) -> None:
    words = ("export", "-t", "a", "-l", "eng", "--list", "official")
    assert r"YNWA\_PZ & 0.7397 \\" in " ".join(run(*words, "-f", "latex").out.split())
    rows = json.loads(run(*words, "-f", "json").out)["rows"]
    assert [row["score"] for row in rows] == [0.823, 0.7397, 0.7083]
    assert set(rows[0]) == {*COLUMNS, "own"}


def test_check_covers_every_shipped_row(run) -> None:
    result = run("check", "-f", "json")
    payload = json.loads(result.out)
    assert (result.code, payload["valid"], payload["faults"]) == (0, True, [])
    assert sum(payload["rows"].values()) == 1278
    assert payload["flagged"] == {"joined": 4, "suspect": 15, "unverified": 11}


def test_check_reports_every_problem(run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        ",".join(COLUMNS) + "\n"
        "semeval-2025-task-11,2025,test,a,en,official,3,74,X,,macro_f1,81.1,1,team,dev,,nowhere,x,\n"
        "semeval-2025-task-11,2025,test,a,eng,official,three,74,X,,macro_f1,0.8,1,team,dev,,seed,x,\n"
        "a,b\n"
        "semeval-2099,2025,test,a,eng,official,3,74,X,,macro_f1,0.8,1,team,dev,,seed,x,\n",
        encoding="utf-8",
    )
    result = run("check", "--extra", str(bad), "-f", "json")
    faults = json.loads(result.out)["faults"]
    assert result.code == 1
    assert [(fault["line"], fault["code"], fault["column"]) for fault in faults] == [
        (2, "language", "language"), (2, "score", "score"), (2, "source", "source"), (3, "number", "rank"),
        (4, "cells", ""), (5, "task", "task"),
    ]  # fmt: skip
    assert faults[3]["message"] == "'three' in column rank is not an integer."
    assert "6 problems." in run("check", "--extra", str(bad)).out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The header is not that of a leaderboard file (missing: task"),
        (b"x,y\n1,2\n", "unknown: x, y"),
        ((",".join(reversed(COLUMNS)) + "\n").encode(), "the columns are in a different order"),
        (b"\xff\xfe", "is not UTF-8: byte 0 cannot be decoded."),
        (",".join(COLUMNS).encode() + b"\n" + b'"' + b"x" * 200_000, "The line is not CSV: field larger than"),
    ],
)
def test_a_file_that_is_not_a_leaderboard(run, tmp_path: Path, content: bytes, message: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    result = run("check", "--extra", str(bad), "-f", "json")
    assert result.code in (1, 3)
    assert message in result.out + result.err


def test_add_show_place(run, own_store: Path) -> None:
    added = run("add", "0.72", "-t", "a", "-l", "eng", "--system", "ours", "--where", "runs/7", "--selected-on", "dev")
    assert (added.code, added.out) == (0, "")
    assert added.err == f"Added to {own_store}: 0.72 of ours, track a, eng.\n"
    shown = run("show", "-t", "a", "-l", "eng", "--list", "mine").out.splitlines()
    assert shown[0] == "Your own rows · track A · English (eng) · test · macro F1 · release 2025"
    assert shown[3] == "ours     0.72  dev"
    placed = run("place", "0.7114", "-t", "a", "-l", "eng", "--list", "mine").out
    assert "ours (best known)" in placed
    again = run("add", "0.73", "-t", "a", "-l", "eng", "--system", "ours", "--where", "runs/8")
    assert again.code == 2
    assert "ours is already in list mine, track a, eng" in again.err


def test_add_a_file_stores_its_hashes(run, tmp_path: Path, own_store: Path) -> None:
    path = every_emotion(tmp_path / "pred_eng.csv", "sample", "a")
    assert run("add", str(path), "--gold", "sample", "--system", "all").code == 0
    (row,) = csv.DictReader(own_store.open(encoding="utf-8"))
    assert (row["task"], row["release"], row["score"]) == ("sample", "1", "0.4035")
    assert row["where"].startswith("pred_eng.csv, predictions ")


def test_formulas_in_names_are_quoted(run) -> None:
    for name in ("=cmd|' /C calc'!A0", "a|b", "<script>x</script>", "\\input{x}"):
        assert run("add", "0.5", "-t", "a", "-l", "eng", "--system", name, "--where", "x").code == 0
    words = ("-t", "a", "-l", "eng", "--list", "mine")
    assert "'=cmd|" in run("export", *words).out
    assert "\n=cmd" not in run("show", *words, "-f", "csv").out
    markdown = run("show", *words, "-f", "markdown").out
    assert "a\\|b" in markdown and "<script>" not in markdown
    assert "\\input" not in run("show", *words, "-f", "latex").out
    refused = run("add", "0.5", "-t", "a", "-l", "eng", "--system", "two\nlines", "--where", "x")
    assert refused.code == 2
    assert "a line break" in refused.err


def test_a_damaged_own_board_does_not_hide_the_rest(run, own_store: Path) -> None:
    own_store.parent.mkdir(parents=True)
    own_store.write_text(",".join(COLUMNS) + "\nx,y\n", encoding="utf-8")
    result = run("show", "-t", "a", "-l", "eng")
    assert "0.8230" in result.out
    assert "Left out: 1 invalid line; semeval-emo leaderboard check shows why." in result.err


def test_another_board_folder(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEVAL_EMO_LEADERBOARD", str(tmp_path))
    assert run("check").out.splitlines()[-1] == "No problems found."
    monkeypatch.setenv("SEMEVAL_EMO_LEADERBOARD", str(tmp_path / "none"))
    result = run("show")
    assert result.code == 3
    assert result.err == (
        f"error: The leaderboard folder {tmp_path / 'none'} does not exist.\n  fix: set $SEMEVAL_EMO_LEADERBOARD\n"
    )
