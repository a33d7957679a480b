"""Plots: the content of the SVG, text elements, reproducible files, and the error without the extra."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from semeval_emo.cli.app import main
from semeval_emo.errors import install_line
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.report.plots import curves, scores, style
from semeval_emo.scoring.intervals import Interval

SVG = "{http://www.w3.org/2000/svg}"


def words_of(plot: Any) -> list[str]:
    root = ElementTree.fromstring(f'<div xmlns="{SVG[1:-1]}">{style.inline(plot)}</div>')
    return ["".join(one.itertext()).strip() for one in root.iter(f"{SVG}text")]


def bars(name: str = "mine") -> Any:
    intervals = [Interval(0.5, 0.4, 0.6, 0.05), Interval(0.25, 0.2, 0.3, 0.02)]
    return scores.emotion_bars("emotions", ("joy", "fear"), [(name, intervals), (f"{name} 2", intervals)], "F1")


def log(*values: float, **more: Any) -> list[dict[str, Any]]:
    return [{"epoch": e, "loss": 1 / e, "dev": {"macro_f1": f}, **more} for e, f in enumerate(values, start=1)]


def test_every_plot_of_a_run_is_written_as_png_and_svg(hostile: Any, tmp_path: Path, capsys: Any):
    folder = tmp_path / "plots"
    words = ["report", str(hostile.good), "--plots", str(folder), "--resamples", "200", *hostile.options]
    assert main(words) == 0
    names = ["calibration-a-xx-test", "emotions-a-xx-test", "precision-recall-a-xx-test"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{n}{s}" for n in names for s in (".png", ".svg"))
    assert capsys.readouterr().out.splitlines() == [
        str(folder / f"{name}{suffix}") for name in (names[1], names[2], names[0]) for suffix in (".png", ".svg")
    ]
    for path in folder.iterdir():
        body = path.read_bytes()
        if path.suffix == ".png":
            assert body.startswith(b"\x89PNG")
            assert len(body) > 5_000
        else:
            assert ElementTree.fromstring(body).tag == f"{SVG}svg"
    assert not (tmp_path / "report.html").exists()


def test_the_same_plot_gives_the_same_bytes(tmp_path: Path):
    first = [path.read_bytes() for path in style.write_plots([bars()], tmp_path / "one")]
    assert first == [path.read_bytes() for path in style.write_plots([bars()], tmp_path / "two")]


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Path, hostile: Any, capsys: Any):
    (tmp_path / "taken").write_text("")
    words = ["report", str(hostile.good), "--plots", str(tmp_path / "taken"), "--resamples", "200", *hostile.options]
    assert main(words) == 3
    assert "cannot be created" in capsys.readouterr().err


def test_names_are_text_and_never_formulas_or_markup():
    name = "</text><script>$\\frac{1}{2}$ & $"
    plot = bars(name)
    body = style.inline(plot)
    assert "<script" not in body
    assert name in words_of(plot)


def test_long_names_keep_their_ends():
    assert scores.label("a" * 30 + "b" * 30) == "a" * 12 + "…" + "b" * 24
    assert scores.label("x\x1b[31m\u202ey") == "x[31my"


def test_a_plot_on_a_page_follows_its_theme_and_shares_no_id():
    one, other = style.inline(bars()), style.inline(curves.training("training", [("a", log(0.1, 0.2), 2)]))
    for body in (one, other):
        assert not re.search(r"#(?:0061a8|1a2129|59636e)", body)
        assert "var(--series-1)" in body
        assert "http" not in body.replace("http://www.w3.org", "")
    ids = [set(re.findall(r' id="([^"]+)"', body)) for body in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for body, own in zip((one, other), ids, strict=True):
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', body)) <= own


def test_bars_have_a_description_with_their_scores():
    single = scores.emotion_bars("e", ("joy",), [("mine", [Interval(0.5, 0.4, 0.6, 0.05)])], "F1")
    assert "0.500" in words_of(single)
    assert single.about == "mine: joy 0.500. Lines show intervals."


def test_training_overlays_runs_and_marks_the_best_epoch():
    plot = curves.training("training", [("tail", log(0.1, 0.3, 0.2), 2), ("whole", log(0.2, 0.1, 0.1), 1)])
    (legend,) = plot.figure.legends
    shown = [one.get_text() for one in legend.get_texts()]
    assert shown == ["tail train", "tail dev", "whole train", "whole dev"]
    assert set(shown) <= set(words_of(plot))
    loss, macro = plot.figure.axes
    assert [line.get_ydata().tolist() for line in loss.lines] == [[1, 1 / 2, 1 / 3]] * 2
    rings = [line for line in macro.lines if line.get_markerfacecolor() == "none"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in rings] == [(2, 0.3), (1, 0.2)]
    assert macro.get_title(loc="left") == "macro F1"


def test_train_and_dev_share_a_panel():
    rows = log(0.1, 0.3, train={"macro_f1": 0.5})
    plot = curves.training("training", [("only", rows, 2)])
    assert len(plot.figure.axes[1].lines) == 3
    assert {"train", "dev"} <= set(words_of(plot))


def test_one_epoch_gives_no_plot():
    assert curves.training("training", [("a", log(0.5), 1)]) is None


def test_the_threshold_is_read_from_the_predictions():
    random = np.random.default_rng(2)
    gold = random.integers(0, 2, (80, 2))
    values = np.clip(gold * 0.3 + random.random((80, 2)) * 0.7, 0, 1)
    predicted = (values >= 0.55).astype(int)
    plot = curves.precision_recall_curves("pr", ("joy", "fear"), gold, values, predicted)
    for i, axes in enumerate(plot.figure.axes):
        (dot,) = [line for line in axes.lines if line.get_marker() == "o"]
        right = ((predicted[:, i] == 1) & (gold[:, i] == 1)).sum()
        assert dot.get_xdata()[0] == pytest.approx(right / gold[:, i].sum())
        assert dot.get_ydata()[0] == pytest.approx(right / predicted[:, i].sum())
        (shown,) = re.findall(r"≥ (\d\.\d\d)", " ".join(one.get_text() for one in axes.texts))
        assert values[predicted[:, i] == 0, i].max() <= float(shown) + 0.005
        assert float(shown) - 0.005 <= values[predicted[:, i] == 1, i].min()


def test_a_label_without_positives_has_a_text_instead_of_a_curve():
    values = np.array([[0.9, 0.2], [0.1, 0.3]])
    plot = curves.precision_recall_curves("pr", ("joy", "fear"), np.array([[1, 0], [0, 0]]), values, values > 0.5)
    assert "none in gold" in words_of(plot)


def test_the_heat_map_shows_every_score_and_missing_ones():
    grid = np.array([[0.5, np.nan], [0.25, 0.75]])
    plot = scores.heat_map("heat", ["English", "Hausa"], ["a", "b"], grid, "macro F1")
    assert {"0.500", "0.250", "0.750", "–", "English", "b"} <= set(words_of(plot))
    assert scores.heat_map("heat", ["x"], ["a"], np.array([[np.nan]]), "macro F1") is None


def test_the_position_names_rank_1_and_the_baseline():
    board = Leaderboard.load(own=False)
    placed = board.place(0.7114, track="a", language="eng")
    plot = scores.position("position", board, placed, [("this score", Interval(0.7114, 0.69, 0.73, 0.01))])
    shown = " ".join(words_of(plot))
    for one in ("0.7114", "0.8230", "0.7083", "2 known scores", "baseline"):
        assert one in shown


def test_without_matplotlib_plots_name_the_extra(hostile: Any, tmp_path: Path, monkeypatch: Any, capsys: Any):
    monkeypatch.setattr(style, "has_matplotlib", lambda: False)
    words = ["report", str(hostile.good), "--plots", str(tmp_path / "p"), "--resamples", "200", *hostile.options]
    assert main(words) == 3
    assert f"fix: {install_line('plots')}" in capsys.readouterr().err


def test_without_matplotlib_the_page_has_its_tables(hostile: Any, tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr("semeval_emo.report.html.report.has_matplotlib", lambda: False)
    path = tmp_path / "page.html"
    assert main(["report", str(hostile.good), "-o", str(path), "--resamples", "200", *hostile.options]) == 0
    body = path.read_text(encoding="utf-8")
    assert "<svg" not in body
    assert "Plots need matplotlib: pip install" in body
    assert "[plots]" in body
    assert "Errors by emotion" in body
