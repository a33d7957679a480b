"""Plots: the content of the SVG, text elements, reproducible files, and the error without the extra."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex

from semeval_emo.cli.app import main
from semeval_emo.errors import install_line
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.report.html.render import ASSETS
from semeval_emo.report.plots import curves, matrices, scores, style
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
    names = [
        "emotions-a-xx-test", "co-occurrence-a-xx-test", "label-counts-a-xx-test", "precision-recall-a-xx-test",
        "thresholds-a-xx-test", "calibration-a-xx-test",
    ]  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{n}{s}" for n in names for s in (".png", ".svg"))
    assert capsys.readouterr().out.splitlines() == [
        str(folder / f"{name}{suffix}") for name in names for suffix in (".png", ".svg")
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
    # A long name is on two lines.
    assert "".join(name.split()) in "".join("".join(words_of(plot)).split())


LONG = [f"prediction_test_LLAMA_8Ep_batch6_with_{n}layer_unfrozen" for n in (3, 4)]


def test_long_names_lose_their_shared_prefix_and_never_their_middle():
    assert style.labels([*LONG, "prediction_test_BERT"]) == [
        "…LLAMA_8Ep_batch6_with_\n3layer_unfrozen", "…LLAMA_8Ep_batch6_with_\n4layer_unfrozen", "…BERT",
    ]  # fmt: skip
    assert style.labels(LONG) == ["…3layer_unfrozen", "…4layer_unfrozen"]
    alone = style.labels([LONG[0]])
    assert alone[0].replace("\n", "") == LONG[0]
    assert style.labels(["tfidf-logreg+strength=0.25-0.5"]) == ["tfidf-logreg+strength=\n0.25-0.5"]
    assert style.labels(["x\x1b[31m\u202ey"]) == ["x[31my"]


def test_many_systems_have_rows_of_their_own_instead_of_colours():
    """Grouped dots in six colours for 28 systems, with a legend of 28 lines, could not be read."""
    systems = [(f"system {n}", [Interval(n / 30, n / 30 - 0.02, n / 30 + 0.02, 0.01)] * 2) for n in range(28)]
    plot = scores.emotion_bars("e", ("joy", "fear"), systems, "F1")
    assert [axes.get_title(loc="left") for axes in plot.figure.axes] == ["joy", "fear"]
    assert plot.figure.legends == []
    assert [tick.get_text() for tick in plot.figure.axes[0].get_yticklabels()] == [name for name, _ in systems]
    colours = {line.get_color() for axes in plot.figure.axes for line in axes.lines}
    assert colours == {style.ACCENT}


def test_languages_of_many_systems_are_dots_and_a_heat_map():
    row = [Interval(0.5, 0.4, 0.6, 0.05), Interval(0.7, 0.65, 0.75, 0.02)]
    systems = [(f"system {n}", row) for n in range(28)]
    plot = scores.language_dots("l", ["Hausa", "Igbo"], systems, "macro F1")
    (legend,) = plot.figure.legends
    names = [one.get_text() for one in legend.get_texts()]
    assert names == [*(f"system {n}" for n in range(6)), "22 other systems"]
    (height,) = {float(plot.figure.get_figheight())}
    assert height < 5
    values = np.array([[0.5, float("nan")], [0.712, 0.25]])
    words = words_of(matrices.language_scores("m", ["Hausa", "Igbo"], ["a", "b"], values, "F1", "Note."))
    assert {"0.50", "–", "0.71", "0.25", "Hausa", "b"} <= set(words)
    assert matrices.language_scores("m", ["Hausa"], ["a"], values[:1, 1:], "F1", "Note.") is None


def test_a_matrix_of_many_systems_is_narrow_enough_for_a_page():
    letters = [f"s{n}" for n in range(28)]
    pairs = {(one, other): ("0.003", True) for one in letters for other in letters if one < other}
    plot = matrices.p_values("p", [(one, one) for one in letters], pairs, "Test.")
    assert {".003"} <= set(words_of(plot))
    # A page of 1,280 pixels has 1,072 for a plot, which is not narrower than its points.
    assert 72 * plot.figure.get_figwidth() < 1072


def test_settings_of_models_without_epochs_are_called_settings():
    rows = [{"epoch": n, "strength": n / 10, "dev": {"macro_f1": n / 10}} for n in (1, 2, 3)]
    plot = curves.training("training", [("tfidf", rows, 3)])
    assert (plot.title, plot.note) == ("Training by setting", "A ring marks the best setting.")
    assert {axes.get_xlabel() for axes in plot.figure.axes} == {"setting"}
    # Settings have no order that a line could show.
    assert "-" not in {line.get_linestyle() for line in plot.figure.axes[0].lines if len(line.get_xdata()) > 1}


def test_settings_and_epochs_are_in_panels_of_their_own():
    """Setting 3 of a linear model was drawn above epoch 3 of another one, joined by lines."""
    settings = [{"epoch": n, "strength": n / 10, "dev": {"macro_f1": n / 10}} for n in (1, 2, 3, 4)]
    plot = curves.training("training", [("tfidf", settings, 4), ("deep", log(0.5, 0.6), 2)])
    assert (plot.title, plot.note) == ("Training by epoch or setting", "A ring marks the best epoch or setting.")
    panels = [(one.get_title(loc="left"), one.get_xlabel(), one.lines[0].get_xdata().tolist())
              for one in plot.figure.axes if one.lines]  # fmt: skip
    assert panels == [
        ("loss", "epoch", [1, 2]),
        ("macro F1", "epoch", [1, 2]),
        ("macro F1", "setting", [1, 2, 3, 4]),
    ]
    assert {line.get_linestyle() for line in plot.figure.axes[2].lines if len(line.get_xdata()) > 1} == {"None"}
    assert plot.about == "deep: 2 epochs, best 2; tfidf: 4 settings, best 4."


def test_every_system_is_in_the_plots():
    one = Interval(0.5, 0.4, 0.6, 0.05)
    systems = [(f"system {n}", [one, one]) for n in range(12)]
    assert {name for name, _ in systems} <= set(words_of(scores.emotion_bars("e", ("joy", "fear"), systems, "F1")))
    board = Leaderboard.load(own=False)
    placed = board.place(0.7114, track="a", language="eng")
    assert {name for name, _ in systems} <= set(
        words_of(scores.position("p", board, placed, [(name, one) for name, _ in systems]))
    )
    styles = [tuple(style.marker(at).values()) for at in range(36)]
    assert len(set(styles)) == 36


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
    assert (single.about, single.note) == ("mine: joy 0.500.", "Lines show 95 % intervals.")


def test_training_overlays_runs_and_marks_the_best_epoch():
    plot = curves.training("training", [("tail", log(0.1, 0.3, 0.2), 2), ("whole", log(0.2, 0.1, 0.1), 1)])
    (legend,) = plot.figure.legends
    shown = [one.get_text() for one in legend.get_texts()]
    assert shown == ["tail train", "whole train", "tail dev", "whole dev"]
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


def test_languages_are_dots_with_intervals_baseline_and_rank_1():
    row = [Interval(0.5, 0.4, 0.6, 0.05), None, Interval(0.7, 0.65, 0.75, 0.02)]
    plot = scores.language_dots("l", ["Hausa", "Igbo", "Twi"], [("mine", row)], "macro F1", [(0.3, 0.8)] * 3)
    (axes,) = plot.figure.axes
    # The best language is at the top; one without a score is at the bottom.
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["Igbo", "Hausa", "Twi"]
    assert {"0.500", "0.700", "mine", "baseline", "rank 1"} <= set(words_of(plot))
    assert [0.4, 0.6] in [list(line.get_xdata()) for line in axes.lines]
    assert [0.3] * 3 in [list(line.get_xdata()) for line in axes.lines]
    assert scores.language_dots("l", ["Hausa"], [("mine", [None])], "macro F1") is None


def test_the_heat_map_of_gold_by_predicted_has_the_shares_of_each_row():
    gold, predicted = np.array([[1, 0], [1, 0], [0, 0], [0, 1]]), np.array([[1, 1], [0, 0], [0, 0], [0, 1]])
    words = words_of(matrices.co_occurrence("c", ("joy", "fear"), gold, predicted, empty="neutral"))
    # Of the two texts with joy, one is predicted joy, one (the same) fear, one none.
    cells = [word for word in words if word.isdigit()]
    assert cells == ["50", "50", "50", "0", "100", "0", "0", "0", "100"]
    assert {"joy (2)", "fear (1)", "neutral (1)", "predicted emotion"} <= set(words)


def test_the_numbers_of_labels_are_those_of_gold_and_predictions():
    gold, predicted = np.array([[1, 0], [1, 1], [0, 0]]), np.array([[1, 0], [1, 0], [1, 0]])
    plot = matrices.label_counts("n", gold, predicted)
    (axes,) = plot.figure.axes
    widths = [[bar.get_width() for bar in bars] for bars in axes.containers]
    assert widths == [[1, 1, 1], [0, 3, 0]]
    assert plot.note == "Mean number of emotions: 1.00 in gold, 1.00 predicted."


def test_the_matrix_has_the_p_value_of_every_pair():
    pairs = {("a", "b"): ("0.238", False), ("a", "c"): ("<0.001", True), ("b", "c"): ("0.004", True)}
    plot = matrices.p_values("p", [("a", LONG[0]), ("b", LONG[1]), ("c", "c")], pairs, "Test.")
    words = words_of(plot)
    assert [words.count(one) for one in ("0.238", "<0.001", "0.004")] == [2, 2, 2]
    assert "a  …3layer_unfrozen" in words


def test_f1_by_threshold_marks_the_chosen_one():
    random = np.random.default_rng(3)
    gold = random.integers(0, 2, (90, 2))
    values = np.clip(gold * 0.3 + random.random((90, 2)) * 0.7, 0, 1)
    predicted = (values >= np.array([0.4, 0.6])).astype(int)
    plot = curves.threshold_curves("t", ("joy", "fear"), gold, values, predicted)
    for i, axes in enumerate(plot.figure.axes):
        (dot,) = [line for line in axes.lines if line.get_marker() == "o"]
        both = (gold[:, i] & predicted[:, i]).sum()
        assert dot.get_xdata()[0] == pytest.approx((0.4, 0.6)[i], abs=0.03)
        assert dot.get_ydata()[0] == pytest.approx(2 * both / (gold[:, i].sum() + predicted[:, i].sum()))
        curve = next(line for line in axes.lines if len(line.get_xdata()) == 101)
        assert max(curve.get_ydata()) >= dot.get_ydata()[0] - 0.03


def test_no_words_are_inside_the_panels_of_curves():
    """Words about thresholds are above the panels: inside, they sat on the curves."""
    random = np.random.default_rng(2)
    gold = random.integers(0, 2, (80, 2))
    values = np.clip(gold * 0.3 + random.random((80, 2)) * 0.7, 0, 1)
    predicted = (values >= 0.55).astype(int)
    for draw in (curves.precision_recall_curves, curves.threshold_curves):
        plot = draw("x", ("joy", "fear"), gold, values, predicted)
        plot.figure.canvas.draw()
        for axes in plot.figure.axes:
            top = axes.get_window_extent().y1
            shown = [one for one in axes.texts if one.get_text()]
            assert shown
            assert all(one.get_window_extent().y0 >= top for one in shown)


def test_text_of_plots_is_large_enough_on_a_phone():
    """A page of 390 pixels has 342 for a plot; wider plots scroll instead of shrinking."""
    intervals = [Interval(0.5, 0.4, 0.6, 0.05)] * 6
    emotions = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
    labels = np.eye(6, dtype=int)
    board = Leaderboard.load(own=False)
    placed = board.place(0.7114, track="a", language="eng")
    plots = [
        bars(),
        scores.position("p", board, placed, [("this score", intervals[0])]),
        scores.language_dots("l", list(emotions), [("mine", intervals)], "macro F1", [(0.1, 0.9)] * 6),
        scores.board_range("b", board, "a", board.task),
        matrices.co_occurrence("c", emotions, labels, labels),
        matrices.label_counts("n", labels, labels),
        matrices.p_values("m", [(one, f"{one} system") for one in "abcdefghij"], {("a", "b"): ("0.1", False)}, "Test."),
        curves.training("training", [("a", log(0.1, 0.2), 2), ("b", log(0.1, 0.2), 2)]),
        curves.precision_recall_curves("pr", emotions, labels, labels * 0.9, labels),
        curves.threshold_curves("t", emotions, labels, labels * 0.9, labels),
        curves.calibration_curves("cal", emotions, labels, labels * 0.9),
    ]
    for plot in plots:
        svg = ElementTree.fromstring(f'<div xmlns="{SVG[1:-1]}">{style.inline(plot)}</div>').find(f"{SVG}svg")
        least = float(re.search(r"min-width:(\d+)px", svg.get("style"))[1])
        scale = max(342.0, least) / float(svg.get("viewBox").split()[2])
        sizes = [float(size) for size in re.findall(r"(?:font: (?:\w+ )?|font-size: )([\d.]+)px", style.inline(plot))]
        assert sizes, plot.name
        assert min(sizes) * scale >= 8.95, plot.name


THEMES = re.findall(r"{([^{}]*--bg:.*?)}", (ASSETS / "style.css").read_text(encoding="utf-8"), re.S)[:2]


def contrast(colour: str, alpha: float, theme: str) -> float:
    """The contrast of a mark with the ground of the page, in a theme."""
    values = dict(re.findall(r"--([\w-]+): (#\w{6})", theme))
    ground, ink = (tuple(bytes.fromhex(one[1:])) for one in (values["bg"], values[style.VARIABLES[colour][2:]]))
    mixed = [alpha * own + (1 - alpha) * behind for own, behind in zip(ink, ground, strict=True)]
    parts = [[c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in one] for one in (mixed, ground)]
    dark, light = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in parts)
    return (light + 0.05) / (dark + 0.05)


def marks_of(axes: Any) -> list[tuple[str, float]]:
    """Colour and opacity of the lines, markers and bars of a plot; the lines of a grid carry no meaning."""
    found = [(line.get_color(), line.get_alpha()) for line in axes.lines]
    found += [(one.get_edgecolor()[0], one.get_alpha()) for one in axes.collections]
    found += [(bar.get_facecolor(), bar.get_alpha()) for bars in axes.containers for bar in bars if hasattr(bar, "xy")]
    marks = {(to_hex(colour), 1.0 if alpha is None else alpha) for colour, alpha in found}
    return [mark for mark in marks if mark[0] != style.FAINT]


def test_marks_that_carry_a_meaning_have_a_contrast_of_3_to_1_in_both_themes():
    """Reference lines had 1.4:1, and in the dark theme the bars of gold were dim."""
    labels = np.eye(5, dtype=int)
    board = Leaderboard.load(own=False)
    scored = Interval(0.7114, 0.69, 0.73, 0.01)
    plots = [
        scores.position("p", board, board.place(0.7114, track="a", language="eng"), [("this score", scored)]),
        scores.language_dots("l", ["Igbo"] * 5, [(f"s{n}", [scored] * 5) for n in range(9)], "F1", [(0.1, 0.9)] * 5),
        scores.board_range("b", board, "a", board.task),
        matrices.label_counts("n", labels, labels),
        curves.precision_recall_curves("pr", "abcde", labels, labels * 0.9, labels),
        curves.threshold_curves("t", "abcde", labels, labels * 0.9, labels),
        curves.calibration_curves("cal", "abcde", labels, labels * 0.9),
    ]
    assert len(THEMES) == 2
    for plot in plots:
        for mark in {mark for axes in plot.figure.axes for mark in marks_of(axes)}:
            assert min(contrast(*mark, theme) for theme in THEMES) >= 3, (plot.name, mark)


def test_the_baseline_and_rank_1_have_no_colour_of_a_system():
    """The baseline had the colour of the second system."""
    one = Interval(0.75, 0.7, 0.8, 0.02)
    board = Leaderboard.load(own=False)
    placed = board.place(0.7114, track="a", language="eng")
    position = scores.position("p", board, placed, [("first", one), ("second", one)])
    dots = scores.language_dots("l", ["Igbo"], [("first", [one]), ("second", [one])], "F1", [(0.5, 0.9)])
    (legend,) = dots.figure.legends
    marks = dict(zip([text.get_text() for text in legend.get_texts()], legend.legend_handles, strict=True))
    # No dot hides a mark.
    order = {line.get_label(): line.get_zorder() for line in dots.figure.axes[0].lines}
    assert min(order["baseline"], order["rank 1"]) > max(order["first"], order["second"])
    assert {name: to_hex(line.get_color()) for name, line in marks.items()} == {
        "first": style.SERIES[0], "second": style.SERIES[1], "baseline": style.INK, "rank 1": style.INK,
    }  # fmt: skip
    (axes,) = position.figure.axes
    named = {text.get_text().partition("\n")[0]: text.get_color() for text in axes.texts}
    assert (named["baseline"], named["rank 1"]) == (style.INK, style.INK)
    # The line of rank 1 ends above its tick among the known scores.
    lines = {segment[0][0]: segment[:, 1].min() for own in axes.collections for segment in own.get_segments()}
    assert lines[0.7083] < 0 < 0.4 < lines[0.823]


def test_markers_at_the_edge_of_a_panel_are_whole():
    labels = np.eye(5, dtype=int)
    for plot in (
        curves.training("training", [("a", log(0.1, 0.2), 2)]),
        curves.precision_recall_curves("pr", "abcde", labels, labels * 0.9, labels),
        curves.threshold_curves("t", "abcde", labels, labels * 0.9, labels),
        curves.calibration_curves("cal", "abcde", labels, labels * 0.9),
    ):
        marked = [line for axes in plot.figure.axes for line in axes.lines if line.get_marker() not in ("None", "")]
        assert marked
        assert not any(line.get_clip_on() for line in marked), plot.name


def test_the_rows_of_a_grid_have_the_same_tick_labels():
    """In a grid of five panels, only the third one of the first row had them."""
    labels = np.eye(6, dtype=int)
    for count, expected in ((5, {True}), (6, {False, True})):
        own = labels[:, :count]
        plot = curves.calibration_curves("cal", "abcdef"[:count], own, own * 0.9)
        shown = [axes.xaxis.get_tick_params()["labelbottom"] for axes in plot.figure.axes[:count]]
        assert shown[:3] == [count == 5] * 3
        assert set(shown) == expected
    one = [Interval(0.5, 0.4, 0.6, 0.05)] * 11
    plot = scores.emotion_bars("e", "abcdefghijk", [(f"s{n}", one) for n in range(7)], "F1")
    assert {axes.xaxis.get_tick_params()["labelbottom"] for axes in plot.figure.axes[:11]} == {True}


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
    monkeypatch.setattr(style, "has_matplotlib", lambda: False)
    monkeypatch.setattr("semeval_emo.report.html.report.has_matplotlib", lambda: False)
    path = tmp_path / "page.html"
    assert main(["report", str(hostile.good), "-o", str(path), "--resamples", "200", *hostile.options]) == 0
    body = path.read_text(encoding="utf-8")
    assert "<svg" not in body
    assert "Plots need matplotlib: pip install" in body
    assert "[plots]" in body
    assert "Errors by emotion" in body
