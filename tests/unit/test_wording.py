"""A list for a varchar column is worded otherwise once it is restored: that, and nothing else, is the same."""

import pytest

from drill.checks.schema import differences
from drill.proofs import shortfall
from drill.wording import settled

FIRST = "CHECK (((s)::text = ANY ((ARRAY['new'::character varying, 'it''s'::character varying])::text[])))"
LATER = "CHECK (((s)::text = ANY (ARRAY[('new'::character varying)::text, ('it''s'::character varying)::text])))"


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (FIRST, LATER),
        (f"{FIRST} AND {FIRST}", f"{LATER} AND {LATER}"),
        ("(ARRAY['a]'::character varying(9)])::text[]", "ARRAY[('a]'::character varying(9))::text]"),
        ('((ARRAY[r, public."N t".b])::text[])', '(ARRAY[(r)::text, (public."N t".b)::text])'),
        (
            "(ARRAY['a'::text, 'b'::text])::character varying(9)[]",
            "ARRAY[('a'::text)::character varying(9), ('b'::text)::character varying(9)]",
        ),
        (r"(ARRAY[E'\\'::character varying])::text[]", r"ARRAY[(E'\\'::character varying)::text]"),
        ("(ARRAY[lower(a, b[1]), 'x,y'::name])::text[]", "ARRAY[(lower(a, b[1]))::text, ('x,y'::name)::text]"),
        ('(ARRAY[1]) = (ARRAY[(2)::oid])::s."T"[]', '(ARRAY[1]) = ARRAY[((2)::oid)::s."T"]'),
        ("(ARRAY['10.0.0.0/8'::cidr])::inet[]", "ARRAY[('10.0.0.0/8'::cidr)::inet]"),
    ],
)
def test_a_cast_of_an_array_is_that_of_its_elements(first: str, later: str) -> None:
    assert settled(first) == later
    assert settled(later) == later


@pytest.mark.parametrize(
    "text",
    [
        "select '(ARRAY[a])::text[]'",
        "select 'it''s (ARRAY[a])::text[]'",
        'select "(ARRAY[a])::text[]"',
        "as $function$ select (ARRAY[a])::text[]\n $function$",
        "as $$ (ARRAY[a])::text[] $$",
        "(ARRAY[a)::text[]",
        "(ARRAY[a",
        "(ARRAY[a])::text[",
        "(ARRAY['a'::character varying])::text",
        "ARRAY['a'::character varying]",
        "",
    ],
)
def test_nothing_else_is_touched(text: str) -> None:
    assert settled(text) == text


def test_what_a_list_holds_still_counts() -> None:
    for other in (
        LATER.replace("new", "old"),
        LATER.replace("= ANY", "<> ALL"),
        LATER.replace("('new'::character varying)::text, ", ""),
        LATER.replace("::character varying", "::bpchar"),
        LATER.replace("'new'::character varying)::text", "'new'::character varying)::bpchar"),
    ):
        assert differences({"views": {"v": FIRST}}, {"views": {"v": other}}) != []
        assert shortfall({FIRST: True}, {other: True}, "valid") == f"missing: {FIRST}; too many: {other}"


def test_the_later_wording_is_as_sealed() -> None:
    assert differences({"views": {"v": FIRST}}, {"views": {"v": LATER}}) == []
    assert differences({"views": {"v": LATER}}, {"views": {"v": FIRST}}) == []
    assert shortfall({FIRST: True}, {LATER: True}, "valid") == ""
    assert shortfall({FIRST: True}, {LATER: False}, "valid") == f"not valid: {FIRST}"
    assert shortfall({LATER: True}, {FIRST: True}, "valid") == ""


def test_not_null_is_known_by_its_column_and_not_by_its_name() -> None:
    sealed, other = "public.t.t_i_not_null: NOT NULL i", "public.t.t_i_not_null1: NOT NULL i"
    assert shortfall({sealed: True}, {other: True}, "validated") == ""
    assert shortfall({sealed: True}, {other: False}, "validated") == f"not validated: {sealed}"
    for differs in ("public.u.t_i_not_null: NOT NULL i", "public.t.t_i_not_null: NOT NULL i NO INHERIT"):
        assert shortfall({sealed: True}, {differs: True}, "validated") == f"missing: {sealed}"
