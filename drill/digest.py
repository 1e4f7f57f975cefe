"""Additive fingerprints of tables: the digest of a union is the sum of the digests.

The SQL is made here as text, so that seals, surveys and the receipts of citizens hash a row in exactly one way:
a 64-bit hash of the record, finished by a nonlinear step under two seeds (a plain sum of record hashes is blind to
values swapped between rows).

Between major versions and between machines the server's own hashes may differ: there the portable form is used, the
MD5 of the row as text, whose two halves are the two sums.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_MODULUS = 1 << 64
BUCKETS = 16  # in which the rows of a table are counted apart, if that is wanted

# Everything that can change how a value or a definition is written out, fixed for whoever computes a digest: seals,
# surveys, citizens.
PINNED: Mapping[str, str] = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "lc_monetary": "C",
    "xmlbinary": "base64",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "search_path": "public",
}

_MODIFIER = re.compile(r"\([0-9,-]+\)|(?<=^interval) [a-z ]+")  # 12,2 of numeric(12,2); day to second of an interval
_NATIVE = frozenset(
    ("boolean", "smallint", "integer", "oid", "uuid", "bytea", "date", "inet", "cidr", "macaddr", "macaddr8", '"char"')
)
_COLLATED = ("text", "character varying", "name")
# Hashed by their bytes: the hash of the type itself takes unlike values for the same (numeric 1.0 and 1.00), or is that
# of int8, which folds a value to 32 bits first (1 and 4294967296, and so all timestamps).
_SENT: Mapping[str, str] = {
    "bigint": "int8send",
    "time without time zone": "time_send",
    "time with time zone": "timetz_send",
    "timestamp without time zone": "timestamp_send",
    "timestamp with time zone": "timestamptz_send",
    "pg_lsn": "pg_lsn_send",
    "xid8": "xid8send",
    "numeric": "numeric_send",
    "interval": "interval_send",
    "bit": "bit_send",
    "bit varying": "varbit_send",
    "money": "cash_send",
    "character": "bpcharsend",
    "bpchar": "bpcharsend",
}
# NaN has many bit patterns, with a sign too, and is one value: a dump writes no more of it than its name.
_FLOATS: Mapping[str, str] = {
    "real": r"case {0} when 'NaN' then '\x7fc00000' else float4send({0}) end",
    "double precision": r"case {0} when 'NaN' then '\x7ff8000000000000' else float8send({0}) end",
    "point": "case when 'NaN' in (({0})[0], ({0})[1]) then textsend({0}::text) else point_send({0}) end",
}
# Written otherwise by their casts to text than by themselves. Of no other type is a cast asked: one may be somebody's
# own function, and that of XML leaves the declaration standing which no dump writes.
_CAST = frozenset(("boolean", "character", "bpchar", '"char"', "inet", "cidr"))


# The same as a connection's `options`.
PINNED_OPTIONS = " ".join(f"-c {name}={setting.replace(' ', chr(92) + ' ')}" for name, setting in PINNED.items())


class Form(StrEnum):
    """How a row is hashed."""

    NATIVE = "native"  # by the server's own functions: fast, and alike only within one major version and architecture
    PORTABLE = "portable"  # MD5 of the row as text: alike on PostgreSQL 12 and later, everywhere


@dataclass(frozen=True, slots=True)
class Digest:
    """Row count and two sums of row hashes modulo 2**64, one for each seed."""

    rows: int = 0
    sums: tuple[int, int] = (0, 0)

    def __add__(self, other: "Digest") -> "Digest":
        (a, b), (c, d) = self.sums, other.sums
        return Digest(self.rows + other.rows, ((a + c) % _MODULUS, (b + d) % _MODULUS))

    @classmethod
    def read(cls, rows: int | str, one: int | str, two: int | str) -> "Digest":
        """From a row count and the two sums as PostgreSQL returns them (of any size and sign)."""
        return cls(int(rows), (int(one) % _MODULUS, int(two) % _MODULUS))


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its type as format_type() writes it, domains resolved."""

    name: str
    type: str


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def value(column: Column, row: str) -> str:
    """The expression that hashes one column of `row` (an alias) without depending on settings or on collations."""
    named = f"{row}.{quoted(column.name)}"
    bare = _MODIFIER.sub("", column.type)  # timestamp(3) with time zone -> timestamp with time zone
    if bare in _NATIVE:
        return named
    if bare in _COLLATED:
        return f'{named} collate "C"'
    if bare in _SENT:
        return f"{_SENT[bare]}({named})"
    if bare in _FLOATS:
        return _FLOATS[bare].format(named)
    return f'case when {named} is distinct from null then pg_catalog.concat({named}) end collate "C"'


