"""Every command that a command names as the next one works as it is printed, for runs of any task and data."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import toy_task

from semeval_emo.data.sample import sample_folder
from semeval_emo.task import load_task

PRINTED = re.compile(r"(?:Next|Fit thresholds): semeval-emo (.*)")
FIRST = {
    "own": [["zoo", "train", "tfidf-logreg", "--data", "my.csv"]],
    "own elsewhere": [["zoo", "train", "tfidf-logreg", "--data", "my.csv", "--runs", "other/runs"]],
    "sample": [["zoo", "train", "tfidf-logreg", "--data", "sample"]],
    "task file": [
        ["zoo", "train", "tfidf-logreg", "--data", "toys/data", "--task", "toys/toy.toml", "--language", "xaa"]
    ],
    "series": [
        ["zoo", "train", "constant-all", "--data", "toys/data", "--task", "toys/toy.toml", "--language", "all"]
    ],
}  # fmt: skip
THEN = (
    ["zoo", "evaluate", "{run}"],
    ["zoo", "tune", "{run}"],
    ["zoo", "predict", "{run}", "I am so happy"],
    ["zoo", "results", "{run}"],
    ["zoo", "card", "{run}"],
    ["zoo", "submit", "{run}", "-o", "submissions/mine"],
    ["zoo", "export", "{run}", "-o", "exported"],
)


@pytest.mark.parametrize("kind", FIRST)
def test_every_printed_command_works(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    text = (sample_folder() / "track_a/train/eng.csv").read_text("utf-8")
    Path("my.csv").write_text(re.sub(r"^sample_eng_train_a_\d+,|^id,", "", text, flags=re.M), "utf-8")
    toy_task.make_toy(Path("toys"))
    queue, done = list(FIRST[kind]), []
    while queue:
        words = queue.pop(0)
        if words in done:
            continue
        done.append(words)
        # As in a new process, which has loaded no task.
        load_task.__globals__["_LOADED"].clear()
        code, out, err = cli(*words)
        assert code == 0, f"{shlex.join(words)}: {err}"
        queue += [shlex.split(line) for line in PRINTED.findall(out + err)]
        if len(done) == 1 and kind != "series":
            (state,) = Path().rglob("run.json")
            # The folder of the recipe has a single run, which is implied.
            queue += [[word.format(run=state.parent.parent) for word in each] for each in THEN]
    assert len(done) > 4
    assert kind != "own" or not any("leaderboard" in words for words in done)
