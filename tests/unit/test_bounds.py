"""Which instants and which tries a figure rests on: each bound from both sides."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from drill import checks
from drill.digest import Digest
from drill.evidence import Evidence
from drill.fates import Fates, fates
from drill.ledger import Entry, Errand, Outcome, Receipt
from drill.measures import Figures, accepted, copy_age, figures, resolution, restored, restored_at, rpa, whole
from drill.objectives import Objectives
from drill.proofs import untried_gap
from drill.verdict import Verdict
from tests.unit.stories import GOOD, TOLD, entry, event, held, instead, receipt, told, with_events, without

NOT_TRIED, FAILED = Outcome.NOT_TRIED, Outcome.FAILED


def due(instant: float, outcome: Outcome = Outcome.ACKED, **other: Any) -> Entry:
    return replace(entry(0, instant + 0.02, outcome, citizen=7, **other), due=instant)


def slots(since: float, tried: int, untried: int, **other: Any) -> list[Entry]:
    """One of each number in the same instant: so many that were tried, so many that were not."""
    return [*(due(since, **other) for _ in range(tried)), *(due(since, NOT_TRIED, **other) for _ in range(untried))]


def late(*entries: Entry, rpo: float = 5.0, evidence: Evidence = GOOD) -> str | None:
    asked = {"land": Objectives.model_construct(rto=15.0, rpo=rpo)}
    return untried_gap(replace(evidence, ledger=entries, objectives=asked), "land")


def test_one_slot_in_twenty_may_be_missed_by_the_drill_itself() -> None:
    assert late(*slots(1, 19, 1)) is None
    assert late(*slots(1, 18, 1)) == "the drill itself was too late for 1 of 19 slots in all"
    assert late(*slots(1, 19, 1), *slots(1, 0, 9, errand=Errand.GATE), *slots(1, 0, 9, register="x")) is None


PLENTY = [due(1.0) for _ in range(200)]  # early, so that over all slots few are missed


@pytest.mark.parametrize(
    ("instant", "rpo", "where"),
    [
        (4.9, 5.0, None),
        (5.0, 5.0, "before home was lost"),
        (5.0, 1.0, "before home was lost"),  # five seconds are looked at whatever the RPO
        (2.0, 8.0, "before home was lost"),
        (10.0, 5.0, "before home was lost"),
        (10.1, 5.0, None),
        (19.9, 5.0, None),
        (20.0, 5.0, "after the redirect"),
        (27.0, 5.0, "after the redirect"),
        (27.1, 5.0, None),
    ],
)
def test_the_drill_must_have_kept_up_wherever_a_figure_comes_from(
    instant: float, rpo: float, where: str | None
) -> None:
    said = late(*PLENTY, due(instant, NOT_TRIED), rpo=rpo)
    assert said == (where and f"the drill itself was too late for 1 of 1 slots {where}")


def test_a_damaged_home_takes_work_until_somebody_knows() -> None:
    known = with_events(GOOD, event(12, "discovered"))
    assert late(*PLENTY, due(12.0, NOT_TRIED), evidence=known) is not None
    assert late(*PLENTY, due(12.1, NOT_TRIED), evidence=known) is None
    early = with_events(GOOD, event(9, "discovered"))
    assert late(*PLENTY, due(10.0, NOT_TRIED), evidence=early) is not None
    never_served = without(GOOD, "served")
    assert late(*PLENTY, due(40.0, NOT_TRIED), evidence=never_served) is not None
    assert untried_gap(replace(GOOD, objectives={}, ledger=(*PLENTY, due(8.0, NOT_TRIED))), "land") is None


def test_a_register_returns_from_its_own_redirect_until_it_is_served_itself() -> None:
    theirs = {"register": "business", "site": "embassy"}
    before = with_events(GOOD, event(16, "redirected", **theirs), event(17, "served", register="business"))
    assert late(*PLENTY, due(16.5, NOT_TRIED), evidence=before) is None
    assert late(*PLENTY, due(26.0, NOT_TRIED), evidence=before) is not None
    elsewhere = without(before, "served")
    assert late(*PLENTY, due(40.0, NOT_TRIED), evidence=with_events(elsewhere, event(22, "served", register="x")))


def test_a_loss_that_was_seen_is_missed_however_late_the_drill_was() -> None:
    late_for = tuple(replace(due(8.0, NOT_TRIED), number=9 + n) for n in range(9))
    kept = held(*(receipt(e) for e in GOOD.ledger if e.outcome is Outcome.ACKED and e.errand is not Errand.STALE))
    unsure = told(GOOD, (*GOOD.ledger, *late_for), kept)
    (finding,) = checks.data_loss(unsure)
    assert (finding.verdict, finding.actual) == (Verdict.UNKNOWN, late(*unsure.ledger))
    (finding,) = checks.data_loss(told(GOOD, unsure.ledger, held()))
    assert finding.verdict is Verdict.MISSED


def test_a_register_that_the_drill_was_too_late_for_was_perhaps_disturbed() -> None:
    work = tuple(replace(e, number=n) for n, e in enumerate(slots(12, 9, 1)))
    at_home = replace(told(GOOD, work, held(*map(receipt, work[:9]), site="home")), lost=frozenset())
    (finding,) = checks.undisturbed(at_home)
    assert (finding.verdict, "too late for 1 of 10 slots" in finding.actual) == (Verdict.UNKNOWN, True)


def ended(*instants: float, **other: Any) -> list[Entry]:
    return [replace(entry(n, t, citizen=7, **other), sent=t) for n, t in enumerate(instants)]


def fate(entries: Iterable[Entry], there: Iterable[Receipt] = (), fenced: float | None = 50.0) -> Fates:
    return fates(entries, there, fenced)


def test_fates_stand_in_the_order_of_the_answers() -> None:
    found = fate([*ended(9, 3), *ended(7, site="embassy")])
    assert [e.ended for e in found.promised] == [3, 9]
    assert found.lost == found.promised
    assert len(found.served) == 1
    assert fate(ended(60), fenced=None).promised != ()


def test_a_hole_is_a_loss_before_a_kept_promise_to_the_same_citizen() -> None:
    lost, kept = ended(3, 5)
    assert fate([lost, kept], [receipt(kept)]).holes == (lost,)
    assert fate([lost, kept], [receipt(lost)]).holes == ()
    assert fate([lost, replace(kept, sent=3.0)], [receipt(kept)]).holes == ()  # sent before the other was answered
    assert fate([lost, replace(kept, citizen=8)], [receipt(replace(kept, citizen=8))]).holes == ()
    middle = replace(kept, number=2, ended=6.0, sent=1.0)  # answered last, and sent first
    assert fate([lost, kept, middle], [receipt(kept), receipt(middle)]).holes == (lost,)


def test_a_receipt_that_changed_nothing_is_there_all_the_same() -> None:
    (silent,) = ended(3, change={})
    assert fate([silent], [Receipt(silent.key, {})]) == replace(fate([]), promised=(silent,))
    assert fate([silent], [Receipt(silent.key, {})] * 2).duplicates == (silent.key,)
    assert fate([silent], [Receipt(silent.key, TOLD)]).altered == (silent.key,)
    assert fate([replace(silent, change=TOLD)], [Receipt(silent.key, {})]).altered == (silent.key,)


def test_a_receipt_may_speak_of_several_tables_and_come_in_several_pieces() -> None:
    two = {"a": Digest(1, (1, 1)), "b": Digest(1, (2, 2))}
    (tried,) = ended(3, change=two)
    pieces = [Receipt(tried.key, {table: digest}) for table, digest in two.items()]
    for there in ([Receipt(tried.key, two)], pieces):
        found = fate([tried], there)
        assert (found.lost, found.duplicates, found.altered, found.phantoms) == ((), (), (), ())
    assert fate([tried], pieces[:1]).altered == (tried.key,)


@pytest.mark.parametrize("outcome", Outcome)
def test_only_who_may_have_been_kept_is_no_phantom(outcome: Outcome) -> None:
    (tried,) = ended(3)
    found = fate([replace(tried, outcome=outcome)], [receipt(tried)])
    assert bool(found.phantoms) is (outcome in {FAILED, NOT_TRIED})
    assert fate([replace(tried, outcome=outcome, errand=Errand.STALE)], [receipt(tried)]).phantoms == (tried.key,)


def lost(*instants: float, evidence: Evidence = GOOD) -> float | None:
    """The RPA where home had promised these before the fence, and none of it is there."""
    return rpa(evidence, fate(ended(*instants)))


def test_the_loss_reaches_from_the_oldest_lost_promise_to_the_last_moment_home_took_work() -> None:
    assert lost(4.0, 6.0) == 6.0  # to the strike
    assert lost(4.0, 12.0) == 8.0  # to the last acknowledgement
    assert lost(4.0, 14.2) == 10.0  # but not beyond the fence
    assert lost(12.0) == 0.0
    assert lost() is None
    assert lost(4.0, evidence=without(GOOD, "fenced")) is None
    assert lost(4.0, 20.0, 40.0, evidence=with_events(without(GOOD, "fenced"), event(14, "no fence"))) == 36.0
    assert lost(4.0, evidence=without(GOOD, "outage proven")) is None


def test_a_pause_is_taken_out_of_the_loss_only_after_the_strike() -> None:
    def stopped(*spans: tuple[float, float]) -> Evidence:
        return with_events(GOOD, *(event(t, w) for s in spans for t, w in zip(s, ("paused", "resumed"), strict=True)))

    assert lost(4.0, 13.0, evidence=stopped((11.0, 12.0))) == 8.0
    assert lost(4.0, 13.0, evidence=stopped((11.5, 12.0), (12.0, 13.0))) == 7.5
    assert lost(4.0, 13.0, evidence=stopped((9.0, 10.5))) == 8.5
    assert lost(12.0, 13.0, evidence=stopped((11.0, 12.5))) == 0.5


def test_resolution_is_the_longest_silence_of_a_home_that_stood() -> None:
    assert resolution((), 10.0) is None
    assert resolution(tuple(ended(1.0)), None) is None
    assert resolution(tuple(ended(1.0, 3.0, 4.5)), None) == 2.0
    assert resolution(tuple(ended(1.0, 3.0)), 10.0) == 7.0
    assert resolution(tuple(ended(1.0, 3.0)), 2.0) == 2.0
    assert resolution(tuple(ended(1.0)), 1.0) is None


def test_the_age_of_a_copy_is_what_the_recovery_said() -> None:
    assert copy_age(GOOD) == 0.2
    assert copy_age(without(GOOD, "version chosen")) is None
    assert copy_age(instead(GOOD, "version chosen", age_s="3")) == 3.0
    assert figures(replace(GOOD, lost=frozenset()), "land").copy_age_s is None


def test_served_is_counted_from_the_redirect_to_the_embassy() -> None:
    assert restored(GOOD, "land") == 20.5
    assert restored(GOOD, "business") is None
    assert restored(instead(GOOD, "redirected", register="land", site="home"), "land") is None
    since = instead(GOOD, "redirected", register="land", site="embassy", since=21.2)
    assert restored(since, "land") == 21.5
    assert restored(replace(GOOD, stable_for=3.5), "land") == 20.5
    assert restored(replace(GOOD, stable_for=3.51), "land") is None


def test_each_register_is_served_from_its_own_redirect_and_by_its_own_citizens() -> None:
    """Those of business are at the embassy, which others say nothing of, from 20.5 on; redirected are they at 21."""
    theirs = [replace(e, register="business") for e in GOOD.ledger]
    both = replace(GOOD, ledger=(*GOOD.ledger, *theirs))
    moved = with_events(both, event(21, "redirected", register="business", site="embassy"))
    assert (restored(moved, "land"), restored(moved, "business")) == (20.5, 21.5)
    failed = [replace(e, outcome=FAILED) for e in theirs]
    assert restored(replace(moved, ledger=(*GOOD.ledger, *failed)), "land") == 20.5


def test_only_the_slots_of_its_own_citizens_were_not_tried() -> None:
    late_for = [due(5.0, NOT_TRIED), due(5.1, NOT_TRIED, register="business"), due(5.2, NOT_TRIED, errand=Errand.GATE)]
    assert figures(replace(GOOD, ledger=(*GOOD.ledger, *late_for)), "land").not_tried == 1


def test_a_register_that_was_refused_once_was_never_accepted() -> None:
    assert accepted(GOOD, "land") == 25
    assert accepted(GOOD, "business") is None
    assert accepted(with_events(GOOD, event(24, "refused", register="business")), "land") == 25
    assert accepted(with_events(GOOD, event(24, "refused", register="land")), "land") is None


def test_three_tries_that_fill_the_time_exactly_are_enough_and_what_fails_after_it_is_no_matter() -> None:
    tries = [due(t, site="embassy") for t in (20.0, 21.0, 22.0)]
    assert restored_at(tries, 20.0, 2) == 20.02
    assert restored_at([*tries, due(22.5, FAILED, site="embassy")], 20.0, 2) == 20.02
    assert restored_at([*tries[:2], due(21.5, site="embassy"), due(22.0, FAILED, site="embassy")], 20.0, 2) is None


def test_whoever_fell_due_within_the_time_may_be_the_first_who_was_answered_and_nobody_later() -> None:
    def answered(**tries: tuple[float, float]) -> float | None:
        return restored_at([replace(due(t, site="embassy"), ended=end) for t, end in tries.values()], 20.0, 2)

    assert answered(a=(20.0, 25.0), b=(21.0, 25.0), c=(22.0, 24.0)) == 24.0
    assert answered(a=(20.0, 25.0), b=(22.5, 23.0), c=(22.6, 24.0)) == 25.0


def test_a_try_that_falls_due_with_a_failed_one_begins_nothing() -> None:
    tries = [due(t, site="embassy") for t in (20.0, 21.0, 22.0, 23.0)]
    assert restored_at(tries, 20.0, 2) == 20.02
    assert restored_at([*tries, due(20.0, FAILED, site="embassy")], 20.0, 2) == 21.02
    assert restored_at([*tries[:3], due(22.0, FAILED, site="embassy")], 20.0, 1) is None
    assert restored_at([*tries, due(20.5, NOT_TRIED, site="embassy")], 20.0, 2) == 20.02


@pytest.mark.parametrize(
    ("land", "business", "of_both"),
    [
        (Figures(rta_s=0.0), Figures(rta_s=0.5), Figures(rta_s=0.5)),
        (Figures(rta_s=9.0), Figures(rta_s=None), Figures(rta_s=None)),
        (Figures(rta_s=9.0, rto_s=0.5), Figures(rta_s=9.0, rto_s=0.0), Figures(rta_s=9.0, rto_s=0.0)),
        (Figures(rpa_s=2.0, rpo_s=1.0), Figures(rpa_s=8.0, rpo_s=5.0), Figures(rpa_s=8.0, rpo_s=5.0)),
        (Figures(rpa_s=0.0), Figures(rpa_s=0.5), Figures(rpa_s=0.5)),
        (Figures(rpa_s=9.0), Figures(rpa_s=None), Figures(rpa_s=None)),
        (Figures(rpa_s=9.0, rpo_s=0.5), Figures(rpa_s=9.0, rpo_s=0.0), Figures(rpa_s=9.0, rpo_s=0.0)),
        (Figures(rpa_resolution_s=1.0), Figures(rpa_resolution_s=3.0), Figures(rpa_resolution_s=3.0)),
        (
            Figures(rta_s=9.0, rpa_resolution_s=1.0),
            Figures(rta_s=2.0, rpa_resolution_s=3.0),
            Figures(rta_s=9.0, rpa_resolution_s=3.0),
        ),
    ],
)
def test_the_figures_of_a_drill_are_the_worst_and_of_equals_those_that_promised_most(
    land: Figures, business: Figures, of_both: Figures
) -> None:
    both = {"land": land, "business": business}
    for order in (tuple(both), tuple(reversed(both))):
        seals = {register: GOOD.seals["land"] for register in order}
        lost = replace(GOOD, objectives={}, seals=seals, lost=frozenset(both))
        assert whole(lost, both) == replace(of_both, not_tried=0)
