"""Every object of a schema, and every role, against its seal: which differs is told, and so is what is not known."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill import checks
from drill.checks.schema import differences
from drill.checks.shared import shared_findings
from drill.evidence import Evidence, Seal, Structure
from drill.verdict import Finding, Verdict
from tests.unit.stories import GOOD, held

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
Objects = dict[str, dict[str, str]]
SEALED: Objects = {"views": {"public.v": "select 1", "public.w": "select 2"}, "types": {"public.mood": "happy"}}


def evidence(sealed: Objects | None, there: Objects | None, **loose: str) -> Evidence:
    """A register that was sealed with these objects and has those; None where nobody looked."""
    seals = {} if sealed is None else {"land": Seal({}, Structure(objects=sealed), loose=loose)}
    holdings = {} if there is None else {"land": held(structure=Structure(objects=there))}
    return replace(GOOD, seals=seals, holdings=holdings)


def schema(sealed: Objects | None, there: Objects | None, **loose: str) -> Finding:
    (finding,) = checks.schema(evidence(sealed, there, **loose))
    assert finding.says == f"The schema of land: {finding.actual}."
    assert (finding.check, finding.register, finding.target) == (
        "schema",
        "land",
        "each object as sealed, and no other",
    )
    return finding


def changed(kind: str, **objects: str | None) -> Objects:
    """As sealed, but for these objects of one kind; None for one that is gone."""
    of = {**SEALED[kind], **{f"public.{name}": text for name, text in objects.items()}}
    return {**SEALED, kind: {name: text for name, text in of.items() if text is not None}}


@pytest.mark.parametrize(
    ("there", "verdict", "actual"),
    [
        (SEALED, MET, "3 objects as sealed"),
        (changed("views", v=None), MISSED, "views: public.v is missing"),
        (changed("views", spy="select 3"), MISSED, "views: public.spy is too many"),
        (changed("types", mood="sad"), MISSED, "types: public.mood is 'sad' instead of 'happy'"),
        (
            changed("views", v=None, w="select\n  4", a=""),
            MISSED,
            "views: public.a is too many; views: public.v is missing;"
            " views: public.w is 'select 4' instead of 'select 2'",
        ),
        ({"views": SEALED["views"]}, MISSED, "types: public.mood is missing"),
        ({**SEALED, "rules": {"public.r": "x"}}, MET, "3 objects as sealed"),  # a kind that the seal does not know
        ({}, UNKNOWN, "never surveyed"),
        (None, UNKNOWN, "never surveyed"),
    ],
)
def test_every_object_is_there_as_it_was_and_no_other(there: Objects | None, verdict: Verdict, actual: str) -> None:
    found = schema(SEALED, there)
    assert (found.verdict, found.actual) == (verdict, actual)


def test_what_was_never_sealed_is_not_known() -> None:
    assert schema({}, SEALED).actual == "never sealed"
    (finding,) = checks.schema(evidence(None, SEALED))
    assert (finding.verdict, finding.actual) == (UNKNOWN, "never sealed")


def test_a_long_definition_is_told_by_its_beginning_and_its_end() -> None:
    begins, ends = "b" * 60, "e" * 60
    whole = begins + ends
    assert schema({"views": {"v": "x"}}, {"views": {"v": whole}}).actual == f"views: v is {whole!r} instead of 'x'"
    longer = f"{begins} in between {ends}"
    told = schema({"views": {"v": longer}}, {"views": {"v": f"{begins}y{ends}"}}).actual
    assert told == f"views: v is '{begins} ... {ends}' instead of '{begins} ... {ends}'"


def test_of_many_differences_the_first_eight_are_told_and_the_others_counted() -> None:
    for count, more in ((8, ""), (9, "; and 1 more"), (12, "; and 4 more")):
        found = schema({"views": {f"v{n:02}": "x" for n in range(count)}}, {"types": {}})
        assert found.actual == "; ".join(f"views: v{n:02} is missing" for n in range(8)) + more


def test_objects_that_nobody_can_hold_against_their_seal_make_it_unknown_and_others_missed() -> None:
    loose = {"views": "sealed on 17", "rules": "sealed on 17"}
    assert schema(SEALED, SEALED, **loose).verdict is MET
    doubtful = schema(SEALED, changed("views", v="select 9"), **loose)
    assert (doubtful.verdict, doubtful.actual) == (
        UNKNOWN,
        "views: public.v is 'select 9' instead of 'select 1'; sealed on 17",
    )
    both = {**changed("views", v=None), "types": {}}
    assert schema(SEALED, both, **loose).actual == "types: public.mood is missing"
    assert schema(SEALED, both, views="a", types="b").actual.endswith("types: public.mood is missing; a, b")
    assert schema(SEALED, both, views="b", types="b").actual.endswith("is missing; b")
    assert schema(SEALED, both, types="b").verdict is MISSED


kinds = st.dictionaries(
    st.sampled_from(["views", "types"]), st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)
)


@given(kinds, kinds)
def test_there_is_a_difference_for_each_object_that_differs(sealed: Objects, there: Objects) -> None:
    names = [(kind, name) for kind in sealed for name in "abc"]
    differ = [(k, n) for k, n in names if sealed[k].get(n) != there.get(k, {}).get(n)]
    found = differences(sealed, there)
    assert len(found) == len(differ)
    assert all(any(line.startswith(f"{k}: {n} is ") for line in found) for k, n in differ)
    assert differences(sealed, sealed) == []


# -- what all databases share ------------------------------------------------------------------------------------------

SHARED: Objects = {
    "roles": {"clerk": "login"},
    "memberships": {"clerk in staff": "inherit"},
    "settings": {"clerk": "work_mem=4MB", "clerk in town": "work_mem=8MB"},
    "databases": {"town": "UTF8"},
}


def roles(there: Mapping[str, Mapping[str, str]], sealed: Objects = SHARED, **other: Any) -> list[Finding]:
    return list(shared_findings(sealed, there, **{"with_roles": True, **other}))


@pytest.mark.parametrize(
    ("there", "actual"),
    [
        (SHARED, "all as sealed"),
        ({**SHARED, "databases": {}}, "all as sealed"),  # which databases there are is judged elsewhere
        ({**SHARED, "settings": {"clerk": "work_mem=4MB"}}, "all as sealed"),  # one of a database goes with it
        ({**SHARED, "roles": {"clerk": "superuser"}}, "roles: clerk is 'superuser' instead of 'login'"),
        ({**SHARED, "roles": {**SHARED["roles"], "thief": "login"}}, "roles: thief is too many"),
        ({**SHARED, "memberships": {}}, "memberships: clerk in staff is missing"),
        ({**SHARED, "settings": {}}, "settings: clerk is missing"),
        ({**SHARED, "settings": {**SHARED["settings"], "root": "x"}}, "settings: root is too many"),
        (
            {},
            "roles: clerk is missing; memberships: clerk in staff is missing; settings: clerk is missing",
        ),
    ],
)
def test_roles_are_what_they_were(there: Objects, actual: str) -> None:
    (found,) = roles(there)
    assert found == Finding(
        *("roles", "copy", MET if actual == "all as sealed" else MISSED, "each as sealed, and no other", actual),
        f"Roles, their memberships and settings: {actual}.",
    )


def test_roles_that_were_not_sealed_are_too_many_and_a_copy_without_roles_is_not_held_against_them() -> None:
    assert roles(SHARED, {})[0].actual.startswith("roles: clerk is too many")
    assert roles({}, {})[0].verdict is MET
    assert roles({}, with_roles=False) == []
