"""Hugging Face classification models of other people: their labels joined to the emotions of a task by name.

Reads only ``config.json`` and ``tokenizer_config.json``; imports neither torch nor transformers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from semeval_emo.errors import InputError, UsageError, suggest
from semeval_emo.files import read_utf8
from semeval_emo.parse import ShapeError, expect
from semeval_emo.tables.names import normalised_names
from semeval_emo.task import Task, known_tasks, load_task
from semeval_emo.text import plural, printable
from semeval_emo.zoo.backbones.model_folder import (
    ADAPTER_CONFIG,
    CONFIG,
    TOKENIZER_CONFIG,
    adapters_error,
    check_model_folder,
    has_tokenizer,
)

Activation = Literal["sigmoid", "softmax"]
HEAD = "ForSequenceClassification"
MULTI_LABEL = "multi_label_classification"
DEFAULT_LENGTH, MAX_LENGTH = 512, 10**6
"""Number of tokens of models that state none; larger numbers mean that there is no limit."""
MAX_LABELS = 1_000

_UNNAMED = re.compile(r"(label)?[_ -]?\d+")
# Architectures that number the positions after the padding token's.
_OFFSET = re.compile("roberta|camembert|mpnet|longformer|xmod|data2vec-text|ibert|luke|esm")


@dataclass(frozen=True)
class Classifier:
    """A classification model, its outputs named after the emotions of a task.

    Attributes:
        emotions: those that the model predicts, in the order of the task.
        labels: the name of each output: an emotion, or the model's own name of a label that the task does not have.
        activation: ``sigmoid`` for labels of their own, ``softmax`` for one label of all.
        max_length: number of tokens that a text is truncated to.
        notes: labels that were renamed or left out.
        task: the key of the task; empty if the model has only labels of its own.
    """

    folder: Path
    emotions: tuple[str, ...]
    labels: tuple[str, ...]
    activation: Activation
    max_length: int
    notes: tuple[str, ...]
    task: str


def is_classifier_folder(folder: Path) -> bool:
    """Return whether a folder has the configuration of a Hugging Face model, or checkpoints or adapters of one."""
    return any((folder / name).is_file() for name in (CONFIG, ADAPTER_CONFIG)) or bool(_checkpoints(folder))


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(
        (path.parent for path in folder.glob(f"checkpoint-*/{CONFIG}")), key=lambda path: path.stat().st_mtime
    )


def _check_whole(folder: Path, name: str) -> None:
    """Check that a folder has a model of its own, not only checkpoints or adapters of one.

    Raises:
        InputError: it does not.
    """
    if (folder / CONFIG).is_file():
        return
    if not folder.is_dir():
        raise InputError(f"There is no folder {name}.", "name a Hugging Face model folder, or owner/name on the hub")
    if (folder / ADAPTER_CONFIG).is_file():
        raise adapters_error(name)
    checkpoints = _checkpoints(folder)
    if checkpoints:
        raise InputError(
            f"{name} has no {CONFIG}; it has {plural(len(checkpoints), 'checkpoint')} of a training.",
            f"name one of them, such as {checkpoints[-1]}",
        )


def read_classifier(
    folder: Path, task: Task | None, *, order: Sequence[str] = (), activation: str | None = None, name: str = ""
) -> Classifier:
    """Read how a model folder names its outputs, and join the names to the emotions of a task.

    Args:
        task: None for the task that has the labels of the model; if there is none, it predicts labels of its own.
        order: names of the outputs in their order, for a model without names.
        activation: for a model that does not say whether it predicts several labels.
        name: how the user named the model; by default the folder.

    Raises:
        InputError: it is no classification model, or none of its labels is an emotion of the task.
        UsageError: its outputs have no names and no order is given, a name is ambiguous, or it is not known whether it
            predicts several labels.
    """
    name = name or str(folder)
    _check_whole(folder, name)
    config = check_model_folder(folder)
    _check_architecture(config, name)
    if not has_tokenizer(folder):
        raise InputError(f"{name} has no tokenizer.", f"save it there with tokenizer.save_pretrained({str(folder)!r})")
    own = own_labels(config, folder / CONFIG)
    if task is None:
        task = _task_of_labels(tuple(order) or own)
    labels, notes = _joined(own, tuple(order), task, name)
    return Classifier(
        folder=folder,
        emotions=tuple(emotion for emotion in task.emotions if emotion in labels),
        labels=labels,
        activation=_activation(config, activation, name),
        max_length=_max_length(folder, config),
        notes=notes,
        task=task.key,
    )


def _task_of_labels(names: tuple[str, ...]) -> Task:
    """Return the known task that most of the names are labels of; if none has any, a task of these labels.

    Another task than the default one needs to have all its labels among the names: a few words are emotions in many.
    """
    default = load_task()
    best = default, _count(names, default)
    for _, other in known_tasks():
        count = _count(names, other)
        if count > best[1] and count == len(other.emotions):
            best = other, count
    if best[1] or not is_named(names):
        return best[0]
    return Task(
        key="", title="the model", emotions=tuple(dict.fromkeys(names)), tracks={}, languages={}, releases={},
        default_release="", aliases={},
    )  # fmt: skip


def _count(names: Sequence[str], task: Task) -> int:
    return len({*join_labels(names, task, "", strict=False)} & {*task.emotions})


def _check_architecture(config: Mapping[str, Any], name: str) -> None:
    architectures = [each for each in config.get("architectures") or () if isinstance(each, str)]
    if architectures and not any(each.endswith(HEAD) for each in architectures):
        raise InputError(
            f"{name} is a {printable(architectures[0], 60)}; expected a model ...{HEAD}, which predicts labels.",
            f"train it first: semeval-emo zoo train minilm-ft --set model.backbone={name}",
        )


def own_labels(config: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Return the names of the outputs in config.json; ``LABEL_<k>`` where it has none, as Hugging Face does.

    Raises:
        InputError: it numbers them in another way than from 0.
    """
    try:
        by_number = {
            int(key): str(label) for key, label in expect(config.get("id2label") or {}, dict, "id2label").items()
        }
        inverse = {number: label for label, number in expect(config.get("label2id") or {}, dict, "label2id").items()}
        labels = _in_order(by_number, "id2label")
        # Where only label2id is set, Hugging Face stores LABEL_<k> as id2label.
        others = _in_order(inverse, "label2id")
        if not labels or (others and not is_named(labels) and len(others) == len(labels)):
            labels = others
        elif is_named(others) and others != labels:
            raise ShapeError("id2label and label2id name the outputs differently")
    except (ShapeError, ValueError, TypeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "correct id2label") from error
    return labels or tuple(f"LABEL_{i}" for i in range(2))


