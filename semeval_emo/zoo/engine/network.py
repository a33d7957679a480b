"""A Hugging Face classification network with its tokenizer: built from a backbone, saved, loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
    set_seed,
)  # fmt: skip

from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.model_folder import ADAPTER_CONFIG, reading_model, weight_files
from semeval_emo.zoo.backbones.weights import RANDOM, check_quantization, find_backbone, silence_transformers
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine import parameter_groups
from semeval_emo.zoo.engine.adapters import (
    add_adapters,
    find_adapted_backbone,
    keep_stored_weights,
    load_adapters,
    parameter_size,
    quantization_arguments,
    read_labels,
    save_adapters,
    save_labels,
)
from semeval_emo.zoo.engine.devices import default_device, product_dtype
from semeval_emo.zoo.engine.pairwise import ask, load_language_model, text_before
from semeval_emo.zoo.engine.pooling import FirstTokenPooled, MeanPooled
from semeval_emo.zoo.engine.pretrained import check_vocabulary, load_config, load_pretrained, load_tokenizer
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.recipe import ModelConfig, Recipe
from semeval_emo.zoo.recipes.parameter_count import count_parameters
from semeval_emo.zoo.registry import PAIRWISE

# The names of hidden and attention dropout, and of that of heads, in the configurations of different architectures.
DROPOUTS = (
    "hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout", "hidden_dropout",
    "embd_pdrop", "attn_pdrop", "resid_pdrop",
)  # fmt: skip
HEAD_DROPOUTS = ("classifier_dropout", "classifier_dropout_prob", "cls_dropout", "seq_classif_dropout")


# Limits of random networks.
MAX_LAYERS, MAX_PARAMETERS = 1_000, 10**10


@dataclass(eq=False)
class Network:
    """A classification network, its tokenizer and the recipe it was built by."""

    model: Any
    tokenizer: Any
    recipe: Recipe
    parameter_counts: ParameterCounts

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.model.parameters()).device

    @property
    def inference_dtype(self) -> torch.dtype | None:
        """Dtype of copies of frozen weights and of matrix products; None where that is the weights' own."""
        return product_dtype(self.recipe.train.precision, self.device)

    def autocast(self) -> torch.autocast:
        """Return an autocast context for the recipe's precision."""
        dtype = self.inference_dtype
        return torch.autocast(self.device.type, dtype=dtype, enabled=dtype is not None)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, truncated to the recipe's length, without padding.

        A causal model pools on the last token that is not the padding token. Padding tokens at the end of a text are
        dropped: causal attention makes the result independent of them.
        """
        longest = self.recipe.model.max_length
        if self.recipe.family == PAIRWISE:
            # The questions follow the text.
            longest -= self.model.questions.shape[1]
            before = text_before(self.recipe)
            texts = [f"{before}{text}" for text in texts]
        rows: list[list[int]] = self.tokenizer(list(texts), truncation=True, max_length=longest)["input_ids"]
        if self.recipe.family == PAIRWISE:
            # The text goes on, so no token ends it.
            rows = [row[:-1] if row[-1:] == [self.tokenizer.eos_token_id] else row for row in rows]
        pad = self.model.config.pad_token_id
        if pooling_of(self.model) == "last":
            for row in rows:
                while len(row) > 1 and row[-1] == pad:
                    row.pop()
        # Pooling needs at least one token.
        return [row or [max(pad or 0, 0)] for row in rows]

    def save(self, folder: Path) -> None:
        """Save an ordinary Hugging Face folder: configuration, safetensors and tokenizer.

        The tokenizer stores the recipe's length, so that Hugging Face's pipeline truncates where `tokens` does.
        """
        self.tokenizer.model_max_length = self.recipe.model.max_length
        with silence_transformers():
            if hasattr(self.model, "peft_config"):
                save_adapters(self.model, folder, self.recipe.model.backbone)
                if self.recipe.data.joint:
                    save_labels([label for _, label in sorted(self.model.config.id2label.items())], folder)
            else:
                self.model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)


def build(recipe: Recipe, space: Space, progress: Progress) -> Network:
    """Build the network of a recipe with a new head, and freeze the parameters that the recipe does not train.

    Raises:
        InputError: the weights cannot be found or loaded.
        UsageError: the network does not support a setting of the recipe.
    """
    # For the initial weights of the head, and of a random backbone.
    set_seed(recipe.train.seed)
    config = label_config(space)
    with silence_transformers():
        if recipe.model.backbone == RANDOM and recipe.family == PAIRWISE:
            raise UsageError(f"recipe {recipe.name}: a random language model answers no questions.")
        if recipe.model.backbone == RANDOM:
            model, tokenizer = _random_llama(recipe, config)
        else:
            folder = find_backbone(recipe.model.backbone, progress)
            tokenizer = load_tokenizer(folder)
            set_seed(recipe.train.seed)
            model = _pretrained(folder, recipe, config)
            check_vocabulary(tokenizer, model, folder)
    check_length(tokenizer, recipe.model, position_count(model))
    tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model = _with_head(model, tokenizer, recipe, space)
    return Network(model.to(default_device()), tokenizer, recipe, freeze(model, recipe))


def _with_head(model: Any, tokenizer: Any, recipe: Recipe, space: Space) -> Any:
    """Return a pretrained network with the recipe's head, or its questions, and its adapters."""
    model.config.pad_token_id = tokenizer.pad_token_id
    model.config.use_cache = False
    if recipe.family == PAIRWISE:
        model = ask(model, tokenizer, recipe, space.emotions)
    _add_mlp_head(model, recipe)
    return add_adapters(model, recipe) if recipe.trainable.part == "lora" else model


