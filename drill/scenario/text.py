"""YAML text -> plain values, and the place of every one of them.

Only what YAML 1.2 calls the core is read: null, true, false, numbers, text, lists, mappings. Whatever could make a file
mean something else than it shows (anchors, aliases, tags, merge keys, duplicate keys, a second document) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

import yaml

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]

MOST_BYTES = 256 * 1024
MOST_NODES = 5_000
DEEPEST = 20

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_HUGE = re.compile(r"[-+]?[0-9]{19,}|0o[0-7]{21,}|0x[0-9a-fA-F]{16,}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Line and column as editors count them, from 1."""

    line: int = 1
    col: int = 1

    def __str__(self) -> str:
        return f"{self.line}:{self.col}"


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """What is wrong, and where."""

    place: Place
    what: str


class UnreadableText(Exception):
    """The text is not the YAML that a scenario is written in; carries every mistake that was found."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(f"{mistake.place}: {mistake.what}" for mistake in mistakes))
        self.mistakes = mistakes


@dataclass
class Placed:
    """The values of a document; `keys` and `values` say where each stands, by its path from the top."""

    content: Value = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)


def read(text: bytes) -> Placed:
    """The one document of a file. Raises UnreadableText."""
    if len(text) > MOST_BYTES:
        raise UnreadableText([Mistake(Place(), f"the file is larger than {MOST_BYTES // 1024} KiB")])
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise UnreadableText([Mistake(_place_of(text, wrong.start), "this is not UTF-8 text")]) from None
    reading = _Reading()
    try:
        for event in yaml.parse(decoded, Loader=yaml.SafeLoader):
            reading.take(event)
    except yaml.reader.ReaderError as wrong:
        before = decoded[: wrong.position]
        place = Place(before.count("\n") + 1, wrong.position - before.rfind("\n"))
        raise UnreadableText([Mistake(place, f"the character {wrong.character!r} cannot stand here")]) from None
    except yaml.MarkedYAMLError as wrong:
        what = "this is not YAML: " + " ".join(filter(None, (wrong.context, wrong.problem)))
        raise UnreadableText([*reading.mistakes, Mistake(_placed(wrong.problem_mark), what)]) from None
    except (ValueError, OverflowError, IndexError):  # escapes beyond Unicode and the like, in PyYAML itself
        raise UnreadableText([*reading.mistakes, Mistake(reading.last, "this is not YAML")]) from None
    if reading.mistakes:
        raise UnreadableText(reading.mistakes)
    return reading.placed


class _Mark(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


def _placed(mark: _Mark | None) -> Place:
    return Place() if mark is None else Place(mark.line + 1, mark.column + 1)


def _place_of(text: bytes, offset: int) -> Place:
    before = text[:offset]
    line = before[before.rfind(b"\n") + 1 :].removeprefix(b"\xef\xbb\xbf")
    return Place(before.count(b"\n") + 1, len(line.decode("utf-8", "replace")) + 1)


@dataclass
class _Open:
    """A list or mapping whose end has not come yet; `key` waits for its value."""

    path: Path
    content: list[Value] | dict[str, Value]
    key: str | None = None


@dataclass
class _Reading:
    """Builds the values event by event, so that depth and size are limited before anything is built."""

    placed: Placed = field(default_factory=Placed)
    mistakes: list[Mistake] = field(default_factory=list)
    last: Place = field(default_factory=Place)
    open: list[_Open] = field(default_factory=list)
    documents: int = 0
    nodes: int = 0

    def take(self, event: yaml.Event) -> None:
        self.last = place = _placed(event.start_mark)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._give_up(place, "a second document begins: a file holds one scenario")
            case yaml.AliasEvent():
                self._wrong(place, f"alias *{event.anchor}: aliases are not allowed, write the value out")
                if self._awaits_key():
                    self._give_up(place, "a key must be text")
                self._value(place, None)
            case yaml.ScalarEvent():
                self._mark(event, place)
                self._scalar(event, place)
            case yaml.MappingStartEvent():
                self._mark(event, place)
                self._begin(place, {})
            case yaml.SequenceStartEvent():
                self._mark(event, place)
                self._begin(place, [])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.open.pop()
            case _:
                pass

    def _wrong(self, place: Place, what: str) -> None:
        self.mistakes.append(Mistake(place, what))

    def _give_up(self, place: Place, what: str) -> None:
        raise UnreadableText([*self.mistakes, Mistake(place, what)])

    def _mark(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place) -> None:
        """Count the node; refuse what is attached to it."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self._give_up(place, f"more than {MOST_NODES} values")
        if event.anchor is not None:
            self._wrong(place, f"anchor &{event.anchor}: anchors are not allowed")
        if event.tag is not None:
            self._wrong(place, f"tag {event.tag!r}: tags are not allowed")

    def _awaits_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].content, dict) and self.open[-1].key is None

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        if not event.value.isprintable():
            self._wrong(place, "line breaks and control characters are not allowed in text")
        if self._awaits_key():
            self._key(event.value, place, plain=event.style is None)
            return
        self._value(place, self._plain(event.value, place) if event.style is None else event.value)

    def _plain(self, text: str, place: Place) -> Value:
        """An unquoted scalar by the core rules: 'no' is text, 0755 is 755, 5:00 is text."""
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        if _HUGE.fullmatch(text):
            self._wrong(place, "this number is too large, or is none")
        elif _FLOAT.fullmatch(text):
            return float(text)
        return text

    def _key(self, key: str, place: Place, *, plain: bool) -> None:
        top = self.open[-1]
        top.key = key
        if key == "<<" and plain:
            self._wrong(place, "merge keys (<<) are not allowed")
        elif (*top.path, key) in self.placed.keys:
            first = self.placed.keys[(*top.path, key)]
            self._wrong(place, f"duplicate key {key!r}: it already stands in line {first.line}")
        self.placed.keys.setdefault((*top.path, key), place)

    def _begin(self, place: Place, content: list[Value] | dict[str, Value]) -> None:
        if len(self.open) >= DEEPEST:
            self._give_up(place, f"nested deeper than {DEEPEST} levels")
        if self._awaits_key():
            self._give_up(place, "a key must be text")
        self.open.append(_Open(self._value(place, content), content))

    def _value(self, place: Place, value: Value) -> Path:
        """Put a value where it belongs; returns its path."""
        if not self.open:
            path: Path = ()
            self.placed.content = value
        else:
            top = self.open[-1]
            if isinstance(top.content, list):
                path = (*top.path, len(top.content))
                top.content.append(value)
            else:
                path = (*top.path, top.key or "")
                top.content[top.key or ""] = value
                top.key = None
        self.placed.values[path] = place
        return path