def row_hash(columns: Iterable[Column], row: str) -> str:
    """bytea: the 64-bit hash of a row, not yet finished by a seed."""
    return f"int8send(hash_record_extended(row({', '.join(value(c, row) for c in columns)}),1))"


def sums(hashed: str) -> str:
    """The two sums over a bytea column of row hashes, each under its own seed (nulls count as nothing)."""
    return ", ".join(f"coalesce(sum(hashbyteaextended({hashed},{seed})),0)" for seed in (3, 4))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a table: its digest over these columns, in this form; by bucket of a key if there is one."""

    columns: tuple[Column, ...]
    form: Form = Form.NATIVE
    key: tuple[Column, ...] = ()

    def query(self, table: str, *, partitioned: bool = False, blocks: tuple[int, int] | None = None) -> str:
        """SELECT rows, sum, sum of a table; `table` as it is to be written in SQL.

        A partitioned table is read with its partitions, any other without those that inherit from it. `blocks`: only
        the rows in these, the second not included. With a key one row for each bucket, its number before all.
        """
        native = self.form is Form.NATIVE
        hashed = row_hash(self.columns, "t") if native else _row_text(self.columns, "t")
        only = "" if partitioned else "only "
        place = "" if blocks is None else f" where t.ctid >= '({blocks[0]},0)' and t.ctid < '({blocks[1]},0)'"
        part = f", {bucket(self.key, 't', self.form)} b" if self.key else ""
        first, last = ("b, ", " group by b") if self.key else ("", "")
        rows = f"select {hashed} h{part} from {only}{table} t{place} offset 0"  # noqa: S608
        return f"select {first}count(*), {sums('h') if native else _HALVES} from ({rows}) s{last}"  # noqa: S608


def of_table(table: str, columns: Iterable[Column], *, form: Form = Form.NATIVE, partitioned: bool = False) -> str:
    """The query of all its rows at once."""
    return Wanted(tuple(columns), form).query(table, partitioned=partitioned)


def bucket(key: Sequence[Column], row: str, form: Form) -> str:
    """The expression that tells in which of the buckets, counted from 0, a row is by these columns."""
    if form is Form.NATIVE:
        return f"(hash_record_extended(row({', '.join(value(c, row) for c in key)}),5)&{BUCKETS - 1})::integer"
    return f"('x' || left({_row_text(key, row)}, 1))::bit(4)::integer"


_HALVES = ", ".join(f"coalesce(sum(('x' || substr(h, {begin}, 16))::bit(64)::bigint), 0)" for begin in (1, 17))


def _row_text(columns: Iterable[Column], row: str) -> str:
    """The MD5 of a row, hexadecimal; each value is written out under the pinned settings."""
    return f"md5(row({', '.join(_text(column, row) for column in columns)})::text)"


def _text(column: Column, row: str) -> str:
    named = f"{row}.{quoted(column.name)}"
    return f"{named}::text" if _MODIFIER.sub("", column.type) in _CAST else named


def of_change(columns: Iterable[Column], statement: str, name: str, also: str = "") -> str:
    """One common table expression `name` around an INSERT, UPDATE or DELETE: hashes `o` of old rows, `n` of new ones.

    `statement` must end before its RETURNING, `also` is the list of what else it returns. A row of NULLs is not
    "no row", so the tableoid decides (PostgreSQL 18).
    """
    old, new = row_hash(columns := tuple(columns), "old"), row_hash(columns, "new")
    more = f", {also}" if also else ""
    return (
        f"{name} as ({statement} returning case when old.tableoid is not null then {old} end as o,"
        f" case when new.tableoid is not null then {new} end as n{more})"
    )


def sum_of_change(name: str) -> str:
    """SELECT-list `rows, one, two` over the expression `name` of `of_change`: change of the count and of the sums."""
    one, two = (
        f"coalesce(sum(hashbyteaextended({name}.n,{seed})),0)-coalesce(sum(hashbyteaextended({name}.o,{seed})),0)"
        for seed in (3, 4)
    )
    return f"count({name}.n)-count({name}.o) as rows, {one} as one, {two} as two"
