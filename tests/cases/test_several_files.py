"""Several files for one place: one file for each emotion, the epochs of one model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from semeval_emo import fix, pack, read_submission, score, validate
from semeval_emo.errors import InvalidSubmission
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import FileSpec, load_task

TASK = load_task()
ENG, DEU = (TASK.spec("a", code, "dev") for code in ("eng", "deu"))


def labels(spec: FileSpec, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (spec.rows, len(spec.emotions)))


def write_each(
    folder: Path,
    spec: FileSpec = ENG,
    header: str = "id,{emotion}",
    name: str = "{emotion}_pred_{language}.csv",
    cells: tuple[object, object] = (False, True),
) -> np.ndarray:
    """Write a file for each emotion; return the labels."""
    values = labels(spec)
    for column, emotion in enumerate(spec.emotions):
        rows = [f"{text_id},{cells[value]}" for text_id, value in zip(spec.ids, values[:, column], strict=True)]
        path = folder / name.format(emotion=emotion, language=spec.language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([header.format(emotion=emotion.capitalize()), *rows]) + "\n")
    return values


def codes(path: Path) -> dict[str, int]:
    return validate(path).counts


# ---- a file for each emotion


def test_case_01(cli, shared_dir: Path, tmp_path: Path) -> None:
    folder = shared_dir / "cases" / "01-one-file-per-emotion"
    code, out, _ = cli("validate", folder)
    assert code == 1
    text = " ".join(out.split())
    assert "E122 5 files have the labels of 2025 track a eng dev between them: anger (Anger_epoch_4_pred" in text
    assert f"Next: semeval-emo fix {folder}\n" in out
    assert {line.split()[1] for line in out.splitlines() if line.startswith("  Anger")} >= {"and"}
    assert validate(folder).counts.keys() == {"W117", "E122", "E510"}
    assert cli("fix", folder, "-o", tmp_path / "joined").code == 0
    assert cli("fix", *sorted(folder.iterdir()), "-o", tmp_path / "joined").code == 0
    assert validate(tmp_path / "joined").valid
    (joined,) = read_submission(tmp_path / "joined").predictions
    for column, emotion in enumerate(joined.spec.emotions):
        (path,) = folder.glob(f"{emotion.capitalize()}_*.csv")
        truth = dict(line.split(",") for line in path.read_text().splitlines()[1:])
        assert [truth[text_id] == "True" for text_id in joined.spec.ids] == joined.values[:, column].tolist()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("id,{emotion}", "{emotion}_pred_{language}.csv"),
        ("id,label", "pred_{language}_{emotion}.csv"),
        ("id,prediction", "{emotion}.csv"),
        ("ID,Predictions", "{emotion}/pred_{language}.csv"),
        ("id,{emotion}", "run/{emotion}/pred.csv"),
        ("id,Pred_{emotion}", "eng_{emotion}.csv"),
    ],
)
def test_shapes_of_one_emotion_files(header: str, name: str, tmp_path: Path) -> None:
    values = write_each(tmp_path / "in", header=header, name=name)
    report = fix(tmp_path / "in", tmp_path / "out")
    assert report.ok
    assert (tmp_path / "out" / "track_a" / "pred_eng.csv").read_bytes() == prediction_bytes(ENG, values)


def test_rows_are_joined_by_id(tmp_path: Path) -> None:
    values = write_each(tmp_path)
    path = tmp_path / "fear_pred_eng.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]))
    fix(tmp_path, tmp_path.parent / "out.csv", force=True)
    assert (tmp_path.parent / "out.csv").read_bytes() == prediction_bytes(ENG, values)


def test_several_languages_and_other_files_in_one_folder(tmp_path: Path) -> None:
    english, german = write_each(tmp_path / "in"), write_each(tmp_path / "in", DEU)
    ron = TASK.spec("a", "ron", "dev")
    (tmp_path / "in" / "pred_ron.csv").write_bytes(prediction_bytes(ron, labels(ron)))
    assert fix(tmp_path / "in", tmp_path / "out").ok
    for spec, values in ((ENG, english), (DEU, german), (ron, labels(ron))):
        assert (tmp_path / "out" / "track_a" / spec.file_name).read_bytes() == prediction_bytes(spec, values)


def test_probabilities_need_a_threshold(cli, tmp_path: Path) -> None:
    values = write_each(tmp_path / "in", cells=(0.2, 0.7))
    code, out, _ = cli("validate", tmp_path / "in")
    assert code == 1 and "E122" in out and "--threshold 0.5" in out
    assert not fix(tmp_path / "in", tmp_path / "out").ok
    assert fix(tmp_path / "in", tmp_path / "out", threshold=0.5).ok
    assert (tmp_path / "out" / "track_a" / "pred_eng.csv").read_bytes() == prediction_bytes(ENG, values)


def test_labels_without_doubt_are_scored_and_not_packed(cli, tmp_path: Path) -> None:
    write_each(tmp_path / "in", cells=(0, 1))
    (joined,) = read_submission(tmp_path / "in").predictions
    assert np.array_equal(joined.values, labels(ENG))
    report = pack(tmp_path / "in", tmp_path / "a.zip")
    assert not report.ok and report.refusals[0].fixable == (str(tmp_path / "in"),)
    assert f"Next: semeval-emo fix {tmp_path / 'in'}\n" in cli("pack", tmp_path / "in", "-o", tmp_path / "a.zip").out


def drop(emotion: str):
    return lambda folder: (folder / f"{emotion}_pred_eng.csv").unlink()


def edit(emotion: str, change):
    def spoil(folder: Path) -> None:
        path = folder / f"{emotion}_pred_eng.csv"
        path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")

    return spoil


def copy(folder: Path) -> None:
    (folder / "anger_pred_eng_2.csv").write_bytes((folder / "anger_pred_eng.csv").read_bytes())


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (drop("joy"), "no file has joy"),
        (copy, "2 files have anger: anger_pred_eng.csv, anger_pred_eng_2.csv"),
        (
            edit("fear", lambda lines: lines[:-2]),
            "the ids of anger_pred_eng.csv and fear_pred_eng.csv differ: the second lacks 2 ids, such as "
            "'eng_dev_track_a_00115'",
        ),
        (edit("fear", lambda lines: [*lines, "eng_dev_track_a_00999,True"]), "the second also has 1 id, such as"),
        (edit("fear", lambda lines: [*lines, lines[-1]]), "fear_pred_eng.csv has the id 'eng_dev_track_a_00116' twice"),
        (
            edit("fear", lambda lines: ["id,Joy", *lines[1:]]),
            "the name fear_pred_eng.csv says fear, but its column is joy",
        ),
    ],
    ids=["missing", "two files", "fewer ids", "more ids", "an id twice", "name and column"],
)
def test_files_that_do_not_fit_are_one_problem(spoil, why: str, cli, tmp_path: Path) -> None:
    write_each(tmp_path / "in")
    spoil(tmp_path / "in")
    counts = codes(tmp_path / "in")
    assert {code for code in counts if code[0] == "E"} == {"E123"} and counts["E123"] == 1
    report = fix(tmp_path / "in", tmp_path / "out")
    assert not report.written and why in report.refusals[0].problems[0].message
    code, out, err = cli("score", tmp_path / "in")
    assert (code, out) == (1, "") and "E123" in err


def test_two_systems_that_lack_a_column_are_not_joined(tmp_path: Path) -> None:
    for name in ("pred_eng_1.csv", "pred_eng_2.csv"):
        rows = [",".join(map(str, (i, *row[:4]))) for i, row in zip(ENG.ids, labels(ENG), strict=True)]
        (tmp_path / name).write_text("\n".join(["id,anger,fear,joy,sadness", *rows]) + "\n")
    assert codes(tmp_path)["E312"] == 2


# ---- several systems


def systems(folder: Path, names: tuple[str, ...] = ("epoch_0_eng.csv", "epoch_1_eng.csv", "epoch_2_eng.csv")) -> Path:
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(prediction_bytes(ENG, labels(ENG, seed)))
    return folder


def test_case_35(cli, shared_dir: Path, data_dir: Path, tmp_path: Path) -> None:
    folder = shared_dir / "cases" / "35-one-folder-many-runs"
    code, out, _ = cli("validate", folder)
    text = " ".join(out.split())
    assert code == 1
    assert "E121 5 files are for 2025 track a eng dev: alt4_epoch_0_pred_eng_a_2025-01-02_03_04_05.csv" in text
    assert f"To score each: semeval-emo score {folder}; to compare them: semeval-emo compare {folder}" in text
    assert "4 more files have the same problems: alt4_epoch_100" in text
    assert len(out.splitlines()) < 45
    for words in (("fix", folder, "-o", tmp_path / "out"), ("pack", folder, "-o", tmp_path / "a.zip")):
        code, out, err = cli(*words)
        assert code == 1 and len((out + err).splitlines()) < 13
        assert "5 files are for 2025 track a eng dev" in out + err
        assert "score and compare take all of them" in " ".join((out + err).split())
    code, out, err = cli("score", folder)
    assert code == 0 and len(err.splitlines()) < 20
    assert len([line for line in out.splitlines() if line.startswith("alt4_epoch_")]) == 5
    assert err.endswith(f"Next: semeval-emo compare {folder}\n")
    assert cli("compare", folder, "--resamples", 1000, "--trials", 1000).code == 0


def test_one_problem_for_each_folder_and_place(tmp_path: Path) -> None:
    folder = systems(tmp_path / "in")
    report = validate(folder)
    assert report.counts["E121"] == 1 and "E205" not in report.counts
    assert len(read_submission(folder).predictions) == 3
    # JSON has every problem of every file.
    assert sum(problem["code"] == "E202" for problem in report.to_dict()["problems"]) == 3
    # Systems in folders of their own are not one submission.
    assert "E121" not in validate(systems(tmp_path / "own", ("a/pred_eng.csv", "b/pred_eng.csv"))).counts


def test_equal_files_are_one(tmp_path: Path) -> None:
    folder = systems(tmp_path / "in", ("pred_eng.csv",))
    (folder / "pred_eng (1).csv").write_bytes((folder / "pred_eng.csv").read_bytes())
    assert fix(folder, tmp_path / "out").ok
    assert validate(tmp_path / "out").valid


def test_pack_names_the_files(tmp_path: Path) -> None:
    folder = systems(tmp_path / "in")
    with pytest.raises(InvalidSubmission, match=r"3 files are for 2025 track a eng dev: .*epoch_0_eng"):
        pack(folder, tmp_path / "a.zip")


# ---- rows of several files in one


def frame(specs: list[FileSpec], rows: int = 10_000, float_blanks: bool = True) -> str:
    """Return a frame as pandas writes it: columns with blank cells have floats."""
    emotions = [name for name in TASK.emotions if any(name in spec.emotions for spec in specs)]
    blank = {name for name in emotions if any(name not in spec.emotions for spec in specs)}
    lines = [",".join(["id", "language", *emotions])]
    for spec in specs:
        for text_id, row in list(zip(spec.ids, labels(spec).tolist(), strict=True))[:rows]:
            cells = dict(zip(spec.emotions, map(str, row), strict=True))
            cells |= {name: f"{cells[name]}.0" for name in blank if name in cells and float_blanks}
            lines.append(",".join([text_id, spec.language, *(cells.get(name, "") for name in emotions)]))
    return "\n".join(lines) + "\n"


def test_case_18(cli, shared_dir: Path, data_dir: Path, tmp_path: Path) -> None:
    file = shared_dir / "cases" / "18-all-languages-one-frame" / "predictions_all.csv"
    assert codes(file) == {"E412": 1}
    code, out, _ = cli("fix", file, "-o", tmp_path / "out")
    assert code == 0 and "rows separated by language" in out
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.csv")) == ["pred_eng.csv", "pred_sun.csv"]
    assert validate(tmp_path / "out").valid
    assert {card.spec.language for card in score(file).cards} == {"eng", "sun"}


@pytest.mark.parametrize("keys", [["a eng", "a ron", "b ron"], ["a eng", "b eng"], ["a deu", "c afr", "a eng"]])
def test_tracks_and_languages_in_one_frame(keys: list[str], tmp_path: Path) -> None:
    specs = [TASK.spec(*key.split(), "dev") for key in keys]
    path = tmp_path / "all.csv"
    path.write_text(frame(specs))
    report = validate(path)
    errors = {code for code in report.counts if code[0] == "E"}
    assert errors <= {"E410", "E412", "E420"} if len({spec.language for spec in specs}) > 1 else "E410" in errors
    assert all(part.is_complete and part.is_scorable for part in report.files[0].parts)
    assert fix(path, tmp_path / "out").ok
    for spec in specs:
        written = tmp_path / "out" / f"track_{spec.track}" / spec.file_name
        assert written.read_bytes() == prediction_bytes(spec, labels(spec))


def test_a_blank_cell_of_a_column_that_the_language_has_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    lines = frame([TASK.spec("a", "ron", "dev"), ENG]).splitlines()
    cells = lines[1].split(",")
    path.write_text("\n".join([lines[0], ",".join([*cells[:3], "", *cells[4:]]), *lines[2:]]) + "\n")
    assert codes(path) == {"E412": 1, "E507": 1}


def test_case_26(cli, shared_dir: Path, tmp_path: Path) -> None:
    file = shared_dir / "cases" / "26-sample-of-sixty-files" / "test.csv"
    code, out, _ = cli("validate", file)
    assert code == 1
    head, _, rest = out.partition("organisers-2025")
    assert len([line for line in head.splitlines() if line]) <= 10 and len(rest.splitlines()) < 8
    text = " ".join(head.split())
    assert "168 rows of 56 files of the task: 3 of 98 rows of 2025 track a afr dev" in text
    assert "and 53 more; none of them complete" in text and "split the file by track, language and split" in text
    report = validate(file).to_dict()
    assert len(report["files"][0]["parts"]) == 56
    code, out, _ = cli("fix", file, "-o", tmp_path / "out")
    assert code == 1 and len(out.splitlines()) < 12
    code, out, _ = cli("score", file, "--subset", "--gold", "sample")
    assert code != 0


def test_the_complete_parts_of_many_are_written(cli, tmp_path: Path) -> None:
    specs = [TASK.spec("a", code, "dev") for code in ("eng", "deu", "ron", "sun")]
    path = tmp_path / "all.csv"
    whole, cut = frame(specs[:3]).splitlines(), frame(specs[2:], 5).splitlines()
    path.write_text("\n".join([*whole, *(line for line in cut if line.startswith("sun"))]) + "\n")
    assert codes(path).keys() == {"E420"}
    report = fix(path, tmp_path / "out")
    assert [Path(file.path).name for file in report.written] == ["pred_deu.csv", "pred_eng.csv", "pred_ron.csv"]
    (refusal,) = report.refusals
    assert "3 of them complete" in refusal.problems[0].message
    assert validate(tmp_path / "out").valid


# ---- names and files that are what they seem


def test_case_31(cli, shared_dir: Path, data_dir: Path) -> None:
    file = shared_dir / "cases" / "31-gold-as-prediction" / "pred_eng.csv"
    for style in ("text", "markdown", "csv", "json", "latex"):
        code, out, _ = cli("score", file, "--format", style)
        assert code == 0 and "The predictions and the gold labels are identical" in " ".join(out.split())


def test_case_39(cli, shared_dir: Path, data_dir: Path, tmp_path: Path) -> None:
    file = shared_dir / "cases" / "39-text-column-of-other-texts" / "eng_a.csv"
    evidence = (
        "116 of 116 texts are not those of 2025 track a eng dev; the first is 'An invented sentence, number 0, that "
        "is in no release.' for eng_dev_track_a_00001"
    )
    code, out, err = cli("score", file, "--gold", data_dir)
    assert (code, out) == (1, "") and evidence in " ".join(err.split())
    for words in (("validate", file), ("fix", file, "-o", tmp_path / "out")):
        code, out, _ = cli(*words)
        assert code == 1 and evidence in " ".join(out.split())
    assert not (tmp_path / "out").exists()
    assert cli("score", file, "--subset").code == 1


def test_case_42(cli, shared_dir: Path) -> None:
    file = shared_dir / "cases" / "42-model-letter-in-name" / "pred_eng_model_b.csv"
    assert "track b" not in cli("validate", file).out
    assert codes(file).keys() == {"E201"}


@pytest.mark.parametrize(
    "name",
    [
        "pred_eng_model_b.csv", "pred_eng_run-b.csv", "pred_eng_seed_c.csv", "b_pred_eng.csv", "plan_b_eng.csv",
        "pred_eng_v2_b.csv", "pred_eng_bert_c.csv", "pred_eng_fold_c_final.csv", "c/pred_eng.csv",
        "vitamin_c/pred_eng.csv", "pred_eng_alphaB.csv", "pred_eng_deberta.csv", "pred_eng_2b.csv",
        "pred_eng_llama3_8b.csv",
    ],
)  # fmt: skip
def test_a_letter_is_not_a_track(name: str, tmp_path: Path) -> None:
    path = systems(tmp_path, (name,)) / name
    assert "E206" not in codes(path)


def test_case_47(cli, shared_dir: Path, data_dir: Path) -> None:
    file = shared_dir / "cases" / "47-dev-ids-test-phase" / "pred_eng.csv"
    report = validate(file)
    assert report.valid and report.counts == {"W416": 1}
    assert "rows of 2025 track a eng dev" in cli("validate", file).out
    code, out, _ = cli("validate", file, "--split", "test")
    assert code == 1 and "the ids are those of split dev" in " ".join(out.split())
    assert score(file).card.spec.split == "dev"


def test_the_json_form_names_the_joined_files(tmp_path: Path, cli) -> None:
    write_each(tmp_path / "in")
    files = sorted((tmp_path / "in").iterdir())
    report = json.loads(cli("validate", *files, "--format", "json").out)
    assert report["files"][0]["joined"] == [str(file) for file in files]
