"""A fence is known by its own words, and by nothing else that somebody who tried home was told."""

from dataclasses import replace

import pytest

from drill.ledger import BEGUN, SILENCE, Entry, Errand, Outcome
from drill.proofs import kept_out, shortfall
from tests.unit.stories import CLOSED, ENDED, entry


@pytest.mark.parametrize(
    ("says", "outcome", "at_database"),
    [
        (SILENCE, Outcome.FAILED, False),
        (ENDED, Outcome.FAILED, True),
        (CLOSED, Outcome.FAILED, True),
        (CLOSED.replace("is not currently accepting connections", "does not exist"), Outcome.FAILED, True),
    ],
)
def test_each_fence_is_known_by_its_own_words(says: str, outcome: Outcome, at_database: bool) -> None:
    tried = entry(1, 31.0, outcome, errand=Errand.STALE, says=says)
    assert kept_out(tried, at_database=at_database)
    assert not kept_out(tried, at_database=not at_database)
    assert not kept_out(replace(tried, says=f"{BEGUN}{says}"), at_database=at_database)
    for other in set(Outcome) - {Outcome.FAILED}:
        assert not kept_out(replace(tried, outcome=other), at_database=at_database)


@pytest.mark.parametrize(
    "says",
    [
        "",
        'FATAL:  database "business" is not currently accepting connections',
        'FATAL:  database "business" does not exist',
        "connection refused",
        'ERROR:  relation "public.title" does not exist',
        "server closed the connection unexpectedly",
    ],
)
def test_any_other_answer_is_no_fence(says: str) -> None:
    tried: Entry = entry(1, 31.0, Outcome.FAILED, errand=Errand.STALE, says=says)
    assert not kept_out(tried, at_database=True)
    assert not kept_out(tried, at_database=False)


@pytest.mark.parametrize(
    ("sealed", "held", "told"),
    [
        ("public.t.t_a_not_null: NOT NULL a", "public.t.a_not_null1: NOT NULL a", ""),
        ("public.t.t_a_not_null: NOT NULL a", "public.t.t_a_not_null: NOT NULL b", "missing: {sealed}"),
        ("public.t.t_a_not_null: NOT NULL a", "public.u.t_a_not_null: NOT NULL a", "missing: {sealed}"),
        ("public.t.c: CHECK (a)", "public.t.d: CHECK (a)", "missing: {sealed}; too many: {held}"),
        ("", "public.t.c: CHECK ((a <> 'x: NOT NULL '::text))", "too many: {held}"),
    ],
)
def test_a_column_that_may_not_be_null_is_known_by_itself_and_anything_else_by_its_name(
    sealed: str, held: str, told: str
) -> None:
    """A dump leaves the name to the server."""
    found = shortfall({sealed: True} if sealed else {}, {held: True}, "validated")
    assert found == told.format(sealed=sealed, held=held)
