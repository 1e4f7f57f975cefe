from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.judge import judge
from drill.spread import Spread
from drill.verdict import DrillResult, Expected, Finding, Manner, Verdict, worst_exit
from tests.unit.stories import GOOD

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN


def result(expected: Expected, **found: Verdict) -> DrillResult:
    findings = tuple(Finding("data_loss", register, verdict, "", "") for register, verdict in found.items())
    return DrillResult("x", findings, expected)


def exit_code(expected: Expected, **found: Verdict) -> int:
    return result(expected, **found).exit_code


def test_nothing_is_expected_to_miss() -> None:
    assert exit_code({}, land=MET, business=MET) == 0
    assert exit_code({}, land=MET, business=MISSED) == 1
    assert exit_code({}, land=MET, business=UNKNOWN) == 3
    assert exit_code({}, land=MISSED, business=UNKNOWN) == 1


def test_all_must_miss() -> None:
    assert exit_code({"data_loss": "all"}, land=MISSED, business=MISSED) == 0
    assert exit_code({"data_loss": "all"}, land=MISSED, business=MET) == 1
    assert exit_code({"data_loss": "all"}, land=MISSED, business=UNKNOWN) == 3


def test_some_must_miss() -> None:
    assert exit_code({"data_loss": "some"}, land=MISSED, business=MET) == 0
    assert exit_code({"data_loss": "some"}, land=MET, business=MET) == 1
    assert exit_code({"data_loss": "some"}, land=UNKNOWN, business=MET) == 3


def test_just_these_must_miss() -> None:
    assert exit_code({"data_loss": frozenset({"land"})}, land=MISSED, business=MET) == 0
    assert exit_code({"data_loss": frozenset({"land"})}, land=MISSED, business=MISSED) == 1
    assert exit_code({"data_loss": frozenset({"land"})}, land=MET, business=MET) == 1


def test_an_expected_miss_that_nobody_judged_is_unknown() -> None:
    assert exit_code({"content": "all"}, land=MET) == 3
    assert exit_code({"data_loss": frozenset({"land", "population"})}, land=MISSED) == 3


def test_nothing_judged_is_nothing_known() -> None:
    assert DrillResult("x", ()).verdict is UNKNOWN
    assert exit_code({}) == 3


def test_missed_beats_unknown_beats_met() -> None:
    for order in permutations((MET, UNKNOWN, MISSED)):
        assert Verdict.of(order) is MISSED
        assert Verdict.of(v for v in order if v is not MISSED) is UNKNOWN


expectations: st.SearchStrategy[Expected] = st.dictionaries(
    st.just("data_loss"),
    st.one_of(st.sampled_from(["all", "some"]), st.frozensets(st.sampled_from(["land", "business"]))),
)


@given(expectations, st.sampled_from(Verdict), st.sampled_from(Verdict))
def test_as_expected_is_when_no_finding_surprises_and_none_is_unknown(
    expected: Expected, land: Verdict, business: Verdict
) -> None:
    found = result(expected, land=land, business=business)
    surprising = any(map(found.surprising, found.findings))
    assert found.as_expected is not (surprising or UNKNOWN in (land, business))
    assert (found.exit_code == 1) is surprising


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([], 3), ([0, 0], 0), ([0, 3], 3), ([3, 1], 1), ([1, 4], 4), ([4, 70], 70), ([70, 130, 1], 130), ([0, 17], 70)],
)
def test_the_worst_run_decides(codes: Sequence[int], worst: int) -> None:
    assert worst_exit(codes) == worst


def test_a_good_drill_is_as_expected_and_no_check_is_left_out() -> None:
    found = judge(GOOD)
    assert (found.verdict, found.exit_code) == (MET, 0)
    assert len({f.check for f in found.findings}) == 10  # not undisturbed, nor agreement: one register, and it is lost


def test_spread_over_runs_guesses_nothing() -> None:
    assert Spread.over([]) == Spread(None, None, None, 0, 0)
    assert Spread.over([None]) == Spread(None, None, None, 0, 1)
    assert Spread.over([3.0, None, 1.0]) == Spread(2.0, 3.0, 3.0, 2, 1)
    assert Spread.over(map(float, range(1, 41))) == Spread(20.5, 38.0, 40.0, 40, 0)


@pytest.mark.parametrize(
    ("manner", "as_expected"),
    [
        (Manner(), True),
        (Manner(because="the gate"), True),
        (Manner(because="a broken pipe"), False),
        (Manner(least=2.0, most=3.0), True),
        (Manner(least=3.0, most=9.0), True),
        (Manner(least=1.0, most=2.999), False),
        (Manner(least=3.001, most=9.0), False),
        (Manner("the gate", 2.0, 4.0), True),
        (Manner("a broken pipe", 2.0, 4.0), False),
    ],
)
def test_an_expected_miss_in_another_manner_is_a_surprise(manner: Manner, as_expected: bool) -> None:
    finding = Finding("content", "land", Verdict.MISSED, "", "refused by the gate", amount=3.0)
    for expected in (frozenset({"land"}), "all", "some"):
        result = DrillResult("x", (finding,), {"content": expected}, {"content": manner})
        assert result.surprising(finding) is not as_expected
        assert (result.as_expected, result.exit_code) == (as_expected, 0 if as_expected else 1)


def test_a_miss_that_measured_nothing_lies_between_no_bounds() -> None:
    finding = Finding("content", "land", Verdict.MISSED, "", "gone")
    assert not Manner(least=0.0, most=1e9).fits(finding)


def test_a_manner_says_nothing_of_what_is_met_or_unknown() -> None:
    for verdict in (Verdict.MET, Verdict.UNKNOWN):
        finding = Finding("content", "land", verdict, "", "")
        result = DrillResult("x", (finding,), {"content": "some"}, {"content": Manner("never")})
        assert result.exit_code == (1 if verdict is Verdict.MET else 3)
