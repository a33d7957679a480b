"""Numbers out of bounds are refused before anything is trained or written."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from semeval_emo.cli.app import main
from semeval_emo.errors import UsageError
from semeval_emo.zoo.recipe import Range, Recipe
from semeval_emo.zoo.recipes.load import load_recipe, recipe_from_table, schema
from semeval_emo.zoo.registry import ADAPTED, FAMILIES, family_class


def numbers(kind: Any, path: str = "", rules: tuple[Any, ...] = ()) -> Iterator[tuple[str, type, tuple[Any, ...]]]:
    """Yield every numeric field of a type: its dotted key, its type, and its checks."""
    if typing.get_origin(kind) is Annotated:
        plain, *own = typing.get_args(kind)
        yield from numbers(plain, path, (*rules, *own))
    elif typing.get_origin(kind) in (types.UnionType, typing.Union, tuple):
        for one in {one for one in typing.get_args(kind) if one not in (type(None), ...)}:
            yield from numbers(one, path, rules)
    elif dataclasses.is_dataclass(kind):
        for name, one in schema.field_types(kind).items():
            yield from numbers(one, f"{path}.{name}".lstrip("."))
    elif kind in (int, float):
        yield path, kind, rules


SHARED = list(numbers(Recipe))
OWN = [
    (f"{family}.{key}", kind, rules)
    for family in FAMILIES
    for key, kind, rules in numbers(family_class(family).options_class)
]
FIELDS = {key: (kind, rules) for key, kind, rules in SHARED + OWN}
IN_LISTS = ("model.head_hidden", "tfidf.words", "tfidf.characters", "threshold.grid")
SHAPE = {"architecture": "llama", "layers": 1, "hidden": 8, "mlp": 8, "heads": 2, "vocabulary": 300}
PUBLISHED = {"macro_f1": 0.5}


def written(key: str, value: Any) -> dict[str, Any]:
    """Return a complete recipe table with one value set."""
    family = key.partition(".")[0] if key.partition(".")[0] in FAMILIES else "decoder"
    table: dict[str, Any] = {"family": family, "data": {"language": "eng"}, "published": PUBLISHED}
    if "shape" in family_class(family).recipe_sections:
        table["shape"] = SHAPE
    if family in ADAPTED:
        table["trainable"] = {"part": "lora"}
    in_list = key in IN_LISTS or key.endswith(".strength")
    return schema.merge(table, schema.nest(key, [value] if in_list else value))


def test_the_recipes_of_these_tests_are_complete():
    assert len(FIELDS) > 40
    for family in FAMILIES:
        table = written(f"{family}.x", 0)
        del table[family]
        assert recipe_from_table("x", table).family == family


@pytest.mark.parametrize("key", FIELDS)
def test_every_number_has_bounds(key: str):
    kind, rules = FIELDS[key]
    bounds = [rule for rule in rules if isinstance(rule, Range)]
    assert bounds, f"{key} has no bounds"
    wrong = [-1, bounds[0].low - 1, *([bounds[0].low] if bounds[0].above else [])]
    if bounds[0].high < float("inf"):
        wrong += [bounds[0].high + 1, *([bounds[0].high] if bounds[0].below else [])]
    for value in [kind(one) for one in wrong] + ([float("nan"), float("inf"), 10**400] if kind is float else []):
        with pytest.raises(UsageError) as refused:
            recipe_from_table("x", written(key, value))
        assert refused.value.message.startswith(f"recipe x: {key} must be ")
        assert refused.value.message.endswith(f", not {value!r}.")


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("llama-tiny", ["train.epochs=0"], "train.epochs must be 1 or more, not 0."),
        ("llama-tiny", ["train.lr=nan"], "train.lr must be a finite number, not nan."),
        ("llama-tiny", ["threshold.value=2"], "threshold.value must be at most 1, not 2."),
        ("llama-tiny", ["model.dropout=1"], "model.dropout must be below 1, not 1."),
        (
            "llama-tiny",
            ["threshold.grid=[0.9, 0.1, 0.1]"],
            "threshold.grid must be [first, last, step] with the first at most the last and a step of 0.001 or more, "
            "not [0.9, 0.1, 0.1].",
        ),
        ("tfidf-logreg", ["tfidf.strength=[]"], "tfidf.strength must be a list of one value or more, not []."),
        ("tfidf-logreg", ["tfidf.strength=[-1.0]"], "tfidf.strength must be above 0, not -1.0."),
        ("tfidf-logreg", ["tfidf.words=[2,1]"], "tfidf.words must be [shortest, longest], or [] for none, not [2, 1]."),
        (
            "llama-tiny",
            ["shape.heads=5"],
            "shape.hidden = 64 is not a multiple of shape.heads = 5.\n  fix: choose a multiple of heads for hidden",
        ),
        (
            "llama-tiny",
            ["shape.kv_heads=3"],
            "shape.heads = 4 is not a multiple of shape.kv_heads = 3.\n"
            "  fix: choose a divisor of heads for kv_heads, or 0 for as many as heads",
        ),
        (
            "llama-tiny",
            ["shape.heads=64", "shape.kv_heads=0"],
            "rotary embeddings need an even head size, and shape.hidden / shape.heads is 1.\n"
            "  fix: change hidden or heads",
        ),
        (
            "llama-tiny",
            ["trainable.part=lora"],
            "trainable.part = 'lora' trains adapters, which the family 'decoder' does not have.\n"
            "  fix: use one of head, last, all, or a recipe of the family 'lora'",
        ),
        (
            "llama-lora-int8-batch2",
            ["trainable.part=head"],
            "the family 'lora' trains adapters and a head, not trainable.part = 'head'.\n"
            "  fix: --set trainable.part=lora",
        ),
        (
            "llama-tiny",
            ["trainable.layers=0"],
            "trainable.part = 'last' trains the last layers, and trainable.layers is 0.\n"
            "  fix: --set trainable.layers=N, or --set trainable.part=head",
        ),
    ],
)
def test_show_and_train_refuse_invalid_values(name: str, words: list[str], said: str, tmp_path: Path, capsys):
    settings = [word for one in words for word in ("--set", one)]
    for command in (["show", name], ["train", name, "--data", "sample"]):
        assert main(["zoo", *command, *settings, "--runs", str(tmp_path / "runs")]) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", f"error: recipe {name} with --set: {said}\n")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("seed", ["-1", "4294967296"])
def test_seeds_have_bounds(seed: str, tmp_path: Path, capsys):
    assert main(["zoo", "train", "constant-all", "--data", "sample", "--seed", seed, "--runs", str(tmp_path)]) == 2
    bound = "0 or more" if seed == "-1" else "at most 4294967295"
    assert f"train.seed must be {bound}, not {seed}." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        (
            "tfidf-logreg",
            ["tfidf.min_df=100000"],
            "recipe tfidf-logreg: no n-gram occurs in tfidf.min_df = 100000 or more of the 240 texts.\n"
            "  fix: --set tfidf.min_df=1 keeps every n-gram",
        ),
        (
            "tfidf-folds",
            ["tfidf.min_df=240"],
            "recipe tfidf-folds: no n-gram occurs in tfidf.min_df = 240 or more of the 300 texts.\n"
            "  fix: --set tfidf.min_df=1 keeps every n-gram",
        ),
        (
            "tfidf-folds",
            ["select.folds=301"],
            "Recipe tfidf-folds: 300 texts cannot be split into 301 folds.\n  fix: --set select.folds=5",
        ),
        (
            "llama-tiny",
            ["model.max_length=1", "train.lr=1e30", "groups.head.lr=1e30", "train.clip=0", "train.epochs=1"],
            "Recipe llama-tiny: training diverged: the loss of epoch 1 is nan.\n"
            "  fix: lower the learning rates (train.lr, groups) and train again with --fresh",
        ),
    ],
)
def test_errors_that_depend_on_the_texts(name: str, settings: list[str], said: str, tmp_path: Path, capsys):
    words = [word for one in settings for word in ("--set", one)]
    assert main(["zoo", "train", name, "--data", "sample", "-q", "--runs", str(tmp_path), *words]) == 2
    assert capsys.readouterr().err == f"error: {said}\n"
    assert not list(tmp_path.rglob("pred_*.csv"))


def test_max_length_is_limited_by_the_backbone(tmp_path: Path):
    from transformers import BertTokenizerFast

    from semeval_emo.zoo.engine.network import check_length

    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nday\n")
    tokenizer = BertTokenizerFast(str(tmp_path / "vocab.txt"), model_max_length=512)
    model = load_recipe("minilm-ft").model
    check_length(tokenizer, model)
    for length, near in ((2, 3), (513, 512)):
        with pytest.raises(UsageError) as refused:
            check_length(tokenizer, dataclasses.replace(model, backbone="bert", max_length=length))
        assert str(refused.value) == (
            f"bert supports 3 to 512 tokens, but model.max_length is {length}.\n  fix: --set model.max_length={near}"
        )


def test_folds_may_be_empty(tmp_path: Path, capsys):
    small = ["tfidf.strength=[1.0]", "tfidf.words=[]", "tfidf.characters=[2,2]", "tfidf.balanced=[true]"]
    words = [word for one in (*small, "select.folds=300") for word in ("--set", one)]
    assert main(["zoo", "train", "tfidf-folds", "--data", "sample", "-q", "--runs", str(tmp_path), *words]) == 0


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 5000, "0x" + "f" * 5000, "a.b"])
def test_a_setting_that_is_not_toml_is_text(text: str):
    assert schema.parse_setting(f"a={text}") == ("a", text)
