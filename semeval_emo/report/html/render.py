"""Render a page from templates, style and script as one file that needs no network."""

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

# Characters that could end a script element or begin a comment become JSON escapes.
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


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


def json_for_script(data: Any) -> Markup:
    r"""Return data as JSON that is safe inside a script element.

    >>> print(json_for_script("</script>"))
    "\u003c/script\u003e"
    """
    from markupsafe import Markup

    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup("".join(_ESCAPES.get(c, c) for c in body) if any(c in body for c in _ESCAPES) else body)


def page(template: str, **values: Any) -> str:
    """Render a page.

    The content security policy allows only the script with this hash to run.

    Args:
        template: file name in assets/.
        values: variables of the template; strings are escaped.
    """
    from markupsafe import Markup

    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    body = _environment().get_template(template).render(
        policy=policy, style=Markup(_asset("style.css")), script=Markup(script), version=__version__, **values
    )  # fmt: skip
    # Lone surrogates stand for undecodable bytes and cannot be encoded.
    return body.encode("utf-8", "replace").decode("utf-8")
