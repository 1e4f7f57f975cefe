"""Which tables are told to differ, and when nobody can say that they do."""

from collections.abc import Mapping
from dataclasses import replace

from drill import checks
from drill.digest import Digest
from drill.evidence import Holdings, Seal
from drill.ledger import Receipt
from drill.verdict import Finding, Verdict
from tests.unit.stories import GOOD

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
A, B, C = Digest(1, (1, 1)), Digest(2, (2, 2)), Digest(3, (3, 3))
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
