"""The page in a real Chromium, on screens and on paper. Pictures of it are left in build/pictures."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drill.dossier import Dossier
from drill.dossier.meta import SAMPLE, Meta
from drill.errors import CannotRun
from drill.judge import judged
from drill.reports.html import html
from drill.reports.pdf import pdf
from tests.fix_chromium import Page, opened
from tests.fix_victim import ROOT
from tests.unit.pages import TODAY, hostile_dossier
from tests.unit.test_charts import STORY
from tests.unit.test_reports import LOST

PICTURES = ROOT / "build" / "pictures"
PAGES = {
    "met": [Dossier(judged(STORY), TODAY, Meta.load(SAMPLE))],
    "missed": [Dossier(judged(LOST), TODAY)],
    "hostile": [hostile_dossier()],
    "several": [Dossier(judged(STORY), TODAY), Dossier(judged(LOST), TODAY)],
}
BROAD, TELEPHONE, A4 = 1280, 360, 673  # px; A4 without its margins, at 96 a inch

# Whatever reaches beyond the screen, and beyond what scrolls by itself.
BEYOND = """
[...document.querySelectorAll('body *')].filter(e => {
  const seen = e.getBoundingClientRect(), inside = e.closest('.wide');
  return !e.closest('svg, .skip') && !(inside && inside !== e) && seen.right > document.documentElement.clientWidth + 1;
}).map(e => e.tagName + '.' + e.className)
"""
# Text of a chart that lies outside of its drawing.
OUTSIDE = """
[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width > 0).flatMap(s => {
  const [x, y, width, height] = s.getAttribute('viewBox').split(' ').map(Number);
  return [...s.querySelectorAll('text')].map(t => [t.getBBox(), t.textContent]).filter(
    ([b]) => b.x < -2 || b.y < -2 || b.x + b.width > width + 2 || b.y + b.height > height + 2).map(([, says]) => says);
})
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with opened() as page:
        yield page


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, dossiers in PAGES.items():
        (folder / f"{name}.html").write_text(html(dossiers), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [BROAD, TELEPHONE])
@pytest.mark.parametrize("name", PAGES)
def test_no_script_runs_no_request_leaves_and_nothing_overflows(
    browser: Page, files: dict[str, Path], name: str, width: int, scheme: Any
) -> None:
    browser.load(files[name], width, scheme)
    asked = [each["request"]["url"] for each in browser.all("Network.requestWillBeSent")]
    assert asked == [files[name].as_uri()]
    assert browser.all("Page.javascriptDialogOpening") == []
    assert browser.all("Log.entryAdded") == []  # what the page's own policy forbade would be told there
    assert browser.value("document.scripts.length") == 0
    assert browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth") is True
    assert browser.value(BEYOND) == []
    assert browser.value(OUTSIDE) == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser.picture(PICTURES / f"{name}-{width}-{scheme}.png")


def test_each_scheme_has_its_ground(browser: Page, files: dict[str, Path]) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        browser.load(files["met"], BROAD, scheme)
        grounds.append(browser.value("getComputedStyle(document.querySelector('.sheet')).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(23, 26, 30)"]


@pytest.mark.parametrize(("width", "shown", "hidden"), [(BROAD, "broad", "narrow"), (TELEPHONE, "narrow", "broad")])
def test_each_width_has_its_charts(browser: Page, files: dict[str, Path], width: int, shown: str, hidden: str) -> None:
    browser.load(files["met"], width)
    seen = "[...document.querySelectorAll('svg.{}')].map(s => s.getBoundingClientRect().width)"
    assert all(each > 250 for each in browser.value(seen.format(shown)))
    assert set(browser.value(seen.format(hidden))) == {0}


def test_the_policy_would_forbid_a_script_that_got_in(browser: Page, tmp_path: Path) -> None:
    """The page's second wall, tried: such a script is told to be refused, and does nothing."""
    page = html(PAGES["met"]).replace(
        "<main>", "<main><script>document.title='run'</script><img src='http://127.0.0.1:9/'>"
    )
    (tmp_path / "broken.html").write_text(page, encoding="utf-8")
    browser.load(tmp_path / "broken.html", BROAD)
    assert browser.value("document.title") != "run"
    assert browser.value("document.scripts.length") == 1
    assert [each for each in browser.all("Network.responseReceived") if "127.0.0.1" in each["response"]["url"]] == []


@pytest.mark.parametrize("name", PAGES)
def test_on_a4_nothing_is_cut_off(browser: Page, files: dict[str, Path], name: str) -> None:
    browser.load(files[name], A4)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth") is True
    wide = (
        "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML)"
    )
    assert browser.value(wide) == []
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.paper(PICTURES / f"{name}-a4.pdf")


def test_the_page_on_paper_without_a_browser(files: dict[str, Path]) -> None:
    """By WeasyPrint, where it is installed."""
    pytest.importorskip("weasyprint", exc_type=ImportError)
    try:
        made = pdf(files["hostile"].read_text(encoding="utf-8"))
    except CannotRun as absent:
        pytest.skip(str(absent))
    assert made.startswith(b"%PDF-")
    for action in (b"/JavaScript", b"/JS ", b"/Launch", b"/URI"):
        assert action not in made
        assert action not in _inflated(made)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "hostile-weasyprint.pdf").write_bytes(made)


def _inflated(made: bytes) -> bytes:
    """Every stream of the file that can be inflated."""
    parts = []
    for part in made.split(b"stream\n")[1:]:
        try:
            parts.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    return b"".join(parts)
