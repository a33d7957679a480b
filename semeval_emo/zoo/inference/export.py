"""Copy the model of a run into a folder for the Hugging Face hub."""

from __future__ import annotations

import json
from pathlib import Path

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_folder
from semeval_emo.zoo.runs.model import export_model, read_card
from semeval_emo.zoo.training.card_metadata import evaluation_results, with_licence

README = "README.md"
EVALUATION = ".eval_results/semeval-emo.yaml"


def export_run(run: Path, out: Path, licence: str = "") -> tuple[str, ...]:
    """Copy the model of a run into a new folder for the hub; return the names of the files.

    Its card is README.md, and its scores on data sets of the hub are in ``.eval_results/``.

    Args:
        licence: an identifier of the hub, such as ``mit``; empty for the one of the card.

    Raises:
        InputError: the run is not finished, or something that its model needs is missing.
        UsageError: the folder exists and is not empty.
    """
    card = with_licence(read_card(run), licence)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} already exists.", "name a new folder; existing files are not overwritten")
    if out.exists() and out.samefile(Path.cwd()):
        raise UsageError(f"{out} is the current folder, which cannot be replaced.", "name a new folder")
    try:
        with write_folder(out) as folder:
            export_model(run / "model", folder)
            (folder / README).write_text(card, "utf-8")
            if entries := evaluation_results(card):
                (folder / EVALUATION).parent.mkdir()
                (folder / EVALUATION).write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}.") from error
    return tuple(sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()))
