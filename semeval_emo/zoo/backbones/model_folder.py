"""Checks of Hugging Face model folders before a library opens them: code, pickles, and sizes that fit the weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from semeval_emo.errors import EmoError, InputError
from semeval_emo.parse import ShapeError, member, read_json
from semeval_emo.text import printable

CONFIG, TOKENIZER_CONFIG, ADAPTER_CONFIG = "config.json", "tokenizer_config.json", "adapter_config.json"
WEIGHTS, ADAPTER_WEIGHTS = "model.safetensors", "adapter_model.safetensors"
INDEX = f"{WEIGHTS}.index.json"

PICKLES = (".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth")
"""Suffixes of files that Python's pickle module reads, and which can run code when they are opened."""

MAX_NUMBER = 10**8
"""Limit of the integers in config.json: the largest real ones are context lengths of ten million."""
MIN_LAYERS = 256
"""Layers that a network may have even if its weights have fewer tensors, since layers may share weights."""
_LAYERS = re.compile("layer|expert|block")


def refuse_pickles(folder: Path) -> None:
    """Refuse a folder of a saved model if it contains a pickle: this package writes none.

    Raises:
        InputError: it does.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix in PICKLES and path.is_file():
            raise _pickle_error(path)


def refuse_foreign_files(folder: Path) -> None:
    """Refuse to copy a model folder that contains Python code or links to files outside it.

    Raises:
        InputError: it does.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py":
            raise InputError(f"{path} is Python code, which is not part of a model.", "delete it, or move it away")
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"{path} is a link to {path.resolve()}, outside the model.", "replace the link by the file itself"
            )


def _pickle_error(path: Path) -> InputError:
    return InputError(
        f"{path} is a pickle, which can run code when it is opened; expected {WEIGHTS}.",
        "where you trust it, load the model with transformers and save it again with save_pretrained",
    )


def check_model_folder(folder: Path) -> dict[str, Any]:
    """Check a model folder without importing torch or transformers; return its config.json.

    Raises:
        InputError: there is no config.json or no safetensors file, a file cannot be read, sizes in config.json are not
            those of the weights, or the weights are only adapters of a model.
    """
    if (folder / ADAPTER_CONFIG).exists() and not (folder / CONFIG).exists():
        raise adapters_error(str(folder))
    if not (folder / CONFIG).exists():
        raise InputError(f"{folder} contains no model: it has no {CONFIG}.", "name a Hugging Face model folder")
    config = read_table(folder / CONFIG)
    shapes = _weight_shapes(folder)
    _check_numbers(config, max(MIN_LAYERS, len(shapes)), folder / CONFIG)
    return config


def check_adapters(folder: Path) -> None:
    """Check a folder of adapters without importing torch or peft.

    Raises:
        InputError: its configuration or its weights are missing or cannot be read.
    """
    read_table(folder / ADAPTER_CONFIG)
    if not (folder / ADAPTER_WEIGHTS).exists():
        raise next(map(_pickle_error, _pickles(folder)), InputError(f"{folder} contains no {ADAPTER_WEIGHTS}."))
    tensor_shapes(folder / ADAPTER_WEIGHTS)


def adapters_error(name: str) -> InputError:
    """Return the error of a folder that has adapters where a whole model is needed."""
    return InputError(
        f"{name} has LoRA adapters, not a whole model.",
        "merge them into their model and save it with its tokenizer: model.merge_and_unload().save_pretrained(FOLDER)",
    )


def read_table(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file of a model.

    Raises:
        InputError: it is not a JSON object.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path} cannot be read: expected a JSON object.")
    return content


def _pickles(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in PICKLES)


def _weight_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor of a folder's safetensors files, by name; no tensor is read."""
    shapes: dict[str, tuple[int, ...]] = {}
    for file in weight_files(folder):
        shapes |= tensor_shapes(file)
    return shapes


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a folder: one, or those that the index names.

    Raises:
        InputError: there is none, or one of them is missing.
    """
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    if not (folder / INDEX).exists():
        raise next(map(_pickle_error, _pickles(folder)), InputError(f"{folder} contains no {WEIGHTS}."))
    try:
        files = set(member(read_table(folder / INDEX), "weight_map", dict).values())
        outside = [name for name in files if not isinstance(name, str) or PurePosixPath(name).name != name]
        if outside:
            raise ShapeError(f"{printable(str(outside[0]))} is not the name of a file in the folder")
    except ShapeError as error:
        raise InputError(f"{folder / INDEX} cannot be read: {error}.") from error
    paths = [folder / name for name in sorted(files)]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path} is missing; {INDEX} names it.", "copy the whole folder again")
    return paths


def tensor_shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes in the header of a safetensors file, by tensor.

    Raises:
        InputError: it is not a complete safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as tensors:
            return {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f"{file} cannot be read: it is not a complete safetensors file ({first_line(error)}).",
            "copy the file again",
        ) from error


def _check_numbers(value: Any, layers: int, path: Path, key: str = "") -> None:
    """Refuse integers that would allocate more than the weights, before a library builds a network from them."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            _check_numbers(entry, layers, path, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for entry in value:
            _check_numbers(entry, layers, path, key)
    elif isinstance(value, int) and not isinstance(value, bool):
        limit = layers if _LAYERS.search(key.rpartition(".")[2]) else MAX_NUMBER
        if abs(value) > limit:
            shown = f"{value:,}" if abs(value) < 10**30 else "a longer number"
            raise InputError(f"{path} has {printable(key)} = {shown}, expected at most {limit:,}.")


TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.*", "*.spm", "*.bpe.model", "spiece.model", "spm.model")
"""Files that a tokenizer is read from."""


def has_tokenizer(folder: Path) -> bool:
    """Return whether a folder has a file of a tokenizer."""
    return any(path for pattern in TOKENIZERS for path in folder.glob(pattern))


@contextmanager
def reading_model(folder: Path, what: str = "The model") -> Iterator[None]:
    """Turn every error of a library that reads a model folder into an input error that names the folder.

    Raises:
        InputError: the folder refers to its own Python code, or cannot be read.
    """
    try:
        yield
    except EmoError:
        raise
    # Transformers, tokenizers, safetensors, skops and scikit-learn raise dozens of types for damaged files.
    except Exception as error:
        code = _own_code(folder) if isinstance(error, ValueError) else ""
        if code:
            raise InputError(
                f"{what} in {folder} needs its own Python code ({code}), which is never run.",
                "use a model of a class that transformers has",
            ) from error
        raise InputError(f"{what} in {folder} cannot be loaded: {first_line(error)}") from error


def _own_code(folder: Path) -> str:
    """Return the Python file that a folder's ``auto_map`` refers to; empty if there is none."""
    for name in (CONFIG, TOKENIZER_CONFIG):
        try:
            classes = read_table(folder / name).get("auto_map")
        except EmoError:
            continue
        while isinstance(classes, dict | list) and classes:
            values = classes.values() if isinstance(classes, dict) else classes
            classes = next((value for value in values if value), None)
        if isinstance(classes, str):
            repository, _, path = classes.rpartition("--")
            file = f"{path.rpartition('.')[0].replace('.', '/') or path}.py"
            return printable(f"{repository}/{file}" if repository else file)
    return ""


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its type if it has none."""
    lines = str(error).strip().splitlines()
    return printable(lines[0], 200) if lines else type(error).__name__