def label_config(space: Space) -> dict[str, Any]:
    """Return the fields of a network's configuration that describe its labels."""
    return {
        "num_labels": len(space.emotions),
        "problem_type": "multi_label_classification",
        "id2label": dict(enumerate(space.emotions)),
        "label2id": {name: i for i, name in enumerate(space.emotions)},
    }


def position_count(model: Any) -> int:
    """Return the number of tokens that a network has learned positions for; 0 if it has none."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            # RoBERTa and MPNet number the positions after the padding token's.
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    return 0


def check_length(tokenizer: Any, model: ModelConfig, positions: int = 0) -> None:
    """Check that the backbone supports ``model.max_length``.

    Args:
        positions: of the network. The tokenizer of a trained model has the length of its recipe, which may be smaller.

    Raises:
        UsageError: it leaves no room for a token of the text, or exceeds the backbone's positions.
    """
    shortest, longest = tokenizer.num_special_tokens_to_add() + 1, max(tokenizer.model_max_length, positions)
    if not shortest <= model.max_length <= longest:
        nearest = min(max(model.max_length, shortest), longest)
        raise UsageError(
            f"{model.backbone} supports {shortest} to {longest} tokens, but model.max_length is {model.max_length}.",
            f"--set model.max_length={nearest}",
        )


def _pretrained(folder: Path, recipe: Recipe, config: dict[str, Any]) -> Any:
    arguments = {"dtype": torch.float32, **_dropouts(folder, recipe)}
    arguments |= quantization_arguments(recipe, default_device())
    if recipe.family == PAIRWISE:
        model = load_language_model(folder, **config, **arguments)
        keep_stored_weights(model)
        return model
    pooled = _pooled_class(recipe)
    if pooled is not None:
        model = pooled.load(folder, config, **arguments)
        model.dropout.p = recipe.model.head_dropout or 0.0
    else:
        model = load_pretrained(AutoModelForSequenceClassification, folder, what="The backbone", **config, **arguments)
    keep_stored_weights(model)
    _check_pooling(model, recipe)
    return model


def _pooled_class(recipe: Recipe) -> type[MeanPooled] | None:
    """Return the class of a network whose head is on pooled states; None for that of Hugging Face."""
    if recipe.model.pooling == "mean":
        return MeanPooled
    return FirstTokenPooled if recipe.model.head == "direct" else None


def _check_pooling(model: Any, recipe: Recipe) -> None:
    if recipe.model.pooling not in ("", pooling_of(model)):
        raise UsageError(
            f"recipe {recipe.name}: {type(model).__name__} pools by '{pooling_of(model)}', not "
            f"'{recipe.model.pooling}'.",
            "leave model.pooling out, or use the family 'embed' for sentence embeddings",
        )


def pooling_of(model: Any) -> str:
    """Return whose state the head of a network gets: that of the ``last`` or ``first`` token, or the ``mean``."""
    if isinstance(model, MeanPooled):
        return model.pooling
    return "last" if hasattr(model, "score") else "first"


def _dropouts(folder: Path, recipe: Recipe) -> dict[str, Any]:
    rates: dict[str, tuple[float | None, tuple[str, ...]]] = {"dropout": (recipe.model.dropout, DROPOUTS)}
    if _pooled_class(recipe) is None:
        rates["head_dropout"] = recipe.model.head_dropout, HEAD_DROPOUTS
    dropouts: dict[str, Any] = {}
    for field, (rate, names) in rates.items():
        if rate is not None:
            config = load_config(folder)
            found = {name: rate for name in names if hasattr(config, name)}
            if not found:
                raise UsageError(
                    f"recipe {recipe.name}: {config.model_type} has no {field.replace('_', ' ')} to set.",
                    f"leave model.{field} out",
                )
            dropouts |= found
    return dropouts


def _random_llama(recipe: Recipe, config: dict[str, Any]) -> tuple[Any, Any]:
    """Return a Llama of the recipe's shape with random weights, and a byte tokenizer; the caller sets the seed."""
    shape = recipe.shape
    if shape is None or shape.architecture != "llama":
        raise UsageError(f"recipe {recipe.name}: a random backbone needs the [shape] of a llama.")
    counts = count_parameters(shape, recipe.trainable, recipe.model, config["num_labels"])
    if shape.layers > MAX_LAYERS or (counts and counts.total > MAX_PARAMETERS):
        raise UsageError(
            f"recipe {recipe.name}: [shape] has {shape.layers:,} layers"
            + (f" and {counts.total:,} parameters" if counts else "")
            + f", expected at most {MAX_LAYERS:,} and {MAX_PARAMETERS:,}."
        )
    tokenizer = byte_tokenizer()
    if shape.vocabulary < len(tokenizer):
        raise UsageError(f"recipe {recipe.name}: shape.vocabulary must be at least {len(tokenizer)}.")
    llama_config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.mlp,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads or shape.heads,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        **config,
    )
    return LlamaForSequenceClassification(llama_config), tokenizer


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with one token per byte, a padding token and an end token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<pad>": 0, "<end>": 1} | {letter: i for i, letter in enumerate(alphabet, 2)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>")


