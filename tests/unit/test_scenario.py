"""Reading a scenario: every mistake at its place, nothing but a Scenario or a ScenarioError."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from drill.errors import ScenarioError
from drill.objectives import PRIORITY, Objectives, spoken
from drill.scenario import Scenario
from drill.scenario.plan import plan_of
from drill.scenario.sample import file_name, sample
from drill.scenario.text import MOST_BYTES, read
from tests.unit.mistakes import GOOD, MISTAKES


def loaded(text: str) -> Scenario:
    return Scenario.read(text.encode(), named="f.yaml")


def complaints(text: str | bytes) -> list[str]:
    with pytest.raises(ScenarioError) as wrong:
        Scenario.read(text if isinstance(text, bytes) else text.encode(), named="f.yaml")
    assert wrong.value.exit_code == 2
    return [line.removeprefix("f.yaml:") for line in str(wrong.value).splitlines()]


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES)
def test_a_mistake_is_told_at_its_place(old: str, new: str, says: list[str]) -> None:
    assert GOOD.count(old) == 1
    told = complaints(GOOD.replace(old, new))
    assert told == says or (told[0].startswith(says[0]) and len(told) == len(says) == 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "1:1: the file is empty"),
        (b"# nothing\n", "1:1: the file is empty"),
        (b"- a\n", "1:1: a scenario is a mapping of keys to values"),
        (b"name: a\n---\nname: b\n", "2:1: a second document begins: a file holds one scenario"),
        (b"name: \xff\n", "1:7: this is not UTF-8 text"),
        (b"\x7fELF\x02\x01\x00\x00", "1:1: the character"),
        (b"a: 1\nb: \x00\n", "2:4: the character"),
        (b"a: [1\nb: 2\n", "2:2: this is not YAML"),
        (b"a: " + b"[" * 30, "1:23: nested deeper than 20 levels"),
        (b"[" * 100_000, "1:21: nested deeper than 20 levels"),
        (b"a: [" + b"1," * 30_000 + b"]", "1:9999: more than 5000 values"),
        (b"#" * (MOST_BYTES + 1), "1:1: the file is larger than 256 KiB"),
        (b"? [a]\n: 1\n", "1:3: a key must be text"),
        (b'a: "\\UFFFFFFFF"', "1:"),
        (b"%YAML 3.0\n---\na: 1", "1:1: this is not YAML"),
    ],
)
def test_what_is_no_scenario_at_all(text: bytes, says: str) -> None:
    (told,) = complaints(text)
    assert told.startswith(says)


@pytest.mark.parametrize("name", ["missing.yaml", ".", "nul\0nul", "x" * 300])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScenarioError, match=r"director|null byte|too long"):
        Scenario.load(tmp_path / name)


def test_values_by_the_yaml_core_only() -> None:
    text = b"a: [no, on, 0755, 0o17, 0x1F, 1_000, 2026-01-01, 1.10, ~, TRUE, '5', 1e3]\n1: x\n"
    placed = read(text)
    assert placed.content == {
        "a": ["no", "on", 755, 15, 31, "1_000", "2026-01-01", 1.1, None, True, "5", 1000.0],
        "1": "x",
    }
    assert str(placed.values["a", 1]) == "1:9"
    assert str(placed.keys["1",]) == "2:1"


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert Scenario.read(b"\xef\xbb\xbf" + GOOD.encode(), named="f").name == "power loss"


def test_objectives_of_each_register() -> None:
    scenario = loaded(GOOD)
    promised = scenario.objectives_by_register
    assert list(promised) == ["population", "land"]
    assert (promised["population"].rto, promised["land"].rto) == (30.0, 60.0)
    assert type(promised["population"]) is Objectives
    assert scenario.expected == {"data_loss": frozenset({"land"})}
    assert loaded(sample("x")).register_names == PRIORITY


def test_overrides_hold_for_every_register_and_are_told() -> None:
    scenario = loaded(GOOD)
    assert scenario.with_overrides() is scenario
    changed = scenario.with_overrides(people=500, seed=7, rto=15.0)
    assert (changed.people, changed.seed, changed.overridden) == (500, 7, ("people", "seed", "rto"))
    assert {o.rto for o in changed.objectives_by_register.values()} == {15.0}
    assert [o.rpo for o in changed.objectives_by_register.values()] == [5.0, 0.0]
    assert scenario.overridden == ()
    with pytest.raises(ScenarioError, match="--people 5"):
        scenario.with_overrides(people=5)


def test_the_plan_names_every_act_and_touches_nothing() -> None:
    plan = plan_of(loaded(GOOD), "embedded")
    for act in ("prepare", "calm", "outage", "notice", "recovery", "homecoming", "survey", "debrief"):
        assert f". {act}\n" in plan
    assert "population, land" in plan
    assert "must miss   data_loss: land" in plan


@pytest.mark.parametrize("name", ["", " ", "../x", "a/b", ".x", "a b", "x" * 61, "ä", "a\n", "-x", ".yaml"])
def test_names_that_are_no_file_names(name: str) -> None:
    with pytest.raises(ScenarioError, match="no name for a scenario"):
        file_name(name)


# -- random scenarios -----------------------------------------------------------------------------------------------

DURATIONS = st.integers(1, 10**9).map(lambda ms: spoken(ms / 1000))
WORDS = st.text(st.characters(categories=("L", "N", "P", "Zs"), codec="utf-8"), min_size=1, max_size=20).filter(
    str.isprintable
)
COPIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "promote": st.fixed_dictionaries({"name": WORDS, "kind": st.just("streaming"), "synchronous": st.booleans()}),
    "restore": st.fixed_dictionaries({"name": WORDS, "kind": st.just("dump"), "every": DURATIONS}),
}


@st.composite
def written(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario that fits together, as plain values."""
    recovery = draw(st.sampled_from(sorted(COPIES)))
    copy = draw(COPIES[recovery])
    named = draw(st.lists(st.sampled_from(PRIORITY), min_size=1, unique=True))
    objectives = st.fixed_dictionaries({"rto": DURATIONS, "rpo": DURATIONS})
    own = draw(st.dictionaries(st.sampled_from(named), objectives))
    return {
        "name": draw(WORDS),
        "people": draw(st.integers(100, 10_000_000)),
        "registers": draw(st.sampled_from(["all", named])),
        "copies": [copy],
        "citizens": {
            "per_second": draw(st.floats(5, 500)),
            "timeout": draw(st.sampled_from(["200ms", "1s", "1s500ms"])),
        },
        "calm": "10s",
        "outage": {"kind": draw(st.sampled_from(["power_loss", "site_destroyed"]))},
        "response": {"declare": {"by": draw(WORDS), "after": draw(DURATIONS)}, "fence": "off"},
        "recovery": {"kind": recovery, "from": copy["name"]},
        "objectives": {**draw(objectives), "registers": own},
        "expect_missed": draw(st.sampled_from([{}, {"content": "some"}, {"data_loss": named}])),
    }


def as_yaml(values: dict[str, Any]) -> str:
    """Through JSON: PyYAML would write an alias for a list that stands in two places."""
    return str(yaml.safe_dump(json.loads(json.dumps(values)), allow_unicode=True, width=10_000))


@settings(max_examples=60, deadline=None)
@given(written())
def test_a_scenario_written_out_is_read_back(values: dict[str, Any]) -> None:
    scenario = loaded(as_yaml(values))
    assert loaded(as_yaml(scenario.model_dump(mode="json", by_alias=True))) == scenario


@settings(max_examples=300, deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_anything_is_a_scenario_or_a_scenario_error(text: bytes) -> None:
    assert all(line[0].isdigit() for line in complaints(text))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.text("[]{}:-,#&*!|>'\"%@`? \n\tabn012.~<\\", max_size=6))
def test_a_damaged_scenario_is_one_or_an_error(at: int, cut: int, put: str) -> None:
    damaged = GOOD[:at] + put + GOOD[at + cut :]
    said = ""
    try:
        loaded(damaged)
    except ScenarioError as wrong:
        said = str(wrong)
    assert all(line.startswith("f.yaml:") for line in said.splitlines())
