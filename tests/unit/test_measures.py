"""The figures, against models that are too slow and too plain to be wrong in the same way."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.digest import Digest
from drill.fates import fates
from drill.ledger import PROMISED, Entry, Errand, Outcome, Receipt
from drill.measures import figures, restored_at, whole
from drill.phases import NAMES, Phase, phases
from tests.unit.stories import EVENTS, GOOD, LEDGER, entry, event, held, receipt, told, with_events, without

FENCED = 50.0


def change(seed: int) -> dict[str, Digest]:
    return {"a": Digest(1, (seed, seed)), "b": Digest(0, (seed + 1, seed))}


@st.composite
def tries(draw: st.DrawFn) -> list[Entry]:
    """A ledger of one register: a few citizens, each with tries that may overlap."""
    ledger = []
    for citizen in range(draw(st.integers(0, 3))):
        for number in range(draw(st.integers(0, 6))):
            sent = draw(st.integers(0, 100))
            took = draw(st.integers(0, 3))
            site = draw(st.sampled_from(["home", "embassy"]))
            outcome, errand = draw(st.sampled_from(Outcome)), draw(st.sampled_from(Errand))
            said = change(draw(st.integers(1, 3)))
            ledger.append(Entry("land", citizen, number, site, sent, sent, sent + took, outcome, said, errand))
    return ledger


@st.composite
def remains(draw: st.DrawFn, ledger: list[Entry]) -> list[Receipt]:
    """One row for each table and receipt; with planted loss, phantoms, duplicates, torn and altered ones."""
    rows = []
    strangers = [entry(99, 1.0, citizen=7, change=change(1))] if draw(st.booleans()) else []
    for tried in [*ledger, *strangers]:
        kind = draw(st.sampled_from(["kept", "kept", "kept", "lost", "twice", "torn", "altered"]))
        said = [Receipt(tried.key, {table: digest}) for table, digest in tried.change.items()]
        if kind == "altered":
            said = [Receipt(tried.key, {"a": Digest(9)}), *said[1:]]
        rows += {"lost": [], "torn": said[:1], "twice": [*said, said[0]]}.get(kind, said)
    return draw(st.permutations(rows))


@given(st.data())
def test_the_fate_of_every_transaction(data: st.DataObject) -> None:
    ledger = data.draw(tries())
    receipts = data.draw(remains(ledger))
    fate = fates(ledger, receipts, FENCED)
    keys = {r.key for r in receipts}
    tried = {e.key: e for e in ledger}

    def promised(e: Entry) -> bool:
        late = e.sent > FENCED or e.ended > FENCED + 0.25
        return e.site == "home" and e.errand is Errand.WORK and e.outcome in PROMISED and not late

    lost = {e.key for e in ledger if promised(e) and e.key not in keys}
    assert {e.key for e in fate.promised} == {e.key for e in ledger if promised(e)}
    assert {e.key for e in fate.lost} == lost
    assert {e.key for e in fate.weak} == {e.key for e in ledger if promised(e) and e.outcome is Outcome.WEAK}
    assert {e.key for e in fate.holes} == {
        a.key
        for a in ledger
        for b in ledger
        if a.key in lost and promised(b) and b.key in keys and a.citizen == b.citizen and a.ended < b.sent
    }
    excluded = {Outcome.FAILED, Outcome.NOT_TRIED}
    legal = {e.key for e in ledger if e.errand is not Errand.STALE and e.outcome not in excluded}
    assert set(fate.phantoms) == keys - legal
    rows = {k: [(t, d) for r in receipts if r.key == k for t, d in r.change.items()] for k in keys}
    assert set(fate.duplicates) == {k for k in keys for t in ("a", "b") if [x for x, _ in rows[k]].count(t) > 1}
    assert set(fate.altered) == {
        k
        for k in keys & tried.keys()
        if tried[k].outcome in PROMISED | {Outcome.IN_DOUBT}
        and any((t, d) not in rows[k] for t, d in tried[k].change.items())
        | any((t, d) not in tried[k].change.items() for t, d in rows[k])
    }
    doubt = {e.key for e in ledger if e.outcome is Outcome.IN_DOUBT and e.errand is not Errand.STALE}
    assert {e.key for e in fate.kept} == doubt & keys
    assert {e.key for e in fate.dropped} == doubt - keys
    served = {e.key for e in ledger if e.site == "embassy" and e.outcome in PROMISED}
    assert {e.key for e in fate.forsaken} == served - keys


def test_a_change_that_the_citizen_in_doubt_never_heard_of_may_be_anything() -> None:
    silent = entry(1, 2.0, Outcome.IN_DOUBT, change={})
    assert fates([silent], [Receipt(silent.key, change(1))], None).altered == ()


slots = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20), st.sampled_from(Outcome)), max_size=14)


@given(slots, st.integers(0, 20))
def test_restored_is_the_first_acknowledgement_that_lasts(drawn: list[tuple[int, int, Outcome]], stable: int) -> None:
    ledger = [
        replace(entry(n, due + took / 4, outcome, site="embassy"), due=float(due))
        for n, (due, took, outcome) in enumerate(drawn)
    ]
    tried = sorted((e for e in ledger if e.outcome is not Outcome.NOT_TRIED and e.due >= 5), key=lambda e: e.due)

    def lasts(first: Entry) -> bool:
        later = [e for e in tried if e.due >= first.due]
        if len(later) < 3 or later[-1].due < first.due + stable:
            return False
        until = max(first.due + stable, sorted(e.due for e in later)[2])
        window = [e for e in later if e.due <= until]
        # Of several that were due with the third, three are enough only when none of them failed.
        return first.outcome is Outcome.ACKED and all(e.outcome is Outcome.ACKED for e in window)

    since = next((e.due for e in tried if lasts(e)), None)
    together = [] if since is None else [e.ended for e in tried if since <= e.due <= since + stable]
    assert restored_at(ledger, 5.0, stable) == min(together, default=None)


def test_of_those_who_waited_together_the_one_who_was_answered_first_tells_when_service_was_back() -> None:
    """The cable is mended at 22; how long a crowd takes that is let in at once is not the time without service."""
    crowd = [replace(entry(n, 22.2 - n / 100, site="embassy"), due=21.1 + n / 10) for n in range(9)]
    later = [entry(n, n + 2.0, site="embassy") for n in range(21, 24)]
    failed = entry(50, 22.0, Outcome.FAILED, site="embassy")
    assert restored_at([replace(failed, due=21.0), *crowd, *later], 20, 2) == 22.12
    assert restored_at([replace(failed, due=21.75), *crowd, *later], 20, 2) == 22.12
    assert restored_at([replace(failed, due=21.95), *crowd, *later], 20, 2) == 23.0


def test_only_citizens_at_the_embassy_after_the_redirect_say_restored() -> None:
    at = [entry(n, 20.0 + n, site="embassy") for n in range(5)]
    assert restored_at(at, 20.5, 2) == 21.0
    assert restored_at([replace(e, site="home") for e in at], 0, 2) is None
    assert restored_at([replace(e, errand=Errand.GATE) for e in at], 0, 2) is None
    assert restored_at(at[:2], 0, 0) is None
    assert restored_at(at, 0, 5) is None  # nobody tried for so long


def test_the_figures_of_a_good_drill() -> None:
    land = figures(GOOD, "land")
    assert (land.restored_s, land.accepted_s, land.rta_s, land.rta_from_declaration_s) == (10.5, 15.0, 15.0, 12.0)
    assert (land.rpa_s, land.rpa_resolution_s, land.copy_age_s) == (0.0, 7.0, 0.2)
    assert (land.acked, land.lost, land.served, land.lost_at_embassy) == (2, 0, 9, 0)
    assert [(p.name, p.seconds) for p in land.phases] == [
        *(("detect", 1.0), ("declare", 2.0), ("fence", 1.0), ("queue", 1.0), ("promote", 5.0)),
        *(("settle", 0.5), ("queue", 0.5), ("verify", 4.0)),
    ]
    assert whole(GOOD, {"land": land}) == land


def test_a_register_that_the_outage_left_alone_has_no_times_since_the_strike() -> None:
    spared = figures(replace(GOOD, lost=frozenset()), "land")
    assert (spared.restored_s, spared.accepted_s, spared.rta_s, spared.phases) == (None, None, None, ())


def test_the_silence_before_the_strike_counts_only_for_a_register_that_was_lost() -> None:
    promised = (entry(1, 2.0), entry(2, 4.0))
    assert figures(told(GOOD, promised), "land").rpa_resolution_s == 6.0
    kept = told(GOOD, promised, held(*map(receipt, promised), site="home"))
    assert figures(replace(kept, lost=frozenset()), "land").rpa_resolution_s == 2.0


def test_until_it_is_served_or_accepted_nothing_is_taken_out_of_the_time() -> None:
    paused = with_events(without(GOOD, "redirected", "accepted"), event(12, "paused"), event(13, "resumed"))
    land = figures(paused, "land")
    assert (land.restored_s, land.accepted_s, land.paused_s) == (None, None, 0.0)


def test_figures_that_do_not_exist_are_none() -> None:
    unproven = figures(without(GOOD, "outage proven"), "land")
    assert (unproven.rta_s, unproven.restored_s, unproven.rpa_s, unproven.phases) == (None, None, None, ())
    short = figures(without(GOOD, "ledger complete"), "land")
    assert (short.rpa_s, short.acked, short.lost) == (None, None, None)
    refused = figures(replace(GOOD, events=(*EVENTS, event(63, "refused", register="land"))), "land")
    assert (refused.rta_s, refused.accepted_s, refused.restored_s) == (None, None, 10.5)


@pytest.mark.parametrize(
    ("ended", "rpa"),
    [((2.0, 9.0), 8.0), ((9.5, 9.8), 0.5), ((9.0, 11.5), 2.5)],
)
def test_the_loss_reaches_back_to_the_oldest_promise_that_is_gone(ended: tuple[float, ...], rpa: float) -> None:
    lost = tuple(entry(100 + n, at) for n, at in enumerate(ended))
    assert figures(told(GOOD, (*LEDGER[2:], *lost)), "land").rpa_s == rpa


def test_the_drill_is_as_slow_as_its_slowest_register_and_unknown_where_one_is() -> None:
    land = figures(GOOD, "land")
    two = replace(
        GOOD,
        lost=frozenset({"land", "business"}),
        objectives=dict.fromkeys(("land", "business"), GOOD.objectives["land"]),
    )
    slow = replace(land, rta_s=99.0, rpa_s=0.0)
    assert whole(two, {"land": replace(land, rpa_s=4.0), "business": slow}).rta_s == 99.0
    assert whole(two, {"land": replace(land, rpa_s=4.0), "business": slow}).rpa_s == 4.0
    assert whole(two, {"land": land, "business": slow}).acked == 4
    never = replace(land, rta_s=None, rpa_s=None, lost=None, phases=())
    total = whole(two, {"land": land, "business": never})
    assert (total.rta_s, total.rpa_s, total.lost, total.acked) == (None, None, None, 4)


marks = st.lists(
    st.tuples(
        st.floats(0, 100, allow_nan=False),
        st.sampled_from(
            [
                *("detected", "discovered", "declared", "fenced", "no fence"),
                *("came back", "gate began", "accepted", "redirected"),
            ]
        ),
        st.sampled_from(["land", "business", None]),
    ),
    max_size=20,
)
named = st.lists(st.tuples(st.floats(0, 100), st.sampled_from(NAMES[4:8]), st.sampled_from(["land", None])), max_size=5)


@given(marks, named, st.floats(0, 50), st.floats(0, 50))
def test_phases_are_a_partition_whatever_happened(
    drawn: list[tuple[float, str, str | None]],
    started: list[tuple[float, str, str | None]],
    struck: float,
    took: float,
) -> None:
    events = [event(at, what, register=register) for at, what, register in drawn]
    events += [event(at, "phase", name=name, register=register) for at, name, register in started]
    parts = phases(sorted(events, key=lambda e: e.elapsed), "land", struck, struck + took)
    micros = [round(p.seconds * 1e6) for p in parts]
    assert sum(micros) == round(round(struck + took - struck, 6) * 1e6)
    assert all(m > 0 for m in micros)
    assert {p.name for p in parts} <= set(NAMES)
    assert all(a.name != b.name for a, b in pairwise(parts))


def test_phases_of_another_register_are_not_those_of_this_one() -> None:
    events = [event(1, "struck"), event(2, "phase", name="fetch", register="business")]
    assert phases(events, "land", 1, 5) == (Phase("detect", 4),)


def test_what_no_watch_sees_is_detected_when_somebody_discovers_it() -> None:
    events = [event(1, "struck"), event(9, "discovered", by="officer"), event(11, "declared"), event(12, "fenced")]
    events += [event(13, "phase", name="promote"), event(14, "detected", misses=3)]  # that home is fenced
    found = [(p.name, p.seconds) for p in phases(events, "land", 1, 16)]
    assert found == [("detect", 8), ("declare", 2), ("fence", 1), ("queue", 1), ("promote", 3)]


def test_what_the_watch_takes_back_was_no_detection_until_a_person_knows() -> None:
    events = [event(1, "struck"), event(2, "detected"), event(3, "false alarm"), event(9, "discovered")]
    events += [event(9.5, "detected"), event(10, "false alarm"), event(11, "declared"), event(11, "fenced")]
    found = [(p.name, p.seconds) for p in phases(events, "land", 1, 12)]
    assert found == [("detect", 1), ("declare", 1), ("detect", 6), ("declare", 2), ("queue", 1)]


def test_work_that_a_damaged_home_took_until_it_was_fenced_can_be_lost() -> None:
    """Home goes on acknowledging after the strike; the recovery goes back to before it."""
    late = tuple(entry(100 + n, 10.2 + n) for n in range(4))  # the last at 13.2 s, the fence at 14 s
    discovered = replace(without(GOOD, "detected"), events=(*without(GOOD, "detected").events, event(12, "discovered")))
    land = figures(told(discovered, (*LEDGER, *late)), "land")
    assert (land.lost, land.rpa_s, land.acked) == (4, 3.0, 6)


def test_citizens_served_before_the_gate_begins_leave_the_register_queueing_for_its_gate() -> None:
    told = (
        event(10, "struck"),
        event(11, "redirected", register="land"),
        event(14, "gate began", register="land"),
        event(15, "accepted", register="land"),
    )
    parts = phases(told, "land", 10, 15, served=12)
    assert [(p.name, p.seconds) for p in parts] == [("detect", 1), ("settle", 1), ("queue", 2), ("verify", 1)]
