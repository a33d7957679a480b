"""How recipes look: the list, and one recipe. Runs are in `runs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semeval_emo.report.table import Column, Table, cell
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.inference.overview import RecipeEntry, RecipeScore
from semeval_emo.zoo.recipe import GroupConfig, Recipe
from semeval_emo.zoo.recipes.load import trainable_text
from semeval_emo.zoo.registry import family_class

TEST_MARK = "test!"
"""How a choice that was made on the test split is marked, everywhere."""


def recipe_list(listed: Sequence[RecipeEntry]) -> list[Table]:
    """One line a recipe, one table for each backbone; the recipes of published runs stand last."""
    groups: dict[tuple[bool, str], list[RecipeEntry]] = {}
    for one in listed:
        recipe = one.recipe
        groups.setdefault((recipe.published is not None, short_backbone(recipe) or recipe.family), []).append(one)
    tracks = _tracks(listed)
    tables = [_recipes_of(name, groups[published, name], tracks) for published, name in sorted(groups)]
    return [*tables[:-1], replace(tables[-1], notes=_list_notes(listed))]


def recipe_rows(listed: Sequence[RecipeEntry]) -> Table:
    """One line a recipe and all in one table, with bare numbers: the list as programs read it."""
    columns = (
        Column("recipe", "name"), Column("family"), Column("backbone"), Column("trains"), Column("parameters", "int"),
        Column("trained", "int"), Column("rates"), Column("epochs", "int"), Column("batch", "int"), Column("selects"),
        Column("theirs", "score"), Column("measured on"), Column("track"), Column("language"), Column("release"),
        Column("metric"), Column("ours", "score"), Column("ours from"),
    )  # fmt: skip
    rows = []
    for one in listed:
        recipe, said, ours = one.recipe, one.recipe.published, one.ours
        what, rates = _trained(recipe)
        train = recipe.train if rates is not None else None
        sizes = (one.sizes.total, one.sizes.trainable) if one.sizes else (None, None)
        row = (
            recipe.name, recipe.family, short_backbone(recipe), what, *sizes, rates,
            train and train.epochs, train and train.batch, selects(recipe), said and said.macro_f1,
            said and said.measured_on, one.track, one.language, one.release,
            ours and ours.metric, ours and ours.score, ours and ours.source,
        )  # fmt: skip
        rows.append(row)
    return Table("Recipes", columns, tuple(rows))


def _trained(recipe: Recipe) -> tuple[str | None, str | None]:
    """What moves, and at which rates; None where the family has no such thing."""
    uses = family_class(recipe.family).recipe_sections
    rates = "/".join(dict.fromkeys(_short_rate(group, recipe) for _, group in _moving(recipe)))
    return _short_trainable(recipe) if "trainable" in uses else None, rates if "train" in uses else None


def _tracks(listed: Sequence[RecipeEntry]) -> list[str]:
    """The tracks on which a recipe has a score of ours."""
    return sorted({one.ours.track for one in listed if one.ours})


def _recipes_of(name: str, listed: Sequence[RecipeEntry], tracks: Sequence[str]) -> Table:
    """The recipes of one backbone; columns that are empty throughout are left out."""
    columns = (
        Column("recipe", "name"), Column("trains"), Column("moves"), Column("rates"), Column("epochs"),
        Column("selects"), Column("theirs", "score"), Column("measured on"),
        *(Column(f"ours {track}", "score") for track in tracks),
    )  # fmt: skip
    rows = []
    for one in listed:
        recipe, said = one.recipe, one.recipe.published
        what, rates = _trained(recipe)
        rows.append(
            (
                recipe.name,
                what,
                millions(one.sizes.trainable) if one.sizes else None,
                rates,
                f"{recipe.train.epochs} x {recipe.train.batch}" if rates is not None else None,
                selects(recipe),
                said.macro_f1 if said else None,
                said.measured_on if said and said.measured_on != "test" else None,
                *(one.ours.score if one.ours and one.ours.track == track else None for track in tracks),
            )
        )
    used = [c for c in range(len(columns)) if any(row[c] is not None for row in rows)]
    first = listed[0]
    families = sorted({one.recipe.family for one in listed} - {name})
    words = [name, ", ".join(families), _total(first.sizes)]
    if first.recipe.published:
        words.append(f"runs of {first.recipe.published.source}")
    return Table(
        " · ".join(word for word in words if word),
        tuple(columns[c] for c in used),
        tuple(tuple(row[c] for c in used) for row in rows),
    )


def _total(sizes: ParameterCounts | None) -> str:
    return f"{millions(sizes.total)} parameters" if sizes else ""


def _short_trainable(recipe: Recipe) -> str:
    part = recipe.trainable
    return {"head": "head", "last": f"head+{part.layers}", "all": "all", "lora": "LoRA"}[part.part]


def _short_rate(group: GroupConfig, recipe: Recipe) -> str:
    return f"{recipe.train.lr if group.lr is None else group.lr:g}".replace("e-0", "e-")


def _list_notes(listed: Sequence[RecipeEntry]) -> tuple[str, ...]:
    recipes = [one.recipe for one in listed]
    notes = [
        f"{len(recipes)} recipes. " if len(recipes) != 1 else "",
        "trains: head+n is the head and the last n layers; moves: parameters trained; rates: head/the rest; ",
        "epochs x batch; selects: the split that decides what is kept, or the last epoch.",
    ]
    found = ["".join(notes)]
    if any(recipe.published for recipe in recipes):
        found.append("theirs: macro F1 as its source published it, one run each, on the test split unless said.")
    if any(TEST_MARK in selects(recipe) for recipe in recipes):
        found.append(f"{TEST_MARK} chosen on the test split itself, as its source did, so the figure is optimistic.")
    scored = [one.ours for one in listed if one.ours]
    if scored:
        words = dict.fromkeys(f"{_place(one)}, {METRICS[one.metric].title}" for one in scored)
        where = "; ".join(sorted(words))
        found.append(f"ours: on test ({where}), of the run in the folder of runs, else as submitted.")
    if not all(_trains_anywhere(recipe) for recipe in recipes):
        found.append("int8 and int4 recipes train only with a GPU and bitsandbytes.")
    return tuple(found)


def _trains_anywhere(recipe: Recipe) -> bool:
    return recipe.model.quantization == "none"


def short_backbone(recipe: Recipe) -> str | None:
    """The backbone's name without its owner or the kind of its source."""
    name = recipe.model.backbone.rstrip("/").rsplit("/", 1)[-1].removeprefix("package:").removesuffix(".bin")
    words = [name, "" if recipe.model.quantization == "none" else recipe.model.quantization]
    return " ".join(word for word in words if word) or None


