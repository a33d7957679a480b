"""Weights from the hub and from GGUF files: found or told in seconds, and the numbers that were packed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from semeval_emo.errors import InputError
from semeval_emo.zoo import weights
from semeval_emo.zoo.family import Silent


@pytest.fixture
def mute_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """A hub that takes every call and never says a word; yields the calls."""
    from huggingface_hub import HfApi, constants, snapshot_download  # noqa: F401 (loaded before the clock starts)

    calls: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def take() -> None:
            while True:
                try:
                    calls.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield calls
    for call in calls:
        call.close()


def test_a_hub_that_never_answers_is_given_up_in_time(mute_hub: list[socket.socket], monkeypatch):
    monkeypatch.setattr(weights, "PATIENCE", 0.5)
    began = time.monotonic()
    with pytest.raises(InputError) as refused:
        weights.local_folder("somebody/some-model", Silent())
    # Its client tries again after a pause, so by its own limit it would take four times as long.
    assert time.monotonic() - began < 1.5
    assert mute_hub, "the hub was asked"
    assert refused.value.message.endswith("not on this machine, and the hub gave no answer in 0.5 seconds.")
    assert "--set model.backbone=path/to/the/model" in refused.value.fix
