"""A run's model as a folder that can be given away: what the hub wants, with the card as its README."""

from __future__ import annotations

from pathlib import Path

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_folder
from semeval_emo.zoo.runs.model import export_model


def read_card(run: Path) -> str:
    """The model card of a finished run.

    Raises:
        InputError: there is none.
    """
    try:
        return (run / "MODEL_CARD.md").read_text("utf-8")
    except OSError as error:
        raise InputError(
            f"{run} holds no finished run.", "name a run folder, such as runs/<recipe>/<language>"
        ) from error


def export(run: Path, out: Path) -> tuple[str, ...]:
    """Copies a run's model and its card into a new folder, whole or not at all.

    Returns:
        The names of the files, sorted.

    Raises:
        InputError: the run is not finished, or what its model needs is gone.
        UsageError: the folder is there already and is not empty.
    """
    card = read_card(run)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already.", "name a new folder; nothing of yours is written over")
    try:
        with write_folder(out) as folder:
            export_model(run / "model", folder)
            (folder / "README.md").write_text(card, "utf-8")
            if out.exists():
                out.rmdir()
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}.") from error
    return tuple(sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()))
