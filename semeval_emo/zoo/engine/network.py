"""A Hugging Face classification network with its tokenizer: built from a backbone, saved, loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, set_seed

from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.quiet import quietly
from semeval_emo.zoo.backbones.weights import RANDOM, local_folder
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine import parameter_groups, random_llama
from semeval_emo.zoo.family import Sizes
from semeval_emo.zoo.recipe import ModelConfig, Recipe

# Every name that configurations have for hidden and attention dropout.
DROPOUTS = (
    "hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout", "hidden_dropout",
    "embd_pdrop", "attn_pdrop", "resid_pdrop",
)  # fmt: skip


@dataclass(eq=False)
class Network:
    """A network that predicts, and whether its maths runs in bf16.

    Attributes:
        model: one of Hugging Face's ``...ForSequenceClassification``.
        sizes: parameters that moved, and all of them.
    """

    model: Any
    tokenizer: Any
    recipe: Recipe
    sizes: Sizes

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device

    @property
    def fixed(self) -> torch.dtype | None:
        """The precision to keep copies of weights in that do not move; None where the weights are in it."""
        return torch.bfloat16 if self.recipe.train.precision == "bf16" else None

    def autocast(self) -> torch.autocast:
        """The precision of the recipe, as a context."""
        wanted = self.recipe.train.precision == "bf16"
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=wanted)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut at the recipe's length, without padding.

        Tokens after the last one that is not padding are dropped where a causal model pools on that
        one: it never looks to the right, so they change nothing.
        """
        rows: list[list[int]] = self.tokenizer(list(texts), truncation=True, max_length=self.recipe.model.max_length)[
            "input_ids"
        ]
        pad = self.tokenizer.pad_token_id
        if self.recipe.family != "encoder":
            for row in rows:
                while len(row) > 1 and row[-1] == pad:
                    row.pop()
        # A text without a single token still needs one to pool on.
        return [row or [pad] for row in rows]

    def save(self, folder: Path) -> None:
        """Writes configuration, safetensors and tokenizer: an ordinary Hugging Face folder."""
        with quietly():
            self.model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def build(recipe: Recipe, space: Space, progress: Progress) -> Network:
    """Builds the network of a recipe, its head fresh, and freezes what does not move.

    Raises:
        InputError: no weights.
        UsageError: the recipe asks for something that the network or the machine does not have.
    """
    emotions = list(space.emotions)
    # The head's first weights, and those of a random backbone.
    set_seed(recipe.train.seed)
    config = {
        "num_labels": len(emotions),
        "problem_type": "multi_label_classification",
        "id2label": dict(enumerate(emotions)),
        "label2id": {name: i for i, name in enumerate(emotions)},
    }
    with quietly():
        if recipe.model.backbone == RANDOM:
            model, tokenizer = random_llama.build(recipe, config)
        else:
            folder = local_folder(recipe.model.backbone, progress)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            set_seed(recipe.train.seed)
            model = _pretrained(folder, recipe, config)
    check_length(tokenizer, recipe.model)
    tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.config.pad_token_id = tokenizer.pad_token_id
    model.config.use_cache = False
    _head(model, recipe)
    if recipe.trainable.part == "lora":
        from semeval_emo.zoo.engine.adapters import add_adapters

        model = add_adapters(model, recipe)
    return Network(model.to(device()), tokenizer, recipe, freeze(model, recipe))


def check_length(tokenizer: Any, model: ModelConfig) -> None:
    """Refuses a length that leaves no room for a text, or that the backbone has no positions for.

    Raises:
        UsageError: ``model.max_length`` is such a length.
    """
    least, most = tokenizer.num_special_tokens_to_add() + 1, tokenizer.model_max_length
    if not least <= model.max_length <= most:
        near = min(max(model.max_length, least), most)
        raise UsageError(
            f"{model.backbone} takes {least} to {most} tokens, and model.max_length is {model.max_length}.",
            f"--set model.max_length={near}",
        )


