"""Build the page that checks a file in the browser: `make web`, into build/web/.

The folder has Pyodide (Python for the browser, from its npm package), this package and the files of web/. It needs no
server of its own: any host of static files can serve it, and the page loads nothing from another one.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.server
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "web"
SITE = ROOT / "build" / "web"
# Not below .cache, which `make docs-site` empties.
CACHE = ROOT / "build" / "npm"

PYODIDE = "314.0.7"
INTEGRITY = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
"""The hash that npm has for the package."""
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
"""What the page loads of the package; the rest are types, source maps and consoles."""
PAGE = ("index.html", "style.css", "page.js", "worker.js", "icon.svg")
LEFT_OUT = ("semeval_emo/zoo/", "semeval_emo/_zoo/", "semeval_emo/_submissions/", "semeval_emo/_leaderboard/")
"""Parts of the wheel that need torch or that the page does not show."""
# The earliest time stamp of the zip format: the same sources give the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


class BuildError(Exception):
    """The page cannot be built; the message says why, and what to do."""


def pyodide() -> Path:
    """Return the npm package of Pyodide, which is downloaded once.

    Raises:
        BuildError: npm is missing, the package cannot be downloaded, or it has another hash.
    """
    package = CACHE / f"pyodide-{PYODIDE}.tgz"
    if not package.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise BuildError("npm is missing.\n  fix: install Node.js (Debian: apt-get install npm)")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            command = [npm, "pack", f"pyodide@{PYODIDE}", "--pack-destination", folder, "--silent"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            found = list(Path(folder).glob("*.tgz"))
            if done.returncode or not found:
                why = [*(done.stderr.strip() or done.stdout.strip()).splitlines(), "no package"][0]
                raise BuildError(
                    f"npm cannot download pyodide {PYODIDE}: {why}\n  fix: check the network, or put it at {package}"
                )
            found[0].replace(package)
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise BuildError(f"{package} has another hash than pyodide {PYODIDE}.\n  fix: remove it and repeat make web")
    return package


def wheel() -> Path:
    """Build the wheel of this checkout."""
    folder = ROOT / "build" / "web-wheel"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BuildError(f"The wheel cannot be built: {why}\n  fix: make web, which installs what it needs")
    return next(folder.glob("*.whl"))


def archive(files: dict[str, bytes]) -> bytes:
    """Return a zip whose bytes depend on its files only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in sorted(files.items()):
            made.writestr(zipfile.ZipInfo(name, EPOCH), body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def build(site: Path = SITE) -> Path:
    """Build the page.

    Returns:
        The folder, which replaces the one of an earlier build.

    Raises:
        BuildError: Pyodide or the wheel is not to be had.
    """
    package, own = pyodide(), wheel()
    new = site.with_name(f"{site.name}-new")
    shutil.rmtree(new, ignore_errors=True)
    (new / "pyodide").mkdir(parents=True)
    with tarfile.open(package) as unpacked:
        for name in RUNTIME:
            stream = unpacked.extractfile(f"package/{name}")
            assert stream is not None
            (new / "pyodide" / name).write_bytes(stream.read())
    # Without the list of packages of its content network, Pyodide can load none from there.
    lock = new / "pyodide" / "pyodide-lock.json"
    lock.write_text(json.dumps({"info": json.loads(lock.read_text("utf-8"))["info"], "packages": {}}), "utf-8")
    with zipfile.ZipFile(own) as unpacked_wheel:
        names = [name for name in unpacked_wheel.namelist() if not name.startswith(LEFT_OUT)]
        (new / "package.zip").write_bytes(archive({name: unpacked_wheel.read(name) for name in names}))
    code = {path.relative_to(HERE / "python").as_posix(): path.read_bytes() for path in (HERE / "python").rglob("*.py")}
    (new / "page.zip").write_bytes(archive(code))
    for name in PAGE:
        shutil.copyfile(HERE / name, new / name)
    shutil.copyfile(ROOT / "LICENSE", new / "LICENSE")
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)
    return site


def stale(site: Path = SITE) -> list[str]:
    """Return the files of web/ and semeval_emo/ that have changed since the page was built."""
    with zipfile.ZipFile(site / "package.zip") as package, zipfile.ZipFile(site / "page.zip") as code:
        built = {name: package.read(name) for name in package.namelist() if name.endswith(".py")}
        built |= {f"web/python/{name}": code.read(name) for name in code.namelist()}
    built |= {f"web/{name}": (site / name).read_bytes() for name in PAGE}
    return sorted(name for name, body in built.items() if not _is_same(ROOT / name, body))


def _is_same(path: Path, body: bytes) -> bool:
    return path.is_file() and path.read_bytes() == body


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the folder, without a line for each request."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm",
    }  # fmt: skip

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def server(site: Path = SITE, port: int = 0) -> http.server.ThreadingHTTPServer:
    """Return a server of the folder on this machine; port 0 is a free one."""
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(site)))


def main() -> int:
    """Build the page and print its size; with ``serve``, serve it until Ctrl-C."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("action", nargs="?", choices=["serve"], help="also serve the page at http://127.0.0.1:8000/")
    action = parser.parse_args().action
    began = time.monotonic()
    try:
        site = build()
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    files = [path for path in site.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    print(f"{site.relative_to(ROOT)}: {len(files)} files, {size / 1e6:.1f} MB, in {time.monotonic() - began:.1f} s")
    if action == "serve":
        own = server(site, 8000)
        print(f"http://127.0.0.1:{own.server_port}/ (Ctrl-C stops)")
        try:
            own.serve_forever()
        except KeyboardInterrupt:
            own.server_close()
    else:
        python = Path(sys.executable)
        shown = python.relative_to(ROOT) if python.is_relative_to(ROOT) else python
        print(f"to look at it: {shown} web/build.py serve, or any server of static files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
