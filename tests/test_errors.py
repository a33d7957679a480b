"""Suggestions of similar names."""

from __future__ import annotations

import pytest

from semeval_emo.errors import suggest

METRICS = ("macro_f1", "macro_recall", "micro_f1", "jaccard", "hamming_loss", "pearson", "mae")
RECIPES = ("deberta", "llama-lora", "llama-4layer", "tfidf-svm", "tfidf-char", "tfidf-best", "tfidf-folds", "mpnet")


@pytest.mark.parametrize(
    ("name", "known", "names"),
    [
        ("macrof1", METRICS, ["macro_f1"]),
        ("Macro-F1", METRICS, ["macro_f1"]),
        ("f1_macro", METRICS, ["macro_f1"]),
        ("jaccard_score", METRICS, ["jaccard"]),
        ("hamming", METRICS, ["hamming_loss"]),
        # Equally close names are all named.
        ("mcro_f1", METRICS, ["macro_f1", "micro_f1"]),
        ("recall_f1", METRICS, []),
        ("accuracy", METRICS, []),
        ("rmse", METRICS, []),
        # difflib answers deberta, tfidf-svm (of 13 recipes) and bf16.
        ("roberta", RECIPES, []),
        ("bert", RECIPES, []),
        ("tfidf", RECIPES, []),
        ("fp16", ("fp32", "bf16"), []),
        ("lama-lora", RECIPES, ["llama-lora"]),
        ("mpent", RECIPES, ["mpnet"]),
        # Another letter makes another code, unless the letters are the same.
        ("hun", ("hin", "sun", "hau"), []),
        ("rsu", ("rus", "sun"), ["rus"]),
        ("engl", ("eng", "deu"), ["eng"]),
        ("tst", ("train", "dev", "test"), ["test"]),
        ("training", ("train", "dev", "test"), ["train"]),
        ("val", ("train", "dev", "test"), []),
        ("", ("a", "abc"), []),
        ("--", ("-", "?"), []),
    ],
)
def test_close_names_are_suggested(name: str, known: tuple[str, ...], names: list[str]):
    assert suggest(name, known) == (f"did you mean {' or '.join(map(repr, names))}?" if names else "")
