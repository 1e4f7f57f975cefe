"""Which documents prove who somebody is, and the certificates on them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from drill.registers import codes, names
from drill.registers.columns import kind, moment, number, personal_code
from drill.registers.register import Reference, StateRegister
from drill.registers.rows import Lots, Rows, json_of, nth
from drill.registers.transaction import StateTransaction, Step

_TYPES = ("identity card", "passport", "residence permit card", "digital identity card")

tables = MetaData()

document_type = Table(
    "document_type",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("valid_for", Interval, nullable=False),
)
holder = Table(
    "holder",
    tables,
    personal_code(primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("surname", Text, nullable=False),
    Column("photo_digest", LargeBinary, nullable=False),
)
document = Table(
    "document",
    tables,
    number(),
    Column("number", Text, nullable=False, unique=True),
    Column("holder", ForeignKey(holder.c.personal_code), nullable=False, index=True),
    Column("type", ForeignKey(document_type.c.id), nullable=False),
    kind("status", "valid", "revoked", "expired"),
    Column("issued_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("revoked_at", TIMESTAMP(timezone=True)),
    Column("extended", Integer, nullable=False, server_default=text("0")),
    Column("printed", JSONB, nullable=False),
)
certificate = Table(
    "certificate",
    tables,
    Column("serial", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("document", ForeignKey(document.c.id), nullable=False, index=True),
    kind("use", "authentication", "signature"),
    moment("valid_from"),
    Column("revoked_at", TIMESTAMP(timezone=True)),
    Index("certificate_revoked", "revoked_at", postgresql_where=text("revoked_at is not null")),
)


def _documents(people: int) -> int:
    return people + people // 4


def _rows(lots: Lots) -> Sequence[Rows]:
    return (
        Rows(
            "document_type",
            len(_TYPES),
            {
                "id": "i + 1",
                "name": nth(_TYPES, "i"),
                "valid_for": "case i when 1 then '10 years'::interval else '5 years' end",
            },
        ),
        Rows(
            "holder",
            lots.people,
            {
                "personal_code": "pg_temp.person(i)",
                "given_name": lots.one_of("i", 5, names.GIVEN),
                "surname": lots.one_of("i", 6, names.SURNAMES),
                "photo_digest": f"int8send({lots.pick('i', 107, 2**62)}) || int8send({lots.pick('i', 108, 2**62)})",
            },
        ),
        Rows(
            "document",
            _documents(lots.people),
            {
                "id": "i + 1",
                "number": "'AA' || to_char(i + 1, 'FM00000000')",
                "holder": f"pg_temp.person(mod(i, {lots.people}))",
                "type": f"1 + {lots.pick('i', 101, 4)}",
                "status": lots.one_of("i", 102, ("valid", "valid", "valid", "valid", "expired")),
                "issued_on": f"date '2021-01-01' + {lots.pick('i', 103, 1800)}::int",
                "expires_on": f"date '2026-01-01' + {lots.pick('i', 103, 1800)}::int",
                "printed": json_of(place=lots.one_of("i", 104, names.COUNTIES), batch=lots.pick("i", 105, 9999)),
            },
        ),
        Rows(
            "certificate",
            lots.people,
            {
                "serial": f"encode(int8send(i) || int8send(hashint8extended(i, {lots.seed})), 'hex')::uuid",
                "document": "1 + i / 2",
                "use": nth(("authentication", "signature"), "mod(i, 2)"),
                "valid_from": lots.moment("i / 2", 106),
            },
        ),
    )


def _issue(random: Random, people: int) -> Sequence[str]:
    return codes.person(random.randrange(people)), str(1 + random.randrange(len(_TYPES)))


def _one(random: Random, people: int) -> Sequence[str]:
    return (str(1 + random.randrange(_documents(people))),)


def _rename(random: Random, people: int) -> Sequence[str]:
    return codes.person(random.randrange(people)), random.choice(names.SURNAMES)


_ISSUE = StateTransaction(
    "issue a document",
    first="drawn as materialized (select id from nextval('public.document_id_seq') as id)",
    steps=(
        Step(
            "issued",
            "document",
            "insert into public.document (id, number, holder, type, status, issued_on, expires_on, printed)"
            " select d.id, 'AA' || to_char(d.id, 'FM00000000'), $3::text, t.id, 'valid', current_date,"
            " (current_date + t.valid_for)::date, jsonb_build_object('by', $1::int)"
            " from drawn d, public.document_type t where t.id = $4::int",
        ),
        Step(
            "certified",
            "certificate",
            "insert into public.certificate (document, use)"
            " select drawn.id, u from drawn, unnest(array['authentication', 'signature']) u",
        ),
    ),
    parameters=_issue,
    reads=("document_type",),
)
_REVOKE = StateTransaction(
    "revoke a document",
    steps=(
        Step(
            "revoked",
            "document",
            "update public.document set status = 'revoked', revoked_at = now() where id = $3::bigint",
            keep="new.id as id",
        ),
        Step(
            "voided",
            "certificate",
            "update public.certificate c set revoked_at = now() from revoked where c.document = revoked.id",
        ),
    ),
    parameters=_one,
)
_EXTEND = StateTransaction(
    "extend a document",
    steps=(
        Step(
            "extended",
            "document",
            "update public.document set expires_on = expires_on + 365, extended = extended + 1 where id = $3::bigint",
        ),
    ),
    parameters=_one,
)
_HOLD = StateTransaction(
    "enter a holder's name",
    steps=(
        Step(
            "entered",
            "holder",
            "insert into public.holder as h (personal_code, given_name, surname, photo_digest)"
            " values ($3::text, '', $4::text, ''::bytea) on conflict (personal_code) do update"
            " set surname = excluded.surname where h.surname <> excluded.surname",
        ),
    ),
    parameters=_rename,
)

IDENTITY_DOCUMENTS = StateRegister(
    name="identity_documents",
    tables=tables,
    rows=_rows,
    transactions=(_ISSUE, _EXTEND, _REVOKE, _HOLD),
    references=(Reference("holder", "personal_code", "population", "person", "personal_code"),),
)
