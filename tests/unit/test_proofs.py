"""A fence is known by its own words, and by nothing else that somebody who tried home was told."""

from dataclasses import replace

import pytest

from drill.ledger import BEGUN, SILENCE, Entry, Errand, Outcome
from drill.proofs import kept_out
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
