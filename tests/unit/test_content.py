"""Which tables are told to differ, and when nobody can say that they do."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from drill import checks
from drill.digest import Column, Digest
from drill.evidence import Buckets, Holdings, Seal, Sequence, Structure
from drill.ledger import Receipt
from drill.verdict import Finding, Verdict
from tests.unit.stories import GOOD

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
A, B, C = Digest(1, (1, 1)), Digest(2, (2, 2)), Digest(3, (3, 3))
COLUMN = Column("i", "integer")
SEALED: Mapping[str, Digest] = {"a": A, "b": B, "c": C}


def content(held: Mapping[str, Digest], *changes: Mapping[str, Digest], **loose: str) -> Finding:
    """What is found where these tables are held, with receipts of these changes."""
    receipts = tuple(Receipt(("land", 1, n), change) for n, change in enumerate(changes))
    seals = {"land": Seal(SEALED, loose=loose)}
    (finding,) = checks.content(replace(GOOD, seals=seals, holdings={"land": Holdings("embassy", held, receipts)}))
    return finding


def test_every_table_that_is_not_what_it_should_be_is_named() -> None:
    found = content({"a": replace(A, rows=9), "b": replace(B, sums=(2, 3)), "x": C, "d": C})
    assert found.verdict is MISSED
    assert found.actual == "differ: a (9 rows instead of 1), b (same count); missing: c; too many: d, x"
    assert found.says == f"land does not hold what it should: {found.actual}."


def test_a_table_is_due_what_was_sealed_and_every_change_that_was_received() -> None:
    grown = {**SEALED, "a": A + B + C, "b": B + C}
    assert content(grown, {"a": B, "b": C}, {"a": C}).verdict is MET
    assert content(grown, {"a": B}, {"a": C}).actual == "differ: b (5 rows instead of 2)"
    assert content(SEALED, {"new": C}).actual == "missing: new"
    assert content({**SEALED, "new": C}, {"new": C}).verdict is MET
    assert content(SEALED).says == "Every one of the 6 rows of land is accounted for."
    assert content(SEALED).actual == "3 tables as sealed"


def test_nobody_can_say_what_a_loose_table_must_hold_but_it_must_be_there() -> None:
    changed = {**SEALED, "a": C}
    assert content(changed, a="it is written").verdict is UNKNOWN
    assert content({**changed, "b": C}, a="it is written", b="so is this").actual == "a: it is written; b: so is this"
    assert content(SEALED, a="it is written").verdict is MET
    assert content(changed, b="it is written").verdict is MISSED
    assert content({**changed, "b": C}, a="it is written").verdict is MISSED
    assert content({"b": B, "c": C}, a="it is written").actual == "missing: a"


def test_tables_whose_rows_were_not_sealed_are_counted_and_are_not_too_many() -> None:
    found = content({**SEALED, "d": C, "e": C}, d="it was not read", e="nor this")
    assert found.actual == "only 3 of 5 tables were sealed; d: it was not read; e: nor this"
    assert found.verdict is UNKNOWN
    changed = content({**SEALED, "a": replace(A, rows=9), "d": C}, d="it was not read")
    assert changed.actual == "differ: a (9 rows instead of 1)"
    both = content({**SEALED, "a": replace(A, rows=9), "b": replace(B, rows=9)}, b="it is written")
    assert both.actual == "differ: a (9 rows instead of 1), b (9 rows instead of 2)"


@pytest.mark.parametrize("held", [SEALED, {**SEALED, "d": C}])
def test_a_table_that_could_not_be_read_when_it_was_sealed_is_never_met_and_not_too_many(
    held: Mapping[str, Digest],
) -> None:
    structure = Structure(columns=dict.fromkeys("abcd", (COLUMN,)))
    evidence = replace(
        GOOD, seals={"land": Seal(SEALED, structure)}, holdings={"land": Holdings("embassy", held, (), structure)}
    )
    (found,) = checks.content(evidence)
    assert found.verdict is UNKNOWN
    assert found.actual == "only 3 of 4 tables were sealed; d: it could not be read when it was sealed"
    (found,) = checks.content(
        replace(evidence, holdings={"land": Holdings("embassy", {**held, "a": C}, (), structure)})
    )
    assert (found.verdict, found.actual) == (MISSED, "differ: a (3 rows instead of 1)")


@pytest.mark.parametrize(("unread", "more"), [(12, ""), (13, "; and 1 more"), (15, "; and 3 more")])
def test_of_what_was_not_sealed_a_dozen_tables_are_named_where_nothing_differs(unread: int, more: str) -> None:
    tables = [*SEALED, *(f"t{number:02}" for number in range(unread))]
    structure = Structure(columns=dict.fromkeys(tables, (COLUMN,)))
    held = Holdings("embassy", SEALED, (), structure)
    seals, holdings = {"land": Seal(SEALED, structure)}, {"land": held}
    (found,) = checks.content(replace(GOOD, seals=seals, holdings=holdings))
    named = "; ".join(f"t{number:02}: it could not be read when it was sealed" for number in range(12))
    actual = f"only 3 of {3 + unread} tables were sealed; {named}{more}"
    says = f"Whether land holds what it should is not known: {actual}."
    assert found == Finding("content", "land", UNKNOWN, "sealed digest + receipts held", actual, says)


def test_where_nobody_can_say_which_tables_there_must_be_they_may_be_missing_or_too_many() -> None:
    missing, more = {"b": B, "c": C}, {**SEALED, "new": C}
    assert content(missing, tables="the schema changed").actual == "a: the schema changed"
    assert content(missing, tables="the schema changed").verdict is UNKNOWN
    assert content(more, tables="the schema changed").verdict is UNKNOWN
    assert content({**SEALED, "a": C}, tables="the schema changed").verdict is MISSED
    assert content({"b": A, "c": C}, tables="the schema changed").verdict is MISSED
    assert content(SEALED, tables="the schema changed").verdict is MET


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        ((COLUMN, replace(COLUMN, name="more")), MISSED),  # it is there as it was, and could not be read
        ((COLUMN,), MISSED),
        ((replace(COLUMN, type="text"),), UNKNOWN),  # it is another now
        (None, UNKNOWN),
    ],
)
def test_a_table_that_is_there_and_cannot_be_read_is_missed_whatever_changed(
    held: tuple[Column, ...] | None, verdict: Verdict
) -> None:
    seal = Seal({"a": A}, Structure(columns={"a": (COLUMN,)}), loose={"a": "it is written", "tables": "it changed"})
    there = Holdings("embassy", {}, (), Structure(columns={} if held is None else {"a": held}))
    (found,) = checks.content(replace(GOOD, seals={"land": seal}, holdings={"land": there}))
    assert found.verdict is verdict


def test_a_table_that_only_receipts_speak_of_must_be_readable_where_it_is_there() -> None:
    there = Holdings("embassy", SEALED, (Receipt(("land", 1, 1), {"new": A}),), Structure(columns={"new": (COLUMN,)}))
    seals = {"land": Seal(SEALED, loose={"tables": "it changed"})}
    (found,) = checks.content(replace(GOOD, seals=seals, holdings={"land": there}))
    assert (found.verdict, found.actual) == (MISSED, "missing: new")


@pytest.mark.parametrize(
    ("check", "key"),
    [(checks.constraints, "constraints"), (checks.indexes, "indexes"), (checks.sequences, "sequence values")],
)
def test_what_a_change_of_the_schema_may_have_taken_is_unknown_and_not_missed(check: checks.Check, key: str) -> None:
    sequence = Sequence("s", "a.i", 9, 1)
    sealed, there = Structure({}, {"a.k: check": True}, {"k: index": True}, (sequence,)), Structure({"a": (COLUMN,)})
    for loose, verdict in (({}, MISSED), ({key: "it changed"}, UNKNOWN), ({"other": "it changed"}, MISSED)):
        seals = {"land": Seal(SEALED, sealed, loose=loose)}
        holdings = {"land": Holdings("embassy", SEALED, (), there)}
        (found,) = check(replace(GOOD, seals=seals, holdings=holdings))
        assert found.verdict is verdict
        assert found.actual.endswith("; it changed") is (verdict is UNKNOWN)


KEY = (Column("id", "integer"),)


def bucketed(held: Mapping[str, Digest], **buckets: Mapping[int, Digest]) -> Finding:
    """What is found where tables a and b were sealed in two buckets."""
    sealed = {"a": A + B, "b": B}
    seal = Seal(sealed, buckets={"a": Buckets(KEY, {0: A, 7: B}), "b": Buckets(KEY, {7: B})})
    holdings = {"land": Holdings("embassy", held, (), buckets=buckets)}
    (finding,) = checks.content(replace(GOOD, seals={"land": seal}, holdings=holdings))
    return finding


def test_the_buckets_that_differ_are_named_with_the_query_for_their_rows() -> None:
    found = bucketed({"a": A, "b": B}, a={0: A})
    assert found.actual == "differ: a (1 rows instead of 3); buckets that differ: a in 7 of 16"
    assert found.says.endswith(
        'The rows of those of a, at home and in the copy: select * from "a" t'
        ' where (hash_record_extended(row(t."id"),5)&15)::integer in (7).'
    )
    several = bucketed({"a": A, "b": C}, a={7: A}, b={7: B, 2: C})
    assert several.actual.endswith(": a in 0, 7 of 16; b in 2 of 16")
    assert "::integer in (0, 7). The rows of those of b, at home" in several.says
    assert bucketed({"a": A + B, "b": B}).actual == "2 tables as sealed"
    assert bucketed({"a": A, "b": B}).actual == "differ: a (1 rows instead of 3)"  # they could not be read


@pytest.mark.parametrize(
    ("table", "written"),
    [
        ("public.cat", '"public"."cat"'),
        ('public.the "cat"', '"public"."the ""cat"""'),
        ('"of.towns"."cat"', '"of.towns"."cat"'),  # quoted in the seal, for the dot in its name
        ('"public"."the.""cat"""', '"public"."the.""cat"""'),
        ('"odd.cat', '"""odd"."cat"'),  # of a schema whose name begins with a quote
    ],
)
def test_the_query_for_the_rows_names_the_table_as_sql_does(table: str, written: str) -> None:
    seal = Seal({table: A}, buckets={table: Buckets(KEY, {0: A})})
    holdings = {"land": Holdings("embassy", {table: B}, (), buckets={table: {0: B}})}
    (found,) = checks.content(replace(GOOD, seals={"land": seal}, holdings=holdings))
    assert f": select * from {written} t where (hash" in found.says


def test_a_dozen_tables_of_which_nothing_is_known_are_named_and_the_others_are_counted() -> None:
    names = [f"t{number:02}" for number in range(14)]
    for count, more in ((12, []), (13, ["and 1 more"]), (14, ["and 2 more"])):
        some = names[:count]
        seal = Seal(dict.fromkeys(some, A), loose=dict.fromkeys(some, "it is written"))
        holdings = {"land": Holdings("embassy", dict.fromkeys(some, B), ())}
        (found,) = checks.content(replace(GOOD, seals={"land": seal}, holdings=holdings))
        assert found.actual.split("; ") == [*(f"{name}: it is written" for name in some[:12]), *more]
