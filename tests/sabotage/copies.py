"""One sealed server, and a clean copy of it of every kind; whoever damages one is given another."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from drill.clock import wait_until
from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.dumpfile import sha256
from drill.hosts import Premises, binaries
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.sites.origin import Origin
from drill.sites.site import Site
from drill.verification import Verification
from drill.verified import Verified
from tests.fix_home import ARCHIVING, bare, create_bank, lone, origin_of, stop_in_order

BANK, DRAFT = "bank", "draft"
NIGHTLY, EARLIER = "nightly", "earlier"  # restore points
SETTINGS = {**ARCHIVING, "autovacuum": "off", "min_wal_size": "32MB", "max_wal_size": "48MB"}
_MORE = Path(__file__).with_name("bank.sql").read_text()
# What is written between the early backup and the seal, each turn into a segment of its own.
_TURN = """
update account set balance = balance + 1;
insert into entry (account) select i from generate_series(1, 20) i;
insert into word select 10000 + {0} * 1000 + i, md5('later' || {0} || i) from generate_series(1, 300) i;
delete from word where id between {0} * 10 and {0} * 10 + 5;
update letter set body = body || '!' where id % 4 = {0} % 4;
update former set n = n - 1 where n > -50;
"""
_FILES = """
select c.oid::regclass::text, pg_relation_filepath(c.oid) from pg_class c where c.relkind in ('r', 'i', 'S', 'm', 't')
union all
select c.oid::regclass || ' toast', pg_relation_filepath(c.reltoastrelid) from pg_class c where c.reltoastrelid <> 0
"""


class Kind(StrEnum):
    """What a copy is, in the words of the page."""

    CUSTOM = "custom dump"
    PLAIN = "plain dump"
    DIRECTORY = "directory dump"
    BASE = "base backup"
    ARCHIVE = "base backup and archive"
    STOPPED = "data directory"

    @property
    def physical(self) -> bool:
        """Whether it is of files of a server."""
        return self in (Kind.BASE, Kind.ARCHIVE, Kind.STOPPED)


DUMPS: Mapping[Kind, tuple[str, Sequence[str]]] = {  # what the dump is called, and how it is made
    Kind.CUSTOM: (f"{BANK}.dump", ["-Fc"]),
    Kind.PLAIN: (f"{BANK}.sql", ["-Fp"]),
    Kind.DIRECTORY: (BANK, ["-Fd", "-Z0"]),
}


@dataclass(frozen=True)
class Vault:
    """The server, which still runs, a machine to bring copies up on, and the clean copies."""

    folder: Path
    home: Site
    scratch: Site
    premises: Premises
    origin: Origin
    sealed: Sealed
    dumped: Sealed
    files: Mapping[str, str]  # by relation of the bank: its file, below a data folder
    since: datetime  # the last turn was taken later

    def copy(self, kind: Kind, to: Path) -> Copy:
        """A clean copy of that kind in a folder of its own."""
        path = to / "copy"
        shutil.copytree(self.folder / kind.name.lower(), path)
        if not kind.physical:
            return Copy(self, kind, path, self.dumped)
        wal = to / "archive" if kind is Kind.ARCHIVE else None
        if wal is not None:
            shutil.copytree(self.folder / "wal", wal)
        only = {name: seal for name, seal in self.sealed.databases.items() if name == BANK}
        sealed = replace(self.sealed, databases=only)
        if wal is None:  # its own log begins after the seal
            sealed = replace(sealed, nonce=None, nonce_lsn=None)
        return Copy(self, kind, path, sealed, wal)

    def dump(self, database: str, to: Path, *options: str) -> None:
        """As everybody does."""
        self.tool("pg_dump", *options, "-f", str(to), "-d", self.origin.conninfo(database))

    def toast_index(self, table: str) -> str:
        """The index of a table's long values."""
        query = "select indexrelid::regclass::text from pg_index join pg_class c on c.reltoastrelid = indrelid"
        ((name,),) = self.home.ask(f"{query} where c.relname = %s", (table,), BANK)
        return str(name)

    def tool(self, program: str, *words: str) -> None:
        argv = [self.home.program(program), *words]
        subprocess.run(argv, check=True, timeout=60, capture_output=True)


@dataclass
class Copy:
    """A copy that may be damaged, and how it is going to be verified."""

    vault: Vault
    kind: Kind
    path: Path
    sealed: Sealed
    wal: Path | None = None
    aim: str = "latest"
    after: datetime | None = None
    listed: bool = True  # the files of a dump as they are now are those that were sealed

    @property
    def dump(self) -> Path:
        """The dump of the bank, where it is a dump."""
        return self.path / DUMPS[self.kind][0]

    def file(self, relation: str, fork: str = "") -> Path:
        """The file of a relation of the bank."""
        return self.path / f"{self.vault.files[relation]}{fork}"

    def segments(self, timeline: int) -> list[Path]:
        """Of the archive."""
        assert self.wal is not None
        return sorted(path for path in self.wal.iterdir() if len(path.name) == 24 and int(path.name[:8]) == timeline)

    def verify(self) -> Verified:
        """By the program that is on trial."""
        if self.kind.physical:
            cluster = Cluster.recognised(self.path, self.wal)
            assert cluster is not None
            aim, premises = Aim.named(self.aim), self.vault.premises
            return ClusterVerification(cluster, aim, self.sealed, premises, self.after).run(lambda _: None)
        sealed = replace(self.sealed, dump=_fingerprints(self.path)) if self.listed else self.sealed
        return Verification(Offered.recognised(self.path), sealed, self.vault.premises).run(lambda _: None)


