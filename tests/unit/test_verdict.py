from collections.abc import Sequence
from itertools import permutations, product
from random import Random
from typing import Any

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
        (Manner(least=9.0), True),  # one bound alone has nothing between it and the other
        (Manner(most=1.0), True),
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


# -- models ------------------------------------------------------------------------------------------------------------

verdicts = st.lists(st.sampled_from(Verdict), min_size=1)


@given(verdicts, verdicts, st.randoms(use_true_random=False))
def test_it_is_no_matter_in_which_order_or_groups_verdicts_are_combined(
    some: list[Verdict], others: list[Verdict], random: Random
) -> None:
    whole = Verdict.of([*some, *others])
    assert Verdict.of([Verdict.of(some), Verdict.of(others)]) is whole
    assert Verdict.of(random.sample([*some, *others], len(some) + len(others))) is whole
    assert Verdict.of([*some, *some]) is Verdict.of(some)
    assert Verdict.of([*some, MET]) is Verdict.of(some)  # what is met takes nothing back
    assert Verdict.of([*some, MISSED]) is MISSED


codes = st.lists(st.sampled_from([0, 1, 3, 4, 70, 130, 2, 17, -9]), min_size=1)


@given(codes, codes)
def test_it_is_no_matter_in_which_groups_runs_are_counted(some: list[int], others: list[int]) -> None:
    assert worst_exit([worst_exit(some), worst_exit(others)]) == worst_exit([*some, *others])
    assert worst_exit([*some, *some]) == worst_exit(some)
    assert (worst_exit(some) == 0) is (set(some) == {0})


wishes = st.one_of(st.sampled_from(["all", "some", None]), st.frozensets(st.sampled_from("xy")))
judgements = st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), st.sampled_from(Verdict))


def wished(wish: object, missed: set[str], judged: set[str]) -> bool:
    """Did, of these registers, just those miss that were to miss?"""
    if wish == "some":
        return bool(missed)
    due = judged if wish == "all" else wish
    return missed == (due or set())


@given(judgements, wishes, wishes)
def test_an_exit_code_is_what_holds_whatever_the_unknown_may_turn_out_to_be(
    found: dict[tuple[str, str], Verdict], a: Any, b: Any
) -> None:
    """0: all is known, and as expected. 1: whatever the unknown is, it is not as expected. 3: it depends."""
    expected = {check: wish for check, wish in (("a", a), ("b", b)) if wish is not None}
    findings = tuple(Finding(check, register, verdict, "", "") for (check, register), verdict in found.items())
    judged = {check for check, _ in found}
    open_ones = [key for key, verdict in found.items() if verdict is UNKNOWN]
    for check, wish in expected.items():
        due = wish if isinstance(wish, frozenset) else set() if check in judged else {"x"}
        open_ones += [(check, register) for register in due if (check, register) not in found]

    def fits(world: dict[tuple[str, str], Verdict]) -> bool:
        return all(
            wished(
                expected.get(check),
                {r for (c, r), v in world.items() if c == check and v is MISSED},
                {r for c, r in world if c == check},
            )
            for check in "ab"
        )

    worlds = [found | dict(zip(open_ones, each, strict=True)) for each in product((MET, MISSED), repeat=len(open_ones))]
    certain = bool(found) and not open_ones and expected.keys() <= judged
    code = 1 if not any(map(fits, worlds)) else 0 if certain else 3
    assert DrillResult("x", findings, expected).exit_code == code
