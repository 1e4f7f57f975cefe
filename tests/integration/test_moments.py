"""Of which moment a physical copy is: later than its seal, on another timeline, not as far as it was to be."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.hosts.process import ProcessPremises
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.sites.control import Control
from drill.sites.keys import Keys
from drill.sites.physical import Physical
from drill.sites.wal import place_of
from drill.verdict import Verdict
from drill.verified import Verified
from tests.fix_home import ARCHIVING, bare, create_bank, lone, origin_of, stop_in_order

# What may happen lawfully after a seal, each in a transaction of its own.
LATER = (
    "drop table entry",
    "drop index by_owner",
    "create table fresh (i int primary key)",
    "alter table account add column since date",
    "alter table account drop constraint account_balance_check",
    "drop function twice",
    "vacuum full pg_class",
    "insert into account (id, owner, balance) overriding system value values (999, 'x', 1)",
    "create role newcomer",
    "drop role idle",
    "drop database doomed",
    "alter database passing rename to passed",
    "create database another",
)


@dataclass(frozen=True)
class Past:
    """A server's base backup, its archived log from there on, a seal in the middle of that, and a later backup."""

    folder: Path
    sealed: Sealed
    before: str  # a place in the log before the seal
    premises: ProcessPremises
    keys: Keys

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def late(self) -> Path:
        return self.folder / "late"

    def verify(
        self, copy: Path, wal: Path | None, target: str = "latest", *, expect_after: datetime | None = None
    ) -> Verified:
        cluster = Cluster.recognised(copy, wal)
        assert cluster is not None
        verification = ClusterVerification(cluster, Aim.named(target), self.sealed, self.premises, expect_after)
        return verification.run(lambda _: None)

    def promote(self, target: str, to: Path) -> None:
        """The data folder of a server that was brought up there, and stopped in order on its own timeline."""
        with bare(self.premises) as site:
            cluster = Cluster.recognised(self.backup, self.archive)
            assert cluster is not None
            physical = Physical(cluster, Aim.named(target), site)
            physical.bring()
            physical.start(Control.read(site, physical.data))
            with site.console("bank") as console:
                console.execute("insert into account (owner, balance) values ('elsewhere', 1)")
            stop_in_order(site)
            shutil.copytree(str(physical.data), to)


