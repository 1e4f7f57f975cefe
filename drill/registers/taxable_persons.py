"""Who is liable to tax, what they have declared, and what they owe."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, MetaData, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from drill.registers import codes
from drill.registers.columns import kind, moment, money, number, personal_code, registry_code
from drill.registers.register import Reference, StateRegister
from drill.registers.rows import Lots, Rows, json_of, nth
from drill.registers.transaction import StateTransaction, Step

_TAXES = ("income", "social", "value added", "land")
_YEARS = (2023, 2024, 2025, 2026)

tables = MetaData()

taxpayer = Table(
    "taxpayer",
    tables,
    number(),
    personal_code(nullable=True, unique=True),
    registry_code(nullable=True, unique=True),
    kind("status", "active", "suspended"),
    Column("registered_on", Date, nullable=False),
    Column("renewed", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("num_nonnulls(personal_code, registry_code) = 1", name="taxpayer_person_or_company"),
)
account = Table(
    "account",
    tables,
    Column("taxpayer", ForeignKey(taxpayer.c.id), primary_key=True),
    money("balance"),
    Column("movements", Integer, nullable=False, server_default=text("0")),
    moment("moved_at"),
)
tax_return = Table(
    "tax_return",
    tables,
    Column("taxpayer", ForeignKey(taxpayer.c.id), primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("tax", Text, CheckConstraint("tax in ('income', 'social', 'value added', 'land')"), primary_key=True),
    money("amount"),
    Column("edition", Integer, nullable=False, server_default=text("1")),
    Column("declared", JSONB, nullable=False),
    moment("filed_at"),
    postgresql_partition_by="list (year)",
    info={
        "partitions": tuple(
            f"create table tax_return_{year} partition of tax_return for values in ({year})" for year in _YEARS
        )
    },
)
assessment = Table(
    "assessment",
    tables,
    number(),
    Column("taxpayer", ForeignKey(taxpayer.c.id), nullable=False, index=True),
    money("amount"),
    Column("due_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    moment("made_at"),
    CheckConstraint("amount > 0", name="assessment_amount"),
)


def _persons(people: int) -> int:
    return people * 7 // 10


def _taxpayers(people: int) -> int:
    return _persons(people) + codes.companies(people)


def _rows(lots: Lots) -> Sequence[Rows]:
    persons, taxpayers = _persons(lots.people), _taxpayers(lots.people)
    return (
        Rows(
            "taxpayer",
            taxpayers,
            {
                "id": "i + 1",
                "personal_code": f"case when i < {persons} then pg_temp.person(i) end",
                "registry_code": f"case when i >= {persons} then pg_temp.registry_code(i - {persons}) end",
                "status": lots.one_of("i", 401, ("active", "active", "active", "suspended")),
                "registered_on": lots.day("i", 402),
            },
        ),
        Rows(
            "account",
            taxpayers,
            {
                "taxpayer": "i + 1",
                "balance": lots.euros("i", 403, 9_000) + " - 4000",
                "moved_at": lots.moment("i", 404),
            },
        ),
        Rows(
            "tax_return",
            taxpayers,
            {
                "taxpayer": "i + 1",
                "year": f"2023 + {lots.pick('i', 405, 3)}",
                "tax": nth(_TAXES, f"case when i < {persons} then 0 else {lots.pick('i', 406, 4)} end"),
                "amount": lots.euros("i", 407, 20_000),
                "declared": json_of(gross=lots.euros("i", 408, 90_000), pages=lots.pick("i", 409, 12)),
                "filed_at": lots.moment("i", 410),
            },
        ),
        Rows(
            "assessment",
            taxpayers // 5,
            {
                "id": "i + 1",
                "taxpayer": f"1 + {lots.pick('i', 411, taxpayers)}",
                "amount": "1 + " + lots.euros("i", 412, 5_000),
                "due_on": lots.day("i", 413),
                "reason": lots.one_of("i", 414, ("late return", "audit", "interest")),
                "made_at": lots.moment("i", 415),
            },
        ),
    )


def _amount(random: Random) -> str:
    return f"{random.randrange(100, 500_000) / 100:.2f}"


def _register(random: Random, people: int) -> Sequence[str]:
    return (codes.person(random.randrange(people)),)


def _file(random: Random, people: int) -> Sequence[str]:
    taxpayer_id = str(1 + random.randrange(_taxpayers(people)))
    return taxpayer_id, str(random.choice(_YEARS)), random.choice(_TAXES), _amount(random)


def _pay(random: Random, people: int) -> Sequence[str]:
    return str(1 + random.randrange(_taxpayers(people))), _amount(random)


_REGISTER = StateTransaction(
    "register as a taxpayer",
    steps=(
        Step(
            "registered",
            "taxpayer",
            "insert into public.taxpayer as t (personal_code, status, registered_on)"
            " values ($3::text, 'active', current_date)"
            " on conflict (personal_code) do update set status = 'active', renewed = t.renewed + 1",
            keep="new.id as id",
        ),
        Step(
            "opened",
            "account",
            "insert into public.account as a (taxpayer, balance) select id, 0 from registered"
            " on conflict (taxpayer) do update set movements = a.movements + 1, moved_at = excluded.moved_at",
        ),
    ),
    parameters=_register,
)
_FILE = StateTransaction(
    "file a return",
    steps=(
        Step(
            "filed",
            "tax_return",
            "insert into public.tax_return as r (taxpayer, year, tax, amount, declared)"
            " values ($3::bigint, $4::smallint, $5::text, $6::numeric, jsonb_build_object('by', $1::int))"
            " on conflict (taxpayer, year, tax) do update set amount = excluded.amount, declared = excluded.declared,"
            " edition = r.edition + 1, filed_at = excluded.filed_at",
        ),
        Step(
            "charged",
            "account",
            "update public.account set balance = balance - $6::numeric,"
            " movements = movements + 1,"
            " moved_at = now() where taxpayer = $3::bigint",
        ),
    ),
    parameters=_file,
)
_ASSESS = StateTransaction(
    "assess a tax",
    steps=(
        Step(
            "assessed",
            "assessment",
            "insert into public.assessment (taxpayer, amount, due_on, reason)"
            " values ($3::bigint, $4::numeric, current_date + 30, 'audit')",
        ),
        Step(
            "charged",
            "account",
            "update public.account set balance = balance - $4::numeric,"
            " movements = movements + 1,"
            " moved_at = now() where taxpayer = $3::bigint",
        ),
    ),
    parameters=_pay,
)
_PAY = StateTransaction(
    "pay a tax",
    steps=(
        Step(
            "paid",
            "account",
            "update public.account set balance = balance + $4::numeric,"
            " movements = movements + 1,"
            " moved_at = now() where taxpayer = $3::bigint",
        ),
    ),
    parameters=_pay,
)

TAXABLE_PERSONS = StateRegister(
    name="taxable_persons",
    tables=tables,
    rows=_rows,
    transactions=(_FILE, _PAY, _ASSESS, _REGISTER),
    references=(
        Reference("taxpayer", "personal_code", "population", "person", "personal_code"),
        Reference("taxpayer", "registry_code", "business", "company", "registry_code"),
    ),
)
