"""Histories that a sound copy can have, and the same with faults planted: just these are found, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from drill import checks
from drill.digest import Digest
from drill.evidence import Evidence
from drill.fates import fates
from drill.ledger import PROMISED, Entry, Errand, Outcome, Receipt
from drill.measures import figures
from drill.verdict import Verdict
from tests.unit.stories import GOOD, STALE, held, told

FENCED = 14.0  # in the drill that is told of everywhere; struck at 10


@dataclass(frozen=True)
class Try:
    """What a citizen saw, and when the server really committed it; None where it never did."""

    entry: Entry
    committed: float | None

    @property
    def receipt(self) -> Receipt:
        return Receipt(self.entry.key, self.entry.change)


@st.composite
def days(draw: st.DrawFn, site: str, opens: int, closes: int) -> list[Try]:
    """Citizens who come one after the other to one site, each with one try at a time; times in milliseconds."""
    day = []
    for citizen in range(draw(st.integers(1, 3))):
        now = opens + draw(st.integers(0, 500))
        for number in range(draw(st.integers(0, 6))):
            sent, took = now + draw(st.integers(0, 900)), draw(st.integers(1, 200))
            now = sent + took
            if now >= closes:
                break
            outcome = draw(st.sampled_from(Outcome))
            kept = outcome in PROMISED or (outcome is Outcome.IN_DOUBT and draw(st.booleans()))
            change = {"public.title": Digest(1, (draw(st.integers(1, 99)), number))}
            who = citizen + (0 if site == "home" else 10)
            entry = Entry("land", who, number, site, sent / 1e3, sent / 1e3, now / 1e3, outcome, change)
            day.append(Try(entry, (sent + draw(st.integers(0, took))) / 1e3 if kept else None))
    return day


@dataclass(frozen=True)
class History:
    """Home until the fence, a copy of its first so many commits, and the embassy after it."""

    home: Sequence[Try]
    embassy: Sequence[Try]
    until: float

    @property
    def kept(self) -> list[Try]:
        """What is there after the recovery."""
        copied = [t for t in self.home if t.committed is not None and t.committed <= self.until]
        return copied + [t for t in self.embassy if t.committed is not None]

    @property
    def ledger(self) -> list[Entry]:
        return [t.entry for t in (*self.home, *self.embassy)]

    def found(self, receipts: Sequence[Receipt], *more: Entry) -> Evidence:
        return told(GOOD, (*self.ledger, *more, STALE), held(*receipts))


@st.composite
def histories(draw: st.DrawFn) -> History:
    home = draw(days("home", 1000, int(FENCED * 1000)))
    return History(home, draw(days("embassy", 20000, 30000)), draw(st.integers(1000, 14000)) / 1e3)


def said(evidence: Evidence) -> tuple[Verdict, str]:
    (finding,) = checks.receipts(evidence)
    return finding.verdict, finding.actual


@given(histories(), st.randoms(use_true_random=False))
def test_a_sound_copy_is_never_called_bad_and_its_loss_is_what_home_had_promised_beyond_it(
    history: History, random: object
) -> None:
    receipts = [t.receipt for t in history.kept]
    random.shuffle(receipts)  # type: ignore[attr-defined]
    evidence = history.found(receipts)
    assert said(evidence) == (Verdict.MET, f"{len(receipts)} receipts as told")
    promised = [t for t in history.home if t.entry.outcome in PROMISED]
    beyond = [t for t in promised if (t.committed or 0.0) > history.until]
    land = figures(evidence, "land")
    assert (land.acked, land.lost) == (len(promised), len(beyond))
    assert (land.holes, land.phantoms, land.duplicates, land.altered, land.lost_at_embassy) == (0, 0, 0, 0, 0)
    doubtful = [t for t in (*history.home, *history.embassy) if t.entry.outcome is Outcome.IN_DOUBT]
    there = [t for t in doubtful if t in history.kept]
    assert (land.in_doubt, land.in_doubt_kept) == (len(doubtful), len(there))
    (loss,) = checks.data_loss(evidence)
    if not promised:
        assert loss.verdict is Verdict.UNKNOWN
    elif not any(e.outcome is Outcome.NOT_TRIED for e in history.ledger):
        back = max(10.0, *(t.entry.ended for t in promised)) - min((t.entry.ended for t in beyond), default=0.0)
        assert loss.verdict is (Verdict.MISSED if beyond and round(back, 6) > 5.0 else Verdict.MET)


def other(change: object) -> dict[str, Digest]:
    return {"public.title": Digest(1, (12345, 6))}


@given(histories(), st.data())
def test_of_what_is_planted_everything_is_found_and_nothing_else(history: History, data: st.DataObject) -> None:
    kept = history.kept
    sure = [t for t in kept if t.entry.outcome in PROMISED]
    faults = {
        t.entry.key: data.draw(st.sampled_from(["", "", "gone", "twice", "altered"]), label=f"{t.entry.key}")
        for t in sure
    }
    phantoms = [Receipt(("land", 77, n), other(n)) for n in range(data.draw(st.integers(0, 2)))]
    denied = [t for t in (*history.home, *history.embassy) if t.entry.outcome in {Outcome.FAILED, Outcome.NOT_TRIED}]
    phantoms += [t.receipt for t in denied if data.draw(st.booleans())]
    receipts = list(phantoms)
    for t in kept:
        match faults.get(t.entry.key, ""):
            case "gone":
                continue
            case "twice":
                receipts += [t.receipt, t.receipt]
            case "altered":
                receipts.append(replace(t.receipt, change=other(t)))
            case _:
                receipts.append(t.receipt)
    evidence = history.found(data.draw(st.permutations(receipts)))
    land = figures(evidence, "land")

    def planted(fault: str, site: str | None = None) -> list[Try]:
        return [t for t in sure if faults[t.entry.key] == fault and site in (None, t.entry.site)]

    def is_there(t: Try) -> bool:
        return t in kept and faults.get(t.entry.key) != "gone" and t.entry.outcome in PROMISED

    holes = [
        t
        for t in planted("gone", "home")
        if any(
            is_there(later) and later.entry.citizen == t.entry.citizen and later.entry.sent > t.entry.ended
            for later in history.home
        )
    ]
    assert land.phantoms == len(phantoms)
    assert land.duplicates == len(planted("twice"))
    assert land.altered == len(planted("altered"))
    assert land.lost_at_embassy == len(planted("gone", "embassy"))
    assert land.holes == len(holes)
    wrong = any((phantoms, planted("twice"), planted("altered"), planted("gone", "embassy"), holes))
    assert said(evidence)[0] is (Verdict.MISSED if wrong else Verdict.MET)


@given(histories(), st.sampled_from(sorted(PROMISED)))
def test_a_home_that_goes_on_behind_its_fence_changes_no_fate_and_is_a_second_home(
    history: History, outcome: Outcome
) -> None:
    late = Entry("land", 5, 1, "home", 20.0, 20.0, 20.1, outcome, {"public.title": Digest(1, (1, 1))})
    receipts = [t.receipt for t in history.kept]
    before = fates(history.ledger, receipts, FENCED)
    assert fates([*history.ledger, late], receipts, FENCED) == before
    (finding,) = checks.single_home(history.found(receipts, late))
    assert (finding.verdict, finding.actual) == (Verdict.MISSED, "1 acknowledged by home after it was fenced")


@given(histories())
def test_somebody_who_never_heard_of_the_embassy_is_no_loss_but_what_he_left_is_a_phantom(history: History) -> None:
    stale = Entry("land", 6, 1, "home", 31.0, 31.0, 31.1, Outcome.IN_DOUBT, {}, Errand.STALE)
    receipts = [t.receipt for t in history.kept]
    assert fates([*history.ledger, stale], receipts, FENCED) == fates(history.ledger, receipts, FENCED)
    found = fates([*history.ledger, stale], [*receipts, Receipt(stale.key, {})], FENCED)
    assert found.phantoms == (stale.key,)
