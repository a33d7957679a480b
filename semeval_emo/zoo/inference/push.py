"""Upload an exported model to the Hugging Face hub.

The token is that of ``$HF_TOKEN`` or of ``hf auth login``; it is never an option, so that no shell keeps it. A new
repository is private, because making it public is the decision of its owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from semeval_emo.errors import InputError, MissingExtra, UsageError
from semeval_emo.files import read_utf8
from semeval_emo.parse import read_json
from semeval_emo.text import printable
from semeval_emo.zoo.inference.export import EVALUATION, README

TOKEN_VARIABLE = "HF_TOKEN"


def check_target(repository: str, *, with_token: bool = True) -> None:
    """Check what `push` needs besides the model; this takes no network, and is done before a model is copied.

    Args:
        repository: ``name/model``, or ``model`` for the owner of the token.

    Raises:
        MissingExtra: `huggingface_hub` is not installed.
        UsageError: no repository can have this name.
        InputError: there is no token.
    """
    if find_spec("huggingface_hub") is None:
        raise MissingExtra("Uploading a model", "hub")
    from huggingface_hub import get_token
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise UsageError(
            f"'{printable(repository)}' is no name of a repository on the hub.", "name it as YOUR-NAME/MODEL"
        ) from error
    if with_token and get_token() is None:
        raise InputError(
            "There is no token for the hub.",
            f"set ${TOKEN_VARIABLE} to a token with write access, or run: hf auth login",
        )


def check_card(folder: Path) -> None:
    """Check that the hub's client can read the card and the scores of an exported model.

    Raises:
        InputError: it cannot.
    """
    from huggingface_hub import ModelCard, parse_eval_result_entries

    try:
        ModelCard(read_utf8(folder / README))
        if (folder / EVALUATION).exists():
            parse_eval_result_entries(read_json(folder / EVALUATION))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"The model card of {folder} is not one that the hub accepts: {error}.",
            "correct the lines between --- in MODEL_CARD.md of the run",
        ) from error


def push(folder: Path, repository: str) -> str:
    """Create the repository if it is new, upload an exported model in one commit, and return its address.

    The hub checks the model card before anything is created.

    Raises:
        InputError: the hub refuses the card or the upload, or it cannot be reached.
    """
    from huggingface_hub import HfApi, ModelCard

    api = HfApi(token=True, library_name="semeval-emo")
    with _explained(repository):
        try:
            ModelCard(read_utf8(folder / README)).validate()
        except ValueError as error:
            raise InputError(
                f"The hub refuses the model card: {printable(str(error), 500)}.",
                "correct the lines between --- in MODEL_CARD.md of the run",
            ) from error
        created = api.create_repo(repository, private=True, exist_ok=True)
        api.upload_folder(folder_path=folder, repo_id=created.repo_id, commit_message="Upload a model of semeval-emo")
    return str(created)


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    """Turn the errors of the hub's client into errors of the user."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except InputError:
        raise
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403):
            raise InputError(
                f"The hub does not let this token write to {repository} (HTTP {status}).",
                f"set ${TOKEN_VARIABLE} to a token with write access to it, from the settings of your account",
            ) from error
        message = printable(error.server_message or str(error).strip(), 300)
        raise InputError(
            f"The hub refuses the upload to {repository} (HTTP {status}): {message}",
            "check the name: it begins with your own name on the hub, or with that of an organisation of yours",
        ) from error
    except Exception as error:  # the hub's client raises dozens of types from three libraries
        raise InputError(
            f"The hub cannot be reached ({type(error).__name__}: {printable(str(error), 200)}).",
            "check the network and $HF_HUB_OFFLINE, and repeat the command: files that are there are not sent again",
        ) from error
