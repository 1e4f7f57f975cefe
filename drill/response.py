"""How the disaster is noticed, who declares it, and how home is kept from coming back unasked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from drill.citizens.watch import Watch
from drill.errors import NotInTime, StepFailed
from drill.ledger import PROMISED, Entry
from drill.objectives import Duration
from drill.parts import CitizensAtWork, HomeTries, Lost, Outage, Watching
from drill.proofs import kept_out
from drill.sites import fence
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

STALE_FOR = 2.0  # seconds in which stale citizens begin to try a home that came back alive
_LONGEST_WATCH = 60.0  # seconds beyond what the misses take: an outage that no watch sees ends the drill


class Detect(BaseModel, frozen=True, extra="forbid"):
    """A try every `every`, with that as its timeout; `misses` in a row are a detection."""

    every: Annotated[Duration, Field(gt=0)] = 0.2
    misses: Annotated[int, Field(ge=1, le=1000)] = 3


class Declare(BaseModel, frozen=True, extra="forbid"):
    """Who declares the disaster, and how long it takes to reach that person and to decide."""

    by: Annotated[str, Field(min_length=1, max_length=100)]
    after: Duration


class Response(BaseModel, frozen=True, extra="forbid"):
    """Detect, declare, fence."""

    detect: Detect = Detect()
    declare: Declare
    fence_by: Annotated[Literal["cut", "off", "none"], Field(alias="fence")] = "cut"

    @contextmanager
    def watch(self, home: Site, timeline: Timeline) -> Iterator[Watching]:
        """Watch home from now on over the citizens' path."""
        watch = Watch(home, self.detect.every, self.detect.misses, timeline)
        try:
            watch.begin()
            yield watch
        finally:
            watch.end()

    def notice(self, outage: Outage, watching: Watching, timeline: Timeline) -> None:
        """Wait for the watch, or for whoever discovers what it cannot see; then for the declaration.

        What the watch takes back before that was nothing. StepFailed where home was missed before it was struck.
        """
        while True:
            noticed = self._noticed(outage, watching, timeline)
            timeline.clock.sleep(timeline.left(noticed, self.declare.after))
            if not any(event.what == "false alarm" and event.elapsed >= noticed for event in timeline.events):
                break
        timeline.record("response", "declared", by=self.declare.by)

    def _noticed(self, outage: Outage, watching: Watching, timeline: Timeline) -> float:
        """The instant on the drill's clock. Where the watch sees home fail before it is discovered, that counts."""
        struck = next(event.elapsed for event in timeline.events if event.what == "struck")
        if outage.discovered_after is None:
            seen = watching.wait_until_detected(_LONGEST_WATCH + 2 * self.detect.every * self.detect.misses)
        else:
            try:
                seen = watching.wait_until_detected(timeline.left(struck, outage.discovered_after))
            except NotInTime:
                return timeline.record("response", "discovered", by=self.declare.by).elapsed
        if seen < struck:
            hint = "is this machine overloaded? a longer `detect: {every}` gives home more time"
            raise StepFailed(f"home was already missed {struck - seen:.2f} s before it was struck", hint=hint)
        return seen

    def fence(self, home: Site, lost: Lost, citizens: CitizensAtWork, timeline: Timeline) -> None:
        """Keep home out: its cable is severed, or its power is off and stays off, or nothing is done.

        Where only some registers are lost, their databases at home are closed instead.
        """
        if self.fence_by == "none":
            timeline.record("response", "no fence")
            return
        if lost is not None:
            fence.close(home, lost)
            citizens.settle()
            timeline.record("response", "fenced", by="database", at="database", registers=sorted(lost))
            return
        if self.fence_by == "off":
            home.barred = True
            home.lose_power()
        home.cable.sever(home.name)
        citizens.settle()
        timeline.record("response", "fenced", by=self.fence_by)

    def prove_fence(self, home: Site, lost: Lost, citizens: CitizensAtWork, timeline: Timeline) -> None:
        """Stale citizens try home; with home alive behind the fence what they meet is the fence's own doing."""
        alive = home.is_writable()
        if alive:
            timeline.record(
                "home", "home is back", writable=True, how="it gives out transaction numbers at its console"
            )
        met = citizens.try_home_again(lost, STALE_FOR if alive else 0.0)
        home.cable.count(f"citizens-{home.name}")  # silence on a cable that is not there proves nothing
        tried = (*met.old, *met.new)
        promised = dict.fromkeys(f"{entry.register}: {entry.outcome}" for entry in tried if entry.outcome in PROMISED)
        if promised:
            what = "unfenced home took work" if self.fence_by == "none" else "fence broken"
            timeline.record("response", what, answer="; ".join(promised))
        elif self.fence_by == "none":
            return
        elif doubts := list(dict.fromkeys(_doubts(home, lost, tried))):
            timeline.record("response", "fence unproven", answer="; ".join(doubts))
        else:
            at = {} if lost is None else {"at": "database"}
            facts = {"old": len(met.old), "new": len(met.new), "alone": not alive, "how": _how(met, alive, lost), **at}
            timeline.record("response", "fence proven", **facts)


def _how(met: HomeTries, alive: bool, lost: Lost) -> str:
    """What stale citizens met, and what that says."""
    heard = "silence" if lost is None else "the closed door of its databases"
    tries = f"{len(met.old)} tries over old connections and {len(met.new)} over new ones met {heard}"
    return f"{tries}, begun within {STALE_FOR:g} s after home was back" if alive else f"{tries}; home is not alive"


def _doubts(home: Site, lost: Lost, tried: Sequence[Entry]) -> Iterator[str]:
    """Who was told anything else than the fence tells, and what home itself says against a fence at its databases."""
    for entry in tried:
        if not kept_out(entry, at_database=lost is not None):
            yield f"{entry.register}: {entry.says}"
    try:
        if lost is not None and (said := fence.said_against(home, lost)):
            yield said
    except StepFailed as silent:
        yield str(silent)
