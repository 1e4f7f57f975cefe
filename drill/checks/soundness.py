"""Is the database sound in itself? One check for each probe that looks at that; each says what its probe saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from drill.evidence import Evidence, Observation
from drill.verdict import Finding, Verdict

if TYPE_CHECKING:
    from drill.checks import Check

_TOLD = 5  # lines

_TARGETS: Mapping[str, str] = {
    "heap": "every page and tuple whole",
    "btree": "every index whole and true to its table",
    "visibility": "nothing marked visible or frozen that is not",
    "references": "no row that refers to nobody",
    "uniqueness": "no key there twice",
    "functions": "every compiled function there",
    "large_objects": "every page part of a large object",
    "collations": "text in the order in which it was written",
}
# What is tried only with a copy that is thrown away.
_TRIED: Mapping[str, str] = {
    "entries": "no entry of an index without its row, no row without its entry",
    "write_and_read_back": "a row written and read back, and one put again into each table",
}
_MAY_LACK = ("references", "logins", "large_objects")  # of everything else a database has some, in its catalogue


def _judging(name: str, target: str) -> Check:
    """The check of that name. A register whose soundness nobody looked at, as in the gate, yields nothing."""

    def check(evidence: Evidence) -> Iterator[Finding]:
        for register in evidence.registers:
            held = evidence.held(register)
            if held is not None and held.observations:
                verdict, actual = judged(name, held.observations.get(name))
                yield Finding(name, register, verdict, target, actual, f"{name} of {register}: {actual}.")

    check.__name__, check.__doc__ = name, f"Met with {target}."
    return check


def judged(name: str, seen: Observation | None) -> tuple[Verdict, str]:
    """By what its probe saw."""
    if seen is None:
        return Verdict.UNKNOWN, "not looked at"
    if seen.wrong:
        return Verdict.MISSED, _some(seen.wrong)
    if seen.unseen:
        return Verdict.UNKNOWN, f"not seen: {_some(f'{thing} ({reason})' for thing, reason in seen.unseen.items())}"
    if not seen.looked_at and not seen.excused and name not in _MAY_LACK:
        return Verdict.UNKNOWN, "nothing was there to look at"
    excused = f"; no damage: {_some(f'{thing} ({why})' for thing, why in seen.excused.items())}" if seen.excused else ""
    return Verdict.MET, f"{seen.looked_at} looked at, nothing wrong{excused}"


def _some(lines: Iterable[str]) -> str:
    every = tuple(lines)
    more = f"; and {len(every) - _TOLD} more" if len(every) > _TOLD else ""
    return "; ".join(every[:_TOLD]) + more


SOUNDNESS: tuple[Check, ...] = tuple(_judging(name, target) for name, target in _TARGETS.items())
TRIED: tuple[Check, ...] = tuple(_judging(name, target) for name, target in _TRIED.items())
