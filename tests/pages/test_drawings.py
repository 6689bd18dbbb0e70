"""How charts look: colours that the colour-blind tell apart, and drawings that follow the page."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure

from lake.report import style
from lake.report.page import HERE

# Machado, Oliveira and Fernandes (2009), at full strength.
BLIND = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
CSS = (HERE / "page.css").read_text(encoding="utf-8")


def theme(which: str) -> dict[str, str]:
    """The colours of the light or the dark page."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return dict(re.findall(r"--(\w+): (#\w{6})", blocks[("light", "dark").index(which)]))


def linear(colour: str) -> np.ndarray:
    given = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)


def luminance(rgb: np.ndarray) -> float:
    return float(rgb @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(linear(one)), luminance(linear(other))))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("which", ["light", "dark"])
def test_text_can_be_read_on_the_page_and_on_its_cards(which: str) -> None:
    colours = theme(which)
    for text in ("ink", "muted", "first", "second", "third"):
        for ground in ("paper", "ground"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (which, text, ground)


@pytest.mark.parametrize("which", ["light", "dark"])
@pytest.mark.parametrize("sight", BLIND)
def test_the_colours_of_a_chart_are_told_apart_without_one_of_the_cones(
    which: str, sight: str
) -> None:
    colours = theme(which)
    seen = {
        n: np.clip(BLIND[sight] @ linear(colours[n]), 0, 1) for n in ("first", "second", "pale")
    }
    for one, other in combinations(seen, 2):
        assert np.abs(seen[one] ** (1 / 2.2) - seen[other] ** (1 / 2.2)).max() > 0.15, (one, other)


def test_the_page_and_the_charts_have_the_same_light_colours() -> None:
    light = theme("light")
    assert {v: k for k, v in style.VARIABLES.items()} == {
        variable: light[variable[2:]] for variable in style.VARIABLES.values()
    }


@pytest.fixture
def drawing() -> str:
    style.prepare()
    figure = Figure(figsize=(2, 1))
    axes = figure.add_subplot()
    axes.plot([1, 2], [3, 4], color=style.FIRST, label="<sales> & more")
    axes.legend()
    return style.svg(figure)


def test_a_drawing_in_the_page_takes_its_colours_and_says_what_it_shows(drawing: str) -> None:
    inline = style.inline(drawing, "one", "Sales <net>", "They grew & grew")
    assert "var(--first)" in inline
    assert not re.findall(r"#[0-9a-f]{6}", inline), "a colour that would not turn dark"
    assert 'role="img" aria-labelledby="one-t one-d"' in inline
    assert '<title id="one-t">Sales &lt;net&gt;</title>' in inline
    assert "They grew &amp; grew" in inline
    assert "DejaVu" in drawing


def test_two_drawings_on_a_page_share_no_id(drawing: str) -> None:
    one, other = (style.inline(drawing, name, "t", "d") for name in ("one", "other"))
    ids = [re.findall(r'id="([^"]+)"', text) for text in (one, other)]
    assert not set(ids[0]) & set(ids[1])
    for text, found in zip((one, other), ids):
        assert set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text)) <= set(found)


def test_the_same_chart_gives_the_same_bytes(drawing: str) -> None:
    again = Figure(figsize=(2, 1))
    axes = again.add_subplot()
    axes.plot([1, 2], [3, 4], color=style.FIRST, label="<sales> & more")
    axes.legend()
    assert style.svg(again) == drawing
