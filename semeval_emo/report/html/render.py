"""Puts a page together: templates, style and script in one file that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_emo import __version__

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

ASSETS = Path(__file__).parent / "assets"

# What would end the script element, or begin a comment in it, is spelled as an escape that JSON reads back.
_SPELLED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def island(data: Any) -> Markup:
    r"""Data as JSON that can stand in a script element whatever it holds.

    >>> print(island("</script>"))
    "\u003c/script\u003e"
    """
    from markupsafe import Markup

    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup("".join(_SPELLED.get(c, c) for c in body) if any(c in body for c in _SPELLED) else body)


def page(template: str, **values: Any) -> str:
    """Renders a page.

    Args:
        template: file name in assets/.
        values: what it shows; strings are escaped.

    Only the page's own script may run: the policy names its hash, so that nothing else would, even if it got in.
    """
    from markupsafe import Markup

    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    made = _environment().get_template(template).render(
        policy=policy, style=Markup(_asset("style.css")), script=Markup(script), version=__version__, **values
    )  # fmt: skip
    # A lone surrogate stands for a byte that was no text, and cannot be written.
    return made.encode("utf-8", "replace").decode("utf-8")
