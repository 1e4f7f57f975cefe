"""Bringing a physical copy up on a site that is empty: nothing of its own configuration is obeyed there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.conninfo import make_conninfo

from drill.clusters import HIDING, LOG, MAP, SPACES
from drill.digest import quoted
from drill.errors import NotInTime, StepFailed, Unloadable
from drill.sites.control import Control
from drill.sites.courier import locally
from drill.sites.fetching import fetching
from drill.sites.living import wait_for
from drill.sites.prepared import LISTED, ROLL_BACK, listed
from drill.sites.settings import HBA, SOLITARY
from drill.sites.wal import place_of

if TYPE_CHECKING:
    from drill.clusters import Cluster
    from drill.seals import Prepared
    from drill.sites.aim import Aim
    from drill.sites.site import Site

_DEADLINE = 4 * 3600.0  # seconds, for a large copy
_ASK = 60.0
_MAP = "sandbox"
# A copy of files may have lost folders that are empty, and a server does not make them anew.
_FOLDERS = (
    *("pg_replslot", "pg_tblspc", "pg_twophase", "pg_stat", "pg_stat_tmp", "pg_notify", "pg_serial", "pg_snapshots"),
    *("pg_commit_ts", "pg_dynshmem", "pg_logical/snapshots", "pg_logical/mappings", "pg_wal/archive_status"),
)
# Its connections are the drill's alone, it acts on nobody else, and loads no program that anybody had put beside it.
_APART = {
    **{"archive_command": "", "shared_preload_libraries": "", "session_preload_libraries": ""},
    **{"local_preload_libraries": "", "max_logical_replication_workers": "0", "autovacuum": "off"},
    **{"hot_standby": "off", "recovery_target_action": "promote", "recovery_init_sync_method": "syncfs"},
    **{"ssl": "off", "fsync": "off", "full_page_writes": "off"},
    **SOLITARY,
    **dict.fromkeys(HIDING, "off"),
}
LACKING = re.compile(
    r"incompatible with (?:server|operating system)|not supported (?:by|in) (?:this )?build|could not access file|"
    r"could not load library|unrecognized configuration parameter|insufficient parameter settings|"
    r"requested recovery stop point is before consistent recovery point"
)
_ABROAD = re.compile(
    r'could not create symbolic link "pg_tblspc|directory "/[^"]*" does not exist|'
    r'could not (?:set permissions on|create|stat) directory "/'
)
_UNREACHED = "recovery ended before configured recovery target was reached"
ELSEWHERE = "what this PostgreSQL or its machine lacks, another may have: --on, --pg-bin or --image names it"
LATER = "take a later base backup, or replay to before that"
_STRANGER = re.compile(r'role ".*" does not exist', re.S)
_NEVER = ("does not exist", "authentication failed", "not permitted to log in", "not currently accepting connections")
# But for a server that starts, replays or ends: what it will say again for ever.
_FOR_GOOD = re.compile(r"FATAL:\s+(?!\s|the database system is |sorry, too many clients)(.*)")
_WHO = "select encode(convert_to(rolname::text, 'UTF8'), 'hex') from pg_catalog.pg_roles where oid = 10"
_SAID = re.compile(r'1: encode = "([0-9a-f]*)"')
_REDO = re.compile(r"redo done at ([0-9A-F]+/[0-9A-F]+)")
_LAST = re.compile(r"last completed transaction was at log time (\S+ \S+)")
_IN_UTF8 = "set client_encoding = 'UTF8'"
_ARRIVED = "select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())"
# Links, not copies; where both hold a segment the archive's is taken, as the server itself does.
_GATHER = r"""
mkdir "$1" && for each in "$2"/* "$3"/*; do
  name=${each##*/}
  case $name in
    *.history|*.partial|????????????????????????) if test -f "$each"; then cp -lf "$each" "$1/$name" || exit 1; fi ;;
  esac
done
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where the replay came to rest."""

    transaction: int  # the next one's id, of 64 bits
    redone: int | None  # where the last record that was replayed starts; None where none had to be
    last_commit: datetime | None  # by its own clock; None where none was replayed
    prepared: tuple[Prepared, ...] = ()  # that it held then; rolled back here, since their locks would stand for ever


class _Stranger(Unloadable):
    """The server knows nobody of the officer's name."""


