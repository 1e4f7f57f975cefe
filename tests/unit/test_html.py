"""The page: nothing that somebody wrote acts in it, it asks for nothing, and a reader of any kind finds the way."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from drill.dossier import Dossier
from drill.evidence import Evidence
from drill.judge import judged
from drill.reports.html import html
from drill.reports.text import printable
from tests.unit.pages import HOSTILE, MARK, SHOWN, TODAY, Page, hostile_dossier
from tests.unit.stories import GOOD, without
from tests.unit.test_reports import EMPTY, EXPECTED, LOST, STORIES

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "article", "section", "nav", "footer", "div", "p"),
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "a",
        "b",
        "bdi",
        "br",
        "wbr",
        "span",
        "small",
        "strong",
        "ol",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
    ),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"),
    *("svg", "desc", "defs", "pattern", "path", "rect", "circle", "text", "g"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "role", "scope", "tabindex"),
    *("aria-hidden", "aria-label", "aria-labelledby", "viewbox", "xmlns", "d", "x", "y", "cx", "cy", "r", "width"),
    *("height", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "text-anchor"),
    *("font-family", "font-size", "font-weight", "patternunits"),
}
DOSSIERS = {name: [Dossier(judged(story), TODAY)] for name, story in STORIES.items()}
DOSSIERS |= {"several": [*DOSSIERS["good"], *DOSSIERS["lost"]], "none": [], "hostile everywhere": [hostile_dossier()]}


@pytest.fixture(params=DOSSIERS)
def text(request: pytest.FixtureRequest) -> str:
    return html(DOSSIERS[request.param])


@pytest.fixture
def page(text: str) -> Page:
    return Page.of(text)


def test_every_tag_and_attribute_is_one_of_ours(page: Page) -> None:
    assert (page.wrong, page.open) == ([], [])
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {name for _, attributes in page.tags for name in attributes} <= ATTRIBUTES


def test_no_invisible_letter_and_no_turned_writing(text: str) -> None:
    assert {letter for letter in text if not letter.isprintable()} == {"\n"}


def test_it_asks_for_nothing_and_forbids_itself_to(page: Page, text: str) -> None:
    assert [attributes["href"] for attributes in page.all("a") if not str(attributes["href"]).startswith("#")] == []
    (policy,) = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    style = "".join(text for inside, text in page.texts if "style" in inside)
    assert not re.search(r"url\(|@import|expression|</", style)
    assert not re.search(r"<[^>]*url\((?!#r\d+[wn]-[a-z]+-[a-z]+\))", text)


def test_what_somebody_hostile_wrote_is_text_and_all_of_it_is_there() -> None:
    page = Page.of(html([hostile_dossier()]))
    assert [tag for tag, attributes in page.tags if any(MARK in str(value) for value in attributes.values())] == []
    assert printable(SHOWN) in page.text
    assert page.text.count(printable(HOSTILE)) > 60
    assert "7*7" in page.text


def test_headings_come_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_what_is_named_is_there_and_there_once(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    named = [str(a["href"])[1:] for a in page.all("a")]
    named += [name for _, a in page.tags for name in str(a.get("aria-labelledby", "")).split() if name]
    assert [name for name in named if name not in ids] == []
    assert {a["lang"] for a in page.all("html")} == {"en"}


def test_every_table_names_its_columns_and_every_chart_tells_in_words(page: Page) -> None:
    assert all(attributes.get("scope") in ("col", "row") for attributes in page.all("th"))
    charts = page.all("svg")
    assert all(a["role"] == "img" and len(str(a["aria-labelledby"]).split()) == 2 for a in charts)
    assert sum("desc" in inside for inside, said in page.texts if said.strip()) == len(charts)


@pytest.mark.parametrize("story", [GOOD, LOST, EXPECTED, EMPTY, STORIES["cut short"]])
def test_the_verdict_stands_first_and_in_words(story: Evidence) -> None:
    run = judged(story)
    said = Page.of(html([Dossier(run, TODAY)])).text
    expected = "as expected" if run.result.as_expected else "not as expected"
    assert re.search(rf"{str(run.result.verdict).upper()}\s*{expected}", said[:2500])


def test_every_section_that_is_promised_is_there() -> None:
    page = Page.of(html(DOSSIERS["lost"]))
    assert len(page.all("svg")) == 6  # phases, acknowledged, latency; each for two widths
    for heading in ("Timeline", "Service over time", "What became of each transaction", "Findings", "Environment"):
        assert heading in page.text
    for heading in (
        "What was not checked",
        "Ratings",
        "Improvement actions",
        "After-action report",
        "Standards and laws",
    ):
        assert heading in page.text
    assert [f"{n}. " for n in range(1, 16) if f"{n}. " not in page.text] == []


def test_a_run_whose_outage_is_not_proven_is_told_without_times() -> None:
    text = Page.of(html([Dossier(judged(without(GOOD, "outage proven")), TODAY)])).text
    assert "the outage was not proven" in text
    assert "No lost register has its times." in text


def test_the_files_of_the_evidence_are_named_by_their_digests() -> None:
    text = Page.of(html([replace(DOSSIERS["good"][0], files={"events.jsonl": "abc123"})])).text
    assert "events.jsonl abc123" in text


# -- the style ---------------------------------------------------------------------------------------------------------


def colours(dark: bool) -> dict[str, str]:
    style = "".join(said for inside, said in Page.of(html([])).texts if "style" in inside)
    blocks = re.findall(r":root\{([^}]*)\}", style)
    light = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", blocks[0]))
    return light | dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", blocks[1])) if dark else light


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [(ink, "paper") for ink in ("ink", "muted", "accent", "met", "missed", "unknown", "leaf", "slate")]
    + [("ink", "todo"), ("on", "missed"), ("ink", "ground")],
)
def test_every_text_can_be_read_on_its_ground(ink: str, paper: str, dark: bool) -> None:
    known = colours(dark)
    assert contrast(known[ink], known[paper]) >= 4.5


def test_a_verdict_is_told_by_more_than_its_colour() -> None:
    for story, sign in ((GOOD, "✓"), (LOST, "✗"), (EMPTY, "?")):
        text = Page.of(html([Dossier(judged(story), TODAY)])).text
        assert sign in text[:2000]
