"""Recipe files: find them and resolve inheritance, overrides and the options of the family.

The name of a recipe is the stem of its file in the folder of recipes or its subfolders; ``base/`` contains recipes that
are only extended by others.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError, InputError, UsageError, suggest
from semeval_emo.files import check_name, shipped
from semeval_emo.parse import ShapeError, member, read_toml
from semeval_emo.text import plural, printable
from semeval_emo.zoo.backbones.weights import RANDOM
from semeval_emo.zoo.recipe import Recipe, ShapeConfig, TrainableConfig
from semeval_emo.zoo.recipes import schema
from semeval_emo.zoo.registry import ADAPTED, FAMILIES, PAIRWISE, family_class

# Keys that are not inherited.
NOT_INHERITED = ("title", "note", "published", "abstract", "extends")


def recipe_files(root: Path | None = None) -> dict[str, Path]:
    """Return all recipe files by name, including the bases.

    Raises:
        InputError: the folder does not exist.
        UsageError: two files have the same name.
    """
    folder = root or shipped("zoo")
    if not folder.is_dir():
        raise InputError(f"There is no recipe folder {folder}.", "set $SEMEVAL_EMO_ZOO to the folder of recipes")
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.toml")):
        if path.stem in files:
            raise UsageError(f"Two recipes are named '{path.stem}': {files[path.stem]} and {path}.", "rename one")
        files[path.stem] = path
    return files


def load_recipe(name: str, settings: Sequence[str] = (), root: Path | None = None) -> Recipe:
    """Load a recipe by name or from a TOML file, with overrides.

    Args:
        name: a name of `list_recipes`, or a path that ends in ``.toml``.
        settings: overrides such as ``train.epochs=2``, which are recorded in the recipe.

    Raises:
        UsageError: an unknown recipe or key (the fix suggests a similar one), a value of the wrong type or out of
            its bounds, or fields that contradict each other.
        InputError: the file cannot be read.

    >>> recipe = load_recipe("llama-4layer", ["train.epochs=2"])
    >>> recipe.train.epochs, recipe.groups.head.lr, recipe.groups.layers.lr
    (2, 1e-05, 1e-06)
    """
    table, bases, path = _inherited(name, recipe_files(root), ())
    if table.get("abstract"):
        raise UsageError(f"'{name}' is a base for other recipes and cannot be trained.", "see `semeval-emo zoo list`")
    return _with_settings(table, path, bases, settings)


def recipe_from_table(name: str, table: dict[str, Any], settings: Sequence[str] = ()) -> Recipe:
    """Build a recipe without a file from its table, with overrides, which do not appear in the name of its folder.

    Raises:
        UsageError: as in `load_recipe`.
    """
    return replace(_with_settings(table, Path(f"{name}.toml"), (), settings), settings=())


def _with_settings(table: dict[str, Any], path: Path, bases: tuple[str, ...], settings: Sequence[str]) -> Recipe:
    where = f"recipe {path.stem}"
    pairs = []
    for setting in settings:
        key, value = schema.parse_setting(setting)
        table = schema.merge(table, schema.nest(key, value))
        pairs.append((key, value))
        where = f"recipe {path.stem} with --set"
    return _build(table, path, bases, tuple(pairs), where)


def load_seeds(
    name: str, count: int, *, settings: Sequence[str] = (), seed: int | None = None, more: Sequence[str] = ()
) -> list[Recipe]:
    """Load a recipe with several random seeds: its own or the named one, and the numbers after it.

    Args:
        settings, more: overrides, before and after that of the seed in the names of run folders.

    Raises:
        UsageError: as for `load_recipe`, or `count` is below 1.

    >>> [recipe.run_name for recipe in load_seeds("tfidf-char", 2)]
    ['tfidf-char', 'tfidf-char+seed=43-abfae2']
    """
    if count < 1:
        raise UsageError(f"--seeds must be 1 or more, not {count}.")
    first = load_recipe(name, [*settings, *([f"train.seed={seed}"] if seed is not None else []), *more])
    start = first.train.seed
    later = range(start + 1, start + count)
    return [first, *(load_recipe(name, [*settings, f"train.seed={number}", *more]) for number in later)]


def list_recipes(
    pattern: str = "*", root: Path | None = None, on_error: Callable[[EmoError], None] | None = None
) -> list[Recipe]:
    """Return the recipes whose names match a glob, without the bases.

    Args:
        on_error: called with the error of a recipe that cannot be read, which is then left out; None raises it.

    Raises:
        UsageError: there are none, or a recipe is not valid.
        InputError: a recipe cannot be read.
    """
    files = recipe_files(root)
    names = [name for name in files if fnmatch.fnmatchcase(name, pattern) or name == pattern]
    recipes = []
    errors = []
    for name in names:
        try:
            table, bases, path = _inherited(name, files, ())
            if not table.get("abstract"):
                recipes.append(_build(table, path, bases, (), f"recipe {name}"))
        except EmoError as error:
            if on_error is None:
                raise
            on_error(error)
            errors.append(error)
    if errors and not recipes:
        raise errors[0]
    if not recipes:
        raise UsageError(f"No recipe matches '{pattern}'.", suggest(pattern, files) or "see `semeval-emo zoo list`")
    return recipes


def _read(path: Path) -> dict[str, Any]:
    table = read_toml(path, f"The recipe {printable(str(path), 300)}")
    try:
        member(table, "extends", str, "")
        member(table, "abstract", bool, False)
    except ShapeError as error:
        raise UsageError(f"The recipe {path} is not valid: {error}.") from error
    return table


def _inherited(
    name: str, files: dict[str, Path], seen: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...], Path]:
    """Return the table of a recipe merged with those that it extends, the names of these, and its file."""
    path = Path(name) if name.endswith(".toml") else files.get(name)
    if path is None:
        usable = [known for known, file in files.items() if file.parent.name != "base"]
        raise UsageError(
            f"There is no recipe '{printable(name)}'.", suggest(name, usable) or "see `semeval-emo zoo list`"
        )
    if path.stem in seen:
        raise UsageError(f"Recipes extend each other in a cycle: {' -> '.join([*seen, path.stem])}.")
    own = _read(path)
    parent = own.get("extends")
    if parent is None:
        return own, (), path
    table, bases, _ = _inherited(parent, files, (*seen, path.stem))
    inherited = {key: value for key, value in table.items() if key not in NOT_INHERITED}
    if own.get("family", table.get("family")) != table.get("family"):
        # The options of another family.
        inherited.pop(str(table.get("family")), None)
    return schema.merge(inherited, own), (parent, *bases), path


def _build(
    table: dict[str, Any], path: Path, bases: tuple[str, ...], settings: tuple[tuple[str, Any], ...], where: str
) -> Recipe:
    check_name(path.stem, f"a recipe (its file is {printable(path.name)})")
    values = {key: value for key, value in table.items() if key not in ("extends", "abstract")}
    family = values.get("family")
    if not isinstance(family, str):
        raise UsageError(f"{where}: there is no key 'family'.", f'add family = "..." with one of {", ".join(FAMILIES)}')
    cls = family_class(family, where)
    fields = schema.field_types(Recipe)
    for name in ("name", "bases", "path", "settings", "options"):
        del fields[name]
    sections = {}
    options: Any = {}
    for key, value in values.items():
        if key == family:
            options = value
        elif key in fields:
            _refuse_unused(key, value, family, cls.recipe_sections, where)
            sections[key] = schema.convert(fields[key], value, where, key)
        else:
            raise schema.unknown_key_error(key, key, {**fields, family: None}, where, "")
    recipe = Recipe(
        name=path.stem,
        bases=bases,
        path=path,
        settings=settings,
        options=schema.convert(cls.options_class, options, where, family),
        **sections,
    )
    _check_consistency(recipe, where)
    return recipe


# Sections that every family uses, besides the seed in `train`.
COMMON = frozenset({"family", "title", "note", "data", "select", "threshold", "published"})


def _refuse_unused(key: str, value: Any, family: str, sections: frozenset[str], where: str) -> None:
    """Refuse a section that the family does not use, because it would have no effect."""
    if key in COMMON | sections or (key == "train" and isinstance(value, dict) and set(value) == {"seed"}):
        return
    raise UsageError(
        f"{where}: the family '{family}' does not use [{key}].",
        f"it uses {', '.join(sorted({family, 'data', 'select', 'threshold', *sections}))}",
    )


def from_resolved(table: dict[str, Any], path: str = "the stored recipe") -> Recipe:
    """Build a recipe from the result of `Recipe.resolved`, which run and model folders store in the file `path`.

    Raises:
        InputError: it is not a recipe.
    """
    try:
        name, family = member(table, "name", str), member(table, "family", str)
        sections = family_class(family).recipe_sections | COMMON | {family}
        values = {key: value for key, value in table.items() if value is not None and key in sections}
        recipe = _build(values, Path(f"{name}.toml"), (), (), f"stored recipe {name}")
        if "train" not in sections and recipe.uses_seed(sections):
            values["train"] = {"seed": member(member(table, "train", dict), "seed", int)}
            return _build(values, Path(f"{name}.toml"), (), (), f"stored recipe {name}")
        return recipe
    except (ShapeError, UsageError) as error:
        message = error.message.rstrip(".") if isinstance(error, UsageError) else str(error)
        raise InputError(f"{path} cannot be read: {message}.", "train the recipe again") from error


def trainable_text(recipe: Recipe) -> str:
    """Return which layers are trained, in words such as ``head + last 4 layers``."""
    part = recipe.trainable
    words = {
        "head": "head",
        "last": f"head + last {plural(part.layers, 'layer')}",
        "all": "all",
        "lora": "LoRA" if recipe.family == PAIRWISE else "LoRA + head",
    }[part.part]
    return f"{words} + final norm" if part.final_norm and part.part != "all" else words


def recipe_names(root: Path | None = None) -> Iterable[str]:
    """Return the names of the recipes, for shell completion."""
    return [name for name, path in recipe_files(root).items() if path.parent.name != "base"]


def _check_consistency(recipe: Recipe, where: str) -> None:
    """Check fields that depend on each other."""
    _trainable(recipe.trainable, recipe.family, where)
    if recipe.shape is not None:
        _shape(recipe.shape, where)
    if recipe.model.quantization != "none":
        _quantization(recipe, where)
    published = recipe.published
    if published is not None and (published.macro_f1 is None) != bool(published.board and published.system):
        raise UsageError(f"{where}: [published] needs macro_f1, or board and system for scores on the leaderboard.")


def _trainable(trainable: TrainableConfig, family: str, where: str) -> None:
    lora, adapted = "lora", family in ADAPTED
    if trainable.part == lora and not adapted:
        raise UsageError(
            f"{where}: trainable.part = 'lora' trains adapters, which the family '{family}' does not have.",
            "use one of head, last, all, or a recipe of the family 'lora'",
        )
    if adapted and trainable.part != lora:
        trains = "adapters" if family == PAIRWISE else "adapters and a head"
        raise UsageError(
            f"{where}: the family '{family}' trains {trains}, not trainable.part = '{trainable.part}'.",
            "--set trainable.part=lora",
        )
    if trainable.part == "last" and not trainable.layers:
        raise UsageError(
            f"{where}: trainable.part = 'last' trains the last layers, and trainable.layers is 0.",
            "--set trainable.layers=N, or --set trainable.part=head",
        )


def _quantization(recipe: Recipe, where: str) -> None:
    quantization = f"model.quantization = '{recipe.model.quantization}'"
    if recipe.family not in ADAPTED:
        raise UsageError(
            f"{where}: {quantization} is for adapters on a frozen backbone, which the family '{recipe.family}' does "
            "not have.",
            "use a recipe of the family 'lora', or --set model.quantization=none",
        )
    if recipe.model.backbone == RANDOM:
        raise UsageError(f"{where}: {quantization}, and a random backbone has no weights to quantize.")


def _shape(shape: ShapeConfig, where: str) -> None:
    if shape.hidden % shape.heads:
        raise UsageError(
            f"{where}: shape.hidden = {shape.hidden} is not a multiple of shape.heads = {shape.heads}.",
            "choose a multiple of heads for hidden",
        )
    if shape.kv_heads and shape.heads % shape.kv_heads:
        raise UsageError(
            f"{where}: shape.heads = {shape.heads} is not a multiple of shape.kv_heads = {shape.kv_heads}.",
            "choose a divisor of heads for kv_heads, or 0 for as many as heads",
        )
    head_dim = shape.head_dim or shape.hidden // shape.heads
    if shape.architecture == "llama" and head_dim % 2:
        raise UsageError(
            f"{where}: rotary embeddings need an even head size, and shape.hidden / shape.heads is {head_dim}.",
            "change hidden or heads",
        )
