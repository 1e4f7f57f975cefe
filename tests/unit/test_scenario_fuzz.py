"""Whatever a file holds, it is a scenario or a ScenarioError at its place, and that is known within a second."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from drill.errors import ScenarioError
from drill.scenario import Scenario
from drill.scenario.text import MOST_NODES
from tests.unit.mistakes import GOOD

SHELF = Path(__file__).parents[2] / "scenarios"
NAMED = str(SHELF / "f.yaml")  # where files that a scenario names are looked for
EACH, PARTS = 2_000, 100  # inputs of a part; one part in `make test`, all of them in `make soak`
_LONGEST = 1.0  # seconds of this process for one input
_TELLS = re.compile(rf"{re.escape(NAMED)}:(\d+):(\d+): (.+)", re.S)

# What is put into a scenario: in the place of a value, before it, or anywhere.
SCALARS = [
    *("", "~", "null", "true", "no", "0", "-1", "7", "1.5", "1e99", "-1e-99", ".inf", "-.inf", ".nan", "0x1F", "0o17"),
    *("9" * 18, "9" * 19, "9" * 5_000, "0x" + "f" * 40, "0o" + "7" * 40, "1" + "0" * 300 + ".5", "1_000", "0755"),
    *("1s", "-1s", "0s", "1e3s", "999999999d", "1 s", "5:00", "1h30", "0.000000001ms", "9" * 90 + "s", "2026-01-01"),
    *("land", "own_data", "all", "some", "drill", "power_loss", "dump", "standby", "content", "none", "latest"),
    *("/dev/zero", "/dev/null", "/", "..", "/nowhere/x", "x" * 999, "a/" * 490, "own-data", "own-data/harbour.sql"),
    *(
        '"\\0"',
        '"\\x1b[31m"',
        '"\\ud800"',
        '"\\udfff\\ud800"',
        '"\\U00110000"',
        '"\\u202e"',
        '"\\q"',
        '"',
        "'",
        "'it''s'",
    ),
    *("|\n  text\n", ">-\n  text\n", "x" * 5_000, "\u00e4\u00f5", "\u202eabc", "\u2028", "\x85", "\ufeff", "\ud800"),
]
MARKS = [
    "&a ",
    "*a ",
    "!!int ",
    "!!python/object:os.system ",
    "!x ",
    "!<tag:x> ",
    "&a !!map ",
    "? ",
    "- ",
    "<<: ",
    "@",
    "`",
]
CHUNKS = [
    *("\0", "\x07", "\x1b[2J", "\r", "\t", "\ud800", "\udfff", "\ufffe", "\U0010ffff", "---\n", "...\n", "%YAML 9.9\n"),
    *("[" * 30, "{a: " * 30, "]" * 30, "}", ": ", ", ", "#", "\n", "\n\n  ", "- " * 30, "? " * 30, "<<: {a: 1}\n"),
    *("x: 1\n" * 40, "a: &b [*b]\n", "*b", "x" * 5_000, " " * 2_000, '"', "'", "\\", "%TAG ! tag:x,2000:\n", "a: |\n"),
]
SHIPPED = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(SHELF.glob("*.yaml"))]
BASES = [yaml.safe_load(GOOD), *SHIPPED]


class Pair(NamedTuple):
    """A key and its value."""

    key: str
    value: object


class Pairs(list[object]):
    """A mapping in which a key may stand twice."""


class Raw(str):
    """Text that is written as it is."""


def _opened(value: object) -> object:
    """A copy that can be changed."""
    if isinstance(value, dict):
        return Pairs(Pair(str(key), _opened(each)) for key, each in value.items())
    return [_opened(each) for each in value] if isinstance(value, list) else value


def _places(value: object) -> Iterator[tuple[list[object], int]]:
    """Every value below this one, as the list that holds it and its number there."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield value, number
            yield from _places(each.value if isinstance(each, Pair) else each)


def _written(value: object) -> str:
    if isinstance(value, Pairs):
        return "{" + ",\n ".join(map(_written, value)) + "}"
    if isinstance(value, Pair):
        return f"{value.key}: {_written(value.value)}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


@st.composite
def scenarios(draw: st.DrawFn) -> str:
    """A scenario that fits together, with up to four things done to it that do not."""
    whole = _opened(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(0, 4))):
        places = list(_places(whole))
        if not places:
            break
        _hurt(draw, *draw(st.sampled_from(places)))
    if isinstance(whole, Pairs) and draw(st.booleans()):
        return "".join(f"{_written(pair)}\n" for pair in whole)
    return _written(whole)


def _hurt(draw: st.DrawFn, holder: list[object], number: int) -> None:
    """Drop or double one entry, rename its key, or put something else in the place of its value."""
    held = holder[number]
    key, value = held if isinstance(held, Pair) else (None, held)
    act = draw(st.sampled_from(["drop", "double", "rename", "replace", "mark", "nest", "many", "strange"]))
    if act == "drop":
        del holder[number]
    elif act == "double":
        holder.append(held)
    elif act == "rename" and key is not None:
        names = st.sampled_from(["kind", "rto", "nmae", "<<", "1", "", "''", "x" * 300, f"{key}s", key.upper()])
        holder[number] = Pair(draw(st.one_of(names, st.text(max_size=5))), value)
    else:
        new = _instead(draw, act, value)
        holder[number] = new if key is None else Pair(key, new)


