"""What a probe of soundness saw is judged: wrong is missed, unseen is unknown, and only what was looked at is met."""

import re
from dataclasses import replace

import pytest

from drill.checks import VERIFY, Check
from drill.checks.logins import logins
from drill.checks.soundness import SOUNDNESS, TRIED
from drill.evidence import Evidence, Observation
from drill.probes.look import named
from drill.probes.soundness import PROBES
from drill.verdict import Finding, Verdict
from tests.unit.stories import GOOD, held

LOOKED = [check.__name__ for check in SOUNDNESS]
NAMES = [*LOOKED, *(check.__name__ for check in TRIED)]
MANY = tuple(f"public.t{i}: damaged" for i in range(8))
OTHERS = {"lines": Observation(1)}


def seeing(**observations: Observation) -> Evidence:
    return replace(GOOD, holdings={"land": held(observations=observations)})


def findings(name: str, evidence: Evidence) -> list[Finding]:
    return [finding for check in (*SOUNDNESS, *TRIED) if check.__name__ == name for finding in check(evidence)]


def test_each_probe_has_its_check_and_each_check_its_probe() -> None:
    assert sorted(LOOKED) == sorted(PROBES)
    assert [check.__name__ for check in TRIED] == ["entries", "write_and_read_back"]


def test_of_a_copy_is_asked_what_needs_no_citizens() -> None:
    of_what_it_holds = ["content", "schema", "sequences", "constraints", "indexes"]
    assert [check.__name__ for check in VERIFY] == [*of_what_it_holds, *NAMES, "logins"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("seen", "verdict", "actual"),
    [
        (Observation(7), Verdict.MET, "7 looked at, nothing wrong"),
        (Observation(7, ("public.t: torn",)), Verdict.MISSED, "public.t: torn"),
        (Observation(7, ("public.t: torn",), {"u": "locked"}), Verdict.MISSED, "public.t: torn"),
        (Observation(7, MANY[:5]), Verdict.MISSED, "; ".join(MANY[:5])),
        (Observation(7, MANY), Verdict.MISSED, "; ".join(MANY[:5]) + "; and 3 more"),
        (Observation(7, (), {"public.u": "locked"}), Verdict.UNKNOWN, "not seen: public.u (locked)"),
    ],
)
def test_what_was_seen_is_judged(name: str, seen: Observation, verdict: Verdict, actual: str) -> None:
    (found,) = findings(name, seeing(**{name: seen}))
    assert (found.check, found.register, found.verdict, found.actual) == (name, "land", verdict, actual)
    assert actual in found.says


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_looked_at_is_unknown_where_others_were_looked_at(name: str) -> None:
    (found,) = findings(name, seeing(**OTHERS))
    assert (found.verdict, found.actual) == (Verdict.UNKNOWN, "not looked at")


@pytest.mark.parametrize("name", NAMES)
def test_a_register_that_no_probe_looked_at_yields_nothing(name: str) -> None:
    assert not findings(name, GOOD)
    assert not findings(name, replace(GOOD, holdings={}))
    elsewhere = held(site="home", observations={name: Observation(1)})  # where its citizens no longer belong
    assert not findings(name, replace(GOOD, holdings={"land": elsewhere}))


@pytest.mark.parametrize("check", [*SOUNDNESS, *TRIED], ids=lambda check: check.__name__)
def test_an_officer_reads_what_each_check_asks_for_in_plain_words(check: Check) -> None:
    (found,) = check(seeing(**OTHERS))
    assert re.fullmatch(r"[a-z]+( [a-z]+|, [a-z]+){3,}", found.target)
    assert found.says == f"{check.__name__} of land: not looked at."
    assert check.__doc__ == f"Met with {found.target}."


@pytest.mark.parametrize("name", NAMES)
def test_a_database_without_anything_to_look_at_is_not_sound(name: str) -> None:
    (found,) = findings(name, seeing(**{name: Observation()}))
    met = name in ("references", "large_objects")  # a database may have none
    assert found.verdict is (Verdict.MET if met else Verdict.UNKNOWN)
    assert found.actual == ("0 looked at, nothing wrong" if met else "nothing was there to look at")


