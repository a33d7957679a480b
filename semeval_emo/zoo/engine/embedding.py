"""Sentence embeddings by a frozen encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

import numpy as np
import torch
from transformers import AutoModel

from semeval_emo.errors import InputError
from semeval_emo.files import make_folder, write_file
from semeval_emo.parse import ShapeError, expect, member, read_json
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.model_folder import CONFIG, WEIGHTS, read_table, reading_model
from semeval_emo.zoo.backbones.weights import silence_transformers
from semeval_emo.zoo.engine.batches import MAX_TOKENS, packed_batches, padded_batches
from semeval_emo.zoo.engine.compiled import is_worthwhile
from semeval_emo.zoo.engine.devices import default_device, product_dtype, tf32_products
from semeval_emo.zoo.engine.gemma import PackedGemmaEncoder, is_gemma
from semeval_emo.zoo.engine.network import check_length, position_count
from semeval_emo.zoo.engine.parallel import parallel_map, worker_count
from semeval_emo.zoo.engine.pooling import pool
from semeval_emo.zoo.engine.pretrained import check_vocabulary, load_pretrained, load_tokenizer
from semeval_emo.zoo.recipe import ModelConfig

PROMPTS, MODULES = "config_sentence_transformers.json", "modules.json"
"""Files of a folder of sentence-transformers."""


@dataclass(frozen=True, eq=False)
class SentenceEncoder:
    """A frozen encoder with its tokenizer.

    Attributes:
        prompt: put before every text.
        dense: the layers after the pooling, as matrices of shape (out, in).
    """

    tokenizer: Any
    network: Any
    prompt: str = ""
    dense: tuple[torch.Tensor, ...] = ()

    @classmethod
    def load(cls, backbone: str, *, prompt: str = "", dense: bool = False) -> Self:
        """Load an encoder from a local folder, onto the GPU if there is one.

        Args:
            prompt, dense: as in `embed.EmbedOptions`.

        Raises:
            InputError: the folder cannot be loaded, or has no dense layers.
        """
        folder = Path(backbone)
        tokenizer = load_tokenizer(folder)
        network = _load_encoder(folder)
        check_vocabulary(tokenizer, network, folder)
        network = network.eval().to(default_device())
        layers = tuple(layer.to(network.device) for layer in _dense_layers(folder)) if dense else ()
        return cls(tokenizer, network, _prompts(folder).get(prompt, prompt), layers)

    @property
    def parameter_count(self) -> int:
        """Number of parameters."""
        return sum(p.numel() for p in (*self.network.parameters(), *self.dense))

    def embed(
        self, texts: Sequence[str], model: ModelConfig, progress: Progress, precision: str = "fp32"
    ) -> np.ndarray:
        """Embed texts.

        Args:
            precision: of the matrix products, as in `recipe.TrainConfig`.

        Returns:
            Embeddings of shape (n, hidden), float32, normalized to unit length.

        Raises:
            UsageError: the encoder does not support ``model.max_length``.
        """
        check_length(self.tokenizer, model, position_count(self.network))
        device = self.network.device
        prompted = [self.prompt + text for text in texts]
        rows = self.tokenizer(prompted, truncation=True, max_length=model.max_length)["input_ids"]
        width = self.dense[-1].shape[0] if self.dense else self.network.config.hidden_size
        embeddings = np.zeros((len(rows), width), dtype=np.float32)

        pooled, batches = self._pooling(rows, model, product_dtype(precision, device))

        def run(batch: list[int]) -> np.ndarray:
            vectors = pooled(batch)
            for layer in self.dense:
                vectors = vectors @ layer.T
            normalized: np.ndarray = torch.nn.functional.normalize(vectors, dim=-1).float().cpu().numpy()
            return normalized

        dtype = product_dtype(precision, device)
        with progress.stage("embedding", len(rows)), tf32_products(precision, device):
            for batch, vectors in parallel_map(run, batches, device, dtype):
                embeddings[batch] = vectors
                progress.advance(len(batch))
        return embeddings

    def _pooling(
        self, rows: Sequence[Sequence[int]], model: ModelConfig, dtype: torch.dtype | None
    ) -> tuple[Callable[[list[int]], torch.Tensor], list[list[int]]]:
        """Return a function that pools the states of some texts (B, hidden), and the batches to call it with.

        Args:
            rows: token ids of each text.
            dtype: of matrix products; None for that of the weights.
        """
        pooling, lengths = model.pooling or "mean", [len(row) for row in rows]
        if pooling == "mean" and is_gemma(self.network, model.max_length):
            compiling = is_worthwhile(sum(lengths), self.network.device)
            encoder = PackedGemmaEncoder(self.network, dtype, compiling=compiling)

            def mean(batch: list[int]) -> torch.Tensor:
                states, packed = encoder.encode([rows[i] for i in batch])
                return packed.mean(states)

            return mean, list(packed_batches(lengths, MAX_TOKENS, worker_count(self.network.device)))

        def padded(batch: list[int]) -> torch.Tensor:
            inputs = self.tokenizer.pad({"input_ids": [rows[i] for i in batch]}, return_tensors="pt")
            inputs = inputs.to(self.network.device)
            states = self.network(**inputs).last_hidden_state
            return pool(states.float(), inputs["attention_mask"], pooling)

        return padded, list(padded_batches(lengths, MAX_TOKENS))


def save_encoder(backbone: str, folder: Path, max_length: int, *, dense: bool = False) -> None:
    """Save the encoder of a local folder and its tokenizer, which truncates to `max_length` tokens.

    Args:
        dense: save the dense layers after the pooling, too.
    """
    source = Path(backbone)
    tokenizer, network = load_tokenizer(source), _load_encoder(source)
    tokenizer.model_max_length = max_length
    with silence_transformers():
        tokenizer.save_pretrained(folder)
        network.save_pretrained(folder)
    for name in (PROMPTS, MODULES) if (source / PROMPTS).exists() else ():
        if (source / name).exists():
            write_file(folder / name, (source / name).read_bytes())
    for part in _dense_folders(source) if dense else ():
        make_folder(folder / part.name)
        for name in (CONFIG, WEIGHTS):
            write_file(folder / part.name / name, (part / name).read_bytes())


def _prompts(folder: Path) -> dict[str, str]:
    """Return the prompts of a folder of sentence-transformers, by name.

    Raises:
        InputError: the file cannot be read.
    """
    path = folder / PROMPTS
    if not path.exists():
        return {}
    try:
        return {name: str(text) for name, text in member(read_table(path), "prompts", dict, {}).items()}
    except ShapeError as error:
        raise InputError(f"{path} cannot be read: {error}.") from error


def _dense_folders(folder: Path) -> list[Path]:
    """Return the folders of the dense layers after the pooling, in order.

    Raises:
        InputError: there are none, or `MODULES` cannot be read.
    """
    path = folder / MODULES
    if not path.exists():
        raise InputError(f"{folder} has no {MODULES}, so it has no dense layers.", "--set embed.dense=false")
    try:
        modules = [expect(module, dict, "a module") for module in expect(read_json(path), list, "it")]
        names = [member(module, "path", str) for module in modules if member(module, "type", str).endswith(".Dense")]
        if not names or any(PurePosixPath(name).name != name for name in names):
            raise ShapeError("it names no dense layer in a folder of the model")
    except ShapeError as error:
        raise InputError(f"{path} cannot be read: {error}.", "--set embed.dense=false") from error
    return [folder / name for name in names]


def _dense_layers(folder: Path) -> list[torch.Tensor]:
    """Return the matrices of the dense layers, shape (out, in).

    Raises:
        InputError: one has a bias or an activation, which no known model has, or cannot be read.
    """
    from safetensors.torch import load_file

    layers = []
    for part in _dense_folders(folder):
        with reading_model(part, "The dense layer"):
            activation = str(read_table(part / CONFIG).get("activation_function", ""))
            tensors = load_file(part / WEIGHTS)
            if set(tensors) != {"linear.weight"} or not activation.endswith("Identity"):
                raise InputError(f"The dense layer in {part} has a bias or an activation.", "--set embed.dense=false")
            layers.append(tensors["linear.weight"].float())
    return layers


def _load_encoder(folder: Path) -> Any:
    # A pooler that the files lack is not used.
    return load_pretrained(AutoModel, folder, what="The encoder")