def _instead(draw: st.DrawFn, act: str, value: object) -> object:
    if act == "many":
        return [value] * draw(st.sampled_from([2, 3, 30]))
    if act == "mark":
        return Raw(draw(st.sampled_from(MARKS)) + _written(value))
    if act == "nest":
        depth = draw(st.integers(1, 25))
        return Raw("[" * depth + _written(value) + "]" * depth)
    return Raw(draw(st.text(max_size=12) if act == "strange" else st.sampled_from(SCALARS)))


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Such a scenario, perhaps with something put over it as text or as bytes; or bytes without any meaning."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=400))
    text = draw(scenarios())
    for _ in range(draw(st.integers(0, 2))):
        at, cut = draw(st.integers(0, len(text))), draw(st.integers(0, 8))
        text = text[:at] + draw(st.sampled_from(CHUNKS)) + text[at + cut :]
    content = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=4)) + content[at:]
    return draw(
        st.sampled_from([content] * 6 + [content.replace(b"\n", b"\r\n"), content * 2, b"\xef\xbb\xbf" + content])
    )


def look(content: bytes) -> list[str]:
    """What is told of it, each at a place that the text has; nothing when it is a scenario."""
    began, said, code = time.process_time(), "", 0
    try:
        Scenario.read(content, named=NAMED)
    except ScenarioError as wrong:
        said, code = str(wrong), wrong.exit_code
    assert time.process_time() - began < _LONGEST, content
    assert code == (2 if said else 0)
    lines = len(re.findall("\r\n|[\n\r\x85\u2028\u2029]", content.decode("utf-8", "replace"))) + 1
    for mistake in said.split("\n") if said else []:
        told = _TELLS.fullmatch(mistake)
        assert told is not None, (mistake, content)
        assert 1 <= int(told[1]) <= lines + 1, (mistake, content)
        assert told[3].isprintable(), (mistake, content)
    return said.split("\n") if said else []


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, PARTS))])
def test_whatever_a_file_holds(part: int) -> None:
    seen = {"scenario": 0, "mistake": 0}

    @seed(part)
    @settings(max_examples=EACH, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(texts())
    def holds(content: bytes) -> None:
        seen["mistake" if look(content) else "scenario"] += 1

    holds()
    assert min(seen.values()) > EACH // 50, seen  # it reaches what lies behind the reading, and does not only fail


# -- what is as large as a file may be -------------------------------------------------------------------------------


def _many(count: int, each: str) -> str:
    return "".join(each.format(n=n) for n in range(count))


MOST = MOST_NODES // 2 - 60
LARGE = {
    "unknown keys": GOOD + _many(MOST, "k{n}: 1\n"),
    "keys that are almost right": GOOD + _many(MOST, "objectiv{n}: 1\n"),
    "registers": GOOD.replace("[population, land]", f"[{'land,' * MOST}]"),
    "unknown registers": GOOD.replace("[population, land]", f"[{_many(MOST, 'lnd{n},')}]"),
    "unknown checks": GOOD.replace("{data_loss: [land]}", f"{{{_many(MOST, 'data_los{n}: all,')}}}"),
    "copies": GOOD.replace("copies:\n", "copies:\n" + "  - {name: a, kind: dump, every: 1s}\n" * (MOST // 4)),
    "unknown kinds": GOOD.replace("copies:\n", "copies:\n" + "  - {name: a, kind: dumb, every: 1s}\n" * (MOST // 4)),
    "tables": GOOD.replace(
        "{kind: power_loss}",
        f"{{kind: operator_drop, register: land, discovered_after: 1s, tables: [{_many(MOST, 'titl{n},')}]}}",
    ),
    "a long name": GOOD.replace("power loss", "x" * 250_000),
    "a long key": GOOD + "x" * 250_000 + ": 1\n",
    "lines": "#\n" * 120_000,
    "a block": "a: |\n" + " x\n" * 80_000,
    "escapes": 'a: "' + "\\U0010ffff" * 25_000 + '"',
    "a tag": "!<" + "%41" * 80_000 + "> a",
    "keys twice": "a: 1\n" * 50_000,
}


@pytest.mark.parametrize("what", LARGE)
def test_the_largest_files(what: str) -> None:
    look(GOOD.encode())  # what is loaded at the first file is not this one's
    look(LARGE["tables"].encode()[:-2])
    told = look(LARGE[what].encode())
    assert len(told) <= 101


def test_of_many_mistakes_the_first_are_told_and_how_many_there_are() -> None:
    told = [line.removeprefix(f"{NAMED}:") for line in look(LARGE["unknown keys"].encode())]
    assert told[0].startswith("21:1: unknown key 'k0'")
    assert told[99].startswith("120:1: unknown key 'k99'")
    assert told[100:] == [f"121:1: from here on {MOST - 100} more mistakes"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A file that is named in a scenario may be anything."""
    os.mkfifo(tmp_path / "pipe")
    named = [f"home: {{load: {tmp_path}/pipe, globals: {tmp_path}/pipe}}", "registers: all"]
    text = GOOD.replace("registers: [population, land]", "\n".join(named))
    told = look(text.encode())
    assert len(told) == 2
    assert all("neither a file nor a folder" in line for line in told)
