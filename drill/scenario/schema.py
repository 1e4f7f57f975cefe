"""The JSON Schema of a scenario, for editors; it also knows which words may stand where, for suggestions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drill.objectives import PATTERN, spoken
from drill.scenario.kinds import check_names

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Node = dict[str, Any]


def scenario_schema() -> Node:
    """JSON Schema (2020-12) of a scenario file."""
    from drill.scenario import Scenario

    schema = Scenario.model_json_schema(by_alias=True)
    _leave_out_nulls(schema)
    _write_out_defaults(schema)
    expected = schema["properties"]["expect_missed"]
    expected["propertyNames"] = {"enum": sorted(check_names())}
    return {"$schema": DIALECT, **schema, "title": "Scenario of a drill"}


def scenario_schema_text() -> str:
    """The file that lies beside the scenarios."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"


def words_at(schema: Node, path: tuple[str | int, ...]) -> list[str]:
    """The keys that the mapping at `path` may have (a path as pydantic reports it, with the kinds in it)."""
    node = schema
    for part in path:
        node = _step(schema, _resolved(schema, node), part)
    return list(_resolved(schema, node).get("properties", {}))


def _step(schema: Node, node: Node, part: str | int) -> Node:
    if isinstance(part, int):
        return dict(node.get("items", {}))
    kinds: Mapping[str, str] = node.get("discriminator", {}).get("mapping", {})
    if part in kinds:
        return _resolved(schema, {"$ref": kinds[part]})
    return dict(node.get("properties", {}).get(part) or node.get("additionalProperties") or {})


def _resolved(schema: Node, node: Node) -> Node:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _leave_out_nulls(node: Any) -> None:
    """A key that may be left out is left out: nobody writes `null` for it."""
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _leave_out_nulls(each)
    if isinstance(node, dict) and {"type": "null"} in node.get("anyOf", ()):
        (real,) = (each for each in node.pop("anyOf") if each != {"type": "null"})
        node |= real


def _write_out_defaults(node: Any) -> None:
    """Defaults of durations as they are written in a file; generated titles say nothing and go."""
    if isinstance(node, list):
        for each in node:
            _write_out_defaults(each)
    if not isinstance(node, dict):
        return
    if node.get("pattern") == PATTERN and isinstance(node.get("default"), int | float):
        node["default"] = spoken(node["default"])
    for each in node.values():
        _write_out_defaults(each)
