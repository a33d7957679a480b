"""Every run of the reference notebooks is a recipe with its settings and published score."""

from __future__ import annotations

import pytest

from semeval_emo.report.zoo import selection
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import list_recipes, load_recipe, recipe_files

DISTILBERT, DEBERTA, LLAMA = "distilbert-base-uncased", "microsoft/deberta-v3-small", "meta-llama/Llama-3.2-1B"

# name, backbone, part, layers, epochs, batch, rates of head and rest, weight decay, macro F1, micro F1, chosen on test
FACTS = [
    ("distilbert-2epochs", DISTILBERT, "all", 0, 2, 16, 5e-5, 5e-5, 0.0, 0.6507, 0.7088, False),
    ("distilbert-20epochs", DISTILBERT, "all", 0, 20, 16, 5e-5, 5e-5, 0.0, 0.6698, 0.7138, False),
    ("distilbert-pos-weight", DISTILBERT, "all", 0, 5, 16, 5e-5, 5e-5, 0.0, 0.6786, 0.7217, False),
    ("distilbert-global-pos-weight", DISTILBERT, "all", 0, 10, 16, 5e-5, 5e-5, 0.01, 0.6771, 0.7164, False),
    ("deberta-10epochs", DEBERTA, "all", 0, 10, 16, 5e-5, 5e-5, 0.0, 0.6563, 0.7109, False),
    ("deberta-15epochs", DEBERTA, "all", 0, 15, 16, 5e-5, 5e-5, 0.0, 0.6788, 0.7244, False),
    ("deberta-regularised", DEBERTA, "all", 0, 10, 16, 2e-5, 2e-5, 0.01, 0.6534, 0.7047, True),
    ("deberta-5epochs", DEBERTA, "all", 0, 5, 16, 2e-5, 2e-5, 0.0, 0.4786, 0.6228, False),
    ("deberta-pos-weight", DEBERTA, "all", 0, 5, 16, 2e-5, 2e-5, 0.0, 0.6435, 0.6735, False),
    ("llama-head-5epochs-batch2", LLAMA, "head", 0, 5, 2, 5e-5, 5e-5, 0.01, 0.5912, 0.6778, False),
    ("llama-head-5epochs-batch3", LLAMA, "head", 0, 5, 3, 5e-5, 5e-5, 0.01, 0.5609, 0.6590, False),
    ("llama-head-10epochs-batch2", LLAMA, "head", 0, 10, 2, 5e-5, 5e-5, 0.01, 0.6480, 0.7117, False),
    ("llama-head-10epochs-batch3", LLAMA, "head", 0, 10, 3, 5e-5, 5e-5, 0.01, 0.6310, 0.7033, False),
    ("llama-head-15epochs-batch3", LLAMA, "head", 0, 15, 3, 5e-5, 5e-5, 0.01, 0.6571, 0.7156, False),
    ("llama-head-thresholds", LLAMA, "head", 0, 10, 3, 5e-5, 5e-5, 0.01, 0.6638, 0.6997, True),
    ("llama-1layer", LLAMA, "last", 1, 8, 6, 1e-5, 1e-6, 0.01, 0.6425, None, True),
    ("llama-2layer", LLAMA, "last", 2, 8, 6, 1e-5, 1e-6, 0.01, 0.6821, 0.7254, True),
    ("llama-3layer", LLAMA, "last", 3, 5, 8, 5e-5, 5e-5, 0.01, 0.7163, 0.7495, False),
    ("llama-4layer-8epochs", LLAMA, "last", 4, 8, 6, 1e-5, 1e-6, 0.01, 0.7092, 0.7458, True),
    ("llama-4layer-as-published", LLAMA, "last", 4, 6, 2, 1e-5, 1e-6, 0.01, 0.7114, 0.7496, True),
    ("llama-lora-int8-batch2", LLAMA, "lora", 0, 5, 2, 1e-5, 1e-5, 0.01, 0.6931, 0.7421, False),
    ("llama-lora-int8-batch8", LLAMA, "lora", 0, 5, 8, 5e-5, 5e-5, 0.01, 0.7471, 0.7733, False),
]


