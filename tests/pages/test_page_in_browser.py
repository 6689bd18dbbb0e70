"""The page as a person has it: in a browser, light and dark, wide and on a telephone, on paper."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from matplotlib.image import imread

from lake.options import Place
from lake.report.page import Made, make

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SCREENS = [(width, scheme) for width in (1280, 768, 375, 320) for scheme in ("light", "dark")]
# Whatever sticks out to the right, except in what scrolls by itself.
STICKS_OUT = """() => [...document.querySelectorAll('body *')]
    .filter(e => !e.closest('.scroll, .hidden, .skip'))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => `${e.tagName} ${(e.textContent || '').trim().slice(0, 40)}`)"""
# Text of a chart over other text of it.
OVERLAPS = """() => [...document.querySelectorAll('svg')].flatMap(s => {
    if (!s.checkVisibility()) return [];
    const texts = [...s.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()]);
    return texts.flatMap(([t, a], i) => texts.slice(i + 1)
        .filter(([, b]) => a.left + 2 < b.right && b.left + 2 < a.right
                           && a.top + 3 < b.bottom && b.top + 3 < a.bottom)
        .map(([o]) => `${t.textContent} / ${o.textContent}`));
})"""
UNNAMED = """() => [...document.querySelectorAll('svg')].filter(s => s.checkVisibility())
    .filter(s => !s.getAttribute('aria-labelledby')?.split(' ')
        .every(id => document.getElementById(id)?.textContent.trim())).length"""


@pytest.fixture(scope="module")
def made(retail: Place, tmp_path_factory) -> Made:
    """The page of the small retail lake."""
    return make(retail, tmp_path_factory.mktemp("report"), "")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A headless browser, where this machine has one."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser here to look at the page with: {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    options = {"executable_path": found, "args": ["--no-sandbox"]}
    with sync_playwright() as playwright, playwright.chromium.launch(**options) as browser:
        yield browser


@dataclass
class Seen:
    """A page that is open, what it asked the network for, and what its console says."""

    page: object
    requests: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@pytest.fixture
def look(browser, made: Made):
    """Opens the page: ``look(375, "dark")``."""
    contexts = []

    def open_page(width: int, scheme: str) -> Seen:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("console", lambda message: seen.told.append(message.text))
        seen.page.on("pageerror", lambda error: seen.told.append(str(error)))
        seen.page.goto(made.page.as_uri())
        return seen

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_nothing_sticks_out_or_overlaps_or_asks_for_the_network(
    look, made: Made, width: int, scheme: str
) -> None:
    seen = look(width, scheme)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(STICKS_OUT) == []
    assert seen.page.evaluate(OVERLAPS) == []
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert seen.page.evaluate(STICKS_OUT) == [], "with every table open"
    assert seen.told == []
    assert seen.requests == [made.page.as_uri()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_as_light_or_dark_as_its_reader_wants(
    look, tmp_path: Path, scheme: str
) -> None:
    picture = tmp_path / "page.png"
    look(1280, scheme).page.screenshot(path=picture, full_page=True)
    pixels = imread(picture)[..., :3]
    assert pixels.shape[0] > 3000
    assert pixels.std() > 0.05, "an empty page"
    assert (pixels.mean() > 0.8) if scheme == "light" else (pixels.mean() < 0.3)


def test_every_chart_that_is_seen_has_a_name_and_a_description(look) -> None:
    for width in (1280, 375):
        page = look(width, "light").page
        assert page.evaluate(UNNAMED) == 0
        assert page.locator("figure svg:visible").count() == page.locator("figure").count() > 5


def test_the_page_is_used_by_keyboard_alone(look) -> None:
    page = look(1280, "light").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0, "it cannot be seen when it has the focus"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")


def test_the_page_prints(look) -> None:
    seen = look(1280, "dark")
    seen.page.emulate_media(media="print")
    assert seen.page.locator("nav").is_hidden()
    assert seen.page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 36, 48)", "dark"
    pdf = seen.page.pdf(format="A4")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 15