def selects(recipe: Recipe) -> str:
    """The split that decides what is kept, ``last`` where none does; test is marked."""
    words = [recipe.select.split if recipe.select.epoch == "best" else "last"]
    if recipe.threshold.rule != "fixed" and recipe.threshold.split not in words:
        words.append(recipe.threshold.split)
    return "+".join(TEST_MARK if word == "test" else word for word in words)


def millions(count: int) -> str:
    """A number of parameters in short.

    >>> millions(243_296_256), millions(10_240), millions(1_235_824_640)
    ('243M', '10.2k', '1.24B')
    """
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def recipe_sheet(one: RecipeEntry) -> list[Table]:
    """Everything about one recipe."""
    recipe = one.recipe
    columns = (Column("field"), Column("value"))
    rows: list[tuple[str, Any]] = [
        ("family", recipe.family),
        ("extends", " < ".join(recipe.bases) or None),
        ("file", recipe.path.name),
        ("track, language", f"{one.track}, {one.language}"),
        ("release", one.release),
    ]
    rows += _learned(recipe)
    uses = family_class(recipe.family).recipe_sections
    if "model" in uses:
        model = recipe.model
        # Perhaps a folder, which people copy.
        rows.append(("backbone", Path(model.backbone) if model.backbone else None))
        rows += [("tokens", model.max_length), ("padding", model.padding)]
        rows += [("pooling", model.pooling)] if model.pooling else []
        rows += [("head", " ".join([model.head, *map(str, model.head_hidden)]))]
        rows += [("dropout", model.dropout)] if model.dropout is not None else []
        rows += [("weights", model.quantization)] if model.quantization != "none" else []
    if one.sizes:
        rows.append(("parameters", f"{one.sizes.trainable:,} trained of {one.sizes.total:,}"))
    if "trainable" in uses:
        frozen = "moves" if recipe.trainable.final_norm or recipe.trainable.part == "all" else "frozen"
        rows += [("trains", trainable_text(recipe)), ("final norm", frozen)]
    if "train" in uses:
        rows += _training(recipe)
    options = recipe.resolved()[recipe.family]
    rows += [(name, _value(value, "peft's choice" if name == "targets" else "none")) for name, value in options.items()]
    cut = "cut points" if recipe.select.metric == "pearson" else "threshold"
    rows += [("seed", recipe.train.seed), ("kept epoch", _kept(recipe)), (cut, _threshold(recipe))]
    rows += [("licence of the weights", recipe.model.licence)] if recipe.model.licence else []
    if one.ours:
        rows += [("ours on test", f"{cell(one.ours.score, 'score')} ({METRICS[one.ours.metric].title})")]
        rows += [("from", Path(one.ours.source))]
    notes = [recipe.note] if recipe.note else []
    tables = [Table(f"{recipe.name}: {recipe.title}", columns, tuple(rows), tuple(notes))]
    if recipe.published:
        tables.append(_published(recipe))
    return tables


def _learned(recipe: Recipe) -> list[tuple[str, Any]]:
    """What is trained on, where it is more than the language's own train split."""
    data = recipe.data
    most = f", {data.most:,} texts of each" if data.most else ""
    found = [
        ("splits", ", ".join(data.splits) if data.splits not in ((), ("train",)) else ""),
        ("sources", ", ".join(data.sources) + most if data.sources else ""),
        ("where it has no train", ", ".join(data.stand_in)),
        ("extra data", ", ".join(data.extra)),
    ]
    return [(what, words) for what, words in found if words]


