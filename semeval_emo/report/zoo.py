"""Tables of recipes: the list, and the details of one. Runs are in `runs`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semeval_emo.report.origins import origin_notes
from semeval_emo.report.recipe_cost import cost_table, gigabytes, gpu_text, published_table, shape_text
from semeval_emo.report.table import Column, Table, cell
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.text import plural
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.inference.overview import RecipeEntry
from semeval_emo.zoo.recipe import DataConfig, GroupConfig, Recipe
from semeval_emo.zoo.recipes.cost import GPUS
from semeval_emo.zoo.recipes.load import trainable_text
from semeval_emo.zoo.recipes.readiness import DOWNLOAD, Readiness
from semeval_emo.zoo.registry import PAIRWISE, family_class

SEVERAL = "several backbones"

TEST_MARK = "test!"
"""The mark of a selection on the test split."""


def recipe_list(entries: Sequence[RecipeEntry]) -> list[Table]:
    """Return one table per backbone with one row per recipe.

    Recipes that train on this machine now come first, then those that need an optional dependency or weights from the
    hub, then gated models; in each group, recipes of published runs come last. Backbones of the hub with few recipes
    share a table.
    """
    groups: dict[tuple[Readiness, bool, str], list[RecipeEntry]] = {}
    for entry in entries:
        recipe = entry.recipe
        group = (entry.readiness, _is_notebook(recipe), short_backbone(recipe) or recipe.family)
        groups.setdefault(group, []).append(entry)
    for group in [one for one in groups if one[0].level >= DOWNLOAD and not one[1] and len(groups[one]) < 4]:
        groups.setdefault((*group[:2], SEVERAL), []).extend(groups.pop(group))
    tracks = sorted({entry.ours.track for entry in entries if entry.ours})
    tables = [_backbone_table(group[-1], groups[group], tracks) for group in sorted(groups)]
    return [*tables[:-1], replace(tables[-1], notes=(*tables[-1].notes, *_list_notes(entries)))]


def gpu_list(entries: Sequence[RecipeEntry]) -> Table:
    """Return what the recipes that fine-tune a network from the hub take on a GPU, as estimates, the smallest first."""
    columns = (
        Column("recipe", "name"), Column("backbone", "name"), Column("parameters"), Column("trained"),
        Column("download"), Column("GPU memory"), *(Column(gpu.short_name) for gpu in GPUS),
        Column("published", "score"),
    )  # fmt: skip
    rows = []
    for entry in sorted(entries, key=lambda entry: (entry.sizes.total if entry.sizes else 0, entry.recipe.name)):
        cost = entry.cost
        if cost is None or cost.download is None or entry.sizes is None or _is_notebook(entry.recipe):
            continue
        sizes = (millions(entry.sizes.total), millions(entry.sizes.trainable))
        needs = [gigabytes(cost.download), gigabytes(cost.total_memory), *(gpu_text(cost, gpu) for gpu in GPUS)]
        # A number and its unit stay on one line in the narrow columns of a page.
        needs = [text.replace(" ", "\N{NO-BREAK SPACE}") if text[0].isdigit() else text for text in needs]
        rows.append((entry.recipe.name, short_backbone(entry.recipe), *sizes, *needs, entry.published_score))
    notes = (
        "Estimates, not measured, of one run: for the recipe's language, or for all languages of a joint recipe. "
        "zoo show has the details.",
        f"GPUs: {', '.join(gpu.name for gpu in GPUS)}. published: the score of the recipe's language in the source.",
    )
    return Table("Recipes that fine-tune a network from the hub, on a GPU", columns, tuple(rows), notes)


def _is_notebook(recipe: Recipe) -> bool:
    """Return whether a recipe is one of several published runs of the same source."""
    return bool(recipe.published and recipe.published.run)


def recipe_rows(entries: Sequence[RecipeEntry]) -> Table:
    """Return all recipes in one table with unformatted numbers, for CSV."""
    columns = (
        Column("recipe", "name"), Column("family"), Column("backbone"), Column("trains"), Column("parameters", "int"),
        Column("trained", "int"), Column("rates"), Column("epochs", "int"), Column("batch", "int"), Column("selects"),
        Column("theirs", "score"), Column("measured on"), Column("track"), Column("language"), Column("release"),
        Column("metric"), Column("ours", "score"), Column("ours from"), Column("ours note"), Column("needs"),
    )  # fmt: skip
    rows = []
    for entry in entries:
        recipe, published, ours = entry.recipe, entry.recipe.published, entry.ours
        layers, rates = _layers_and_rates(recipe)
        train = recipe.train if rates is not None else None
        sizes = (entry.sizes.total, entry.sizes.trainable) if entry.sizes else (None, None)
        row = (
            recipe.name, recipe.family, short_backbone(recipe), layers, *sizes, rates,
            train and train.epochs, train and train.batch, selection(recipe), entry.published_score,
            published and published.measured_on, entry.track, entry.language, entry.release,
            ours and ours.metric, ours and ours.score, ours and ours.source, ours and ours.origin and ours.origin.note,
            entry.readiness.words or None,
        )  # fmt: skip
        rows.append(row)
    return Table("Recipes", columns, tuple(rows))


def _layers_and_rates(recipe: Recipe) -> tuple[str | None, str | None]:
    """Return the trained layers and their learning rates; None if the family has none."""
    sections = family_class(recipe.family).recipe_sections
    rates = "/".join(dict.fromkeys(_short_rate(group, recipe) for _, group in _trained_groups(recipe)))
    return _short_layers(recipe) if "trainable" in sections else None, rates if "train" in sections else None


def _backbone_table(name: str, entries: Sequence[RecipeEntry], tracks: Sequence[str]) -> Table:
    """Return the table of one backbone without empty columns."""
    columns = (
        Column("recipe", "name"), Column("backbone", "name"), Column("layers"), Column("trained"), Column("lr"),
        Column("epochs"),
        Column("selection"), Column("published", "score"), Column("measured on"),
        *(Column(f"ours {track}", "score") for track in tracks),
    )  # fmt: skip
    rows = []
    for entry in entries:
        recipe, published = entry.recipe, entry.recipe.published
        layers, rates = _layers_and_rates(recipe)
        rows.append(
            (
                recipe.name,
                short_backbone(recipe) if name == SEVERAL else None,
                layers,
                millions(entry.sizes.trainable) if entry.sizes else None,
                rates,
                f"{recipe.train.epochs} x {recipe.train.batch}" if rates is not None else None,
                selection(recipe),
                entry.published_score,
                published.measured_on if published and published.measured_on != "test" else None,
                *(entry.ours.score if entry.ours and entry.ours.track == track else None for track in tracks),
            )
        )
    used = [c for c in range(len(columns)) if any(row[c] is not None for row in rows)]
    first = entries[0]
    families = sorted({entry.recipe.family for entry in entries} - {name})
    size = f"{millions(first.sizes.total)} parameters" if first.sizes and name != SEVERAL else ""
    title = [name, ", ".join(families), size]
    if first.recipe.published and _is_notebook(first.recipe):
        title.append(f"runs of {first.recipe.published.source}")
    needs = first.readiness.words
    return Table(
        " · ".join(part for part in [*title, "" if needs else "trains here now"] if part),
        tuple(columns[c] for c in used),
        tuple(tuple(row[c] for c in used) for row in rows),
        (f"Needs {needs}.",) if needs else (),
    )


def _short_layers(recipe: Recipe) -> str:
    config = recipe.trainable
    return {"head": "head", "last": f"head+{config.layers}", "all": "all", "lora": "LoRA"}[config.part]


def _short_rate(group: GroupConfig, recipe: Recipe) -> str:
    return f"{recipe.train.lr if group.lr is None else group.lr:g}".replace("e-0", "e-")


def _list_notes(entries: Sequence[RecipeEntry]) -> tuple[str, ...]:
    recipes = [entry.recipe for entry in entries]
    notes = [
        f"{plural(len(recipes), 'recipe')}. layers: those that are trained (head+n: the head and the last n layers); "
        "trained: number of trained parameters; lr: learning rates (head/others); epochs x batch size; selection: the "
        "split that the epoch and the threshold are selected on (last: the last epoch)."
    ]
    if any(recipe.published for recipe in recipes):
        notes.append("published: score of the recipe's language in the source, on the test split unless noted.")
    if any(TEST_MARK in selection(recipe) for recipe in recipes):
        notes.append(f"{TEST_MARK} selected on the test split, as in the source, so the score is optimistic.")
    scores = [entry.ours for entry in entries if entry.ours]
    if scores:
        files = sorted({f"track {ours.track}, {ours.language}, {METRICS[ours.metric].title}" for ours in scores})
        notes.append(f"ours: test score ({'; '.join(files)}) of the run in the folder of runs, else as submitted.")
        notes += origin_notes((one.recipe.name, "", one.ours.origin) for one in entries if one.ours)
    if any(recipe.model.quantization != "none" for recipe in recipes):
        notes.append("Quantized recipes (int8, int4, nf4) need bitsandbytes; they are fast on a GPU only.")
    return tuple(notes)


def short_backbone(recipe: Recipe) -> str | None:
    """Return the name of the backbone without its owner or source, with its quantization."""
    name = recipe.model.backbone.rstrip("/").rsplit("/", 1)[-1].removeprefix("package:").removesuffix(".bin")
    words = [name, "" if recipe.model.quantization == "none" else recipe.model.quantization]
    return " ".join(word for word in words if word) or None


def selection(recipe: Recipe) -> str:
    """Return the splits that the epoch and the threshold are selected on; ``last`` is the last epoch."""
    words = [recipe.select.split if recipe.select.epoch == "best" else "last"]
    if recipe.threshold.rule != "fixed" and recipe.threshold.split not in words:
        words.append(recipe.threshold.split)
    return "+".join(TEST_MARK if word == "test" else word for word in words)


def millions(count: int) -> str:
    """Return a number of parameters in short form.

    >>> millions(243_296_256), millions(10_240), millions(1_235_824_640)
    ('243M', '10.2k', '1.24B')
    """
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def parameters_text(sizes: ParameterCounts) -> str:
    """Return parameter counts in words."""
    return f"{sizes.trainable:,} of {sizes.total:,} trained"


def recipe_details(entry: RecipeEntry) -> list[Table]:
    """Return all fields of a recipe."""
    recipe = entry.recipe
    rows: list[tuple[str, Any]] = [
        ("family", recipe.family),
        ("extends", " < ".join(recipe.bases) or None),
        ("file", recipe.path.name),
        ("track, language", f"{entry.track}, {entry.language or '–'}"),
        ("release", entry.release),
    ]
    rows += _training_data(recipe)
    sections = family_class(recipe.family).recipe_sections
    if "model" in sections:
        model = recipe.model
        # A Path is not wrapped, so that it can be copied.
        rows.append(("backbone", Path(model.backbone) if model.backbone else None))
        rows += [("max. tokens", model.max_length), ("padding", model.padding)]
        rows += [("pooling", model.pooling)] if model.pooling else []
        asked = recipe.family == PAIRWISE
        rows += [("head", "none: yes or no" if asked else " ".join([model.head, *map(str, model.head_hidden)]))]
        rows += [("dropout", model.dropout)] if model.dropout is not None else []
        rows += [("dropout of the head", model.head_dropout)] if model.head_dropout is not None else []
        rows += [("quantization", model.quantization)] if model.quantization != "none" else []
    if entry.shape and "shape" in sections:
        rows.append(("shape", shape_text(entry.shape)))
    if entry.sizes:
        rows.append(("parameters", parameters_text(entry.sizes)))
    if entry.cost and entry.cost.download:
        rows.append(("download", f"about {gigabytes(entry.cost.download)}"))
    if "trainable" in sections:
        norm_trained = recipe.trainable.final_norm or recipe.trainable.part == "all"
        rows += [("trained layers", trainable_text(recipe)), ("final norm", "trained" if norm_trained else "frozen")]
    if "train" in sections:
        rows += _training(recipe)
    unused = family_class(recipe.family).unused_options(recipe.options)
    rows += [
        (name, _option(value, "peft's default" if name == "targets" else "none"))
        for name, value in recipe.resolved()[recipe.family].items()
        if name not in unused
    ]
    threshold = "cut points" if recipe.predicts_intensities else "threshold"
    rows += [("seed", recipe.train.seed)] if recipe.uses_seed(sections) else []
    selected = "epoch" if "train" in sections else _selected_option(recipe, unused)
    rows += [(selected, _epoch_selection(recipe))] if selected else []
    rows += [(threshold, _threshold(recipe))]
    rows += [("licence of the weights", recipe.model.licence)] if recipe.model.licence else []
    if entry.ours:
        rows += [("our test score", f"{cell(entry.ours.score, 'score')} ({METRICS[entry.ours.metric].title})")]
        rows += [("from", Path(entry.ours.source))]
    notes = [recipe.note] if recipe.note else []
    notes += origin_notes([(recipe.name, "", entry.ours.origin)] if entry.ours else [])
    tables = [Table(f"{recipe.name}: {recipe.title}", (Column("field"), Column("value")), tuple(rows), tuple(notes))]
    if entry.cost:
        tables.append(cost_table(entry.cost, recipe.trains_jointly, len(getattr(recipe.options, "members", ()))))
    if entry.published:
        tables.append(published_table(entry))
    elif recipe.published:
        tables.append(_published(recipe))
    return tables


def _training_data(recipe: Recipe) -> list[tuple[str, Any]]:
    """Return the rows of training data other than the language's own train split."""
    data = recipe.data
    most = f", {data.most:,} texts of each" if data.most else ""
    rows = [
        ("splits", ", ".join(data.splits) if data.splits not in ((), ("train",)) else ""),
        ("sources", ", ".join(data.sources) + most if data.sources else ""),
        ("languages", _joint_models(data) if recipe.trains_jointly else ""),
        ("without a train split", ", ".join(data.stand_in)),
        ("extra data", ", ".join(data.extra)),
    ]
    return [(name, value) for name, value in rows if value]


