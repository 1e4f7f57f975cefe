"""Looking at somebody's copy in the sandbox, dump or physical: what it holds, and whether it is sound in itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import psycopg

from drill import checks
from drill.checks.shared import UNSET, shared_findings
from drill.evidence import Evidence, Holdings, Observation, Seal, Structure
from drill.hosts import Premises
from drill.probes.entries import entries
from drill.probes.fingerprint import shared
from drill.probes.logins import logins
from drill.probes.rewording import reworded
from drill.probes.soundness import seen
from drill.probes.survey import Surveyor
from drill.probes.writing import writing
from drill.sandbox import sandbox
from drill.seals import Sealed
from drill.sites.discretion import of_error
from drill.sites.site import Site
from drill.verdict import Finding, Verdict
from drill.verified import Verified

_DEADLINE = 4 * 3600.0  # seconds for one statement
_MADE = "the sandbox made it, of its table"
_MADE_HERE = Observation(excused={"every index": _MADE})
_SUPERUSER = "postgres"  # where no seal tells of another


class Copy(Protocol):
    """What somebody offers to be verified."""

    @property
    def path(self) -> Path: ...

    @property
    def form(self) -> str: ...


@dataclass(frozen=True)
class Looking:
    """Against what a copy is held, where, and with how many looks at a time."""

    sealed: Sealed | None
    premises: Premises
    jobs: int = 2
    with_roles: bool = True  # the copy holds those of its server
    physical: bool = False  # it is of a whole server, and not of dumps

    def judged(self, copy: Copy, find: Callable[[Site], Iterable[Finding]], unchecked: Sequence[str]) -> Verified:
        """What `find` finds of the copy at an empty site of its own, of which nothing is left."""
        began = time.monotonic()
        with sandbox(self.premises, self.sealed.superuser if self.sealed else _SUPERUSER) as (site, apart):
            found = tuple(find(site))
        untold = () if self.sealed else ("everything that only a seal could tell: there is none",)
        return Verified(
            copy=str(copy.path),
            form=copy.form,
            how=str(self.sealed.how) if self.sealed else None,
            host=self.premises.kind,
            postgres=self.premises.postgres,
            apart=apart,
            findings=found,
            unchecked=(*untold, *unchecked, "passwords: a seal does not hold them"),
            seconds=time.monotonic() - began,
        )

    def expected(self, databases: Iterable[str]) -> Mapping[str, Seal]:
        """By database what it must hold: all that were sealed; without a seal these, of which nothing is known."""
        return self.sealed.databases if self.sealed else dict.fromkeys(databases, Seal({}))

    def at(self, name: str, site: Site) -> Holdings:
        """Everything that the checks ask of one database; StepFailed where it cannot be read."""
        seal = self.sealed.databases[name] if self.sealed else Seal({})
        held = Surveyor(self.jobs, _DEADLINE, seal.form, whole=True).thorough(name, site, seal)
        objects = {**held.structure.objects, **self._views(name, site, held.structure)}
        tried = {
            "entries": seen(lambda: _entries(name, site)) if self.physical else _MADE_HERE,
            "write_and_read_back": seen(lambda: writing(lambda: site.console(name, patience=_DEADLINE))),
        }
        if not self.physical:
            tried["btree"] = _made_here(held.observations["btree"])
        if (due := seal.logins) is not None and self.with_roles:
            tried["logins"] = seen(lambda: logins(site, name, due))
        structure = replace(held.structure, objects=objects)
        return replace(held, structure=structure, observations={**held.observations, **tried})

    def _views(self, name: str, site: Site, held: Structure) -> Mapping[str, Mapping[str, str]]:
        """Those of the copy in the words of the seal, where they are the same."""
        sealed = self.sealed.databases[name].structure.objects if self.sealed else {}
        if "views" not in sealed or sealed["views"] == held.objects.get("views"):
            return {}
        try:
            with site.console(name, patience=_DEADLINE) as console:
                return {"views": reworded(console, sealed["views"], held.objects.get("views", {}))}
        except psycopg.Error as gone:
            raise site.failed(f"the views of {name} cannot be looked at: {gone}", gone) from gone

    def of_shared(
        self, site: Site, besides: Sequence[str] = (), unset: Mapping[str, str] | None = None
    ) -> Iterator[Finding]:
        """Of what all databases share; nothing without a seal.

        `besides` are statements of the copy that were not executed, since nobody could look at anything then; `unset`
        tells by role why something could not be set for it.
        """
        if self.sealed is None:
            return
        with site.console("template1") as console, console.transaction(force_rollback=True):
            console.execute("set search_path = pg_catalog")
            refused = "; ".join(_refused(console, besides))
            held = shared(console)
        own = {site.officer: refused} if refused else {}
        held[UNSET] = {**(unset or {}), **own}
        yield from shared_findings(self.sealed.shared, held, with_roles=self.with_roles, physical=self.physical)


def _refused(console: psycopg.Connection[Any], statements: Iterable[str]) -> Iterator[str]:
    """What the server says to those that it does not take."""
    for statement in statements:
        try:
            with console.transaction():
                console.execute(statement.encode())
        except psycopg.Error as refused:
            yield of_error(refused)


def _made_here(seen: Observation) -> Observation:
    """Of the indexes of a dump, none of which came with it: what nobody can tell of one is no matter."""
    ours = {thing: why for thing, why in seen.unseen.items() if thing.startswith("index ")}
    unseen = {thing: why for thing, why in seen.unseen.items() if thing not in ours}
    return replace(seen, unseen=unseen, excused={**seen.excused, **dict.fromkeys(ours, _MADE)})


def _entries(name: str, site: Site) -> Observation:
    with site.console(name, patience=_DEADLINE) as console:
        return entries(console)


def of_databases(expected: Mapping[str, Seal], holdings: Mapping[str, Holdings]) -> Iterator[Finding]:
    """What the checks of a copy say; they read it as a drill's: every database was lost, and is held at the embassy."""
    yield from checks.findings(Evidence("", {}, frozenset(expected), {}, expected, holdings, (), ()), checks.VERIFY)


def absent(names: Iterable[str], target: str, actual: str, why: str | None = None) -> Iterator[Finding]:
    """The sealed databases that the copy has not; `why` they need not be there, if one knows."""
    verdict, told = (Verdict.UNKNOWN, f"{actual}; {why}") if why else (Verdict.MISSED, actual)
    for name in sorted(names):
        yield Finding("restored", name, verdict, target, told, f"{name} was sealed, and {told}.")


def doubted(finding: Finding, why: str | None) -> Finding:
    """Unknown instead of missed, where it is not known what must be there now."""
    if why is None or finding.verdict is not Verdict.MISSED:
        return finding
    return replace(finding, verdict=Verdict.UNKNOWN, actual=f"{finding.actual}; {why}")
