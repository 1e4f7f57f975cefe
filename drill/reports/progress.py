"""What happens, while it happens: one line for each act and for each event that somebody waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from drill.link import described
from drill.reports.text import printable
from drill.timeline import Event

if TYPE_CHECKING:
    from drill.ledger import Entry
    from drill.result import Judged

Facts = Mapping[str, Any]


def _register(facts: Facts) -> str:
    return str(facts.get("register") or "all registers")


def _told(facts: Facts, name: str) -> str:
    return f": {facts[name]}" if facts.get(name) else ""


def _of(facts: Facts) -> str:
    return f" of {', '.join(map(str, facts['registers']))}" if facts.get("registers") else ""


_SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "act began": lambda f: str(f.get("act", "")),
    "act broke": lambda f: f"{f.get('how', 'broke')} in {f.get('act')}{_told(f, 'reason')}",
    "link measured": lambda f: f"link between the sites: {described(f)}",
    "established": lambda f: f"{f.get('copy')} established",
    "fell behind": lambda f: f"{f.get('copy')} fell behind{_told(f, 'reason')}",
    "no restore point": lambda f: f"{f.get('copy')} got no restore point{_told(f, 'reason')}",
    "struck": lambda f: f"struck{_told(f, 'kind')}",
    "outage proven": lambda f: f"outage proven{_told(f, 'proof')}",
    "not proven": lambda f: f"outage not proven{_told(f, 'reason')}",
    "given back": lambda f: f"given back{_told(f, 'kind')}",
    "stays off": lambda f: "home stays off",
    "nothing to give back": lambda f: "what was lost at home cannot come back",
    "detected": lambda f: f"detected after {f.get('misses')} misses",
    "false alarm": lambda f: "false alarm",
    "discovered": lambda f: f"discovered by {f.get('by')}, as no watch could see it",
    "declared": lambda f: f"disaster declared by {f.get('by')}",
    "fenced": lambda f: f"home fenced{_told(f, 'by')}{_of(f)}",
    "no fence": lambda f: "home is not fenced",
    "fence proven": lambda f: "fence proven" + (", on the cable alone" if f.get("alone") else ""),
    "fence unproven": lambda f: f"fence unproven, somebody answered{_told(f, 'answer')}",
    "fence broken": lambda f: f"fence broken{_told(f, 'answer')}",
    "version chosen": lambda f: f"chose {f.get('version')} of {f.get('copy')}{_told(f, 'target')}",
    "came back": lambda f: f"{_register(f)} came back",
    "accepted": lambda f: f"{_register(f)} accepted",
    "refused": lambda f: f"{_register(f)} refused: {'; '.join(map(str, f.get('reasons', [])))}",
    "redirected": lambda f: f"{_register(f)} redirected to {f.get('site')}",
    "served": lambda f: f"{_register(f)} served",
    "failed": lambda f: f"{_register(f)} failed{_told(f, 'reason')}",
    "unfenced home took work": lambda f: f"home, not fenced, took work{_told(f, 'answer')}",
    "home is back": lambda f: "home is back and takes writes, as far as anybody reaches it",
    "not undone": lambda f: f"not undone{_told(f, 'reason')}",
    "not surveyed": lambda f: f"{_register(f)} cannot be surveyed{_told(f, 'reason')}",
    "clock stepped": lambda f: f"the machine's clock stepped by {f.get('by_s')} s",
    "broke": lambda f: f"broke{_told(f, 'reason')}",
    "interrupted": lambda f: "interrupted; everything was undone",
}


def sentence_of(event: Event) -> str | None:
    """What happened, for people; None for what nobody waits for."""
    sentence = _SENTENCES.get(event.what)
    return None if sentence is None else sentence(event.facts)


def line_of(event: Event) -> str | None:
    """When, who and what, in one line."""
    sentence = sentence_of(event)
    return None if sentence is None else printable(f"{event.elapsed:7.2f} s  {event.who:<10} {sentence}")


class Progress:
    """An onlooker who writes the lines onto a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def on(self) -> Iterator[None]:
        """While one drill is played."""
        yield

    def entry(self, entry: Entry) -> None:
        """Too many for lines."""

    def judged(self, run: Judged) -> None:
        """The report tells it."""

    def event(self, event: Event) -> None:
        """Its line, if it has one."""
        line = line_of(event)
        if line is None:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return  # nobody looks any more; the drill goes on, and its undoing with it
