"""Home is alive behind a cut cable: it would take work, and nobody reaches it, neither citizens nor the embassy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel

from drill.outages import signs
from drill.parts import Proof
from drill.sites.callers import in_session
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site


class NetworkCut(BaseModel, frozen=True, extra="forbid"):
    """Silence on every line to home, both ways, for old connections and new ones, until the homecoming."""

    discovered_after: ClassVar[float | None] = None
    kind: Literal["network_cut"]

    @property
    def takes(self) -> None:
        """Every register is lost."""
        return

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        """Cut; undone, the cable is mended, but for what a fence has severed, and what hangs in it is delivered."""
        with in_session(home) as callers:
            timeline.record("outage", "struck", kind=self.kind)
            home.cable.cut(home.name, "network")
            yield partial(signs.of_cut, home, callers)
            if home.barred:
                timeline.record("outage", "stays off", kind=self.kind, how=signs.of_death(home))
                return
            home.cable.mend(home.name, "network")
            timeline.record("outage", "given back", kind=self.kind, how=signs.of_return(home))
