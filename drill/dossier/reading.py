"""Files that people write for reports: YAML, read as narrowly as a scenario and checked whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from drill.errors import ScenarioError
from drill.scenario.mistakes import meant, name_of, place_of, told
from drill.scenario.text import Mistake, Place, Placed, UnreadableText, read

Model = TypeVar("Model", bound=BaseModel)


def loaded(model: type[Model], path: Path, hint: str) -> Model:
    """What the file says. ScenarioError with `file:line:col: what is wrong` for each mistake."""
    return parsed(model, content_of(path, hint), str(path), hint)


def content_of(path: Path, hint: str) -> bytes:
    """What stands in the file; ScenarioError where it cannot be read."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as wrong:  # ValueError: a NUL in the path
        reason = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        raise ScenarioError(f"{path}: {reason}", hint=hint) from wrong


def parsed(model: type[Model], text: bytes, named: str, hint: str) -> Model:
    """As `loaded`, from the bytes of a file that messages call `named`."""
    try:
        placed = read(text)
        if not isinstance(placed.content, dict):
            raise UnreadableText([Mistake(Place(), "a mapping of keys to values is wanted here")])
        return model.model_validate_json(json.dumps(placed.content), strict=True)
    except UnreadableText as unreadable:
        mistakes = unreadable.mistakes
    except ValidationError as invalid:
        mistakes = list(_mistakes(model, invalid, placed))
    raise ScenarioError(told(mistakes, named), hint=hint)


def _mistakes(model: type[BaseModel], invalid: ValidationError, placed: Placed) -> Iterator[Mistake]:
    for error in invalid.errors(include_url=False, include_input=False):
        path, unknown = error["loc"], error["type"] == "extra_forbidden"
        where = place_of(path, placed, key=unknown)
        if unknown:
            known = list(model.model_fields) if len(path) == 1 else []
            yield Mistake(where, f"unknown key {path[-1]!r}{meant(path[-1], known)}")
        else:
            yield Mistake(where, f"{name_of(path)}: {error['msg'].removeprefix('Value error, ')}")
