"""Build the documentation site from README.md and docs/: `make docs-site`.

The pages are written for two readers: a repository browser and the site. This script copies them to build/site-pages,
adapts their links, and runs zensical on the copy. A link to a repository file that is not a page (a recipe, a
prediction file) leads to a copy of that file in the site; a link to a folder becomes plain text.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]
STAGE = ROOT / "build" / "site-pages"

# Pages outside docs/, by their place in the site.
OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
}
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")

CODE = re.compile(r"(?<=<code>)[^<]*(?=</code>)")
TOKEN = re.compile(r'(?<![\w-])--?[A-Za-z][\w-]*|(?:"|&quot;)?\.\[[\w,]+\](?:"|&quot;)?')


def pages() -> dict[str, str]:
    """Return the place in the site of every page, by its path in the repository."""
    inside = sorted((ROOT / "docs").rglob("*.md"))
    return {path: place for path, place in OUTSIDE.items() if (ROOT / path).is_file()} | {
        path.relative_to(ROOT).as_posix(): path.relative_to(ROOT / "docs").as_posix() for path in inside
    }


def place_of(target: str, places: dict[str, str]) -> str:
    """Return where a repository file is in the site: a page, or a copy below files/."""
    if target in places:
        return places[target]
    return target.removeprefix("docs/") if target.startswith("docs/") else f"files/{target}"


def stage_page(path: str, places: dict[str, str], files: set[str]) -> str:
    """Return the text of a page for the site; add the repository files that it links to to `files`."""
    text = (ROOT / path).read_text(encoding="utf-8")

    def adapted(match: re.Match[str]) -> str:
        target, hash_sign, anchor = match["target"].partition("#")
        if "://" in target or target.startswith("mailto:") or not target:
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if (ROOT / target).is_dir():
            # A folder has no page.
            return match["text"]
        if target not in places:
            files.add(target)
        place = posixpath.relpath(place_of(target, places), posixpath.dirname(places[path]))
        return f"[{match['text']}]({place}{hash_sign}{anchor})"

    text = LINK.sub(adapted, text)
    # Interactive examples have a lexer of their own.
    return re.sub(r"^```python\n(?=>>> )", "```pycon\n", text, flags=re.M)


def stage() -> None:
    """Copy the pages and what they link to into the stage."""
    shutil.rmtree(STAGE, ignore_errors=True)
    places, files = pages(), set[str]()
    for path, place in places.items():
        target = STAGE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(stage_page(path, places, files), encoding="utf-8")
    shutil.copyfile(ROOT / "docs" / "site.css", STAGE / "site.css")
    for file in filter(lambda file: (ROOT / file).is_file(), files):
        target = STAGE / place_of(file, places)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, target)


def keep_tokens_whole(html: str) -> str:
    """Return a page in which no line ends inside of an option or of the extras of a package.

    A browser may end a line after each hyphen. Code blocks scroll or wrap, so only code in a sentence is changed.

    >>> keep_tokens_whole("<p><code>fix --order A,B</code></p>")
    '<p><code>fix <span class="whole">--order</span> A,B</code></p>'
    """
    parts = re.split(r"(<pre\b.*?</pre>)", html, flags=re.DOTALL)
    for i in range(0, len(parts), 2):
        parts[i] = CODE.sub(lambda code: TOKEN.sub(r'<span class="whole">\g<0></span>', code[0]), parts[i])
    return "".join(parts)


class Page(HTMLParser):
    """The links and anchors of one HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the link targets and the ids of a tag."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value and not re.match(r"[a-z]+:|//", value):
                self.links.add(unquote(value))


def broken_links(site: Path) -> list[str]:
    """Return the links of the built pages that lead to no file or to no anchor.

    Zensical checks that linked pages exist, but not anchors, images or other files.
    """
    pages = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = Page()
        pages[path].feed(path.read_text(encoding="utf-8"))
    broken = []
    for path, page in pages.items():
        for link in sorted(page.links) if path.name != "404.html" else ():
            file, _, anchor = link.partition("#")
            target = (path.parent / file.partition("?")[0]).resolve() if file else path
            if target.is_dir():
                target /= "index.html"
            known = pages[target].anchors if target in pages else None
            # "#__..." are the switches of the theme.
            if not target.is_file() or (
                anchor and not anchor.startswith("__") and known is not None and anchor not in known
            ):
                broken.append(f"{path.relative_to(site)}: {link}")
    return broken


def main() -> int:
    """Build site/; return 1 if zensical warns of anything or a link is broken."""
    stage()
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    build = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(build.stdout.partition("Traceback (most recent call last)")[0].strip())
    if build.returncode:
        return 1
    for path in (ROOT / "site").rglob("*.html"):
        path.write_text(keep_tokens_whole(path.read_text(encoding="utf-8")), encoding="utf-8")
    broken = broken_links(ROOT / "site")
    for line in broken:
        print(f"broken link in {line}")
    print(f"site/index.html: {len(list((ROOT / 'site').rglob('*.html')))} pages")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
