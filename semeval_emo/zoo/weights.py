"""Where a backbone's weights lie: a folder, a package that comes by pip, the hub. Ends with a local folder.

Asking the hub is bounded to seconds, and what can be done without it is said by name.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
from contextlib import redirect_stderr
from pathlib import Path

from semeval_emo.errors import InputError, MissingExtra
from semeval_emo.zoo.extras import require
from semeval_emo.zoo.family import Watcher
from semeval_emo.zoo.recipe import Recipe

PACKAGE = "package:"
RANDOM = "random"
CACHE_VARIABLE = "SEMEVAL_EMO_CACHE"

# Seconds that the hub has to say whether it has a model at all.
PATIENCE = 3.0

# What a model folder needs; the hub's other formats of the same weights are left there.
WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "tokenizer*")


def local_folder(backbone: str, watch: Watcher, instead: str = "smollm2-4layer") -> Path:
    """Finds a backbone's weights, and fetches or unpacks them where they are not there yet.

    Args:
        backbone: as in `recipe.Model`.
        instead: the nearest recipe on weights that come by pip, for the remedy.

    Raises:
        InputError: they are nowhere, gated, or out of reach; the remedy names the ways on.
        MissingExtra: the package that brings them is not installed.
    """
    if backbone.startswith(PACKAGE):
        return _packaged(backbone.removeprefix(PACKAGE), watch)
    folder = Path(backbone).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise InputError(f"{folder} holds no model: it has no config.json.", "name a Hugging Face model folder")
        return folder
    if backbone.startswith((".", "/", "~")) or backbone.count("/") > 1:
        raise InputError(f"There is no folder {backbone}.", "name a Hugging Face model folder, or a model of the hub")
    return _from_hub(backbone, watch, instead)


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


def _packaged(name: str, watch: Watcher) -> Path:
    # Found, never imported: such a package may import a whole inference stack of its own.
    spec = importlib.util.find_spec(name.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise MissingExtra(f"The backbone {PACKAGE}{name}", "weights")
    root = Path(spec.origin).parent
    configured = sorted(root.rglob("config.json"), key=lambda path: len(path.parts))
    if configured:
        return configured[0].parent
    packed = sorted(root.rglob("*.gguf"))
    if not packed:
        raise InputError(f"The package {name} in {root} holds neither config.json nor a GGUF file.")
    return _unpacked(name, packed[0], watch)


def _unpacked(name: str, packed: Path, watch: Watcher) -> Path:
    """A GGUF file as an ordinary model folder in fp32, made once.

    A model that transformers loads from GGUF counts as quantised: it can be neither saved nor
    trained. Its weights in a fresh model of the same configuration can.
    """
    target = cache_folder() / "weights" / f"{name}-{packed.stat().st_size}"
    if (target / "config.json").exists():
        return target
    watch.say(f"unpacking the weights of {name} once ({packed.stat().st_size / 1e6:,.0f} MB, to {target})")
    require(["gguf"], f"Unpacking {packed.name}", "weights")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from semeval_emo.zoo.engine.quiet import quietly

    # The converter draws a bar of its own, whatever it is told.
    with quietly(), redirect_stderr(io.StringIO()):
        loaded = AutoModelForCausalLM.from_pretrained(packed.parent, gguf_file=packed.name)
        tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
        config = loaded.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        plain = type(loaded)(config)
        plain.load_state_dict(loaded.state_dict())
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        plain.save_pretrained(beside)
        tokenizer.save_pretrained(beside)
    try:
        beside.rename(target)
    except OSError:
        # Another process was faster; its folder is as good.
        shutil.rmtree(beside)
    return target


def _from_hub(name: str, watch: Watcher, instead: str) -> Path:
    from huggingface_hub import HfApi, snapshot_download
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
        HfApi().model_info(name, timeout=PATIENCE)
        watch.say(f"fetching {name} from the hub")
        return Path(snapshot_download(name, allow_patterns=list(WANTED)))
    except GatedRepoError as error:
        raise _absent(name, instead, "the hub gives them only to those whom their owner let in") from error
    except Exception as error:  # the hub's client has dozens, of three libraries; each means the same here
        raise _absent(name, instead, f"the hub cannot be asked ({type(error).__name__})") from error


def _absent(name: str, instead: str, why: str) -> InputError:
    return InputError(
        f"The weights of {name} are gated or absent: they are not on this machine, and {why}.",
        "any of three ways on:\n"
        "    1. a folder that you have: --set model.backbone=path/to/the/model\n"
        f"    2. ask for access at https://huggingface.co/{name}, then `hf auth login` and the same command\n"
        f"    3. the nearest recipe on open weights that come by pip: semeval-emo zoo train {instead}",
    )
