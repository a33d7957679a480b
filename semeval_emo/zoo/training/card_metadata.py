"""The metadata of a model card: licence, language, data sets and scores, in the terms of the Hugging Face hub."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from semeval_emo.data.cache import fetched
from semeval_emo.data.hub import holder, hub_release
from semeval_emo.errors import InputError, UsageError
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.task import LABEL_NOUN, Task
from semeval_emo.zoo.families.ensemble import member_folders
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.adopted import FAMILY
from semeval_emo.zoo.registry import ADAPTED, PAIRWISE
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.folder import RunFolder

NETWORKS = ("encoder", "decoder", *ADAPTED, FAMILY)
UNKNOWN = "unknown"
OTHER = "other"

# The identifiers of licences that the hub knows; any other one is `other` with a name.
_LICENCES = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc
cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0
cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1
eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc intel-research lppl-1.3c ms-pl
apple-ascl apple-amlr mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense
zlib pddl lgpl-lr deepfloyd-if-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 gemma unknown other
"""
HUB_LICENCES = frozenset(_LICENCES.split())

# Names of our metrics on the hub.
_HUB_METRICS = {"macro_f1": "f1", "micro_f1": "f1", "pearson": "pearsonr"}


def metadata(recipe: Recipe, folder: RunFolder, scorecard: Scorecard | None, task: Task) -> dict[str, Any]:
    """Return the metadata of the card of a run, without empty fields."""
    language = task.language(recipe.data.language)
    base = recipe.model.backbone
    on_hub = base and ":" not in base and base.count("/") == 1 and not base.startswith((".", "/"))
    tags = [*([LABEL_NOUN] if task.label_noun == LABEL_NOUN else []), "multi-label", recipe.family]
    front: dict[str, Any] = {"tags": tags, "library_name": _library(recipe)}
    # The code `own` is no language.
    front["language"] = [language.iso or language.code] if language.family or not task.is_own_split else []
    front["datasets"] = _datasets(recipe, task)
    front["metrics"] = [hub_metric(task.track(recipe.data.track).metric)]
    front |= licence_fields(licences(recipe, folder))
    if on_hub:
        front["base_model"] = base
    if recipe.family in NETWORKS and not has_own_head(recipe):
        front["pipeline_tag"] = "text-classification"
    if scorecard is not None:
        front["model-index"] = [_index(recipe, scorecard, task)]
    return {key: value for key, value in front.items() if value}


def yaml_text(front: dict[str, Any]) -> str:
    """Return metadata as YAML, a line for each field: JSON is valid YAML, so its encoder does the quoting."""
    return "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items())