@dataclass(frozen=True, slots=True)
class Physical:
    """A copy on its way into a site."""

    cluster: Cluster
    aim: Aim
    site: Site

    @property
    def data(self) -> PurePosixPath:
        """The folder that the server will serve from."""
        return self.site.host.disk / "data"

    @property
    def log(self) -> PurePosixPath:
        """All of the log that there is, of the copy and of the archive."""
        return self.site.host.disk / "log"

    def bring(self) -> None:
        """Copy its files, and those of the archive, onto the site's disk."""
        host = self.site.host
        host.bring(self.cluster.path, self.data, without=self.cluster.unneeded)
        for within, folder in self.cluster.elsewhere.items():
            host.bring(folder, self.data / within)
        archive = host.disk / "archive"
        host.run(["mkdir", "-p", str(archive)], deadline=_ASK)
        if self.cluster.wal is not None:
            host.bring(self.cluster.wal, archive, without=self.cluster.unneeded)
        if self.cluster.unpacked is not None:
            host.bring(self.cluster.unpacked, archive)
        argv = ["/bin/sh", "-c", _GATHER, "sh", str(self.log), str(self.data / LOG), str(archive)]
        host.run(argv, deadline=_DEADLINE)

    def against_its_manifest(self) -> StepFailed | None:
        """What pg_verifybackup has against its files, those of the log left out; None where nothing."""
        argv = [self.site.program("pg_verifybackup"), "--no-parse-wal", str(self.data)]
        try:
            self.site.host.run(argv, deadline=_DEADLINE)
        except StepFailed as wrong:
            return wrong
        return None

    def start(self, control: Control) -> Arrival:
        """Replay, promote, and return when it takes writes. Unloadable where it cannot be brought up, with why."""
        self._configure()
        settings = {**_APART, "max_prepared_transactions": str(max(control.prepared, 0))}
        settings |= {**self._spaces(), **self._replaying(control)}
        try:
            self._launch(settings)
        except _Stranger:
            self._find_officer(settings)
            self._launch(settings)
        return self._arrived()

    def _launch(self, settings: Mapping[str, str]) -> None:
        """While it replays, a record of a new tablespace must not lead it to a folder of somebody else."""
        spaces = str(self.data / SPACES)
        self.site.host.run(["chmod", "0500", spaces], deadline=_ASK)
        try:
            self.site.launch(self.data, settings)
            wait_for(self.site, "the copy is brought up", self._is_up, _DEADLINE)
        except NotInTime:
            raise
        except StepFailed as ended:
            why = str(ended).partition("the server has ended: ")[2] or str(ended)
            hint = "its log ends: " + self.site.log_tail()
            if _UNREACHED in why:
                why = f"{why}: {self.aim.unreached}"
            if _ABROAD.search(hint):
                why = f"its log creates a tablespace that nothing here can hold ({why}): {LATER}"
                raise Unloadable(why, hint=hint, lacking=True) from ended
            raise Unloadable(why, hint=hint, lacking=bool(LACKING.search(hint))) from ended
        finally:
            self.site.host.run(["chmod", "0700", spaces], deadline=_ASK)

    def _find_officer(self, settings: Mapping[str, str]) -> None:
        """Whoever it was that initdb made: a server for one user lets him in without a name."""
        run = self.site.host.run
        run([self.site.program("pg_ctl"), "stop", "-D", str(self.data), "-m", "fast"], deadline=_DEADLINE)
        told = [word for name, setting in settings.items() for word in ("-c", f"{name}={setting}")]
        single = [self.site.program("postgres"), "--single", "-D", str(self.data), *told, "template1"]
        try:
            said = run(["/bin/sh", "-c", 'echo "$0" | "$@"', _WHO, *single], deadline=_ASK)
        except StepFailed as refused:
            if (for_good := _FOR_GOOD.search(str(refused))) is not None:
                raise _kept_out(for_good[1].partition(" | ")[0]) from refused
            raise
        if (found := _SAID.search(said)) is None:
            raise Unloadable("nobody knows who its superuser is", hint=" ".join(said.split())[-200:], lacking=True)
        self.site.officer = bytes.fromhex(found[1]).decode()
        self._let_in()

    def _configure(self) -> None:
        """Files of our own in the place of its own, and no trace of what it had been told to do."""
        host = self.site.host
        for name in ("postgresql.conf", "postgresql.auto.conf"):
            host.write(self.data / name, "")
        self._let_in()
        gone = ["recovery.signal", "standby.signal", "postmaster.pid", "postmaster.opts", "current_logfiles", MAP]
        slots = [str(self.data / "pg_replslot")]
        host.run(["rm", "-rf", *(str(self.data / name) for name in gone), *slots], deadline=_ASK)
        host.run(["mkdir", "-p", *(str(self.data / name) for name in _FOLDERS)], deadline=_ASK)
        host.run(["chmod", "-R", "go-rwx", str(self.data)], deadline=_DEADLINE)
        if not self._complete:
            host.write(self.data / "recovery.signal", "")

    def _let_in(self) -> None:
        """The officer, and nobody else, without a password: it is the site's own user who asks."""
        host, officer = self.site.host, quoted(self.site.officer)
        me = host.run(["id", "-un"], deadline=_ASK).strip()
        host.write(self.data / "pg_hba.conf", f"local all {officer} peer map={_MAP}\n{HBA}")
        host.write(self.data / "pg_ident.conf", f"{_MAP} {quoted(me)} {officer}\n")

    @property
    def _complete(self) -> bool:
        """Whether it is complete in itself: its server reads its own log to the end."""
        return self.cluster.wal is None and self.aim.latest

    def _replaying(self, control: Control) -> dict[str, str]:
        if self._complete:
            return {}
        archive = self.site.host.disk / "archive"
        return {"restore_command": fetching(archive, control.segment), **self.aim.settings}

    def _spaces(self) -> dict[str, str]:
        """Tablespaces are folders within the data folder here, where servers expect links."""
        held = self.site.host.run(["ls", str(self.data / SPACES)], deadline=_ASK).split()
        return {"allow_in_place_tablespaces": "on"} if held else {}

    def _is_up(self) -> bool:
        try:
            self._psql("-c", "select 1")
        except StepFailed as refused:
            if _STRANGER.search(str(refused)):
                raise _Stranger(str(refused), hint="", lacking=True) from refused
            if any(words in str(refused) for words in _NEVER):
                hint = "a copy in which its own superuser may log in can be looked at"
                raise Unloadable(f"{self.site.officer} is not let in: {refused}", hint=hint, lacking=True) from refused
            if (for_good := _FOR_GOOD.search(str(refused))) is not None:
                raise _kept_out(for_good[1]) from refused
            raise
        return True

    def _arrived(self) -> Arrival:
        """What it says of itself; from here on the console is open."""
        transaction, prepared = int(self._psql("-c", _ARRIVED)), self._without_prepared()
        secret = self.site.host.disk / "opening"
        order = sql.SQL("alter role {} login password {};\n").format(
            sql.Identifier(self.site.officer), sql.Literal(self.site.officers_password)
        )
        quick = "set scram_iterations = 1;\n" if self.site.major >= 16 else ""
        self.site.host.write(secret, quick + order.as_string(None))
        self._psql("-f", str(secret))
        self.site.host.write(secret, "")
        self.site.host.write(self.data / "pg_hba.conf", HBA)
        self._psql("-c", "select pg_reload_conf()")
        wait_for(self.site, "the console opens", self.site.is_writable, _ASK)
        log = self.site.host.read(self.site.log)
        redone, last = _REDO.findall(log), _LAST.findall(log)
        reached = place_of(redone[-1]) if redone else None
        return Arrival(transaction, reached, _time(last[-1]) if last else None, prepared)

    def _without_prepared(self) -> tuple[Prepared, ...]:
        """Those that it holds, which are rolled back: nobody sees what they did, and nobody need wait for them."""
        prepared, script = listed(self._psql("-c", _IN_UTF8, "-c", LISTED)), self.site.host.disk / "roll-back"
        self.site.host.write(script, ROLL_BACK)
        for database in sorted({each.database for each in prepared}):
            try:
                self._psql("-f", str(script), database=database)
            except StepFailed as refused:
                which = ", ".join(str(each) for each in prepared if each.database == database)
                says = f"prepared, and what it locks cannot be looked at, since it cannot be rolled back: {which}"
                raise Unloadable(f"{says}: {refused}", hint="", lacking=True) from refused
        return prepared

    def _psql(self, *what: str, database: str = "template1") -> str:
        argv = [self.site.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "--no-password"]
        return self.site.host.run(
            [*argv, *locally(self.site), *what, "-d", make_conninfo(dbname=database)], deadline=_ASK
        )


def _kept_out(says: str) -> Unloadable:
    """By what the server says for ever."""
    lacking = LACKING.search(says) is not None
    return Unloadable(f"nobody is let in: {f'{says}; {ELSEWHERE}' if lacking else says}", hint="", lacking=lacking)


def _time(said: str) -> datetime | None:
    """As the server's log writes it, in UTC."""
    try:
        return datetime.fromisoformat(said).replace(tzinfo=UTC)
    except ValueError:
        return None
