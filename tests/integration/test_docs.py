"""The documents say what the program does: help texts, commands, links, tables and the scenarios shown in them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from drill.cli.options import On
from drill.errors import ScenarioError
from drill.scenario import Scenario
from drill.scenario.kinds import check_names, families
from drill.scenario.schema import scenario_schema

ROOT = Path(__file__).parents[2]
COMMANDS = ROOT / "docs" / "commands.md"
PAGES = sorted([ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
PLAIN = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}
WRITE_ANEW = "DRILL_WRITE_DOCS=1 .venv/bin/pytest tests/integration/test_docs.py"
_HEAD = f"""\
# Commands

What `drill COMMAND --help` says, of every command. Written by a test, never by hand: `{WRITE_ANEW}`
"""
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def shown(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fenced(page: Path, language: str) -> list[str]:
    """The blocks of a page that are written in that language."""
    return [text for kind, text in _FENCED.findall(page.read_text(encoding="utf-8")) if kind == language]


def table(page: Path, heading: str) -> Iterator[list[str]]:
    """The cells of each row of the table under a heading, without the row that names them."""
    section = page.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    for row in rows[2:]:
        yield [cell.strip() for cell in row.strip("|").split(" | ")]


# -- commands ----------------------------------------------------------------------------------------------------------


@cache
def help_of(command: str) -> str:
    argv = [sys.executable, "-m", "drill", *command.split(), "--help"]
    environment = PLAIN | {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    told = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout
    return "\n".join(line.rstrip() for line in told.strip().splitlines()) + "\n"


@cache
def commands() -> tuple[str, ...]:
    """Every command by the words after `drill`, the program itself as the empty text."""
    import typer

    from drill.cli import app

    def below(command: Any, words: str) -> Iterator[str]:
        yield words
        for name, each in getattr(command, "commands", {}).items():
            yield from below(each, f"{words} {name}".strip())

    return tuple(below(typer.main.get_command(app), ""))


def page_of_commands() -> str:
    parts = [f"## drill {words}".rstrip() + f"\n\n```text\n{help_of(words)}```\n" for words in commands()]
    return "\n".join([_HEAD, *parts])


def test_the_page_of_commands_is_their_help() -> None:
    page = page_of_commands()
    if os.environ.get("DRILL_WRITE_DOCS") == "1":
        COMMANDS.write_text(page, encoding="utf-8")
    assert COMMANDS.read_text(encoding="utf-8") == page, f"write it anew: {WRITE_ANEW}"


def calls(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command that a page shows in its code, with the options it is given."""
    text = page.read_text(encoding="utf-8")
    code = [block for language, block in _FENCED.findall(text) if language == "sh"]
    code += re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))
    for line in "\n".join(code).splitlines():
        found = re.match(r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?drill\b((?: [a-z]+)*)(.*)", line.split("#")[0].strip())
        if found is not None:
            words = found[1].split()
            while words and " ".join(words) not in commands():
                words.pop()
            rest = line.partition("drill")[2].split()
            assert words or not rest or not rest[0].isalpha(), f"{shown(page)}: no such command: {line}"
            yield " ".join(words), re.findall(r"(?<=\s)--[a-z-]+", line)


@pytest.mark.parametrize("page", [page for page in PAGES if page != COMMANDS], ids=shown)
def test_every_command_shown_exists(page: Path) -> None:
    for words, options in calls(page):
        assert [option for option in options if option not in help_of(words)] == [], f"{shown(page)}: drill {words}"


def test_the_readme_shows_every_command() -> None:
    told = {words for words, _ in calls(ROOT / "README.md")}
    groups = {words for words in commands() if any(other.startswith(f"{words} ".lstrip()) for other in commands())}
    assert told >= set(commands()) - groups


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        code = "\n".join([*fenced(page, "sh"), *re.findall(r"`(make [^`\n]+)`", page.read_text(encoding="utf-8"))])
        for target in re.findall(r"^make ([a-z-]+)", code, re.M):
            assert re.search(rf"^{target}:.* ## ", makefile, re.M), f"{shown(page)}: make {target}"


# -- pages -------------------------------------------------------------------------------------------------------------


def test_the_readme_opens_with_one_sentence_and_two_commands() -> None:
    title, sentence, *_ = (ROOT / "README.md").read_text(encoding="utf-8").split("\n\n")
    assert title == "# drill"
    assert re.fullmatch(r"[^.]+\.", sentence)
    opening = fenced(ROOT / "README.md", "sh")[0].splitlines()
    assert [line.split("#")[0].strip() for line in opening] == ["make drill", "make test"]


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", _FENCED.sub("", page.read_text(encoding="utf-8")))
    for path, _, anchor in (link.partition("#") for link in links if "://" not in link):
        target = (page.parent / path) if path else page
        assert target.exists(), f"{shown(page)}: {path}"
        assert not anchor or anchor in anchors(target), f"{shown(page)}: {path}#{anchor}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
            waiting += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert set(PAGES) <= reached


# -- the map -----------------------------------------------------------------------------------------------------------


def test_the_map_names_every_module_and_nothing_else() -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`drill/([\w/]+\.py)`", text))
    there = {path.relative_to(ROOT / "drill").as_posix() for path in (ROOT / "drill").rglob("*.py")}
    assert named == {path for path in there if (ROOT / "drill" / path).read_text(encoding="utf-8").count("\n") > 1}


def test_the_map_names_every_kind() -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    hosts = [str(host) for host in On if host != On.auto]
    kinds = [kind for family in families().values() for kind in family]
    assert [name for name in (*kinds, *hosts) if f"`{name}`" not in text] == []


# -- scenarios ---------------------------------------------------------------------------------------------------------


def test_the_scenarios_shown_can_be_played() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "scenarios.md"):
        whole = [block for block in fenced(page, "yaml") if "name:" in block and "objectives:" in block]
        assert whole, shown(page)
        for block in whole:
            Scenario.read(block.encode(), named=shown(page))


