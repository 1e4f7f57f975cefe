"""Build the registers anew from a dump, the most important first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import psycopg
from pydantic import BaseModel, Field

from drill.crew import Crew
from drill.dumpfile import statements_of
from drill.errors import NotInTime, StepFailed
from drill.parts import KeptCopy, Version
from drill.recoveries.chosen import chosen
from drill.sites.courier import authorise, locally
from drill.sites.discretion import kept
from drill.sites.site import OFFICER
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_DEADLINE = 4 * 3600.0  # seconds, for one register
_AT_A_TIME = 2  # registers


class Restore(BaseModel, frozen=True, extra="forbid"):
    """A fresh server at the embassy, its roles first, then each register on its own."""

    works_with: ClassVar[frozenset[str]] = frozenset({"dump"})
    for_a_part: ClassVar[bool] = True
    kind: Literal["restore"]
    source: Annotated[str, Field(alias="from")]
    version: str = "latest"
    jobs: Annotated[int, Field(ge=1, le=16)] = 2

    def bring_up(self, copy: KeptCopy, embassy: Site, registers: Sequence[str], timeline: Timeline) -> Iterator[str]:
        """Yield each register once pg_restore has ended without an error; one that fails does not stop the others."""
        version = chosen(copy, self.version, timeline)
        timeline.record("recovery", "phase", name="restore")
        embassy.stop()
        embassy.start(embassy.initialise("restored"))
        _create_roles(embassy, version)
        authorised = authorise(embassy)
        timeline.record("recovery", "phase", name="queue")
        with Crew(_AT_A_TIME) as workers:
            restore = partial(self._restore, version=version, embassy=embassy, timeline=timeline)
            restoring = {workers.submit(restore, name, env=authorised): name for name in registers}
            for done in as_completed(restoring):
                if _succeeded(done, restoring[done], timeline):
                    yield restoring[done]

    def _restore(
        self, register: str, *, version: Version, embassy: Site, timeline: Timeline, env: Mapping[str, str]
    ) -> None:
        timeline.record("recovery", "phase", name="restore", register=register)
        where, how = [*locally(embassy), "-d", "postgres"], ["--create", "--exit-on-error"]
        jobs, source = ["-j", str(max(1, self.jobs // _AT_A_TIME))], f"{version.location}/{register}"
        try:
            argv = [embassy.program("pg_restore"), *where, *how, *jobs, source]
            with kept(embassy.discreet):
                embassy.host.run(argv, deadline=_DEADLINE, env=env)
        except NotInTime:
            raise
        except StepFailed as failed:  # the server's log may know better why
            raise embassy.failed(str(failed)) from failed


def _succeeded(done: Future[None], register: str, timeline: Timeline) -> bool:
    try:
        done.result()
    except StepFailed as failed:
        late = isinstance(failed, NotInTime)
        timeline.record("recovery", "failed", register=register, reason=str(failed), hint=failed.hint, gave_up=late)
        return False
    return True


def _create_roles(embassy: Site, version: Version) -> None:
    """All of home's roles but the officer, who is there already; psql's own commands in the file are left out."""
    roles = embassy.host.read(embassy.host.disk / version.location / "roles.sql")
    ours = (f"CREATE ROLE {OFFICER};", f"ALTER ROLE {OFFICER} ")
    wanted = [statement for statement in statements_of(roles) if not statement.startswith(ours)]
    if "\n-- PostgreSQL database cluster dump complete" not in roles:
        raise StepFailed(
            f"the roles of {version.name} are cut short", hint="the dump is damaged; choose an earlier version"
        )
    try:
        with embassy.console() as console:
            console.execute("\n".join(wanted).encode())
    except psycopg.Error as refused:
        said = refused.diag.message_primary  # the rest would quote a line, and with it a role's verifier
        raise embassy.failed(f"the roles of {version.name} cannot be created: {said}") from None
