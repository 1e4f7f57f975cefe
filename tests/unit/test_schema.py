"""The JSON Schema that lies beside the scenarios, and the scenarios that lie beside it."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from drill.scenario import Scenario
from drill.scenario.sample import sample
from drill.scenario.schema import scenario_schema, scenario_schema_text
from drill.scenario.shelf import opening

SHELF = Path(__file__).parents[2] / "scenarios"
SCENARIOS = sorted(SHELF.glob("*.yaml"))


def plain(text: str) -> Any:
    return yaml.safe_load(text)


def refused(written: object) -> bool:
    return not jsonschema.Draft202012Validator(scenario_schema()).is_valid(written)


def test_the_shipped_schema_is_the_one_of_this_version() -> None:
    assert (SHELF / "scenario.schema.json").read_text(encoding="utf-8") == scenario_schema_text()


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(scenario_schema())


def test_defaults_are_written_as_in_a_file() -> None:
    schema = json.loads(scenario_schema_text())
    assert schema["properties"]["calm"]["default"] == "5s"
    assert schema["properties"]["citizens"]["default"]["timeout"] == "1s"


def test_there_are_scenarios() -> None:
    assert {path.stem for path in SCENARIOS} >= {"power-loss", "courier-dump", "budget-day"}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_load_and_fit_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    jsonschema.validate(plain(text), scenario_schema())
    assert Scenario.load(path).name == path.stem.replace("-", " ")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_say_what_they_are_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n# ")
    assert "\n# It happened: " in text
    assert "\n# It must prove: " in text
    assert opening(path).endswith(".")


def test_the_sample_loads_and_fits_the_schema() -> None:
    text = sample("storm-over-harju")
    jsonschema.validate(plain(text), scenario_schema())
    assert Scenario.read(text.encode(), named="sample").name == "storm over harju"


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("calm",), 5),
        (("calm",), "5:00"),
        (("serve",), "during"),
        (("registers",), ["lnd"]),
        (("outage",), {"kind": "storm"}),
        (("expect_missed",), {"luck": "all"}),
        (("objectives", "rto"), "one minute"),
        (("colour",), "red"),
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_loader_refuses(path: tuple[str, ...], wrong: object) -> None:
    written = plain((SHELF / "power-loss.yaml").read_text(encoding="utf-8"))
    changed = copy.deepcopy(written)
    here = changed
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = wrong
    assert not refused(written)
    assert refused(changed)
