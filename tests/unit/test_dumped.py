"""What no dump holds is not asked of one; everything else is."""

from collections.abc import Mapping

import pytest

from drill.dumped import as_dumped
from drill.evidence import Holdings, Seal, Structure

OFF = "triggers of references that are off"
ALL, GRANTED = "boss=arwdDxt/boss clerk=a*r*w*d*D*x*t*/boss", "boss=arwdDxtm/boss clerk=a*r*w*d*D*x*t*m*/boss"


def due(kind: str, sealed: Mapping[str, str], held: Mapping[str, str]) -> Mapping[str, str]:
    """What a dump must hold of that kind, where this was sealed, and that was loaded of it."""
    there = Holdings("sandbox", {}, (), Structure(objects={kind: held}))
    return as_dumped(Seal({}, Structure(objects={kind: sealed})), there).structure.objects[kind]


@pytest.mark.parametrize(
    ("kind", "sealed", "held", "wanted"),
    [
        ("schemas", {"s": "x"}, {"s": "x", "public": "y"}, {"s": "x", "public": "y"}),
        ("schemas", {"public": "x"}, {"public": "y"}, {"public": "x"}),
        ("schemas", {"public": "x"}, {}, {"public": "x"}),
        ("schemas", {}, {"other": "y"}, {}),
        ("extensions", {}, {"plpgsql": "1.0 in pg_catalog"}, {"plpgsql": "1.0 in pg_catalog"}),
        ("extensions", {"a": "1 in s"}, {"a": "2 in s"}, {"a": "2 in s"}),
        ("extensions", {"a": "1 in s"}, {"a": "2 in t"}, {"a": "1 in s"}),
        ("sequences", {"q": "bigint 1 1 1 9 1 f"}, {"q": "integer 1 1 1 9 1 f"}, {"q": "integer 1 1 1 9 1 f"}),
        ("sequences", {"q": "bigint 1 1 1 9 1 f"}, {"q": "integer 1 1 1 8 1 f"}, {"q": "bigint 1 1 1 9 1 f"}),
        ("default privileges", {"boss r": ALL}, {"boss r": GRANTED}, {"boss r": GRANTED}),
        ("default privileges", {"boss r": "clerk=r/boss"}, {"boss r": "clerk=rm/boss"}, {"boss r": "clerk=r/boss"}),
        (OFF, {"k": "D D"}, {}, {}),
        (OFF, {}, {"k": "D D"}, {}),
        (OFF, {"k": "D D"}, {"k": "R R"}, {"k": "D D"}),
        ("views", {"v": "x"}, {}, {"v": "x"}),
    ],
)
def test_what_a_dump_must_hold(
    kind: str, sealed: Mapping[str, str], held: Mapping[str, str], wanted: Mapping[str, str]
) -> None:
    assert due(kind, sealed, held) == wanted


def test_an_index_that_was_not_valid_is_in_no_dump() -> None:
    seal = Seal({}, Structure(indexes={"good": True, "odd": False, "kept": False}))
    held = Holdings("sandbox", {}, (), Structure(indexes={"kept": False}))
    assert as_dumped(seal, held).structure.indexes == {"good": True, "kept": False}
    assert as_dumped(seal, None) is seal
