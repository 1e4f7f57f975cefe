"""Two wordings of one thing: how a server writes a definition that it was given, and writes again what it wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LITERAL = r"'(?:[^']|'')*'"
_NAME = r'(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")'
# What somebody wrote comes first, so that none of it is looked into: bodies of functions, literals, names in quotes.
_TOKEN = re.compile(rf'\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|{_LITERAL}|"(?:[^"]|"")*"|(?P<array>\(ARRAY\[)', re.DOTALL)
_CAST = re.compile(rf"\]\)::(?P<type>{_NAME}(?:\.{_NAME})?(?: varying)?(?:\(\d+\))?)\[\]")
_OPENING, _CLOSING = "([", ")]"


def settled(definition: str) -> str:
    """As it is written from the second time on: `(ARRAY['a'::varchar])::text[]` has its cast at each element by then.

    A server writes so what was `s IN ('a', 'b')` over a varchar, and reads that as an array of texts.
    """
    told, at = "", 0
    while found := _TOKEN.search(definition, at):
        told, at = told + definition[at : found.end()], found.end()
        if not found["array"]:
            continue
        elements, end = _elements(definition[at:])
        if cast := _CAST.match(definition, at + end) if end >= 0 else None:
            each = ", ".join(f"({element})::{cast['type']}" for element in elements)
            told, at = f"{told.removesuffix(found[0])}ARRAY[{each}]", cast.end()
    return told + definition[at:]


def _elements(text: str) -> tuple[list[str], int]:
    """What stands between the commas up to the bracket that closes, and where that is; -1 where none does."""
    found, begin = [], 0
    for at, depth, letter in _outside_quotes(text):
        if depth == 0 and letter == ",":
            found.append(text[begin:at].strip())
            begin = at + 1
        elif depth < 0:
            return [*found, text[begin:at].strip()], at if letter == "]" else -1
    return found, -1


def _outside_quotes(text: str) -> Iterator[tuple[int, int, str]]:
    """Each letter that is in no quotes, with its place and how many brackets are open after it."""
    depth, quote = 0, ""
    for at, letter in enumerate(text):
        if quote or letter in "'\"":
            quote = "" if letter == quote else quote or letter
            continue
        depth += (letter in _OPENING) - (letter in _CLOSING)
        yield at, depth, letter
