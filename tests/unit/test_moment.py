"""What the log between a seal and a copy puts in doubt, record by record: lines as pg_waldump 18 writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from drill.digest import Column, Digest
from drill.errors import StepFailed
from drill.evidence import Seal, Structure
from drill.moment import SCHEMA, Between, Doubts, Layout, doubts_of
from drill.probes.digests import FILES
from drill.probes.fingerprint import KINDS
from drill.sites.wal import Record

NEXT = 700
SEAL = Seal(
    {"public.a": Digest(1, (1, 1)), "public.far": Digest(2, (2, 2))},
    files={"base/5/16400": "public.a", "pg_tblspc/16385/PG_18_202506291/5/16410": "public.far"},
)
LAYOUT = Layout("5", frozenset({"1259", "2610", "16900"}))  # pg_class, pg_index, and one that was rewritten
WRITTEN = {"public.a", "sequence values"}


def record(kind: str, says: str, transaction: int = NEXT) -> Record:
    return Record(kind, transaction, 0x1000028, 0x1000060, says)


def insert(file: str, verb: str = "INSERT", transaction: int = NEXT) -> Record:
    return record("Heap", f"{verb} off: 1, flags: 0x00, blkref #0: rel {file} blk 0", transaction)


COMMIT = "COMMIT 2026-11-24 04:49:44.420235 UTC"


def doubted(*records: Record, layout: Layout | None = LAYOUT, seal: Seal = SEAL) -> set[str]:
    found = Between()
    for each in records:
        found.read(each, NEXT)
    return set(doubts_of(seal, found, layout))


@pytest.mark.parametrize(
    ("read", "due"),
    [
        (insert("1663/5/16400"), WRITTEN),
        (insert("16385/5/16410"), {"public.far", "sequence values"}),  # in another tablespace
        (insert("1663/6/16400"), set()),  # of another database
        (insert("1664/0/1260"), set()),  # of all of them
        (insert("1663/5/16400", transaction=0), set()),  # a reader's hint, a checkpoint
        (record("Sequence", "LOG rel 1663/5/16405"), {"sequence values"}),
        (insert("1663/5/16450"), {"sequence values"}),  # an index, or a table that is new
        (insert("1663/5/1259"), set(SCHEMA)),
        (insert("1663/5/1255"), set(SCHEMA)),  # a catalogue that the copy does not tell of
        (insert("1663/5/16900"), set(SCHEMA)),  # one that got another file
        (insert("1663/5/1259", "INPLACE"), set()),  # how many rows a table has
        (insert("1663/5/2619"), {"sequence values"}),  # ANALYZE
        (record("Transaction", f"{COMMIT}; rels: base/5/16400"), WRITTEN),
        (
            record("Transaction", f"{COMMIT}; rels: pg_tblspc/16385/PG_18_202506291/5/16410 base/5/16999; inval msgs"),
            {"public.far", "sequence values"},
        ),
        (record("Transaction", f"{COMMIT}; inval msgs: catcache 80"), set()),
        (record("Database", "DROP dir 1663/5"), {*SCHEMA, *SEAL.tables}),
        (record("Database", "CREATE_FILE_COPY copy dir 1663/1 to 1663/5"), {*SCHEMA, *SEAL.tables}),
        (record("Database", "CREATE_WAL_LOG create dir 1663/7"), set()),
    ],
)
def test_a_record_puts_in_doubt_what_it_may_have_changed_and_nothing_else(read: Record, due: set[str]) -> None:
    assert doubted(read) == due


CHANGED = insert("1663/5/1259")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ({}, set()),
        ({"base/5/16490": "public.new"}, set()),
        ({"base/5/16490": "public.a"}, {"public.a"}),  # another partition
        ({"base/5/16400": "public.old", "base/5/16490": "public.a"}, {"public.a"}),  # another table of that name
        ({"base/5/16400": "public.far"}, {"public.a", "public.far"}),
    ],
)
def test_a_table_whose_files_are_others_since_a_catalogue_was_written_is_in_doubt(
    now: dict[str, str], due: set[str]
) -> None:
    layout = replace(LAYOUT, files={**SEAL.files, **now})
    assert doubted(CHANGED, layout=layout) == {*SCHEMA, *due}
    assert doubted(insert("1663/5/16450"), layout=layout) == {"sequence values"}


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        ("integer", False),
        ("public.mood", True),
        ("public.mood[]", True),
        ('"My"."Mood"', True),
        ('public."Odd"', True),
        ("public.pair", True),
        ("public.citext", False),  # of an extension
        ("regclass", True),
        ("regtype[]", True),
        ("text", False),
    ],
)
def test_a_table_that_holds_names_of_the_catalogue_is_in_doubt_where_that_was_written_to(kind: str, due: bool) -> None:
    objects = {
        "types": {"public.mood": "e", "My.Mood": "e", 'public."Odd"': "e"},
        "columns": {"public.pair.one": "integer"},
    }
    columns = {"public.a": (Column("i", "integer"), Column("it", kind)), "public.far": (Column("i", "integer"),)}
    seal = replace(SEAL, structure=Structure(columns=columns, objects=objects))
    assert doubted(CHANGED, seal=seal) == {*SCHEMA, *(["public.a"] if due else [])}
    assert doubted(insert("1663/5/16450"), seal=seal) == {"sequence values"}


def test_why_a_table_that_holds_names_is_in_doubt_is_told() -> None:
    found = Between()
    found.read(CHANGED, NEXT)
    columns = {"public.a": (Column("it", "regclass"),)}
    told = doubts_of(replace(SEAL, structure=Structure(columns=columns)), found, LAYOUT)
    assert told["public.a"] == "its values are told by names, and catalogues were written to after the seal"
    assert "public.far" not in told


def test_that_a_table_was_written_to_is_told_first() -> None:
    found = Between()
    for each in (CHANGED, insert("1663/5/16400")):
        found.read(each, NEXT)
    told = doubts_of(SEAL, found, replace(LAYOUT, files={}))
    assert (told["public.a"], told["public.far"]) == (
        "it was written to after the seal",
        "it has other files than at the seal",
    )


def test_without_the_files_of_the_catalogues_any_unknown_file_may_be_one() -> None:
    assert doubted(insert("1663/5/16450"), layout=None) == set(SCHEMA)
    assert doubted(insert("1663/5/16400"), layout=None) == WRITTEN
    assert doubted(layout=None) == set()


@pytest.mark.parametrize(
    ("says", "transaction", "straggler"),
    [
        (COMMIT, NEXT - 1, NEXT - 1),
        (COMMIT, NEXT, None),
        (COMMIT.replace("COMMIT", "ABORT"), NEXT - 1, None),
        (COMMIT.replace("COMMIT", f"COMMIT_PREPARED {NEXT - 2}:"), NEXT + 5, NEXT - 2),
    ],
)
def test_who_had_begun_before_the_seal_and_committed_after_it_is_told(
    says: str, transaction: int, straggler: int | None
) -> None:
    found = Between()
    found.read(record("Transaction", says, transaction), NEXT)
    assert found.straggler == straggler


# -- what the copy tells of its catalogues -----------------------------------------------------------------------------


@dataclass
class Asked:
    rows: Sequence[tuple[str, ...]] | None
    files: Sequence[tuple[str, ...]] = ()

    def ask(self, query: str, parameters: Sequence[Any] = (), *, database: str) -> Sequence[tuple[str, ...]]:
        assert parameters == ((["r", "m"],) if query == FILES else ())
        assert isinstance(query, str)
        assert database == "town"
        if self.rows is None:
            raise StepFailed(f"{database} cannot be read", hint="")
        return self.rows if "pg_catalog.pg_relation_filenode" in query else self.files


def layout(rows: Sequence[tuple[str, ...]] | None, *files: tuple[str, ...]) -> Layout | None:
    return Layout.of(cast("Any", Asked(rows, files)), "town")


def test_the_files_of_catalogues_are_those_that_the_copy_tells_but_for_statistics() -> None:
    rows = [("1259", "20001", "16400"), ("2619", "20002", "16400"), ("1249", "1249", "16400")]
    assert layout(rows) == Layout("16400", frozenset({"20001", "1249"}), {})
    assert layout(rows[1:2]) == Layout("16400", frozenset(), {})
    files = layout(rows, ("base/1/2", "public", "cat"), ("base/1/3", "public", "a.b"))
    assert files is not None
    assert files.files == {"base/1/2": "public.cat", "base/1/3": '"public"."a.b"'}
    assert layout([]) is layout(None) is None


def test_what_a_schema_change_may_alter() -> None:
    assert SCHEMA[len(KINDS) :] == ("large objects", "tables", "constraints", "indexes", "sequence values")
    assert SCHEMA[: len(KINDS)] == tuple(KINDS)
    assert Doubts() == Doubts({}, None)