def rate(recipe: Recipe, role: str) -> float:
    own = getattr(recipe.groups, role).lr
    return recipe.train.lr if own is None else own


def test_there_are_exactly_twenty_two_recipes():
    files = {name for name, path in recipe_files().items() if path.parent.name == "seed"}
    assert files == {fact[0] for fact in FACTS}
    assert len(files) == 22
    # Recipes that extend these do not inherit their published scores.
    assert {recipe.name for recipe in list_recipes() if recipe.published and recipe.published.run} == files


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact[0])
def test_a_recipe_has_the_settings_of_its_notebook(fact: tuple):
    name, backbone, part, layers, epochs, batch, head, rest, decay, macro, micro, on_test = fact
    recipe = load_recipe(name)
    train, said = recipe.train, recipe.published
    assert recipe.model.backbone == backbone
    assert (recipe.trainable.part, recipe.trainable.layers, recipe.trainable.final_norm) == (part, layers, False)
    assert (train.epochs, train.batch, train.accumulate, train.weight_decay) == (epochs, batch, 1, decay)
    assert rate(recipe, "head") == head
    assert rate(recipe, "adapters" if part == "lora" else "layers") == rest
    # The same in every notebook.
    assert (recipe.model.max_length, recipe.model.padding, recipe.model.head) == (128, "max_length", "linear")
    assert (train.schedule, train.warmup, train.clip, recipe.loss.kind) == ("linear", 0.0, 1.0, "bce")
    assert (said.macro_f1, said.micro_f1, said.selected_on_test) == (macro, micro, on_test)
    assert recipe.selects_on_test == on_test, "the mark must agree with the recipe"
    assert ("test!" in selection(recipe)) == on_test


@pytest.mark.parametrize("name", [fact[0] for fact in FACTS if fact[1] == DEBERTA])
def test_dropout_of_deberta(name: str):
    assert load_recipe(name).model.dropout == 0.3


def test_loss_weights():
    weights = {fact[0]: load_recipe(fact[0]).loss.pos_weight for fact in FACTS}
    assert {name: how for name, how in weights.items() if how != "none"} == {
        "distilbert-pos-weight": "per_label",
        "distilbert-global-pos-weight": "global",
        "deberta-pos-weight": "per_label",
    }


def test_scores_measured_on_dev_are_marked():
    on_dev = [fact[0] for fact in FACTS if load_recipe(fact[0]).published.measured_on == "dev"]
    assert on_dev == ["deberta-pos-weight"]


def test_settings_of_lora():
    for name in ("llama-lora-int8-batch2", "llama-lora-int8-batch8"):
        recipe = load_recipe(name)
        assert (recipe.options.rank, recipe.options.alpha, recipe.options.dropout) == (8, 16.0, 0.1)
        assert (recipe.model.quantization, recipe.train.precision, recipe.options.targets) == ("int8", "bf16", ())


def test_threshold_settings():
    rule = load_recipe("llama-head-thresholds").threshold
    assert (rule.rule, rule.split, rule.grid, rule.shrink) == ("per_label", "test", (0.10, 0.90, 0.05), 0.0)


def test_our_recipe_differs_from_the_published_one_only_in_selection():
    ours, theirs = load_recipe("llama-4layer").resolved(), load_recipe("llama-4layer-as-published").resolved()
    changed = {section for section in ours if ours[section] != theirs[section]}
    assert changed == {"name", "model", "select"}
    assert (ours["select"]["split"], theirs["select"]["split"]) == ("dev", "test")
    # Only padding, which does not change the output of a right-padded causal network.
    assert ours["model"] | {"padding": "max_length"} == theirs["model"]


def test_the_uniform_recipe_has_one_learning_rate():
    recipe = load_recipe("llama-4layer-uniform")
    assert (rate(recipe, "head"), rate(recipe, "layers")) == (5e-5, 5e-5)


def test_the_offline_recipe_differs_only_in_its_backbone():
    ours, small = load_recipe("llama-4layer").resolved(), load_recipe("smollm2-4layer").resolved()
    assert {section for section in ours if ours[section] != small[section]} == {"name", "model", "shape"}
