"""A table that is read in pieces has the digest that it has at once, whatever becomes of it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from drill.digest import BUCKETS, Digest, Form, Wanted
from drill.hosts.process import ProcessPremises
from drill.probes.digests import Shape, digest, digests, shapes, whole
from drill.probes.pieces import Pieces
from drill.probes.survey import Surveyor
from drill.sites.site import Site
from drill.throttle import Throttle, bytes_a_second
from tests.fix_home import lone
from tests.fix_victim import drill

# Of several pieces each: plain, with holes, with long values outside of its rows, partitioned with columns in another
# order and partitions of partitions.
TOWN = """
create table plain as select i, repeat('x', 100) as p from generate_series(1, 30000) i;
create index on plain (i, p);
create table gaps as select i, repeat('x', 100) as p from generate_series(1, 30000) i;
delete from gaps where i between 4000 and 12000;
create table letters (i int, t text);
alter table letters alter t set storage external;
insert into letters select i, repeat(md5(i::text), 200) from generate_series(1, 400) i;
create table parts (i int, p text, g int generated always as (i * 2) stored) partition by range (i);
create table low partition of parts for values from (0) to (12000);
create table high (gone int, p text, i int, g int generated always as (i * 2) stored);
alter table high drop column gone;
alter table parts attach partition high for values from (12000) to (20000);
create table deep partition of parts for values from (20000) to (40000) partition by range (i);
create table deeper partition of deep for values from (20000) to (40000);
create table empty partition of parts default;
insert into parts (i, p) select i, repeat('x', 100) from generate_series(1, 30000) i;
create table "odd "".name" as select i, repeat('x', 100) as "ctid's" from generate_series(1, 30000) i;
create table few (i int);
"""


@pytest.fixture(scope="module")
def town(embedded_premises: ProcessPremises) -> Iterator[Site]:
    with lone(embedded_premises) as site:
        with site.console() as console:
            console.execute(TOWN)
        yield site


class Watched(Throttle):
    """It keeps nobody waiting, and each time that somebody comes the next thing is done at the server."""

    def __init__(self, site: Site, *doing: str) -> None:
        super().__init__(bytes_a_second("1MB/s"))
        self.site, self.doing, self.sizes = site, list(doing), list[int]()

    def wait(self, size: int) -> None:
        self.sizes.append(size)
        if self.doing:
            with self.site.console() as console:
                for each in self.doing.pop(0).split(";"):
                    console.execute(each.encode())


def nobody(_: int) -> None:
    """Whom no count is told."""


def shape_of(table: str, console: psycopg.Connection[Any]) -> Shape:
    (shape,) = [shape for shape in shapes(console) if shape.table == table]
    return shape


def in_pieces(
    console: psycopg.Connection[Any], shape: Shape, pieces: Pieces, form: Form = Form.NATIVE
) -> Digest | None:
    parts = pieces.digests(console, shape, Wanted(shape.columns, form))
    return None if parts is None else whole(parts)


@pytest.mark.parametrize("form", list(Form))
def test_each_bucket_is_the_same_in_pieces_and_all_are_the_table(form: Form, town: Site) -> None:
    with Surveyor().snapshot("postgres", town) as console:
        for table in ("plain", "parts", "few"):
            shape = shape_of(table, console)
            by_key = Wanted(shape.columns, form, shape.columns[:1])
            at_once = digests(console, shape, by_key)
            assert at_once is not None
            assert whole(at_once) == digest(console, shape, shape.columns, form)
            assert Pieces(Watched(town), nobody).digests(console, shape, by_key) == at_once
            assert set(at_once) <= set(range(BUCKETS))
            assert len(at_once) == (0 if table == "few" else BUCKETS)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("table", ["plain", "gaps", "letters", "parts", 'odd ".name', "few"])
def test_in_pieces_it_is_the_same(table: str, form: Form, town: Site) -> None:
    throttle, told = Watched(town), list[int]()
    with Surveyor().snapshot("postgres", town) as console:
        shape = shape_of(table, console)
        due = digest(console, shape, shape.columns, form)
        assert in_pieces(console, shape, Pieces(throttle, told.append), form) == due
    assert told == throttle.sizes
    assert sum(told) == pytest.approx(shape.size, rel=0.05)
    assert (len(told) == 1) == (table == "few")
    assert table == "letters" or max(told) <= throttle.piece  # a block of which holds more than a piece


def test_no_piece_is_looked_for_in_the_whole_table(town: Site) -> None:
    """Whatever the planner believes of a table that was never analysed and has an index over all of its columns."""
    seen = b"select sum(seq_scan), sum(idx_scan) from pg_stat_xact_user_tables where relname = 'plain'"
    throttle = Watched(town)
    with Surveyor().snapshot("postgres", town) as console:
        shape = shape_of("plain", console)
        in_pieces(console, shape, Pieces(throttle, nobody), Form.NATIVE)
        assert console.execute(seen).fetchone() == (0, 0)
        digest(console, shape, shape.columns)  # and what is read after it is read as ever
        assert console.execute(seen).fetchone() != (0, 0)
    assert len(throttle.sizes) > 5


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(["vacuum full changing"], id="it is written anew"),
        pytest.param(["delete from changing; insert into changing select * from plain"], id="its rows are replaced"),
        pytest.param(["insert into changing select * from plain"] * 3, id="it grows"),
        pytest.param(["update changing set i = -i"] * 3, id="its rows move"),
        pytest.param(["select", "delete from changing; vacuum changing"], id="its rows go"),
    ],
)
def test_what_others_do_meanwhile_changes_nothing(meanwhile: list[str], town: Site) -> None:
    with town.console() as console:
        console.execute("drop table if exists changing; create table changing as select * from gaps")
    throttle = Watched(town, *meanwhile)
    with Surveyor().snapshot("postgres", town) as console:
        gaps, shape = shape_of("gaps", console), shape_of("changing", console)
        due = digest(console, gaps, gaps.columns)
        assert in_pieces(console, shape, Pieces(throttle, nobody), Form.NATIVE) == due
        assert throttle.doing == []


def test_a_value_that_cannot_be_read_makes_the_table_unreadable_as_ever(town: Site) -> None:
    with town.console() as console:
        console.execute("create table torn (i int, p text); alter table torn alter p set storage external")
        console.execute("insert into torn select i, repeat('x', case i when 29999 then 9000 else 100 end) from plain")
        console.execute("set allow_system_table_mods = on")
        toast = "(select reltoastrelid from pg_class where relname = 'torn')"
        console.execute(f"update pg_class set relfilenode = 4711 where oid = {toast}".encode())  # it has no such file
    with Surveyor().snapshot("postgres", town) as console:
        shape = shape_of("torn", console)
        assert digest(console, shape, shape.columns) is None
        throttle = Watched(town)
        assert in_pieces(console, shape, Pieces(throttle, nobody), Form.NATIVE) is None
        assert len(throttle.sizes) > 5
        assert console.execute("show enable_seqscan").fetchone() == ("on",)


@pytest.mark.parametrize("rate", ["50", "50Mbit/s", "0MB/s", "fast"])
def test_what_is_no_rate_is_an_error_of_the_command(rate: str) -> None:
    refused = drill("seal", "host=/nowhere", "--rate", rate)
    assert refused.returncode == 2
    assert "--rate: " in refused.stderr
