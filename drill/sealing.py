"""Taking the seal of a live server: what is there, and how surely it is the truth for which copy."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from drill.digest import Form
from drill.dumpfile import sha256
from drill.errors import CannotRun, NotInTime, ScenarioError, StepFailed
from drill.evidence import Seal
from drill.pace import Pace
from drill.probes.digests import shapes
from drill.probes.fingerprint import shared
from drill.probes.logins import able
from drill.probes.survey import DATABASES, Surveyor
from drill.seals import How, Place, Prepared, Sealed
from drill.sites.marks import Mark, nonce, restore_point
from drill.sites.origin import Origin
from drill.sites.prepared import LISTED, listed
from drill.throttle import Throttle

OLDEST = 14  # record hashes and the snapshot functions are since then
_DUMP_DEADLINE = 24 * 3600.0  # seconds
_NAMED = 12  # tables, in a hint

_ABOUT: LiteralString = """
select current_setting('server_version_num')::int / 10000, current_setting('server_version'),
       (select system_identifier::text from pg_control_system()), (select timeline_id from pg_control_checkpoint()),
       (select rolname from pg_roles where oid = 10)
"""
_PLACE: LiteralString = """
select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end)::text,
       case when pg_is_in_recovery() then pg_get_wal_replay_pause_state() else 'primary' end
