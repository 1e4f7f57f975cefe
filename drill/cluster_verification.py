"""Bringing up a physical copy of a server in a sandbox, and holding it against the server's seal."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from drill import checks
from drill.checks.shared import shared_findings
from drill.clusters import LABEL, Aim, Cluster
from drill.errors import StepFailed, Unloadable
from drill.evidence import Holdings, Seal
from drill.hosts import Premises
from drill.looking import evidence_of, looked
from drill.moment import doubts
from drill.probes.fingerprint import shared
from drill.sandbox import sandbox
from drill.seals import Sealed
from drill.sites.control import Control
from drill.sites.physical import Arrival, Physical
from drill.sites.site import Site
from drill.sites.trail import Way, trail
from drill.sites.wal import SEGMENT, Wal, lsn_of, place_of
from drill.verdict import Finding, Verdict
from drill.verified import COPY, Verified

_SUPERUSER = "postgres"  # where no seal tells of another
_DEADLINE = 4 * 3600.0  # seconds
_START = re.compile(r"^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+)", re.M)
_TIMELINE = re.compile(r"^START TIMELINE: (\d+)", re.M)
_DATABASES = "select datname from pg_database where datallowconn and not datistemplate order by 1"


@dataclass(frozen=True)
class ClusterVerification:
    """What is to be verified, up to where, against what, where."""

    cluster: Cluster
    aim: Aim
    sealed: Sealed | None
    premises: Premises
    expect_after: datetime | None = None
    jobs: int = 2

    def run(self, tell: Callable[[str], None]) -> Verified:
        """Bring up, look, judge. What the copy cannot do is a finding; what this machine cannot do is an error."""
        began = time.monotonic()
        superuser = self.sealed.superuser if self.sealed else _SUPERUSER
        with sandbox(self.premises, superuser) as (site, apart):
            found = list(self._found(site, tell))
        return Verified(
            copy=str(self.cluster.path),
            form=self.cluster.form,
            how=str(self.sealed.how) if self.sealed else None,
            host=self.premises.kind,
            postgres=self.premises.postgres,
            apart=apart,
            findings=tuple(found),
            unchecked=self._unchecked(),
            seconds=time.monotonic() - began,
        )

    def _found(self, site: Site, tell: Callable[[str], None]) -> Iterator[Finding]:
        major, ours = self.cluster.major, self.premises.postgres.partition(".")[0]
        if major != ours:
            says = f"it is of PostgreSQL {major}, and the sandbox of {ours}: name the right programs with --pg-bin"
            yield _of("restored", Verdict.UNKNOWN, _RESTORED, says)
            return
        tell("copying it into the sandbox")
        physical = Physical(self.cluster, self.aim, site)
        physical.bring()
        try:
            control = Control.read(site, physical.data)
        except StepFailed as damaged:
            yield _of("restored", Verdict.MISSED, _RESTORED, str(damaged))
            return
        yield from self._of_the_files(site, physical, control)
        with ExitStack() as opened:
            yield from self._brought_up(physical, control, opened, tell)

    def _of_the_files(self, site: Site, physical: Physical, control: Control) -> Iterator[Finding]:
        if self.cluster.manifested:
            yield _manifest(site, physical)
        if self.sealed is not None:
            same = control.system_identifier == self.sealed.system_identifier
            actual = f"{control.system_identifier}, sealed: {self.sealed.system_identifier}"
            yield _of("identity", _met(same), "made of the server that was sealed", actual)
        hiding = self.cluster.hiding
        actual = f"set in it: {', '.join(hiding)}" if hiding else "none set in it"
        yield _of("settings", _met(not hiding), "no setting that hides damage", actual)
        whole = self.cluster.labelled or control.stopped
        actual = "a base backup" if self.cluster.labelled else f"no {LABEL}, and its server was {control.state}"
        yield _of("provenance", Verdict.MET if whole else Verdict.UNKNOWN, _ONE_MOMENT, actual)

    def _brought_up(
        self, physical: Physical, control: Control, opened: ExitStack, tell: Callable[[str], None]
    ) -> Iterator[Finding]:
        log: tuple[Way, Wal] | None = None
        if control.segment != SEGMENT:
            yield _of("log", Verdict.UNKNOWN, _WHOLE_LOG, f"its segments have {control.segment} bytes, not {SEGMENT}")
        else:
            try:
                log = opened.enter_context(trail(physical.site, physical.log, *self._begins(physical, control)))
                yield _of("log", Verdict.MET, _WHOLE_LOG, f"whole up to {lsn_of(log[1].last.end)}")
            except StepFailed as damaged:
                log = None
                yield _of("log", Verdict.MISSED, _WHOLE_LOG, str(damaged))
        tell("replaying")
        try:
            arrival = physical.start(control)
        except Unloadable as refused:
            verdict = Verdict.UNKNOWN if refused.lacking else Verdict.MISSED
            yield _of("restored", verdict, _RESTORED, str(refused))
            yield from checks.findings(evidence_of(self.sealed.databases if self.sealed else {}, {}), checks.VERIFY)
            return
        yield _of("restored", Verdict.MET, _RESTORED, "brought up, and it takes writes")
        yield from self._reached(arrival, control, log)
        yield from self._inside(physical.site, self._loosened(arrival, control, log), tell)

    def _begins(self, physical: Physical, control: Control) -> tuple[int, int]:
        """The timeline and the place from which the log is needed."""
        label = physical.site.host.read(physical.data / LABEL)
        start, timeline = _START.search(label), _TIMELINE.search(label)
        if start is None:
            return control.timeline, control.redo
        return int(timeline[1]) if timeline else control.timeline, place_of(start[1])

    def _reached(self, arrival: Arrival, control: Control, log: tuple[Way, Wal] | None) -> Iterator[Finding]:
        if log is not None and self.aim.latest and arrival.redone is not None:
            last = log[1].last
            verdict = _met(arrival.redone >= last.start)
            actual = f"replayed up to the record at {lsn_of(arrival.redone)}; the last is at {lsn_of(last.start)}"
            yield _of("replay", verdict, "every record that the log holds", actual)
        if log is not None and self.sealed is not None:
            fork = log[0].forks.get(self.sealed.timeline)
            left = fork is not None and self.aim.latest and fork < place_of(self.sealed.ended.lsn)
            actual = f"timeline {log[0].timeline}" + (
                f" left timeline {self.sealed.timeline} at {lsn_of(fork)}, before the seal" if left and fork else ""
            )
            yield _of("timeline", _met(not left), "the way that the sealed server took", actual)
        if self.expect_after is not None:
            fresh = max(filter(None, (_time(arrival.last_commit), control.checkpoint_at)))
            actual = f"it is of {fresh.isoformat()}"
            target = f"nothing older than {self.expect_after.isoformat()}"
            yield _of("freshness", _met(fresh >= self.expect_after), target, actual)

    def _loosened(self, arrival: Arrival, control: Control, log: tuple[Way, Wal] | None) -> Sealed | None:
        if self.sealed is None:
            return None
        loose = doubts(self.sealed, arrival, control, log)
        databases = {
            name: replace(seal, loose={**seal.loose, **_unlogged(seal), **loose.get(name, {})})
            for name, seal in self.sealed.loosened(None, self.sealed.major).databases.items()
        }
        return replace(self.sealed, databases=databases)

    def _inside(self, site: Site, sealed: Sealed | None, tell: Callable[[str], None]) -> Iterator[Finding]:
        there = [str(name) for (name,) in site.ask(_DATABASES, database="template1")]
        expected: Mapping[str, Seal] = sealed.databases if sealed else dict.fromkeys(there, Seal({}))
        holdings: dict[str, Holdings] = {}
        for name in sorted(expected.keys() & set(there)):
            tell(f"looking at {name}")
            try:
                holdings[name] = looked(name, site, sealed, self.jobs)
            except StepFailed as broken:
                yield Finding("restored", name, Verdict.MISSED, _RESTORED, str(broken), f"{name}: {broken}.")
        for name in sorted(expected.keys() - set(there)):
            actual = "the copy has no such database"
            yield Finding("restored", name, Verdict.MISSED, _RESTORED, actual, f"{name} was sealed, and {actual}.")
        yield from checks.findings(evidence_of(expected, holdings), checks.VERIFY)
        if sealed is not None:
            with site.console("template1") as console:
                console.execute("set search_path = pg_catalog")
                held = shared(console)
            yield from shared_findings(sealed.shared, held, frozenset(there), with_roles=True)

    def _unchecked(self) -> list[str]:
        told = [
            "its own configuration: the sandbox obeys none of it",
            "passwords: a seal does not hold them",
            "tablespaces outside of its folder",
        ]
        if not self.cluster.manifested:
            told.insert(0, "its files one by one: there is no backup_manifest")
        return told if self.sealed else ["everything that only a seal could tell: there is none", *told]


_RESTORED = "it is brought up in an empty place, and takes writes"
_WHOLE_LOG = "every record from the start of the copy to the end of its log"
_ONE_MOMENT = "files of one moment: a base backup, or of a server that was stopped in good order"


def _met(fine: bool) -> Verdict:
    return Verdict.MET if fine else Verdict.MISSED


def _of(check: str, verdict: Verdict, target: str, actual: str) -> Finding:
    return Finding(check, COPY, verdict, target, actual, f"The copy: {actual}.")


def _unlogged(seal: Seal) -> Mapping[str, str]:
    """The tables that are empty after every recovery: no log tells what was in them."""
    relations = seal.structure.objects.get("relations", {})
    return {
        table: "it is unlogged, so that every recovery leaves it empty"
        for table, definition in relations.items()
        if definition.split()[:2] == ["r", "u"] and table in seal.tables
    }


def _time(said: str) -> datetime | None:
    """As the server's log writes it, in UTC."""
    try:
        return datetime.fromisoformat(said).replace(tzinfo=UTC)
    except ValueError:
        return None


def _manifest(site: Site, physical: Physical) -> Finding:
    """Are all files there, byte for byte? The log is looked at apart."""
    target = "each file as its backup_manifest says"
    argv = [site.program("pg_verifybackup"), "--no-parse-wal", str(physical.data)]
    try:
        site.host.run(argv, deadline=_DEADLINE)
    except StepFailed as wrong:
        return _of("manifest", Verdict.MISSED, target, str(wrong).partition(": ")[2] or str(wrong))
    return _of("manifest", Verdict.MET, target, "all as it says")
