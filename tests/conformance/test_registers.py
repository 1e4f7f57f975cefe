"""What every register must do, tried on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from random import Random

import psycopg
import pytest
from psycopg import sql

from drill.objectives import PRIORITY
from drill.probes.survey import Surveyor
from drill.registers import ALL, codes
from drill.registers.register import StateRegister
from drill.registers.rows import Lots
from tests.fix_site import PEOPLE, SEED, Changes, Filled, transact

REGISTERS = [pytest.param(register, id=name) for name, register in ALL.items()]
each_register = pytest.mark.parametrize("register", REGISTERS)

_PERSONS = {"personal_code", "child", "parent", "mother", "holder", "owner_person", "signed_by"}
_COMPANIES = {"registry_code", "company", "owner_company", "creditor"}
_PARCELS = {"cadastral_number", "parcel"}


def test_all_registers_in_the_order_of_their_priority() -> None:
    assert tuple(ALL) == PRIORITY


@each_register
def test_the_same_people_and_seed_make_the_same_rows(register: StateRegister, sites: tuple[Filled, Filled]) -> None:
    one, other = (dict(site.seals[register.name].tables) for site in sites)
    assert one.pop("drill.mark") != other.pop("drill.mark")  # by its mark a run knows its own target
    assert one == other
    assert {f"public.{table}" for table in register.tables.tables} == set(one)
    assert sum(digest.rows for digest in one.values()) >= PEOPLE // 10


@each_register
def test_another_seed_makes_other_rows(register: StateRegister) -> None:
    one, other = ([rows.sql() for rows in register.rows(Lots(PEOPLE, seed))] for seed in (SEED, SEED + 1))
    assert one != other


@each_register
def test_each_transaction_leaves_one_receipt_for_each_table(register: StateRegister, filled: Filled) -> None:
    seal = filled.seals[register.name]
    assert len(register.transactions) >= 3
    assert len({kind.name for kind in register.transactions}) == len(register.transactions)
    random = Random(1)  # noqa: S311  to be repeated
    told: dict[int, Changes] = {}
    with filled.login(register.name) as login:
        for number, kind in enumerate(register.transactions):
            drawn = kind.draw(random, PEOPLE)
            told[number] = transact(login, kind.sql(seal.structure), ["9000", str(number), *drawn])
            assert set(told[number]) == {f"public.{step.table}" for step in kind.steps}
            assert any(change.sums != (0, 0) for change in told[number].values()), kind.name
    held = filled.holdings(register.name)
    left = [(r.key[2], dict(r.change)) for r in held.receipts if r.key[:2] == (register.name, 9000)]
    assert sorted((number, *change) for number, change in left) == sorted(
        (number, table) for number, changes in told.items() for table in changes
    )
    assert all(told[number][table] == digest for number, change in left for table, digest in change.items())


@each_register
def test_each_register_inserts_and_updates(register: StateRegister) -> None:
    statements = [step.statement for kind in register.transactions for step in kind.steps]
    assert any(statement.startswith("insert") for statement in statements)
    assert any(statement.startswith("update") for statement in statements)


def test_some_transaction_upserts_and_some_changes_several_tables() -> None:
    kinds = [kind for register in ALL.values() for kind in register.transactions]
    assert any("on conflict" in step.statement for kind in kinds for step in kind.steps)
    assert any(len({step.table for step in kind.steps}) > 2 for kind in kinds)


@each_register
def test_what_is_drawn_depends_on_the_random_state_alone(register: StateRegister) -> None:
    many = [*register.transactions] * 9
    one, other = ([kind.draw(random, 100) for kind in many] for random in map(Random, (3, 3)))
    assert one == other


@each_register
def test_digests_follow_from_the_seal_and_the_receipts(register: StateRegister, filled: Filled) -> None:
    before = {receipt.key for receipt in filled.holdings(register.name).receipts}
    with ThreadPoolExecutor(8) as pool:
        told = dict(
            pair for pairs in pool.map(lambda one: list(_day(register, filled, one)), range(8)) for pair in pairs
        )
    assert len(told) == 8 * 48
    held = filled.holdings(register.name)
    assert dict(held.tables) == filled.expected(register.name, held)
    assert {receipt.key for receipt in held.receipts} - before == set(told)
    for receipt in held.receipts:
        if receipt.key in told:
            assert receipt.change.items() <= told[receipt.key].items()
    assert sum(receipt.key in told for receipt in held.receipts) == sum(map(len, told.values()))


def _day(register: StateRegister, filled: Filled, citizen: int) -> Iterator[tuple[tuple[str, int, int], Changes]]:
    random = Random(citizen)  # noqa: S311  to be repeated
    structure = filled.seals[register.name].structure
    with filled.login(register.name) as login:
        for number in range(48):
            kind = random.choice(register.transactions)
            parameters = [str(citizen), str(number), *kind.draw(random, PEOPLE)]
            yield (register.name, citizen, number), transact(login, kind.sql(structure), parameters)


@each_register
def test_every_code_has_its_form_and_its_check_digit(register: StateRegister, filled: Filled) -> None:
    """Also of those who were entered by the transactions of the tests above."""
    for table in register.tables.tables.values():
        for column in table.columns:
            valid = {**dict.fromkeys(_PERSONS, _is_person), **dict.fromkeys(_COMPANIES, _is_company)} | dict.fromkeys(
                _PARCELS, _is_parcel
            )
            if column.name in valid:
                found = [code for (code,) in filled.site.ask(_column(table.name, column.name), database=register.name)]
                assert all(valid[column.name](code) for code in found)
                assert found or table.name == "birth"


def _column(table: str, column: str) -> str:
    return f"select {column} from {table} where {column} is not null"


def _remainder(digits: str, weights: str) -> int:
    return sum(int(digit) * int(weight) for digit, weight in zip(digits, weights, strict=True)) % 11


def _is_person(code: str) -> bool:
    """Written after the rules of the real one, independently of the program."""
    first, second = _remainder(code[:10], "1234567891"), _remainder(code[:10], "3456789123")
    year = int(code[1:3])
    date((1900 if year >= 30 else 2000) + year, int(code[3:5]), int(code[5:7]))
    return re.fullmatch(r"9\d{10}", code) is not None and int(code[10]) == (first if first < 10 else second % 10)


def _is_company(code: str) -> bool:
    first, second = _remainder(code[:7], "1234567"), _remainder(code[:7], "3456789")
    return re.fullmatch(r"1\d{7}", code) is not None and int(code[7]) == (first if first < 10 else second % 10)


def _is_parcel(code: str) -> bool:
    return re.fullmatch(r"\d{5}:\d{3}:\d{4}", code) is not None


@pytest.mark.parametrize(
    ("text", "function", "known"),
    [
        (codes.PERSONAL_CODE + ";" + codes.PERSON, "person", codes.person),
        (codes.REGISTRY_CODE, "registry_code", codes.company),
        (codes.CADASTRAL_NUMBER, "cadastral_number", codes.parcel),
    ],
)
def test_sql_and_python_know_the_same_codes(text: str, function: str, known: object, filled: Filled) -> None:
    assert callable(known)
    asked = [*range(300), *range(35_000, 35_200), 789_999, 790_000, 1_299_999]
    with filled.site.console() as console:
        console.execute(text.format(schema="pg_temp"))
        for i in asked:
            assert console.execute(f"select pg_temp.{function}({i})").fetchone() == (known(i),)
    assert len({known(i) for i in asked}) == len(asked)


@each_register
def test_the_citizen_role_can_do_nothing_else(register: StateRegister, filled: Filled) -> None:
    table = register.transactions[0].steps[0].table
    sequence = filled.seals[register.name].structure.sequences[0].name
    forbidden = [
        f"delete from {table}",
        f"truncate {table}",
        f"alter table {table} add column more int",
        f"drop table {table}",
        f"select setval('{sequence}', 1)",
        "select from drill.mark",
        "delete from drill.receipt",
        "update drill.receipt set rows = 0",
        "create table public.mine (i int)",
        "create table drill.mine (i int)",
        "create temp table mine (i int)",
        "create schema mine",
        "create role mine",
        "copy (select 1) to program 'true'",
        "select pg_read_file('postgresql.conf')",
        f"set role {register.name}_owner",
    ]
    with filled.login(register.name) as login:
        for statement in forbidden:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(statement)
    for other in ALL.keys() - {register.name}:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            filled.login(register.name, other)


@each_register
def test_the_owner_cannot_log_in(register: StateRegister, filled: Filled) -> None:
    owned = "select tableowner, rolcanlogin from pg_tables join pg_roles on rolname = tableowner"
    owned += " where schemaname = 'public'"
    assert set(filled.site.ask(owned, database=register.name)) == {(f"{register.name}_owner", False)}


def test_no_row_names_a_stranger(filled: Filled) -> None:
    found = Surveyor().strangers(dict.fromkeys(ALL, filled.site))
    assert {name: set(counts) for name, counts in found.items()} == {
        name: set(map(str, register.references)) for name, register in ALL.items()
    }
    assert {count for counts in found.values() for count in counts.values()} == {0}


@each_register
def test_a_planted_stranger_is_counted(register: StateRegister, broken: Filled) -> None:
    for reference in register.references:
        place = sql.Identifier(reference.column), sql.Identifier("public", reference.table)
        find = sql.SQL("select {0}, ctid::text from {1} where {0} is not null limit 1").format(*place)
        plant = sql.SQL("update {1} set {0} = %s where ctid = %s::tid returning ctid::text").format(*place)
        with broken.site.console(register.name) as console:
            console.execute("set session_replication_role = replica")
            known, at = console.execute(find).fetchone() or (None, None)
            stranger = "99999999999"[: len(str(known))]
            (moved,) = console.execute(plant, (stranger, at)).fetchone() or (None,)
            assert Surveyor().strangers(dict.fromkeys(ALL, broken.site))[register.name][str(reference)] == 1
            console.execute(plant, (known, moved))
        assert Surveyor().strangers(dict.fromkeys(ALL, broken.site))[register.name][str(reference)] == 0


@each_register
def test_structure_is_sound_after_a_day(register: StateRegister, filled: Filled) -> None:
    found = filled.holdings(register.name).structure
    assert set(found.constraints.values()) == {True}
    assert set(found.indexes.values()) == {True}
    assert any(sequence.highest is not None for sequence in found.sequences)
    for sequence in found.sequences:
        assert sequence.column
        assert sequence.highest is None or sequence.next_value > sequence.highest
    sealed = filled.seals[register.name].structure
    assert (found.columns, found.constraints, found.indexes) == (sealed.columns, sealed.constraints, sealed.indexes)


@each_register
def test_a_dump_brings_back_the_same_structure_and_digests(register: StateRegister, filled: Filled) -> None:
    site, again = filled.site, f"{register.name}_again"
    at, file = site.host.address(), str(site.host.disk / f"{again}.dump")
    access = ["-h", at.host, "-p", str(at.port), "-U", "drill"]
    secret = {"PGPASSWORD": site.officers_password}
    site.host.run([site.program("pg_dump"), *access, "-Fc", "-Z0", "-f", file, register.name], deadline=60, env=secret)
    filled.do(register.name, f"create database {again} template template0", database="postgres")
    site.host.run([site.program("pg_restore"), *access, "-d", again, file], deadline=60, env=secret)
    here, there = (Surveyor().seal(name, site) for name in (register.name, again))
    assert there.tables == here.tables
    assert there.structure == here.structure
