"""Damage that looks like something else: a setting that was asked for, a trigger that nobody made, a row of another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.hosts.process import ProcessPremises
from drill.probes.btree import btree
from drill.probes.structure import structure
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.sites.site import Site
from drill.unlogged import UNLOGGED
from drill.verdict import Verdict
from tests.fix_home import lone, origin_of, stop_in_order

_DATABASE = "shop"
_MADE = (
    "create table passing (i int) partition by range (i)",
    "create unlogged table passing_1 partition of passing for values from (0) to (1000)",
    "create table lasting (i int) partition by range (i)",
    "create table lasting_1 partition of lasting for values from (0) to (1000)",
    "create table mixed (i int) partition by range (i)",
    "create table mixed_1 partition of mixed for values from (0) to (10)",
    "create unlogged table mixed_2 partition of mixed for values from (10) to (1000)",
    *(f"insert into {table} select generate_series(1, 900)" for table in ("passing", "lasting", "mixed")),
)
# Every way in which a key refers: plain, to itself, from and to partitions of two levels.
_REFERRING = (
    "create table town (id int primary key, capital int constraint self references town)",
    "create table land (id int primary key) partition by range (id)",
    "create table land_1 partition of land for values from (0) to (10)",
    "create table land_2 partition of land for values from (10) to (20) partition by range (id)",
    "create table land_21 partition of land_2 for values from (10) to (20)",
    "create table title (id int, town int constraint plain references town, land int constraint parts references land)"
    " partition by range (id)",
    "create table title_1 partition of title for values from (0) to (10)",
    "create table title_2 (id int, town int, land int)",
    "alter table title attach partition title_2 for values from (10) to (20)",
)


@dataclass(frozen=True)
class Shop:
    """A sealed server that was stopped."""

    folder: Path
    sealed: Sealed
    files: Mapping[str, str]
    premises: ProcessPremises

    def copy(self, to: Path) -> Path:
        shutil.copytree(self.folder / "stopped", to)
        return to

    def verify(self, copy: Path, *allowed: str) -> dict[str, tuple[Verdict, str]]:
        cluster = Cluster.recognised(copy, None)
        assert cluster is not None
        verification = ClusterVerification(
            cluster, Aim.named("latest"), self.sealed, self.premises, allowed=frozenset(allowed)
        )
        found = verification.run(lambda _: None).findings
        return {f.check: (f.verdict, f.actual) for f in found if f.register == _DATABASE}


@pytest.fixture(scope="module")
def shop(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    with lone(embedded_premises, {"autovacuum": "off"}) as site:
        _execute(site, "postgres", f"create database {_DATABASE} template template0")
        _execute(site, _DATABASE, *_MADE)
        sealed = Sealing(origin_of(site, folder), How.QUIESCED, (_DATABASE,)).take(lambda _: None)
        query = "select relname::text, pg_relation_filepath(oid) from pg_class where relkind = 'r'"
        files = {str(name): str(path) for name, path in site.ask(query, database=_DATABASE)}
        stop_in_order(site)
        shutil.copytree(str(site.data), folder / "stopped")
    return Shop(folder, sealed, files, embedded_premises)


@pytest.fixture(scope="module")
def site(embedded_premises: ProcessPremises) -> Iterator[Site]:
    with lone(embedded_premises, {"autovacuum": "off", "allow_system_table_mods": "on"}) as site:
        _execute(site, "postgres", "create database referring template template0", "create database looked_up")
        _execute(site, "referring", *_REFERRING)
        yield site


def _execute(site: Site, database: str, *statements: str) -> None:
    with site.console(database) as console:
        for statement in statements:
            console.execute(statement.encode())


def test_a_table_that_is_logged_is_not_accepted_empty_beside_one_that_is_not(shop: Shop, tmp_path: Path) -> None:
    copy = shop.copy(tmp_path / "copy")
    emptied = ("passing_1", "lasting_1", "mixed_1", "mixed_2")
    for table in emptied:
        (copy / shop.files[table]).write_bytes(b"")
    told = shop.verify(copy, UNLOGGED)
    assert told["unlogged"] == (Verdict.MET, "empty, as --allow unlogged accepts: public.passing")
    assert told["content"][0] is Verdict.MISSED
    assert "public.lasting (0 rows instead of 900)" in told["content"][1]


def test_a_table_of_which_a_part_is_unlogged_is_unknown_whatever_is_allowed(shop: Shop, tmp_path: Path) -> None:
    copy = shop.copy(tmp_path / "copy")
    (copy / shop.files["mixed_2"]).write_bytes(b"")
    verdict, actual = shop.verify(copy, UNLOGGED)["content"]
    assert (verdict, "public.mixed: it is unlogged" in actual) == (Verdict.UNKNOWN, True), actual


def _kept(console: psycopg.Connection[Any]) -> dict[str, bool]:
    """By name of a key: whether it is kept, in a transaction."""
    found = structure(console, ()).constraints
    return {name.partition(":")[0].rpartition(".")[2]: kept for name, kept in found.items() if "FOREIGN KEY" in name}


def _refused(site: Site, *statements: str) -> set[str]:
    with site.console("referring") as console, console.transaction(force_rollback=True):
        for statement in statements:
            console.execute(statement.encode())
        return {name for name, kept in _kept(console).items() if not kept}


_OF_A_KEY = "delete from pg_trigger where tgconstraint = (select oid from pg_constraint where conname = '{}')"


@pytest.mark.parametrize(
    ("done", "keys"),
    [
        ((), set()),
        ((_OF_A_KEY.format("self"),), {"self"}),
        (("delete from pg_trigger where tgrelid = 'title_1'::regclass",), {"plain", "parts"}),
        (("delete from pg_trigger where tgrelid = 'title_2'::regclass",), {"plain", "parts"}),
        (("delete from pg_trigger where tgrelid = 'land_21'::regclass",), {"parts"}),
        (("delete from pg_trigger where tgrelid = 'town'::regclass",), {"self", "plain"}),
        (("alter table title_1 disable trigger all",), {"plain", "parts"}),
        (("update pg_trigger set tgenabled = 'A'",), set()),
    ],
)
def test_a_key_is_kept_by_triggers_on_both_sides_and_on_every_partition(
    done: Sequence[str], keys: set[str], site: Site
) -> None:
    assert _refused(site, *done) == keys


def test_a_partition_that_was_taken_out_keeps_the_keys_of_its_own(site: Site) -> None:
    assert _refused(site, "alter table title detach partition title_1") == set()


def test_an_index_of_some_rows_that_leads_to_others_finds_none(site: Site) -> None:
    """Its entries have the key that is looked up, and are rows that do not belong into it."""
    made = (
        "create extension btree_gist",
        "create table rota (n int, late boolean)",
        "insert into rota select 1, i > 100 from generate_series(1, 200) i",
        "create index rota_late on rota using gist (n) where late",
    )
    _execute(site, "looked_up", *made)
    with site.console("looked_up") as console:
        assert btree(console).wrong == ()
    ((path,),) = site.ask("select pg_relation_filepath('rota_late')", database="looked_up")
    _execute(site, "looked_up", "checkpoint")
    assert site.data is not None
    data = site.data
    before = Path(str(data / str(path))).read_bytes()
    later = "insert into rota select 1, i <= 100 from generate_series(1, 200) i"
    _execute(site, "looked_up", "delete from rota", "vacuum (truncate false) rota", later)
    stop_in_order(site)
    Path(str(data / str(path))).write_bytes(before)
    site.start(data, {"fsync": "off", "autovacuum": "off", "allow_system_table_mods": "on"})
    with site.console("looked_up") as console:
        assert btree(console).wrong == ("index public.rota_late: 100 rows are not found by it",)
