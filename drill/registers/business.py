"""Which companies exist, who owns them, who may act for them, and what they have earned."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from drill.registers import codes, names
from drill.registers.columns import kind, moment, money, number, personal_code, registry_code
from drill.registers.register import Reference, StateRegister
from drill.registers.rows import Lots, Rows, json_of, spaced
from drill.registers.transaction import StateTransaction, Step

_FORMS = ("OÜ", "AS", "TÜ", "MTÜ")
_STATUSES = ("entered", "in liquidation", "deleted")

tables = MetaData()

company = Table(
    "company",
    tables,
    registry_code(primary_key=True),
    Column("entry", BigInteger, Identity(), nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    kind("form", *_FORMS),
    kind("status", *_STATUSES),
    Column("founded_on", Date, nullable=False),
    money("share_capital"),
    Column("activities", ARRAY(Text), nullable=False),
    CheckConstraint("share_capital >= 0", name="company_share_capital"),
)
shareholder = Table(
    "shareholder",
    tables,
    number(),
    Column("company", ForeignKey(company.c.registry_code), nullable=False, index=True),
    personal_code(index=True),
    money("contribution"),
    Column("since", Date, nullable=False),
)
board_member = Table(
    "board_member",
    tables,
    number(),
    Column("company", ForeignKey(company.c.registry_code), nullable=False, index=True),
    personal_code(),
    Column("since", Date, nullable=False),
    Column("until", Date),
)
annual_report = Table(
    "annual_report",
    tables,
    Column("company", ForeignKey(company.c.registry_code), primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    money("revenue"),
    money("profit"),
    Column("employees", Integer, CheckConstraint("employees >= 0"), nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("filed_again", Integer, nullable=False, server_default=sql_text("0")),
    moment("filed_at"),
)


def _rows(lots: Lots) -> Sequence[Rows]:
    companies = codes.companies(lots.people)
    code = "pg_temp.registry_code(i)"
    return (
        Rows(
            "company",
            companies,
            {
                "registry_code": code,
                "entry": "i",
                "name": spaced(lots.one_of("i", 301, names.SURNAMES), lots.one_of("i", 302, names.TRADES), "i"),
                "form": lots.one_of("i", 303, _FORMS),
                "status": lots.one_of("i", 304, ("entered", "entered", "entered", "entered", *_STATUSES)),
                "founded_on": lots.day("i", 305),
                "share_capital": "0.01 + " + lots.euros("i", 306, 50_000),
                "activities": f"array[{lots.one_of('i', 307, names.TRADES)}, {lots.one_of('i', 308, names.TRADES)}]",
            },
        ),
        Rows(
            "shareholder",
            companies * 3 // 2,
            {
                "id": "i + 1",
                "company": f"pg_temp.registry_code(mod(i, {companies}))",
                "personal_code": lots.person("i", 309),
                "contribution": lots.euros("i", 310, 20_000),
                "since": lots.day("i", 311),
            },
        ),
        Rows(
            "board_member",
            companies,
            {"id": "i + 1", "company": code, "personal_code": lots.person("i", 309), "since": lots.day("i", 312)},
        ),
        Rows(
            "annual_report",
            companies,
            {
                "company": code,
                "year": "2024",
                "revenue": lots.euros("i", 313, 3_000_000),
                "profit": lots.euros("i", 314, 300_000) + " - 90000",
                "employees": lots.pick("i", 315, 60),
                "figures": json_of(assets=lots.euros("i", 316, 900_000), auditor="null"),
                "filed_at": lots.moment("i", 317),
            },
        ),
    )


def _found(random: Random, people: int) -> Sequence[str]:
    name = f"{random.choice(names.SURNAMES)} {random.choice(names.TRADES)}"
    return codes.person(random.randrange(people)), name, random.choice(_FORMS)


def _change_board(random: Random, people: int) -> Sequence[str]:
    return codes.company(random.randrange(codes.companies(people))), codes.person(random.randrange(people))


def _report(random: Random, people: int) -> Sequence[str]:
    which = codes.company(random.randrange(codes.companies(people)))
    return which, str(random.choice((2023, 2024, 2025))), f"{random.randrange(300_000_000) / 100:.2f}"


def _raise_capital(random: Random, people: int) -> Sequence[str]:
    return codes.company(random.randrange(codes.companies(people))), str(random.randrange(1, 5000))


_FOUND = StateTransaction(
    "found a company",
    first="""drawn as materialized (
      select entry, public.registry_code(entry) as registry_code from nextval('public.company_entry_seq') as entry)""",
    steps=(
        Step(
            "founded",
            "company",
            "insert into public.company"
            " (registry_code, entry, name, form, status, founded_on, share_capital, activities)"
            " select registry_code, entry, $4::text || ' ' || entry, $5::text, 'entered', current_date, 2500, '{}'"
            " from drawn",
        ),
        Step(
            "held",
            "shareholder",
            "insert into public.shareholder (company, personal_code, contribution, since)"
            " select registry_code, $3::text, 2500, current_date from drawn",
        ),
        Step(
            "led",
            "board_member",
            "insert into public.board_member (company, personal_code, since)"
            " select registry_code, $3::text, current_date from drawn",
        ),
    ),
    parameters=_found,
)
_BOARD = StateTransaction(
    "change a board",
    steps=(
        Step(
            "departed",
            "board_member",
            "update public.board_member set until = current_date where company = $3::text and until is null",
        ),
        Step(
            "came",
            "board_member",
            "insert into public.board_member (company, personal_code, since) values ($3::text, $4::text, current_date)",
        ),
    ),
    parameters=_change_board,
)
_REPORT = StateTransaction(
    "file an annual report",
    steps=(
        Step(
            "filed",
            "annual_report",
            "insert into public.annual_report as r (company, year, revenue, profit, employees, figures)"
            " values ($3::text, $4::smallint, $5::numeric, $5::numeric / 10, 5, jsonb_build_object('by', $1::int))"
            " on conflict (company, year) do update set revenue = excluded.revenue, profit = excluded.profit,"
            " figures = excluded.figures, filed_again = r.filed_again + 1, filed_at = excluded.filed_at",
        ),
    ),
    parameters=_report,
)
_CAPITAL = StateTransaction(
    "raise a share capital",
    steps=(
        Step(
            "raised",
            "company",
            "update public.company set share_capital = share_capital + $4::numeric where registry_code = $3::text",
        ),
    ),
    parameters=_raise_capital,
)

BUSINESS = StateRegister(
    name="business",
    tables=tables,
    rows=_rows,
    transactions=(_FOUND, _BOARD, _REPORT, _CAPITAL),
    references=(
        Reference("shareholder", "personal_code", "population", "person", "personal_code"),
        Reference("board_member", "personal_code", "population", "person", "personal_code"),
    ),
    before=(codes.REGISTRY_CODE.format(schema="public"),),
)