def _pretrained(folder: Path, recipe: Recipe, config: dict[str, Any]) -> Any:
    extra: dict[str, Any] = {"dtype": torch.float32}
    if recipe.model.quantization != "none":
        from semeval_emo.zoo.engine.adapters import quantized

        extra |= quantized(recipe)
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, local_files_only=True, **config, **_dropouts(folder, recipe), **extra
        )
    except (OSError, ValueError) as error:
        raise InputError(f"The backbone in {folder} cannot be loaded: {str(error).splitlines()[0]}") from error
    if recipe.model.pooling not in ("", _pools(model)):
        raise UsageError(
            f"recipe {recipe.name}: {type(model).__name__} pools by '{_pools(model)}', not '{recipe.model.pooling}'.",
            "leave model.pooling out, or take the family 'embed' for sentence vectors",
        )
    return model


def _pools(model: Any) -> str:
    return "last" if hasattr(model, "score") else "first"


def _dropouts(folder: Path, recipe: Recipe) -> dict[str, float]:
    if recipe.model.dropout is None:
        return {}
    from transformers import AutoConfig

    known = AutoConfig.from_pretrained(folder, local_files_only=True)
    found = {name: recipe.model.dropout for name in DROPOUTS if hasattr(known, name)}
    if not found:
        raise UsageError(f"recipe {recipe.name}: {known.model_type} has no dropout to set.", "leave model.dropout out")
    return found


def _head(model: Any, recipe: Recipe) -> None:
    """Puts an MLP in place of the single linear layer where the recipe asks for one."""
    if recipe.model.head == "linear":
        return
    if not recipe.model.head_hidden:
        raise UsageError(f"recipe {recipe.name}: an MLP head needs widths.", "--set model.head_hidden=[256]")
    name = "score" if hasattr(model, "score") else "classifier"
    last = getattr(model, name)
    layers: list[torch.nn.Module] = []
    width = last.in_features
    for hidden in recipe.model.head_hidden:
        layers += [torch.nn.Linear(width, hidden), torch.nn.GELU()]
        width = hidden
    setattr(model, name, torch.nn.Sequential(*layers, torch.nn.Linear(width, last.out_features)))


def freeze(model: Any, recipe: Recipe) -> Sizes:
    """Lets move what the recipe says, and nothing else."""
    names = [name for name, _ in model.named_parameters()]
    layers = parameter_groups.count_layers(names)
    parameter_groups.check_layers(recipe.trainable, layers, recipe.name)
    moved = total = 0
    for name, parameter in model.named_parameters():
        if ".original_module." in name:
            # peft keeps the head of which it trains a copy; nothing runs through it.
            parameter.requires_grad_(False)
            continue
        total += parameter.numel()
        # Whole numbers cannot have gradients: the frozen weights of an int8 backbone.
        moving = parameter_groups.moves(name, recipe.trainable, layers) and parameter.is_floating_point()
        parameter.requires_grad_(moving)
        moved += parameter.numel() if moving else 0
    return Sizes(moved, total)


def load(folder: Path, recipe: Recipe) -> Network:
    """Loads what `Network.save` wrote.

    Raises:
        InputError: the folder cannot be read.
    """
    with quietly():
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = AutoModelForSequenceClassification.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32
            )
        except (OSError, ValueError) as error:
            raise InputError(f"The model in {folder} cannot be loaded: {str(error).splitlines()[0]}") from error
    if recipe.model.head == "mlp":
        _load_head(model, recipe, folder)
    return Network(model.to(device()).eval(), tokenizer, recipe, freeze(model, recipe))


def _load_head(model: Any, recipe: Recipe, folder: Path) -> None:
    """Restores an MLP head, which Hugging Face's class does not know."""
    from safetensors.torch import load_file

    _head(model, recipe)
    name = "score" if hasattr(model, "score") else "classifier"
    stored = {key: value for path in sorted(folder.glob("*.safetensors")) for key, value in load_file(path).items()}
    getattr(model, name).load_state_dict(
        {key.removeprefix(f"{name}."): value for key, value in stored.items() if key.startswith(f"{name}.")}
    )