def is_named(labels: Sequence[str]) -> bool:
    """Return whether outputs have names, not only numbers such as ``LABEL_0``."""
    return not all(map(_UNNAMED.fullmatch, normalised_names(labels)))


def _in_order(by_number: Mapping[int, str], key: str) -> tuple[str, ...]:
    if sorted(by_number) != list(range(len(by_number))) or len(by_number) > MAX_LABELS:
        raise ShapeError(f"{key} does not number the labels from 0")
    return tuple(by_number[i] for i in range(len(by_number)))


def _joined(
    own: tuple[str, ...], order: tuple[str, ...], task: Task, name: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the name of each output, an emotion or its own, and notes on what was renamed or left out."""
    shown = printable(", ".join(own), 200)
    is_unnamed = not is_named(own)
    emotions = ",".join(task.emotions)
    joined = join_labels(own, task, name)
    if not order:
        if is_unnamed:
            raise UsageError(
                f"The outputs of {name} have no names ({shown}): its config.json has no id2label.",
                f"name the {len(own)} outputs in the order of its training, such as --order {emotions}",
            )
        if joined == own and not set(own) & set(task.emotions):
            raise InputError(
                f"None of the labels of {name} ({shown}) is an emotion of {task.title} ({', '.join(task.emotions)}).",
                f"where they are emotions in another language, name the {plural(len(own), 'output')} with --order",
            )
        return joined, _notes(own, joined, task)
    if len(order) != len(own):
        raise UsageError(
            f"--order has {len(order)} names, and {name} has {len(own)} outputs ({shown}).", "name every output once"
        )
    ordered = join_labels(order, task, "--order")
    for label in ordered:
        if label not in task.emotions and (hint := suggest(label, task.emotions, spelling=True)):
            raise UsageError(f"--order has '{printable(label)}', which is not an emotion of {task.title}.", hint)
    if not set(ordered) & set(task.emotions):
        raise UsageError(f"--order has no emotion of {task.title}.", f"its emotions are {emotions}")
    if not is_unnamed and joined != ordered and set(joined) & set(task.emotions):
        raise UsageError(f"--order contradicts the names of the labels of {name}: {shown}.", "omit --order")
    return ordered, _notes(order, ordered, task)


def join_labels(names: Sequence[str], task: Task, what: str, *, strict: bool = True) -> tuple[str, ...]:
    """Return each name as the emotion that it stands for; other names as they are.

    An emotion's own name, in any case, comes before synonyms, which count only if one name stands for the emotion.

    Args:
        what: what has the names, for the error.
        strict: whether two names for one emotion are an error.

    Raises:
        UsageError: two names stand for one emotion.

    >>> from semeval_emo.task import load_task
    >>> join_labels(("Joy", "ANGER", "neutral"), load_task(), "it")
    ('joy', 'anger', 'neutral')
    >>> join_labels(("happiness", "sad"), load_task(), "it")
    ('joy', 'sadness')
    """
    normal = normalised_names(names, task.emotions)
    exact = {name for name in normal if name in task.emotions}
    synonyms = load_task().synonyms | task.synonyms
    # A label of one's own data may be a synonym, too.
    by_meaning: dict[str, list[str]] = {}
    for emotion in task.emotions:
        if emotion not in exact:
            by_meaning.setdefault(synonyms.get(emotion, emotion), []).append(emotion)
    unique = {meaning: found[0] for meaning, found in by_meaning.items() if len(found) == 1}
    emotions = [name if name in exact else unique.get(synonyms.get(name, name)) for name in normal]
    for emotion in task.emotions:
        same = [name for name, joined in zip(names, emotions, strict=True) if joined == emotion]
        if len(same) > 1 and strict:
            raise UsageError(
                f"{what} has several labels for '{emotion}': {printable(', '.join(same), 100)}.",
                "rename all but one of them in id2label of its config.json",
            )
    return tuple(emotion or name for name, emotion in zip(names, emotions, strict=True))


def _notes(own: Sequence[str], joined: Sequence[str], task: Task) -> tuple[str, ...]:
    pairs = list(zip(own, joined, strict=True))
    renamed = [
        f"'{printable(before, 40)}' is read as {after}"
        for before, after in pairs
        if after in task.emotions and before.strip().casefold() != after.casefold()
    ]
    others = [printable(before, 40) for before, after in pairs if after not in task.emotions]
    left_out = [f"left out: {printable(', '.join(others), 200)}, not emotions of {task.title}"] if others else []
    return (*([", ".join(renamed)] if renamed else []), *left_out)


def _activation(config: Mapping[str, Any], given: str | None, name: str) -> Activation:
    problem = config.get("problem_type")
    if given in ("sigmoid", "softmax"):
        return given  # type: ignore[return-value]
    if given is None and problem == MULTI_LABEL:
        return "sigmoid"
    if given is not None:
        raise UsageError(f"There is no activation '{printable(given)}'.", "use sigmoid or softmax")
    says = f"problem_type = {printable(str(problem), 60)}" if problem else "no problem_type"
    raise UsageError(
        f"{name} does not say that it predicts several labels for a text: its config.json has {says}.",
        "--activation sigmoid if it was trained with a yes or no for each label; --activation softmax if with one "
        "label for a text: at most one label reaches 0.5 then",
    )


def _max_length(folder: Path, config: Mapping[str, Any]) -> int:
    """Return the number of tokens that the tokenizer truncates to, at most the positions of the network."""
    path = folder / TOKENIZER_CONFIG
    # Hugging Face writes 10**30 for no limit, which is more than 64 bits, so the file is not read as JSON.
    stored = re.search(r'"model_max_length": *(\d{1,40})\b', read_utf8(path) if path.is_file() else "")
    positions = config.get("max_position_embeddings", config.get("n_positions"))
    if isinstance(positions, int) and _OFFSET.search(str(config.get("model_type", ""))):
        padding = config.get("pad_token_id", 1)
        positions -= (padding if isinstance(padding, int) else 1) + 1
    limits = [int(stored[1]) if stored else None, positions]
    known = [limit for limit in limits if isinstance(limit, int) and 0 < limit <= MAX_LENGTH]
    return min(known, default=DEFAULT_LENGTH)
