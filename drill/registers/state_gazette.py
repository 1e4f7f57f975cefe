"""Which acts are in force, and how they read at which time."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TSVECTOR

from drill.registers import codes, names
from drill.registers.columns import kind, moment, number, personal_code
from drill.registers.register import Reference, StateRegister
from drill.registers.rows import Lots, Rows, spaced
from drill.registers.transaction import StateTransaction, Step

_KINDS = ("act", "regulation", "order", "judgment")

tables = MetaData()

issuer = Table(
    "issuer",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
)
act = Table(
    "act",
    tables,
    number(),
    Column("reference", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("issuer", ForeignKey(issuer.c.id), nullable=False),
    kind("kind", *_KINDS),
    personal_code("signed_by"),
    Column("keywords", ARRAY(Text), nullable=False),
    Column("words", TSVECTOR, Computed("to_tsvector('simple'::regconfig, title)", persisted=True)),
    Column("edition", Integer, CheckConstraint("edition > 0"), nullable=False, server_default=text("1")),
    moment("published_at"),
    Column("repealed_on", Date),
    Index("act_words", "words", postgresql_using="gin"),
    Index("act_keywords", "keywords", postgresql_using="gin"),
)
edition = Table(
    "edition",
    tables,
    Column("act", ForeignKey(act.c.id), primary_key=True),
    Column("edition", Integer, primary_key=True),
    Column("in_force_from", Date, nullable=False),
    Column("text", Text, nullable=False),
    Column("fingerprint", BYTEA, Computed("decode(md5(text), 'hex')", persisted=True)),
)
amendment = Table(
    "amendment",
    tables,
    number(),
    Column("act", BigInteger, ForeignKey(act.c.id), nullable=False, index=True),
    Column("edition", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    moment("made_at"),
)

IN_FORCE = """
create view public.in_force as
  select a.reference, a.title, e.in_force_from, e.text
  from public.act a join public.edition e on e.act = a.id and e.edition = a.edition
  where a.repealed_on is null
"""


def _acts(people: int) -> int:
    return max(50, people // 40)


def _rows(lots: Lots) -> Sequence[Rows]:
    acts, ministries = _acts(lots.people), len(names.TRADES)
    body = spaced(*(lots.one_of("i", 610 + nth, names.WORDS) for nth in range(4)))
    return (
        Rows("issuer", ministries, {"id": "i + 1", "name": "'Ministry ' || i + 1"}),
        Rows(
            "act",
            acts,
            {
                "id": "i + 1",
                "reference": "'RT I, 2025, ' || i + 1",
                "title": spaced(lots.one_of("i", 601, names.WORDS), lots.one_of("i", 602, names.WORDS), "i"),
                "issuer": f"1 + {lots.pick('i', 603, ministries)}",
                "kind": lots.one_of("i", 604, _KINDS),
                "signed_by": lots.person("i", 605),
                "keywords": f"array[{lots.one_of('i', 606, names.WORDS)}, {lots.one_of('i', 607, names.WORDS)}]",
                "published_at": lots.moment("i", 608),
            },
        ),
        Rows(
            "edition",
            acts,
            {
                "act": "i + 1",
                "edition": "1",
                "in_force_from": lots.day("i", 609),
                "text": f"concat('§ 1. ', repeat({body} || ' ', 10 + {lots.pick('i', 620, 90)}::int))",
            },
        ),
        Rows(
            "amendment",
            acts // 10,
            {
                "id": "i + 1",
                "act": f"1 + {lots.pick('i', 621, acts)}",
                "edition": "1",
                "reason": lots.one_of("i", 622, names.WORDS),
                "made_at": lots.moment("i", 623),
            },
        ),
    )


def _publish(random: Random, people: int) -> Sequence[str]:
    words = random.choices(names.WORDS, k=3)
    return " ".join(words), codes.person(random.randrange(people)), random.choice(_KINDS)


def _amend(random: Random, people: int) -> Sequence[str]:
    return str(1 + random.randrange(_acts(people))), " ".join(random.choices(names.WORDS, k=40))


def _repeal(random: Random, people: int) -> Sequence[str]:
    return (str(1 + random.randrange(_acts(people))),)


def _correct(random: Random, people: int) -> Sequence[str]:
    return str(1 + random.randrange(_acts(people))), random.choice(names.WORDS)


_PUBLISH = StateTransaction(
    "publish an act",
    first="drawn as materialized (select id from nextval('public.act_id_seq') as id)",
    steps=(
        Step(
            "published",
            "act",
            "insert into public.act (id, reference, title, issuer, kind, signed_by, keywords)"
            " select id, 'RT I, 2026, ' || id, $3::text, 1, $5::text, $4::text, string_to_array($3::text, ' ')"
            " from drawn",
        ),
        Step(
            "first_edition",
            "edition",
            "insert into public.edition (act, edition, in_force_from, text)"
            " select id, 1, current_date, $3::text from drawn",
        ),
    ),
    parameters=_publish,
)
_AMEND = StateTransaction(
    "amend an act",
    steps=(
        Step(
            "amended",
            "act",
            "update public.act set edition = edition + 1 where id = $3::bigint",
            keep="new.id as id, new.edition as edition",
        ),
        Step(
            "next_edition",
            "edition",
            "insert into public.edition (act, edition, in_force_from, text)"
            " select id, edition, current_date, $4::text from amended",
        ),
        Step(
            "reasoned",
            "amendment",
            "insert into public.amendment (act, edition, reason)"
            " select id, edition, 'citizen ' || $1::int from amended",
        ),
    ),
    parameters=_amend,
)
_REPEAL = StateTransaction(
    "repeal an act",
    steps=(
        Step(
            "repealed",
            "act",
            "update public.act set repealed_on = coalesce(repealed_on, current_date),"
            " keywords = array_append(keywords[:20], 'kehtetu') where id = $3::bigint",
        ),
    ),
    parameters=_repeal,
)
_CORRECT = StateTransaction(
    "correct an edition",
    steps=(
        Step(
            "corrected",
            "edition",
            "insert into public.edition as e (act, edition, in_force_from, text)"
            " values ($3::bigint, 1, current_date, $4::text)"
            " on conflict (act, edition) do update set text = left(e.text, 20000) || ' ' || excluded.text",
        ),
    ),
    parameters=_correct,
)

STATE_GAZETTE = StateRegister(
    name="state_gazette",
    tables=tables,
    rows=_rows,
    transactions=(_PUBLISH, _AMEND, _REPEAL, _CORRECT),
    references=(Reference("act", "signed_by", "population", "person", "personal_code"),),
    after=(IN_FORCE,),
)
