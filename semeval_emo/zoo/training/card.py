"""The model card of a run, in the format of the Hugging Face Hub: model, scores, selection, recipe."""

from __future__ import annotations

import json
import re
from typing import Any

from semeval_emo.files import write_file
from semeval_emo.leaderboard.origin import ScoreOrigin
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.task import Task, release_words
from semeval_emo.text import as_sentences, capitalized, plural
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.joint import output_name
from semeval_emo.zoo.dataset.other_languages import training_data_text
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.adopted import FAMILY
from semeval_emo.zoo.recipes.load import from_resolved
from semeval_emo.zoo.recipes.parameter_count import is_direct
from semeval_emo.zoo.registry import PAIRWISE
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.seeds import origin_of, runs_of_recipe
from semeval_emo.zoo.selection.epochs import row_unit, zero_shot_note
from semeval_emo.zoo.training.card_metadata import NETWORKS, has_own_head, licences, metadata, yaml_text

SEED_LINE = "One run with random seed"

_TERMS = {
    "llama3": "Built with Llama. This model is a derivative of Meta's Llama and is governed by the Llama Community "
    "License of its base model. Copies of the model must include that licence and this notice.\n",
    "gemma": "Gemma is provided under and subject to the Gemma Terms of Use (ai.google.dev/gemma/terms). Copies of the "
    "model must include these terms and this notice.\n",
}

_LOADING = (
    "Load the folder with `semeval-emo zoo predict FOLDER TEXTS` or `semeval_emo.zoo.runs.model.load_model(FOLDER)` "
    "(semeval-emo with the extra `zoo`)."
)

# What a model needs besides its own files.
_DEPENDENCIES = {
    "embed": " It needs the encoder {backbone}, which `semeval-emo zoo export` copies into the folder.",
    "ensemble": " It needs the models of its members, which `semeval-emo zoo export` copies into the folder.",
}

_OWN_HEAD = (
    "**Hugging Face's classification classes and `pipeline` cannot load the head of this model, {head}: they replace "
    "it with random weights and only print a warning.** Load the folder with `semeval-emo zoo predict FOLDER TEXTS` or "
    "`semeval_emo.load_model(FOLDER)`.{more}\n"
)


_FOLDS = (
    "The model is the mean of {folds} networks, one for each fold. The folder is the network of the first; "
    "`fold-1.safetensors` and so on are the trained weights of all. `semeval-emo zoo predict FOLDER TEXTS` and "
    "`semeval_emo.load_model(FOLDER)` read them.\n"
)


_OWN_OUTPUTS = (
    "The network has outputs for each language that it was trained on, named such as `{name}`. Scores and thresholds "
    "here are of the outputs of {language}, which the commands use.\n"
)


def model_card(recipe: Recipe, folder: RunFolder, scorecard: Scorecard | None, task: Task) -> str:
    """Return the text of the card."""
    state = folder.state()
    base = recipe.model.backbone
    head = yaml_text(metadata(recipe, folder, scorecard, task))
    lines = [
        f"---\n{head}\n---\n",
        f"# {recipe.name}\n",
        f"{recipe.title or recipe.name}. {_purpose(recipe, task)}.\n",
        *(f"**{warning}**\n" for warning in state.get("unverified_gold", ())),
    ]
    named = licences(recipe, folder)
    lines += [terms for licence, terms in _TERMS.items() if any(name.startswith(licence) for name in named)]
    if has_own_head(recipe):
        mean, direct = recipe.model.pooling == "mean", is_direct(recipe.model)
        kinds = {"mlp": "a multilayer perceptron", "direct": "one layer"}
        words = [kinds[recipe.model.head]] if recipe.model.head in kinds else []
        words += ["the answers yes and no of a language model"] if recipe.family == PAIRWISE else []
        words += ["the mean over tokens"] if mean else ["the first token"] if direct else []
        head = " on ".join(words)
        name = "MeanPooled" if mean else "FirstTokenPooled"
        more = f" `AutoModel` reads the encoder alone, and `semeval_emo.zoo.engine.pooling.{name}` both." * direct
        lines.append(_OWN_HEAD.format(head=head, more=more))
    if recipe.family in NETWORKS and recipe.select.split == FOLDS:
        lines.append(_FOLDS.format(folds=recipe.select.folds))
    if recipe.trains_jointly and recipe.data.own_outputs:
        name = output_name(recipe, folder.spec.emotions[0])
        lines.append(_OWN_OUTPUTS.format(name=name, language=task.languages[recipe.data.language].name))
    if recipe.family not in NETWORKS:
        lines.append(_LOADING + _DEPENDENCIES.get(recipe.family, "").format(backbone=base) + "\n")
    # As the run is read later: without the sections that the family does not use, such as the seed of an ensemble.
    origin = origin_of(FinishedRun(folder.path, from_resolved(recipe.resolved()), {}, state))
    seed = [] if recipe.family == FAMILY else [seed_line(origin), ""]
    lines += ["## Scores\n", *_scores(recipe, folder, scorecard), "", *seed]
    lines += ["## Selection\n", selection_text(recipe, folder, state), ""]
    lines += _thresholds(recipe, folder, state["thresholds"])
    lines += ["", "## Recipe\n", "```json", json.dumps(recipe.resolved(), indent=2), "```", ""]
    lines += ["## Versions\n", ", ".join(f"{k} {v}" for k, v in state["versions"].items()) + ".", ""]
    return "\n".join(lines)


