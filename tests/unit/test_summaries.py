"""From many findings, registers and runs to one word, one figure and one exit code."""

from dataclasses import fields, replace
from itertools import product
from typing import Any

import pytest

from drill import checks
from drill.evidence import Evidence
from drill.judge import judge, judged
from drill.ledger import BEGUN, SILENCE, Entry, Errand, Outcome
from drill.measures import COUNTS, Figures, figures, whole
from drill.objectives import Objectives
from drill.phases import Phase
from drill.result import Judged, Summary
from drill.spread import Spread
from drill.verdict import DrillResult, Expected, Finding, Verdict
from tests.unit.stories import (
    AT_EMBASSY,
    AT_HOME,
    BEGAN,
    GATE,
    GOOD,
    LEDGER,
    entry,
    event,
    held,
    instead,
    receipt,
    told,
    with_events,
    without,
)

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
RECEIPTS = GOOD.holdings["land"].receipts


def found(expected: Expected, *of: tuple[str, str, Verdict]) -> DrillResult:
    return DrillResult(
        "x", tuple(Finding(check, register, verdict, "", "") for check, register, verdict in of), expected
    )


@pytest.mark.parametrize(
    ("expected", "of", "code"),
    [
        ({}, [("a", "land", MET), ("b", "land", MISSED)], 1),
        ({"a": "all"}, [("a", "land", MISSED), ("b", "land", MISSED)], 1),
        ({"a": "all"}, [("a", "land", MISSED), ("b", "land", MET)], 0),
        ({"a": "all"}, [("b", "land", MET)], 3),
        ({"a": "some"}, [("b", "land", MET)], 3),
        ({"a": "some"}, [("a", "x", MISSED), ("a", "y", UNKNOWN)], 3),
        ({"a": "some"}, [("a", "x", MET), ("b", "x", MISSED)], 1),
        ({"a": frozenset()}, [("a", "land", MET)], 0),
        ({"a": frozenset({"x"})}, [("a", "x", MISSED), ("a", "y", UNKNOWN)], 3),
        ({"a": frozenset({"x"})}, [("a", "y", MISSED), ("a", "x", UNKNOWN)], 1),
        ({"a": frozenset({"x"})}, [("a", "x", UNKNOWN), ("a", "y", MET)], 3),
        ({"a": frozenset({"x"}), "b": frozenset({"y"})}, [("a", "x", MISSED), ("b", "y", MISSED)], 0),
        ({"a": frozenset({"x"}), "b": frozenset({"y"})}, [("a", "x", MISSED)], 3),
    ],
)
def test_the_exit_code_tells_what_was_expected_from_a_surprise_and_from_the_unknown(
    expected: Expected, of: list[tuple[str, str, Verdict]], code: int
) -> None:
    assert found(expected, *of).exit_code == code
    assert found(expected, *of).as_expected is (code == 0)


def test_a_finding_surprises_by_its_own_check_and_register() -> None:
    both = found({"a": frozenset({"x"}), "b": "all", "c": "some"}, *product("abcd", "xy", (MET,)))
    assert [both.surprising(f) for f in both.findings] == [True, False, True, True, True, True, False, False]
    missed = found({"a": frozenset({"x"}), "b": "all", "c": "some"}, *product("abcd", "xy", (MISSED,)))
    assert [missed.surprising(f) for f in missed.findings] == [False, True, False, False, False, False, True, True]
    unknown = found({"a": "all"}, *product("ab", "x", (UNKNOWN,)))
    assert not any(map(unknown.surprising, unknown.findings))
    assert unknown.verdict is UNKNOWN


def test_the_judgement_is_that_of_every_check_or_of_those_asked_for() -> None:
    evidence = replace(GOOD, expected={"content": "all"})
    assert judge(evidence) == DrillResult("power loss", checks.findings(GOOD), {"content": "all"})
    assert {f.check for f in judge(evidence, [checks.outage]).findings} == {"outage"}
    assert judge(evidence).exit_code == 1
    gate = ("content", "sequences", "constraints", "indexes", "write_and_read_back")
    assert {f.check for f in checks.findings(GOOD, checks.GATE)} >= set(gate)
    assert set(checks.GATE) < set(checks.ALL)


def test_a_check_that_breaks_says_so_in_its_own_name() -> None:
    def odd(evidence: Evidence) -> list[Finding]:
        raise KeyError(evidence.scenario)

    (finding,) = checks.findings(GOOD, [odd])
    assert (finding.check, finding.register, finding.verdict) == ("odd", "drill", UNKNOWN)
    assert finding.target == "a judgement"
    assert finding.actual == "the check broke: KeyError('power loss')"
    assert finding.says == "The check odd itself broke, so nothing is known of what it should have judged."

    class Nameless:
        def __call__(self, _: Evidence) -> list[Finding]:
            raise ValueError

        def __repr__(self) -> str:
            return "a nameless check"

    assert checks.findings(GOOD, [Nameless()])[0].check == "a nameless check"


