"""How charts look: one palette for light, dark and paper, told apart by the colour-blind too.

A chart is drawn once, with the colours of the light page; in the page's own SVG each of them
becomes a CSS variable, so that the page turns dark without another drawing.
"""

from __future__ import annotations

import io
import re
import warnings
from html import escape

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

INK, MUTED, GRID, PAPER = "#1c2430", "#586474", "#dde2e9", "#ffffff"
# Okabe and Ito's hues, as dark as text on white needs.
FIRST, SECOND, THIRD, PALE = "#0068a8", "#b34b00", "#00805c", "#a9cbe3"
# A cell of a field keeps its colour on a dark page, and so does what is written in it.
ON_CELLS = "#10161e"
VARIABLES = {
    INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper", FIRST: "--first",
    SECOND: "--second", THIRD: "--third", PALE: "--pale",
}  # fmt: skip
FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', "
    "'DejaVu Sans', sans-serif"
)
FONT = "DejaVu Sans"
FALLBACKS = ("Noto Sans CJK JP", "WenQuanYi Zen Hei", "PingFang SC", "Noto Sans Arabic")
DOTS_PER_INCH = 160
RC = {
    "font.size": 9, "text.color": INK, "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED, "xtick.color": MUTED, "ytick.color": MUTED, "axes.spines.top": False,
    "axes.spines.right": False, "axes.spines.left": False, "axes.grid": True,
    "axes.grid.axis": "y", "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.8,
    "xtick.major.size": 0, "ytick.major.size": 0, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
    "legend.frameon": False, "legend.fontsize": 8.5, "svg.fonttype": "none",
    "svg.hashsalt": "lake", "figure.facecolor": "none", "axes.facecolor": "none",
    "savefig.facecolor": "none", "figure.constrained_layout.use": True, "hatch.linewidth": 0.6,
    "figure.constrained_layout.h_pad": 0.03, "figure.constrained_layout.w_pad": 0.03,
}  # fmt: skip
USED = re.compile(r"""(?:url\(#|href="#)([^)"]+)""")
HEAD = re.compile(r"^.*?<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)


def prepare() -> None:
    """Draws without a screen, in this style."""
    matplotlib.use("Agg")
    matplotlib.rcParams.update(RC)
    there = {font.name for font in fontManager.ttflist}
    matplotlib.rcParams["font.family"] = [FONT, *(name for name in FALLBACKS if name in there)]
    # The page and the SVGs take whatever font the reader's machine has for such a letter.
    warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)


def png(figure: Figure) -> bytes:
    """A picture on white paper."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DOTS_PER_INCH, facecolor=PAPER)
    return out.getvalue()


def svg(figure: Figure) -> str:
    """A drawing that any program opens, on white paper."""
    engine = figure.get_layout_engine()
    if engine is not None:
        # Where things stand is found out once, and not for each form a drawing is written in.
        engine.execute(figure)
        figure.set_layout_engine("none")
    out = io.StringIO()
    figure.savefig(out, format="svg", facecolor=PAPER, metadata={"Date": None, "Creator": None})
    return re.sub(r"'DejaVu Sans'[^;\"]*", FONTS, out.getvalue())


def inline(drawing: str, name: str, title: str, says: str) -> str:
    """An SVG drawing as a part of the page: with its alternative text, the page's colours, and
    ids that no other drawing on the page has. name: unique on the page."""
    text = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    used = set(USED.findall(text))
    text = re.sub(
        r'\s+id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", text
    )
    text = re.sub(r'(url\(#|href="#)', rf"\1{name}-", text)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    box = HEAD.search(text)
    assert box is not None, "Matplotlib writes no viewBox any more"
    opened = (
        f'<svg viewBox="{box[1]}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(says)}</desc>'
    )
    return opened + re.sub(r">\s+<", "><", text[box.end() :]).strip()
