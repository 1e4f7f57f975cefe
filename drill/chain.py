"""Lines of JSON that each name the SHA-256 of the line before: a change between the first and the last shows.

A line ends with its number, from 1 (`n`), and the hash of the bytes of the line before it, without its line end
(`prev`). So `sed -n 4p FILE | tr -d '\\n' | sha256sum` is what line 5 names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

START = "0" * 64  # what the first line of all names


@dataclass(frozen=True, slots=True)
class Tip:
    """How far a chain goes: how many lines, and the hash of the last. A signed tip makes the lines unchangeable."""

    count: int = 0
    last: str = START

    @classmethod
    def of(cls, lines: Sequence[bytes], before: str = START) -> "Tip":
        """That of these lines, without looking whether they hold together."""
        return cls(len(lines), digest(lines[-1]) if lines else before)


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold, as a number of a line from 1 on, and what is seen there."""

    line: int
    says: str


def digest(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return sha256(content).hexdigest()


def linked(document: Mapping[str, object], tip: Tip) -> tuple[bytes, Tip]:
    """The document as the next line after a tip, without a line end, and the tip from then on."""
    line = json.dumps({**document, "n": tip.count + 1, "prev": tip.last}).encode("ascii")
    return line, Tip(tip.count + 1, digest(line))


def whole_lines(content: bytes) -> tuple[list[bytes], bytes]:
    """The lines of a file without their line ends, and what is left of one that was never ended."""
    *lines, torn = content.split(b"\n")
    return lines, torn


def first_break(lines: Sequence[bytes], before: str | None = START, end: Tip | None = None) -> Break | None:
    """Where these lines first do not hold together, or do not end as `end` says; None where all is well.

    `before` is what the first line must name, None where nobody knows. Without `end` a change of the last line, and a
    tail that was cut off, cannot be seen.
    """
    links = [_link(line) for line in lines]
    for number, (line, link) in enumerate(zip(lines, links, strict=True), 1):
        if link is None:
            return Break(number, "it was changed or added: it is no line of this chain")
        if link[0] != number:
            return _misplaced(number, link[0], links)
        if before is not None and link[1] != before:
            return _changed(number, lines, links, end)
        before = digest(line)
    return None if end is None else _wrong_end(Tip.of(lines), end)


def _link(line: bytes) -> tuple[int, str] | None:
    try:
        document = json.loads(line)
        number, before = document["n"], document["prev"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return (number, before) if type(number) is int and isinstance(before, str) else None


def _misplaced(number: int, claimed: int, links: Sequence[tuple[int, str] | None]) -> Break:
    if claimed < number:
        return Break(number, f"it was added or moved here: it says that it is line {claimed}")
    if any(link is not None and link[0] == number for link in links[number:]):
        return Break(number, f"lines were reordered: line {claimed} stands here")
    missing = f"line {number} is" if claimed == number + 1 else f"lines {number} to {claimed - 1} are"
    return Break(number, f"{missing} missing: line {claimed} stands here")


def _changed(number: int, lines: Sequence[bytes], links: Sequence[tuple[int, str] | None], end: Tip | None) -> Break:
    """The hash that a line names is not that of the line before: one of the two was changed."""
    follower = links[number] if number < len(links) else None
    vouched = end.last if end is not None and number == end.count else follower[1] if follower is not None else None
    if number == 1:
        return Break(1, "it does not follow from what stood before this file, or was changed")
    if vouched is not None and vouched != digest(lines[number - 1]):
        return Break(number, "it was changed: its hash is not what was named after it")
    return Break(number - 1, f"it was changed: its hash is not what line {number} names")


def _wrong_end(found: Tip, end: Tip) -> Break | None:
    if found.count < end.count:
        return Break(found.count + 1, f"the tail was cut off: {found.count} lines of {end.count} are there")
    if found.count > end.count:
        return Break(end.count + 1, f"{found.count - end.count} lines were added after the end")
    if found.last != end.last:
        return Break(end.count, "it was changed, or all lines were written anew: its hash is not the one of the head")
    return None
