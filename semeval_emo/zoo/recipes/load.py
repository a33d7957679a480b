"""Finds recipes and resolves them: inheritance, overrides, the family's own options.

Owns the folder of TOML files. A recipe is named by its file's stem, wherever below the folder the
file lies; ``base/`` holds what only others extend.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.files import shipped
from semeval_emo.text import plural
from semeval_emo.zoo.recipe import Recipe, ShapeConfig, TrainableConfig
from semeval_emo.zoo.recipes import schema
from semeval_emo.zoo.registry import FAMILIES, family_class

# What a recipe says of itself alone, and so does not hand down to those that extend it.
OWN = ("title", "note", "published", "abstract", "extends")


def recipe_files(root: Path | None = None) -> dict[str, Path]:
    """Every recipe file by name, the bases included.

    Raises:
        InputError: the folder is not there.
        UsageError: two files of one name.
    """
    folder = root or shipped("zoo")
    if not folder.is_dir():
        raise InputError(f"There is no recipe folder {folder}.", "set $SEMEVAL_EMO_ZOO to the folder of recipes")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.toml")):
        if path.stem in found:
            raise UsageError(f"Two recipes are named '{path.stem}': {found[path.stem]} and {path}.", "rename one")
        found[path.stem] = path
    return found


def load_recipe(name: str, settings: Sequence[str] = (), root: Path | None = None) -> Recipe:
    """Loads a recipe by name or from a TOML file, and lays overrides over it.

    Args:
        name: a name of `list_recipes`, or a path that ends in ``.toml``.
        settings: overrides such as ``train.epochs=2``; they are recorded in the recipe.

    Raises:
        UsageError: no such recipe, an unknown key (the remedy names what was probably meant), a
            value of the wrong type or out of its bounds, fields that contradict each other.
        InputError: the file cannot be read.

    >>> recipe = load_recipe("llama-4layer", ["train.epochs=2"])
    >>> recipe.train.epochs, recipe.groups.head.lr, recipe.groups.layers.lr
    (2, 1e-05, 1e-06)
    """
    table, bases, path = _inherited(name, recipe_files(root), ())
    if table.get("abstract"):
        raise UsageError(f"'{name}' is a base that recipes extend; it cannot be trained.", "see `semeval-emo zoo list`")
    return _with_settings(table, path, bases, settings)


def recipe_from_table(name: str, table: dict[str, Any], settings: Sequence[str] = ()) -> Recipe:
    """Builds a recipe that has no file from its table, and lays overrides over it; they do not name its folder.

    Raises:
        UsageError: as `load_recipe`.
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


def list_recipes(pattern: str = "*", root: Path | None = None) -> list[Recipe]:
    """Every recipe whose name matches a glob, without the bases.

    Raises:
        UsageError: nothing matches.
    """
    files = recipe_files(root)
    names = [name for name in files if fnmatch.fnmatchcase(name, pattern) or name == pattern]
    tables = {name: _inherited(name, files, ()) for name in names}
    found = [
        _build(table, path, bases, (), f"recipe {name}")
        for name, (table, bases, path) in tables.items()
        if not table.get("abstract")
    ]
    if not found:
        raise UsageError(
            f"No recipe is named like '{pattern}'.", suggest(pattern, files) or "see `semeval-emo zoo list`"
        )
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as handle:
            return tomllib.load(handle)
    except OSError as error:
        raise InputError(f"The recipe {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The recipe {path} is not valid TOML: {error}.") from error


def _inherited(
    name: str, files: dict[str, Path], seen: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...], Path]:
    """The table of a recipe over those it extends, the names of these, and its file."""
    path = Path(name) if name.endswith(".toml") else files.get(name)
    if path is None:
        usable = [known for known, file in files.items() if file.parent.name != "base"]
        raise UsageError(
            f"There is no recipe '{name}'.", suggest(name, usable) or "`semeval-emo zoo list` shows them all"
        )
    if path.stem in seen:
        raise UsageError(f"Recipes extend each other in a circle: {' -> '.join([*seen, path.stem])}.")
    own = _read(path)
    parent = own.get("extends")
    if parent is None:
        return own, (), path
    table, bases, _ = _inherited(str(parent), files, (*seen, path.stem))
    handed_down = {key: value for key, value in table.items() if key not in OWN}
    return schema.merge(handed_down, own), (str(parent), *bases), path