def test_the_verdict_of_a_register_is_that_of_its_own_findings() -> None:
    run = Judged(GOOD, found({}, ("a", "x", MET), ("b", "x", UNKNOWN), ("a", "y", MISSED)), {}, Figures())
    assert [run.verdict_of(r) for r in "xyz"] == [UNKNOWN, MISSED, UNKNOWN]
    assert run.run_id == "20300101-abc"
    assert judged(without(GOOD, "began")).run_id == ""


def two(land: Figures, business: Figures, **other: Any) -> Judged:
    objectives = dict.fromkeys(("land", "business"), Objectives.model_construct(rto=15.0, rpo=5.0))
    both = replace(GOOD, lost=frozenset({"land", "business"}), objectives=objectives, **other)
    each = {"land": land, "business": business}
    return Judged(both, DrillResult("x", ()), each, whole(both, each))


def test_the_slowest_register_is_a_lost_one_that_has_its_times() -> None:
    land = figures(GOOD, "land")
    assert judged(GOOD).slowest == "land"
    assert two(land, replace(land, rta_s=20.0)).slowest == "business"
    assert two(replace(land, rta_s=16.0), land).slowest == "land"
    assert two(replace(land, rta_s=0.0), replace(land, rta_s=0.5)).slowest == "business"
    assert two(land, Figures()).slowest is None
    assert judged(replace(GOOD, lost=frozenset())).slowest is None


@pytest.mark.parametrize(
    ("evidence", "reasons"),
    [
        (GOOD, ()),
        (with_events(GOOD, event(62, "broke", reason="x"), event(63, "broke", reason="y")), ("broke: x",)),
        (with_events(GOOD, event(62, "interrupted")), ("interrupted",)),
        (with_events(GOOD, event(62, "clock stepped", by=1.0)), ("clock stepped",)),
        (with_events(GOOD, event(62, "not undone", reason="x")), ("not undone: x",)),
        (instead(GOOD, "began", **{**BEGAN, "overridden": ["people", 7]}), ("overridden: people, 7",)),
        (replace(GOOD, notes=("a file is missing",)), ("a file is missing",)),
        (
            told(GOOD, (*LEDGER, *(entry(n, 50.0, Outcome.NOT_TRIED, citizen=5) for n in range(4)))),
            ("land: the drill itself was too late for 4 of 14 slots in all",),
        ),
    ],
)
def test_what_may_not_be_set_beside_other_runs_says_why(evidence: Evidence, reasons: tuple[str, ...]) -> None:
    assert judged(evidence).incomparable == reasons


def test_every_reason_is_told_in_one_order() -> None:
    paused = with_events(GOOD, event(15, "paused"), event(16, "resumed"), event(17, "paused"), event(17.5, "resumed"))
    odd = with_events(replace(paused, notes=("torn",)), event(62, "not undone"), event(62, "broke", reason="x"))
    assert judged(odd).incomparable == (
        *("broke: x", "not undone"),
        "paused for 1.50 s; 1.50 s since the strike are taken out",
        "torn",
    )


def test_a_spread_is_that_of_the_runs_that_have_the_figure() -> None:
    assert Spread.over([4.0]) == Spread(4.0, 4.0, 4.0, 1, 0)
    assert Spread.over([0.0, None]) == Spread(0.0, 0.0, 0.0, 1, 1)
    assert Spread.over(map(float, range(20, 0, -1))) == Spread(10.5, 19.0, 20.0, 20, 0)
    assert Spread.over(map(float, range(1, 22))).p95 == 20.0


def test_several_runs_are_as_expected_when_each_is() -> None:
    good, lost = judged(GOOD), judged(told(GOOD, LEDGER, held()))
    assert Summary.over([good, good]) == summed(MET, True, [15.0] * 2, [0.0] * 2)
    assert Summary.over([good, lost]) == summed(MISSED, False, [15.0] * 2, [0.0, 8.0])
    assert Summary.over([]) == summed(UNKNOWN, False, [], [])


def summed(verdict: Verdict, as_expected: bool, rta_s: list[float], rpa_s: list[float]) -> Summary:
    return Summary(verdict, as_expected, Spread.over(rta_s).bounded(rta_s), Spread.over(rpa_s).bounded(rpa_s))


def test_what_runs_promise_of_others_is_of_one_scenario_and_on_the_safe_side() -> None:
    good, other = judged(GOOD), judged(instead(GOOD, "began", **{**BEGAN, "people": 200}))
    paused = judged(with_events(GOOD, event(15, "paused"), event(16, "resumed")))
    assert [bound.at_most for bound in Summary.over([good] * 5).rta_s.bounds] == [15.0, None]
    assert [bound.at_most for bound in Summary.over([good] * 59).rta_s.bounds] == [15.0, 15.0]
    for odd, why in ((other, "these are runs of different scenarios"), (paused, "too many runs have no such figure")):
        (median, _) = Summary.over([*[good] * 4, odd]).rta_s.bounds
        assert median.at_most is None
        assert median.why_not.startswith(why)
    assert [bound.at_most for bound in Summary.over([*[good] * 7, paused]).rta_s.bounds] == [15.0, None]