@pytest.fixture(scope="module")
def past(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder = tmp_path_factory.mktemp("past")
    with lone(embedded_premises, ARCHIVING) as site:
        create_bank(site, "bank")
        with site.console() as console:
            for statement in ("create role idle", "create database doomed", "create database passing"):
                console.execute(statement)
        with site.console("bank") as console:
            console.execute("create index by_owner on account (owner)")
        origin = origin_of(site, folder)

        def back_up(name: str) -> None:
            argv = [site.program("pg_basebackup"), "-D", str(folder / name), "-c", "fast", "-d", origin.dsn]
            subprocess.run(argv, check=True, timeout=60, capture_output=True)

        back_up("backup")
        for _ in range(2):
            with site.console("bank") as console:
                console.execute("update account set balance = balance + 1 where id < 50")
                console.execute("select pg_switch_wal()")
        ((before,),) = site.ask("select pg_current_wal_insert_lsn()::text")
        with site.console("bank") as console:
            console.execute("update account set balance = balance + 1 where id < 50")
        sealed = Sealing(origin, How.QUIESCED, restore_point="sealed", nonce=True).take(lambda _: None)
        with site.console("bank") as console:
            for statement in LATER:
                console.execute(statement.encode())
            console.execute("select pg_switch_wal()")
        back_up("late")
        stop_in_order(site)
        shutil.copytree(str(site.host.disk / "archive"), folder / "archive")
        yield Past(folder, sealed, str(before), embedded_premises, site.keys)


def by(verified: Verified, verdict: Verdict) -> dict[tuple[str, str], str]:
    return {(f.register, f.check): f.actual for f in verified.findings if f.verdict is verdict}


def test_nothing_that_happened_after_the_seal_is_missed(past: Past) -> None:
    verified = past.verify(past.backup, past.archive)
    assert by(verified, Verdict.MISSED) == {}
    unknown = by(verified, Verdict.UNKNOWN)
    of_bank = {check for register, check in unknown if register == "bank"}
    assert {"content", "schema", "constraints", "indexes"} <= of_bank
    assert {("copy", "roles"), ("doomed", "restored"), ("passing", "restored")} <= unknown.keys()
    assert not {check for register, check in unknown if register == "postgres"}
    assert verified.exit_code == 3


@pytest.mark.parametrize("target", ["name:sealed", "lsn", "time"])
def test_at_the_moment_of_the_seal_all_of_it_is_met(target: str, past: Past) -> None:
    places = {"lsn": f"lsn:{past.sealed.ended.lsn}", "time": f"time:{past.sealed.ended.at.isoformat()}"}
    verified = past.verify(past.backup, past.archive, places.get(target, target))
    assert (by(verified, Verdict.MISSED), by(verified, Verdict.UNKNOWN)) == ({}, {})


def test_what_the_moment_of_the_seal_lacks_is_missed(past: Past) -> None:
    """As if the server had had more: a copy of the very moment is held against that."""
    bank = past.sealed.databases["bank"]
    structure = replace(bank.structure, indexes={**bank.structure.indexes, "lost: create index lost": True})
    tables = {**bank.tables, "public.lost": bank.tables["public.account"]}
    more = {**past.sealed.databases, "bank": replace(bank, structure=structure, tables=tables), "lost": bank}
    roles = {**past.sealed.shared, "roles": {**past.sealed.shared["roles"], "lost": "f"}}
    verified = replace(past, sealed=replace(past.sealed, databases=more, shared=roles)).verify(
        past.backup, past.archive, "name:sealed"
    )
    due = {("bank", "content"), ("bank", "indexes"), ("lost", "restored"), ("copy", "roles")}
    assert due <= by(verified, Verdict.MISSED).keys()


@pytest.mark.parametrize(
    ("target", "lacks"),
    [
        ("name:nobody-made-it", "no restore point nobody-made-it"),
        ("lsn:FF/0", "ends before FF/0"),
        ("time", "before 2"),
    ],
)
def test_a_point_that_the_log_does_not_reach_is_missed(target: str, lacks: str, past: Past) -> None:
    later = f"time:{(past.sealed.ended.at + timedelta(days=1)).isoformat()}"
    verified = past.verify(past.backup, past.archive, later if target == "time" else target)
    told = by(verified, Verdict.MISSED)[("copy", "restored")]
    assert "recovery target" in told
    assert lacks in told
    assert verified.exit_code == 1


def test_a_copy_older_than_expected_is_missed(past: Past) -> None:
    sealed_at, target = past.sealed.ended.at, f"lsn:{past.before}"
    old = past.verify(past.backup, past.archive, target, expect_after=sealed_at + timedelta(seconds=1))
    assert ("copy", "freshness") in by(old, Verdict.MISSED)


def test_a_timeline_that_left_before_the_seal_is_missed_and_one_that_left_later_is_not(
    past: Past, tmp_path: Path
) -> None:
    past.promote(f"lsn:{past.before}", tmp_path / "before")
    verified = past.verify(tmp_path / "before", None)
    assert "left timeline 1" in by(verified, Verdict.MISSED)[("copy", "timeline")]
    assert "was not on timeline 1 there" in by(verified, Verdict.UNKNOWN)[("copy", "nonce")]

    past.promote("name:sealed", tmp_path / "after")
    verified = past.verify(tmp_path / "after", None)
    assert by(verified, Verdict.MISSED) == {}  # not for the manifest either, which is of the backup that it once was
    assert ("copy", "timeline") in by(verified, Verdict.MET)


def test_the_log_of_an_earlier_timeline_must_be_whole_too(past: Past, tmp_path: Path) -> None:
    past.promote("name:sealed", tmp_path / "promoted")
    whole, hole, rot = (tmp_path / name for name in ("whole", "hole", "rot"))
    shutil.copytree(past.archive, whole)
    for file in (tmp_path / "promoted" / "pg_wal").glob("00000002*"):
        shutil.copy(file, whole)
    verified = past.verify(past.backup, whole)
    assert by(verified, Verdict.MISSED) == {}
    assert by(verified, Verdict.MET)[("copy", "timeline")] == "timeline 2"
    assert by(verified, Verdict.MET)[("copy", "nonce")] == "found"

    begins = sorted((past.backup / "pg_wal").glob("0*"))[-1].name
    second = sorted(path.name for path in whole.glob("00000001" + "?" * 16) if path.name > begins)[0]
    shutil.copytree(whole, hole)
    (hole / second).unlink()
    holed = past.verify(past.backup, hole)
    told = by(holed, Verdict.MISSED)[("copy", "log")]
    assert f"a hole: segment {second} is missing, before timeline 1 was left" in told
    assert by(holed, Verdict.UNKNOWN)[("copy", "nonce")] == "its log cannot be read"

    shutil.copytree(whole, rot)
    with (rot / second).open("r+b") as segment:
        segment.seek(24576)
        segment.write(bytes(8192))
    missed = by(past.verify(past.backup, rot), Verdict.MISSED)
    assert {("copy", "replay"), ("copy", "restored")} & missed.keys()


# -- the nonce ---------------------------------------------------------------------------------------------------------


def cloned(past: Past, to: Path) -> None:
    """The archive of a server that somebody made of the backup and let go its own way, on the same timeline."""
    with bare(past.premises, past.keys) as site:
        data = site.host.disk / "data"
        site.host.bring(past.backup, data)
        site.start(data, {**ARCHIVING, "fsync": "off"}, cluster_of="home")
        place, due = 0, place_of(past.sealed.nonce_lsn or "")
        while place <= due:
            with site.console("bank") as console:
                console.execute("update account set balance = balance + 1 where id < 50")
                console.execute("select pg_switch_wal()")
                ((lsn,),) = console.execute("select pg_current_wal_lsn()::text").fetchall()
            place = place_of(str(lsn))
        stop_in_order(site)
        shutil.copytree(str(site.host.disk / "archive"), to)


def test_the_log_of_a_clone_holds_no_nonce_and_is_missed(past: Past, tmp_path: Path) -> None:
    """All else about it is as of the sealed server: its number, its timeline, how far it goes."""
    cloned(past, tmp_path / "clone")
    verified = past.verify(past.backup, tmp_path / "clone")
    missed, met = by(verified, Verdict.MISSED), by(verified, Verdict.MET)
    assert missed[("copy", "nonce")].startswith("not found")
    assert {("copy", "identity"), ("copy", "timeline"), ("copy", "log")} <= met.keys()
    assert verified.exit_code == 1


def test_a_copy_of_before_the_nonce_tells_nothing_of_it(past: Past) -> None:
    verified = past.verify(past.backup, None)
    assert by(verified, Verdict.UNKNOWN)[("copy", "nonce")].endswith("before that was written")
    assert by(verified, Verdict.MISSED) == {}


def test_of_a_later_copy_an_archive_that_goes_further_back_tells_it(past: Past) -> None:
    alone = past.verify(past.late, None)
    told = by(alone, Verdict.UNKNOWN)[("copy", "nonce")]
    assert "it does not go back to segment" in told
    assert told.endswith("; name an archive that goes back to it: --wal DIR")
    assert by(past.verify(past.late, past.archive), Verdict.MET)[("copy", "nonce")] == "found"

    other = replace(past, sealed=replace(past.sealed, nonce="7" * 32))  # and what the copy does not need is not missed
    told = by(other.verify(past.late, past.archive), Verdict.UNKNOWN)[("copy", "nonce")]
    assert "not found in log that the copy does not need" in told