def _purpose(recipe: Recipe, task: Task) -> str:
    """Return what the model was trained for and on."""
    if recipe.family == FAMILY:
        outputs = f"Its outputs are {', '.join(recipe.options.labels)} ({recipe.options.activation})"
        return f"Not trained here, scored for {_target(recipe, task)}; what it was trained on is not known. {outputs}"
    return f"Trained for {_target(recipe, task)}, on {training_data_text(recipe, task)}{_leak_warning(recipe)}"


def _target(recipe: Recipe, task: Task) -> str:
    """Return what a model was trained for, in words."""
    if task.is_own_split:
        return f"the labels {', '.join(task.emotions)} (y{task.title[1:]})"
    language = task.language(recipe.data.language).name
    return f"{task.title}, track {recipe.data.track}, {language}, {release_words(recipe.data.release)}"


def seed_line(origin: ScoreOrigin) -> str:
    """Return the line of the card on the random seed, the scores of other seeds, and the members of an ensemble.

    >>> seed_line(ScoreOrigin(42))
    'One run with random seed 42.'
    """
    return as_sentences(f"{SEED_LINE} {origin.seed}", *map(capitalized, origin.notes))


def update_seed_lines(run: FinishedRun) -> None:
    """Write the scores of a new run into the cards of the runs of its recipe with other seeds."""
    for other in runs_of_recipe(run)[1:]:
        card = other.path / "MODEL_CARD.md"
        if card.is_file():
            line = seed_line(origin_of(other)).replace("\\", r"\\")
            write_file(card, re.sub(rf"^{SEED_LINE} .*$", line, card.read_text("utf-8"), count=1, flags=re.M))


def _thresholds(recipe: Recipe, folder: RunFolder, thresholds: list[Any]) -> list[str]:
    emotions, intensities, noun = folder.spec.emotions, folder.spec.values[1:], folder.spec.label_noun
    if len(intensities) > 1 and recipe.threshold.rule == "fixed":
        return [f"{plural(len(emotions), noun)}; intensities are rounded to the nearest integer."]
    if len(intensities) == 1:
        headers = ["threshold"]
        lines = [f"{plural(len(emotions), noun)}; each is present from this probability:\n"]
    else:
        headers = [f"cut point of {intensity}" for intensity in intensities]
        lines = [f"{plural(len(emotions), noun)}, with the cut points of their intensities, on a scale from 0 to 1:\n"]
    lines += [f"| {noun} | {' | '.join(headers)} |", "|---" + "|---:" * len(headers) + "|"]
    for emotion, cut in zip(emotions, thresholds, strict=True):
        cells = [f"{value:.3f}" for value in (cut if isinstance(cut, list) else [cut])]
        lines.append(f"| {emotion} | {' | '.join(cells)} |")
    return lines


def _leak_warning(recipe: Recipe) -> str:
    allowed = ", ".join(recipe.data.allow)
    return f". **{allowed} may contain texts that the scores below are computed on**" if allowed else ""


def selection_text(recipe: Recipe, folder: RunFolder, state: dict[str, Any]) -> str:
    """Return how the epoch and the thresholds were selected, in words, with a warning about selection on test."""
    rows = folder.read_metrics()
    if not rows:
        epoch = "No epoch or setting was selected"
    elif recipe.select.epoch == "best":
        epoch = (
            f"{row_unit(rows[0]).capitalize()} {state['kept']} by {recipe.select.metric} on {_selection_split(recipe)}"
        )
    else:
        epoch = "The last epoch"
    fixed = "given thresholds" if recipe.threshold.values else f"threshold {recipe.threshold.value}"
    rule = {"fixed": fixed, "global": "one threshold", "per_label": "thresholds"}
    if len(folder.spec.values) > 2:
        rule = {"fixed": "rounded intensities", "global": "common cut points", "per_label": "cut points"}
    # The folds are described once.
    described = recipe.threshold.split == FOLDS and recipe.select.epoch == "last"
    tuned_on = _selection_split(recipe) if described else recipe.threshold.split
    tuned = "" if recipe.threshold.rule == "fixed" else f" tuned on {tuned_on}"
    words = f"{epoch}; {rule[recipe.threshold.rule]}{tuned}."
    if recipe.selects_on_test:
        words += " **Selected on test: the test score is optimistic and does not apply to new texts.**"
    return f"{words} {zero_shot_note(recipe, rows)}".rstrip()


def _selection_split(recipe: Recipe) -> str:
    if recipe.select.split != FOLDS:
        return recipe.select.split
    trained = " and ".join(recipe.data.splits)
    if len(recipe.data.sources) > 1 and not trained:
        return "folds of whole languages, each predicted by a model that was not trained on it"
    words = (
        f"{recipe.select.folds} folds of {trained or 'its source'}, each text predicted by a model that was not "
        "trained on it"
    )
    return f"{words}; other texts by the mean of the folds' models" if recipe.family in NETWORKS else words


def _scores(recipe: Recipe, folder: RunFolder, scorecard: Scorecard | None) -> list[str]:
    state = folder.state()
    lines = ["| split | metric | score |", "|---|---|---:|"]
    dev = "dev (out of fold)" if recipe.out_of_fold("dev") else "dev"
    if recipe.select.split == FOLDS:
        metrics = folder.read_metrics()[state["kept"] - 1][FOLDS]
        lines += [f"| folds | {name} | {value:.4f} |" for name, value in metrics.items()]
    lines += [f"| {dev} | {name} | {value:.4f} |" for name, value in state["dev"].items()]
    if scorecard is not None:
        mark = " (selected on test)" if recipe.selects_on_test else ""
        names = dict.fromkeys((scorecard.metric, *state["dev"]))
        lines += [f"| test{mark} | {name} | {scorecard.metrics.whole[name]:.4f} |" for name in names]
        lines += ["", f"`{scorecard.signature}`"]
    return lines
