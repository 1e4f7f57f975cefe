"""Home burns down: everything on it is killed and its disk is erased. There is nothing to come home to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel

from drill.outages import signs
from drill.parts import Proof
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site


class SiteDestroyed(BaseModel, frozen=True, extra="forbid"):
    """SIGKILL to all of home, then its disk removed with no descriptor left open."""

    discovered_after: ClassVar[float | None] = None
    kind: Literal["site_destroyed"]

    @property
    def takes(self) -> None:
        """Every register is lost."""
        return

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        """Destroyed; nothing of it can be given back."""
        timeline.record("outage", "struck", kind=self.kind)
        home.lose_power()
        home.lose_disk()
        yield partial(_destroyed, home)
        timeline.record("outage", "nothing to give back", kind=self.kind, how=_destroyed(home))


def _destroyed(home: Site) -> str:
    return f"{signs.of_death(home)}; {signs.of_no_disk(home)}"
