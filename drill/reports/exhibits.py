"""Where in the evidence a reader finds what a finding rests on, with the first examples of what was lost or odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drill.ledger import Entry, Key
from drill.measures import fates_of
from drill.reports.findings import Notable
from drill.result import Judged

_MOST = 5  # examples of each kind
_FILES = {
    "outage": "events.jsonl: struck, outage proven, not proven",
    "single_home": "events.jsonl: fenced, fence proven, home is back; ledger.jsonl: tries of stale citizens",
    "recovery_time": "events.jsonl: struck, redirected, accepted, refused; ledger.jsonl: the tries at the embassy",
    "data_loss": "ledger.jsonl: what home acknowledged; holdings.json: the receipts that are there",
    "receipts": "ledger.jsonl and the receipts in holdings.json",
    "undisturbed": "ledger.jsonl: tries since the strike",
    "agreement": "holdings.json: strangers",
    "write_and_read_back": "ledger.jsonl: the tries of the gate; holdings.json: their receipts",
}
_STRUCTURE = "seals.json against holdings.json"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Of one notable finding."""

    where: str  # files of the evidence, and what to look for in them
    examples: tuple[str, ...]


def exhibit(run: Judged, finding: Notable) -> Exhibit:
    """For a finding of several registers, examples of the first."""
    examples = _examples(run, finding) if finding.check in ("data_loss", "receipts") else ()
    return Exhibit(_FILES.get(finding.check, _STRUCTURE), tuple(examples))


def _examples(run: Judged, finding: Notable) -> Iterator[str]:
    fate = fates_of(run.evidence, finding.registers[0])
    if fate is None:
        return
    if finding.check == "data_loss":
        yield from _first("lost", map(_entry, fate.lost))
        return
    yield from _first("hole", map(_entry, fate.holes))
    yield from _first("acknowledged by the embassy and not there", map(_entry, fate.forsaken))
    for kind, keys in (("phantom", fate.phantoms), ("duplicate", fate.duplicates), ("altered", fate.altered)):
        yield from _first(kind, map(_key, keys))


def _first(kind: str, named: Iterable[str]) -> Iterator[str]:
    told = list(named)
    yield from (f"{kind}: {each}" for each in told[:_MOST])
    if len(told) > _MOST:
        yield f"and {len(told) - _MOST} more: {kind}"


def _key(key: Key) -> str:
    return f"{key[0]}, citizen {key[1]}, number {key[2]}"


def _entry(entry: Entry) -> str:
    return f"{_key(entry.key)}, answered at {entry.ended:.2f} s of the drill's clock"
