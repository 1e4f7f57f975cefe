"""What pydantic found wrong, told in the words of the file and at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from drill.scenario.schema import scenario_schema, words_at
from drill.scenario.text import Mistake, Path, Place, Placed, Value

_MOST = 100  # mistakes that are told of one file

_SHAPES = {
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "dict_type": "a mapping of keys to values",
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "union_tag_not_found": "a mapping with a `kind`",
}


def mistakes_of(invalid: ValidationError, placed: Placed) -> list[Mistake]:
    """One mistake for each error."""
    return [_mistake(error, placed) for error in invalid.errors(include_url=False) if not _follows(error)]


def told(mistakes: Iterable[Mistake], named: str) -> str:
    """One line `file:line:col: what is wrong` for each, in the order of the file; of thousands only the first."""
    ordered = sorted(set(mistakes))
    lines = [f"{named}:{each.place}: {each.what}" for each in ordered[:_MOST]]
    if left := ordered[_MOST:]:
        lines.append(f"{named}:{left[0].place}: from here on {len(left)} more mistakes")
    return "\n".join(lines)


def meant(word: object, known: list[str]) -> str:
    """' (did you mean ...)' when one of the known words is close, else the known words."""
    close = get_close_matches(str(word).lower(), known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(known)})" if known else ""


def place_of(path: Path, placed: Placed, *, key: bool = False) -> Place:
    """Where the value at `path` stands (or its key); where there is none, the key of the nearest mapping around it."""
    if path in placed.values:
        return placed.keys.get(path, placed.values[path]) if key else placed.values[path]
    while path and path not in placed.values:
        path = path[:-1]
    return placed.keys.get(path) or placed.values.get(path) or Place()


def _follows(error: ErrorDetails) -> bool:
    """A list is called too short also where its entries are there but wrong; those have their own errors."""
    return error["type"] == "too_short" and bool(error["input"])


def _mistake(error: ErrorDetails, placed: Placed) -> Mistake:
    path = _path_in_file(error["loc"], placed.content)
    tell = _TOLD.get(error["type"])
    if tell is not None:
        return tell(error, path, placed)
    if error["type"] in _SHAPES:
        what = f"{name_of(path)} should be {_SHAPES[error['type']]}, not {shown(error['input'])}"
        if error["type"] == "union_tag_not_found" and isinstance(error["input"], dict):
            what = f"`kind` is missing in {name_of(path)}"
            return Mistake(place_of((*path, "kind"), placed), what)
        return Mistake(place_of(path, placed), what + _remedy(error))
    what = error["msg"].replace("Input should", f"{name_of(path)} should")
    return Mistake(place_of(path, placed), f"{what}, not {shown(error['input'])}")


def _missing(error: ErrorDetails, path: Path, placed: Placed) -> Mistake:
    where = f" in {name_of(path[:-1])}" if path[:-1] else ""
    return Mistake(place_of(path, placed), f"`{path[-1]}` is missing{where}")


@cache
def _schema() -> dict[str, Any]:
    """Made once: a file may have thousands of unknown keys."""
    return scenario_schema()


def _unknown_key(error: ErrorDetails, path: Path, placed: Placed) -> Mistake:
    known = words_at(_schema(), error["loc"][:-1])
    return Mistake(place_of(path, placed, key=True), f"unknown key {path[-1]!r}{meant(path[-1], known)}")


def _unknown_word(error: ErrorDetails, path: Path, placed: Placed) -> Mistake:
    known = _quoted_words(error["ctx"]["expected"])
    if path[-1] == "[key]":
        what = f"unknown key {shown(error['input'])}{meant(error['input'], known)}"
        return Mistake(place_of(path[:-1], placed, key=True), what)
    what = f"{name_of(path)} cannot be {shown(error['input'])}{meant(error['input'], known)}"
    return Mistake(place_of(path, placed), what)


def _unknown_kind(error: ErrorDetails, path: Path, placed: Placed) -> Mistake:
    known = _quoted_words(error["ctx"]["expected_tags"])
    what = f"unknown kind {shown(error['ctx']['tag'])}{meant(error['ctx']['tag'], known)}"
    return Mistake(place_of((*path, "kind"), placed), what)


def _refused(error: ErrorDetails, path: Path, placed: Placed) -> Mistake:
    """A validator of ours said what is wrong."""
    return Mistake(place_of(path, placed), f"{name_of(path)}: {error['msg'].removeprefix('Value error, ')}")


def _too_few(error: ErrorDetails, path: Path, placed: Placed) -> Mistake:
    return Mistake(place_of(path, placed), f"{name_of(path)} must not be empty")


_TOLD: Mapping[str, Callable[[ErrorDetails, Path, Placed], Mistake]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "literal_error": _unknown_word,
    "enum": _unknown_word,
    "union_tag_invalid": _unknown_kind,
    "value_error": _refused,
    "too_short": _too_few,
    "string_too_short": _too_few,
}


def _path_in_file(loc: Path, content: Value) -> Path:
    """The path without the kinds and shapes that pydantic puts in where it chose between models."""
    path: list[str | int] = []
    here: Any = content
    fresh = True  # a kind is named at most once, right after the mapping it belongs to
    for place, part in enumerate(loc):
        last = place == len(loc) - 1
        if isinstance(here, dict) and fresh and not last and here.get("kind") == part:
            fresh = False
            continue
        shape = part == "mapping" and not last and isinstance(here, dict) and part not in here
        if shape or (isinstance(part, str) and part != "[key]" and not isinstance(here, dict)):
            continue  # what was chosen, not a key
        path.append(part)
        fresh = True
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
    return tuple(path)


def name_of(path: Path) -> str:
    """How a person would name the place: objectives.registers.land, copies[1].every for the first copy."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "the scenario"


def shown(value: object) -> str:
    """A value as it could be written in the file, cut short."""
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _remedy(error: ErrorDetails) -> str:
    """What to write instead, where text was written for something else or something else for text."""
    value, wanted = error["input"], error["type"].removesuffix("_type")
    if wanted in ("int", "float") and isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", value):
        return " (write it without quotes)"
    if wanted == "bool" and isinstance(value, str):
        word = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower())
        return f" (did you mean {word}?)" if word else ""
    if wanted == "string" and isinstance(value, bool | int | float):
        return " (write it in quotes)"
    return ""


def _quoted_words(expected: str) -> list[str]:
    """pydantic names what it expects in one sentence: 'a', 'b' or 'c'."""
    return expected.split("'")[1::2]
