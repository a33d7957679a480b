"""Decisions that the person has already made: thresholds, scores, cut points and the labels of words."""

from __future__ import annotations

import csv
import json
import math
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission import FixReport, fix, validate
from semeval_emo.task import FileSpec, load_task

THRESHOLDS = {"anger": 0.35, "fear": 0.5, "joy": 0.45, "sadness": 0.4, "surprise": 0.3}
CASE_37 = "37-thresholds-per-emotion"


def read(path: Path) -> tuple[list[str], dict[str, list[str]]]:
    with path.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    return header, {row[0]: row[1:] for row in rows}


def labels(path: Path) -> dict[str, list[int]]:
    return {text_id: [int(cell) for cell in cells] for text_id, cells in read(path)[1].items()}


def codes(path: Path) -> dict[str, int]:
    return validate(path).counts


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of track a (or b) eng dev: ``make(cells, track)``, where `cells` repeats over rows and columns."""

    def write(
        cells: Iterable[str], track: str = "a", name: str = "pred_eng.csv", header: list[str] | None = None
    ) -> Path:
        spec = spec_of(track)
        given = list(cells)
        header = header or list(spec.emotions)
        rows = [
            [text_id, *(given[(n * len(header) + k) % len(given)] for k in range(len(header)))]
            for n, text_id in enumerate(spec.ids)
        ]
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(",".join(row) + "\n" for row in [["id", *header], *rows]))
        return path

    return write


def spec_of(track: str) -> FileSpec:
    return load_task().spec(track, "eng", "dev")


def fixed(path: Path, tmp_path: Path, **decisions) -> tuple[FixReport, dict[str, list[int]]]:
    report = fix(path, tmp_path / "out.csv", force=True, **decisions)
    assert report.ok, report.refusals
    return report, labels(tmp_path / "out.csv")


def done(report: FixReport) -> set[str]:
    return {change.done for change in report.changes}


# ---- 37: thresholds


def test_37_a_threshold_per_emotion(shared_dir: Path, tmp_path: Path):
    folder = shared_dir / "cases" / CASE_37
    header, rows = read(folder / "prob_eng.csv")
    want = {
        text_id: [int(float(cell) >= THRESHOLDS[label]) for label, cell in zip(header[1:], cells, strict=True)]
        for text_id, cells in rows.items()
    }
    (tmp_path / "thresholds.toml").write_text("\n".join(f"{k} = {v}" for k, v in THRESHOLDS.items()))
    given = [
        THRESHOLDS,
        ",".join(f"{label}={value}" for label, value in THRESHOLDS.items()),
        "Anger=0.35, joy=0.45, sadness=0.4, surprise=0.3, other=0.5",
        folder / "thresholds.json",
        str(folder / "thresholds.csv"),
        tmp_path / "thresholds.toml",
    ]
    for threshold in given:
        report, got = fixed(folder / "prob_eng.csv", tmp_path, threshold=threshold)
        assert got == want
    assert (
        "probabilities converted to labels: 1 from 0.35 (anger), 0.5 (fear), 0.45 (joy), 0.4 (sadness), 0.3 (surprise) "
        "on" in done(report)
    )
    json.dumps(report.to_dict())


@pytest.mark.parametrize(
    "content",
    [
        "emotion;threshold\nanger;0.35\nfear;0.5\njoy;0.45\nsadness;0.4\nsurprise;0.3\n",
        "anger,0.35\nfear,0.5\njoy,0.45\nsadness,0.4\nsurprise,0.3\n",
        "Anger,Fear,Joy,Sadness,Surprise\n0.35,0.5,0.45,0.4,0.3\n",
        "\ufefflabel,f1,threshold\nanger,0.7,0.35\nfear,0.6,0.5\njoy,0.7,0.45\nsadness,0.5,0.4\nsurprise,0.4,0.3\n",
        "emotion;threshold\nanger;0,35\nfear;0,5\njoy;0,45\nsadness;0,4\nsurprise;0,3\n",
        json.dumps([{"emotion": label, "f1": 0.7, "threshold": value} for label, value in THRESHOLDS.items()]),
        json.dumps({label: {"f1": 0.7, "threshold": value} for label, value in THRESHOLDS.items()}),
        '{"thresholds": {"anger": 0.35, "fear": 0.5, "joy": 0.45, "sadness": 0.4, "surprise": 0.3}, "f1": 0.7}',
    ],
)
def test_forms_of_a_file_of_thresholds(content: str, make, tmp_path: Path):
    path = make(["0.34", "0.36", "0.46", "0.41", "0.31"])
    (tmp_path / "best").write_text(content)
    _, got = fixed(path, tmp_path, threshold=tmp_path / "best")
    assert set(map(tuple, got.values())) == {(0, 0, 1, 1, 1)}


def test_a_file_of_one_threshold(make, tmp_path: Path):
    for content in ("0.45", '{"threshold": 0.45}', '{"best_threshold": 0.45, "macro_f1": 0.7}'):
        (tmp_path / "best.json").write_text(content)
        _, got = fixed(make(["0.44", "0.46"]), tmp_path, threshold=tmp_path / "best.json")
        assert next(iter(got.values())) == [0, 1, 0, 1, 0]


def test_numbers_without_names_need_the_order(make, tmp_path: Path):
    path = make(["0.34", "0.36", "0.46", "0.41", "0.31"])
    (tmp_path / "t.json").write_text("[0.35, 0.5, 0.45, 0.4, 0.3]")
    with pytest.raises(UsageError, match=r"t\.json has 5 values without names") as error:
        fix(path, tmp_path / "out.csv", threshold=tmp_path / "t.json")
    assert "--order" in (error.value.fix or "")
    order = ["anger", "fear", "joy", "sadness", "surprise"]
    _, got = fixed(path, tmp_path, threshold=tmp_path / "t.json", order=order)
    assert set(map(tuple, got.values())) == {(0, 0, 1, 1, 1)}


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        ("anger=0.35,fear=0.5", "--threshold has no value for joy, sadness, surprise of "),
        ("disgust=0.5,other=0.4", "--threshold names 'disgust', but the file has no label of this name."),
        ("angr=0.5,other=0.4", "--threshold names 'angr', but the file has no label of this name."),
        ("anger=x,other=0.4", "--threshold has 'anger=x', expected LABEL=NUMBER."),
        ("best.json", "--threshold is 'best.json', no number and no file."),
        ("1.5", "The threshold must be greater than 0 and at most 1, not 1.5."),
        ("anger=0,other=0.4", "The threshold must be greater than 0 and at most 1, not 0."),
    ],
)
def test_thresholds_that_do_not_suit_the_file_are_refused(threshold: str, message: str, make, tmp_path: Path):
    with pytest.raises(UsageError) as error:
        fix(make(["0.2", "0.7"]), tmp_path / "out.csv", threshold=threshold)
    assert message in error.value.message
    assert error.value.fix or "0 and at most 1" in message
    assert not (tmp_path / "out.csv").exists()


def test_a_file_without_thresholds_is_refused(make, tmp_path: Path):
    for name, content in (("a.json", '{"anger": "high"}'), ("b.csv", "emotion,threshold\nanger,high\n")):
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError, match="does not contain thresholds or cut points"):
            fix(make(["0.2", "0.7"]), tmp_path / "out.csv", threshold=tmp_path / name)


# ---- logits, percentages


def test_logits(make, tmp_path: Path):
    cells = ["-2.31", "0.4", "3.2", "0", "1", "-0.2", "-800"]
    path = make(cells)
    assert set(codes(path)) == {"E521"}
    (problem, *_) = validate(path).problems
    assert problem.fix == (
        "if these are logits, apply the sigmoid and a threshold (semeval-emo fix --scores logits --threshold 0.5)"
    )
    assert fix(path, tmp_path / "no.csv", threshold=0.5).written == ()
    report, got = fixed(path, tmp_path, threshold=0.6, scores="logits")
    assert done(report) == {"logits converted to labels: sigmoid applied, then 1 from 0.6 on"}
    assert sum(change.count for change in report.changes) == 116 * 5
    flat = [label for row in got.values() for label in row]
    want = [int(float(cell) > math.log(0.6 / 0.4)) for cell in cells]
    assert flat == [want[n % len(cells)] for n in range(len(flat))]


def test_labels_are_not_logits(make, tmp_path: Path):
    """A folder may have a file of labels beside one of logits: 0 stays 0."""
    path = make(["0", "1", "0"])
    assert fix(path, tmp_path / "out.csv", threshold=0.5, scores="logits").unchanged


def test_percentages(make, tmp_path: Path):
    path = make(["42", "7", "93", "0", "100", "51", "1"])
    assert set(codes(path)) == {"E521"}
    assert "semeval-emo fix --scores percent --threshold 0.5" in validate(path).problems[0].fix
    report, got = fixed(path, tmp_path, threshold=0.5, scores="percent")
    assert done(report) == {"percentages converted to labels: divided by 100, then 1 from 0.5 on"}
    assert next(iter(got.values())) == [0, 0, 1, 0, 1]
    path = make(["42%", "7 %", "93%", "0%", "100%"])
    assert set(codes(path)) == {"E511"}
    assert next(iter(fixed(path, tmp_path, threshold=0.5)[1].values())) == [0, 0, 1, 0, 1]
    assert next(iter(fixed(path, tmp_path, threshold=0.5, scores="percent")[1].values())) == [0, 0, 1, 0, 1]


def test_scores_need_a_threshold(make, tmp_path: Path):
    with pytest.raises(UsageError, match="Logits become labels by a threshold"):
        fix(make(["-2.3", "1.4"]), tmp_path / "out.csv", scores="logits")


# ---- 14: columns of scores


SCORE_NAMES = ["{}_prob", "prob_{}", "p_{}", "{}_score", "{}_probability", "P({})", "{} prob", "pred_prob_{}"]


@pytest.mark.parametrize("form", SCORE_NAMES)
def test_columns_of_scores(form: str, make, tmp_path: Path):
    header = [form.format(label.capitalize()) for label in spec_of("a").emotions]
    path = make(["0.2", "0.71", "0.5"], header=header)
    report = validate(path)
    assert report.counts == {"E329": 1, "E511": 580}
    assert fix(path, tmp_path / "no.csv").written == ()
    report, got = fixed(path, tmp_path, threshold=0.5)
    assert next(iter(got.values())) == [0, 1, 1, 0, 1]
    assert "columns of scores taken as those of the labels" in done(report)


def test_columns_of_logits_need_no_guess(make, tmp_path: Path):
    header = [f"{label}_logit" for label in spec_of("a").emotions]
    path = make(["-0.2", "0.71", "0.5"], header=header)
    assert validate(path).counts == {"E329": 1, "E521": 580}
    _, got = fixed(path, tmp_path, threshold=0.5, scores="logits")
    assert next(iter(got.values())) == [0, 1, 1, 0, 1]
    # The name says that 0.2 is no probability.
    path = make(["0.2", "0.71", "0.5"], header=header)
    assert fix(path, tmp_path / "no.csv", threshold=0.5).written == ()
    _, got = fixed(path, tmp_path, threshold=0.5, scores="logits")
    assert next(iter(got.values())) == [1, 1, 1, 1, 1]


def test_14_scores_beside_labels_are_removed(shared_dir: Path, tmp_path: Path):
    path = shared_dir / "cases" / "14-labels-and-prob-columns" / "pred_eng.csv"
    header, rows = read(path)
    _, got = fixed(path, tmp_path)
    at = [header.index(label) - 1 for label in spec_of("a").emotions]
    assert got == {key: [int(cells[k]) for k in at] for key, cells in rows.items()}


# ---- 21: intensities as numbers


def test_21_numbers_of_a_regression(shared_dir: Path, tmp_path: Path):
    path = shared_dir / "cases" / "21-track-b-regression" / "pred_eng.csv"
    _, rows = read(path)
    report = validate(path)
    assert report.counts == {"E511": 580}
    assert {problem.fix for problem in report.problems} == {
        "round to 0, 1, 2 or 3, or choose cut points (semeval-emo fix --round, or semeval-emo fix --cuts 0.5,1.5,2.5)"
    }
    want = {key: [min(max(math.floor(float(x) + 0.5), 0), 3) for x in cells] for key, cells in rows.items()}
    result, got = fixed(path, tmp_path, cuts="round")
    assert got == want
    assert done(result) == {"numbers rounded to the nearest label from 0 to 3, halves up"}
    assert fixed(path, tmp_path, cuts="0.5,1.5,2.5")[1] == fixed(path, tmp_path, cuts=[0.5, 1.5, 2.5])[1] == want
    result, got = fixed(path, tmp_path, cuts=(0.4, 1.2, 2.1))
    assert got == {key: [sum(float(x) >= cut for cut in (0.4, 1.2, 2.1)) for x in cells] for key, cells in rows.items()}
    assert done(result) == {"numbers converted to intensities: cut points 0.4 1.2 2.1"}


def test_cut_points_of_each_emotion(make, tmp_path: Path):
    path = make(["-0.1", "3.4", "1", "1.49", "2.5"], "b")
    cuts = {label: [0.5, 1.5, 2.5] for label in spec_of("b").emotions} | {"joy": [0.1, 0.2, 0.3]}
    for given in (cuts, tmp_path / "cuts.json", tmp_path / "cuts.csv"):
        (tmp_path / "cuts.json").write_text(json.dumps(cuts))
        (tmp_path / "cuts.csv").write_text(
            "emotion,cut1,cut2,cut3\n" + "".join(f"{k},{','.join(map(str, v))}\n" for k, v in cuts.items())
        )
        # A 1 is a number like the others: joy has 3 from 0.3 on.
        assert next(iter(fixed(path, tmp_path, cuts=given)[1].values())) == [0, 3, 3, 1, 3]


@pytest.mark.parametrize(
    ("track", "decisions", "message", "remedy"),
    [
        ("b", {"threshold": 0.5}, "A threshold gives 0 or 1, but these labels are 0, 1, 2, 3.", "--cuts 0.5,1.5,2.5"),
        ("a", {"cuts": "round"}, "--round gives intensities, but these labels are 0 and 1.", "--threshold 0.5"),
        ("a", {"cuts": [0.5, 1.5, 2.5]}, "--cuts gives intensities, but these labels are 0 and 1.", "--threshold 0.5"),
        ("b", {"cuts": [0.5, 1.5]}, "2 cut points are given; intensities from 0 to 3 need 3.", "--cuts 0.5,1.5,2.5"),
        ("b", {"cuts": [1.5, 0.5, 2]}, "Cut points must be finite and ascending, not 1.5,0.5,2.", ""),
        ("a", {"words": ["yes=2,no=0"]}, "--map gives 'yes' the label 2; expected 0 or 1.", ""),
        ("a", {"words": ["yes"]}, "--map has '=yes', expected WORD=LABEL.", "write it as yes=1,no=0"),
        ("a", {"words": ["yes=1,Yes=0"]}, "--map gives 'yes' two labels, 1 and 0.", ""),
    ],
)
def test_a_decision_for_another_track_is_refused(
    track: str, decisions: dict, message: str, remedy: str, make, tmp_path: Path
):
    with pytest.raises(UsageError) as error:
        fix(make(["0.2", "0.7"], track), tmp_path / "out.csv", **decisions)
    assert error.value.message == message
    assert remedy in (error.value.fix or "")


def test_decisions_for_both_tracks_of_a_folder(make, tmp_path: Path):
    (tmp_path / "in/track_a").mkdir(parents=True, exist_ok=True)
    (tmp_path / "in/track_b").mkdir(parents=True, exist_ok=True)
    make(["0.2", "0.7"], "a", "track_a/pred_eng.csv")
    make(["0.2", "2.7"], "b", "track_b/pred_eng.csv")
    report = fix(tmp_path / "in", tmp_path / "out", threshold=0.5, cuts="round")
    assert report.ok and len(report.written) == 2
    assert {label for row in labels(tmp_path / "out/track_b/pred_eng.csv").values() for label in row} == {0, 3}


# ---- 22, 24: words


def test_22_degrees_as_words(shared_dir: Path, tmp_path: Path):
    path = shared_dir / "cases" / "22-track-b-words" / "pred_eng.csv"
    (problem,) = validate(path).problems
    assert problem.message == "580 cells are words, not 0, 1, 2 or 3: none (386), medium (97), low (94), high (3)"
    assert problem.fix == "define the label of each word: semeval-emo fix --map none=0,low=1,medium=2,high=3"
    meant = {"none": 0, "low": 1, "medium": 2, "high": 3}
    report, got = fixed(path, tmp_path, words=["none=0,low=1", "medium=2,HIGH=3"])
    assert got == {key: [meant[cell] for cell in cells] for key, cells in read(path)[1].items()}
    assert done(report) == {"words converted to labels: none 0, low 1, medium 2, high 3"}
    assert fixed(path, tmp_path, words=meant)[1] == got


def test_24_yes_and_no(shared_dir: Path, tmp_path: Path):
    path = shared_dir / "cases" / "24-yes-no" / "pred_eng.csv"
    report = validate(path)
    assert report.counts == {"E510": 580} and report.files[0].repairs
    _, got = fixed(path, tmp_path)
    assert got == {key: [int(cell == "yes") for cell in cells] for key, cells in read(path)[1].items()}


@pytest.mark.parametrize("pair", ["no yes", "False True", "N Y", "f t", "off ON"])
def test_known_pairs(pair: str, make, tmp_path: Path):
    false, true = pair.split()
    _, got = fixed(make([false, true, false]), tmp_path)
    assert next(iter(got.values())) == [0, 1, 0, 0, 1]
    # One word of a pair alone can mean something else.
    path = make([true, "1", "0"])
    assert validate(path).counts == ({"E510": 194} if true == "True" else {"E514": 194})
    path = make([false, true], "b")
    assert fix(path, tmp_path / "b.csv").written == ()


def test_words_that_are_not_known_are_one_problem(make, tmp_path: Path):
    path = make(["Ja", "nein", "0", "vielleicht"])
    (problem,) = validate(path).problems
    assert problem.message == "435 cells are words, not 0 or 1: Ja (145), nein (145), vielleicht (145)"
    assert problem.fix == (
        "define the label of each word: semeval-emo fix --map ja=LABEL,nein=LABEL,vielleicht=LABEL; LABEL is 0 or 1"
    )
    report = fix(path, tmp_path / "out.csv", words={"ja": 1, "nein": 0})
    (refusal,) = report.refusals
    (problem,) = refusal.problems
    assert (problem.code, problem.line) == ("E522", 2)
    assert problem.message.startswith(
        "--map does not have this word: 145 cells are words, not 0 or 1: vielleicht (145)"
    )
    assert "--map ja=1,nein=0,vielleicht=LABEL" in problem.fix
    _, got = fixed(path, tmp_path, words={"ja": 1, "nein": 0, "vielleicht": 0})
    assert next(iter(got.values())) == [1, 0, 0, 0, 1]


def test_many_words_are_not_listed(make):
    (problem,) = validate(make([f"word{n}" for n in range(30)])).problems
    assert problem.message.endswith("word9 (20) and 20 others")
    assert problem.fix == "write 0 or 1"


def test_numbers_and_missing_values_can_be_mapped(make, tmp_path: Path):
    path = make(["-1", "1", "none"])
    _, got = fixed(path, tmp_path, words={"-1": 0, "none": 0})
    assert next(iter(got.values())) == [0, 1, 0, 0, 1]
    # Also a label can mean another one.
    _, got = fixed(make(["0", "1", "1"]), tmp_path, words={"0": 1, "1": 0})
    assert next(iter(got.values())) == [1, 0, 0, 1, 0]


def test_score_names_the_command_that_converts(make, cli):
    for cells, track, options in ((["0.2", "0.7"], "a", "--threshold 0.5"), (["0.2", "2.7"], "b", "--round")):
        _, shown, err = cli("score", make(cells, track), "--data", "sample")
        assert f"{options} -o fixed (the options are examples)" in " ".join((shown + err).split())


# ---- no advice names an option that then refuses


FILES: dict[str, tuple[list[str], str]] = {
    "columns of probabilities": (["0.2", "0.71", "0.5"], "a {}_prob"),
    "columns of logits": (["0.2", "-0.71", "0.5"], "a logit_{}"),
    "columns of logits from 0 to 1": (["0.2", "0.71", "0.5"], "a logit_{}"),
    "columns of intensities": (["0.2", "0.71", "2.5"], "b score_{}"),
    "probabilities": (["0.2", "0.71", "0.5"], "a"),
    "probabilities, track c": (["0.2", "0.71", "0.5"], "c"),
    "per cent": (["20%", "71%"], "a"),
    "logits": (["-2.2", "0.71", "5", "1"], "a"),
    "percentages": (["20", "71", "5", "1", "12", "33", "99.5"], "a"),
    "a regression": (["-0.2", "0.71", "3.5", "1", "2.0"], "b"),
    "a regression within the range": (["0.2", "0.71", "2.5"], "b"),
    "a regression from 0 to 1": (["0.2", "0.71", "0.95"], "b"),
    "degrees": (["none", "low", "Moderate", "high"], "b"),
    "degrees without none": (["0", "low", "high"], "b"),
    "yes and no": (["yes", "no"], "a"),
    "unknown words": (["ja", "nein", "???"], "a"),
    "unknown words, track b": (["ja", "nein", "sehr stark"], "b"),
    "minus one": (["-1", "1"], "a"),
    "minus one as a decimal": (["-1.0", "1.0"], "a"),
    "some probabilities, some missing": (["0.2", "", "nan"], "a"),
    "intensities in track a": (["0", "1", "2", "3"], "a"),
    "intensities as numbers in track a": (["0.1", "1.2", "2.4", "3"], "a"),
}
OPTION = re.compile(r"semeval-emo fix (--.+?)(?=[;)]|, |$)")


@pytest.mark.parametrize("kind", FILES)
def test_every_command_of_a_remedy_runs(kind: str, make, tmp_path: Path, cli):
    cells, track = FILES[kind]
    track, _, form = track.partition(" ")
    path = make(cells, track, header=[(form or "{}").format(label) for label in spec_of(track).emotions])
    code, shown, _ = cli("validate", str(path))
    assert code == 1
    commands = {
        tuple(shlex.split(words)) for problem in validate(path).problems for words in OPTION.findall(problem.fix)
    }
    commands |= {
        tuple(shlex.split(line)[4:]) for line in shown.splitlines() if line.startswith("Next: semeval-emo fix")
    }
    assert commands or kind in ("some probabilities, some missing", "intensities in track a")
    missing = "missing" in kind
    for number, words in enumerate(commands):
        given = [word.replace("=LABEL", "=1") for word in words]
        code, out, err = cli("fix", str(path), *given, "-o", str(tmp_path / f"{number}" / "pred_eng.csv"))
        assert (code, err) == (int(missing), ""), (words, out, err)
        if not missing:
            assert validate(tmp_path / f"{number}" / "pred_eng.csv").valid
    # What fix itself advises, without options.
    code, shown, _ = cli("fix", str(path), "-o", str(tmp_path / "again.csv"))
    for line in shown.splitlines():
        if line.startswith("Next: semeval-emo fix"):
            assert cli(*shlex.split(line.replace("=LABEL", "=1"))[2:], "-o", str(tmp_path / "next.csv"))[0] == 0


# ---- 50, 51: training


def lines_of(shared_dir: Path, case: str) -> list[str]:
    (line,) = (shared_dir / "cases" / case / "command.txt").read_text().splitlines()
    return shlex.split(line)[1:]


def test_50_nothing_reaches_the_threshold(shared_dir: Path, tmp_path: Path, monkeypatch, cli):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    code, shown, _ = cli(*lines_of(shared_dir, "50-zoo-all-zero"), "--quiet")
    assert code == 0
    assert "reaches the threshold 0.5; the lowest is 0." in shown and "Never predicted: anger" in shown
    (command,) = [line for line in shown.splitlines() if line.startswith("Fit thresholds: semeval-emo ")]
    code, tuned, _ = cli(*shlex.split(command)[3:])
    assert code == 0 and "one per label" in tuned
    # What tune writes is what fix takes, by name.
    run = Path("runs/sample/llama-tiny/eng")
    thresholds = run / "tuned" / "thresholds.json"
    assert [*json.loads(thresholds.read_text())] == ["anger", "fear", "joy", "sadness", "surprise"]
    assert cli("fix", run / "test" / "prob_eng.csv", "--threshold", thresholds, "-o", "out.csv").code == 0
    assert Path("out.csv").read_bytes() == (run / "tuned" / "track_a" / "pred_eng.csv").read_bytes()


def test_51_a_loss_of_nan_stops_the_training(shared_dir: Path, tmp_path: Path, monkeypatch, cli):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    words = lines_of(shared_dir, "51-zoo-nan-loss")
    code, _, err = cli(*words, "--quiet")
    assert code == 2
    assert "training diverged: the loss of epoch 1 is nan." in err and "fix: lower the learning rates" in err
    # The names of the folders keep the sign of the exponent.
    small = [word.replace("1e30", "1e-30") for word in words]
    assert cli(*small, "--quiet").code == 0
    names = sorted(path.name.rpartition("-")[0] for path in Path("runs/sample").iterdir())
    assert names == ["llama-tiny+lr=1e+30,lr=1e+30", "llama-tiny+lr=1e-30,lr=1e-30"]


def test_cut_points_of_a_run(tmp_path: Path, monkeypatch, cli):
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    assert cli("zoo", "train", "tfidf-ordinal", "--data", "sample", "--track", "b", "--quiet").code == 0
    (run,) = (path.parent for path in Path("runs").rglob("run.json"))
    assert cli("zoo", "tune", run, "--data", "sample", "--threshold-rule", "per-label").code == 0
    cuts = run / "tuned" / "thresholds.json"
    code, _, err = cli("fix", run / "test" / "prob_eng.csv", "--cuts", cuts, "-o", "out.csv")
    assert (code, err) == (0, "")
    assert Path("out.csv").read_bytes() == (run / "tuned" / "track_b" / "pred_eng.csv").read_bytes()
    code, _, err = cli("fix", run / "test" / "prob_eng.csv", "--threshold", cuts, "-o", "other.csv")
    assert code == 2 and "has several numbers per label: cut points." in err and "fix: use --cuts" in err
