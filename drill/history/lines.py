"""The history as JSON lines: one run a line, to move or to keep elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter, ValidationError

from drill.errors import ScenarioError
from drill.history.records import Record

SCHEMA_VERSION = 1
_RECORD = TypeAdapter(Record)


def written(records: Iterable[Record]) -> Iterator[str]:
    """A line for each; ASCII, so that no name in it can act on a terminal."""
    for record in records:
        yield json.dumps({"schema_version": SCHEMA_VERSION, **_RECORD.dump_python(record, mode="json")})


def read(lines: Iterable[str], source: str) -> Iterator[Record]:
    """The runs of such lines. ScenarioError names the line that is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
            version = document.pop("schema_version")
            if version != SCHEMA_VERSION:
                raise ValueError(f"schema_version {version!r}, and this program reads {SCHEMA_VERSION}")
            yield _RECORD.validate_python(document)
        except (ValueError, KeyError, AttributeError, TypeError) as wrong:
            what = wrong.errors(include_url=False)[0]["msg"] if isinstance(wrong, ValidationError) else wrong
            hint = "give a file that `drill history export` wrote"
            raise ScenarioError(f"{source}:{number}: no run of a history: {what}", hint=hint) from wrong
