"""What is judged of constraints, indexes and sequences, and what is no damage of theirs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from drill import checks
from drill.evidence import Seal, Sequence, Structure
from drill.verdict import Finding
from tests.unit.stories import GOOD, STRUCTURE, held
from tests.unit.test_judgements import MET, MISSED, RECEIPTS, UNKNOWN, one


def structures(**sealed: Any) -> Iterator[tuple[checks.Check, Finding]]:
    """What is found where land holds what it was sealed with, and that is only this."""
    worn = Structure(columns=STRUCTURE.columns, **sealed)
    evidence = replace(
        GOOD, seals={"land": Seal(GOOD.seals["land"].tables, worn)}, holdings={"land": held(*RECEIPTS, structure=worn)}
    )
    return ((check, one(check, evidence)) for check in (checks.constraints, checks.indexes, checks.sequences))


def test_what_home_itself_did_not_hold_to_be_good_is_no_damage() -> None:
    bad = {"constraints": {"a": False}, "indexes": {"a": False}, "sequences": (Sequence("s", "c", 1, 5),)}
    assert [f.verdict for _, f in structures(**bad)] == [MET] * 3
    assert [f.verdict for _, f in structures()] == [MET] * 3
    assert "1 behind as at the seal" in dict(structures(**bad))[checks.sequences].actual


def sequenced(*there: Sequence, sealed: tuple[Sequence, ...] = STRUCTURE.sequences) -> Finding:
    known = replace(STRUCTURE, sequences=sealed)
    holdings = {"land": held(*RECEIPTS, structure=replace(STRUCTURE, sequences=there))}
    return one(checks.sequences, replace(GOOD, seals={"land": Seal({}, known)}, holdings=holdings))


def test_a_sequence_is_known_by_its_name_and_its_column_and_must_be_beyond_it() -> None:
    a, b = Sequence("a", "t.x", 5, 4), Sequence("b", "t.y", 5, None)
    assert sequenced(a, b, sealed=(a, b)).actual == "2 ahead of their columns"
    assert sequenced(sealed=()).actual == "0 ahead of their columns: it has none"
    assert sequenced(replace(a, next_value=6, highest=5), b, sealed=(a, b)).verdict is MET
    assert sequenced(replace(a, highest=5), b, sealed=(a, b)).actual == "behind: a (5 <= 5)"
    assert sequenced(replace(a, column="t.z"), sealed=(a, b)).actual == "missing: a, b"
    assert sequenced(a, replace(b, highest=9), sealed=(a, b)).actual == "behind: b (5 <= 9)"
    fallen = replace(a, next_value=1, highest=9)
    assert sequenced(replace(fallen, highest=10), sealed=(fallen, b)).actual == "missing: b; behind: a (1 <= 10)"


def test_a_sequence_that_was_behind_at_home_is_no_damage_unless_it_is_further_behind() -> None:
    behind = Sequence("a", "t.x", 3, 1000)
    for now, verdict in ((behind, MET), (replace(behind, next_value=35), MET), (replace(behind, highest=999), MET)):
        assert sequenced(now, sealed=(behind,)).verdict is verdict
    for worse in (replace(behind, next_value=2), replace(behind, next_value=35, highest=1001)):
        assert sequenced(worse, sealed=(behind,)).actual == f"behind: a ({worse.next_value} <= {worse.highest})"


def test_a_sequence_that_was_set_back_would_give_numbers_again() -> None:
    lone, other = Sequence("a", "", 500, None), Sequence("b", "", 7, None)
    assert sequenced(lone, other, sealed=(lone, other)).verdict is MET
    assert sequenced(replace(lone, next_value=501), sealed=(lone,)).verdict is MET
    both = sequenced(replace(lone, next_value=6), replace(other, next_value=1), sealed=(lone, other))
    assert (both.verdict, both.actual) == (MISSED, "set back: a (6 instead of 500), b (1 instead of 7)")
    owned = Sequence("a", "t.x", 500, 400)
    assert sequenced(replace(owned, next_value=450), sealed=(owned,)).actual == "set back: a (450 instead of 500)"
    assert sequenced(replace(owned, next_value=300), sealed=(owned,)).actual == "behind: a (300 <= 400)"


@pytest.mark.parametrize(
    ("told", "at_the_seal", "ends"),
    [
        ("bigint 1 1 1 999 1 f", 966, "999"),
        ("bigint 1 1 1 999 1 f", 967, None),  # a replay may have led it there
        ("bigint 1 1 1 999 10 f", 957, "999"),
        ("bigint 1 1 1 999 10 f", 958, None),
        ("bigint 1 2 1 999 1 f", 933, "999"),
        ("bigint 1 2 1 999 1 f", 934, None),
        ("bigint -1 -1 -999 -1 1 f", 966, "999"),  # it counts down, and is told with its numbers negated
        ("bigint -1 -1 -999 -1 1 f", 967, None),
        ("bigint 1 1 1 999 1 t", 500, None),
        ("bigint 5 1 1 999 1 f", 1000, None),  # it had come to its end at home
    ],
)
def test_a_sequence_without_a_number_left_takes_no_row_any_more(told: str, at_the_seal: int, ends: str | None) -> None:
    lone = Sequence("a", "", at_the_seal, None)
    known = replace(STRUCTURE, sequences=(lone,), objects={"sequences": {"a": told}})
    for now, at_its_end in ((999, False), (1000, True)):
        there = replace(STRUCTURE, sequences=(replace(lone, next_value=max(now, at_the_seal)),))
        evidence = replace(GOOD, seals={"land": Seal({}, known)}, holdings={"land": held(*RECEIPTS, structure=there)})
        due = f"at their end: a (its last is {ends})" if ends and at_its_end else "1 ahead of their columns"
        assert one(checks.sequences, evidence).actual == due


def test_a_sequence_that_goes_round_or_is_unlogged_comes_to_lower_numbers() -> None:
    lone = Sequence("a", "", 500, None)
    holdings = {"land": held(*RECEIPTS, structure=replace(STRUCTURE, sequences=(replace(lone, next_value=6),)))}
    for goes_round, kept, verdict in (("f", "p", MISSED), ("t", "p", MET), ("f", "u", MET)):
        objects = {"sequences": {"a": f"bigint 1 1 1 999 1 {goes_round}"}, "relations": {"a": f"S {kept} options"}}
        known = replace(STRUCTURE, sequences=(lone,), objects=objects)
        evidence = replace(GOOD, seals={"land": Seal({}, known)}, holdings=holdings)
        assert one(checks.sequences, evidence).verdict is verdict


def test_a_register_whose_structure_nobody_looked_at_is_unknown() -> None:
    for check, target in ((checks.constraints, "constraints"), (checks.indexes, "indexes"), (checks.sequences, "s")):
        only = (
            Structure(**{target: getattr(STRUCTURE, target)})
            if target != "s"
            else Structure(sequences=STRUCTURE.sequences)
        )
        assert one(check, replace(GOOD, seals={"land": Seal({}, only)})).verdict is MET
        assert one(check, replace(GOOD, holdings={"land": held(*RECEIPTS, structure=only)})).verdict is MET
        unseen = replace(GOOD, holdings={"land": held(*RECEIPTS, structure=Structure())})
        assert (one(check, unseen).verdict, one(check, unseen).actual) == (UNKNOWN, "never surveyed")
        unsealed = replace(GOOD, seals={"land": Seal({}, Structure())})
        assert (one(check, unsealed).verdict, one(check, unsealed).actual) == (UNKNOWN, "never sealed")
