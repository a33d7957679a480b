"""Render a page from templates, style and script as one file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
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
# Marks around text of a template that `with_breaks` works on.
_MARKS = "\ue000", "\ue001"
_ESCAPES |= {mark: f"\\u{ord(mark):04x}" for mark in _MARKS}


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment


# Words of escaped text. Some stay on a line: a sign with what is beside it, a number with %, an option with its number.
_WORD = re.compile(
    r"(?P<whole>\S{1,12} (?:&lt;|&gt;|[=≤≥]) \S{1,12}(?!\S)|\S{0,9}\d %|[(`]?--\w[\w-]*(?: \d\S*)?"
    r"|[(`]?semeval-emo(?!\S))|\S+"
)
# A word that may need a second line (ids are shorter), and where a line may end inside of it, but not inside a number.
_LONG_WORD = re.compile(r"\S{25,}")
_PIECE = re.compile(r"(?:[^_/+=,|-]|[,+-](?=\d))*(?:[_/=|]|[,+-](?!\d))+|(?:[^_/+=,|-]|[,+-](?=\d))+")
_MARKED = re.compile(f"{_MARKS[0]}(.*?){_MARKS[1]}", re.S)


def _breakable(text: str) -> Markup:
    """Return escaped text between marks, for `with_breaks`."""
    from markupsafe import Markup, escape

    for mark in _MARKS:
        text = str(text).replace(mark, "")
    return Markup(f"{_MARKS[0]}{escape(text)}{_MARKS[1]}")


def with_breaks(text: str) -> str:
    """Return escaped text whose long words may continue on the next line after a separator, such as `_`.

    Words that begin with an ellipsis, as shortened names do, keep it on the line of their first piece.

    >>> print(with_breaks("b …LLAMA_8Ep_batch6_with_4layer"))
    b <span class="whole">…LLAMA_</span><wbr>8Ep_<wbr>batch6_<wbr>with_<wbr>4layer
    >>> print(with_breaks("eng_test_track_a_01020, p = 0.038"))
    eng_test_track_a_01020, <span class="whole">p = 0.038</span>
    """

    def word(match: re.Match[str]) -> str:
        if match["whole"]:
            return f'<span class="whole">{match[0]}</span>'
        pieces = _PIECE.findall(match[0]) if _LONG_WORD.match(match[0]) else [match[0]]
        if match[0].startswith("…") and match[0] != "…":
            pieces[0] = f'<span class="whole">{pieces[0]}</span>'
        return "<wbr>".join(pieces)

    return _WORD.sub(word, text)


def json_for_script(data: Any) -> Markup:
    r"""Return data as JSON that is safe inside a script element.

    >>> print(json_for_script("</script>"))
    "\u003c/script\u003e"
    """
    from markupsafe import Markup

    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup("".join(_ESCAPES.get(c, c) for c in body) if any(c in body for c in _ESCAPES) else body)


def page(template: str, *, edit: Callable[[str], str] | None = None, **values: Any) -> str:
    """Render a page.

    The content security policy allows only the script with this hash to run.

    Args:
        template: file name in assets/.
        edit: changes the rendered page, before long words get places where a line may end.
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
    if edit is not None:
        body = edit(body)
    body = _MARKED.sub(lambda marked: with_breaks(marked[1]), body)
    # Lone surrogates stand for undecodable bytes and cannot be encoded.
    return body.encode("utf-8", "replace").decode("utf-8")
