"""What the files and the log of a physical copy show, before anybody looks into its databases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from drill.clusters import LABEL
from drill.errors import NotInTime, StepFailed
from drill.looking import doubted
from drill.moment import Unfinished
from drill.seals import Prepared, Sealed
from drill.sites.aim import Aim
from drill.sites.control import Control
from drill.sites.physical import ELSEWHERE, LACKING, LATER, Arrival
from drill.sites.trail import Way
from drill.sites.wal import LSN, Record, lsn_of, place_of
from drill.verdict import Finding, Verdict
from drill.verified import COPY

RESTORED = "it is brought up in an empty place, and takes writes"
WHOLE_LOG = "every record from the start of the copy to the end of its log"
NO_LOG = "its log cannot be read"
_ONE_MOMENT = "files of one moment: a base backup, or of a server that was stopped in good order"
_HONEST = "no setting that hides damage"
_OTHER = ": the copy is of one server, and the seal of another; take another seal, or another copy"
_SECOND = timedelta(seconds=1)
_START = re.compile(rf"^START WAL LOCATION: ({LSN.pattern})", re.M)
_TIMELINE = re.compile(r"^START TIMELINE: (\d+)", re.M)
_NEW_SPACE = re.compile(r'CREATE (\d+) "(.*)"')


def of_copy(check: str, verdict: Verdict, target: str, actual: str) -> Finding:
    """A finding of the whole copy."""
    return Finding(check, COPY, verdict, target, actual, f"The copy: {actual}.")


def unreadable(check: str, target: str, why: StepFailed) -> Finding:
    """Of a part of the copy that cannot be read. Who was too slow does not know it."""
    return of_copy(check, _of(why), target, str(why))


def as_its_manifest_says(wrong: StepFailed | None) -> Finding:
    """Are all files there, byte for byte? By what pg_verifybackup has against them. The log is looked at apart."""
    target = "each file as its backup_manifest says"
    if wrong is None:
        return of_copy("manifest", Verdict.MET, target, "all as it says")
    return of_copy("manifest", _of(wrong), target, str(wrong).partition(": ")[2] or str(wrong))


def of_the_sealed_server(control: Control, sealed: Sealed) -> Finding:
    """By the number that initdb gave it."""
    same = control.system_identifier == sealed.system_identifier
    actual = f"{control.system_identifier}, sealed: {sealed.system_identifier}{'' if same else _OTHER}"
    return of_copy("identity", _met(same), "made of the server that was sealed", actual)


def of_one_moment(control: Control, *, labelled: bool) -> Finding:
    """Whether its files are, by whether it has a label, or how its server was stopped."""
    whole = labelled or control.stopped
    actual = "a base backup" if labelled else f"no {LABEL}, and its server was {control.state}"
    return of_copy("provenance", Verdict.MET if whole else Verdict.UNKNOWN, _ONE_MOMENT, actual)


def honest(hiding: Sequence[str], elsewhere: Sequence[str]) -> Finding:
    """By the settings in its files that hide damage, and the files that these include from elsewhere."""
    if hiding:
        return of_copy("settings", Verdict.MISSED, _HONEST, f"set in it: {', '.join(hiding)}")
    if elsewhere:
        actual = f"none set in it; it includes what lies elsewhere: {', '.join(elsewhere)}"
        return of_copy("settings", Verdict.UNKNOWN, _HONEST, actual)
    return of_copy("settings", Verdict.MET, _HONEST, "none set in it")


def honest_inside(hiding: Sequence[tuple[str, str]]) -> Finding | None:
    """By the settings that hide damage from every session of a role or in a database, each after whose it is."""
    if not hiding:
        return None
    actual = f"set in it: {', '.join(f'{setting} for {where}' for where, setting in hiding)}"
    return of_copy("settings", Verdict.MISSED, _HONEST, actual)


def begins(label: str, control: Control) -> tuple[int, int]:
    """The timeline and the place from which the log is needed: by its label, if it has one."""
    start, timeline = _START.search(label), _TIMELINE.search(label)
    if start is None:
        return control.timeline, control.redo
    return int(timeline[1]) if timeline else control.timeline, place_of(start[1])


def leads_elsewhere(records: Iterable[Record], aim: Aim) -> Finding | None:
    """Replaying a new tablespace, a server would go to a folder of its own machine: it is not started at all."""
    for record in records:
        if (found := _NEW_SPACE.search(record.says)) and found[2] and aim.passes(record.start):
            says = f"its log creates the tablespace {found[1]} at {found[2]}, at {lsn_of(record.start)}"
            return of_copy("restored", Verdict.UNKNOWN, RESTORED, f"{says}: {LATER}")
    return None


def unread(name: str, why: StepFailed) -> Finding:
    """Of a database of the copy that cannot be read. Who was too slow, or lacks its locale, does not know it."""
    lacking = LACKING.search(str(why)) is not None
    verdict = Verdict.UNKNOWN if lacking else _of(why)
    actual = f"{why}; {ELSEWHERE}" if lacking else str(why)
    return Finding("restored", name, verdict, RESTORED, actual, f"{name}: {actual}.")


def replayed(arrival: Arrival, control: Control, last: Record) -> Finding:
    """Whether the replay came to the end of the log; where nothing had to be replayed, that is the last checkpoint."""
    redone = control.checkpoint if arrival.redone is None else arrival.redone
    actual = f"replayed up to the record at {lsn_of(redone)}; the last is at {lsn_of(last.start)}"
    return of_copy("replay", _met(redone >= last.start), "every record that the log holds", actual)


def on_timeline(arrival: Arrival, control: Control, way: Way, sealed: Sealed) -> Finding:
    """Whether the log leads where the sealed server was: a later timeline may have left its own before the seal."""
    verdict, actual = Verdict.MET, f"timeline {way.timeline}"
    place, fork = place_of(sealed.ended.lsn), way.forks.get(sealed.timeline)
    end = control.checkpoint if arrival.redone is None else arrival.redone
    if sealed.timeline > way.timeline:
        verdict = Verdict.MISSED if end > place else Verdict.UNKNOWN
        actual += f", and timeline {sealed.timeline} was sealed"
    elif sealed.timeline < way.timeline and fork is None:
        verdict, actual = Verdict.UNKNOWN, f"{actual}: no history tells where timeline {sealed.timeline} was left"
    elif fork is not None and fork < place and (end >= fork or control.timeline > sealed.timeline):
        actual += f" left timeline {sealed.timeline} at {lsn_of(fork)}, before the seal"
        verdict = Verdict.MISSED
    return of_copy("timeline", verdict, "the way that the sealed server took", actual)


@dataclass(frozen=True, slots=True)
class Nonce:
    """What a seal left in the log of its server."""

    word: str
    timeline: int
    since: str  # the LSN at which the seal ended, and the word's record begins at the earliest
    until: str  # and the one at which that record ends

    @classmethod
    def of(cls, sealed: Sealed) -> Self | None:
        """None where it left nothing."""
        if sealed.nonce is None or sealed.nonce_lsn is None:
            return None
        return cls(sealed.nonce, sealed.timeline, sealed.ended.lsn, sealed.nonce_lsn)

    @property
    def begun(self) -> tuple[int, int]:
        """The timeline and the place from which it must be looked for."""
        return self.timeline, place_of(self.since)

    @property
    def end(self) -> int:
        """The place up to which it must be."""
        return place_of(self.until)

    def out_of_reach(self, way: Way, end: int) -> str | None:
        """Why a log that goes that way and ends there cannot hold it; None where it covers the place."""
        fork = way.forks.get(self.timeline)
        if self.timeline != way.timeline and (fork is None or fork < self.end):
            return f"its log leads to timeline {way.timeline}, and was not on timeline {self.timeline} there"
        if self.timeline == way.timeline and end < self.end:
            return f"its log ends at {lsn_of(end)}, before that was written"
        return None

    def cut_off(self, end: int) -> str | None:
        """Why what there is of its timeline cannot hold it, ending there; None where that covers the place."""
        return f"what there is of timeline {self.timeline} ends at {lsn_of(end)}" if end < self.end else None

    def unread(self, damaged: StepFailed) -> str:
        """Why it is not known where the log cannot be read there."""
        return (
            f"its log cannot be read from {self.since} on: {damaged}; name an archive that goes back to it: --wal DIR"
        )

    def judged(self, found: bool | str, start: tuple[int, int]) -> Finding:
        """By whether it was found in the log of the copy, which begins at `start`, or why that is not known."""
        target = f"in its log up to {self.until}: what the seal left there"
        if found is True:
            return of_copy("nonce", Verdict.MET, target, "found")
        if found is False and start <= self.begun:
            actual = "not found, though its log goes beyond that place: it is not that of the sealed server"
            return of_copy("nonce", Verdict.MISSED, target, actual)
        actual = found or f"not found in log that the copy does not need: it begins at {lsn_of(start[1])}"
        return of_copy("nonce", Verdict.UNKNOWN, target, actual)


def unfinished_as_sealed(sealed: Sealed | None, arrival: Arrival, since: Unfinished) -> Finding | None:
    """Whether what was prepared and not yet ended is in the copy, and no more; None where nobody can ask for any."""
    target, held = (
        "each that was prepared and not ended, and no other",
        {one.transaction: one for one in arrival.prepared},
    )
    if sealed is None or sealed.prepared is None:
        actual = f"the seal does not tell of any; in the copy: {_all_of(held.values())}"
        return of_copy("prepared", Verdict.UNKNOWN, target, actual) if held else None
    due: dict[int, Prepared | str] = {number: f"transaction {number}" for number in since.prepared}
    due |= {one.transaction: one for one in sealed.prepared}
    for number in since.ended:
        due.pop(number, None)
    lacking, beyond = due.keys() - held.keys(), held.keys() - due.keys()
    if not lacking and not beyond:
        there = f"{len(held)}, as it was to be: {_all_of(held.values())}" if held else "none, as it was to be"
        return of_copy("prepared", Verdict.MET, target, there)
    groups: dict[str, list[object]] = {
        "missing": [due[one] for one in sorted(lacking)],
        "too many": [held[one] for one in sorted(beyond)],
    }
    actual = "; ".join(f"{what}: {_all_of(which)}" for what, which in groups.items() if which)
    return doubted(of_copy("prepared", Verdict.MISSED, target, actual), since.doubt)


def _all_of(which: Iterable[object]) -> str:
    return ", ".join(map(str, which))


def freshness(arrival: Arrival, control: Control, expected: datetime) -> Finding:
    """By its last commit and its last checkpoint, whichever is later."""
    fresh = max(filter(None, (arrival.last_commit, control.checkpoint_at)))
    target, actual = f"nothing older than {expected.isoformat()}", f"it is of {fresh.isoformat()}"
    if fresh < expected < control.checkpoint_at + _SECOND:
        says = f"{actual}, and of its checkpoint only the second is known"
        return of_copy("freshness", Verdict.UNKNOWN, target, says)
    return of_copy("freshness", _met(fresh >= expected), target, actual)


def _met(fine: bool) -> Verdict:
    return Verdict.MET if fine else Verdict.MISSED


def _of(wrong: StepFailed) -> Verdict:
    return Verdict.UNKNOWN if isinstance(wrong, NotInTime) else Verdict.MISSED