def _joint_models(data: DataConfig) -> str:
    outputs = ", with separate outputs for each language" if data.own_outputs else ""
    groups = f"a model for each of {data.target_groups} groups" if data.target_groups else "one model for all of them"
    return groups + outputs


def _training(recipe: Recipe) -> list[tuple[str, Any]]:
    train = recipe.train
    rates = [f"{name} {_rate(group, recipe)}" for name, group in _trained_groups(recipe)]
    loss = {"bce": "binary cross-entropy", "mse": "squared error of intensities"}[recipe.loss.kind]
    weight = {"none": "", "per_label": ", weighted positives per label", "global": ", weighted positives"}
    batch = f"{train.epochs} x batch {train.batch}"
    warmup = f"{train.warmup:.0%} warm-up" if train.warmup else "no warm-up"
    clip = f"gradients clipped at {train.clip:g}" if train.clip else "no clipping"
    return [
        ("learning rates", "; ".join(rates)),
        ("norms and biases", "weight decay" if train.decay_norms else "no weight decay"),
        ("epochs", batch + (f" x {train.accumulate}" if train.accumulate > 1 else "")),
        ("schedule", f"{train.schedule}, {warmup}, {clip}"),
        ("loss", loss + weight[recipe.loss.pos_weight]),
        ("precision", train.precision),
        *([("activations", "gradient checkpointing")] if train.gradient_checkpointing else []),
        ("engine", train.engine),
    ]


