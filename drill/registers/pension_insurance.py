"""Who is insured, what was paid in for them, and what they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB

from drill.registers import codes
from drill.registers.columns import kind, moment, money, number, personal_code
from drill.registers.register import Reference, StateRegister
from drill.registers.rows import Lots, Rows, json_of
from drill.registers.transaction import StateTransaction, Step

_KINDS = ("old-age", "survivor", "work ability", "national")
_MONTHS = ("2025-10-01", "2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01")

tables = MetaData()

insured = Table(
    "insured",
    tables,
    personal_code(primary_key=True),
    Column("joined_on", Date, nullable=False),
    Column("funded", Boolean, nullable=False),
    Column("shares", Numeric(12, 3), CheckConstraint("shares >= 0"), nullable=False),
)
contribution = Table(
    "contribution",
    tables,
    Column("personal_code", ForeignKey(insured.c.personal_code), primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    money("amount"),
)
pension = Table(
    "pension",
    tables,
    number(),
    Column("personal_code", ForeignKey(insured.c.personal_code), nullable=False, index=True),
    kind("kind", *_KINDS),
    money("monthly"),
    Column("indexed", Integer, nullable=False, server_default=text("0")),
    Column("granted_for", DATERANGE, nullable=False),
    Column("basis", JSONB, nullable=False),
    CheckConstraint("monthly > 0", name="pension_monthly"),
)
payment = Table(
    "payment",
    tables,
    number(),
    Column("pension", BigInteger, ForeignKey(pension.c.id), nullable=False),
    Column("month", Date, nullable=False),
    money("amount"),
    moment("paid_at"),
    UniqueConstraint("pension", "month", name="payment_once_a_month"),
)

MONTHLY = """
create view public.paid_by_month as
  select month, count(*) as payments, sum(amount) as amount from public.payment group by month
"""


def _insured(people: int) -> int:
    return people * 8 // 10


def _pensions(people: int) -> int:
    return people // 5


def _rows(lots: Lots) -> Sequence[Rows]:
    people, pensions = _insured(lots.people), _pensions(lots.people)
    return (
        Rows(
            "insured",
            people,
            {
                "personal_code": "pg_temp.person(i)",
                "joined_on": lots.day("i", 501),
                "funded": lots.pick("i", 502, 2) + " = 0",
                "shares": f"{lots.pick('i', 503, 60_000)} / 1000.0",
            },
        ),
        Rows(
            "contribution",
            people,
            {"personal_code": "pg_temp.person(i)", "year": "2025", "amount": lots.euros("i", 504, 12_000)},
        ),
        Rows(
            "pension",
            pensions,
            {
                "id": "i + 1",
                "personal_code": "pg_temp.person(i * 3)",
                "kind": lots.one_of("i", 505, _KINDS),
                "monthly": "300 + " + lots.euros("i", 506, 900),
                "granted_for": f"daterange({lots.day('i', 507)}, null)",
                "basis": json_of(years=lots.pick("i", 508, 45), factor=f"{lots.pick('i', 509, 9)} / 10.0"),
            },
        ),
        Rows(
            "payment",
            pensions,
            {
                "id": "i + 1",
                "pension": "i + 1",
                "month": "date '2025-12-01'",
                "amount": "300 + " + lots.euros("i", 506, 900),
                "paid_at": lots.moment("i", 510),
            },
        ),
    )


def _grant(random: Random, people: int) -> Sequence[str]:
    return (
        codes.person(random.randrange(_insured(people))),
        random.choice(_KINDS),
        f"{random.randrange(30_000, 120_000) / 100:.2f}",
    )


def _index(random: Random, people: int) -> Sequence[str]:
    return str(1 + random.randrange(_pensions(people))), f"{1 + random.randrange(1, 90) / 1000:.3f}"


def _pay(random: Random, people: int) -> Sequence[str]:
    return str(1 + random.randrange(_pensions(people))), random.choice(_MONTHS)


def _contribute(random: Random, people: int) -> Sequence[str]:
    return codes.person(random.randrange(_insured(people))), f"{random.randrange(100, 90_000) / 100:.2f}"


_GRANT = StateTransaction(
    "grant a pension",
    steps=(
        Step(
            "granted",
            "pension",
            "insert into public.pension (personal_code, kind, monthly, granted_for, basis)"
            " values ($3::text, $4::text, $5::numeric, daterange(current_date, null),"
            " jsonb_build_object('by', $1::int))",
        ),
    ),
    parameters=_grant,
)
_INDEX = StateTransaction(
    "index a pension",
    steps=(
        Step(
            "indexed",
            "pension",
            # held below a ceiling, so that a long drill does not run out of digits
            "update public.pension set monthly = least(round(monthly * $4::numeric, 2), 9999.99), indexed = indexed + 1"
            " where id = $3::bigint",
        ),
    ),
    parameters=_index,
)
_PAY = StateTransaction(
    "pay a pension",
    steps=(
        Step(
            "paid",
            "payment",
            "insert into public.payment as p (pension, month, amount)"
            " select id, $4::date, monthly from public.pension where id = $3::bigint"
            " on conflict (pension, month) do update set amount = excluded.amount, paid_at = excluded.paid_at",
        ),
    ),
    parameters=_pay,
    reads=("pension",),
)
_CONTRIBUTE = StateTransaction(
    "pay a contribution",
    steps=(
        Step(
            "credited",
            "insured",
            "update public.insured set shares = shares + round($4::numeric / 1000, 3) where personal_code = $3::text",
            keep="new.personal_code as personal_code",
        ),
        Step(
            "paid_in",
            "contribution",
            "insert into public.contribution as c (personal_code, year, amount)"
            " select personal_code, 2026, $4::numeric from credited"
            " on conflict (personal_code, year) do update set amount = c.amount + excluded.amount",
        ),
    ),
    parameters=_contribute,
)

PENSION_INSURANCE = StateRegister(
    name="pension_insurance",
    tables=tables,
    rows=_rows,
    transactions=(_GRANT, _PAY, _INDEX, _CONTRIBUTE),
    references=(Reference("insured", "personal_code", "population", "person", "personal_code"),),
    after=(MONTHLY,),
)
