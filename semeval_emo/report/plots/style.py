"""Style of plots, and their export to files and pages.

Colours are those of Okabe and Ito, darkened for text on white, and distinct for common kinds of colour blindness; no
plot uses colour alone. On a page each colour becomes a CSS variable, so plots follow the light and the dark theme.
"""

from __future__ import annotations

import importlib.util
import io
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_emo.errors import MissingExtra
from semeval_emo.files import make_folder, write_file
from semeval_emo.progress import Progress
from semeval_emo.report.names import short_of
from semeval_emo.report.table import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE, FAINT = "#1a2129", "#59636e", "#c9d0d8", "#e8ecf0"
SERIES = ("#0061a8", "#c34a00", "#007a5c", "#a3478a", "#9a6b00", "#4a5560")
ACCENT, WARM = SERIES[0], SERIES[1]
# Marks of the baseline and of rank 1, which are no systems of the user: no colour of a series.
REFERENCE = INK
# Opacity of grey areas and lines that carry a meaning, so that their contrast is at least 3:1 in both themes.
SOLID = 0.75
# Lines also differ in their dashes and markers.
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)), (0, (3, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")

VARIABLES = {
    INK: "--ink", MUTED: "--muted", RULE: "--rule", FAINT: "--faint",
    **{colour: f"--series-{at}" for at, colour in enumerate(SERIES, start=1)},
}  # fmt: skip

WIDTH = 4.7
"""Width of a plot in inches. On a phone, a page shows it without scaling, so its text keeps the size in points."""
SMALLEST = 9
"""The smallest text of a plot, in points; on a page, in pixels."""
LARGEST_SCALE = 1.45
"""How much a page may enlarge a plot."""
MOST_COLOURS = 6
"""The most systems that a plot tells apart by colour; with more, systems have rows or columns of their own."""
LINE = 26
"""Characters of a line of a name."""

_RC: Any = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 9.5,
    # Names may contain dollar signs, which would start a formula.
    "text.parse_math": False,
    "text.color": INK, "axes.labelcolor": MUTED, "axes.edgecolor": RULE, "axes.linewidth": 0.8,
    "xtick.color": MUTED, "ytick.color": MUTED, "xtick.major.size": 0, "ytick.major.size": 0,
    "xtick.labelsize": SMALLEST, "ytick.labelsize": SMALLEST, "axes.titlesize": 10, "axes.titlelocation": "left",
    "axes.titleweight": "bold", "axes.titlecolor": INK, "axes.titlepad": 8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "grid.color": FAINT, "grid.linewidth": 0.8, "legend.frameon": False, "legend.fontsize": SMALLEST,
    "lines.linewidth": 1.8, "figure.constrained_layout.use": True,
    "svg.fonttype": "none", "svg.hashsalt": "semeval-emo", "axes.unicode_minus": True,
}  # fmt: skip
DPI = 200


@dataclass(frozen=True, eq=False)
class Plot:
    """A finished plot.

    Attributes:
        name: name of its files, such as ``emotions-eng``.
        about: its values in words, for screen readers.
        note: how to read it, which a page shows below it.
    """

    name: str
    title: str
    about: str
    figure: Figure
    note: str = ""


def intervals_note(level: float) -> str:
    """Return the note below a plot whose lines are intervals of a level."""
    return f"Lines show {100 * level:g} % intervals."


def has_matplotlib() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def require_matplotlib(what: str) -> None:
    """Check that matplotlib is installed.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    if not has_matplotlib():
        raise MissingExtra(what, "plots")


@contextmanager
def _drawing() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context(_RC):
        yield


def drawn(draw: Callable[..., Plot | None]) -> Callable[..., Plot | None]:
    """Decorate a drawing function to use this style and not the settings of the user."""

    def styled(*given: Any, **named: Any) -> Plot | None:
        with _drawing():
            return draw(*given, **named)

    styled.__doc__ = draw.__doc__
    return styled


def label(name: str) -> str:
    r"""Return a name for a plot: without control characters, on lines of `LINE` characters.

    >>> label("LLAMA_8Ep_batch6_with_4layer_unfreezed")
    'LLAMA_8Ep_batch6_with_\n4layer_unfreezed'
    """
    lines = [""]
    # No line ends inside of a decimal number.
    for part in re.findall(r"(?:[^\s_\-/.+,=]|(?<=\d)\.(?=\d))+[\s_\-/.+,=]*|[\s_\-/.+,=]+", clean(name)):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > LINE:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def labels(names: Sequence[str]) -> list[str]:
    """Return the names of several systems for a plot, without a shared prefix if they are long."""
    shown = short_of(names)
    return [label(shown[name]) for name in names]


def marker(at: int) -> dict[str, Any]:
    """Return colour and marker of a system, different for the first 36."""
    return {"color": SERIES[at % len(SERIES)], "marker": MARKERS[(at + at // len(SERIES)) % len(MARKERS)]}


def canvas(width: float, height: float, **grid: Any) -> tuple[Figure, Any]:
    """Return a figure of a size in inches, and its axes as from `Figure.subplots`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.subplots(**grid)


def write_below(figure: Figure, note: str) -> None:
    """Write a note below a plot, wrapped to its width; nothing if it is empty."""
    if note:
        # Characters of this size per inch.
        lines = textwrap.wrap(note, int(14 * figure.get_figwidth()))
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", color=MUTED, fontsize=SMALLEST)


def rule_lines(axes: Axes, along: str) -> None:
    """Draw faint grid lines along an axis, and hide the spine across them."""
    axes.grid(axis=along)  # type: ignore[arg-type]
    axes.spines["left" if along == "x" else "bottom"].set_visible(along != "x")


def _svg(plot: Plot) -> str:
    body = io.StringIO()
    with _drawing():
        # No date, so that the same values give the same bytes.
        plot.figure.savefig(body, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return body.getvalue()


def inline(plot: Plot) -> str:
    """Return the plot as an SVG element with theme colours and unique ids.

    Text is kept as text, escaped by matplotlib. The element is never so narrow that text is smaller than `SMALLEST`
    pixels; a wide plot scrolls on a phone.
    """
    body = _svg(plot)
    body = body[body.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.S)
    points = 72 * plot.figure.get_figwidth()
    size = f"min-width:{points:.0f}px;max-width:{LARGEST_SCALE * points:.0f}px"
    opening = rf'<svg role="img" viewBox="\1" class="plot" style="{size}">'
    body = re.sub(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>', opening, body, count=1)
    prefix = _slug(plot.name)
    body = re.sub(r'\b(?:xlink:)?(id|href)="(#?)([^"]+)"', rf'\1="\g<2>{prefix}-\3"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)

    def hundredths(number: re.Match[str]) -> str:
        # Precise enough, in points.
        return f"{float(number[0]):.2f}"

    body = re.sub(r'(?<= d=")[^"]+', lambda path: re.sub(r"\d+\.\d{3,}", hundredths, path[0]), body)
    body = re.sub(r"'DejaVu Sans'(, sans-serif)?", "var(--sans)", body)
    return re.sub(rf"(?:{'|'.join(VARIABLES)})\b", lambda colour: f"var({VARIABLES[colour[0]]})", body)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


def write_plots(plots: Sequence[Plot], folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write each plot as PNG and SVG.

    Raises:
        InputError: the folder cannot be created or written.
    """
    make_folder(folder)
    written = []
    with (progress or Progress()).stage("writing plots", len(plots)) as stage:
        for plot in plots:
            png = io.BytesIO()
            with _drawing():
                plot.figure.savefig(png, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
            for suffix, body in ((".png", png.getvalue()), (".svg", _svg(plot))):
                path = folder / f"{_slug(plot.name)}{suffix}"
                write_file(path, body)
                written.append(path)
            stage.advance()
    return written