def _build(
    table: dict[str, Any], path: Path, bases: tuple[str, ...], settings: tuple[tuple[str, Any], ...], where: str
) -> Recipe:
    values = {key: value for key, value in table.items() if key not in ("extends", "abstract")}
    family = values.get("family")
    if not isinstance(family, str):
        raise UsageError(f"{where}: it names no family.", f'add family = "..." with one of {", ".join(FAMILIES)}')
    kind = family_class(family, where)
    fields = {
        k: v for k, v in schema.field_types(Recipe).items() if k not in ("name", "bases", "path", "settings", "options")
    }
    shared = {}
    own: Any = {}
    for key, value in values.items():
        if key == family:
            own = value
        elif key in fields:
            _refuse_unused(key, value, family, kind.recipe_sections, where)
            shared[key] = schema.convert(fields[key], value, where, key)
        else:
            raise schema.unknown_key_error(key, key, {**fields, family: None}, where, "")
    recipe = Recipe(
        name=path.stem,
        bases=bases,
        path=path,
        settings=settings,
        options=schema.convert(kind.options_class, own, where, family),
        **shared,
    )
    _check_consistency(recipe, where)
    return recipe


# Sections that every family obeys. Of `train` the seed is one of them.
COMMON = frozenset({"family", "title", "note", "data", "select", "threshold", "published"})


def _refuse_unused(key: str, value: Any, family: str, uses: frozenset[str], where: str) -> None:
    """Refuses a section that would change nothing, since whoever wrote it believes that it does."""
    if key in COMMON | uses or (key == "train" and isinstance(value, dict) and set(value) == {"seed"}):
        return
    raise UsageError(
        f"{where}: the family '{family}' does not use [{key}].",
        f"it uses {', '.join(sorted({family, 'data', 'select', 'threshold', *uses}))}",
    )


def from_resolved(table: dict[str, Any]) -> Recipe:
    """Builds a recipe from what `Recipe.resolved` gave: how a model folder knows its own."""
    uses = family_class(table["family"]).recipe_sections | COMMON | {table["family"]}
    values = {key: value for key, value in table.items() if value is not None and key in uses}
    return _build(values, Path(f"{table['name']}.toml"), (), (), f"stored recipe {table['name']}")


def trainable_text(recipe: Recipe) -> str:
    """What moves, in words: ``head + last 4 layers``."""
    part = recipe.trainable
    words = {
        "head": "head",
        "last": f"head + last {plural(part.layers, 'layer')}",
        "all": "all",
        "lora": "LoRA + head",
    }[part.part]
    return f"{words} + final norm" if part.final_norm and part.part != "all" else words


def recipe_names(root: Path | None = None) -> Iterable[str]:
    """Names for shell completion."""
    return [name for name, path in recipe_files(root).items() if path.parent.name != "base"]


def _check_consistency(recipe: Recipe, where: str) -> None:
    """Refuses what no field can know alone.

    Args:
        where: what the recipe is called in messages.

    Raises:
        UsageError: adapters without the family that has them, or the other way round; no last layers to
            train; a shape that no transformer has.
    """
    _trainable(recipe.trainable, recipe.family, where)
    if recipe.shape is not None:
        _shape(recipe.shape, where)


def _trainable(trainable: TrainableConfig, family: str, where: str) -> None:
    lora = "lora"
    if trainable.part == lora != family:
        raise UsageError(
            f"{where}: trainable.part = 'lora' trains adapters, which the family '{family}' does not have.",
            "use one of head, last, all, or a recipe of the family 'lora'",
        )
    if family == lora != trainable.part:
        raise UsageError(
            f"{where}: the family 'lora' trains adapters and a head, not trainable.part = '{trainable.part}'.",
            "--set trainable.part=lora",
        )
    if trainable.part == "last" and not trainable.layers:
        raise UsageError(
            f"{where}: trainable.part = 'last' trains the last layers, and trainable.layers is 0.",
            "--set trainable.layers=N, or --set trainable.part=head",
        )


def _shape(shape: ShapeConfig, where: str) -> None:
    if shape.hidden % shape.heads:
        raise UsageError(
            f"{where}: shape.hidden = {shape.hidden} cannot be shared out among shape.heads = {shape.heads}.",
            "let hidden be a multiple of heads",
        )
    if shape.kv_heads and shape.heads % shape.kv_heads:
        raise UsageError(
            f"{where}: shape.heads = {shape.heads} cannot be shared out among shape.kv_heads = {shape.kv_heads}.",
            "let heads be a multiple of kv_heads, or kv_heads 0 for as many as heads",
        )
    if shape.architecture == "llama" and shape.hidden // shape.heads % 2:
        raise UsageError(
            f"{where}: a llama turns pairs of numbers in each head, and shape.hidden / shape.heads is "
            f"{shape.hidden // shape.heads}.",
            "let it be even",
        )
