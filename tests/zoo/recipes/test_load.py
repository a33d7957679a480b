"""Loading of recipes: errors, inheritance and overrides."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from semeval_emo.errors import InputError, UsageError
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import from_resolved, list_recipes, load_recipe
from semeval_emo.zoo.recipes.schema import differences
from semeval_emo.zoo.registry import FAMILIES, family_class

BASE = 'family = "decoder"\ntitle = "mother"\n[data]\nlanguage = "eng"\n[train]\nepochs = 6\nbatch = 2\n'


def write(folder: Path, name: str, body: str) -> None:
    (folder / f"{name}.toml").write_text(body)


@pytest.mark.parametrize(
    ("setting", "message", "fix"),
    [
        ("train.epoch=2", "there is no key 'train.epoch'.", "did you mean 'train.epochs'?"),
        ("groups.head.rl=1", "there is no key 'groups.head.rl'.", "did you mean 'groups.head.lr'?"),
        ("trian.epochs=2", "there is no key 'trian'.", "did you mean 'train'?"),
        ("train.epochs=two", "train.epochs must be an integer, not 'two'.", ""),
        ("train.epochs=2.5", "train.epochs must be an integer, not 2.5.", ""),
        ("train.epochs=true", "train.epochs must be an integer, not True.", ""),
        ("train.lr=fast", "train.lr must be a number, not 'fast'.", ""),
        ("train=3", "train must be a table, not 3.", ""),
        ("data.splits=train", "data.splits must be a list, not 'train'.", ""),
        ("train.precision=fp8", "train.precision cannot be 'fp8'.", "use one of fp32, tf32, bf16, fp16"),
        ("select.split=train", "select.split cannot be 'train'.", "use one of dev, folds, sources, test"),
        ("tfidf.words=[1]", "there is no key 'tfidf'.", "known keys: "),
    ],
)
def test_an_invalid_override_is_refused_with_a_fix(setting: str, message: str, fix: str):
    with pytest.raises(UsageError) as refused:
        load_recipe("llama-4layer", [setting])
    assert refused.value.message == f"recipe llama-4layer with --set: {message}"
    assert refused.value.fix.startswith(fix) if fix else refused.value.fix == ""


@pytest.mark.parametrize("setting", ["train.epochs", "=3", ""])
def test_an_override_needs_a_key_and_a_value(setting: str):
    with pytest.raises(UsageError, match="is not a setting"):
        load_recipe("llama-4layer", [setting])


def test_an_unused_section_is_refused():
    with pytest.raises(UsageError) as refused:
        load_recipe("tfidf-logreg", ["train.epochs=3"])
    assert refused.value.message == "recipe tfidf-logreg with --set: the family 'tfidf' does not use [train]."
    assert refused.value.fix == "it uses data, loss, select, tfidf, threshold"
    assert load_recipe("tfidf-logreg", ["train.seed=3"]).train.seed == 3


def test_overrides_are_converted_and_recorded():
    recipe = load_recipe("llama-4layer", ["train.epochs=2", "train.lr=1", "model.backbone=../my model", "train.seed=7"])
    assert recipe.train.epochs == 2
    assert recipe.train.lr == 1.0 and isinstance(recipe.train.lr, float)
    assert recipe.model.backbone == "../my model"
    assert recipe.settings[0] == ("train.epochs", 2)
    assert recipe.run_name.startswith("llama-4layer+epochs=2,lr=1,backbone=my-model,")
    # Overrides with the same short form must not share a folder.
    same = ["train.epochs=2", "train.lr=1", "model.backbone=../../my model", "train.seed=7"]
    other = load_recipe("llama-4layer", same)
    assert other.run_name != recipe.run_name
    assert load_recipe("llama-4layer").run_name == "llama-4layer"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["groups.head.lr=1e30"], "lr=1e+30"),
        (["groups.head.lr=1e-30"], "lr=1e-30"),
        (["groups.head.lr=1e30", "groups.layers.lr=1e-30"], "lr=1e+30,lr=1e-30"),
        (["threshold.grid=[0.1, 0.9, 0.1]"], "grid=0.1-0.9-0.1"),
        (["model.backbone=a+b"], "backbone=a+b"),
        # An override that does not fit is left out as a whole, because "lr=1e-0" would be another number.
        (["groups.head.lr=1e-05"] * 4, "lr=1e-05,lr=1e-05,lr=1e-05,lr=1e-05"),
        (["groups.head.lr=1e-05"] * 5, "lr=1e-05,lr=1e-05,lr=1e-05,lr=1e-05"),
        (["model.backbone=" + "b" * 60, "train.epochs=2"], "backbone=" + "b" * 31),
    ],
)
def test_the_name_of_a_run_shows_its_overrides(settings, words):
    name = load_recipe("llama-4layer", settings).run_name
    assert re.fullmatch(rf"llama-4layer\+{re.escape(words)}-[0-9a-f]{{6}}", name)


def test_no_two_settings_share_a_folder():
    """Signs, exponents, types, order and texts that have the same short form."""
    values = ["1e30", "1e-30", "1e3", "1e-3", "1000", "1", "1.0", "10", "1e1"]
    settings = [[f"groups.{group}.lr={value}"] for group in ("head", "layers") for value in values]
    settings += [["groups.head.lr=1", "groups.layers.lr=2"], ["groups.head.lr=2", "groups.layers.lr=1"]]
    settings += [
        [f"model.backbone={value}"] for value in ("a b", "a-b", "a+b", "x/a-b", "y/a-b", "A-b", "-a-b", "+a-b")
    ]
    settings += [["train.seed=1"], ["train.seed=-0"], ["train.epochs=1"], []]
    recipes = [load_recipe("llama-4layer", setting) for setting in settings]
    assert len({recipe.run_name.lower() for recipe in recipes}) == len(settings)


def test_an_unknown_recipe_suggests_a_similar_name():
    with pytest.raises(UsageError) as refused:
        load_recipe("lama-4layer")
    assert str(refused.value) == "There is no recipe 'lama-4layer'.\n  fix: did you mean 'llama-4layer'?"
    with pytest.raises(UsageError, match="is a base for other recipes and cannot be trained"):
        load_recipe("llama")


def test_inheritance(recipe_folder: Path):
    write(recipe_folder, "mother", BASE + "[published]\nmacro_f1 = 0.7\n")
    write(recipe_folder, "child", 'extends = "mother"\n[train]\nbatch = 8\n')
    write(recipe_folder, "grandchild", 'extends = "child"\n[groups.head]\nlr = 0.5\n')
    recipe = load_recipe("grandchild", root=recipe_folder)
    assert recipe.bases == ("child", "mother")
    assert (recipe.train.epochs, recipe.train.batch, recipe.groups.head.lr) == (6, 8, 0.5)
    # Title and published scores are not inherited.
    assert (recipe.title, recipe.published) == ("", None)
    assert load_recipe("mother", root=recipe_folder).published.macro_f1 == 0.7


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": 'extends = "b"', "b": 'extends = "a"'}, "Recipes extend each other in a cycle: a -> b -> a."),
        ({"a": 'extends = "nobody"'}, "There is no recipe 'nobody'."),
        ({"a": "title = 'x'"}, "recipe a: there is no key 'family'."),
        ({"a": 'family = "tfidff"'}, "recipe a: there is no family 'tfidff'."),
        ({"a": 'family = "tfidf"\n[tfidf]\nword = [1, 2]'}, "recipe a: there is no key 'tfidf.word'."),
        ({"a": 'family = "tfidf"\n[tfidf'}, "is not valid TOML"),
        ({"a": "x = " + "9" * 5000}, "is not valid TOML: Exceeds the limit (4300 digits)"),
        ({"a": "x = 0x" + "f" * 5000}, "is not valid TOML: an integer has more than 64 bits"),
        ({"a": "x = " + "[" * 5000}, "is not valid TOML: it is nested deeper than 50 levels"),
        ({"a": BASE + "[shape]\nlayers = 3\n"}, "recipe a: shape has no architecture, hidden, mlp, heads, vocabulary."),
    ],
)
def test_an_invalid_recipe_file_is_refused(files: dict[str, str], message: str, recipe_folder: Path):
    for name, body in files.items():
        write(recipe_folder, name, body)
    with pytest.raises(UsageError) as refused:
        load_recipe("a", root=recipe_folder)
    assert message in refused.value.message


def test_two_recipes_with_the_same_name_are_refused(recipe_folder: Path):
    write(recipe_folder, "a", BASE)
    (recipe_folder / "seed").mkdir()
    write(recipe_folder / "seed", "a", BASE)
    with pytest.raises(UsageError, match="Two recipes are named 'a'"):
        list_recipes(root=recipe_folder)
    with pytest.raises(InputError, match="There is no recipe folder"):
        list_recipes(root=recipe_folder / "nowhere")


def test_a_recipe_can_be_loaded_from_any_path(recipe_folder: Path):
    write(recipe_folder, "mine", 'extends = "tfidf-logreg"\n[tfidf]\nmin_df = 5\n')
    recipe = load_recipe(str(recipe_folder / "mine.toml"))
    assert (recipe.name, recipe.options.min_df, recipe.options.words) == ("mine", 5, (1, 2))


@pytest.mark.parametrize("recipe", list_recipes(), ids=lambda recipe: recipe.name)
def test_shipped_recipes_survive_serialization(recipe: Recipe):
    assert recipe.title, "every table shows the title"
    again = from_resolved(json.loads(json.dumps(recipe.resolved())))
    assert again.resolved() == recipe.resolved()
    assert again.hash == recipe.hash
    assert differences(recipe.resolved(), again.resolved()) == []


def test_the_hash_depends_on_fields_that_affect_the_result(recipe_folder: Path):
    write(recipe_folder, "a", BASE)
    before = load_recipe("a", root=recipe_folder).hash
    write(recipe_folder, "a", BASE.replace("mother", "another title"))
    assert load_recipe("a", root=recipe_folder).hash == before
    write(recipe_folder, "a", BASE.replace("batch = 2", "batch = 3"))
    assert load_recipe("a", root=recipe_folder).hash != before


def test_every_family_implements_the_interface():
    for name in FAMILIES:
        kind = family_class(name)
        assert kind.options_class.__doc__ and kind.__doc__
        assert not kind.__abstractmethods__


def test_listing_recipes_imports_no_heavy_packages():
    code = (
        "import sys; from semeval_emo.zoo.recipes.load import list_recipes; list_recipes();"
        "import semeval_emo.report.zoo, semeval_emo.zoo.training.train;"
        "print(sorted({'torch', 'transformers', 'sklearn', 'pandas', 'peft', 'skops'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
