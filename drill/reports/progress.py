"""What happens, while it happens: one line for each act and for each event that somebody waits for."""

from collections.abc import Callable, Mapping
from typing import Any, TextIO

from drill.reports.text import printable
from drill.timeline import Event

Facts = Mapping[str, Any]


def _register(facts: Facts) -> str:
    return str(facts.get("register") or "all registers")


def _told(facts: Facts, name: str) -> str:
    return f": {facts[name]}" if facts.get(name) else ""


_SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "act began": lambda f: str(f.get("act", "")),
    "act broke": lambda f: f"{f.get('act')} broke{_told(f, 'reason')}",
    "established": lambda f: f"{f.get('copy')} established",
    "fell behind": lambda f: f"{f.get('copy')} fell behind{_told(f, 'reason')}",
    "struck": lambda f: f"struck{_told(f, 'kind')}",
    "outage proven": lambda f: f"outage proven{_told(f, 'proof')}",
    "not proven": lambda f: f"outage not proven{_told(f, 'reason')}",
    "given back": lambda f: f"given back{_told(f, 'kind')}",
    "stays off": lambda f: "home stays off",
    "nothing to give back": lambda f: "nothing of home can come back",
    "detected": lambda f: f"detected after {f.get('misses')} misses",
    "false alarm": lambda f: "false alarm",
    "declared": lambda f: f"disaster declared by {f.get('by')}",
    "fenced": lambda f: f"home fenced{_told(f, 'by')}",
    "no fence": lambda f: "home is not fenced",
    "fence proven": lambda f: "fence proven" + (", on the cable alone" if f.get("alone") else ""),
    "fence unproven": lambda f: f"fence unproven, somebody answered{_told(f, 'answer')}",
    "fence broken": lambda f: f"fence broken{_told(f, 'answer')}",
    "version chosen": lambda f: f"chose {f.get('version')} of {f.get('copy')}",
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


class Progress:
    """A listener of the timeline: `Timeline(clock, [Progress(sys.stderr)])`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        sentence = _SENTENCES.get(event.what)
        if sentence is None:
            return
        line = printable(f"{event.elapsed:7.2f} s  {event.who:<10} {sentence(event.facts)}")
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return  # nobody looks any more; the drill goes on, and its undoing with it
