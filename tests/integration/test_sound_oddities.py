"""Copies that are sound, of servers on which something odd went on: none of it is missed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.sites.origin import Origin
from drill.sites.site import Site
from drill.verdict import Verdict
from drill.verification import Verification
from drill.verified import Verified
from tests.fix_home import ARCHIVING, lone, origin_of, stop_in_order

_BANK = "bank"
_VISITS = (
    "create table v (at date, who text) partition by range (at)",
    "create table v25 partition of v for values from ('2025-01-01') to ('2026-01-01')",
    "insert into v values ('2025-02-02', 'x')",
)
# By database: what it was made by, and what somebody did after the seal.
_CHANGED: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "partitioned": (
        _VISITS,
        (
            "create table v26 partition of v for values from ('2026-01-01') to ('2027-01-01')",
            "insert into v values ('2026-02-02', 'y')",
        ),
    ),
    "detached": (_VISITS, ("alter table v detach partition v25",)),
    "labelled": (
        (
            "create type mood as enum ('calm', 'angry')",
            "create table v (i int, m mood)",
            "insert into v values (1, 'calm')",
        ),
        ("alter type mood rename value 'calm' to 'quiet'",),
    ),
    "named": (
        ("create table old (i int)", "create table v (r regclass)", "insert into v values ('old')"),
        ("alter table old rename to older",),
    ),
    "refreshed": (
        ("create table base as select 1 i", "create materialized view v as select * from base"),
        ("insert into base values (2)", "refresh materialized view v"),
    ),
    "replaced": (
        ("create table v as select generate_series(1, 9) i",),
        ("alter table v rename to v_old", "create table v as select generate_series(1, 5) i"),
    ),
}


def verified(copy: Path, wal: Path | None, sealed: Sealed, premises: ProcessPremises) -> Verified:
    cluster = Cluster.recognised(copy, wal)
    assert cluster is not None
    return ClusterVerification(cluster, Aim.named("latest"), sealed, premises).run(lambda _: None)


def told(found: Verified, *verdicts: Verdict) -> list[tuple[str, str, str]]:
    return [(f.register, f.check, f.actual) for f in found.findings if f.verdict in verdicts]


def sealed(origin: Origin, *databases: str) -> Sealed:
    return Sealing(origin, How.QUIESCED, databases).take(lambda _: None)


def backed_up(site: Site, origin: Origin, to: Path) -> Path:
    argv = [site.program("pg_basebackup"), "-D", str(to), "-c", "fast", "-d", origin.dsn]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    return to


@contextmanager
def home(
    premises: ProcessPremises, databases: Mapping[str, Sequence[str]], settings: Mapping[str, str] = ARCHIVING
) -> Iterator[Site]:
    with lone(premises, {**settings, "autovacuum": "off"}) as site:
        for database, statements in databases.items():
            execute(site, "postgres", f"create database {database} template template0")
            execute(site, database, *statements)
        yield site


def execute(site: Site, database: str, *statements: str) -> None:
    with site.console(database) as console:
        for statement in statements:
            console.execute(statement.encode())


def test_rows_that_a_catalogue_calls_otherwise_after_the_seal_are_unknown(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    with home(embedded_premises, {name: made for name, (made, _) in _CHANGED.items()}, {}) as site:
        seal = sealed(origin_of(site, tmp_path), *_CHANGED)
        for name, (_, later) in _CHANGED.items():
            execute(site, name, *later)
        stop_in_order(site)
        shutil.copytree(str(site.data), tmp_path / "copy")
    found = verified(tmp_path / "copy", None, seal, embedded_premises)
    assert told(found, Verdict.MISSED) == []
    why = {f.register: f.actual for f in found.findings if (f.check, f.verdict) == ("content", Verdict.UNKNOWN)}
    other, names = "public.v: it has other files than at the seal", "public.v: its values are told by names"
    written = {"refreshed": "public.v: it was written to after the seal"}
    due = dict.fromkeys(_CHANGED, other) | written | dict.fromkeys(("labelled", "named"), names)
    assert {register: due[register] in told for register, told in why.items()} == dict.fromkeys(due, True), why


def test_temporary_tables_of_a_session_are_no_part_of_a_backup(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    made = (
        "create temp table par (i int primary key)",
        "create temp table chi (i int references par)",
        "insert into par values (1)",
        "insert into chi values (1)",
        "create temp table ranged (name text) partition by range (name)",
        "create temp table ranged_a partition of ranged for values from ('a') to ('b')",
    )
    with home(embedded_premises, {_BANK: ["create table t as select generate_series(1, 9) i"]}) as site:
        origin = origin_of(site, tmp_path)
        with site.console(_BANK) as console:
            for statement in made:
                console.execute(statement.encode())
            seal = sealed(origin, _BANK)
            copy = backed_up(site, origin, tmp_path / "copy")
    found = verified(copy, None, seal, embedded_premises)
    assert (told(found, Verdict.MISSED), told(found, Verdict.UNKNOWN)) == ([], [])


def test_a_sequence_that_was_behind_at_home_may_be_further_on_after_a_replay(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    made = (
        "create table t (id serial primary key, w text)",
        "insert into t (w) values ('a')",
        "insert into t values (1000000, 'by hand')",
    )
    with home(embedded_premises, {_BANK: made}) as site:
        origin = origin_of(site, tmp_path)
        copy = backed_up(site, origin, tmp_path / "copy")
        execute(site, _BANK, "insert into t (w) values ('b'), ('c')")
        seal = sealed(origin, _BANK)
        stop_in_order(site)
        shutil.copytree(str(site.host.disk / "archive"), tmp_path / "wal")
    found = verified(copy, tmp_path / "wal", seal, embedded_premises)
    assert (told(found, Verdict.MISSED), told(found, Verdict.UNKNOWN)) == ([], [])
    assert [f.actual for f in found.findings if (f.register, f.check) == (_BANK, "sequences")] == [
        "0 ahead of their columns, 1 behind as at the seal"
    ]


def test_a_manifest_that_a_server_kept_from_its_own_making_is_not_that_of_a_later_backup(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    with home(embedded_premises, {_BANK: ["create table t as select generate_series(1, 9) i"]}) as site:
        origin, data = origin_of(site, tmp_path), Path(str(site.data))
        first = backed_up(site, origin, tmp_path / "first")
        shutil.copy(first / "backup_manifest", data)
        execute(site, _BANK, "insert into t select generate_series(10, 99)")
        seal, copy = sealed(origin, _BANK), tmp_path / "copy"
        with site.console(_BANK) as console:
            console.execute("select pg_backup_start('by hand', true)")
            shutil.copytree(data, copy, ignore=shutil.ignore_patterns("postmaster.*", "archive_status"))
            ((label,),) = console.execute("select labelfile from pg_backup_stop()").fetchall()
        (copy / "backup_label").write_text(str(label))
        stop_in_order(site)
        shutil.copytree(str(site.host.disk / "archive"), tmp_path / "wal")
    found = verified(copy, tmp_path / "wal", seal, embedded_premises)
    assert (told(found, Verdict.MISSED), told(found, Verdict.UNKNOWN)) == ([], [])
    assert "manifest" not in {f.check for f in found.findings}
    own = verified(first, None, seal, embedded_premises)
    assert [f.verdict for f in own.findings if f.check == "manifest"] == [Verdict.MET]


_STALE = (
    "create table base as select 1 i",
    "create materialized view seen as select * from base",
    "create materialized view never as select * from base with no data",
    "insert into base values (2)",
)


def test_a_materialized_view_that_a_dump_fills_anew_is_not_looked_at(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    (dump := tmp_path / "dump").mkdir()
    with home(embedded_premises, {_BANK: _STALE}) as site:
        sealing = Sealing(origin_of(site, tmp_path), How.DUMPED, (_BANK,), dump, binaries.find().folder)
        seal = sealing.take(lambda _: None)
    found = Verification(Offered.recognised(dump), seal, embedded_premises).run(lambda _: None)
    assert (told(found, Verdict.MISSED), told(found, Verdict.UNKNOWN)) == ([], [])
    (anew,) = (each for each in found.unchecked if "materialized" in each)
    assert anew.endswith("fills anew: public.seen of bank")


def test_a_seal_without_materialized_views_says_nothing_of_them(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    with home(embedded_premises, {_BANK: _STALE}) as site:
        seal = sealed(origin_of(site, tmp_path), _BANK)
        stop_in_order(site)
        shutil.copytree(str(site.data), tmp_path / "copy")
    assert seal.databases[_BANK].views["public.seen"].rows == 1
    assert "public.seen" in seal.databases[_BANK].files.values()
    for views in (seal.databases[_BANK].views, {}):
        older = replace(seal, databases={_BANK: replace(seal.databases[_BANK], views=views)})
        found = verified(tmp_path / "copy", None, older, embedded_premises)
        assert (told(found, Verdict.MISSED), told(found, Verdict.UNKNOWN)) == ([], [])
        assert [f.actual for f in found.findings if (f.register, f.check) == (_BANK, "content")] == [
            f"{1 + len(views)} tables as sealed"
        ]


def test_what_an_interrupted_drop_of_a_database_left_is_no_part_of_a_seal(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    with home(embedded_premises, {_BANK: _VISITS, "gone": ()}) as site:
        execute(site, "postgres", "update pg_database set datconnlimit = -2 where datname = 'gone'")
        seal = sealed(origin_of(site, tmp_path))
        assert sorted(seal.databases) == [_BANK, "postgres"]
        copy = backed_up(site, origin_of(site, tmp_path), tmp_path / "copy")
    assert told(verified(copy, None, seal, embedded_premises), Verdict.MISSED, Verdict.UNKNOWN) == []


def test_more_tables_than_a_server_can_lock_at_once_are_sealed_and_verified(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    made = (
        f"do $$ begin for i in {start} .. {start + 59} loop"
        " execute format('create table t%s (id int primary key, n int unique)', i); end loop; end $$"
        for start in range(0, 1500, 60)
    )
    few = {"max_locks_per_transaction": "10", "max_connections": "20"}
    with home(embedded_premises, {_BANK: tuple(made)}, few) as site:
        seal = sealed(origin_of(site, tmp_path), _BANK)
        copy = backed_up(site, origin_of(site, tmp_path), tmp_path / "copy")
    assert told(verified(copy, None, seal, embedded_premises), Verdict.MISSED, Verdict.UNKNOWN) == []
