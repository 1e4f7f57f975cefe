"""What all databases share: how a role was granted counts where the seal tells it, and one can tell what is left."""

import pytest

from drill.checks.shared import shared_findings
from drill.verdict import Verdict

WAYS = "ways of memberships"
Kinds = dict[str, dict[str, str]]


@pytest.mark.parametrize(
    ("sealed", "held", "told"),
    [
        ({WAYS: {"a for b": "inherits sets"}}, {WAYS: {"a for b": "inherits sets"}}, ""),
        (
            {WAYS: {"a for b": "inherits"}},
            {WAYS: {"a for b": "sets"}},
            f"{WAYS}: a for b is 'sets' instead of 'inherits'",
        ),
        ({WAYS: {"a for b": "several"}}, {WAYS: {"a for b": "sets"}}, ""),
        ({WAYS: {"a for b": "sets"}}, {WAYS: {"a for b": "several"}}, ""),
        ({WAYS: {"a for b": "sets"}}, {WAYS: {"c for d": "sets"}}, ""),
        ({}, {WAYS: {"a for b": "sets"}, "parameters": {"x": "b=SET"}}, ""),
        ({"parameters": {"x": "b=SET"}}, {}, "parameters: x is missing"),
        ({"parameters": {}}, {"parameters": {"x": "b=SET"}}, "parameters: x is too many"),
        ({"memberships": {"a for b": "0"}, WAYS: {"a for b": "sets"}}, {}, "memberships: a for b is missing"),
    ],
)
def test_how_a_role_was_granted(sealed: Kinds, held: Kinds, told: str) -> None:
    (found,) = shared_findings(sealed, held, frozenset(), with_roles=True)
    assert (found.verdict, found.actual) == ((Verdict.MISSED, told) if told else (Verdict.MET, "all as sealed"))
    assert list(shared_findings(sealed, held, frozenset(), with_roles=False)) == []