def test_what_is_no_damage_is_told_and_does_not_miss() -> None:
    (found,) = findings("collations", seeing(collations=Observation(1, excused={"c": "it is proven"})))
    assert (found.verdict, found.actual) == (Verdict.MET, "1 looked at, nothing wrong; no damage: c (it is proven)")


CLERK = Observation(2, ("clerk: it may not log in",))


@pytest.mark.parametrize(
    ("sealed", "seen", "verdict", "actual"),
    [
        (("boss", "clerk"), Observation(2), Verdict.MET, "2 looked at, nothing wrong"),
        ((), Observation(), Verdict.MET, "0 looked at, nothing wrong"),
        (("clerk",), CLERK, Verdict.MISSED, "clerk: it may not log in"),
        (("clerk",), Observation(0, (), {"clerk": "no library"}), Verdict.UNKNOWN, "not seen: clerk (no library)"),
        (None, Observation(1), Verdict.UNKNOWN, "never sealed"),
    ],
)
def test_who_could_log_in_must_be_let_in(
    sealed: tuple[str, ...] | None, seen: Observation, verdict: Verdict, actual: str
) -> None:
    evidence = replace(seeing(logins=seen), seals={"land": replace(GOOD.seals["land"], logins=sealed)})
    (found,) = logins(evidence)
    assert (found.check, found.register, found.verdict, found.actual) == ("logins", "land", verdict, actual)
    assert actual in found.says


def test_nobody_need_be_let_in_where_it_is_not_known_who_must_be() -> None:
    seal = replace(GOOD.seals["land"], logins=("clerk",), loose={"logins": "roles changed since"})
    (found,) = logins(replace(seeing(logins=CLERK), seals={"land": seal}))
    assert (found.verdict, found.actual) == (Verdict.UNKNOWN, "clerk: it may not log in; roles changed since")


def test_a_copy_without_roles_is_not_judged_by_its_logins_nor_one_that_nobody_looked_at() -> None:
    seals = {"land": replace(GOOD.seals["land"], logins=("clerk",))}
    assert not list(logins(replace(seeing(**OTHERS), seals=seals)))
    assert not list(logins(replace(GOOD, seals=seals, holdings={})))
    assert not list(logins(replace(seeing(**OTHERS), seals={})))


def test_each_register_is_judged_by_its_own_logins() -> None:
    """One that nobody looked at, or without roles, keeps the next from nothing."""
    asked = replace(GOOD.seals["land"], logins=("clerk",))
    names = ("away", "unsealed", "bare", "last")
    seals = {"away": asked, "unsealed": replace(asked, logins=None), "bare": asked, "last": asked}
    here = {name: held(observations=OTHERS) for name in ("unsealed", "bare")} | {
        "last": held(observations={"logins": CLERK})
    }
    evidence = replace(GOOD, seals=seals, holdings=here, objectives={}, lost=frozenset(names))
    target = "each role let in that was let in when it was sealed"
    assert [(f.register, f.verdict, f.target, f.says) for f in logins(evidence)] == [
        ("unsealed", Verdict.UNKNOWN, target, "Logging in to unsealed: never sealed."),
        ("last", Verdict.MISSED, target, "Logging in to last: clerk: it may not log in."),
    ]


def test_the_lines_of_things_that_could_not_be_seen_are_told_up_to_five() -> None:
    unseen = {f"index public.i{i}": "it is not valid" for i in range(7)}
    (found,) = findings("btree", seeing(btree=Observation(3, (), unseen)))
    assert found.actual.count("it is not valid") == 5
    assert found.actual.endswith("; and 2 more")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("public", "t"), "public.t"),
        (("public", "ä %s"), "public.ä %s"),
        (("a.b", "c"), '"a.b"."c"'),
        (("public", "two\nlines\x1b"), r"public.two\nlines\x1b"),
        ((None, "t"), "?.t"),
    ],
)
def test_a_name_is_told_in_one_line(names: tuple[str | None, ...], told: str) -> None:
    assert named(*names) == told
