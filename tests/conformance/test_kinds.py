"""One name for each kind: in its file, its class, its YAML, a scenario, and the map of the code."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from drill.scenario import Scenario
from drill.scenario.kinds import families

ROOT = Path(__file__).parents[2]
FAMILIES = families()
KINDS = [(family, kind) for family, kinds in FAMILIES.items() for kind in kinds]

# files of a family's folder that hold no kind of their own
_BESIDE = {"copies": {"beat", "following"}, "outages": {"signs"}, "recoveries": {"chosen", "suspicion", "targets"}}


def _played() -> set[tuple[str, str]]:
    """Every kind that a scenario plays."""
    scenarios = [Scenario.load(file) for file in sorted((ROOT / "scenarios").glob("*.yaml"))]
    return {
        pair
        for scenario in scenarios
        for pair in (
            ("outages", scenario.outage.kind),
            ("recoveries", scenario.recovery.kind),
            *(("copies", copy.kind) for copy in scenario.copies),
        )
    }


def test_there_are_kinds_of_every_family() -> None:
    assert FAMILIES.keys() == _BESIDE.keys()
    assert all(FAMILIES.values())


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_a_kind_is_its_file_and_its_class(family: str, kind: str) -> None:
    model = FAMILIES[family][kind]
    assert model.__module__ == f"drill.{family}.{kind}"
    assert model.__name__ == "".join(word.capitalize() for word in kind.split("_"))
    assert get_args(model.model_fields["kind"].annotation) == (kind,)
    assert model.model_config.get("frozen") is True
    assert model.model_config.get("extra") == "forbid"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_file_of_a_family_is_one_of_its_kinds(family: str) -> None:
    files = {file.stem for file in (ROOT / "drill" / family).glob("*.py")} - {"__init__"}
    assert files - _BESIDE[family] == FAMILIES[family].keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_model_with_a_kind_stands_in_its_union(family: str) -> None:
    for file in sorted((ROOT / "drill" / family).glob("*.py")):
        module = import_module(f"drill.{family}" + ("" if file.stem == "__init__" else f".{file.stem}"))
        own = [thing for thing in vars(module).values() if isinstance(thing, type) and issubclass(thing, BaseModel)]
        for model in own:
            if "kind" in model.model_fields and model.__module__ == module.__name__:
                assert model in FAMILIES[family].values(), model


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_every_kind_is_played_by_a_scenario(family: str, kind: str) -> None:
    assert (family, kind) in _played()


@pytest.mark.parametrize("kind", sorted(FAMILIES["recoveries"]))
def test_a_recovery_works_with_copies_that_exist(kind: str) -> None:
    works_with: frozenset[str] = getattr(FAMILIES["recoveries"][kind], "works_with", frozenset())
    assert works_with
    assert works_with <= FAMILIES["copies"].keys()


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_the_map_names_every_kind(family: str, kind: str) -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    assert kind in text.replace("`", " ").replace(",", " ").split(), f"{family}: {kind} is not in docs/map.md"