def licence_fields(names: Sequence[str]) -> dict[str, str]:
    """Return the fields of the card that name the licence of a model with weights under some licences.

    Args:
        names: those of its parts; an empty text is one that nobody has named.

    >>> licence_fields(["mit", "mit"]), licence_fields([""])
    ({'license': 'mit'}, {'license': 'unknown'})
    >>> licence_fields(["gemma", "mit"])
    {'license': 'other', 'license_name': 'gemma-and-mit'}
    """
    named = sorted(filter(None, {*names}))
    if not named:
        return {"license": UNKNOWN}
    if len(named) == 1 and named[0] in HUB_LICENCES:
        return {"license": named[0]}
    words = "-and-".join(re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-") for name in named)
    return {"license": OTHER, "license_name": words}


def with_licence(card: str, licence: str) -> str:
    r"""Return the text of a card with another licence, or with one if it has none.

    Args:
        licence: an identifier of the hub, or another name; empty keeps that of the card.

    >>> with_licence("---\nlicense: \"unknown\"\ntags: [\"a\"]\n---\ntext", "mit")
    '---\ntags: ["a"]\nlicense: "mit"\n---\ntext'
    """
    start, line, rest = card.partition("---\n")
    front, end, body = rest.partition("\n---\n")
    if start or not line or not end:
        return card
    lines = front.split("\n")
    if not licence and any(line.startswith("license:") for line in lines):
        return card
    kept = [line for line in lines if not line.startswith(("license:", "license_name:", "license_link:"))]
    return "\n".join(["---", *kept, yaml_text(licence_fields([licence])), "---", body])


def evaluation_results(card: str) -> list[dict[str, Any]]:
    """Return the scores of a card for data sets on the hub, as the entries of a file in ``.eval_results/``.

    A score without a data set on the hub, such as one on your own data, has no entry.
    """
    found = re.search(r"^model-index: (\[.*\])$", card.partition("\n---\n")[0], re.M)
    entries = []
    for result in json.loads(found[1])[0]["results"] if found else ():
        data, (metric,) = result["dataset"], result["metrics"]
        if "/" not in data["type"] or "config" not in data:
            continue
        release = data.get("args", {})
        notes = f"{metric['name']}, {data['split']} split, release {release.get('release')}"
        place = {"id": data["type"], "task_id": f"track_{release.get('track')}_{data['config']}"}
        revision = {"revision": data["revision"]} if "revision" in data else {}
        entries.append({"dataset": place | revision, "value": metric["value"], "notes": notes})
    return entries


def licences(recipe: Recipe, folder: RunFolder) -> list[str]:
    """Return the licences of the weights of a model: those of its members for an ensemble."""
    if recipe.family != "ensemble":
        return [recipe.model.licence]
    found = [recipe.model.licence]
    for member in member_folders(folder.model):
        try:
            run = FinishedRun.load(member)
        except (InputError, UsageError):
            # It is gone; the export of the model says so.
            continue
        found += licences(run.recipe, RunFolder(run.path, folder.spec))
    return found


def _index(recipe: Recipe, scorecard: Scorecard, task: Task) -> dict[str, Any]:
    metric = {
        "type": hub_metric(scorecard.metric),
        "name": METRICS[scorecard.metric].title,
        "value": round(scorecard.score, 4),
    }
    data = scored_data(scorecard, task)
    return {
        "name": recipe.name,
        "results": [{"task": {"type": "text-classification"}, "dataset": data, "metrics": [metric]}],
    }


def scored_data(scorecard: Scorecard, task: Task) -> dict[str, Any]:
    """Return the data set that was scored: its repository on the hub if it has these texts and labels, else the task.

    The revision is the commit on the hub that the labels came from. Those of a folder have none: a release of the task
    is no commit, so that it is an argument.
    """
    spec = scorecard.spec
    repository = _repository(scorecard, task)
    data: dict[str, Any] = {
        "name": task.title, "type": repository or task.key, "config": spec.language, "split": spec.split
    }  # fmt: skip
    for _, manifest in fetched(repository) if repository else ():
        if scorecard.gold.startswith(f"{manifest.shown} "):
            data["revision"] = manifest.revision
    return data | {"args": {"track": spec.track, "release": scorecard.release}}


def _repository(scorecard: Scorecard, task: Task) -> str:
    """Return the repository on the hub that has the texts and labels of a score; empty if none has."""
    try:
        release = hub_release(task)
        track = holder(task, release, scorecard.spec.track)
    except UsageError:
        return ""
    # Other releases, and labels of no known one, are not those of the hub, though the ids can be.
    if scorecard.release not in (release.key, task.default_release):
        return ""
    languages = {own.language for own in task.specs(release.key, track)}
    return release.hub[track] if scorecard.spec.language in languages else ""


def hub_metric(name: str) -> str:
    """Return the name of a metric on the hub."""
    return _HUB_METRICS.get(name, name)


def _datasets(recipe: Recipe, task: Task) -> list[str]:
    """Return the hub's repositories of the training data; empty if the task is not on the hub."""
    try:
        release = hub_release(task)
        if recipe.family == FAMILY:
            return []
        tracks = [name.partition("/")[0] for name in recipe.data.sources] + [recipe.data.track]
        return list(dict.fromkeys(release.hub[holder(task, release, track)] for track in tracks))
    except UsageError:
        return []


def has_own_head(recipe: Recipe) -> bool:
    """Return whether the head is one that Hugging Face's classes do not have."""
    if recipe.family == PAIRWISE:
        return True
    return recipe.family in NETWORKS and (recipe.model.head != "linear" or recipe.model.pooling == "mean")


def _library(recipe: Recipe) -> str:
    if recipe.family in ("tfidf", "embed"):
        return "sklearn"
    if recipe.family not in NETWORKS or has_own_head(recipe):
        return "semeval-emo"
    # Adapters are merged into a backbone that is not quantized.
    return "transformers" if recipe.model.quantization == "none" else "peft"
