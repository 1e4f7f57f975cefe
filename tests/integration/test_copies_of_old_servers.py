"""Copies of servers of other versions: met by their own programs as they were made, and missed where damaged."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drill import seals
from drill.clock import wait_until
from drill.seals import Sealed
from tests.fix_home import BANK, ROLES
from tests.fix_others import NONE, Other, other_server, others, version_in
from tests.fix_victim import drill

_PAGE = 8192
# Of what its programs lack, nobody can say anything: amcheck and pg_visibility are not in every distribution.
_OF_EXTENSIONS = {"heap", "btree", "visibility"}
# What is declared of a document no dump writes; a server without XML has none.
_PAPERS = """
do $$ begin
  create table paper (body xml);
  insert into paper values ('<?xml version="1.0" encoding="UTF-8"?><a/>'), ('<b/>'), (null), ('');
exception when feature_not_supported then null;
end $$
"""
_PREPARED = {"max_prepared_transactions": "5"}


@dataclass(frozen=True)
class Shelf:
    """Copies of a bank, and its seals in every mode."""

    folder: Path
    programs: Path
    account: str  # the file of a table, below a data folder
    by_owner: str  # that of an index

    def sealed(self, seal: str) -> Sealed:
        return seals.read(self.folder / f"{seal}.json")

    def verify(self, copy: str | Path, seal: str, *options: str, programs: Path | None = None) -> tuple[int, Any]:
        """The exit code, and each finding that is not met: (register, check) -> (verdict, actual)."""
        words = ["verify", str(self.folder / copy), "--seal", str(self.folder / f"{seal}.json"), "--on", "embedded"]
        words += ["--json", "-", "--pg-bin", str(programs or self.programs), *options]
        done = drill(*words)
        assert done.returncode in (0, 1, 3), done.stderr
        findings = [f for f in json.loads(done.stdout)["findings"] if f["verdict"] != "met"]
        lacking = self._lacking(findings)
        told = {(f["register"], f["check"]): (f["verdict"], f["actual"]) for f in findings if f not in lacking}
        return (0 if lacking and not told else done.returncode), told

    def _lacking(self, findings: list[Any]) -> list[Any]:
        return [f for f in findings if f["check"] in _OF_EXTENSIONS and "could not access file" in f["actual"]]


@pytest.fixture(scope="module", params=others() or (None,), ids=lambda f: version_in(f) if f else "none")
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    if request.param is None:
        pytest.skip(NONE)
    folder, programs = tmp_path_factory.mktemp("shelf"), request.param
    with other_server(programs, _PREPARED) as (server, spare):
        _fill(server)
        server.back_up(folder / "early")
        for _ in range(2):
            server.execute("update account set balance = balance + 1 where id < 50", "bank")
            server.execute("select pg_switch_wal()")
        _seal(server, folder, "busy")
        dumping = ["--with-dump", str(folder / "nightly"), "--portable", "--pg-bin", str(programs)]
        _seal(server, folder, "dumped", *dumping)
        _seal(server, folder, "quiet", "--quiesced", "--restore-point", "sealed", "--buckets")
        server.back_up(folder / "late")
        server.back_up(folder / "tars", "-Ft", "-z")
        server.stop()
        shutil.copytree(server.data, folder / "stopped")
        server.start(_PREPARED)
        server.execute("insert into entry (account) values (1)", "bank")
        _archived(server, folder / "archive")
        _standing_still(spare, folder)
        _seal(spare, folder, "paused", "--on-paused-standby")
        ((account,),) = server.ask("select pg_relation_filepath('account')", "bank")
        ((by_owner,),) = server.ask("select pg_relation_filepath('by_owner')", "bank")
        yield Shelf(folder, programs, account, by_owner)


def _fill(server: Other) -> None:
    for statement in ROLES.split("; "):
        server.execute(statement)
    server.execute("create database bank template template0")
    server.execute(BANK, "bank")
    server.execute("create index by_owner on account (owner)", "bank")
    server.execute(_PAPERS, "bank")


def _seal(server: Other, folder: Path, name: str, *options: str) -> None:
    done = drill("seal", server.dsn(), "-o", str(folder / f"{name}.json"), *options)
    assert done.returncode == 0, done.stderr


def _archived(server: Other, to: Path) -> None:
    """All of its log so far."""
    ((last,),) = server.ask("select pg_walfile_name(pg_switch_wal())")
    wait_until("the log is archived", (server.archive / str(last)).is_file, deadline=60, hint="see the server's log")
    shutil.copytree(server.archive, to)


def _standing_still(spare: Other, folder: Path) -> None:
    """A standby that has replayed up to where the server was sealed while it was quiet."""
    spare.host.bring(folder / "early", spare.host.disk / "data")
    spare.host.bring(folder / "archive", spare.host.disk / "archive")
    spare.host.write(spare.host.disk / "data" / "standby.signal", "")
    fetch = {"restore_command": f"cp {spare.archive}/%f %p", "hot_standby": "on", "archive_mode": "off"}
    spare.start({**_PREPARED, **fetch, "recovery_target_name": "sealed", "recovery_target_action": "pause"})

    def paused() -> bool:
        return spare.ask("select pg_get_wal_replay_pause_state()") == [("paused",)]

    wait_until("replay pauses", paused, deadline=60, hint="see its log")


@pytest.mark.parametrize(
    ("copy", "seal"),
    [("late", "quiet"), ("late", "busy"), ("tars", "quiet"), ("stopped", "quiet"), ("nightly", "dumped")],
)
def test_what_was_copied_is_met_by_its_own_programs(copy: str, seal: str, shelf: Shelf) -> None:
    assert shelf.verify(copy, seal) == (0, {})


@pytest.mark.parametrize("seal", ["quiet", "paused"])
def test_its_log_is_replayed_to_where_it_was_sealed(seal: str, shelf: Shelf) -> None:
    quiet = shelf.sealed("quiet")
    point = str(quiet.restore_point_lsn)
    for target in ("name:sealed", f"lsn:{point}", f"time:{quiet.ended.at.isoformat()}"):
        assert shelf.verify("early", seal, "--wal", str(shelf.folder / "archive"), "--target", target) == (0, {}), (
            target
        )
    code, later = shelf.verify("early", seal, "--wal", str(shelf.folder / "archive"))
    content = ("unknown", "public.entry: it was written to after the seal")
    assert (code, later) == (3, {("bank", "content"): content})


@pytest.mark.parametrize(("expected", "code"), [("2020-01-01T00:00:00+00:00", 0), ("2100-01-01T00:00:00+00:00", 1)])
def test_how_new_it_is_is_told(expected: str, code: int, shelf: Shelf) -> None:
    found, told = shelf.verify("late", "quiet", "--expect-after", expected)
    assert (found, list(told)) == (code, [("copy", "freshness")] if code else [])


def _zeroed(copy: Path, shelf: Shelf) -> None:
    with (copy / shelf.account).open("r+b") as file:
        file.write(bytes(_PAGE))


def _emptied(copy: Path, shelf: Shelf) -> None:
    (copy / shelf.account).write_bytes(b"")


def _index_lost(copy: Path, shelf: Shelf) -> None:
    (copy / shelf.by_owner).unlink()


def _no_log(copy: Path, _: Shelf) -> None:
    for segment in (copy / "pg_wal").glob("0*"):
        segment.unlink()


def _log_cut(copy: Path, _: Shelf) -> None:
    for segment in (copy / "pg_wal").glob("0*"):
        if segment.is_file():
            segment.write_bytes(segment.read_bytes()[:100_000])


@pytest.mark.parametrize(
    ("copy", "harm", "says"),
    [
        ("late", _zeroed, r"content: differ: public\.account \(\d+ rows instead of 500\)"),
        (
            "late",
            _emptied,
            r"content: differ: public\.account \(0 rows instead of 500\)|restored: .*could not read block",
        ),
        ("late", _index_lost, r"could not open file"),
        ("late", _no_log, r"log: the archive: "),
        ("late", _log_cut, r"log: the archive: \w+ is cut short: 100000 bytes of 16777216"),
        ("stopped", _zeroed, r"content: differ: public\.account \(\d+ rows instead of 500\)"),
        ("stopped", _emptied, r"content: differ: public\.account \(0 rows instead of 500\)"),
        ("stopped", _index_lost, r"could not open file"),
    ],
)
def test_what_was_damaged_is_missed_for_it(
    copy: str, harm: Callable[[Path, Shelf], None], says: str, shelf: Shelf, tmp_path: Path
) -> None:
    """Whoever damages a copy may take its manifest away."""
    damaged = tmp_path / "copy"
    shutil.copytree(shelf.folder / copy, damaged)
    (damaged / "backup_manifest").unlink(missing_ok=True)
    harm(damaged, shelf)
    code, told = shelf.verify(damaged, "quiet")
    missed = [f"{check}: {actual}" for (_, check), (verdict, actual) in told.items() if verdict == "missed"]
    assert code == 1, told
    assert any(re.search(says, each) for each in missed), told


def test_a_hole_in_its_archive_and_a_record_that_is_damaged_are_missed(shelf: Shelf, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(shelf.folder / "archive", archive)
    begins = max(path.name for path in (shelf.folder / "early" / "pg_wal").glob("0*"))
    second = sorted(path for path in archive.iterdir() if len(path.name) == 24 and path.name > begins)[1]
    whole = second.read_bytes()
    second.write_bytes(whole[:64] + bytes(400) + whole[464:])
    code, told = shelf.verify("early", "quiet", "--wal", str(archive))
    assert (code, told["copy", "log"][0]) == (1, "missed")
    second.unlink()
    code, told = shelf.verify("early", "quiet", "--wal", str(archive))
    assert (code, told["copy", "log"][0]) == (1, "missed")
    assert f"a hole: segment {second.name} is missing" in told["copy", "log"][1]
