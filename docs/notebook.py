"""Run the notebooks of examples/ and write their output into them: `python docs/notebook.py`.

The code cells run as in Jupyter, in one process and one folder, but need no kernel: what a cell prints, and the value
of its last expression as text and as HTML, are its output. A test runs the same code and fails if a notebook is out of
date.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def notebooks() -> list[Path]:
    """Return the notebooks of the repository."""
    return sorted((ROOT / "examples").glob("*.ipynb"))


def executed(path: Path) -> str:
    """Return the text of a notebook with the output of its cells, run in a new process and an empty folder.

    Raises:
        subprocess.CalledProcessError: a cell failed; its `stderr` has the traceback.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SEMEVAL_EMO")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(Path(__file__)), "--cells", str(path)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    outputs = iter(json.loads(done.stdout))
    notebook = json.loads(path.read_text("utf-8"))
    for count, cell in enumerate((cell for cell in notebook["cells"] if cell["cell_type"] == "code"), 1):
        cell["outputs"], cell["execution_count"] = next(outputs), count
        for output in cell["outputs"]:
            if output["output_type"] == "execute_result":
                output["execution_count"] = count
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def run_cells(path: Path) -> list[list[dict[str, Any]]]:
    """Return the outputs of each code cell of a notebook, in the notebook format, run in this process and folder."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [_run("".join(cell["source"]), scope) for cell in cells if cell["cell_type"] == "code"]


def _run(source: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
    body = ast.parse(source)
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(body, "<cell>", "exec"), scope)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), scope)
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": _lines(printed.getvalue())})
    if value is not None:
        data = {"text/plain": _lines(repr(value))}
        # IPython shows the HTML of data frames and results.
        html = getattr(value, "_repr_html_", lambda: None)()
        data = ({"text/html": _lines(html)} if html else {}) | data
        found.append({"data": data, "execution_count": None, "metadata": {}, "output_type": "execute_result"})
    return found


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main() -> int:
    """Write the output into every notebook."""
    if sys.argv[1:2] == ["--cells"]:
        print(json.dumps(run_cells(Path(sys.argv[2]))))
        return 0
    for path in notebooks():
        body = executed(path)
        changed = body != path.read_text("utf-8")
        path.write_text(body, "utf-8")
        print(f"{path.relative_to(ROOT)}: {'updated' if changed else 'unchanged'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