"""
# A snapshot ends with the last transaction that has ended: those that began later and are under way are beyond it. What
# is the next one's number, `age` counts from, in 32 bits.
_NEXT: LiteralString = """
select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, age('3'::xid) + 3::bigint
from (select pg_current_snapshot()) seen (s)
"""


@dataclass(frozen=True)
class Sealing:
    """How a server is to be sealed."""

    origin: Origin
    how: How
    databases: Sequence[str] = ()  # none: all that let anybody in
    dump_to: Path | None = None  # a new folder for the dumps that share the seal's snapshots
    programs: Path = Path()  # of PostgreSQL, for the dumps
    form: Form | None = None  # None: native where the server is of the programs' major version
    jobs: int = 2
    patience: float = 3600.0  # seconds for one statement
    tables: Sequence[str] = ()  # those that get digests; none: all
    restore_point: str | None = None  # to be written when all was read
    throttle: Throttle | None = None  # how fast rows may be read; None: as fast as it goes
    buckets: bool = False  # also the digests of parts of each table
    nonce: bool = False  # whether one is to be written when all was read
    begun: list[Mark] = field(default_factory=list)  # the marks that its log may hold by now

    def take(self, tell: Callable[[str], None]) -> Sealed:
        """Read everything; nothing is written there but the marks that were asked for, when all was read.

        CannotRun where the server is not as `how` says, ScenarioError where it has no such database or table,
        NotInTime where a statement took longer than `patience`.
        """
        marks = self._marks()
        try:
            with self.origin.console(self.origin.database, patience=self.patience) as console:
                console.execute("set search_path = pg_catalog")
                for mark in marks:
                    self.origin.prove_markable(mark, console)
                sealed = self._read(console, tell)
        except psycopg.Error as refused:
            raise self.origin.failed(f"it cannot be sealed: {refused}", refused) from refused
        finally:
            if self.throttle is not None:
                self.throttle.lift()
        sealed = replace(sealed, dump={} if self.dump_to is None else self._globals())
        left: dict[str, Any] = {}
        for mark in marks:
            tell(f"making the {mark.kind} {mark.word}")
            self.begun.append(mark)
            left |= {mark.field: mark.word, f"{mark.field}_lsn": self.origin.leave(mark, patience=self.patience)}
        return replace(sealed, **left)

    def _marks(self) -> list[Mark]:
        """The nonce before the restore point: who replays up to that one has both."""
        named = [] if self.restore_point is None else [restore_point(self.restore_point)]
        return [nonce(), *named] if self.nonce else named

    def _read(self, console: psycopg.Connection[Any], tell: Callable[[str], None]) -> Sealed:
        about = self._about(console)
        form = self.form or (Form.NATIVE if about.major == _own_major() else Form.PORTABLE)
        only = frozenset(self.tables) or None
        told = Pace(tell)
        surveyor = Surveyor(self.jobs, self.patience, form, True, only, told, self.throttle, self.buckets)
        begun, prepared, chosen = self._place(console), self._prepared(console), self._chosen(console)
        if prepared:
            tell(f"prepared, and neither committed nor rolled back: {', '.join(map(str, prepared))}")
        self._prove_named(surveyor, chosen)
        seals = {name: self._seal(surveyor, name, tell) for name in chosen}
        changed = self._changed(surveyor, seals, tell)
        ended = self._place(console)
        self._prove_still(begun, ended)
        about = replace(about, form=form, begun=begun, ended=ended, databases=seals, changed=changed)
        return replace(about, shared=shared(console), unsealed=self._unsealed(seals), prepared=prepared)

    def _about(self, console: psycopg.Connection[Any]) -> Sealed:
        major, version, system, timeline, superuser = console.execute(_ABOUT).fetchone() or (0, "", "", 0, "")
        if major < OLDEST:
            hint = f"PostgreSQL {OLDEST} is the oldest that can be sealed"
            raise CannotRun(f"{self.origin.name} is PostgreSQL {version}", hint=hint)
        nowhere = Place("", "", datetime.now(UTC))
        number = version.split()[0]
        return Sealed(self.how, Form.NATIVE, number, system, timeline, superuser, nowhere, nowhere, {}, {})

    def _chosen(self, console: psycopg.Connection[Any]) -> list[str]:
        there = [str(name) for (name,) in console.execute(DATABASES)]
        if missing := sorted(set(self.databases) - set(there)):
            hint = f"it has: {', '.join(there)}"
            raise ScenarioError(f"{self.origin.name} has no database {', '.join(missing)}", hint=hint)
        return [name for name in there if name in self.databases] if self.databases else there

    def _prove_named(self, surveyor: Surveyor, databases: Sequence[str]) -> None:
        """ScenarioError where a table that was asked for is in none of the databases."""
        there: set[str] = set()
        for database in databases if self.tables else ():
            with surveyor.snapshot(database, self.origin) as console:
                there |= {shape.name for shape in shapes(console, receipts=True)}
        if missing := sorted(set(self.tables) - there):
            more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
            hint = f"they have: {', '.join(sorted(there)[:_NAMED]) or 'no table'}{more}"
            raise ScenarioError(f"no database of {self.origin.name} has a table {', '.join(missing)}", hint=hint)

    def _unsealed(self, seals: Mapping[str, Seal]) -> dict[str, tuple[str, ...]]:
        """By database: the tables that were left out because only others were asked for."""
        if not self.tables:
            return {}
        return {name: tuple(sorted(seal.structure.columns.keys() - set(self.tables))) for name, seal in seals.items()}

    def _seal(self, surveyor: Surveyor, database: str, tell: Callable[[str], None]) -> Seal:
        tell(f"sealing {database}")

        def look(snapshot: str) -> None:
            tell(f"dumping {database}{', which no --rate limits' if self.throttle else ''}")
            self._dump(database, snapshot)

        seal = surveyor.seal(database, self.origin, None if self.dump_to is None else look)
        with surveyor.snapshot(database, self.origin) as console:
            return replace(seal, logins=able(console))

    def _changed(
        self, surveyor: Surveyor, seals: Mapping[str, Seal], tell: Callable[[str], None]
    ) -> dict[str, tuple[str, ...]]:
        """By database: the tables that are not as they were when they were first looked at."""
        if self.how is not How.UNDER_LOAD:
            return {}
        changed = {}
        for name, seal in seals.items():
            tell(f"sealing {name} again")
            before, again = seal.with_views.tables, surveyor.seal(name, self.origin).with_views.tables
            moved = sorted(table for table in before.keys() | again if before.get(table) != again.get(table))
            changed[name] = tuple(moved)
        return changed

    def _place(self, console: psycopg.Connection[Any]) -> Place:
        lsn, state = console.execute(_PLACE).fetchone() or ("", "")
        oldest, beyond, number = console.execute(_NEXT).fetchone() or (0, 0, 0)  # later: of none that wrote before
        upcoming = beyond + (number - beyond) % 2**32
        if self.how is How.PAUSED and state != "paused":
            hint = "select pg_wal_replay_pause() there, and wait until pg_get_wal_replay_pause_state() says paused"
            raise CannotRun(f"{self.origin.name} is no standby whose replay is paused ({state})", hint=hint)
        if self.how is How.QUIESCED and (oldest != upcoming or state != "primary"):
            hint = "stop those who write and wait until their transactions have ended"
            if prepared := self._prepared(console):
                hint += f"; prepared, to be committed or rolled back: {', '.join(map(str, prepared))}"
            raise CannotRun(f"{self.origin.name} is not quiet: transactions are under way", hint=hint)
        return Place(lsn or "", str(upcoming), datetime.now(UTC))

    def _prepared(self, console: psycopg.Connection[Any]) -> tuple[Prepared, ...] | None:
        (told,) = console.execute(LISTED).fetchone() or (None,)
        return None if told is None else listed(told)

    def _prove_still(self, begun: Place, ended: Place) -> None:
        """Where nobody writes, no transaction is given a number; a reader may write to the log, as a checkpoint."""
        moved = {How.QUIESCED: begun.transaction != ended.transaction, How.PAUSED: begun.lsn != ended.lsn}
        if moved.get(self.how):
            how = f"{begun.lsn} to {ended.lsn}, transaction {begun.transaction} to {ended.transaction}"
            hint = "stop those who write, or seal it under load"
            raise CannotRun(f"{self.origin.name} did not stand still while it was sealed: {how}", hint=hint)

    # -- the dump that shares the snapshot ----------------------------------------------------------------------------

    def _dump(self, database: str, snapshot: str) -> None:
        assert self.dump_to is not None  # noqa: S101 - asked by the caller
        if "/" in database or database.startswith("."):
            hint = "seal the others with --database, and this one without a dump"
            raise CannotRun(f"a file cannot be called as the database {database!r}", hint=hint)
        file = self.dump_to / f"{database}.dump"
        self._run(database, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={file}")

    def _globals(self) -> dict[str, str]:
        """Write the roles beside the dumps; the fingerprint of every file."""
        assert self.dump_to is not None  # noqa: S101 - asked by the caller
        file = self.dump_to / "globals.sql"
        self._run(self.origin.database, "pg_dumpall", "--globals-only", "--no-role-passwords", f"--file={file}")
        return {each.name: sha256(each) for each in sorted(self.dump_to.iterdir())}

    def _run(self, database: str, program: str, *options: str) -> None:
        told = conninfo_to_dict(self.origin.conninfo(database))
        password = told.pop("password", None)
        with tempfile.NamedTemporaryFile("w", prefix="drill-seal-") as passfile:
            env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
            if password:
                secret = str(password).replace("\\", "\\\\").replace(":", "\\:")
                passfile.write(f"*:*:*:*:{secret}\n")
                passfile.flush()
                env["PGPASSFILE"] = passfile.name
            where = make_conninfo("", **{name: setting for name, setting in told.items() if setting is not None})
            argv = [str(self.programs / program), *options, "--no-password", f"--dbname={where}"]
            try:
                ended = subprocess.run(
                    argv, capture_output=True, text=True, env=env, timeout=_DUMP_DEADLINE, check=False
                )
            except subprocess.TimeoutExpired as late:
                raise NotInTime(f"{program} of {database} was not done in time", hint="is the server alive?") from late
        if ended.returncode != 0:
            said = " | ".join(ended.stderr.strip().splitlines()[-3:])
            raise StepFailed(f"{program} of {database} failed: {said}", hint="the message is the program's own")


def _own_major() -> int:
    from drill.hosts import binaries

    return int(binaries.find().version.partition(".")[0])
