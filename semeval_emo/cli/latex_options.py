"""The options --caption and --label, which every command with LaTeX tables has."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from typer.core import TyperOption

from semeval_emo.cli.output import LATEX_TABLE
from semeval_emo.errors import UsageError

CAPTION = "Caption of the first LaTeX table. Default: its title."
LABEL = "Label of the first LaTeX table, such as tab:results. Default: made from its title."


def add_latex_options(group: Any) -> None:
    """Add the options to every command whose --format has the choice ``latex``."""
    for child in group.commands.values():
        if hasattr(child, "commands"):
            add_latex_options(child)
        elif any(param.name == "style" and "latex" in _choices(param) for param in child.params):
            child.params += [
                TyperOption(param_decls=["--caption"], type=str, metavar="TEXT", help=CAPTION),
                TyperOption(param_decls=["--label"], type=str, metavar="KEY", help=LABEL),
            ]
            child.callback = _with_table(child.callback)


def _choices(param: Any) -> list[str]:
    return [str(getattr(choice, "value", choice)) for choice in getattr(param.type, "choices", ())]


def _with_table(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def called(*, caption: str | None = None, label: str | None = None, **values: Any) -> Any:
        if (caption or label) and str(getattr(values["style"], "value", values["style"])) != "latex":
            raise UsageError("--caption and --label are for LaTeX tables.", "add --format latex")
        before = LATEX_TABLE.set((caption or "", label or ""))
        try:
            return call(**values)
        finally:
            LATEX_TABLE.reset(before)

    return called