def _training(recipe: Recipe) -> list[tuple[str, Any]]:
    train = recipe.train
    rates = [f"{name} {_rate(group, recipe)}" for name, group in _moving(recipe)]
    loss = {"bce": "binary cross-entropy", "mse": "squared error of degrees"}[recipe.loss.kind]
    weight = {"none": "", "per_label": ", positives weighted per label", "global": ", positives weighted as one"}
    batch = f"{train.epochs} x batch {train.batch}"
    warmup = f"{train.warmup:.0%} warm-up" if train.warmup else "no warm-up"
    return [
        ("learning rates", "; ".join(rates)),
        ("norms and biases", "decay too" if train.decay_norms else "do not decay"),
        ("epochs", batch + (f" x {train.accumulate}" if train.accumulate > 1 else "")),
        ("schedule", f"{train.schedule}, {warmup}, gradient clipped at {train.clip:g}"),
        ("loss", loss + weight[recipe.loss.pos_weight]),
        ("precision", train.precision),
        ("engine", train.engine),
    ]


def _moving(recipe: Recipe) -> list[tuple[str, GroupConfig]]:
    """The parameter groups that have something to move."""
    part = recipe.trainable.part
    groups = recipe.groups
    found = [("head", groups.head)]
    if part in ("last", "all"):
        found.append(("layers", groups.layers))
    if part == "all" or recipe.trainable.final_norm:
        found.append(("norm", groups.norm))
    if part == "all":
        found.append(("embeddings", groups.embeddings))
    if part == "lora":
        found.append(("adapters", groups.adapters))
    return found


def _rate(group: GroupConfig, recipe: Recipe) -> str:
    lr = recipe.train.lr if group.lr is None else group.lr
    decay = recipe.train.weight_decay if group.weight_decay is None else group.weight_decay
    return f"{lr:g}" + (f" (decay {decay:g})" if decay else "")


def _kept(recipe: Recipe) -> str:
    if recipe.select.epoch == "last":
        return "the last"
    mark = f" ({TEST_MARK} optimistic)" if recipe.select.split == "test" else ""
    patience = f", stops after {recipe.select.patience} without a better one" if recipe.select.patience else ""
    folds = f"{recipe.select.folds} " if recipe.select.split == FOLDS else ""
    return f"best {METRICS[recipe.select.metric].title} on {folds}{recipe.select.split}{mark}{patience}"


def _threshold(recipe: Recipe) -> str:
    rule = recipe.threshold
    degrees = recipe.select.metric == "pearson"
    if rule.rule == "fixed":
        return "rounded" if degrees else f"{rule.value:g}"
    words = {"global": "one for all emotions", "per_label": "one per emotion"}[rule.rule]
    mark = f" ({TEST_MARK} optimistic)" if rule.split == "test" else ""
    return f"{words}, tuned on {rule.split}{mark}"


def _published(recipe: Recipe) -> Table:
    said = recipe.published
    assert said is not None
    rows = [
        (f"macro F1 on {said.measured_on}", f"{said.macro_f1:.4f}"),
        (f"micro F1 on {said.measured_on}", None if said.micro_f1 is None else f"{said.micro_f1:.4f}"),
        ("chosen", said.selected + (f" ({TEST_MARK} optimistic)" if said.selected_on_test else "")),
        ("source", said.source),
        ("run", said.run),
    ]
    return Table("Published", (Column("figure"), Column("value")), tuple(rows))


def _value(value: Any, empty: str) -> str:
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return words or empty


def _place(ours: RecipeScore) -> str:
    return f"track {ours.track}, {ours.language}"


def listed_dict(one: RecipeEntry) -> dict[str, Any]:
    """One recipe as JSON has it."""
    recipe, said = one.recipe, one.recipe.published
    return {
        "name": recipe.name,
        "title": recipe.title,
        "note": recipe.note or None,
        "extends": list(recipe.bases),
        "trains": trainable_text(recipe),
        "parameters": None if one.sizes is None else {"trained": one.sizes.trainable, "all": one.sizes.total},
        "selects_on_test": recipe.selects_on_test,
        "published": None
        if said is None
        else {
            "macro_f1": said.macro_f1,
            "micro_f1": said.micro_f1,
            "measured_on": said.measured_on,
            "selected": said.selected,
            "selected_on_test": said.selected_on_test,
            "source": said.source,
            "run": said.run,
        },
        "track": one.track,
        "language": one.language,
        "release": one.release,
        "ours": None if one.ours is None else one.ours.score,
        "ours_metric": None if one.ours is None else one.ours.metric,
        "ours_from": None if one.ours is None else one.ours.source,
        "hash": recipe.hash,
        "recipe": recipe.resolved(),
    }
