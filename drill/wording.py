"""Two wordings of one thing: how a server writes a definition that it was given, and writes again what it wrote."""

from __future__ import annotations

from collections.abc import Iterator

_ARRAY, _CAST = "(ARRAY[", ")::text[]"
_OPENING, _CLOSING = "([", ")]"


def settled(definition: str) -> str:
    """As it is written from the second time on: `(ARRAY['a'::varchar])::text[]` has its cast at each element by then.

    A server writes so what was `s IN ('a', 'b')` over a varchar, and reads that as an array of texts.
    """
    told, rest = "", definition
    while (at := rest.find(_ARRAY)) >= 0:
        inside = rest[at + len(_ARRAY) :]
        elements, end = _elements(inside)
        if end < 0 or not inside.startswith(_CAST, end + 1):
            told, rest = told + rest[: at + len(_ARRAY)], inside
            continue
        told += f"{rest[:at]}ARRAY[{', '.join(f'({each})::text' for each in elements)}]"
        rest = inside[end + 1 + len(_CAST) :]
    return told + rest


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