def keys_of(schema: dict[str, Any], node: dict[str, Any], before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that can be written, as `copies.dump.every`, with its schema."""
    node = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    node = node.get("items", node) if "discriminator" not in node else node
    if mapping := node.get("discriminator", {}).get("mapping"):
        for kind, target in mapping.items():
            yield from keys_of(schema, {"$ref": target}, f"{before}{kind}.")
        return
    for name, value in node.get("properties", {}).items():
        below = list(keys_of(schema, value, f"{before}{name}."))
        yield from below or ([(f"{before}{name}", value)] if name != "kind" else [])


def _written(default: Any) -> str:
    if default is None:
        return "none"
    return str(default).lower() if isinstance(default, bool) else f"{default}".removesuffix(".0")


def test_every_key_of_a_scenario_is_told_with_its_default_and_limits() -> None:
    schema = scenario_schema()
    told = {key.strip("`"): cells for key, *cells in table(ROOT / "docs" / "scenarios.md", "## Every key")}
    known = dict(keys_of(schema, schema))
    assert told.keys() == known.keys()
    for key, node in known.items():
        _, default, limits = told[key]
        assert default.strip("`") == (_written(node["default"]) if "default" in node else "required"), key
        for bound in ("minimum", "maximum", "maxLength"):
            assert bound not in node or f"{node[bound]}" in limits.replace(" ", ""), (key, bound)


def test_every_check_is_told() -> None:
    told = [name.strip("`") for name, *_ in table(ROOT / "docs" / "measures.md", "## The checks")]
    assert told == list(check_names())


def test_each_mistake_gives_its_message() -> None:
    good = (ROOT / "scenarios" / "power-loss.yaml").read_text(encoding="utf-8")
    rows = list(table(ROOT / "docs" / "scenarios.md", "## Common mistakes"))
    assert rows
    for old, new, message in ([cell.strip("`").strip() for cell in row] for row in rows):
        assert good.count(old) == 1, old
        with pytest.raises(ScenarioError) as wrong:
            Scenario.read(good.replace(old, new).encode(), named="my.yaml")
        told = [re.sub(r"^my\.yaml:\d+:\d+: ", "", line) for line in str(wrong.value).splitlines()]
        assert message.replace("\\|", "|") in told
