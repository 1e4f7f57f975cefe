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

GOOD = """\
name: power loss
people: 13000
registers: [population, land]
copies:
  - {name: standby, kind: streaming, synchronous: false}
  - {name: courier, kind: dump, every: 10s}
citizens: {per_second: 40, timeout: 1s, stable_for: 2s}
calm: 5s
outage: {kind: power_loss}
response:
  detect: {every: 200ms, misses: 3}
  declare: {by: officer, after: 1s}
  fence: cut
recovery: {kind: promote, from: standby}
serve: after_gate
objectives:
  rto: 30s
  rpo: 5s
  registers: {land: {rto: 1m, rpo: 0s}}
expect_missed: {data_loss: [land]}
"""

A_PART = (
    "operator_drop leaves other registers at home, and promote would bring up all of them a second time: recover from a"
    " dump or an archive"
)
UNTIL_THE_OUTAGE = GOOD.partition("synchronous: false}")[2].partition("power_loss")[0]

# (what is replaced, by what, every message that must come)
MISTAKES = [
    (
        "people: 13000",
        "people: '13000'",
        ["2:9: people should be a whole number, not '13000' (write it without quotes)"],
    ),
    ("people: 13000", "people: true", ["2:9: people should be a whole number, not true"]),
    ("people: 13000", "people: 1.5", ["2:9: people should be a whole number, not 1.5"]),
    ("people: 13000", "people: 5", ["2:9: people should be greater than or equal to 100, not 5"]),
    ("people: 13000", "people:", ["2:8: people should be a whole number, not nothing"]),
    ("people: 13000", "peopel: 13000", ["2:1: unknown key 'peopel' (did you mean people?)"]),
    ("people: 13000", "people: 13000\npeople: 2", ["3:1: duplicate key 'people': it already stands in line 2"]),
    ("people: 13000", "people: &n 13000", ["2:9: anchor &n: anchors are not allowed"]),
    ("people: 13000", "people: *n", ["2:9: alias *n: aliases are not allowed, write the value out"]),
    ("people: 13000", "people: !!int 13000", ["2:9: tag 'tag:yaml.org,2002:int': tags are not allowed"]),
    ("people: 13000", "<<: {}", ["2:1: merge keys (<<) are not allowed"]),
    ("people: 13000", "people: .inf", ["2:9: this number is too large, or is none"]),
    ("people: 13000", f"people: {'9' * 5000}", ["2:9: this number is too large, or is none"]),
    ("name: power loss", "name: 7", ["1:7: name should be text, not 7 (write it in quotes)"]),
    ("name: power loss", "name: ''", ["1:7: name must not be empty"]),
    ("name: power loss", 'name: "a\\e[31m"', ["1:7: line breaks and control characters are not allowed in text"]),
    ("name: power loss\n", "", ["1:1: `name` is missing"]),
    ("[population, land]", "[land, lnd]", ["3:19: registers[2] cannot be 'lnd' (did you mean land?)"]),
    ("[population, land]", "[land, land]", ["3:19: land is named twice"]),
    ("[population, land]", "[]", ["3:12: registers must not be empty"]),
    ("[population, land]", "some", ["3:12: registers cannot be 'some' (known: all)"]),
    ("[population, land]", "7", ["3:12: registers should be a list, not 7"]),
    (
        "[population, land]",
        "[population]",
        [
            "19:15: the register land is not in this scenario",
            "20:29: the register land is not in this scenario",
        ],
    ),
    (
        "synchronous: false",
        "synchronous: no",
        ["5:51: copies[1].synchronous should be true or false, not 'no' (did you mean false?)"],
    ),
    ("synchronous: false", "synchronus: true", ["5:38: unknown key 'synchronus' (did you mean synchronous?)"]),
    ("kind: streaming", "kind: streeming", ["5:27: unknown kind 'streeming' (did you mean streaming?)"]),
    ("kind: streaming, ", "", ["5:5: `kind` is missing in copies[1]"]),
    ("every: 10s", "every: 10", ["6:40: copies[2].every: 10 has no unit: write 10s, 10ms or 10m"]),
    ("every: 10s", "every: 5:00", ["6:40: copies[2].every: '5:00' may be minutes or hours: write 5m0s or 5h0m"]),
    ("every: 10s", "every: 0s", ["6:40: copies[2].every should be greater than 0, not '0s'"]),
    ("calm: 5s", "calm: 0s", ["8:7: calm should be greater than 0, not '0s'"]),
    ("timeout: 1s", "timeout: 0ms", ["7:37: citizens.timeout should be greater than 0, not '0ms'"]),
    (", every: 10s", "", ["6:5: `every` is missing in copies[2]"]),
    ("name: courier", "name: standby", ["6:12: another copy is already named 'standby'"]),
    (
        "calm: 5s",
        "calm: no",
        ["8:7: calm: 'no' is no duration: write it with its unit, as 200ms, 30s, 5m, 1h30m or 2d"],
    ),
    (
        "calm: 5s",
        "calm: 100ms",
        ["8:7: a calm of 100ms is too short: at 40 per second over 2 registers it must be at least 200ms"],
    ),
    (
        "kind: power_loss",
        "kind: earthquake",
        [
            "9:16: unknown kind 'earthquake'"
            " (known: freeze, network_cut, power_loss, site_destroyed, wipe, operator_drop)"
        ],
    ),
    ("kind: power_loss", "kind: wipe", ["9:1: `discovered_after` is missing in outage"]),
    (
        "kind: power_loss",
        "kind: operator_drop, register: lnd, discovered_after: 1s",
        ["9:41: outage.register cannot be 'lnd' (did you mean land?)"],
    ),
    (
        "kind: power_loss",
        "kind: operator_drop, register: business, discovered_after: 1s",
        ["9:41: the register business is not in this scenario", f"14:18: {A_PART}"],
    ),
    (
        "kind: power_loss",
        "kind: operator_drop, register: land, tables: [title, titel, title], discovered_after: 1s",
        [
            "9:63: there is no table 'titel' in land (did you mean title?)",
            "9:70: title is named twice",
            f"14:18: {A_PART}",
        ],
    ),
    (
        "outage: {kind: power_loss}\nresponse:\n  detect: {every: 200ms, misses: 3}\n"
        "  declare: {by: officer, after: 1s}\n  fence: cut",
        "outage: {kind: operator_drop, register: land, discovered_after: 1s}\nresponse:\n"
        "  declare: {by: officer, after: 1s}\n  fence: off",
        [
            "12:10: operator_drop leaves other registers at home, which `off` would take down: write cut, which closes"
            " only the databases of what is lost",
            f"13:18: {A_PART}",
        ],
    ),
    (
        f"synchronous: false}}{UNTIL_THE_OUTAGE}power_loss}}",
        f"synchronous: true}}{UNTIL_THE_OUTAGE}operator_drop, register: land, discovered_after: 1s}}",
        [
            "5:51: operator_drop leaves other registers at home, which would wait for this standby in vain once the"
            " embassy recovers: write false",
            f"14:18: {A_PART}",
        ],
    ),
    ("{kind: power_loss}", "power_loss", ["9:9: outage should be a mapping of keys to values, not 'power_loss'"]),
    ("  declare: {by: officer, after: 1s}\n", "", ["10:1: `declare` is missing in response"]),
    ("fence: cut", "fence: no", ["13:10: response.fence cannot be 'no' (did you mean none?)"]),
    ("from: standby", "from: standbye", ["14:33: there is no copy named 'standbye' (did you mean standby?)"]),
    (
        "from: standby",
        "from: courier",
        ["14:33: recovery promote cannot use 'courier', a copy of kind dump: use 'standby'"],
    ),
    ("serve: after_gate", "serve: after", ["15:8: serve cannot be 'after' (did you mean after_gate?)"]),
    ("rpo: 5s", "rpo: 5 seconds", ["18:8: objectives.rpo: '5 seconds' is no duration (did you mean 5s?)"]),
    ("  rpo: 5s\n", "", ["16:1: `rpo` is missing in objectives"]),
    ("{land: {rto", "{lnad: {rto", ["19:15: unknown key 'lnad' (did you mean land?)"]),
    ("data_loss: [land]", "data_los: [land]", ["20:17: there is no check named 'data_los' (did you mean data_loss?)"]),
    ("data_loss: [land]", "data_loss: [business]", ["20:29: the register business is not in this scenario"]),
    ("data_loss: [land]", "data_loss: every", ["20:28: expect_missed.data_loss cannot be 'every' (known: all, some)"]),
    ("data_loss: [land]", "data_loss: []", ["20:28: expect_missed.data_loss must not be empty"]),
    (
        "people: 13000",
        "people: x\nseed: y",
        ["2:9: people should be a whole number, not 'x'", "3:7: seed should be a whole number, not 'y'"],
    ),
]


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
        (b"a: [" + b"1," * 30_000 + b"]", "1:39999: more than 20000 values"),
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