def _add_mlp_head(model: Any, recipe: Recipe) -> None:
    """Replace the linear head by an MLP if the recipe has one."""
    if recipe.model.head != "mlp":
        return
    if not recipe.model.head_hidden:
        raise UsageError(f"recipe {recipe.name}: an MLP head needs layer widths.", "--set model.head_hidden=[256]")
    name = _head_name(model)
    linear = model.get_submodule(name)
    layers: list[torch.nn.Module] = []
    width = linear.in_features
    for hidden in recipe.model.head_hidden:
        layers += [torch.nn.Linear(width, hidden), torch.nn.GELU()]
        width = hidden
    model.set_submodule(name, torch.nn.Sequential(*layers, torch.nn.Linear(width, linear.out_features)))


def _head_name(model: Any) -> str:
    """Return the name of the last layer of a network's head."""
    if hasattr(model, "score"):
        return "score"
    # The head of RoBERTa is a module of several layers.
    return "classifier.out_proj" if hasattr(model.classifier, "out_proj") else "classifier"


def freeze(model: Any, recipe: Recipe) -> ParameterCounts:
    """Freeze every parameter that the recipe does not train; return the parameter counts."""
    names = [name for name, _ in model.named_parameters()]
    layers = parameter_groups.count_layers(names)
    parameter_groups.check_layers(recipe.trainable, layers, recipe.name)
    trainable = total = 0
    for name, parameter in model.named_parameters():
        if ".original_module." in name:
            # peft trains a copy of the head and keeps the original, which is not used.
            parameter.requires_grad_(False)
            continue
        total += parameter_size(parameter)
        # The frozen weights of a quantized backbone are integers, which cannot require gradients.
        trains = parameter_groups.is_trainable(name, recipe.trainable, layers) and parameter.is_floating_point()
        parameter.requires_grad_(trains)
        trainable += parameter.numel() if trains else 0
    return ParameterCounts(trainable, total)