def _trained_groups(recipe: Recipe) -> list[tuple[str, GroupConfig]]:
    """Return the parameter groups that have trained parameters."""
    part = recipe.trainable.part
    groups = recipe.groups
    trained = [] if recipe.family == PAIRWISE else [("head", groups.head)]
    if part in ("last", "all"):
        trained.append(("layers", groups.layers))
    if part == "all" or recipe.trainable.final_norm:
        trained.append(("norm", groups.norm))
    if part == "all":
        trained.append(("embeddings", groups.embeddings))
    if part == "lora":
        trained.append(("adapters", groups.adapters))
    return trained


def _rate(group: GroupConfig, recipe: Recipe) -> str:
    lr = recipe.train.lr if group.lr is None else group.lr
    decay = recipe.train.weight_decay if group.weight_decay is None else group.weight_decay
    return f"{lr:g}" + (f" (decay {decay:g})" if decay else "")


def _selected_option(recipe: Recipe, unused: Collection[str]) -> str:
    """Return what is selected for a model without epochs: a setting of a grid, a member, or nothing."""
    if getattr(recipe.options, "method", "") == "best":
        return "member"
    grid = [getattr(recipe.options, name, ()) for name in ("strength", "balanced", "logits") if name not in unused]
    return "setting" if any(len(values) > 1 for values in grid) else ""


