"""What the files and the log of a physical copy show, before anybody looks into its databases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import LiteralString

from drill.clusters import HIDING, LABEL, Cluster
from drill.errors import NotInTime, StepFailed
from drill.looking import doubted
from drill.moment import Unfinished
from drill.seals import Prepared, Sealed
from drill.sites.control import Control
from drill.sites.marks import MESSAGE, holds
from drill.sites.physical import ELSEWHERE, LACKING, LATER, Arrival, Physical
from drill.sites.site import Site
from drill.sites.trail import Way, further_back
from drill.sites.wal import LSN, Record, Wal, lsn_of, place_of
from drill.verdict import Finding, Verdict
from drill.verified import COPY

RESTORED = "it is brought up in an empty place, and takes writes"
WHOLE_LOG = "every record from the start of the copy to the end of its log"
_ONE_MOMENT = "files of one moment: a base backup, or of a server that was stopped in good order"
_HONEST = "no setting that hides damage"
_HIDING_INSIDE: LiteralString = """
select concat_ws(' in ', coalesce(r.rolname, 'all roles'), d.datname), x
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
cross join unnest(s.setconfig) x where x ~* %s order by 1, 2
"""
_OTHER = ": the copy is of one server, and the seal of another; take another seal, or another copy"
_DEADLINE = 4 * 3600.0  # seconds
_SECOND = timedelta(seconds=1)
_START = re.compile(rf"^START WAL LOCATION: ({LSN.pattern})", re.M)
_TIMELINE = re.compile(r"^START TIMELINE: (\d+)", re.M)
_NEW_SPACE = re.compile(r'CREATE (\d+) "(.*)"')


def of_copy(check: str, verdict: Verdict, target: str, actual: str) -> Finding:
    """A finding of the whole copy."""
    return Finding(check, COPY, verdict, target, actual, f"The copy: {actual}.")


def of_the_files(physical: Physical, control: Control, sealed: Sealed | None) -> Iterator[Finding]:
    """As they lie in the sandbox, before a server has touched them."""
    cluster = physical.cluster
    if cluster.manifested:
        yield _manifest(physical)
    if sealed is not None:
        same = control.system_identifier == sealed.system_identifier
        actual = f"{control.system_identifier}, sealed: {sealed.system_identifier}{'' if same else _OTHER}"
        yield of_copy("identity", _met(same), "made of the server that was sealed", actual)
    yield _hiding(cluster)
    whole = cluster.labelled or control.stopped
    actual = "a base backup" if cluster.labelled else f"no {LABEL}, and its server was {control.state}"
    yield of_copy("provenance", Verdict.MET if whole else Verdict.UNKNOWN, _ONE_MOMENT, actual)


def _hiding(cluster: Cluster) -> Finding:
    """By its files of settings, as far as they are in it."""
    if cluster.hiding:
        return of_copy("settings", Verdict.MISSED, _HONEST, f"set in it: {', '.join(cluster.hiding)}")
    if cluster.unread:
        actual = f"none set in it; it includes what lies elsewhere: {', '.join(cluster.unread)}"
        return of_copy("settings", Verdict.UNKNOWN, _HONEST, actual)
    return of_copy("settings", Verdict.MET, _HONEST, "none set in it")


def hiding_inside(site: Site) -> Iterator[Finding]:
    """What is set for a role or a database there, which every session of theirs would pass over damage by."""
    found = site.ask(_HIDING_INSIDE, (rf"^({'|'.join(HIDING)})=(on|true|yes|1|t|y)",), database="template1")
    if found:
        actual = f"set in it: {', '.join(f'{setting} for {where}' for where, setting in found)}"
        yield of_copy("settings", Verdict.MISSED, _HONEST, actual)


def _manifest(physical: Physical) -> Finding:
    """Are all files there, byte for byte? The log is looked at apart."""
    target, site = "each file as its backup_manifest says", physical.site
    try:
        argv = [site.program("pg_verifybackup"), "--no-parse-wal", str(physical.data)]
        site.host.run(argv, deadline=_DEADLINE)
    except StepFailed as wrong:
        return of_copy("manifest", Verdict.MISSED, target, str(wrong).partition(": ")[2] or str(wrong))
    return of_copy("manifest", Verdict.MET, target, "all as it says")


def begins(physical: Physical, control: Control) -> tuple[int, int]:
    """The timeline and the place from which the log is needed."""
    label = physical.site.host.read(physical.data / LABEL)
    start, timeline = _START.search(label), _TIMELINE.search(label)
    if start is None:
        return control.timeline, control.redo
    return int(timeline[1]) if timeline else control.timeline, place_of(start[1])


def leads_elsewhere(physical: Physical, log: tuple[Way, Wal], since: int) -> Finding | None:
    """Replaying a new tablespace, a server would go to a folder of its own machine: it is not started at all."""
    within = max(since, log[1].segments[0] * log[1].segment)
    for record in log[1].records(within, ["Tablespace"]):
        if (found := _NEW_SPACE.search(record.says)) and found[2] and physical.aim.passes(record.start):
            says = f"its log creates the tablespace {found[1]} at {found[2]}, at {lsn_of(record.start)}"
            return of_copy("restored", Verdict.UNKNOWN, RESTORED, f"{says}: {LATER}")
    return None


def unread(name: str, why: StepFailed) -> Finding:
    """Of a database of the copy that cannot be read. Who was too slow, or lacks its locale, does not know it."""
    lacking = LACKING.search(str(why)) is not None
    verdict = Verdict.UNKNOWN if lacking or isinstance(why, NotInTime) else Verdict.MISSED
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


def nonce_found(
    physical: Physical, start: tuple[int, int], log: tuple[Way, Wal] | None, sealed: Sealed
) -> Finding | None:
    """Whether what the seal left in the log of its server is in that of the copy, which begins at `start`.

    None where it left nothing.
    """
    if sealed.nonce is None or sealed.nonce_lsn is None:
        return None
    begun, target = place_of(sealed.ended.lsn), f"in its log up to {sealed.nonce_lsn}: what the seal left there"
    found = "its log cannot be read" if log is None else _holds_nonce(physical, log, sealed)
    if found is True:
        return of_copy("nonce", Verdict.MET, target, "found")
    if found is False and start <= (sealed.timeline, begun):
        actual = "not found, though its log goes beyond that place: it is not that of the sealed server"
        return of_copy("nonce", Verdict.MISSED, target, actual)
    actual = found or f"not found in log that the copy does not need: it begins at {lsn_of(start[1])}"
    return of_copy("nonce", Verdict.UNKNOWN, target, actual)


def _holds_nonce(physical: Physical, log: tuple[Way, Wal], sealed: Sealed) -> bool | str:
    """Why it is not known where the log does not cover the place, or cannot be read there."""
    (way, last), timeline = log, sealed.timeline
    begun, end, fork = place_of(sealed.ended.lsn), place_of(sealed.nonce_lsn or ""), way.forks.get(timeline)
    if timeline != way.timeline and (fork is None or fork < end):
        return f"its log leads to timeline {way.timeline}, and was not on timeline {timeline} there"
    try:
        if timeline == way.timeline and last.last.end < end:
            return f"its log ends at {lsn_of(last.last.end)}, before that was written"
        with further_back(physical, last, (timeline, begun)) as wal:
            if wal.last.end < end:
                return f"what there is of timeline {timeline} ends at {lsn_of(wal.last.end)}"
            since = begun - begun % wal.segment  # in another server's log no record need begin where the seal ended
            return holds(wal.records(since, [MESSAGE], end), sealed.nonce or "")
    except StepFailed as damaged:
        says = f"its log cannot be read from {sealed.ended.lsn} on: {damaged}"
        return f"{says}; name an archive that goes back to it: --wal DIR"


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
