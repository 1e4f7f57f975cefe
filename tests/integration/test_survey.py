"""Damage of every kind, done to one register each, is seen; and what is not damage is not."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from drill.errors import StepFailed
from drill.evidence import Holdings
from drill.probes.survey import Surveyor
from drill.registers import ALL
from tests.fix_site import PEOPLE, Filled, transact

_SWAP = (
    "update account a set balance = b.balance from account b where a.taxpayer in (1, 2) and b.taxpayer = 3 - a.taxpayer"
)

# name -> register, table, the damage, a query that proves it, how it is put right
DAMAGE = {
    "one value of one row": (
        "population",
        "person",
        "update person set surname = surname || ' ' where personal_code = (select min(personal_code) from person)",
        "select count(*) = 1 from person where right(surname, 1) = ' '",
        "update person set surname = rtrim(surname)",
    ),
    "values swapped between two rows": (
        "taxable_persons",
        "account",
        _SWAP,
        "select count(*) = 2 from account where taxpayer in (1, 2)",
        _SWAP,
    ),
    "a trailing zero lost": (
        "pension_insurance",
        "pension",
        "alter table pension add kept jsonb; update pension set kept = basis;"
        " update pension set basis = jsonb_set(basis, '{factor}', to_jsonb(trim_scale((basis->>'factor')::numeric)))"
        " where basis->>'factor' is not null",
        "select bool_or(basis::text <> kept::text) from pension",
        "update pension set basis = kept; alter table pension drop kept",
    ),
    "a row gone": (
        "land",
        "mortgage",
        "create table kept as select * from mortgage where id = 5; delete from mortgage where id = 5",
        "select count(*) = 0 from mortgage where id = 5",
        "insert into mortgage select * from kept; drop table kept",
    ),
    "a row twice": (
        "identity_documents",
        "certificate",
        "alter table certificate drop constraint certificate_pkey;"
        " insert into certificate select * from certificate where document = 1",
        "select count(*) > count(distinct serial) from certificate",
        "delete from certificate c using certificate d where c.serial = d.serial and c.ctid > d.ctid;"
        " alter table certificate add primary key (serial)",
    ),
    "an empty table": (
        "state_gazette",
        "edition",
        "create table kept as select act, edition, in_force_from, text from edition; truncate edition",
        "select count(*) = 0 from edition",
        "insert into edition (act, edition, in_force_from, text) select * from kept; drop table kept",
    ),
}


def _sound(broken: Filled, register: str) -> Holdings:
    held = broken.holdings(register)
    assert dict(held.tables) == broken.expected(register, held)
    return held


def _worked(broken: Filled, register: str) -> None:
    """Some transactions first, so that there are receipts."""
    structure = broken.seals[register].structure
    random = Random(5)  # noqa: S311  to be repeated
    with broken.login(register) as login:
        for number, kind in enumerate(ALL[register].transactions):
            transact(login, kind.sql(structure), ["1", str(number), *kind.draw(random, PEOPLE)])


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_seen_in_the_table_it_was_done_to(name: str, broken: Filled) -> None:
    register, table, damage, proof, cure = DAMAGE[name]
    _worked(broken, register)
    _sound(broken, register)
    broken.do(register, f"set search_path = public; {damage}")
    try:
        assert broken.site.ask(proof, database=register) == [(True,)]
        held = broken.holdings(register)
        expected = broken.expected(register, held)
        assert {name for name in expected if held.tables[name] != expected[name]} == {f"public.{table}"}
    finally:
        broken.do(register, f"set search_path = public; {cure}")
    _sound(broken, register)


@pytest.mark.parametrize(
    ("damage", "cure"),
    [
        ("delete from drill.receipt where citizen = 1 and number = 0", "insert into drill.receipt select * from kept"),
        (
            "insert into drill.receipt select * from drill.receipt where citizen = 1 and number = 0",
            "delete from drill.receipt; insert into drill.receipt select * from kept_all",
        ),
        (
            "update drill.receipt set one = one + 1 where citizen = 1 and number = 0",
            "delete from drill.receipt; insert into drill.receipt select * from kept_all",
        ),
    ],
    ids=["a receipt deleted", "a receipt doubled", "a receipt altered"],
)
def test_receipts_that_do_not_fit_are_seen(damage: str, cure: str, broken: Filled) -> None:
    _worked(broken, "business")
    before = _sound(broken, "business")
    broken.do(
        "business",
        "create schema beside; set search_path = beside; create table kept_all as select * from drill.receipt;"
        f" create table kept as select * from kept_all where citizen = 1 and number = 0; {damage}",
    )
    try:
        held = broken.holdings("business")
        expected = broken.expected("business", held)
        assert sorted(map(str, held.receipts)) != sorted(map(str, before.receipts))
        assert {table for table in expected if held.tables[table] != expected[table]} == {
            "public.company",
            "public.shareholder",
            "public.board_member",
        }
    finally:
        broken.do("business", f"set search_path = beside; {cure}; drop schema beside cascade")
    _sound(broken, "business")


def test_tables_that_are_missing_are_absent_and_those_that_are_new_present(broken: Filled) -> None:
    broken.do("land", "alter table public.mortgage rename to other")
    try:
        held = broken.holdings("land")
        assert "public.mortgage" not in held.tables
        assert held.tables["public.other"] == broken.expected("land", held)["public.mortgage"]
    finally:
        broken.do("land", "alter table public.other rename to mortgage")


def test_a_file_that_cannot_be_read_makes_its_table_absent_and_no_other(broken: Filled) -> None:
    name = "population"
    ((path,),) = broken.site.ask("select pg_relation_filepath('public.settlement')", database=name)
    file, data = path, broken.site.data
    assert data is not None
    broken.do(name, "checkpoint")
    whole = Path(data / file).read_bytes()
    with Path(data / file).open("r+b") as opened:
        os.pwrite(opened.fileno(), b"\xff" * 64, 0)
    try:
        broken.do(name, "create extension if not exists pg_buffercache; select pg_buffercache_evict_all()")
        with pytest.raises(StepFailed, match="invalid page"):
            broken.site.ask("select count(*) from public.settlement", database=name)
        held = broken.holdings(name)
        assert broken.seals[name].tables.keys() - held.tables.keys() == {"public.settlement"}
    finally:
        with Path(data / file).open("r+b") as opened:
            os.pwrite(opened.fileno(), whole[:64], 0)
        broken.do(name, "drop extension if exists pg_buffercache")
    _sound(broken, name)


def test_a_register_without_its_receipts_cannot_be_surveyed(broken: Filled) -> None:
    broken.do("land", "alter table drill.receipt rename to elsewhere")
    try:
        with pytest.raises(StepFailed, match="cannot be surveyed"):
            broken.holdings("land")
    finally:
        broken.do("land", "alter table drill.elsewhere rename to receipt")


def test_structure_shows_what_is_not_valid_and_sequences_that_fell_behind(broken: Filled) -> None:
    name = "land"
    broken.do(
        name,
        "alter table public.mortgage add constraint later check (amount > 0) not valid;"
        " update pg_index set indisvalid = false where indexrelid = 'public.ix_mortgage_title'::regclass;"
        " select setval('public.mortgage_id_seq', 1, true);"
        " create sequence public.down increment -1; create table public.counts (i int default nextval('public.down'));"
        " insert into public.counts values (-7); create sequence public.alone",
    )
    try:
        found = broken.holdings(name).structure
        assert [text for text, valid in found.constraints.items() if not valid] == [
            "public.mortgage.later: CHECK ((amount > (0)::numeric)) NOT VALID"
        ]
        assert [text.partition(":")[0] for text, valid in found.indexes.items() if not valid] == [
            "public.ix_mortgage_title"
        ]
        sequences = {sequence.name: sequence for sequence in found.sequences}
        behind = sequences["public.mortgage_id_seq"]
        assert behind.column == "public.mortgage.id"
        assert behind.next_value == 2
        assert behind.highest is not None
        assert behind.highest >= PEOPLE // 8
        assert (sequences["public.down"].next_value, sequences["public.down"].highest) == (1, 7)
        assert (sequences["public.alone"].column, sequences["public.alone"].highest) == ("", None)
    finally:
        broken.do(
            name,
            "alter table public.mortgage drop constraint later;"
            " update pg_index set indisvalid = true where indexrelid = 'public.ix_mortgage_title'::regclass;"
            " select setval('public.mortgage_id_seq', (select max(id) from public.mortgage));"
            " drop table public.counts; drop sequence public.down, public.alone",
        )
    _sound(broken, name)


def test_large_registers_are_read_by_two_sessions_in_one_snapshot(
    broken: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Surveyor(jobs=1).holdings("business", broken.site, broken.seals["business"])
    monkeypatch.setattr("drill.probes.survey._WORTH_A_SESSION", 0)
    two = Surveyor(jobs=3).holdings("business", broken.site, broken.seals["business"])
    assert dict(two.tables) == dict(one.tables)


def test_a_survey_ends_at_its_deadline(broken: Filled) -> None:
    broken.do("postgres", "create database slow template template0")
    try:
        broken.do("slow", "create table public.many as select i from generate_series(1, 3000000) i")
        with pytest.raises(StepFailed, match="statement timeout"):
            Surveyor(deadline=0.01).seal("slow", broken.site)
    finally:
        broken.do("postgres", "drop database slow with (force)")