def _epoch_selection(recipe: Recipe) -> str:
    if recipe.select.epoch == "last":
        return "the last" + (f" of each of {recipe.select.folds} networks" if recipe.select.split == FOLDS else "")
    mark = f" ({TEST_MARK} optimistic)" if recipe.select.split == "test" else ""
    patience = recipe.select.patience
    stopping = f", early stopping after {plural(patience, 'epoch')} without improvement" if patience else ""
    folds = f"{recipe.select.folds} " if recipe.select.split == FOLDS else ""
    metric = "official metric" if recipe.select.metric == "official" else METRICS[recipe.select.metric].title
    return f"best {metric} on {folds}{recipe.select.split}{mark}{stopping}"


def _threshold(recipe: Recipe) -> str:
    config = recipe.threshold
    if config.rule == "fixed":
        return "intensities rounded" if recipe.predicts_intensities else f"{config.value:g}"
    words = {"global": "one for all labels", "per_label": "one per label"}[config.rule]
    mark = f" ({TEST_MARK} optimistic)" if config.split == "test" else ""
    return f"{words}, tuned on {config.split}{mark}"


def _published(recipe: Recipe) -> Table:
    published = recipe.published
    assert published is not None
    rows = [
        (f"macro F1 on {published.measured_on}", None if published.macro_f1 is None else f"{published.macro_f1:.4f}"),
        (f"micro F1 on {published.measured_on}", None if published.micro_f1 is None else f"{published.micro_f1:.4f}"),
        ("selection", published.selected + (f" ({TEST_MARK} optimistic)" if published.selected_on_test else "")),
        ("source", published.source),
        ("run", published.run),
    ]
    return Table("Published", (Column("field"), Column("value")), tuple(rows))


def _option(value: Any, empty: str) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("\n", "\\n") or empty
