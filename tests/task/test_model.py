"""Classes of a task: ids, addresses, names, suggestions."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from semeval_emo.errors import UsageError
from semeval_emo.task import IdBlock, load_task, short_hash

TASK = load_task()


def test_the_short_hash_is_sha256_of_joined_lines():
    assert short_hash(["é", "b"]) == hashlib.sha256("é\nb".encode()).hexdigest()[:16]


def test_a_block_skips_numbers():
    block = IdBlock("x_", 3, 9, 12, (10,))
    assert (len(block), list(block)) == (3, ["x_009", "x_011", "x_012"])


def test_tracks_languages_and_files_of_the_competition():
    specs = TASK.specs("2025")
    rows = {
        (track, split): sum(s.rows for s in specs if (s.track, s.split) == (track, split))
        for track in "abc"
        for split in ("train", "dev", "test")
    }
    assert rows == {
        ("a", "train"): 65098, ("a", "dev"): 8506, ("a", "test"): 41555,
        ("b", "train"): 23516, ("b", "dev"): 2663, ("b", "test"): 19693,
        ("c", "train"): 0, ("c", "dev"): 10370, ("c", "test"): 46884,
    }  # fmt: skip
    assert len(TASK.languages) == 32
    assert {track: len({s.language for s in specs if s.track == track}) for track in "abc"} == {
        "a": 28,
        "b": 11,
        "c": 32,
    }
    assert len(specs) == 180


@pytest.mark.parametrize(
    ("track", "language", "release", "missing"),
    [
        ("a", "eng", None, {"disgust"}),
        ("b", "eng", "2025-09", {"disgust"}),
        ("c", "afr", None, {"surprise"}),
        ("a", "afr", "hub", {"surprise"}),
        ("a", "deu", "codabench-2026", {"disgust"}),
        ("a", "afr", "codabench-2026", {"disgust"}),
        ("c", "afr", "codabench-2026", {"surprise"}),
        ("c", "deu", None, set()),
    ],
)
def test_emotions_by_track_language_and_release(track, language, release, missing):
    spec = TASK.spec(track, language, "test", release)
    assert set(TASK.emotions) - set(spec.emotions) == missing
    assert list(spec.emotions) == sorted(spec.emotions)
    assert spec.header == ("id", *spec.emotions)


def test_properties_of_a_file():
    spec = TASK.spec("A", "eng", "test")
    assert (spec.place, spec.file_name, spec.rows) == ("2025 track a eng test", "pred_eng.csv", 2767)
    assert (spec.ids[0], spec.ids[-1]) == ("eng_test_track_a_00001", "eng_test_track_a_02767")
    assert spec.id_set == set(spec.ids)
    assert spec.ids_hash == short_hash(sorted(spec.ids))
    assert spec.values == ("0", "1")
    assert TASK.spec("b", "eng", "test").values == ("0", "1", "2", "3")


def test_metrics_of_the_tracks():
    assert {key: (track.metric, track.is_intensity, track.trains_on) for key, track in TASK.tracks.items()} == {
        "a": ("macro_f1", False, "a"), "b": ("pearson", True, "b"), "c": ("macro_f1", False, "a"),
    }  # fmt: skip


def test_files_of_the_hub_hold_both_tracks():
    spec = TASK.spec("a", "eng", "test", "hub")
    assert (spec.rows, [block.prefix for block in spec.blocks]) == (5534, ["eng_test_track_a_", "eng_test_track_c_"])
    specs = TASK.specs("hub", "a")
    assert (len({s.language for s in specs}), sum(s.rows for s in specs)) == (28, 139_595)


def test_an_id_is_found_in_all_files_with_its_prefix_default_release_first():
    assert [spec.place for spec in TASK.places("eng_test_track_a_99999")] == [
        "2025 track a eng test", "2025-09 track a eng test", "hub track a eng test",
    ]  # fmt: skip
    assert [s.place for s in TASK.places("eng_test_track1_001")] == ["codabench-2026 track a eng test"]
    assert TASK.places("ron_test_track1_17") == TASK.places("") == TASK.places("123") == []


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("oro", "this task calls Oromo 'orm', not 'oro'"),
        ("zho", "this task calls Chinese (Mandarin) 'chn', not 'zho'"),
        ("spa", "this task calls Spanish (Latin American) 'esp', not 'spa'"),
        ("ptm", "this task calls Portuguese (Mozambican) 'ptmz', not 'ptm'"),
        ("ENG", "codes are lower-case: use 'eng'"),
        ("Hausa", "use the code 'hau'"),
        # A code or a name that several languages share gets all of them.
        ("por", "this task has Portuguese (Brazilian) 'ptbr' and Portuguese (Mozambican) 'ptmz', not 'por'"),
        ("arb", "this task has Algerian Arabic 'arq' and Moroccan Arabic 'ary', not 'arb'"),
        ("portuguese", "use the code 'ptbr' or 'ptmz'"),
        ("Arabic", "use the code 'arq' or 'ary'"),
        ("Mandarin", "use the code 'chn'"),
        ("ukra", "did you mean 'ukr'?"),
        ("egn", "did you mean 'eng'?"),
        # Codes of other languages are no misspellings: Turkish is not Tigrinya.
        ("tur", "known codes: afr, amh, arq"),
        ("hun", "known codes: afr, amh, arq"),
        ("fra", "known codes: afr, amh, arq"),
        ("qqq", "known codes: afr, amh, arq"),
    ],
)
def test_an_unknown_code_gets_a_suggestion(code, hint):
    assert TASK.hint(code).startswith(hint)
    with pytest.raises(UsageError, match=f"There is no language '{code}'"):
        TASK.language(code)
    with pytest.raises(UsageError):
        TASK.spec("a", code, "test")


def test_aliases_refer_to_languages_and_are_not_codes():
    assert {code for codes in TASK.aliases.values() for code in codes} <= set(TASK.languages)
    assert not set(TASK.aliases) & set(TASK.languages)


LABELS = {
    "anger": "angry Mad rage furious wut enojo raiva гнев 愤怒 ärger ANGER anger! angre",
    "disgust": "disgusted disgusting revulsion ekel asco nojo отвращение disgut",
    "fear": "afraid scared fearful terrified angst miedo medo страх feer",
    "joy": "happiness happy joyful glad delight freude alegría радость joyy",
    "sadness": "sad sorrow grief unhappy trauer tristeza грусть sadnes saddness",
    "surprise": "surprised amazed amazement astonishment shock sorpresa überraschung suprise surprize",
    "": "trust neutral love anticipation optimism joyless fearless happyness2 distrust other label_0 anger_prob bad "
        "amusement valence arousal dear boy gladiator sunrise",
}  # fmt: skip


@pytest.mark.parametrize("task", ["task11", "sample"])
def test_a_column_name_gets_the_emotion_it_names(task):
    emotions = load_task("task11").emotions
    for expected, words in LABELS.items():
        for word in words.split() if task == "task11" else ["happiness", "happy", "glad"] * (expected == "joy"):
            hint = load_task(task).label_hint(word, emotions)
            assert hint == (f"did you mean '{expected}'?" if expected else ""), word


def test_a_synonym_of_a_label_that_is_not_missing_gets_no_hint():
    assert TASK.label_hint("happiness", ("sadness", "fear")) == ""


def test_without_synonyms_a_misspelling_gets_a_hint_and_an_opposite_none():
    task = replace(TASK, synonyms={})
    labels = ("pleasant", "happy", "moral", "optimism", "hope", "trust", "calm", "clam", "harm", "charm")
    for word in ("unpleasant", "unhappy", "immoral", "amoral", "pessimism", "hopeless", "distrust", "mistrust", "sad"):
        assert task.label_hint(word, labels) == "", word
    assert task.label_hint("plesant", labels) == "did you mean 'pleasant'?"
    assert task.label_hint("optimsm", labels) == "did you mean 'optimism'?"
    assert task.label_hint("calmm", labels) == "did you mean 'calm'?"
    assert task.label_hint("caalm", ("calm", "caulm")) == "did you mean 'calm' or 'caulm'?"


@pytest.mark.parametrize("key", ["a", "A", "track_a", "TRACK_A", "Track a"])
def test_a_track_may_be_written_in_several_ways(key):
    assert TASK.track(key).folder == "track_a"


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: TASK.track("d"), "There is no track 'd'"),
        (lambda: TASK.release("2023"), "There is no release '2023'"),
        (lambda: TASK.spec("b", "ron", "train"), "Release 2025 has no train file of track b for 'ron'."),
        (lambda: TASK.spec("c", "eng", "train"), "Release 2025 has no train file of track c for 'eng'."),
    ],
)
def test_unknown_names_are_reported(ask, message):
    with pytest.raises(UsageError) as caught:
        ask()
    assert caught.value.message.startswith(message)
    assert caught.value.fix


def test_the_early_release_is_refused():
    release = TASK.release("2024")
    assert "0-3 % agree" in release.refused
    assert release.specs == {}
    assert release.signs["capitalised_header"] is True