def _fingerprints(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}


@contextmanager
def vault_of(premises: Premises, folder: Path) -> Iterator[Vault]:
    """The server lives on two timelines, is sealed while nobody writes, and copied in every way."""
    with lone(premises, SETTINGS) as home, bare(premises, home.keys) as scratch:
        _fill(home)
        origin = origin_of(home, folder)
        _back_up_while_written_to(home, folder / "archive")
        _turn(home, 1)
        first = datetime.now(UTC)
        _fail_over(home)
        _turn(home, 2)
        home.ask("select pg_create_restore_point(%s)", (EARLIER,))
        _turn(home, 3)
        wait_until("another second", lambda: _this_second() > first, deadline=5, hint="does the clock go?")
        since = _this_second()
        _turn(home, 4)
        home.ask("select count(*) from account", database=BANK)
        sealed = Sealing(origin, How.QUIESCED, (BANK, DRAFT), restore_point=NIGHTLY, nonce=True).take(lambda _: None)
        (folder / "custom").mkdir()
        dumping = Sealing(origin, How.DUMPED, (BANK,), folder / "custom", binaries.find().folder)
        files = {str(name): str(path) for name, path in home.ask(_FILES, database=BANK)}
        vault = Vault(folder, home, scratch, premises, origin, sealed, dumping.take(lambda _: None), files, since)
        _dump_in_other_forms(vault)
        vault.tool("pg_basebackup", "-D", str(folder / "base"), "-c", "fast", "--manifest-checksums=sha256",
                   "-d", origin.dsn)  # fmt: skip
        home.ask("select pg_switch_wal()")
        stop_in_order(home)
        shutil.copytree(str(home.host.disk / "archive"), folder / "wal")
        shutil.copytree(str(home.data), folder / "stopped")
        assert home.data is not None
        home.start(home.data, {"fsync": "off", "autovacuum": "off"})
        yield vault


def _this_second() -> datetime:
    """When it began: of a checkpoint no more is known."""
    return datetime.now(UTC).replace(microsecond=0)


def _fill(home: Site) -> None:
    create_bank(home, BANK)
    with home.console(BANK) as console:
        console.execute(_MORE.encode())
        console.execute("vacuum (freeze, analyze)")
    with home.console() as console:
        console.execute("alter role clerk set work_mem = '5MB'")
    _entangle(home)


def _entangle(home: Site) -> None:
    """A row that two transactions had hold of, one of which changed it in vain: only a multixact tells what it is."""
    with home.console(BANK) as one, home.console(BANK) as two:
        for console in (one, two):
            console.execute("begin")
        one.execute("select from tally where n = 77 for key share")
        two.execute("update tally set name = 'never' where n = 77")
        two.execute("rollback")
        one.execute("commit")


def _back_up_while_written_to(home: Site, to: Path) -> None:
    """By hand, as scripts do: what is written meanwhile its label and the log make good."""
    left = shutil.ignore_patterns("postmaster.*", "0000000*", "archive_status")
    with home.console(BANK) as console:
        console.execute("select pg_backup_start('by hand', true)")
        shutil.copytree(str(home.data), to, ignore=left)
        console.execute("update account set balance = balance + 1")
        console.execute("checkpoint")
        assert home.data is not None
        shutil.copy(str(home.data / "global" / "pg_control"), to / "global" / "pg_control")
        (label,) = console.execute("select labelfile from pg_backup_stop()").fetchone() or ("",)
    (to / "backup_label").write_text(label)


def _turn(home: Site, number: int) -> None:
    with home.console(BANK) as console:
        console.execute(_TURN.format(number).encode())
        console.execute("select pg_switch_wal()")


def _fail_over(home: Site) -> None:
    """To a second timeline."""
    stop_in_order(home)
    data = home.data
    assert data is not None
    home.host.write(data / "standby.signal", "")
    home.start(data, {"fsync": "off", **SETTINGS})
    home.promote(deadline=60)
    with home.console() as console:
        console.execute(f"create database {DRAFT}".encode())
    with home.console(DRAFT) as console:
        console.execute("create unlogged table jotted as select generate_series(1, 50) as i")


def _dump_in_other_forms(vault: Vault) -> None:
    for kind, (name, options) in DUMPS.items():
        folder = vault.folder / kind.name.lower()
        folder.mkdir(exist_ok=True)
        if kind is not Kind.CUSTOM:
            vault.dump(BANK, folder / name, *options)
            shutil.copy(vault.folder / "custom" / "globals.sql", folder)
