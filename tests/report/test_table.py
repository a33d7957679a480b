"""The table model in every format: golden files, alignment, width, and strangers' text made inert."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_emo.errors import UsageError
from semeval_emo.report.formats import FORMATS, latex, plain, render
from semeval_emo.report.grid import END_ISOLATE, ISOLATE, display_width, wrap
from semeval_emo.report.table import Column, Table, cell, clean

GOLDEN = Path(__file__).parent / "golden"
STYLES = ("text", "markdown", "csv", "json", "latex")

BOARD = Table(
    "Systems on track A (macro F1)",
    (
        Column("system"),
        Column("macro F1", "score", best="max"),
        Column("sig.", "letters"),
        Column("Δ", "delta"),
        Column("texts", "int"),
        Column("neutral", "percent"),
        Column("time", "seconds", best="min"),
    ),
    (
        ("rank 1", 0.82304, "a", None, 2767, 0.11, 12.04),
        ("ours_v2", 0.82296, "a", -0.00008, 2767, 0.125, 1234.5),
        ("baseline & co", 0.7083, "b", -0.11474, 2767, None, float("nan")),
        ("nothing", 0.7083, "", 0.00001, None, 0.0, 12.0),
    ),
    ("Letters: systems with a common letter do not differ significantly (p > 0.05).", "Gold: release 2025."),
    rules=(0, 2),
)


@pytest.mark.parametrize("style", STYLES)
def test_golden(style: str):
    """The files of golden/ were read by a person; SEMEVAL_EMO_GOLDEN=write writes them anew."""
    path = GOLDEN / f"board.{style}"
    seen = render([BOARD, BOARD], style) + "\n"
    if os.environ.get("SEMEVAL_EMO_GOLDEN") == "write":
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")


def test_unknown_format_names_the_known_ones():
    with pytest.raises(UsageError) as caught:
        render([BOARD], "latx")
    assert str(caught.value) == "There is no format 'latx'.\n  fix: did you mean 'latex'?"


@pytest.mark.parametrize(
    ("value", "kind", "printed"),
    [
        (1, "score", "1.0000"),
        (np.float32(0.5), "score", "0.5000"),
        (np.int64(41555), "int", "41,555"),
        (41555, "text", "41555"),
        (-0.00001, "delta", "0.0000"),
        (-0.0, "delta", "0.0000"),
        (0.00316, "delta", "+0.0032"),
        (float("nan"), "score", "nan"),
        (True, "text", "yes"),
        (None, "score", "–"),
        ("rank 3", "int", "rank 3"),
        (0.116, "percent", "11.6 %"),
    ],
)
def test_cells_print_as_their_kind(value: object, kind: str, printed: str):
    assert cell(value, kind) == printed


def test_best_cells_are_those_that_print_like_the_best():
    """0.82304 and 0.82296 both print 0.8230: a reader could not see why only one of them is bold."""
    assert render([BOARD], "text", colour=True).count("\x1b[1m0.8230\x1b[0m") == 2
    assert "\x1b" not in render([BOARD], "text")


def test_csv_and_json_keep_every_digit():
    rows = list(csv.DictReader(io.StringIO(render([BOARD], "csv"))))
    assert float(rows[0]["macro F1"]) == 0.82304
    data = json.loads(render([BOARD], "json"))
    assert data["schema"] == "semeval-emo/tables/1"
    assert data["tables"][0]["rows"][0]["macro F1"] == 0.82304
    assert data["tables"][0]["rows"][2]["time"] is None


@pytest.mark.parametrize(
    "name", ["ngữ văn", "日本語", "नमस्ते दुनिया", "مرحبا بالعالم", "ትግርኛ", "한국어", "русский", "👍 ok", "❤️", "👩‍👩‍👧"]
)
def test_wide_and_right_to_left_scripts_align(name: str):
    table = Table("t", (Column("text"), Column("n", "int")), (("plain", 1), (name, 22), ("x", 333)))
    for style in ("text", "markdown"):
        lines = [line for line in render([table], style).split("\n")[1:] if line]
        assert len({display_width(line) for line in lines}) == 1, (style, lines)


def test_csv_and_json_use_the_key_of_a_column():
    table = Table("Errors", (Column("FN", "int", key="missed"),), ((3,),))
    assert render([table], "csv").splitlines() == ["missed", "3"]
    assert json.loads(render([table], "json"))["tables"][0]["rows"] == [{"missed": 3}]
    assert "FN" in render([table], "text") and "missed" not in render([table], "text")


def test_right_to_left_cells_are_isolated():
    table = Table("t", (Column("text"), Column("n", "int")), (("مرحبا", 1),))
    for style in ("text", "markdown"):
        assert f"{ISOLATE}مرحبا{END_ISOLATE}" in render([table], style)
    assert ISOLATE not in render([table], "csv") + render([table], "json") + render([table], "latex")


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_text_fits_the_terminal(width: int):
    wide = Table(
        "A title that is itself longer than a narrow terminal would like to show on one line",
        (Column("text"), *(Column(f"emotion{k}", "score") for k in range(9)), Column("remark")),
        tuple((f"a text with many words, number {r}", *(0.1 * k for k in range(9)), "r" * 70) for r in range(3)),
        ("A note that is longer than the terminal, too; it wraps at spaces, and nothing of it is lost.",),
    )
    printed = render([wide], "text", width=width)
    assert max(display_width(line) for line in printed.split("\n")) <= width
    assert printed.replace("\n", "").count("r" * 12) >= 3 * (70 // 12) - 3
    for k in range(9):
        assert printed.count(f"emotion{k}") == 1


def test_letters_stay_with_their_score_in_narrow_panels():
    columns = [c for name in ("anger", "fear", "joy") for c in (Column(name, "score"), Column("beats", "letters"))]
    table = Table(
        "t", (Column(""), *columns), (("a", 0.5, "b c", 0.4, "b", 0.3, "c"), ("b", 0.1, "", 0.2, "c", 0.3, ""))
    )
    for width in range(40, 60):
        for line in render([table], "text", width=width).split("\n"):
            words = [word for word in line.split() if word in ("anger", "fear", "joy", "beats")]
            assert words[1::2] == ["beats"] * (len(words) // 2)
            assert len(words) % 2 == 0


def test_a_signature_is_never_wrapped():
    signature = "macro_f1|release:1|" + "x" * 90
    table = Table("t", (Column("a"),), (("b",),), ("words that do wrap " * 4, signature))
    lines = render([table], "text", width=40).split("\n")
    assert lines[-1] == signature
    assert all(len(line) <= 40 for line in lines[:-1])


def test_names_and_paths_are_never_wrapped():
    name, path = "llama-head-10epochs-batch2-and-more", Path("/".join(["runs"] * 20))
    table = Table(
        "t", (Column("recipe", "name"), Column("value")), ((name, "words that do wrap " * 4), ("short", path))
    )
    lines = render([table], "text", width=60).split("\n")
    assert [line for line in lines if len(line) > 60] == [f"{'short':<{len(name)}}  {path}"]
    assert any(line.startswith(f"{name}  words") for line in lines)
    assert set(lines[2]) == {"-", " "} and len(lines[2]) == 60
    assert str(path) in render([table], "csv") and str(path) in render([table], "json")


def test_a_path_that_looks_like_a_formula_is_escaped():
    table = Table("t", (Column("a"),), ((Path("=1+1"),),))
    assert render([table], "csv") == "a\n'=1+1"


def test_nothing_wraps_without_a_width():
    table = Table("t", (Column("a"), Column("b")), (("x" * 300, "y" * 300),))
    assert f"{'x' * 300}  {'y' * 300}" in render([table], "text")


HOSTILE = (
    "\x1b]8;;http://evil\x07click\x1b]8;;\x07",
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://evil\")",
    "  @SUM(A1)",
    "a|b\n| c | d |",
    "[link](http://evil) ![x](http://evil) `code` **bold** _em_",
    r"\input{secret} $x$ % & # _ ^ ~ { }",
    "[1em] starts a row",
    "safe\u202eexe.txt",
    "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", HOSTILE)
def test_untrusted_text_is_escaped(style: str, text: str):
    table = Table(text, (Column(text), Column("n", "int")), ((text, 1),), (text,))
    printed = render([table], style, colour=True)
    printed.encode("utf-8")
    assert not {c for c in printed if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")} - {"\x1b"}
    assert "\x1b" not in printed
    if style == "markdown":
        assert "<script" not in printed
        assert "](" not in printed.replace(r"\](", "")
        assert all(line.startswith("| ") for line in printed.split("\n")[2:5])
    if style == "csv":
        cells = [c for row in csv.reader(io.StringIO(printed)) for c in row]
        assert not [c for c in cells if c.lstrip()[:1] in tuple("=+-@") and c]
    if style == "latex":
        body = [line for line in printed.split("\n") if not line.startswith("%")]
        assert r"\input" not in "\n".join(body)
        assert not [line for line in body if line.startswith(("[", "*"))]


def test_latex_tables_have_a_label_and_a_caption_that_can_be_set():
    tables = [Table("Track A · eng", (Column("x"),), (("1",),)), Table("Second", (Column("x"),), (("1",),))]
    first, second = render(tables, "latex").split("\n\n")
    assert "\\caption{Track A · eng}\n\\label{tab:track-a-eng}\n" in first
    assert "\\label{tab:second}" in second
    first, second = render(tables, "latex", caption="F1 & more", label="tab:main_results").split("\n\n")
    assert "\\caption{F1 \\& more}\n\\label{tab:main_results}\n" in first
    assert "\\caption{Second}\n\\label{tab:main_results-2}\n" in second
    with pytest.raises(UsageError) as caught:
        render(tables, "latex", label="tab:{x}")
    assert str(caught.value) == ("'tab:{x}' cannot be a LaTeX label.\n  fix: use ASCII letters, digits and : . _ + -")


def test_the_options_caption_and_label_are_for_latex(cli):
    words = ("leaderboard", "show", "-t", "a", "-l", "eng", "--caption", "Known scores", "--label", "tab:known")
    out = cli(*words, "--format", "latex").out
    assert "\\caption{Known scores}\n\\label{tab:known}" in out
    refused = cli(*words)
    assert (refused.code, refused.err) == (
        2, "error: --caption and --label are for LaTeX tables.\n  fix: add --format latex\n"
    )  # fmt: skip


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="left out: needs pdflatex (texlive-latex-base)")
def test_latex_compiles(tmp_path: Path):
    tables = [BOARD, *(Table(text, (Column(text), Column("n", "int")), ((text, 1), (text, 2))) for text in HOSTILE)]
    packages = r"\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{booktabs}"
    page = "\n".join([r"\documentclass{article}", packages, r"\begin{document}", render(tables, "latex")])
    (tmp_path / "page.tex").write_text(page + "\n\\end{document}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    log = (tmp_path / "page.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert not [line for line in log.splitlines() if line.startswith("!") or "Missing character" in line]


@given(st.text(max_size=60), st.integers(4, 30))
def test_wrapping_loses_nothing_but_spaces_and_keeps_to_the_width(text: str, width: int):
    text = clean(text)
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(display_width(line) <= width for line in lines)


@given(st.lists(st.tuples(st.text(max_size=20), st.floats(0, 1), st.integers(0, 10**6)), max_size=5))
def test_any_rows_render_in_every_format(rows: list[tuple]):
    table = Table("t", (Column("text"), Column("f", "score", best="max"), Column("n", "int")), tuple(rows))
    for style in STYLES:
        render([table], style)
    assert len(list(csv.reader(io.StringIO(FORMATS["csv"](table))))) == len(rows) + 1


def test_plain_returns_json_types_for_any_value():
    nest = {"a": np.array([[1, 2]]), "b": (np.float64("inf"), math.nan), "c": Path("x/y"), 3: {True, None}}
    made = plain(nest)
    assert made["a"] == [[1, 2]]
    assert made["b"] == [None, None]
    assert made["c"] == "x/y"
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_bold_is_explained_wherever_it_is_printed():
    rule = "Bold: the best score of the column. It need not be significantly better than the next one."
    assert render([BOARD], "text", colour=True).endswith(f"\n{rule}")
    for style in ("markdown", "latex"):
        assert render([BOARD], style).count(rule) == 1
    for style in ("text", "csv", "json"):
        assert rule not in render([BOARD], style)
    assert "Bold" not in render([Table("plain", (Column("score", "score"),), ((0.5,),))], "markdown")


def test_numbers_with_letters_are_aligned_in_latex_and_labels_end_with_a_word():
    """A superscript moved the number before it to the left, and a label ended inside a word."""
    columns = (Column("system"), Column("macro F1", "score"), Column("beats", "letters"))
    rows = (("a", 0.75, "b c"), ("b", 0.7, "c"), ("c", 0.65, ""))
    made = latex(Table("Macro F1 of the systems of a paper, track A, English, test", columns, rows))
    assert r"0.7500\textsuperscript{b c} \\" in made
    assert r"0.7000\textsuperscript{\rlap{c}\phantom{b c}} \\" in made
    assert r"0.6500\textsuperscript{\phantom{b c}} \\" in made
    assert r"\label{tab:macro-f1-of-the-systems-of-a-paper-track-a-english}" in made
