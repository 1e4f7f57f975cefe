"""Who lives, where, and whose child: the register that all others name people by."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from drill.registers import codes, names
from drill.registers.columns import kind, moment, number, personal_code
from drill.registers.register import StateRegister
from drill.registers.rows import Lots, Rows, json_of, nth
from drill.registers.transaction import StateTransaction, Step

tables = MetaData()

settlement = Table(
    "settlement",
    tables,
    Column("code", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("county", Text, nullable=False),
)
address = Table(
    "address",
    tables,
    number(),
    Column("settlement", ForeignKey(settlement.c.code), nullable=False, index=True),
    Column("street", Text, nullable=False),
    Column("house", Integer, CheckConstraint("house > 0"), nullable=False),
    Column("flat", Integer),
)
person = Table(
    "person",
    tables,
    personal_code(primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("surname", Text, nullable=False),
    Column("full_name", Text, Computed("given_name || ' ' || surname", persisted=True)),
    Column("born", Date, nullable=False),
    Column("died", Date),
    Column("citizenship", Text, CheckConstraint("citizenship ~ '^[A-Z]{3}$'"), nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    moment("registered_at"),
    CheckConstraint("died >= born", name="person_died_after_birth"),
    Index("person_surname_given_name", "surname", "given_name"),
)
residence = Table(
    "residence",
    tables,
    Column("personal_code", ForeignKey(person.c.personal_code), primary_key=True),
    Column("address", ForeignKey(address.c.id), nullable=False, index=True),
    Column("since", Date, nullable=False),
    Column("moves", Integer, nullable=False, server_default=text("0")),
)
parentage = Table(
    "parentage",
    tables,
    Column("child", ForeignKey(person.c.personal_code), primary_key=True),
    Column("parent", ForeignKey(person.c.personal_code), primary_key=True, index=True),
)
birth = Table(
    "birth",
    tables,
    number("number"),
    Column("child", ForeignKey(person.c.personal_code), nullable=False, unique=True),
    Column("mother", ForeignKey(person.c.personal_code), nullable=False),
    moment("registered_at"),
)
notice = Table(
    "notice",
    tables,
    number(),
    Column("personal_code", ForeignKey(person.c.personal_code), nullable=False, index=True),
    kind("kind", "birth", "death", "move", "name"),
    Column("details", JSONB, nullable=False),
    moment("made_at"),
)


def _rows(lots: Lots) -> Sequence[Rows]:
    people, addresses = lots.people, max(10, lots.people // 2)
    day = "date '1930-01-01' + mod(i, 35064)::int"
    return (
        Rows(
            "settlement",
            79,
            {
                "code": "i + 1",
                "name": nth(names.SETTLEMENTS, f"mod(i, {len(names.SETTLEMENTS)})") + " || ' ' || i + 1",
                "county": nth(names.COUNTIES, f"mod(i, {len(names.COUNTIES)})"),
            },
        ),
        Rows(
            "address",
            addresses,
            {
                "id": "i + 1",
                "settlement": f"1 + {lots.pick('i', 1, 79)}",
                "street": lots.one_of("i", 2, names.STREETS),
                "house": f"1 + {lots.pick('i', 3, 120)}",
                "flat": f"nullif({lots.pick('i', 4, 60)}, 0)",
            },
        ),
        Rows(
            "person",
            people,
            {
                "personal_code": "pg_temp.person(i)",
                "given_name": lots.one_of("i", 5, names.GIVEN),
                "surname": lots.one_of("i", 6, names.SURNAMES),
                "born": day,
                "died": f"case when {lots.pick('i', 7, 40)} = 0"
                f" then greatest({day}, date '2026-01-01' - 1 - {lots.pick('i', 8, 9000)}::int) end",
                "citizenship": lots.one_of("i", 9, ("EST", "EST", "EST", "EST", "EST", "LVA", "FIN", "UKR")),
                "languages": f"case {lots.pick('i', 10, 4)} when 0 then '{{et,ru}}'::text[] when 1 then '{{et,en,fi}}'"
                " else '{et}' end",
                "registered_at": lots.moment("i", 11),
            },
        ),
        Rows(
            "residence",
            people,
            {
                "personal_code": "pg_temp.person(i)",
                "address": f"1 + {lots.pick('i', 12, addresses)}",
                "since": lots.day("i", 13),
            },
        ),
        Rows(
            "parentage",
            people // 2,
            # child and parent are neighbours in the count, so that no pair comes twice
            {"child": "pg_temp.person(2 * i + 1)", "parent": "pg_temp.person(2 * i)"},
        ),
        Rows(
            "notice",
            people // 10,
            {
                "id": "i + 1",
                "personal_code": lots.person("i", 14),
                "kind": lots.one_of("i", 15, ("birth", "death", "move", "name")),
                "details": json_of(official=lots.pick("i", 16, 500), pages=lots.pick("i", 17, 9)),
                "made_at": lots.moment("i", 18),
            },
        ),
    )


def _birth(random: Random, people: int) -> Sequence[str]:
    mother = codes.person(random.randrange(people))
    return mother, random.choice(names.GIVEN), random.choice(names.SURNAMES)


def _move(random: Random, people: int) -> Sequence[str]:
    return codes.person(random.randrange(people)), str(1 + random.randrange(max(10, people // 2)))


def _death(random: Random, people: int) -> Sequence[str]:
    return (codes.person(random.randrange(people)),)


def _name(random: Random, people: int) -> Sequence[str]:
    return codes.person(random.randrange(people)), random.choice(names.SURNAMES)


TRANSACTIONS = (
    StateTransaction(
        "register a birth",
        first="""drawn as materialized (
          select number, public.personal_code(date '2026-01-01' + mod(number, 1461)::int, number / 1461) as child,
                 date '2026-01-01' + mod(number, 1461)::int as born
          from nextval('public.birth_number_seq') as number)""",
        steps=(
            Step(
                "child",
                "person",
                "insert into public.person (personal_code, given_name, surname, born, citizenship, languages)"
                " select child, $4::text, $5::text, born, 'EST', '{et}' from drawn",
            ),
            Step(
                "birth",
                "birth",
                "insert into public.birth (number, child, mother) select number, child, $3::text from drawn",
            ),
            Step(
                "parent", "parentage", "insert into public.parentage (child, parent) select child, $3::text from drawn"
            ),
        ),
        parameters=_birth,
    ),
    StateTransaction(
        "change an address",
        steps=(
            Step(
                "moved",
                "residence",
                "insert into public.residence as r (personal_code, address, since)"
                " values ($3::text, $4::bigint, current_date) on conflict (personal_code) do update"
                " set address = excluded.address, since = excluded.since, moves = r.moves + 1",
            ),
        ),
        parameters=_move,
    ),
    StateTransaction(
        "record a death",
        steps=(
            Step(
                "dead",
                "person",
                "update public.person set died = greatest(born, current_date) where personal_code = $3::text",
            ),
            Step(
                "told",
                "notice",
                "insert into public.notice (personal_code, kind, details)"
                " values ($3::text, 'death', jsonb_build_object('by', 'citizen ' || $1::int))",
            ),
        ),
        parameters=_death,
    ),
    StateTransaction(
        "change a surname",
        steps=(
            Step("named", "person", "update public.person set surname = $4::text where personal_code = $3::text"),
            Step(
                "told",
                "notice",
                "insert into public.notice (personal_code, kind, details)"
                " values ($3::text, 'name', jsonb_build_object('to', $4::text))",
            ),
        ),
        parameters=_name,
    ),
)

RESIDENTS = """
create view public.resident as
  select p.personal_code, p.full_name, p.born, s.name as settlement, s.county
  from public.person p
  join public.residence r on r.personal_code = p.personal_code
  join public.address a on a.id = r.address
  join public.settlement s on s.code = a.settlement
  where p.died is null
"""

POPULATION = StateRegister(
    name="population",
    tables=tables,
    rows=_rows,
    transactions=TRANSACTIONS,
    before=(codes.PERSONAL_CODE.format(schema="public"),),
    after=(RESIDENTS,),
)
