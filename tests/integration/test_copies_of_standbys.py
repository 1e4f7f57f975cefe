"""Copies that were taken of a standby: as good as those of its primary, and missed where they are damaged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drill import seals
from drill.clock import wait_until
from drill.hosts import binaries
from tests.fix_home import BANK, ROLES
from tests.fix_others import other_server
from tests.fix_victim import drill

_PAGE = 8192


@dataclass(frozen=True)
class Shelf:
    """A base backup of a standby, its data directory, and the seal of its primary."""

    folder: Path
    account: str  # the file of a table, below a data folder

    def verify(self, copy: Path) -> tuple[int, str]:
        words = ["verify", str(copy), "--seal", str(self.folder / "seal.json"), "--on", "embedded", "--quiet"]
        done = drill(*words)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    with other_server(binaries.find().folder) as (server, spare):
        for statement in (*ROLES.split("; "), "create database bank template template0"):
            server.execute(statement)
        server.execute(BANK, "bank")
        server.execute("vacuum freeze account", "bank")  # else whoever reads it has its pages written to the log
        server.back_up(folder / "early")
        server.execute("update account set balance = balance + 1 where id < 5", "bank")
        sealed = drill("seal", server.dsn(), "-o", str(folder / "seal.json"), "--quiesced")
        assert sealed.returncode == 0, sealed.stderr
        ((last,),) = server.ask("select pg_walfile_name(pg_switch_wal())")
        wait_until("the log is archived", (server.archive / str(last)).is_file, deadline=60, hint="see its log")
        spare.host.bring(folder / "early", spare.host.disk / "data")
        spare.host.bring(Path(server.archive), spare.host.disk / "archive")
        spare.host.write(spare.host.disk / "data" / "standby.signal", "")
        fetch = {"restore_command": f"cp {spare.archive}/%f %p", "hot_standby": "on", "archive_mode": "off"}
        spare.start(fetch)
        place = seals.read(folder / "seal.json").ended.lsn
        there = f"select pg_last_wal_replay_lsn() >= '{place}'"
        wait_until("it is replayed", lambda: spare.ask(there) == [(True,)], deadline=60, hint="see the standby's log")
        spare.back_up(folder / "backup")
        spare.stop()
        shutil.copytree(spare.data, folder / "stopped")
        ((account,),) = server.ask("select pg_relation_filepath('account')", "bank")
        yield Shelf(folder, account)


@pytest.mark.parametrize("copy", ["backup", "stopped"])
def test_a_copy_of_a_standby_is_met_and_missed_where_a_page_of_it_is_lost(
    copy: str, shelf: Shelf, tmp_path: Path
) -> None:
    code, told = shelf.verify(shelf.folder / copy)
    assert code == 0, told
    damaged = tmp_path / "copy"
    shutil.copytree(shelf.folder / copy, damaged)
    (damaged / "backup_manifest").unlink(missing_ok=True)
    with (damaged / shelf.account).open("r+b") as file:
        file.seek(_PAGE)
        file.write(bytes(_PAGE))
    code, told = shelf.verify(damaged)
    assert code == 1, told
    assert "content: differ: public.account (" in told
