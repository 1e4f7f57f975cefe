"""What all databases share: how a role was granted counts where the seal tells it, and one can tell what is left."""

import pytest

from drill.checks.shared import UNSET, shared_findings
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
        ({"memberships": {"a for b": "0"}, "parameters": {}}, {"parameters": {}}, "memberships: a for b is missing"),
        ({"memberships": {"a for b": "0"}, WAYS: {"a for b": "sets"}}, {}, "memberships: a for b is missing"),
    ],
)
def test_how_a_role_was_granted(sealed: Kinds, held: Kinds, told: str) -> None:
    (found,) = shared_findings(sealed, held, with_roles=True)
    assert (found.verdict, found.actual) == ((Verdict.MISSED, told) if told else (Verdict.MET, "all as sealed"))
    assert list(shared_findings(sealed, held, with_roles=False)) == []


IN_TOWN = {"settings": {"clerk": "a=1", "all roles in town": "b=1", "clerk in town": "c=1"}}


@pytest.mark.parametrize("name", ["all roles in town", "clerk in town"])
def test_what_is_set_for_a_database_counts_where_the_copy_holds_it(name: str) -> None:
    lost = {"settings": {of: value for of, value in IN_TOWN["settings"].items() if of != name}}
    changed = {"settings": {**IN_TOWN["settings"], name: "d=1"}}
    for held, told in ((lost, "is missing"), (changed, "is 'd=1' instead of")):
        (physical,) = shared_findings(IN_TOWN, held, with_roles=True, physical=True)
        assert physical.verdict is Verdict.MISSED
        assert f"settings: {name} {told}" in physical.actual
        (dumped,) = shared_findings(IN_TOWN, held, with_roles=True)
        assert dumped.verdict is Verdict.MET
    for physical_copy in (True, False):
        (kept,) = shared_findings(IN_TOWN, IN_TOWN, with_roles=True, physical=physical_copy)
        assert kept.verdict is Verdict.MET
        (gone,) = shared_findings(IN_TOWN, {}, with_roles=True, physical=physical_copy)
        assert gone.verdict is Verdict.MISSED


def test_what_is_set_for_a_role_is_unknown_where_this_server_did_not_take_it() -> None:
    sealed = {"settings": {"clerk": "a=1", "boss": "b=1"}}
    unset = {"clerk": "no such locale", "archivist": "no such method"}
    held = {"settings": {"boss": "b=1"}, UNSET: unset}
    (found,) = shared_findings(sealed, held, with_roles=True)
    why = "settings that this PostgreSQL does not take: "
    assert found.verdict is Verdict.UNKNOWN
    assert found.actual == f"{why}archivist: no such method; {why}clerk: no such locale"
    assert found.says == f"Roles, their memberships and settings: {found.actual}."
    (found,) = shared_findings(sealed, {**held, "settings": {}}, with_roles=True)
    assert (found.verdict, found.actual) == (Verdict.MISSED, "settings: boss is missing")
