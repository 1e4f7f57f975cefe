"""Bringing a physical copy up on a site that is empty: nothing of its own configuration is obeyed there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from psycopg import sql

from drill.errors import NotInTime, StepFailed, Unloadable
from drill.sites.control import Control
from drill.sites.fetching import fetching
from drill.sites.living import wait_for
from drill.sites.settings import HBA
from drill.sites.wal import place_of

if TYPE_CHECKING:
    from drill.clusters import Aim, Cluster
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
    **{"archive_mode": "off", "archive_command": "", "primary_conninfo": "", "primary_slot_name": ""},
    **{"synchronous_standby_names": "", "shared_preload_libraries": "", "session_preload_libraries": ""},
    **{"local_preload_libraries": "", "max_logical_replication_workers": "0", "autovacuum": "off"},
    **{"hot_standby": "off", "recovery_target_action": "promote", "recovery_init_sync_method": "syncfs"},
    **{"zero_damaged_pages": "off", "ignore_checksum_failure": "off", "ignore_invalid_pages": "off"},
    **{"ignore_system_indexes": "off", "ssl": "off", "fsync": "off", "full_page_writes": "off"},
}
_LACKING = re.compile(
    r"incompatible with (?:server|operating system)|not supported by (?:this )?build|could not access file|"
    r"could not load library|unrecognized configuration parameter|insufficient parameter settings|"
    r"requested recovery stop point is before consistent recovery point"
)
_NEVER = ("does not exist", "authentication failed")  # what a server says that will not think better of it
_REDO = re.compile(r"redo done at ([0-9A-F]+/[0-9A-F]+)")
_LAST = re.compile(r"last completed transaction was at log time (\S+ \S+)")
_ARRIVED = """
select json_build_array(pg_snapshot_xmax(pg_current_snapshot())::text, timeline_id) from pg_control_checkpoint()
"""
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
    timeline: int
    redone: int | None  # where the last record that was replayed starts; None where none had to be
    last_commit: str  # by its own clock; "" where none was replayed


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
        host.bring(self.cluster.path, self.data)
        archive = host.disk / "archive"
        host.run(["mkdir", "-p", str(archive)], deadline=_ASK)
        if self.cluster.wal is not None:
            host.bring(self.cluster.wal, archive)
        argv = ["/bin/sh", "-c", _GATHER, "sh", str(self.log), str(self.data / "pg_wal"), str(archive)]
        host.run(argv, deadline=_DEADLINE)

    def start(self, control: Control) -> Arrival:
        """Replay, promote, and return when it takes writes. Unloadable where it cannot be brought up, with why."""
        self._configure()
        self.site.cluster_of = self.site.name
        settings = {**_APART, "max_prepared_transactions": str(max(control.prepared, 0)), **self._replaying()}
        self.site.launch(self.data, settings)
        try:
            wait_for(self.site, "the copy is brought up", self._is_up, _DEADLINE)
        except NotInTime:
            raise
        except StepFailed as ended:
            why = str(ended).partition("the server has ended: ")[2] or str(ended)
            hint = "its log ends: " + self.site.log_tail()
            raise Unloadable(why, hint=hint, lacking=bool(_LACKING.search(hint))) from ended
        return self._arrived()

    def _configure(self) -> None:
        """Files of our own in the place of its own, and no trace of what it had been told to do."""
        host, me = self.site.host, self.site.host.run(["id", "-un"], deadline=_ASK).strip()
        mine = f"local all {_quoted(self.site.officer)} peer map={_MAP}\n"
        for name, text in {
            "postgresql.conf": "",
            "postgresql.auto.conf": "",
            "pg_hba.conf": mine + HBA,
            "pg_ident.conf": f"{_MAP} {_quoted(me)} {_quoted(self.site.officer)}\n",
        }.items():
            host.write(self.data / name, text)
        gone = ["recovery.signal", "standby.signal", "postmaster.pid", "postmaster.opts", "current_logfiles"]
        slots = [str(self.data / "pg_replslot")]
        host.run(["rm", "-rf", *(str(self.data / name) for name in gone), *slots], deadline=_ASK)
        host.run(["mkdir", "-p", *(str(self.data / name) for name in _FOLDERS)], deadline=_ASK)
        host.run(["chmod", "-R", "go-rwx", str(self.data)], deadline=_DEADLINE)
        if self._replaying():
            host.write(self.data / "recovery.signal", "")

    def _replaying(self) -> dict[str, str]:
        """Nothing for a copy that is complete in itself: its server reads its own log to the end."""
        if self.cluster.wal is None and self.aim.latest:
            return {}
        archive = self.site.host.disk / "archive"
        return {"restore_command": fetching(archive, histories=True), **self.aim.settings}

    def _is_up(self) -> bool:
        try:
            self._psql("-c", "select 1")
        except StepFailed as refused:
            if any(words in str(refused) for words in _NEVER):
                hint = "a seal of its server tells who its superuser is: --seal FILE"
                raise Unloadable(f"{self.site.officer} is not let in: {refused}", hint=hint, lacking=True) from refused
            raise
        return True

    def _arrived(self) -> Arrival:
        """What it says of itself; from here on the console is open."""
        transaction, timeline = (each.strip(' "') for each in self._psql("-c", _ARRIVED).strip().strip("[]").split(","))
        secret = self.site.host.disk / "opening"
        order = sql.SQL("alter role {} login password {};\n").format(
            sql.Identifier(self.site.officer), sql.Literal(self.site.officers_password)
        )
        self.site.host.write(secret, "set scram_iterations = 1;\n" + order.as_string(None))
        self._psql("-f", str(secret))
        self.site.host.write(secret, "")
        self.site.host.write(self.data / "pg_hba.conf", HBA)
        self._psql("-c", "select pg_reload_conf()")
        wait_for(self.site, "the console opens", self.site.is_writable, _ASK)
        log = self.site.host.read(self.site.log)
        redone, last = _REDO.findall(log), _LAST.findall(log)
        reached = place_of(redone[-1]) if redone else None
        return Arrival(int(transaction), int(timeline), reached, last[-1] if last else "")

    def _psql(self, *what: str) -> str:
        listens = self.site.host.listens
        where = ["-h", listens["unix_socket_directories"], "-p", listens["port"], "-U", self.site.officer]
        argv = [self.site.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "--no-password"]
        return self.site.host.run([*argv, *where, "-d", "template1", *what], deadline=_ASK)


def _quoted(name: str) -> str:
    """As a word of pg_hba.conf; a name in quotes is none of its keywords."""
    return '"' + name.replace('"', '""') + '"'
