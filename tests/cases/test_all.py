"""Each example of what people bring has a test in this folder."""

from __future__ import annotations

from pathlib import Path


def test_every_example_is_named_in_a_test(shared_dir: Path) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    examples = [folder.name for folder in sorted((shared_dir / "cases").iterdir()) if folder.is_dir()]
    assert [name for name in examples if name not in tests] == []