def load(folder: Path, recipe: Recipe, space: Space) -> Network:
    """Load a network that `Network.save` wrote.

    Raises:
        InputError: the folder cannot be read.
    """
    if (folder / ADAPTER_CONFIG).exists():
        return _load_adapted(folder, recipe, space)
    tokenizer = load_tokenizer(folder)
    # An MLP head is loaded below.
    is_mlp = recipe.model.head == "mlp"
    pooled = _pooled_class(recipe)
    if recipe.family == PAIRWISE:
        model = load_language_model(folder, dtype=torch.float32)
        labels = [label for _, label in sorted(model.config.id2label.items())]
        model = ask(model, tokenizer, recipe, labels)
    elif pooled is not None:
        model = pooled.load(folder, label_config(space) if is_mlp else None, dtype=torch.float32)
    else:
        model = load_pretrained(AutoModelForSequenceClassification, folder, dtype=torch.float32, new_head=is_mlp)
    check_vocabulary(tokenizer, model, folder)
    if is_mlp:
        _load_mlp_head(model, recipe, folder)
    return Network(model.to(default_device()).eval(), tokenizer, recipe, freeze(model, recipe))


def _load_adapted(folder: Path, recipe: Recipe, space: Space) -> Network:
    """Load adapters that were saved without their backbone, which is quantized again as in training.

    Raises:
        InputError: the folder or the backbone cannot be read, or the recipe quantizes and there is no bitsandbytes.
    """
    check_quantization(recipe)
    tokenizer = load_tokenizer(folder)
    backbone = find_adapted_backbone(folder, recipe)
    space = replace(space, emotions=read_labels(folder, space.emotions))
    with silence_transformers():
        model = _pretrained(backbone, recipe, label_config(space))
    check_vocabulary(tokenizer, model, backbone)
    model = _with_head(model, tokenizer, recipe, space)
    load_adapters(model, folder)
    return Network(model.to(default_device()).eval(), tokenizer, recipe, freeze(model, recipe))


def load_classifier(folder: Path, recipe: Recipe, labels: Sequence[str]) -> Network:
    """Load a classification network of someone else, with names for its outputs.

    Args:
        recipe: its fields of the model and of training give the number of tokens and the precision.

    Raises:
        InputError: the folder cannot be read, or has another number of outputs.
    """
    tokenizer = load_tokenizer(folder)
    model = load_pretrained(AutoModelForSequenceClassification, folder, dtype=torch.float32, new_head=False)
    check_vocabulary(tokenizer, model, folder)
    if model.config.num_labels != len(labels):
        raise InputError(f"{folder} has {model.config.num_labels} outputs, expected {len(labels)}.")
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: i for i, label in enumerate(labels)}
    return Network(model.to(default_device()).eval(), tokenizer, recipe, freeze(model, recipe))


def _load_mlp_head(model: Any, recipe: Recipe, folder: Path) -> None:
    """Restore an MLP head, which ``from_pretrained`` does not load."""
    from safetensors.torch import load_file

    _add_mlp_head(model, recipe)
    if isinstance(model, MeanPooled):
        model.load_head(folder)
        return
    name = _head_name(model)
    with reading_model(folder):
        stored = {key: value for path in weight_files(folder) for key, value in load_file(path).items()}
        model.get_submodule(name).load_state_dict(
            {key.removeprefix(f"{name}."): value for key, value in stored.items() if key.startswith(f"{name}.")}
        )