def test_every_count_of_a_register_is_told() -> None:
    odd = (
        *(entry(3, 3.0, Outcome.WEAK), entry(4, 3.2), entry(5, 3.4)),
        *(entry(6, 3.6, Outcome.IN_DOUBT), entry(7, 3.8, Outcome.IN_DOUBT), entry(8, 4.0, Outcome.IN_DOUBT)),
        *(entry(9, 4.2, Outcome.FAILED), entry(10, 4.4, Outcome.NOT_TRIED, citizen=5)),
    )
    there = [receipt(e) for e in (*AT_HOME, *AT_EMBASSY, odd[0], odd[3], odd[6])]
    there += [receipt(odd[0]), receipt(AT_HOME[0]), receipt(AT_HOME[1], {})]
    evidence = told(GOOD, (*LEDGER, *odd), held(*there))
    land = figures(evidence, "land")
    assert {name: getattr(land, name) for name in COUNTS} == {
        **{"acked": 5, "lost": 2, "weak": 1, "in_doubt": 3, "in_doubt_kept": 1, "in_doubt_dropped": 2},
        **{"holes": 2, "phantoms": 1, "duplicates": 2, "altered": 1, "served": 9, "lost_at_embassy": 1},
        "not_tried": 1,
    }
    assert (land.rto_s, land.rpo_s) == (15.0, 5.0)
    assert figures(replace(evidence, objectives={}), "land").rto_s is None


def test_the_whole_drill_has_the_worst_of_its_lost_registers_and_the_sum_of_all() -> None:
    land = replace(figures(GOOD, "land"), rpa_resolution_s=1.0, rpa_s=1.0)
    slow = Figures(rta_s=20.0, rto_s=30.0, rpa_s=0.5, rpo_s=9.0, rpa_resolution_s=3.0, phases=(Phase("detect", 20.0),))
    total = two(land, slow).total
    assert (total.rta_s, total.rto_s, total.phases) == (20.0, 30.0, slow.phases)
    assert (total.rpa_s, total.rpo_s, total.rpa_resolution_s) == (1.0, 5.0, 3.0)
    assert two(land, replace(slow, rpa_resolution_s=None)).total.rpa_resolution_s is None
    assert total.not_tried == 0
    assert total.acked is None
    assert two(land, land).total.served == 18
    equal = two(replace(land, rto_s=9.0, rpo_s=4.0), replace(land, rto_s=8.0, rpo_s=3.0)).total
    assert (equal.rto_s, equal.rpo_s) == (8.0, 3.0)  # as slow as another, and promised to be quicker
    nothing = two(replace(land, rta_s=None, rpa_s=None), slow).total
    assert (nothing.rta_s, nothing.rpa_s) == (None, None)


def test_where_nothing_was_lost_only_counts_are_summed() -> None:
    kept = replace(GOOD, lost=frozenset())
    total = whole(kept, {"land": figures(GOOD, "land")})
    assert (total.rta_s, total.rpa_s, total.acked, total.served) == (None, None, 2, 9)
    none = whole(kept, {})
    assert {getattr(none, f.name) for f in fields(none)} == {None, 0.0, ()}


def test_what_a_fenced_home_acknowledged_is_no_promise() -> None:
    late = entry(9, 16.0)
    assert figures(told(GOOD, (*LEDGER, late)), "land").acked == 2
    at_home = replace(told(GOOD, (*AT_HOME, late), held(site="home")), lost=frozenset())
    assert figures(at_home, "land").acked == 3  # of a register that stayed at home nothing was fenced


def test_a_register_at_home_has_counts_and_no_times() -> None:
    home = replace(told(GOOD, (*AT_HOME, entry(3, 20.0)), held(site="home")), lost=frozenset())
    land = figures(home, "land")
    assert (land.acked, land.lost, land.rta_s, land.rpa_s, land.restored_s) == (3, 3, None, None, None)
    assert land.rpa_resolution_s == 11.0
    assert figures(without(GOOD, "declared"), "land").rta_from_declaration_s is None
    assert figures(told(GOOD, (*LEDGER, GATE)), "land").acked is None
    assert figures(without(GOOD, "accepted"), "land") == replace(
        figures(GOOD, "land"), rta_s=None, accepted_s=None, rta_from_declaration_s=None, phases=()
    )


def test_words_that_folders_and_reports_are_read_by_do_not_change() -> None:
    assert list(Verdict) == ["met", "unknown", "missed"]
    assert list(Outcome) == ["acked", "weak", "in doubt", "failed", "not tried"]
    assert list(Errand) == ["work", "gate", "stale"]
    assert (SILENCE, BEGUN) == ("no answer in time", "after BEGIN was answered: ")


def test_a_try_that_was_answered_plainly_says_nothing_and_changes_nothing_by_itself() -> None:
    tried = Entry("land", 1, 2, "home", 1.0, 1.1, 1.2, Outcome.FAILED)
    assert (tried.change, tried.errand, tried.says, tried.key) == ({}, Errand.WORK, "", ("land", 1, 2))


def test_a_finding_may_be_without_words_and_a_drill_without_expectations() -> None:
    assert Finding("a", "land", MET, "x", "y").says == ""
    assert DrillResult("x", (Finding("a", "land", MET, "x", "y"),)).exit_code == 0
