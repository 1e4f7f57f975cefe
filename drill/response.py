"""How the disaster is noticed, who declares it, and how home is kept from coming back unasked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from drill.citizens.watch import Watch
from drill.objectives import Duration
from drill.parts import CitizensAtWork, Watching
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

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

    def notice(self, watching: Watching, timeline: Timeline) -> None:
        """Wait for the watch, then for the declaration."""
        detected = watching.wait_until_detected(_LONGEST_WATCH + 2 * self.detect.every * self.detect.misses)
        timeline.clock.sleep(max(0.0, detected + self.declare.after - timeline.clock.elapsed()))
        timeline.record("response", "declared", by=self.declare.by)

    def fence(self, home: Site, citizens: CitizensAtWork, timeline: Timeline) -> None:
        """Keep home out: its cable is severed, or its power is off and stays off, or nothing is done."""
        if self.fence_by == "none":
            timeline.record("response", "no fence")
            return
        if self.fence_by == "off":
            home.barred = True
            home.lose_power()
        home.cable.sever(home.name)
        citizens.settle()
        timeline.record("response", "fenced", by=self.fence_by)

    def prove_fence(self, home: Site, citizens: CitizensAtWork, timeline: Timeline) -> None:
        """Stale citizens try home; with home alive behind the fence its silence is the fence's own doing."""
        alive = home.is_writable()
        if alive:
            timeline.record("home", "home is back", writable=True)
        met = citizens.try_home_again()
        home.cable.count(f"citizens-{home.name}")  # silence on a cable that is not there proves nothing
        if met.promised:
            what = "unfenced home took work" if self.fence_by == "none" else "fence broken"
            timeline.record("response", what, answer="; ".join(met.promised))
        elif self.fence_by == "none":
            return
        elif met.answered:
            timeline.record("response", "fence unproven", answer="; ".join(met.answered))
        else:
            timeline.record("response", "fence proven", old=met.old, new=met.new, alone=not alive)
