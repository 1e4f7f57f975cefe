"""Home is alive and answers nothing: every process of it is stopped where it is, and open sessions hang."""

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


class Freeze(BaseModel, frozen=True, extra="forbid"):
    """Everything of home stands still until the homecoming; then it goes on with what hangs in it."""

    discovered_after: ClassVar[float | None] = None
    kind: Literal["freeze"]

    @property
    def takes(self) -> None:
        """Every register is lost."""
        return

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        """Frozen; undone, it is thawed, unless the fence has taken its power."""
        with in_session(home) as callers:
            timeline.record("outage", "struck", kind=self.kind)
            home.host.freeze()
            yield partial(signs.of_freeze, home, callers)
            if home.barred:
                timeline.record("outage", "stays off", kind=self.kind, how=signs.of_death(home))
                return
            home.host.thaw()
            timeline.record("outage", "given back", kind=self.kind, how=signs.of_return(home))
